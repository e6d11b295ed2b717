import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { loadConfig, type Config } from '../../src/config.js'
import type { PracticeLogin } from '../../src/contracts/routes/practice.js'
import { startLiandong, type Liandong } from '../../src/main.js'
import { migrationFiles } from '../../src/store/migrate.js'
import { flowsRun, migrations, temporaryHome, until, usedHome } from '../helpers/database.js'
import { openDesk } from '../helpers/desk-bot.js'
import { keptGate } from '../helpers/kept-gate.js'
import { openSocket, refusedUpgrade } from './server.js'

async function start(t: Test, more: Partial<Config> = {}): Promise<Liandong> {
  const home = await usedHome()
  const { config } = loadConfig({}, { home: home.path, 'http.port': 0, 'practice.citizens': 0, 'practice.units': false, 'intake.wrapUp': 0, 'flows.directory': fileURLToPath(new URL('../../ivr-flows', import.meta.url)), 'node.name': 'test', ...more })
  const liandong = await startLiandong(config, pino({ level: 'silent' }), undefined, { gate: keptGate(config['flows.directory']) })
  t.teardown(async () => { await liandong.stop(); home.remove() })
  await flowsRun(liandong.store)
  return liandong
}

async function signIn(url: string, { loginName, password }: Pick<PracticeLogin, 'loginName' | 'password'>): Promise<string> {
  const response = await fetch(`${url}/api/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ loginName, password }) })
  if (!response.ok) throw new Error(`${loginName}: ${await response.text()}`)
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

/** Prometheus' text format: name → value of its samples; labels belong to the name. */
function readMetrics(text: string): { readonly samples: ReadonlyMap<string, number>; readonly helped: ReadonlySet<string>; readonly typed: ReadonlySet<string> } {
  const samples = new Map<string, number>()
  const helped = new Set<string>()
  const typed = new Set<string>()
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, kind, name = ''] = /^# (HELP|TYPE) (\S+) \S/.exec(line) ?? []
    if (kind !== undefined) (kind === 'HELP' ? helped : typed).add(name)
    else {
      const [, sample, value] = /^([a-z_]+(?:\{[^}]*\})?) (\S+)$/.exec(line) ?? []
      if (sample === undefined || !Number.isFinite(Number(value))) throw new Error(`not Prometheus: ${line}`)
      samples.set(sample, Number(value))
    }
  }
  return { samples, helped, typed }
}

const NUMBER = '13900004711'

/** For those who leave it as they found it. */
const city = await start(t)

t.test('what an administrator watches, from an idle room to a ticket', async (t) => {
  const { url, logins } = city
  const get = async (path: string): Promise<{ status: number; type: string; text: string }> => {
    const response = await fetch(`${url}${path}`)
    return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() }
  }
  t.match(JSON.parse((await get('/health')).text), { ok: true, uptimeSeconds: Number })
  await until('the link to come up', async () => (await get('/ready')).status === 200)
  t.match(JSON.parse((await get('/ready')).text), { ready: true, database: 'up', pbx: 'up', journal: 0 })

  const metrics = async () => {
    const { type, text } = await get('/metrics')
    t.match(type, /^text\/plain; version=0\.0\.4/)
    t.notMatch(text, NUMBER)
    return readMetrics(text)
  }
  const idle = await metrics()
  for (const name of idle.samples.keys()) {
    const family = name.replace(/\{.*/, '').replace(/_(bucket|sum|count)$/, '')
    t.match(family, /^liandong_/)
    t.ok(idle.helped.has(family) && idle.typed.has(family), `${family} says what it is`)
  }
  t.match(Object.fromEntries(idle.samples), { liandong_calls: 0, liandong_queue_waiting: 0, liandong_operators_ready: 0, liandong_websockets: 0, liandong_journal_records: 0, liandong_database_up: 1, liandong_pbx_up: 1, liandong_calls_answered_total: 0 })

  const listed = (JSON.parse((await get('/api/practice/logins')).text) as { logins: PracticeLogin[] }).logins
  t.same(listed, logins)
  for (const login of listed.filter(({ loginName }) => loginName !== 'op1')) t.match(await signIn(url, login), /^liandong_session=/, login.loginName)

  const desk = await openSocket(t, { url }, await signIn(url, listed.find(({ loginName }) => loginName === 'op1') ?? { loginName: '', password: '' }))
  t.match(await desk.hello(), { seat: 'active', practice: true })
  desk.send({ type: 'presence', id: 'ready', ready: true })
  await desk.next('done')
  const placed = fetch(`${url}/api/practice/calls`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ number: NUMBER, called: '12345', keys: '1', wait: 30 }) })
  const { call } = await desk.next('call')
  t.equal(call.caller.number, NUMBER, 'the screen shows who calls while it rings')
  t.equal((await metrics()).samples.get('liandong_calls'), 1)
  desk.send({ type: 'phone.answer', id: 'answer', callId: call.callId })
  const { ticket } = await desk.next('ticket')
  t.match(ticket, { id: call.callId, caller: { number: NUMBER } })
  await until('the talk', () => desk.messages.some((message) => message.type === 'call' && message.call.state === 'talking'))
  desk.send({ type: 'call.hang-up', id: 'bye', callId: call.callId })
  const lines = (await (await placed).text()).trim().split('\n').map((line) => JSON.parse(line) as { type: string; detail: string })
  const told = new Set(lines.map(({ type }) => type))
  t.same(['call', 'ringing', 'answered', 'operator', 'ended'].filter((type) => !told.has(type)), [], 'the caller’s side is told line by line')
  t.equal(lines.find(({ type }) => type === 'ringing')?.detail, '12345', 'the number that he dialled')
  const after = await metrics()
  t.match(Object.fromEntries(after.samples), { liandong_calls_answered_total: 1, liandong_calls_abandoned_total: 0, liandong_offers_total: 1, liandong_answer_wait_seconds_count: 1, liandong_ticket_open_seconds_count: 1, liandong_websockets: 1, liandong_websocket_cut_total: 0 })
  t.ok((after.samples.get('liandong_websocket_messages_total') ?? 0) > 3)
})

t.test('in the practice city 1109 says how a request stands, as the README has it', async (t) => {
  const { url, store } = city
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const [, number = '', called = '', keys = '', wait = ''] = /liandong call --number (\d+) --called (\d+) --keys "(\S+)" --wait (\d+)/.exec(readme) ?? []
  t.match((await store.pool.query<{ numbers: string[] }>(`select array_agg(replace(number, '-', '')) as numbers from ticket where number_called_from = $1`, [number])).rows[0]?.numbers.join(' '), new RegExp(`\\b${keys.replace(/.*w|#/g, '')}\\b`), 'a ticket of his')
  const placed = await fetch(`${url}/api/practice/calls`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ number, called, keys, wait: Number(wait) }) })
  const heard = (await placed.text()).trim().split('\n').map((line) => JSON.parse(line) as { type: string; detail: string }).filter(({ type }) => type === 'hears').map(({ detail }) => detail).join(' ')
  t.match(heard, /查询办理情况，请按一.*请输入工单号.*您反映的事项(已受理，等待派单|正在办理|已经办结)/s)
})

