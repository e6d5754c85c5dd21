import { ApiError } from '../api/client.ts'
import type { Messages } from '../i18n/en.ts'

/** What went wrong and what to do next: the server's words, or ours where it cannot be reached. */
export function problemWords (error: unknown, { unreachable, unreachableHint }: Messages['common']): { message: string, hint: string } {
  if (!(error instanceof ApiError)) return { message: String(error), hint: '' }
  return error.status === 0 ? { message: unreachable, hint: unreachableHint } : error
}
