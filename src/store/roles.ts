import { randomBytes } from 'node:crypto'
import { Client, type ClientBase, type Pool } from 'pg'
import { underSchemaLock } from './migrate.js'

/** How to come into a database: with the role that the server works with, and with the one that owns the tables. A city that gave one role only has the same twice. */
export interface Access { readonly url: string; readonly ownerUrl: string }

/** What the settings say of the database; `databaseUrl` empty: a PostgreSQL of our own. */
export interface DatabaseSettings {
  readonly databaseUrl: string
  /** The role that owns the tables, if it is another one. */
  readonly ownerUrl?: string
}

/** A city's own database, as the settings name it. */
export const givenAccess = ({ databaseUrl, ownerUrl = '' }: DatabaseSettings): Access => ({ url: databaseUrl, ownerUrl: ownerUrl === '' ? databaseUrl : ownerUrl })

/** Our own PostgreSQL's superuser, who owns everything, and its role for the server. */
export const OWNER_ROLE = 'liandong'
export const SERVER_ROLE = 'liandong_server'

/** Bits of `pg_trigger.tgtype` (src/include/catalog/pg_trigger.h). */
const ON_DELETE = 8
const ON_UPDATE = 16

const refuses = (bit: number): string => `exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgfoid = to_regproc('refuse_change') and t.tgtype & ${bit} <> 0 and t.tgqual is null)`

/**
 * What is to be done so that a role has exactly what the server needs, as statements; none when it has. A table whose triggers refuse a change
 * (migrations 0001 … 0156) is not granted that change, so that not even one who takes the triggers off could make it: only the owner can. Sequences are set back after a crash (recovery.ts). $1 the role
 */
const WANTED = `
with place as (select oid, nspname, nspname = 'graphile_worker' as jobs from pg_namespace where nspname in (current_schema(), 'graphile_worker')),
thing as (
  select c.oid::regclass as name, c.relkind = 'S' as sequence, c.relacl as acl, c.relrowsecurity as guarded, place.jobs,
    case
      when c.relkind = 'S' then 'SELECT,UPDATE,USAGE'
      when c.relkind in ('v', 'm') or c.relname in ('migration', 'migrations') then 'SELECT'
      else concat_ws(',', case when not ${refuses(ON_DELETE)} then 'DELETE' end, 'INSERT', 'SELECT', case when not ${refuses(ON_UPDATE)} then 'UPDATE' end)
    end as wanted
  from pg_class c join place on place.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'S'))
select format('grant usage on schema %I to %I', nspname, $1::text) as statement from place where not has_schema_privilege($1, oid, 'usage')
union all
select format('revoke all on %1$s %2$s from %3$I; grant %4$s on %1$s %2$s to %3$I', case when sequence then 'sequence' else 'table' end, name, $1::text, wanted) from thing
where wanted is distinct from (select string_agg(privilege_type, ',' order by privilege_type) from aclexplode(acl) where grantee = (select oid from pg_roles where rolname = $1))
union all
-- graphile-worker closes its tables to everybody but their owner, besides grants.
select format('create policy %I on %s to %I using (true) with check (true)', $1::text || ' works', name, $1::text) from thing
where jobs and guarded and not exists (select from pg_policy where polrelid = name and polname = $1::text || ' works')`

/** Gives the server's role what it needs of the schema as it is now, and nothing else. Asked over the owner's connections, after migrations. */
export async function grantServer(owner: Pool, role: string): Promise<void> {
  await underSchemaLock(owner, async (client) => {
    const { rows } = await client.query<{ statement: string }>(WANTED, [role])
    // Statements of one message are one transaction: at no moment does a running server lack what it had.
    if (rows.length > 0) await client.query(rows.map(({ statement }) => statement).join(';\n'))
  })
}

/** The role behind a URL. @throws when it cannot come in. */
export const roleOf = (url: string): Promise<string> =>
  asClient(url, async (client) => (await client.query<{ role: string }>('select current_user::text as role')).rows[0]?.role ?? '')

/** Makes the server's role in a PostgreSQL of our own, or gives it its password again. @param owner URL of a superuser. */
export const makeServerRole = (owner: string, password: string): Promise<void> => asClient(owner, async (client) => {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [SERVER_ROLE])
  await client.query(`${rowCount === 0 ? 'create' : 'alter'} role ${SERVER_ROLE} login nosuperuser nocreatedb nocreaterole password ${client.escapeLiteral(password)}`)
})

/** One connection for `work`, closed after it. @throws when it cannot come in */
async function asClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** A password that nobody has to type. */
export const newPassword = (): string => randomBytes(24).toString('base64url')

/** Who asks, and the history tables whose rows he could change or take away although they only grow: none for a role of the server's own. */
export async function historyInReach(client: Pick<ClientBase, 'query'>): Promise<{ readonly role: string; readonly guarded: number; readonly tables: readonly string[] }> {
  const { rows } = await client.query<{ role: string; name: string; reachable: boolean }>(`
    select current_user::text as role, c.relname::text as name,
      pg_has_role(c.relowner, 'usage') or has_table_privilege(c.oid, 'truncate') or has_table_privilege(c.oid, 'delete') or has_table_privilege(c.oid, 'update') as reachable
    from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = to_regnamespace(current_schema()::text) and ${refuses(ON_UPDATE)} and ${refuses(ON_DELETE)} order by 2`)
  return { role: rows[0]?.role ?? '', guarded: rows.length, tables: rows.flatMap(({ name, reachable }) => (reachable ? [name] : [])) }
}
