import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { Client, type Pool } from 'pg'
import t, { type Test } from 'tap'
import { migrateCommand } from '../../src/cli/migrate.js'
import { runCommand } from '../../src/cli/run.js'
import { historyInReach, roleOf, SERVER_ROLE } from '../../src/store/roles.js'
import { migrationFiles } from '../../src/store/migrate.js'
import { openAnswered } from '../helpers/answered.js'
import { asOwner, migrations, openTestStore, startTestServer, temporaryHome, until } from '../helpers/database.js'

t.setTimeout(400_000)

/** Tables whose rows are never changed and never taken away. */
const HISTORY = ['attachment', 'audit', 'call_event', 'flow_approval', 'flow_edition', 'flow_switch', 'flow_tape', 'flow_wish', 'provisional_number', 'recording_play', 'ticket_history']
/** Tables whose rows may change and are never taken away. */
const KEPT = ['call', 'call_back_task', 'edge_count', 'edge_refusal', 'person', 'recording', 'ticket', 'voice_message']
const NOT_ALLOWED = { code: '42501' }

/** All of it is taken back; what went wrong, if anything, as PostgreSQL says it. */
async function attempt(pool: Pool, sql: string): Promise<string> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    return await client.query(sql).then(() => 'done', (error: unknown) => (error as { code: string }).code)
  } finally {
    await client.query('rollback')
    client.release()
  }
}

t.test('the server’s role reads and appends to history, and can do nothing else to it', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path, { keepKeys: 30 })
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  await openAnswered(store.records, '13900000001', Date.now())
  t.equal(await roleOf(store.url), SERVER_ROLE)
  t.same((await owner.query<{ name: string }>(`select distinct c.relname::text as name from pg_class c join pg_trigger t on t.tgrelid = c.oid and t.tgfoid = 'refuse_change'::regproc and t.tgtype & 24 = 24 order by 1`)).rows.map(({ name }) => name), HISTORY, 'a table that is added to history is added here')

  const [RESTRICTED, DENIED] = ['23001', '42501']
  for (const table of [...HISTORY, ...KEPT]) {
    const { rows: [row] } = await owner.query<{ column: string }>('select attname::text as column from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attidentity <> $$a$$ order by attnum limit 1', [table])
    const column = row?.column ?? ''
    const update = `update ${table} set ${column} = ${column}`
    t.equal(await attempt(store.pool, update), HISTORY.includes(table) ? DENIED : 'done', update)
    for (const sql of [`delete from ${table}`, `truncate ${table} cascade`, `drop table ${table} cascade`, `alter table ${table} disable trigger all`, `alter table ${table} owner to ${SERVER_ROLE}`, `create rule forget as on insert to ${table} do instead nothing`, `create trigger forget before insert on ${table} for each row execute function refuse_change()`]) {
      t.equal(await attempt(store.pool, sql), DENIED, `the server: ${sql}`)
    }
    // Where a city gave one role only, it is the owner: then the triggers are what holds. A row trigger needs a row.
    t.equal(await attempt(owner, `truncate ${table} cascade`), RESTRICTED, `the owner: truncate ${table}`)
    const held = HISTORY.includes(table) ? [update, `delete from ${table}`] : [`delete from ${table}`]
    const some = (await owner.query(`select from ${table} limit 1`)).rowCount === 1
    if (some) for (const sql of held) t.equal(await attempt(owner, sql), RESTRICTED, `the owner: ${sql}`)
  }
  for (const sql of ['create table x ()', 'create function f() returns int language sql as $$ select 1 $$', `set session_replication_role = 'replica'`, 'delete from migration', 'delete from graphile_worker.migrations', 'set role liandong', `create role another`, `copy audit to program 'true'`]) {
    t.not(await attempt(store.pool, sql), 'done', sql)
  }
  await store.pool.query(`grant all on ticket_history to ${SERVER_ROLE}`) // PostgreSQL warns, and grants what the asker may hand on: nothing
  t.same(await historyInReach(store.pool), { role: SERVER_ROLE, guarded: HISTORY.length, tables: [] })
  t.same(await historyInReach(owner), { role: 'liandong', guarded: HISTORY.length, tables: HISTORY })

  await t.test('and does its work: jobs, which belong to graphile-worker, as well', async (t) => {
    await store.pool.query(`insert into session (token_hash, person_id, expires_at, address, user_agent) select '\\x01', id, now() - interval '31 days', '', '' from person limit 1`)
    await store.pool.query(`select graphile_worker.add_job('sessions_forget')`)
    await until('the job to be done', async () => (await store.pool.query(`select from graphile_worker.jobs where task_identifier = 'sessions_forget'`)).rowCount === 0)
    t.equal((await store.pool.query(`select from session where token_hash = '\\x01'`)).rowCount, 0, 'log-ins that are over are forgotten')
    const trace = (callId: string, days: number) => ({ callId, at: Date.now() - days * 86_400_000, flow: '110', version: 'v', steps: [{ node: 'ask-number', ms: 1_000 }], answers: 1, wrong: 0, faults: 0, switched: false, listened: 1_000, over: true, keys: [{ at: 100, key: '7' }] })
    await store.editions.saveTraces([trace('00000000-0000-4000-8000-000000000001', 29), trace('00000000-0000-4000-8000-000000000002', 31)])
    await store.pool.query(`select graphile_worker.add_job('flow_keys_forget')`)
    await until('the keys to be forgotten', async () => (await store.pool.query(`select from graphile_worker.jobs where task_identifier = 'flow_keys_forget'`)).rowCount === 0)
    t.same((await store.pool.query('select keys, steps from flow_trace order by call_id')).rows, [{ keys: [{ at: 100, key: '7' }], steps: [{ ms: 1_000, node: 'ask-number' }] }, { keys: null, steps: [{ ms: 1_000, node: 'ask-number' }] }], 'keys whose time is over are cleared, the way stays')
  })
})

