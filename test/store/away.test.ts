import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { Pool } from 'pg'
import t from 'tap'
import type { CallRecord } from '../../src/intake/ports.js'
import { followChanges } from '../../src/store/changes.js'
import { startLocalServer } from '../../src/store/server.js'
import { livingServer } from '../../src/store/server-holder.js'
import { openTestStore, startTestServer, temporaryHome, until } from '../helpers/database.js'

const record = (callId = randomUUID()): CallRecord => ({
  callId, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'queued', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: Date.now(), queuedAt: Date.now(),
})

/** Before PostgreSQL: can swallow what it carries, as a firewall does that forgot its connections, or refuse. */
async function gate(port: number) {
  let swallowing = false
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket; dead: boolean }>()
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    const pair = { near, far, dead: swallowing }
    pairs.add(pair)
    near.on('data', (data) => { if (!pair.dead) far.write(data) })
    far.on('data', (data) => { if (!pair.dead) near.write(data) })
    for (const socket of [near, far]) socket.on('error', () => undefined)
    near.on('close', () => { far.destroy(); pairs.delete(pair) })
    far.on('close', () => { if (!pair.dead) near.destroy() })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return {
    port: (server.address() as AddressInfo).port,
    /** What is connected now is dead for good; new connections are too until `open`. */
    swallow() { swallowing = true; for (const pair of pairs) pair.dead = true },
    open() { swallowing = false },
    close() {
      for (const { near, far } of pairs) { near.destroy(); far.destroy() }
      return new Promise<void>((resolve) => { server.close(() => { resolve() }) })
    },
  }
}

t.test('a PostgreSQL behind a dead network', async (t) => {
  const home = temporaryHome()
  const server = await startTestServer(join(home.path, 'pg'))
  const through = await gate(Number(new URL(server.ownerUrl).port))
  const url = new URL(server.ownerUrl)
  url.port = String(through.port)
  const store = await openTestStore(home.path, { databaseUrl: url.href, pollEvery: 300 })
  const direct = new Pool({ connectionString: server.ownerUrl, max: 2 })
  direct.on('error', () => undefined)
  const changed = new Map<string, number>()
  store.onTicketChanged((id, version) => { changed.set(id, version) })
  t.teardown(async () => {
    await store.close()
    await direct.end()
    await through.close()
    await server.stop()
    home.remove()
  })
  await until('the store', () => store.records.status().database === 'up')
  await Promise.all(Array.from({ length: 8 }, () => store.pool.query('select pg_sleep(0.2)')))
  const { id } = await store.records.openTicket({ record: record(), operatorId: '', answeredAt: Date.now(), callBack: false, place: '', callerName: '' })
  await until('NOTIFY', () => changed.get(id) === 1)
  const elsewhere = async (version: number): Promise<void> => {
    await direct.query('update ticket set version = $2 where id = $1', [id, version])
    await direct.query(`insert into ticket_history (ticket_id, version, act_id, act, at, changes) values ($1, $2, $3, 'edit', '2020-01-01', '{}')`, [id, version, randomUUID()])
  }

  through.swallow()
  const calls = Array.from({ length: 8 }, () => record())
  await Promise.all(calls.map((call) => store.records.saveCall(call)))
  t.match(store.records.status(), { database: 'down', journal: 8 })
  await elsewhere(2)
  through.open()
  await until('the journal to drain over new connections', () => store.records.status().database === 'up' && store.records.status().journal === 0, 30_000)
  t.equal((await direct.query('select 1 from call where id = any($1)', [calls.map(({ callId }) => callId)])).rowCount, 8)
  await until('what changed meanwhile to be told by a poll', () => changed.get(id) === 2, 30_000)
  await Promise.all(Array.from({ length: 8 }, () => store.pool.query('select 1')))

  const heard: number[] = []
  const deaf = { query: () => Promise.reject(new Error('no polls here')) } as unknown as Pool
  const changes = followChanges({ connectionString: url.href, pool: deaf, every: 300, onChanged: (_id, version) => heard.push(version) })
  t.teardown(async () => { await changes.close() })
  let version = 2
  const say = async (): Promise<boolean> => { await elsewhere(version += 1); return heard.length > 0 }
  await until('NOTIFY', say)
  through.swallow()
  through.open()
  heard.length = 0
  await until('NOTIFY over another connection, after a ping found the old one dead', say, 30_000)

  await direct.query('alter table ticket disable trigger say_changed')
  await elsewhere(version + 1)
  await until('a change that no NOTIFY told', () => changed.get(id) === version + 1, 30_000)
})

