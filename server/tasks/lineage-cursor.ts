import { ReelayError } from '../errors.ts'

/** Where a page of a tree ended, and where its focus stands, which then need not be found again. Opaque to clients. */
export interface LineageCursor { focusId: string, rootId: string, focusDepth: number, depth: number, id: string }

const FORM = /^([\w-]{1,128}) ([\w-]{1,128}) (\d{1,9}) (\d{1,9}) ([\w-]{1,128})$/

export function encodeLineageCursor ({ focusId, rootId, focusDepth, depth, id }: LineageCursor): string {
  return Buffer.from([focusId, rootId, focusDepth, depth, id].join(' ')).toString('base64url')
}

/**
 * Throws CURSOR_INVALID for what was not made for this focus. A forged one leads nowhere that its owner could not go:
 * whatever it names is looked for among the owner's own tasks.
 */
export function decodeLineageCursor (text: string, focusId: string): LineageCursor {
  const [, focus, rootId, focusDepth, depth, id] = FORM.exec(Buffer.from(text, 'base64url').toString()) ?? []
  if (focus !== focusId) throw new ReelayError('CURSOR_INVALID', { details: [{ field: 'cursor', message: 'is not a cursor of this tree' }] })
  return { focusId, rootId: rootId!, focusDepth: Number(focusDepth), depth: Number(depth), id: id! }
}
