import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { ERRORS, errorText, LiandongError } from '../../src/contracts/errors.js'
import { ROUTES, type RouteName } from '../../src/contracts/http.js'
import { Failure, type Route } from '../../src/contracts/route.js'
import { ROLES } from '../../src/contracts/people.js'
import { asOwner } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { PEOPLE, startServer, type TestServer } from './server.js'

const NAMES = Object.keys(ROUTES) as RouteName[]
const route = (name: RouteName): Route => ROUTES[name]

interface Answer { readonly status: number; readonly body: unknown; readonly headers: Headers }
interface Asking { readonly cookie?: string; readonly origin?: string; readonly language?: string; readonly body?: unknown; readonly raw?: string; readonly type?: string; readonly path?: string; readonly from?: string }

/** Asks and holds the answer against its schema: the route's own, or that of every refusal. */
async function ask(t: Test, server: TestServer, name: RouteName, asking: Asking = {}): Promise<Answer> {
  const { method, path, response: schema } = route(name)
  const response = await fetch(`${server.url}${asking.path ?? path.replace(':id', randomUUID())}`, {
    method,
    headers: {
      ...(method === 'POST' ? { 'content-type': asking.type ?? 'application/json' } : {}),
      ...(asking.cookie === undefined ? {} : { cookie: asking.cookie }),
      ...(asking.origin === undefined ? {} : { origin: asking.origin }),
      ...(asking.language === undefined ? {} : { 'accept-language': asking.language }),
      ...(asking.from === undefined ? {} : { 'x-forwarded-for': asking.from }),
    },
    ...(method === 'POST' ? { body: asking.raw ?? JSON.stringify(asking.body ?? {}) } : {}),
  })
  const text = await response.text()
  const body: unknown = response.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : text
  // GeoReport v2 has a shape of its own for refusals.
  if (!response.ok && path.startsWith('/open311/')) {
    t.match(text, /^<\?xml.*\n<errors><error><code>\d{3}<\/code><description>.+<\/description><\/error><\/errors>\n$|^\[\{"code":\d{3},"description":".+"\}\]$/, name)
    return { status: response.status, body, headers: response.headers }
  }
  const expected: TSchema = response.ok || (name === 'ready' && response.status === 503) ? schema : Failure
  if (!Value.Check(expected, body)) t.fail(`${name}: ${response.status} does not fit its schema: ${text}`, { errors: Value.Errors(expected, body) })
  if (expected === Failure) {
    const { code } = body as Failure
    t.ok(code in ERRORS, `${name}: ${code} is in the table of errors`)
    t.equal(response.status, ERRORS[code as keyof typeof ERRORS].status, `${name}: ${code} has its status`)
  }
  return { status: response.status, body, headers: response.headers }
}

/** `METHOD path` of everything that the running app serves, out of the router's own tree. */
function served(printed: string): string[] {
  const found: string[] = []
  const stack: string[] = []
  for (const line of printed.split('\n')) {
    const match = /^((?:[│ ] {3})*)[├└]── (\S+) \(([^)]*)\)/.exec(line)
    if (match === null) continue
    const [, indent = '', part = '', methods = ''] = match
    stack.length = indent.length / 4
    stack.push(part)
    for (const method of methods.split(', ')) if (method !== 'HEAD') found.push(`${method} ${stack.join('').replaceAll('//', '/')}`)
  }
  return found
}

