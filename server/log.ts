type LogMethod = (details: object, message?: string) => void

/** What the server needs of a logger; pino (Fastify's) fits. */
export interface Log {
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
}
