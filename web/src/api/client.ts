import createClient from 'openapi-fetch'
import { currentLocale } from '../i18n/locale.ts'
import type { components, paths } from './schema.d.ts'

type Schemas = components['schemas']
export type Task = Schemas['Task']
/** What may pass is asked for no more seldom than this. */
export const ASK_AGAIN_MS = 5_000
export type FieldProblem = { field: string, message: string }

/** What the server said went wrong: a code that never changes, a sentence and what to do next, in the reader's language. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string
  readonly details: FieldProblem[]
  readonly requestId: string | undefined
  /** The FAILED task of a refused submission. */
  readonly videoId: string | undefined

  constructor (status: number, body: Partial<Schemas['Error']> = {}) {
    super(body.error ?? `HTTP ${status}`)
    this.name = 'ApiError'
    this.status = status
    this.code = body.code ?? (status === 0 ? 'UNREACHABLE' : 'UNREADABLE')
    this.hint = body.hint ?? ''
    this.details = body.details ?? []
    this.requestId = body.requestId
    this.videoId = body.videoId
  }
}

/** What the server said of this field. */
export function problemAt (error: unknown, field: string): string | undefined {
  return error instanceof ApiError ? error.details.find(problem => problem.field === field)?.message : undefined
}

/** The network, or the server being away; what was refused would be refused again. */
export function mayPass (error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500)
}

/** Before the so-manieth try, in milliseconds. */
export function retryDelay (tries: number): number {
  return Math.min(1_000 * 2 ** tries, ASK_AGAIN_MS)
}

/** Told of every 401 of a session, so that an ended one shows the sign-in page at once. */
const signedOut = new EventTarget()
export function whenSignedOut (listener: () => void): () => void {
  signedOut.addEventListener('401', listener)
  return () => signedOut.removeEventListener('401', listener)
}

/** The public API with its types. The session is an HttpOnly cookie: no token is ever in a script's hands. */
export const api = createClient<paths>({ baseUrl: location.origin, credentials: 'same-origin' })

api.use({
  onRequest ({ request }) {
    request.headers.set('accept-language', currentLocale())
    return request
  }
})

interface Envelope<T> { data: T }
interface Reply<T> { data?: Envelope<T>, error?: unknown, response: Response }

/** The `data` of a reply. Throws ApiError for everything else, the network included. */
export async function unwrap<T> (call: Promise<Reply<T>>): Promise<T> {
  const { data, error, response } = await call.catch(() => { throw new ApiError(0) })
  if (data !== undefined) return data.data
  const refusal = new ApiError(response.status, typeof error === 'object' && error !== null ? error : {})
  // A mistyped password ends no session.
  if (refusal.status === 401 && refusal.code !== 'CREDENTIALS_INVALID') signedOut.dispatchEvent(new Event('401'))
  throw refusal
}

/** The same for an address that answers in several forms: whoever asks says which one it asked for. */
export function unwrapAs<T> (call: Promise<{ data?: unknown, error?: unknown, response: Response }>): Promise<T> {
  return unwrap(call as Promise<Reply<T>>)
}
