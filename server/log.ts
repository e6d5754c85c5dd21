import { pino, type Logger } from 'pino'

type LogMethod = (details: object, message?: string) => void

/** What the server needs of a logger; pino (Fastify's) fits. */
export interface Log {
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
}

/** The log of a process: JSON lines on standard output. */
export function createLog (level: string): Logger {
  return pino({ level, serializers: { err: presentError } })
}

/** The log of a command: what went wrong, on standard error. */
export const commandLog: Log = {
  debug: () => {},
  info: () => {},
  warn: (_details, message) => console.error(message),
  error: (_details, message) => console.error(message)
}

/** What helps to find the cause. Libraries hang whole connections on their errors; those stay out. */
function presentError ({ name, message, code, stack, cause }: Error & { code?: unknown }): object {
  return { type: name, message, code, stack, ...cause instanceof Error && { cause: presentError(cause) } }
}