t.test('a practice call whose commander goes away is hung up: nobody waits for an operator in vain', async () => {
  const { url, exchange } = city
  await until('nobody else to call', () => exchange?.live().channels === 0)
  const placed = await fetch(`${url}/api/practice/calls`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ number: NUMBER, wait: 3600 }) })
  await until('the call', () => exchange?.live().channels === 1)
  // Not by an abort signal, which fetch forgets once the headers are there and garbage was collected.
  await placed.body?.cancel()
  await until('the caller to hang up', () => exchange?.live().channels === 0)
})

t.test('after a restart the last half hour is there as the database knows it', async (t) => {
  const one = await start(t)
  await one.store.pool.query(`insert into call (id, number, caller_name, verified, called_number, state, class, language, created_at, queued_at, answered_at, ended_at) values (gen_random_uuid(), '', '', true, '110', 'ended', 'standard', 'zh-CN', now() - interval '10 minutes', now() - interval '10 minutes', now() - interval '9 minutes', now() - interval '8 minutes')`)
  const two = await start(t, { 'node.name': 'two', 'database.url': one.store.url, 'database.ownerUrl': one.store.ownerUrl })
  const desk = await openSocket(t, two, await signIn(two.url, two.logins.find(({ loginName }) => loginName === 'op1') ?? { loginName: '', password: '' }))
  const { trend = [] } = await desk.hello()
  t.same(trend.slice(0, 3).map(({ waiting }) => waiting), [0, 1, 0])
})

t.test('two nodes: what ends a session at one ends its desk at the other, and a note about a caller reaches his call there', async (t) => {
  const one = city
  const two = await start(t, { 'node.name': 'two', 'database.url': one.store.url, 'database.ownerUrl': one.store.ownerUrl })
  const login = (loginName: string) => two.logins.find((person) => person.loginName === loginName) ?? { loginName, password: '' }
  // A hint that is given before anybody listens is lost: the first note that is heard shows that both do.
  const call = two.exchange?.placeCall({ number: NUMBER })
  const known = () => two.intake.room().calls.get(call?.callId ?? '')?.context.knownName
  await until('the call', () => two.intake.room().calls.has(call?.callId ?? ''))
  const cookie = await signIn(one.url, login('op1'))
  let version = 0
  const write = async (name: string): Promise<void> => {
    const response = await fetch(`${one.url}/api/callers`, { method: 'POST', headers: { cookie, 'content-type': 'application/json' }, body: JSON.stringify({ number: NUMBER, baseVersion: version, name, address: '', hints: [] }) })
    if (!response.ok) throw new Error(await response.text())
    version = ((await response.json()) as { version: number }).version
  }
  await until('a note to be heard', async () => { await write(`孙奶奶 ${version}`); return known()?.startsWith('孙奶奶') === true })
  await write('孙奶奶')
  await until('the last of them', () => known() === '孙奶奶')

  const desk = await openSocket(t, two, cookie)
  await desk.hello()
  await fetch(`${one.url}/api/logout`, { method: 'POST', headers: { cookie, 'content-type': 'application/json' }, body: '{}' })
  t.match(await until('its socket at the other node to be cut', () => desk.closed), { code: 4401 })
  call?.hangUp()
})

