/** A reason, in one line, why the embedded Postgres cannot serve. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError'
}
