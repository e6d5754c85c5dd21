import { ReelayError } from '../errors.ts'

/** Where a page of tasks ended. Opaque to clients. */
export interface PageCursor { createdAt: Date, id: string }

export function encodePageCursor (createdAt: Date, id: string): string {
  return Buffer.from(`${createdAt.getTime()} ${id}`).toString('base64url')
}

/** Throws CURSOR_INVALID for anything that encodePageCursor did not make. */
export function decodePageCursor (text: string): PageCursor {
  const match = /^(\d{1,15}) ([\w-]{1,128})$/.exec(Buffer.from(text, 'base64url').toString())
  if (!match) throw new ReelayError('CURSOR_INVALID', { details: [{ field: 'cursor', message: 'is not a cursor of this list' }] })
  return { createdAt: new Date(Number(match[1])), id: match[2]! }
}
