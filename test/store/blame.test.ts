import { createServer, type AddressInfo } from 'node:net'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t from 'tap'
import { ERRORS, LiandongError, type ErrorCode } from '../../src/contracts/errors.js'
import { makeLogger } from '../../src/logger.js'
import { blame, isOutOfReach, isRefusal, tagged } from '../../src/store/blame.js'
import { sayOnce, startJobs } from '../../src/store/jobs.js'
import { inTransaction, makePool } from '../../src/store/pool.js'
import { openTestStore, startTestServer, temporaryHome, until } from '../helpers/database.js'

/** What the driver throws → what everybody else hears, and what is done with the write that failed. */
const THROWN: readonly (readonly [what: object, told: ErrorCode | null, fault: ReturnType<typeof blame>])[] = [
  ...['08000', '08006', '25006', '40001', '53100', '53300', '55P03', '57014', '57P01', '57P03', '58030', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']
    .map((code) => [{ code, message: 'x' }, 'database.down', 'server'] as const),
  ...['Connection terminated unexpectedly', 'Connection terminated due to connection timeout', 'timeout exceeded when trying to connect', 'Query read timeout', 'Client was closed and is not queryable', 'Client has encountered a connection error and is not queryable']
    .map((message) => [new Error(message), 'database.down', 'server'] as const),
  ...['22021', '22P02', '22003'].map((code) => [{ code, message: 'x' }, 'database.refused', 'facts'] as const),
  ...['23503', '23505', '23514'].map((code) => [{ code, message: 'x' }, null, 'facts'] as const),
  // It is well, and took one of two that waited for each other.
  [{ code: '40P01', message: 'x' }, 'database.down', 'us'],
  // The journal waits for whoever mends it; the web must not call it an outage.
  ...['42501', '42P01'].map((code) => [{ code, message: 'x' }, null, 'server'] as const),
  ...['28P01', '54000', 'XX000', 'P0001', 'ENOSPC', '0800', '5300000'].map((code) => [{ code, message: 'x' }, null, 'us'] as const),
  [new TypeError('x is undefined'), null, 'us'],
]

t.test('what the driver throws is told in one way', (t) => {
  for (const [thrown, told, fault] of THROWN) {
    const what = (thrown as { code?: string }).code ?? (thrown as Error).message
    const error = tagged(thrown)
    if (told === null) t.equal(error, thrown, `${what} stays what it is`)
    else t.match(error, { code: told, cause: thrown }, what)
    t.equal(tagged(error), error, `${what}: told once`)
    t.equal(blame(thrown), fault, what)
    t.equal(blame(error), fault, `${what}, told already`)
    t.equal(isRefusal(error), false, what)
  }
  t.match([ERRORS['database.down'].status, ERRORS['database.refused'].status], [503, 400])
  const refusal = new LiandongError('ticket.not-found', { id: 'x' })
  t.same([tagged(refusal), blame(refusal), isRefusal(refusal)], [refusal, 'facts', true])
  t.same([{ code: '57P03' }, { code: 'ECONNREFUSED' }, { code: '25006' }, { code: '28P01' }, { code: '42501' }].map((error) => [isOutOfReach(error), isOutOfReach(tagged(error))]), [[true, true], [true, true], [false, false], [false, false], [false, false]], 'what a start waits for')
  t.end()
})

/** Raises an error of this class in PostgreSQL itself. */
const raise = (code: string): string => `do $$ begin raise exception 'on purpose' using errcode = '${code}'; end $$`

t.test('every way to ask tells it so', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const pool = makePool({ connectionString: store.url, max: 1 })
  t.teardown(() => pool.end())
  const client = await pool.connect()
  await t.rejects(client.query(raise('57014')), { code: 'database.down', cause: { code: '57014', message: 'on purpose' } })
  await t.rejects(client.query(raise('23505')), { code: '23505' })
  client.release()
  await t.rejects(pool.query(raise('53100')), { code: 'database.down' })
  await t.rejects(pool.query('select $1::uuid', ['x']), { code: 'database.refused', details: { problem: /invalid input syntax/ } })

  await pool.query('create temporary table kept (n integer unique)')
  await inTransaction(pool, (one) => one.query('insert into kept values (1)'))
  await t.rejects(inTransaction(pool, async (one) => { await one.query('insert into kept values (2)'); await one.query('insert into kept values (1)') }), { code: '23505' })
  await t.rejects(inTransaction(pool, async (one) => { await one.query('insert into kept values (3)'); throw new LiandongError('call.gone') }), { code: 'call.gone' })
  t.same((await pool.query('select n from kept')).rows, [{ n: 1 }], 'all or nothing, and the connection is the one that was there')
  await t.rejects(inTransaction(pool, (one) => one.query(raise('40001'))), { code: 'database.down' })
  await t.rejects(pool.query('select n from kept'), { code: '42P01' }, 'another connection, after one on which PostgreSQL was not itself')

  await store.server?.stop('immediate')
  for (const asked of [() => pool.query('select 1'), () => pool.connect(), () => inTransaction(pool, () => Promise.resolve())] as const satisfies readonly (() => Promise<unknown>)[]) await t.rejects(asked() as Promise<unknown>, { code: 'database.down' })
  await store.server?.start()
})

