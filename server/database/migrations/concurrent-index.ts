import type pg from 'pg'

const NAME = '(?:"(?:[^"]|"")+"|[\\w$]+)'
const CREATE = new RegExp(`^create\\s+(?:unique\\s+)?index\\s+concurrently\\s+(?:if\\s+not\\s+exists\\s+)?(?<index>${NAME})\\s+on\\s+(?:only\\s+)?(?<table>${NAME}(?:\\s*\\.\\s*${NAME})?)`, 'iu')

/**
 * Before a `create index concurrently`: drops the invalid index that a failed build of it left behind.
 * Resolves to true when the index stands whole; after an interruption, that is the statement's own work.
 */
export async function clearLeftoverIndex (client: pg.Client, statement: string): Promise<boolean> {
  const { index, table } = CREATE.exec(statement)?.groups ?? {}
  if (!index || !table) return false
  const { rows: [found] } = await client.query<{ name: string, valid: boolean }>(`
    select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name, i.indisvalid as valid
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    join pg_namespace n on n.oid = c.relnamespace
    join pg_class t on t.relnamespace = c.relnamespace
    where c.relname = $1 and t.oid = to_regclass($2)`, [storedName(index), table])
  if (found && !found.valid) await client.query(`drop index concurrently ${found.name}`)
  return found?.valid ?? false
}

function storedName (name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase()
}
