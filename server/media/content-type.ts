import type { ContentVariant } from './signed-urls.ts'

/** What is handed on by its own name, and the file name's ending. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'video/mp4': 'mp4',
  'video/webm': 'webm',
  'video/quicktime': 'mov',
  'image/webp': 'webp',
  'image/jpeg': 'jpg',
  'image/png': 'png'
}
export const CONTENT_TYPES = Object.keys(EXTENSIONS)
const DEFAULTS = { video: 'video/mp4', thumbnail: 'image/webp', spritesheet: 'image/jpeg' } as const
const KINDS = { video: 'video/', thumbnail: 'image/', spritesheet: 'image/' } as const
/** Object stores say this when nobody told them better. */
const UNTOLD = new Set(['', 'application/octet-stream', 'binary/octet-stream', 'application/mp4'])

/** The type to send on for what the upstream says. Undefined for what is no content at all: an HTML or JSON error page. */
export function contentTypeOf (header: string | undefined, variant: ContentVariant): string | undefined {
  const type = (header ?? '').split(';')[0]!.trim().toLowerCase()
  if (UNTOLD.has(type)) return DEFAULTS[variant]
  if (!type.startsWith(KINDS[variant])) return
  return type in EXTENSIONS ? type : DEFAULTS[variant]
}

export function extensionOf (contentType: string): string {
  return EXTENSIONS[contentType] ?? 'bin'
}