t.test('a mistyped address is told so on a page of both languages, with a way home; what machines ask for stays JSON', async (t) => {
  const { url } = city
  const get = async (path: string, accept = 'text/html,application/xhtml+xml,*/*;q=0.8'): Promise<{ status: number; type: string; text: string }> => {
    const response = await fetch(`${url}${path}`, { headers: { accept } })
    return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() }
  }
  for (const path of ['/foo', '/foo/bar', '/tickets/7', '/apix', '/foo/%3Cscript%3E']) {
    const { status, type, text } = await get(path)
    t.match({ status, type }, { status: 404, type: /^text\/html/ }, path)
    for (const words of [/没有这个网页/, /No such page/, /<a href="\/">/]) t.match(text, words)
    t.notMatch(text, /foo|script/i, 'nothing of what was asked for is in it')
  }
  t.match(await get('/api/foo'), { status: 404, type: /^application\/json/ })
  t.match(await get('/foo/bar', 'application/json'), { status: 404, type: /^application\/json/ })
  t.match(await get('/assets/gone.js', '*/*'), { status: 404, type: /^application\/json/ })
})

t.test('a stop ends everything, in order and whatever is under way', async (t) => {
  const liandong = await start(t)
  const { url, logins, exchange } = liandong
  const op1 = logins.find(({ loginName }) => loginName === 'op1') ?? { loginName: '', password: '' }
  const cookie = await signIn(url, op1)
  const desk = await openSocket(t, { url }, cookie)
  await desk.hello()
  const waiting = exchange?.placeCall({ number: NUMBER })
  await until('the caller to be ours', () => liandong.intake.desk.queueView().waiting === 1)
  const stopped = liandong.stop()
  const late = await Promise.all([
    signIn(url, op1).then(() => 'in', (error: unknown) => String(error)),
    refusedUpgrade(url, { cookie, origin: url }).then(({ status }) => String(status), String),
  ])
  t.notOk(late.includes('in'), 'nobody new comes in')
  await stopped
  t.match(await until('the socket to close', () => desk.closed), { code: 1012 }, 'desks are told that it will come back')
  await t.rejects(fetch(`${url}/health`), 'the port is free')
  t.equal(await liandong.stop(), undefined, 'stopping twice is stopping once')
  t.same(exchange?.live(), { channels: 0, listeners: 0, scheduled: 0 }, 'nothing is left in the exchange')
  t.ok(waiting?.reports.every(({ type }) => type !== 'silence'))
})

t.test('SIGTERM: liandong start ends with 0 and leaves no process behind', async (t) => {
  const home = temporaryHome()
  t.teardown(() => { home.remove() })
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../bin/liandong.js', import.meta.url)), 'start', '--no-desk'], {
    env: { ...process.env, LIANDONG_HOME: home.path, LIANDONG_HTTP_PORT: '0', LIANDONG_PRACTICE_CITIZENS: '500', LIANDONG_LOG_LEVEL: 'info' },
  })
  t.teardown(() => { child.kill('SIGKILL') })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { err += chunk.toString() })
  const exit = new Promise<number | string>((resolve) => { child.once('exit', (code, signal) => { resolve(code ?? signal ?? '') }) })
  const url = await until('the printed address', () => /(http:\/\/127\.0\.0\.1:\d+)\n/.exec(out)?.[1], 60_000)
  t.match(out, /练习账号 \/ practice log-ins\n +op1 +\S+/)
  t.match(err, /s\] 就绪 \/ ready/, 'progress is told')
  // An operator who answers nobody: practice citizens call only where somebody could take them.
  const desk = await openDesk(() => url, 'op1', /op1 +(\S+)/.exec(out)?.[1] ?? '')
  t.teardown(() => desk.close())
  const waiting = async (): Promise<boolean> => (readMetrics(await (await fetch(`${url}/metrics`)).text()).samples.get('liandong_queue_waiting') ?? 0) > 0
  await until('a citizen to wait', waiting)
  const postgres = Number(readFileSync(join(home.path, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
  child.kill('SIGTERM')
  t.equal(await exit, 0, err)
  t.match(err, /s\] 正在停止 \/ stopping\n[^]*s\] 已停止 \/ stopped\n/, 'the end of a stop is told')
  const steps = /数据库结构：(\d+) 步，完成 \/ schema: \1 steps, done\n/.exec(err)?.[1]
  t.equal(Number(steps), migrationFiles(migrations).length, 'the schema in one line')
  t.match(out, 'link to the practice exchange')
  t.notMatch(err + out, 'FreeSWITCH', 'there is none')
  t.throws(() => process.kill(postgres, 0), { code: 'ESRCH' }, 'PostgreSQL has ended as well')
  t.notMatch(err + out, /Error|deprecat/i, 'nothing to complain about')
})