t.test('the table of routes, the app and OpenAPI say the same', async (t) => {
  const server = await startServer(t)
  const own = served(server.app.printRoutes({ commonPrefix: false })).filter((line) => !line.startsWith('GET /docs') && line !== 'GET /ws')
  t.same(own.sort(), NAMES.map((name) => `${route(name).method} ${route(name).path}`).sort())

  for (const name of NAMES) {
    const { roles, response, body, method, path, params, summary } = route(name)
    t.ok(roles === 'public' || (roles.length > 0 && roles.every((role) => ROLES.includes(role))), `${name} has roles`)
    t.ok(response, `${name} has a response schema`)
    t.equal(method === 'POST', body !== undefined, `${name}: a POST has a body schema, a GET has none`)
    t.equal(path.includes(':'), params !== undefined, `${name}: a path with a parameter has its schema`)
    t.ok(summary.zh !== '' && summary.en !== '', `${name} says in both languages what it is`)
    // Clients of GeoReport v2 send parameters of their own, which are passed over.
    const query = name.startsWith('open311') ? undefined : route(name).query
    for (const schema of [body, params, query]) if (schema !== undefined) t.notOk(Value.Check(schema, { 'no-such-field': 1 }), `${name} takes no unknown field`)
  }

  const document = (await (await fetch(`${server.url}/docs/json`)).json()) as { paths: Record<string, Record<string, { operationId: string; summary: string; security?: unknown; requestBody?: unknown; parameters?: unknown[]; responses: Record<string, unknown> }>> }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ at: `${method.toUpperCase()} ${path}`, operation })))
  t.same(operations.map(({ at }) => at).sort(), NAMES.map((name) => `${route(name).method} ${route(name).path.replace(/:(\w+)/, '{$1}')}`).sort())
  for (const { at, operation } of operations) {
    const one = route(operation.operationId as RouteName)
    t.equal(operation.summary, `${one.summary.zh} / ${one.summary.en}`, at)
    t.equal(operation.security !== undefined, one.roles !== 'public', `${at} says whether it wants a session`)
    t.equal(operation.requestBody !== undefined, one.body !== undefined, `${at} shows its body`)
    t.ok(operation.responses['200'] !== undefined && operation.responses['default'] !== undefined, `${at} shows its answer and its refusal`)
  }
  t.equal((await fetch(`${server.url}/docs`)).status, 200, 'and a person can read it')
})

t.test('each route × each role', async (t) => {
  const server = await startServer(t)
  const callers = [{ role: null, cookie: undefined }, ...await Promise.all(PEOPLE.filter(({ loginName }) => loginName !== 'op2').map(async ({ loginName, role }) => ({ role, cookie: await server.signIn(loginName) })))]
  t.equal(callers.length, ROLES.length + 1)
  for (const name of NAMES.filter((one) => one !== 'logOut')) {
    const { roles } = route(name)
    for (const { role, cookie } of callers) {
      const { status, body } = await ask(t, server, name, cookie === undefined ? {} : { cookie })
      if (roles !== 'public' && role === null) t.match([status, body], [401, { code: 'auth.required' }], `${name} refuses who is not signed in`)
      else if (roles !== 'public' && role !== null && !roles.includes(role)) t.match([status, body], [403, { code: 'auth.forbidden', details: { role } }], `${name} refuses ${role}`)
      else t.notOk((status === 401 && name !== 'logIn') || status === 403, `${name} lets ${role ?? 'everybody'} in (${status})`)
    }
  }
  t.equal((await ask(t, server, 'me', { cookie: 'liandong_session=forged' })).status, 401)
  const cookie = await server.signIn('op1')
  t.equal((await ask(t, server, 'logOut')).status, 401)
  const out = await ask(t, server, 'logOut', { cookie })
  t.match(out.headers.get('set-cookie'), /liandong_session=;/)
  t.equal((await ask(t, server, 'me', { cookie })).status, 401, 'signed out')
})

t.test('signing out signs out, whatever becomes of the rest', async (t) => {
  const server = await startServer(t)
  const cookie = await server.signIn('op1')
  t.match(await ask(t, server, 'session', { cookie }), { status: 200, body: { self: { loginName: 'op1' } } })
  t.same((await ask(t, server, 'session')).body, { self: null })
  t.same((await ask(t, server, 'session', { cookie: 'liandong_session=forged' })).body, { self: null })
  const { people } = server.store
  const { revoke } = people
  people.revoke = () => Promise.reject(new LiandongError('database.down'))
  t.teardown(() => { people.revoke = revoke })
  const out = await ask(t, server, 'logOut', { cookie })
  t.match(out, { status: 503, body: { code: 'database.down' } }, 'neither PostgreSQL nor the disk will have it')
  t.match(out.headers.get('set-cookie'), /liandong_session=;/, 'and yet this browser is nobody’s')
  t.equal((await ask(t, server, 'me', { cookie })).status, 401)
})

