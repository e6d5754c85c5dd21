import type { FastifyInstance } from 'fastify'
import { ConfigError, type Config } from './config.ts'

const PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'PORT: is in use',
  EACCES: 'PORT: may not be used by this user',
  EADDRNOTAVAIL: 'HOST: is no address of this machine',
  ENOTFOUND: 'HOST: is no name that can be resolved',
  EAI_AGAIN: 'HOST: is no name that can be resolved'
}

/** Throws ConfigError where a variable is to blame; then nothing goes on running under a database that stops. */
export async function listen (app: Pick<FastifyInstance, 'listen' | 'close'>, { PORT, HOST }: Config): Promise<string> {
  try {
    return await app.listen({ port: PORT, host: HOST })
  } catch (error) {
    await app.close()
    const problem = PROBLEMS[(error as NodeJS.ErrnoException).code ?? '']
    throw problem ? new ConfigError(problem) : error
  }
}
