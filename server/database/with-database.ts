import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { createDatabase } from './connect.ts'
import { borrowEmbeddedPostgres } from './embedded-postgres.ts'
import type { Db } from './tables.ts'

/** For a command: the database of DATABASE_URL, or the embedded one, a running server's or else started for the moment. At most `max` connections. */
export async function withDatabase<T> ({ DATABASE_URL, DATA_DIR }: Pick<Config, 'DATABASE_URL' | 'DATA_DIR'>, { max, log }: { max: number, log: Log }, work: (db: Db) => Promise<T>): Promise<T> {
  const embedded = DATABASE_URL ? undefined : await borrowEmbeddedPostgres({ dataDir: DATA_DIR, log })
  try {
    const db = createDatabase(DATABASE_URL ?? embedded!.connectionString(), max)
    return await work(db).finally(() => db.destroy())
  } finally {
    await embedded?.stop()
  }
}