t.test('log-in', async (t) => {
  const server = await startServer(t)
  const right = await ask(t, server, 'logIn', { body: { loginName: 'op1', password: 'correct horse battery' } })
  t.match(right.body, { loginName: 'op1', role: 'operator', extension: '1001' })
  t.match(right.headers.get('set-cookie'), /^liandong_session=[\w-]{43}; .*HttpOnly.*SameSite=Strict/i)
  t.notMatch(JSON.stringify(right.body), /scrypt|password/i)
  t.match(await ask(t, server, 'logIn', { body: { loginName: 'op1', password: 'wrong' } }), { status: 401, body: { code: 'auth.wrong' } })
  t.match(await ask(t, server, 'logIn', { body: { loginName: 'op1', password: 'correct horse battery' }, origin: 'https://evil.example' }), { status: 403, body: { code: 'auth.origin', details: { origin: 'https://evil.example' } } })
  for (const origin of [`${server.url}.evil.example`, server.url.replace('http', 'https'), server.url.toUpperCase(), 'null']) t.equal((await ask(t, server, 'logIn', { body: { loginName: 'op1', password: 'correct horse battery' }, origin })).status, 403, origin)
  t.equal((await ask(t, server, 'logIn', { body: { loginName: 'op1', password: 'correct horse battery' }, origin: server.url })).status, 200)
  for (let n = 0; n < 36; n += 1) t.equal((await ask(t, server, 'logIn', { body: { loginName: ['op1', 'op2', 'sup1', 'unit1', 'admin1'][n % 5], password: 'correct horse battery' }, from: '10.0.0.1' })).status, 200, 'a hall behind one address signs in')
  let last = 0
  for (let n = 0; n < 9; n += 1) last = (await ask(t, server, 'logIn', { body: { loginName: 'op1', password: 'wrong' }, from: '10.0.0.1' })).status
  t.equal(last, 429, 'guessing from one address has an end')
  t.equal((await ask(t, server, 'logIn', { body: { loginName: 'op1', password: 'correct horse battery' }, from: '10.0.0.2' })).status, 200, 'another address is not concerned')
})

t.test('the desk’s own files are counted for nobody', async (t) => {
  const home = temporaryDirectory()
  t.teardown(() => { rmSync(home, { recursive: true, force: true }) })
  mkdirSync(join(home, 'assets'))
  for (const file of ['index.html', 'assets/main.js']) writeFileSync(join(home, file), file)
  const server = await startServer(t, { deskDirectory: home })
  const statuses = new Set<number>()
  const headers = { 'x-forwarded-for': '10.0.0.7' }
  for (let turn = 0; turn < 7; turn += 1) {
    for (const { status } of await Promise.all(Array.from({ length: 100 }, (_, n) => fetch(`${server.url}${n % 2 === 0 ? '/' : '/assets/main.js'}`, { headers })))) statuses.add(status)
  }
  t.same([...statuses], [200], 'forty first loads at once behind one address')
  t.equal((await ask(t, server, 'me', { from: '10.0.0.7' })).status, 401)
})

