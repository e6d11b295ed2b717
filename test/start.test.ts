import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { loadConfig, type Config } from '../src/config.js'
import { startLiandong } from '../src/main.js'
import { withAccounts } from '../src/store/beside.js'
import { checkPorts } from '../src/wiring/ports.js'
import { startLocalServer } from '../src/store/server.js'
import { migrations, until, usedHome } from './helpers/database.js'
import { watchLeaks } from './helpers/leaks.js'

t.setTimeout(400_000)

const quiet = (): void => undefined
const flows = fileURLToPath(new URL('../ivr-flows', import.meta.url))

async function refused(t: Test, options: Partial<Config>, code: string): Promise<void> {
  const leaks = watchLeaks()
  await t.rejects(startLiandong(loadConfig({}, { 'http.port': 0, 'practice.citizens': 0, 'practice.units': false, 'flows.directory': flows, 'node.name': 'test', ...options }).config, pino({ level: 'silent' })), { code }, code)
  await leaks()
}

/** 0 when it has ended. */
function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return 0
  }
}

t.test('a start that cannot be right says so and leaves nothing behind', async (t) => {
  const home = await usedHome()
  t.teardown(() => { home.remove() })
  const holder = createServer().listen(0, '127.0.0.1')
  t.teardown(() => { holder.close() })
  await until('a port that is taken', () => holder.listening)
  const taken = (holder.address() as { port: number }).port
  await refused(t, { home: home.path, 'http.port': taken }, 'port.in-use')
  const wish = (more: Partial<Config>): Config => loadConfig({}, { 'home': home.path, 'http.port': 0, 'node.name': 'test', ...more }).config
  await t.rejects(checkPorts(wish({ 'http.port': taken })), { code: 'port.in-use', details: { variable: 'LIANDONG_HTTP_PORT' } }, 'seen before anything is begun')
  await t.rejects(checkPorts(wish({ 'pbx.kind': 'freeswitch', 'pbx.password': 'twelve-signs-or-more', 'pbx.listenPort': taken })), { code: 'port.in-use', details: { setting: 'pbx.listenPort' } })
  await checkPorts(wish({ 'pbx.listenPort': taken }))
  await refused(t, { home: home.path, 'flows.entry': '112' }, 'flow.no-entry')
  // On a database without an edition: with one, that would run.
  const empty = await usedHome()
  t.teardown(() => { empty.remove() })
  await refused(t, { home: empty.path, 'flows.directory': join(empty.path, 'nowhere') }, 'flow.no-entry')
  const file = join(home.path, 'a-file')
  writeFileSync(file, '')
  await refused(t, { home: join(file, 'below') }, 'home.unwritable')
  if (process.platform === 'linux') await refused(t, { home: '/proc/liandong-cannot-be-here' }, 'home.unwritable')
})

t.test('a second start on one directory changes nothing there', async (t) => {
  const home = await usedHome()
  const directory = join(home.path, 'postgres')
  const first = await startLocalServer({ directory, unsafe: true })
  t.teardown(async () => { await first.stop(); home.remove() })
  const before = ['port', 'owner', 'password'].map((name) => readFileSync(join(directory, name), 'utf8'))
  await t.rejects(startLocalServer({ directory, unsafe: true }), /another Liandong uses/)
  t.same(['port', 'owner', 'password'].map((name) => readFileSync(join(directory, name), 'utf8')), before)
})

t.test('a second npm start here is told that Liandong runs already, and where', async (t) => {
  const home = await usedHome()
  const options = (): Config => loadConfig({}, { 'home': home.path, 'http.port': 0, 'practice.citizens': 0, 'practice.units': false, 'flows.directory': flows, 'node.name': 'test' }).config
  const first = await startLiandong(options(), pino({ level: 'silent' }))
  t.teardown(async () => { await first.stop(); home.remove() })
  await checkPorts({ ...options(), 'http.port': Number(new URL(first.url).port) })
  await t.rejects(startLiandong(options(), pino({ level: 'silent' })), { code: 'home.in-use', details: { pid: process.pid, url: first.url, home: home.path } })
})

t.test('practice calls come to this machine, whatever the settings say of a FreeSWITCH', async (t) => {
  const home = await usedHome()
  const { config } = loadConfig({}, { 'home': home.path, 'http.port': 0, 'practice.citizens': 0, 'practice.units': false, 'flows.directory': flows, 'node.name': 'test', 'pbx.listenHost': '127.0.0.2', 'pbx.peers': ['192.0.2.1'] })
  const { exchange, intake, stop, url } = await startLiandong(config, pino({ level: 'silent' }))
  t.teardown(async () => { await stop(); home.remove() })
  // Before that he goes to FreeSWITCH's own queue, and stays there.
  await until('the node to serve', async () => (await fetch(`${url}/ready`)).ok)
  const call = exchange?.placeCall({ number: '13900000001' })
  await until('him at our socket', () => intake.room().calls.get(call?.callId ?? '')?.held === true)
  call?.hangUp()
})

