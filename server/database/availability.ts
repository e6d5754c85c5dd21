/** SQLSTATEs of a server that stops, starts, is full of connections, or has become a read-only standby. Class 08 is "connection exception". */
const SQL_STATES = new Set(['57P01', '57P02', '57P03', '57P05', '53300', '25006'])

const SOCKET_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'])

/** pg and its pool give these no code. */
const MESSAGES = [
  'Connection terminated',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'timeout exceeded when trying to connect',
  'timeout expired'
]

/** Whether a query failed because Postgres is away, and may work in a moment. Causes are not looked at: an upstream that is away has the same codes below its own error. */
export function isDatabaseUnavailable (error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // Node tried every address of a host name.
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.every(isDatabaseUnavailable)
  const { code = '', syscall } = error as NodeJS.ErrnoException
  if (SOCKET_CODES.has(code) || SQL_STATES.has(code) || /^08[0-9A-Z]{3}$/.test(code)) return true
  if (code === 'ENOENT') return syscall === 'connect'
  return MESSAGES.some(message => error.message.startsWith(message))
}
