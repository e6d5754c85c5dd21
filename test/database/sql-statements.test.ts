import t from 'tap'
import { splitStatements } from '../../server/database/migrations/sql-statements.ts'

const texts = (sql: string) => splitStatements(sql).map(({ text }) => text)

t.test('statements end at a semicolon, and blank ones are dropped', async t => {
  t.same(texts('select 1; ;; select 2'), ['select 1', 'select 2'])
  t.same(texts(' \n-- nothing; here\n/* or; /* here; */ */'), [])
})

t.test('a semicolon inside strings, names, dollar quotes and comments ends nothing', async t => {
  const statements = [
    "select 'it''s; one'",
    "select E'back\\\\slash \\'; one'",
    'select ";""" from "a;b"',
    'do $$ begin perform 1; end $$',
    'do $body$ select $$;$$; $body$',
    'select 1 -- no; end\n + 2',
    'select /* no; /* end; */ yet; */ 3',
    'update t set a$b = $1, "c" = 2'
  ]
  t.same(texts(statements.join(';\n')), statements)
})

t.test('function bodies in plain SQL and rules keep their semicolons', async t => {
  const statements = [
    'create or replace function f() returns int begin atomic select case when true then 1 else 2 end; select 2; end',
    'create procedure p() begin atomic insert into t values (1); end',
    'create rule r as on insert to t do also (delete from u; delete from v)'
  ]
  t.same(texts(statements.join(';')), statements)
})

t.test('every statement knows its line', async t => {
  const sql = '-- first line\n\nselect 1;\n  /* two\n lines */ select\n 2; select 3;'
  t.same(splitStatements(sql).map(({ line }) => line), [3, 5, 6])
})

t.test('an unfinished string is left to Postgres to complain about', async t => {
  t.same(texts("select 'open; select 2"), ["select 'open", 'select 2'])
})
