export type EgressErrorKind = 'connect' | 'timeout' | 'reset' | 'too-large' | 'refused-address' | 'aborted' | 'protocol'

/** Why a call got no usable reply. */
export class EgressError extends Error {
  override name = 'EgressError'
  readonly kind: EgressErrorKind
  /** False only when provably no byte of the request left this process. */
  readonly sent: boolean

  constructor (kind: EgressErrorKind, message: string, { sent, cause }: { sent: boolean, cause?: unknown }) {
    super(message, { cause })
    this.kind = kind
    this.sent = sent
  }
}

const TIMEOUTS = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'])
const CLOSED = new Set(['UND_ERR_DESTROYED', 'UND_ERR_CLOSED', 'UND_ERR_ABORTED'])
const PROTOCOL = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])

/** Reads an error of undici, a socket, TLS or a DNS look-up. */
export function toEgressError (error: Error & { code?: string }, sent: boolean): EgressError {
  if (error instanceof EgressError) return error
  return new EgressError(kindOf(error, sent), error.message, { sent, cause: error })
}

function kindOf ({ name, code = '' }: Error & { code?: string }, sent: boolean): EgressErrorKind {
  if (TIMEOUTS.has(code)) return 'timeout'
  if (CLOSED.has(code)) return 'aborted'
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'too-large'
  if (PROTOCOL.has(code) || name === 'HTTPParserError') return 'protocol'
  return sent ? 'reset' : 'connect'
}