t.test('an outage in the log: a line with its reason, once', async (t) => {
  const lines: Record<string, unknown>[] = []
  const logger = makeLogger('info', false, new Writable({ write(chunk: Buffer, _encoding, done) { for (const line of chunk.toString().trim().split('\n')) lines.push(JSON.parse(line) as Record<string, unknown>); done() } }))
  const home = temporaryHome()
  const store = await openTestStore(home.path, { logger, pollEvery: 200 })
  t.teardown(async () => { await store.close(); home.remove() })
  const port = Number(new URL(store.url).port)
  const query = { callId: randomUUID(), number: '13900000001' }

  /** PostgreSQL is gone, and so many tries to reach it are in vain. */
  async function outage(tries: number): Promise<void> {
    await store.server?.stop('immediate')
    let tried = 0
    const nobody = createServer((socket) => { tried += 1; socket.resetAndDestroy() })
    await new Promise<void>((resolve) => { nobody.listen(port, '127.0.0.1', resolve) })
    t.equal((nobody.address() as AddressInfo).port, port)
    await store.records.lookUp(query)
    await t.rejects(store.records.history(query.callId), { code: 'database.down' })
    await t.rejects(store.hall.board(null), { code: 'database.down' })
    await store.records.saveCall({ callId: query.callId, caller: { number: '', name: '', verified: false }, calledNumber: '110', state: 'queued', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: 1, queuedAt: 1 })
    await until('many tries', () => { return tried >= tries })
    await new Promise<void>((resolve) => { nobody.close(() => { resolve() }) })
    await store.server?.start()
    await until('PostgreSQL', () => store.records.status().database === 'up' && store.records.status().journal === 0)
  }

  await outage(30)
  const told = [...lines]
  t.same(told.filter((line) => JSON.stringify(line).includes('    at ')), [], 'no stack')
  const texts = told.map(({ msg }) => String(msg))
  t.same(texts.filter((text, at) => texts.indexOf(text) !== at), [], 'nothing twice')
  t.match(told.find(({ msg }) => msg === 'caller not looked up'), { callId: query.callId, err: { code: 'database.down', reason: /./ } })
  t.match(told.find(({ msg }) => msg === 'PostgreSQL is away: writing to the journal'), { err: { code: 'database.down', reason: /./ } }, 'and why')
  await outage(1)
  t.equal(lines.filter(({ msg }) => msg === 'PostgreSQL is away: writing to the journal').length, 2, 'the next outage is told anew')
})

t.test('jobs that cannot run say why once', async (t) => {
  const home = temporaryHome()
  const server = await startTestServer(join(home.path, 'pg'))
  const pool = makePool({ connectionString: server.ownerUrl, max: 3 })
  await server.stop()
  let tried = 0
  const nobody = createServer((socket) => { tried += 1; socket.resetAndDestroy() })
  await new Promise<void>((resolve) => { nobody.listen(Number(new URL(server.url).port), '127.0.0.1', resolve) })
  const said: (readonly [fields: object, text: string])[] = []
  const say = (fields: object, text: string): void => { said.push([fields, text]) }
  const jobs = startJobs({ pool, logger: { info() { /* not of interest */ }, warn: say, error: say } })
  t.teardown(async () => { await jobs.close(); await pool.end(); await server.stop(); home.remove() })
  await until('the third start', () => tried >= 3)
  t.match(said.filter(([, text]) => text === 'jobs stopped'), [[{ err: { code: 'database.down' } }, 'jobs stopped']])
  await new Promise<void>((resolve) => { nobody.close(() => { resolve() }) })
  await server.start()
  await pool.query(`select graphile_worker.add_job('sessions_forget')`)
  await until('a job', async () => (await pool.query('select 1 from graphile_worker._private_jobs')).rowCount === 0)

  const voice = sayOnce({ warn: say, error: say })
  said.length = 0
  for (const text of ['away (trying again in 200ms)', 'away (trying again in 400ms)', 'something else']) voice.error({}, text)
  voice.calm()
  voice.warn({}, 'away (trying again in 200ms)')
  t.same(said.map(([, text]) => text), ['away (trying again in 200ms)', 'something else', 'away (trying again in 200ms)'])
})
