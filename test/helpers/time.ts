import { Pool } from 'pg'

/** Functions of PostgreSQL's that tell the time, later by what a table says; and columns that default to them. */
const SHIM = `
create schema shim;
create table shim.later (by interval not null);
insert into shim.later values ('0');
create function shim.clock_timestamp() returns timestamptz language sql volatile as 'select pg_catalog.clock_timestamp() + (select by from shim.later)';
create function shim.statement_timestamp() returns timestamptz language sql stable as 'select pg_catalog.statement_timestamp() + (select by from shim.later)';
create function shim.now() returns timestamptz language sql stable as 'select pg_catalog.now() + (select by from shim.later)';
do $$ declare c record; begin
  for c in select table_name, column_name, column_default from information_schema.columns where table_schema = 'public' and column_default in ('now()', 'clock_timestamp()') loop
    execute format('alter table %I alter column %I set default shim.%s', c.table_name, c.column_name, c.column_default);
  end loop;
end $$`

/** A time that the test sets forward, for databases and for this process alike; timers run on as they are (they are monotonic). */
export interface TestTime {
  /** A database of this name with the schema in it, on that time. → its books */
  database(name: string): Promise<Pool>
  urlOf(name: string): string
  now(): number
  /** The same moment later, everywhere at once, ms. */
  later(ms: number): Promise<void>
  /** The process's own clock is right again. */
  restore(): void
  close(): Promise<void>
}

/** @param server URL of a test server, whose own database has the schema and nobody in it. */
export function openTime(server: string): TestTime {
  const right = Date.now
  const pools: Pool[] = []
  let by = 0
  const poolOf = (url: string): Pool => {
    const pool = new Pool({ connectionString: url, max: 2, application_name: 'the books' })
    pool.on('error', () => undefined)
    pool.on('connect', (client) => { client.on('error', () => undefined) })
    return pool
  }
  const urlOf = (name: string): string => { const url = new URL(server); url.pathname = `/${name}`; return url.href }
  // Nobody may be in a database that is copied.
  const admin = poolOf(urlOf('template1'))
  const restore = (): void => { Date.now = right }
  return {
    urlOf, restore,
    now: () => right() + by,
    async database(name) {
      await admin.query(`create database ${name} template postgres`)
      const pool = poolOf(urlOf(name))
      await pool.query(SHIM)
      // What is searched last must be PostgreSQL's own; what is made goes where it always does.
      await admin.query(`alter database ${name} set search_path = public, shim, pg_catalog`)
      pools.push(pool)
      return pool
    },
    async later(ms) {
      by += ms
      Date.now = () => right() + by
      await Promise.all(pools.map((pool) => pool.query(`update shim.later set by = $1::double precision * interval '1 ms'`, [by])))
    },
    async close() {
      restore()
      await Promise.all([...pools, admin].map((pool) => pool.end()))
    },
  }
}
