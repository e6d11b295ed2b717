import t from 'tap'
import type { PhoneSecret, PhoneView } from '../../src/contracts/routes/phones.js'
import { until } from '../helpers/database.js'
import { BROWSER_PHONES, openSocket, startServer, type TestServer } from './server.js'

interface Answer { readonly status: number; readonly body: Partial<PhoneView & PhoneSecret> & { readonly code?: string } }

async function ask(server: TestServer, cookie: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, { headers: { cookie, 'content-type': 'application/json' }, ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }) })
  return { status: response.status, body: await response.json() as Answer['body'] }
}

t.test('a telephone in the browser: chosen by its person, its secret is of one session and one page', async (t) => {
  const server = await startServer(t)
  const { pool, phones } = server.store
  const ofTable = '0123456789abcdef0123456789abcdef'
  await pool.query('insert into phone (extension, a1_hash) values ($1, $2)', ['1001', ofTable])
  const registers = async (extension: string): Promise<string | undefined> => (await phones.all()).find((one) => one.extension === extension)?.a1Hash
  const [first, second, other] = [await server.signIn('op1'), await server.signIn('op1'), await server.signIn('op2')]

  t.match(await ask(server, first, '/api/phone'), { status: 200, body: { kind: 'desk', browser: true } })
  t.match(await ask(server, first, '/api/phone/secret', {}), { status: 409, body: { code: 'phone.not-chosen' } })
  t.match(await ask(server, first, '/api/phone', { kind: 'browser' }), { status: 200, body: { kind: 'browser', browser: true } })
  t.equal(await registers('1001'), ofTable, 'chosen, but nobody sits there yet: the telephone on the table registers')

  const drawn = await ask(server, first, '/api/phone/secret', {})
  t.match(drawn, { status: 200, body: { url: BROWSER_PHONES, extension: '1001', domain: 'liandong', a1Hash: /^[0-9a-f]{32}$/ } })
  t.equal(await registers('1001'), drawn.body.a1Hash, 'one extension, one telephone')
  t.equal(await registers('1002'), undefined, 'nobody else’s')
  const again = await ask(server, second, '/api/phone/secret', {})
  t.not(again.body.a1Hash, drawn.body.a1Hash)
  t.equal(await registers('1001'), again.body.a1Hash, 'the page before cannot register any more')

  await fetch(`${server.url}/api/logout`, { method: 'POST', headers: { cookie: first, 'content-type': 'application/json' }, body: '{}' })
  t.equal(await registers('1001'), again.body.a1Hash, 'the end of another session of his is nothing to it')
  await pool.query('update session set expires_at = now() where revoked_at is null and person_id = $1', [await server.idOf('op1')])
  t.equal(await registers('1001'), ofTable, 'it ends with its session')

  const third = await server.signIn('op1')
  t.match(await ask(server, third, '/api/phone'), { body: { kind: 'browser' } }, 'the choice stays')
  await ask(server, third, '/api/phone/secret', {})
  t.match(await ask(server, third, '/api/phone', { kind: 'desk' }), { body: { kind: 'desk' } })
  t.equal(await registers('1001'), ofTable)
  t.match(await ask(server, other, '/api/phone'), { body: { kind: 'desk' } })
  const { rows } = await pool.query<{ act: string; subject: string }>('select act, subject from audit where act like $1 order by id', ['phone.%'])
  t.same(rows, [{ act: 'phone.browser', subject: 'op1' }, { act: 'phone.desk', subject: 'op1' }])

  for (const loginName of ['unit1', 'admin1']) t.match(await ask(server, await server.cookie(loginName), '/api/phone/secret', {}), { status: 403, body: { code: 'auth.forbidden' } })
  await pool.query('update person set extension = null where login_name = $1', ['sup1'])
  t.match(await ask(server, await server.signIn('sup1'), '/api/phone', { kind: 'browser' }), { status: 409, body: { code: 'phone.no-extension' } })

  const policy = (await fetch(`${server.url}/health`)).headers.get('content-security-policy') ?? ''
  t.match(policy, `connect-src 'self' ${BROWSER_PHONES}`)
  t.notMatch(policy.replace(BROWSER_PHONES, ''), /wss?:/, 'that address and no other')
})

t.test('the desk says that its telephone is gone', async (t) => {
  const server = await startServer(t)
  const desk = await openSocket(t, server, await server.cookie('op2'))
  await desk.hello()
  desk.send({ type: 'presence', id: '1', ready: true })
  desk.send({ type: 'phone.gone', id: '2' })
  await until('it to be believed', () => desk.messages.some((message) => message.type === 'me' && message.me.presence === 'unreachable'))
  desk.send({ type: 'phone.lost', id: '3', callId: '00000000-0000-4000-8000-000000000001' })
  t.match(await desk.next('refused'), { id: '3', code: 'call.not-yours' })
})