t.test('the embedded database is started again when it dies', async (t) => {
  const home = await usedHome()
  const directory = join(home.path, 'postgres')
  const server = await startLocalServer({ directory, unsafe: true })
  t.teardown(async () => { await server.stop(); home.remove() })
  for (const signal of ['SIGKILL', 'SIGQUIT'] as const) {
    const lock = (): string => readFileSync(join(directory, 'data', 'postmaster.pid'), 'utf8').split('\n')[0] ?? ''
    const pid = lock()
    process.kill(Number(pid), signal)
    await until(`another database after ${signal}`, async () => {
      const client = new Client({ connectionString: server.url, connectionTimeoutMillis: 1_000 })
      client.on('error', quiet)
      try {
        await client.connect()
        const { rows } = await client.query<{ one: number }>('select 1 as one')
        return rows[0]?.one === 1 && lock() !== pid
      } catch {
        return false
      } finally {
        await client.end().catch(quiet)
      }
    })
    t.pass(signal)
  }
  await server.stop()
  t.equal(await fetch(`http://127.0.0.1:${new URL(server.url).port}`).then(() => 'answers', () => 'gone'), 'gone', 'one that was stopped stays so')
})

t.test('a restart that fails once: one start after the other, and none after the stop', async (t) => {
  const home = await usedHome()
  const directory = join(home.path, 'postgres')
  const settings = join(directory, 'data', 'postgresql.auto.conf')
  let starts = 0
  const server = await startLocalServer({ directory, unsafe: true, onProgress(_zh, en) {
    if (en !== 'starting the database') return
    starts += 1
    if (starts === 2) writeFileSync(settings, 'no such setting\n')
    if (starts === 3) writeFileSync(settings, '')
  } })
  t.teardown(async () => { await server.stop(); home.remove() })
  const pid = (): number => Number(readFileSync(join(directory, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  // Those of the fetches before it end by themselves.
  await until('no timer of anything else', () => timers() === 0)
  process.kill(pid(), 'SIGKILL')
  await until('the third start', () => starts === 3)
  await server.start()
  t.equal(timers(), 0, 'no other start is planned')
  await server.start()
  t.equal(starts, 3, 'nor made while it lives')
  await server.stop()
  t.equal(timers(), 0)
  t.equal(await fetch(`http://127.0.0.1:${new URL(server.url).port}`).then(() => 'answers', () => 'gone'), 'gone')
})

t.test('the port of last time, or another when somebody has it', async (t) => {
  const home = await usedHome()
  t.teardown(() => { home.remove() })
  const directory = join(home.path, 'postgres')
  const portOf = async (): Promise<number> => { const server = await startLocalServer({ directory, unsafe: true }); await server.stop(); return Number(new URL(server.url).port) }
  const first = await portOf()
  t.equal(await portOf(), first)
  const holder = createServer()
  await new Promise<void>((resolve) => { holder.listen(first, '127.0.0.1', resolve) })
  t.not(await portOf(), first)
  await new Promise<void>((resolve) => { holder.close(() => { resolve() }) })
})

t.test('a database that does not end is killed', async (t) => {
  const home = await usedHome()
  const directory = join(home.path, 'postgres')
  const server = await startLocalServer({ directory, unsafe: true, patience: 100 })
  t.teardown(() => { home.remove() })
  process.kill(Number(readFileSync(join(directory, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]), 'SIGSTOP')
  await server.stop()
  await server.start()
  await server.stop()
})

t.test('a stop while PostgreSQL does not answer ends in time, with code 0', { skip: process.platform !== 'linux' && '/proc' }, async (t) => {
  const home = await usedHome()
  t.teardown(() => { home.remove() })
  const child = spawn(process.execPath, [fileURLToPath(new URL('../bin/liandong.js', import.meta.url)), 'start', '--no-desk'], {
    env: { ...process.env, LIANDONG_HOME: home.path, LIANDONG_HTTP_PORT: '0', LIANDONG_FLOWS_DIRECTORY: flows, LIANDONG_LOG_LEVEL: 'warn' }, stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { said += chunk.toString() })
  const ended = new Promise<number | null>((resolve) => { child.once('exit', resolve) })
  t.teardown(() => child.kill('SIGKILL'))
  await until('it to be ready', () => said.includes('/docs'), 60_000)
  const postmaster = Number(readFileSync(join(home.path, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
  // First of all who makes more of them; of the others one may end by itself meanwhile.
  const stop = (pid: number): void => { try { process.kill(pid, 'SIGSTOP') } catch { /* gone */ } }
  stop(postmaster)
  const family = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && parentOf(pid) === postmaster).map(Number)
  t.teardown(() => { for (const pid of [postmaster, ...family]) try { process.kill(pid, 'SIGKILL') } catch { /* gone */ } })
  t.ok(family.length > 5, 'its backends too')
  family.forEach(stop)
  child.kill('SIGTERM')
  t.equal(await ended, 0)
})

t.test('a command whose database is not there names it and the setting', async (t) => {
  const beside = (databaseUrl: string): Promise<unknown> => withAccounts({ databaseUrl, home: '/nowhere', migrations, onProgress: quiet }, (accounts) => accounts.all())
  await t.rejects(beside('postgres://a:secret@127.0.0.1:1/city'), { code: 'database.unreachable', details: { where: '127.0.0.1:1/city', reason: 'ECONNREFUSED' } })
})