/** A database as a city makes one: its owner, and perhaps a second role. */
async function city(t: Test): Promise<{ readonly ownerUrl: string; readonly url: string; readonly home: string }> {
  const home = temporaryHome()
  const host = await startTestServer(join(home.path, 'pg'))
  t.teardown(async () => { await host.stop(); home.remove() })
  const admin = asOwner(t, host)
  const password = 'of-the-city'
  await admin.query(`create role chief login password '${password}'`)
  await admin.query(`create role clerk login password '${password}'`)
  await admin.query('create database city owner chief')
  const urlOf = (role: string): string => { const url = new URL(host.ownerUrl); Object.assign(url, { username: role, password, pathname: '/city' }); return url.href }
  return { ownerUrl: urlOf('chief'), url: urlOf('clerk'), home: home.path }
}

t.test('a city’s own database', async (t) => {
  const { ownerUrl, url, home } = await city(t)
  const open = async (name: string, more: { readonly databaseUrl: string; readonly ownerUrl?: string; readonly migrations?: string }): Promise<void> => {
    const store = await openTestStore(join(home, name), { node: name, ...more })
    await openAnswered(store.records, '13900000001', Date.now())
    await store.close()
  }
  await t.rejects(open('early', { databaseUrl: url }), { code: 'database.owner-needed' }, 'a role that may not make tables says who has to')

  await t.test('with one role: triggers hold', async (t) => {
    await open('one', { databaseUrl: ownerUrl })
    const client = new Client({ connectionString: ownerUrl })
    await client.connect()
    t.teardown(() => client.end())
    for (const sql of [`update ticket_history set note = 'forged'`, 'delete from ticket_history', 'truncate audit', 'delete from ticket']) await t.rejects(client.query(sql), /append-only/, sql)
  })

  await t.test('with a second role, on a database that has been in use', async (t) => {
    await t.rejects(open('none', { databaseUrl: url }), { code: 'database.owner-needed' }, 'it has been given nothing yet')
    await Promise.all(['two', 'three'].map((name) => open(name, { databaseUrl: url, ownerUrl })))
    t.pass('two nodes that start at the same time grant the same')
    await open('four', { databaseUrl: url })
    t.pass('and from then on it needs nobody')
    const client = new Client({ connectionString: url })
    await client.connect()
    t.teardown(() => client.end())
    await t.rejects(client.query(`update ticket_history set note = 'forged'`), NOT_ALLOWED)
    t.match(await historyInReach(client), { role: 'clerk', tables: [] })

    // What somebody granted by hand is taken back; what is new is granted.
    const chief = new Client({ connectionString: ownerUrl })
    await chief.connect()
    t.teardown(() => chief.end())
    await chief.query('grant update, truncate on audit to clerk; revoke insert on audit from clerk')
    t.match(await historyInReach(client), { tables: ['audit'] })
    const later = join(home, 'migrations')
    mkdirSync(later)
    for (const { name } of migrationFiles(migrations)) cpSync(join(migrations, name), join(later, name))
    writeFileSync(join(later, '9000_later.sql'), 'create table later (id integer primary key); create table later_history (id integer); create trigger append_only before update or delete on later_history for each row execute function refuse_change();')
    await t.rejects(open('five', { databaseUrl: url, migrations: later }), { code: 'database.owner-needed', details: { reason: /migration|9000/ } }, 'a migration is the owner’s')
    await open('five', { databaseUrl: url, ownerUrl, migrations: later })
    t.match(await historyInReach(client), { tables: [] })
    await client.query('insert into later values (1); update later set id = 2; delete from later; insert into later_history values (1)')
    await t.rejects(client.query('delete from later_history'), NOT_ALLOWED)
  })
})

t.test('liandong migrate', async (t) => {
  const { ownerUrl, url, home } = await city(t)
  const before = { ...process.env }
  t.teardown(() => { process.env = before })
  async function run(environment: Record<string, string>): Promise<{ readonly code: number; readonly said: string }> {
    process.env = { ...before, LIANDONG_HOME: join(home, randomUUID()), ...environment }
    const out = new PassThrough()
    const code = await runCommand(migrateCommand, [], { stdout: out, stderr: out, stdin: Readable.from([]) })
    return { code, said: String(out.read() ?? '') }
  }
  t.match(await run({ DATABASE_URL: url }), { code: 1, said: /run liandong migrate with the role that owns the tables/ })
  t.match(await run({ DATABASE_URL: ownerUrl }), { code: 0, said: /the role chief owns the history tables/ })
  t.match(await run({ DATABASE_URL: url, LIANDONG_DATABASE_OWNER_URL: ownerUrl }), { code: 0, said: /the role clerk can only read and append to the 11 history tables/ })
  t.match(await run({ DATABASE_URL: url }), { code: 0, said: /the role clerk can only/ }, 'nothing to be done')
})