t.test('bad input: a tagged error, in both languages, that names the place', async (t) => {
  const server = await startServer(t)
  const cookie = await server.cookie('sup1')
  const act = (more: object): object => ({ actId: randomUUID(), act: 'edit', baseVersion: 1, changes: { place: 'x' }, ...more })
  const id = randomUUID()
  const table: readonly (readonly [string, RouteName, Asking, RegExp])[] = [
    ['a field is missing', 'logIn', { body: { loginName: 'op1' } }, /^body .*password/],
    ['an empty log-in name', 'logIn', { body: { loginName: '', password: 'x' } }, /^body\.loginName/],
    ['a password without end', 'logIn', { body: { loginName: 'op1', password: 'x'.repeat(201) } }, /^body\.password/],
    ['an unknown field', 'logOut', { body: { also: 1 } }, /^body/],
    ['not JSON', 'logOut', { raw: '{"a":' }, /^body .*JSON/],
    ['a form of another site', 'logOut', { raw: 'a=1', type: 'text/plain' }, /^POST .*(media|content)/i],
    ['a poisoned object', 'logOut', { raw: '{"__proto__":{"a":1}}' }, /^body .*JSON/],
    ['no ticket id', 'ticket', { path: '/api/tickets/12' }, /^params\.id/],
    ['an id with a quote', 'history', { path: `/api/tickets/${encodeURIComponent(`${id}' or 1=1`)}/history` }, /^params\.id/],
    ['an act nobody knows', 'act', { path: `/api/tickets/${id}/acts`, body: act({ act: 'delete' }) }, /^body/],
    ['a kind nobody knows', 'act', { path: `/api/tickets/${id}/acts`, body: act({ changes: { kind: 'war' } }) }, /^body/],
    ['a description without end', 'act', { path: `/api/tickets/${id}/acts`, body: act({ changes: { description: 'x'.repeat(4_001) } }) }, /^body/],
    ['nothing changed', 'act', { path: `/api/tickets/${id}/acts`, body: act({ changes: {} }) }, /^body/],
    ['a limit too high', 'tickets', { path: '/api/tickets?limit=100000' }, /^querystring\.limit/],
    ['a negative offset', 'tickets', { path: '/api/tickets?offset=-1' }, /^querystring\.offset/],
    ['an unknown filter', 'tickets', { path: '/api/tickets?drop=table' }, /^querystring/],
    ['letters in a number', 'calls', { path: '/api/calls?number=13x' }, /^querystring\.number/],
    ['a key that no phone has', 'practiceCall', { body: { keys: 'A' } }, /^body\.keys/],
    ['a body too large', 'act', { path: `/api/tickets/${id}/acts`, raw: JSON.stringify({ a: 'x'.repeat(70_000) }) }, /^POST .*large/],
  ]
  for (const [what, name, asking, where] of table) {
    const [zh, en] = await Promise.all(['zh-CN', 'en-GB'].map((language) => ask(t, server, name, { ...(name === 'logIn' ? {} : { cookie }), ...asking, language })))
    const failure = en?.body as Failure
    t.match([en?.status, failure.code], [400, 'request.invalid'], what)
    t.match(`${failure.details['where']} ${failure.details['problem']}`, where, `${what}: the place`)
    // A signed-in person's own language goes before the browser's.
    if (name === 'logIn') t.equal(failure.text, errorText('request.invalid', 'en', failure.details), what)
    t.equal((zh?.body as Failure).text, errorText('request.invalid', 'zh', (zh?.body as Failure).details), what)
  }

  t.match(await ask(t, server, 'ticket', { cookie, path: `/api/tickets/${id}` }), { status: 404, body: { code: 'ticket.not-found', details: { id } } })
  t.match(await ask(t, server, 'act', { cookie, path: `/api/tickets/${id}/acts`, body: act({ changes: { category: 'unheard-of' } }) }), { status: 422, body: { code: 'ticket.category-unknown' } })
  t.match(await ask(t, server, 'act', { cookie, path: `/api/tickets/${id}/acts`, body: { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'no-such-unit', note: '' } }), { status: 422, body: { code: 'ticket.unit-unknown' } })
  t.match(await ask(t, server, 'practiceLogins'), { status: 200, body: { logins: [] } }, 'no practice exchange, no practice log-ins; and the log-in page, which asks, has no error in its console')
  t.match(await ask(t, server, 'practiceCall', { body: {} }), { status: 404, body: { code: 'practice.off' } })
  t.match(await ask(t, server, 'me', { path: '/api/no-such-thing' }), { status: 404, body: { code: 'request.not-found', details: { what: '/api/no-such-thing' } } })
})

t.test('what is found fits its schema, and a unit sees its own tickets only', async (t) => {
  const server = await startServer(t)
  const [operator, unit] = [await server.cookie('op1'), await server.cookie('unit1')]
  const [theirs, ours] = [randomUUID(), randomUUID()]
  for (const callId of [theirs, ours]) {
    const caller = { number: '13900000001', name: '周大爷', verified: true }
    const record = { callId, caller, calledNumber: '110', state: 'talking', class: 'standard', category: 'noise', language: 'zh-CN', tags: [], path: ['start'], createdAt: 1_000_000, queuedAt: 1_000_000, answeredAt: 1_004_000 } as const
    await server.store.records.saveCall(record)
    await server.store.records.openTicket({ record, operatorId: await server.idOf('op1'), answeredAt: 1_004_000, callBack: false, place: '中州中路', callerName: '' })
  }
  const dispatch = { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'municipal-works', note: '请处理' }
  t.match(await ask(t, server, 'act', { cookie: operator, path: `/api/tickets/${ours}/acts`, body: dispatch }), { status: 200, body: { stored: 'database', ticket: { state: 'dispatched', version: 2 } } })
  const fields = { kind: 'joint-service', category: 'noise', place: '中州中路 128 号', point: { lat: 34.62, lon: 112.45, uncertaintyMetres: 30 }, description: '<b>夜间施工</b>\n"吵"', callerName: '周大爷', callBack: true } as const
  const edited = await ask(t, server, 'act', { cookie: operator, path: `/api/tickets/${ours}/acts`, body: { actId: randomUUID(), act: 'edit', baseVersion: 2, changes: fields } })
  t.match(edited, { status: 200, body: { ticket: { version: 3 } } })
  t.same((edited.body as { ticket: { fields: unknown } }).ticket.fields, fields, 'every field comes back as it was sent')
  t.match(await ask(t, server, 'act', { cookie: operator, path: `/api/tickets/${ours}/acts`, body: { actId: randomUUID(), act: 'settle', baseVersion: 3, outcome: 'settled-on-the-spot', note: '' } }), { status: 200, body: { ticket: { state: 'closed', outcome: 'settled-on-the-spot' } } })
  t.match(await ask(t, server, 'act', { cookie: operator, path: `/api/tickets/${ours}/acts`, body: { actId: randomUUID(), act: 'settle', baseVersion: 4, outcome: 'answered', note: '' } }), { status: 409, body: { code: 'ticket.illegal', details: { state: 'closed', act: 'settle' } } })
  t.match(await ask(t, server, 'tickets', { cookie: operator }), { status: 200, body: { total: 2 } })
  t.match(await ask(t, server, 'calls', { cookie: operator, path: '/api/calls?number=13900000001&limit=1' }), { status: 200, body: { total: 2, calls: [{ waitedSeconds: 4, number: '13900000001' }] } })
  t.match(await ask(t, server, 'history', { cookie: operator, path: `/api/tickets/${ours}/history` }), { status: 200, body: { history: [{ act: 'open' }, { act: 'dispatch', note: '请处理', changes: { unitId: [null, 'municipal-works'] } }, { act: 'edit', changes: { point: [null, fields.point], callBack: [false, true] } }, { act: 'settle' }] } })
  t.equal(((await ask(t, server, 'units', { cookie: operator })).body as { units: unknown[] }).units.length, 67)
  t.match(await ask(t, server, 'tickets', { cookie: unit }), { status: 200, body: { total: 1, tickets: [{ id: ours }] } })
  t.equal((await ask(t, server, 'ticket', { cookie: unit, path: `/api/tickets/${ours}` })).status, 200)
  t.match(await ask(t, server, 'ticket', { cookie: unit, path: `/api/tickets/${theirs}` }), { status: 404, body: { code: 'ticket.not-found' } })
  t.match(await ask(t, server, 'history', { cookie: unit, path: `/api/tickets/${theirs}/history` }), { status: 404, body: { code: 'ticket.not-found' } })
})

t.test('while the server is stopping nothing new begins, and what is under way can be saved', async (t) => {
  const server = await startServer(t)
  const cookie = await server.cookie('op1')
  t.match(await ask(t, server, 'ready'), { status: 200, body: { ready: true } })
  server.draining = true
  t.match(await ask(t, server, 'ready'), { status: 503, body: { ready: false } })
  t.match(await ask(t, server, 'logIn', { body: { loginName: 'op2', password: 'correct horse battery' } }), { status: 503, body: { code: 'server.draining' } })
  t.match(await ask(t, server, 'practiceCall', { body: {} }), { status: 503, body: { code: 'server.draining' } })
  t.equal((await ask(t, server, 'me', { cookie })).status, 200)
  t.equal((await ask(t, server, 'health')).status, 200, 'it lives')
})

t.test('one person’s flood is stopped and starves nobody at the same address; an invented cookie buys nothing', async (t) => {
  const server = await startServer(t)
  const [flooder, other] = [await server.cookie('op1'), await server.cookie('sup1')]
  const statuses = new Set<number>()
  for (let turn = 0; turn < 14 && !statuses.has(429); turn += 1) {
    for (const { status } of await Promise.all(Array.from({ length: 50 }, () => ask(t, server, 'me', { cookie: flooder })))) statuses.add(status)
  }
  t.same([...statuses].sort(), [200, 429])
  t.equal((await ask(t, server, 'me', { cookie: other })).status, 200)
  const strangers = new Set<number>()
  for (let turn = 0; turn < 14 && !strangers.has(429); turn += 1) {
    for (const { status } of await Promise.all(Array.from({ length: 50 }, (_, n) => ask(t, server, 'me', { cookie: `liandong_session=${turn}-${n}` })))) strangers.add(status)
  }
  t.same([...strangers].sort(), [401, 429])
})

/** What PostgreSQL raises in the middle of a request → what whoever asked is told. */
const RAISED: readonly (readonly [code: string, status: number, told: string])[] = [
  ...['08006', '25006', '40001', '40P01', '53100', '55P03', '57014', '57P01', '58030'].map((code) => [code, 503, 'database.down'] as const),
  ...['22021', '22P02'].map((code) => [code, 400, 'database.refused'] as const),
  ...['23505', '42501', '42P01', 'P0001', 'XX000'].map((code) => [code, 500, 'internal'] as const),
]

t.test('what PostgreSQL raises is told by its kind; only a defect of ours is logged, and not shown', async (t) => {
  const server = await startServer(t)
  const cookie = await server.cookie('op1')
  const pool = asOwner(t, server.store)
  await pool.query(`create table raised (code text); insert into raised values ('')`)
  await pool.query(`create function raise_it() returns trigger language plpgsql security definer as $$ begin raise exception 'secret of the database' using errcode = (select code from raised); end $$`)
  await pool.query('create trigger raise_it before insert on saved_view for each row execute function raise_it()')
  t.teardown(() => pool.query('drop trigger raise_it on saved_view; drop function raise_it; drop table raised'))
  for (const [code, status, told] of RAISED) {
    await pool.query('update raised set code = $1', [code])
    const logged = server.logged.length
    const { status: answered, body } = await ask(t, server, 'saveView', { cookie, origin: server.url, body: { id: randomUUID(), name: 'x', filter: '', shared: false } })
    t.match({ answered, body }, { answered: status, body: { code: told } }, code)
    t.equal(server.logged.length - logged, told === 'internal' ? 1 : 0, `${code}: lines in the log`)
    if (told !== 'database.refused') t.notMatch(JSON.stringify(body), /secret/, code)
    if (told === 'internal') t.match(server.logged.at(-1), { msg: 'request failed', err: { code, stack: /\n +at / }, reqId: (body as Failure).details['id'] }, code)
  }
})

t.test('a filter that looks for a hundred Chinese characters, as many as may be looked for, can be saved', async (t) => {
  const server = await startServer(t)
  const cookie = await server.cookie('op1')
  const filter = `words=${encodeURIComponent('夜'.repeat(100))}&from=2026-01-05&category=noise`
  t.match(await ask(t, server, 'saveView', { cookie, origin: server.url, body: { id: randomUUID(), name: '夜里的', filter, shared: false } }), { status: 200 })
  t.match((await ask(t, server, 'views', { cookie })).body, { views: [{ name: '夜里的', filter }] })
})

t.test('PostgreSQL away is said as such', async (t) => {
  const server = await startServer(t)
  const cookie = await server.cookie('op1')
  t.equal((await ask(t, server, 'me', { cookie })).status, 200)
  await server.store.server?.stop('immediate')
  const logged = server.logged.length
  t.match(await ask(t, server, 'logIn', { body: { loginName: 'op1', password: 'x' } }), { status: 503, body: { code: 'database.down' } })
  for (const name of ['tickets', 'calls', 'board', 'views'] as const) t.match(await ask(t, server, name, { cookie }), { status: 503, body: { code: 'database.down', details: {} } }, name)
  t.equal((await ask(t, server, 'me', { cookie })).status, 200, 'who was signed in stays so')
  t.same(server.logged.slice(logged), [], 'the store tells the log, not every request')
  await server.store.server?.start()
})