t.test('PostgreSQL is away when the server starts', async (t) => {
  const home = temporaryHome()
  const server = await startLocalServer({ directory: join(home.path, 'pg'), unsafe: true })
  await server.stop()
  const store = await openTestStore(home.path, { databaseUrl: server.ownerUrl })
  t.teardown(async () => { await store.close(); await server.stop(); home.remove() })
  let ready = 0
  await store.whenReady(async () => { await store.pool.query('select count(*) from person'); ready += 1 })
  const call = record()
  t.match(await store.records.openTicket({ record: call, operatorId: '', answeredAt: Date.now(), callBack: false, place: '中州路', callerName: '' }), { provisional: true }, 'calls are served by the journal')
  t.equal(ready, 0)
  await server.start()
  const final = await until('schema, waiting work and the journal', () => store.told.find(({ id, provisional }) => id === call.callId && !provisional))
  t.match(final, { fields: { place: '中州路' } })
  t.equal(ready, 1)

  const other = temporaryHome()
  t.teardown(() => { other.remove() })
  await t.rejects(openTestStore(other.path, { databaseUrl: server.ownerUrl.replace(/:[^:@]+@/, ':wrong@') }), { code: '28P01' }, 'a wrong password is not an outage')
})

t.test('calendar and limits that were seen last count when PostgreSQL is away at the start: what is answered then, or was before the restart, shows its danger and its clocks', async (t) => {
  const home = temporaryHome()
  const server = await startTestServer(join(home.path, 'pg'))
  t.teardown(async () => { await server.stop(); home.remove() })
  const first = await openTestStore(home.path, { databaseUrl: server.ownerUrl })
  const { calendar, clocks } = first.rules()
  t.equal(calendar.days.get('2026-10-01'), 'holiday')
  await server.stop()
  const calls = [{ ...record(), category: 'gas' }, record()]
  const open = async ({ records }: typeof first, one: CallRecord) => records.openTicket({ record: one, operatorId: '', answeredAt: Date.now(), callBack: false, place: '', callerName: '' })
  const [gas, unsorted] = [await open(first, calls[0] ?? record()), await open(first, calls[1] ?? record())]
  t.same([gas, unsorted].map(({ provisional, work: { hazard, clocks: run } }) => [provisional, hazard, run.map(({ clock }) => clock)]), [[true, true, ['safe', 'reassign']], [true, false, ['reassign']]])
  await first.close()
  const alone = await openTestStore(home.path, { databaseUrl: server.ownerUrl })
  t.same([alone.rules().calendar, alone.rules().clocks], [calendar, clocks])
  for (const before of [gas, unsorted]) t.same((await alone.records.get(before.id)).work, before.work, 'as it was shown before')
  t.match((await open(alone, { ...record(), category: 'gas' })).work, { hazard: true, clocks: [{ clock: 'safe' }, { clock: 'reassign' }] })
  await alone.close()
})

t.test('one store for each journal', async (t) => {
  const home = temporaryHome()
  const server = await startTestServer(join(home.path, 'pg'))
  const first = await openTestStore(home.path, { databaseUrl: server.ownerUrl })
  t.teardown(async () => { await server.stop(); home.remove() })
  await t.rejects(openTestStore(home.path, { databaseUrl: server.ownerUrl, lockPatience: 0 }), { message: /node\.name/ })
  await first.close()
  await (await openTestStore(home.path, { databaseUrl: server.ownerUrl, lockPatience: 0 })).close()
})

t.test('sessions that were over a month ago are forgotten every night', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  await store.people.put({ loginName: 'op1', displayName: '甲', role: 'operator', passwordHash: null } as never)
  for (const [n, days] of [[1, 60], [2, 10], [3, -1]] as const) {
    await store.pool.query(`insert into session (token_hash, person_id, expires_at, address, user_agent) select $1, id, now() - make_interval(days => $2), '', '' from person`, [Buffer.from([n]), days])
  }
  await store.pool.query(`select graphile_worker.add_job('sessions_forget')`)
  await until('the job', async () => (await store.pool.query('select 1 from session')).rowCount === 2)
  t.equal((await store.pool.query(`select 1 from graphile_worker._private_known_crontabs where identifier = 'sessions_forget'`)).rowCount, 1, 'it is in the timetable')
})

t.test('without /proc a process that lives means that the directory is in use', async (t) => {
  const home = temporaryHome()
  t.teardown(() => { home.remove() })
  mkdirSync(join(home.path, 'data'), { recursive: true })
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
  writeFileSync(join(home.path, 'data', 'postmaster.pid'), `${child.pid ?? 0}\n`)
  t.same(livingServer(home.path, join(home.path, 'no-proc')), { pid: child.pid, owned: true })
  if (process.platform === 'linux') t.equal(livingServer(home.path), null, 'with /proc it is seen that it is no PostgreSQL of ours')
  const gone = new Promise((resolve) => { child.once('exit', resolve) })
  child.kill('SIGKILL')
  await gone
  t.equal(livingServer(home.path, join(home.path, 'no-proc')), null)
})
