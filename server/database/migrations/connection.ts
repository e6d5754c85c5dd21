import pg from 'pg'
import { isDatabaseUnavailable } from '../availability.ts'
import { MigrationError } from './error.ts'

const CONNECT_TIMEOUT_MS = 10_000
const OLDEST_VERSION = 150_000

const SOCKET_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOENT: 'no such socket',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'no route to that host',
  ENETUNREACH: 'no route to that network',
  ETIMEDOUT: 'no answer'
}

/** Lends a connection of its own. Throws MigrationError saying in one line why there is none, never with the password. */
export async function withConnection<T> (connectionString: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = createClient(connectionString)
  // The query that is running, or the next one, fails with this error; unheard it would end the process.
  client.on('error', () => {})
  try {
    await client.connect().catch(error => { throw connectFailure(client, error) })
    await checkVersion(client)
    await resetSession(client)
    return await use(client)
  } finally {
    await client.end().catch(() => {})
  }
}

/** What one file sets is not meant for the next. A role's time limits are meant for its queries, not for building an index. */
export async function resetSession (client: pg.Client): Promise<void> {
  await client.query('reset session authorization; reset all; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0')
}

function createClient (connectionString: string): pg.Client {
  try {
    return new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true, application_name: 'reelay-migrate' })
  } catch (cause) {
    throw new MigrationError('URL_INVALID', `DATABASE_URL cannot be read: ${(cause as Error).message}`, { cause })
  }
}

async function checkVersion (client: pg.Client): Promise<void> {
  const { rows: [row] } = await client.query<{ number: number, name: string }>("select current_setting('server_version_num')::int as number, current_setting('server_version') as name")
  if (row!.number < OLDEST_VERSION) throw new MigrationError('VERSION_UNSUPPORTED', `Postgres at ${serverName(client)} is version ${row!.name}; Reelay needs 15 or newer`)
}

function connectFailure (client: pg.Client, error: Error & { code?: string }): MigrationError {
  const [server, cause] = [serverName(client), error]
  if (error.code === '28P01') return new MigrationError('LOGIN_REFUSED', `Postgres at ${server} refused the password of user "${client.user}"`, { cause })
  if (error.code?.startsWith('28')) return new MigrationError('LOGIN_REFUSED', `Postgres at ${server} refused user "${client.user}": ${error.message}`, { cause })
  if (error.message.includes('client password must be')) return new MigrationError('LOGIN_REFUSED', `Postgres at ${server} asks for the password of user "${client.user}", and none was given`, { cause })
  if (error.code === '3D000') return new MigrationError('DATABASE_MISSING', `Postgres at ${server} has no database "${client.database}"`, { cause })
  if (isDatabaseUnavailable(error)) return new MigrationError('DATABASE_UNREACHABLE', `Cannot reach Postgres at ${server}: ${reason(error)}`, { cause })
  return new MigrationError('DATABASE_ERROR', `Cannot connect to Postgres at ${server}: ${error.message}`, { cause })
}

function reason (error: Error & { code?: string }): string {
  const first = error instanceof AggregateError ? error.errors[0] as Error & { code?: string } : error
  if (/timeout/.test(first.message)) return `no answer within ${CONNECT_TIMEOUT_MS / 1000} s`
  return SOCKET_REASONS[first.code ?? ''] ?? first.message
}

function serverName ({ host, port }: pg.Client): string {
  return host.startsWith('/') ? host : `${host}:${port}`
}
