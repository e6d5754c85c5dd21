import { TASK_STATUSES } from './tasks/statuses.ts'

const STATUS = `(${TASK_STATUSES.join('|')})`

/**
 * The forms that texts of the API have, as patterns for its schemas. Each is said in words under the same name in
 * `forms` of server/locales: nobody is shown a pattern.
 */
export const FORMS = {
  size: '^[1-9]\\d{1,4}x[1-9]\\d{1,4}$',
  aspectRatio: '^[1-9]\\d{0,2}:[1-9]\\d{0,2}$',
  seconds: '^\\d{1,4}$',
  statuses: `^${STATUS}(,${STATUS})*$`,
  videoId: '^[\\w-]{1,128}$',
  username: '^[\\p{L}\\p{M}\\p{N}._@+-]{1,64}$',
  userId: '^\\d{1,18}$',
  channelId: '^[\\w-]{1,64}$',
  webhookId: '^\\w{1,64}$',
  trimmed: '^\\S(.*\\S)?$',
  providerKey: '^[\\x21-\\x7e]+$',
  currency: '^[A-Z]{3}$'
} as const

export type Form = keyof typeof FORMS

const NAMES = new Map(Object.entries(FORMS).map(([name, pattern]) => [pattern as string, name as Form]))

export function formOf (pattern: unknown): Form | undefined {
  return NAMES.get(String(pattern))
}
