import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import Value from 'typebox/value'
import { ServerMessage, type ServerMessageOf } from '../../src/contracts/ws.js'
import { hashPassword } from '../../src/people/password.js'
import { makeAccountStore } from '../../src/store/accounts.js'
import { readMessage } from '../../src/http/socket-session.js'
import { until } from '../helpers/database.js'
import { openSocket, refusedUpgrade, startServer, type TestDesk, type TestServer } from './server.js'

const note = (server: TestServer, operatorId: string, since: number): void => { server.hub.desk.send(operatorId, { type: 'me', me: { operatorId, presence: 'ready', since } }) }
const notes = (desk: TestDesk): number[] => desk.messages.flatMap((message) => (message.type === 'me' ? [message.me.since] : []))
const closing = (desk: TestDesk): Promise<{ code: number; reason: string }> => until('the socket to close', () => desk.closed)
const refusal = async (desk: TestDesk, from: number): Promise<ServerMessageOf<'refused'>> => desk.next('refused', from)

t.setTimeout(400_000)

t.test('who may open one', async (t) => {
  const server = await startServer(t)
  const cookie = await server.cookie('op1')
  const origin = server.url
  const table: readonly (readonly [string, Record<string, string>, number, string])[] = [
    ['no session', { origin }, 401, 'auth.required'],
    ['a forged session', { origin, cookie: 'liandong_session=forged' }, 401, 'auth.required'],
    ['no Origin', { cookie }, 403, 'auth.origin'],
    ['another site', { cookie, origin: 'https://evil.example' }, 403, 'auth.origin'],
    ['our name as a prefix', { cookie, origin: `${origin}.evil.example` }, 403, 'auth.origin'],
    ['another scheme', { cookie, origin: origin.replace('http', 'https') }, 403, 'auth.origin'],
    ['another port', { cookie, origin: origin.replace(/\d+$/, '1') }, 403, 'auth.origin'],
    ['a path behind it', { cookie, origin: `${origin}/` }, 403, 'auth.origin'],
    ['null, as sandboxed pages send', { cookie, origin: 'null' }, 403, 'auth.origin'],
  ]
  for (const [what, headers, status, code] of table) t.match(await refusedUpgrade(server.url, headers), { status, body: { code } }, what)
  server.draining = true
  t.match(await refusedUpgrade(server.url, { cookie, origin }), { status: 503, body: { code: 'server.draining' } }, 'a server that is stopping')
  server.draining = false
  const desk = await openSocket(t, server, cookie)
  t.match(await desk.hello(), { seat: 'active', practice: false })
  for (const message of desk.messages) t.ok(Value.Check(ServerMessage, message), `${message.type} fits its schema`)
  t.same(desk.messages.map(({ type }) => type), ['welcome', 'snapshot', 'queue', 'health'])
})

t.test('what is told in one turn is one write to the kernel', async (t) => {
  const server = await startServer(t)
  const desk = await openSocket(t, server, await server.cookie('op1'))
  await desk.hello()
  const here = Number(new URL(server.url).port)
  const { _write, _writev } = Socket.prototype
  const writes: number[] = []
  t.teardown(() => { Object.assign(Socket.prototype, { _write, _writev }) })
  Object.assign(Socket.prototype, {
    _write(this: Socket, ...rest: Parameters<typeof _write>) { if (this.localPort === here) writes.push(1); _write.apply(this, rest) },
    _writev(this: Socket, ...rest: Parameters<NonNullable<typeof _writev>>) { if (this.localPort === here) writes.push(rest[0].length); _writev?.apply(this, rest) },
  })
  const id = await server.idOf('op1')
  for (const since of [1, 2, 3]) note(server, id, since)
  await until('all of it', () => notes(desk).length === 3)
  t.same(notes(desk), [1, 2, 3])
  t.same(writes, [6], 'three frames of a head and a text each')
})

t.test('a session that ends takes its sockets along', async (t) => {
  const server = await startServer(t)
  const [mine, other] = [await server.signIn('op1'), await server.signIn('op1')]
  const [first, second, third] = [await openSocket(t, server, mine), await openSocket(t, server, mine), await openSocket(t, server, other)]
  for (const desk of [first, second, third]) await desk.hello()
  await fetch(`${server.url}/api/logout`, { method: 'POST', headers: { cookie: mine, 'content-type': 'application/json' }, body: '{}' })
  t.match(await closing(first), { code: 4401 }, 'log-out')
  t.match(await closing(second), { code: 4401 }, 'the other tab as well')
  t.equal(third.closed, null, 'another session of the same person goes on')
  await server.store.pool.query('update session set revoked_at = now() where revoked_at is null and person_id = $1', [await server.idOf('op1')])
  t.match(await closing(third), { code: 4401 }, 'revoked in the database')
  t.match(await refusedUpgrade(server.url, { cookie: other, origin: server.url }), { status: 401 })
})

t.test('what ends sessions elsewhere cuts their sockets without being asked for, and nobody waits for them to come back', async (t) => {
  // So long a ping that none comes; so long a grace that it does not pass.
  const server = await startServer(t, { pingEvery: 600_000, grace: 600_000 })
  const accounts = makeAccountStore(server.store.pool)
  const [op1, op2] = [await server.idOf('op1'), await server.idOf('op2')]
  const colleague = await openSocket(t, server, await server.signIn('op2'))
  await colleague.hello()
  server.desk.setReady(op2, true)
  const enders: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['a new password', async () => accounts.setPassword('op1', await hashPassword('another one of them'))],
    ['disabled', () => accounts.setDisabled('op1', true)],
    ['signed out on another node', () => server.store.pool.query('update session set revoked_at = now() where revoked_at is null and person_id = $1', [op1])],
  ]
  for (const [what, end] of enders) {
    await server.store.pool.query(`update person set password_hash = $1, disabled_at = null where login_name = 'op1'`, [await hashPassword('correct horse battery')])
    const cookie = await server.signIn('op1')
    const [first, second] = [await openSocket(t, server, cookie), await openSocket(t, server, cookie)]
    await first.hello()
    await second.hello()
    server.desk.setReady(op1, true)
    await end()
    t.match(await closing(first), { code: 4401 }, what)
    t.match(await closing(second), { code: 4401 }, what)
    await until('him to be gone', () => server.desk.snapshot(op1).me.presence === 'offline')
    t.equal((await fetch(`${server.url}/api/me`, { headers: { cookie } })).status, 401, what)
  }
  t.match([colleague.closed, server.desk.snapshot(op2).me.presence], [null, 'ready'], 'nobody else is concerned')
  await accounts.setDisabled('op1', false)
})

t.test('other rights count at once: the socket of the old ones is cut, and comes back with the new ones', async (t) => {
  const server = await startServer(t, { pingEvery: 600_000 })
  const cookie = await server.signIn('sup1')
  const chief = await openSocket(t, server, cookie)
  await chief.hello()
  const listen = { type: 'call.listen', id: 'l', callId: randomUUID(), mode: 'listen' } as const
  chief.send(listen)
  t.match(await refusal(chief, 0), { code: 'call.gone' }, 'a supervisor may')
  await server.store.pool.query(`update person set role = 'operator' where login_name = 'sup1'`)
  t.match(await closing(chief), { code: 4403 })
  const again = await openSocket(t, server, cookie)
  await again.hello()
  again.send(listen)
  t.match(await refusal(again, 0), { code: 'call.supervisor-only' })
})

t.test('sequence numbers, and what was missed', async (t) => {
  const server = await startServer(t)
  const [one, two] = [await server.idOf('op1'), await server.idOf('op2')]
  const cookie = await server.cookie('op1')
  const tabId = randomUUID()
  const desk = await openSocket(t, server, cookie)
  const { epoch } = await desk.hello({ tabId })
  for (let n = 1; n <= 5; n += 1) note(server, one, n)
  note(server, two, 99)
  await until('five notes', () => notes(desk).length === 5)
  const base = (await desk.next('snapshot')).seq
  t.same(desk.seqs(), [base, base + 1, base + 2, base + 3, base + 4, base + 5], 'counted for each operator, without a gap')

  desk.socket.terminate()
  await closing(desk)
  for (let n = 6; n <= 9; n += 1) note(server, one, n)
  const again = await openSocket(t, server, cookie)
  t.equal((await again.hello({ tabId, epoch, since: base + 3 })).epoch, epoch)
  t.same(notes(again), [4, 5, 6, 7, 8, 9], 'exactly what it had not seen')
  t.same(again.seqs(), [base + 4, base + 5, base + 6, base + 7, base + 8, base + 9])
  t.notOk(again.messages.some(({ type }) => type === 'snapshot'))

  const cases: readonly (readonly [string, { epoch?: string; since: number }])[] = [
    ['an epoch of before a restart', { epoch: randomUUID(), since: base + 9 }],
    ['no epoch', { since: 3 }],
    ['a number of the future', { epoch, since: base + 1_000 }],
  ]
  for (const [what, more] of cases) {
    const fresh = await openSocket(t, server, cookie)
    await fresh.hello({ tabId, ...more })
    t.same(fresh.seqs(), [base + 9], `${what}: one snapshot, with the number from which to go on`)
    t.ok(fresh.messages.some(({ type }) => type === 'snapshot'))
  }
  for (let n = 10; n <= 700; n += 1) note(server, one, n)
  const late = await openSocket(t, server, cookie)
  await late.hello({ tabId, epoch, since: base + 9 })
  t.same(late.seqs(), [base + 700], 'further back than is kept: a snapshot, never a gap')
  // Cards of four kilobytes each: a long night must not fill the memory with them.
  for (let n = 0; n < 450; n += 1) server.hub.desk.send(one, { type: 'me', me: { operatorId: one, presence: 'x'.repeat(4_000) as 'ready', since: n } })
  const heavy = await openSocket(t, server, cookie)
  await heavy.hello({ tabId: randomUUID(), epoch, since: base + 700 })
  t.same(heavy.seqs(), [base + 1_150], 'too much to send again: a snapshot')
  const light = await openSocket(t, server, cookie)
  await light.hello({ tabId: randomUUID(), epoch, since: base + 1_000 })
  t.equal(light.seqs().length, 150, 'but what fits is sent again')
  const nothing = await openSocket(t, server, cookie)
  await nothing.hello({ tabId, epoch, since: base + 1_150 })
  t.same(nothing.seqs(), [], 'nothing missed, nothing sent')
  t.match(await closing(late), { code: 4000 }, 'a newer socket of the same tab replaces the old one')
})

t.test('what every desk has seen is not kept', async (t) => {
  const server = await startServer(t)
  const cookie = await server.signIn('op2')
  const [left, right] = [await openSocket(t, server, cookie), await openSocket(t, server, cookie)]
  const tabId = randomUUID()
  const { epoch } = await left.hello({ tabId })
  await right.hello()
  const operatorId = await server.idOf('op2')
  const kept = server.hub.kept
  for (let n = 0; n < 6; n += 1) server.desk.setReady(operatorId, n % 2 === 0)
  const seq = await until('the last of them', () => { const last = left.messages.findLast((message) => message.type === 'me'); return last !== undefined && server.hub.kept === kept + 6 ? last.seq : null })
  left.send({ type: 'seen', seq })
  right.send({ type: 'seen', seq: seq - 2 })
  await until('the older ones to be forgotten', () => server.hub.kept <= kept + 2)
  left.send({ type: 'seen', seq: seq + 1_000 }) // nobody has seen what was not sent
  left.socket.close()
  const again = await openSocket(t, server, cookie)
  t.equal((await again.hello({ tabId, epoch, since: seq - 1 })).epoch, epoch)
  t.match(again.messages.filter((message) => 'seq' in message), [{ type: 'me', seq }], 'what it missed, and no snapshot')
})

t.test('two tabs agree on one active seat', async (t) => {
  const server = await startServer(t, { reload: 50 })
  const cookie = await server.cookie('op1')
  const [left, right] = [await openSocket(t, server, cookie), await openSocket(t, server, cookie)]
  t.equal((await left.hello()).seat, 'active')
  t.equal((await right.hello()).seat, 'standby')
  right.send({ type: 'presence', id: 'r1', ready: true })
  t.match(await refusal(right, 0), { id: 'r1', code: 'seat.standby' })
  left.send({ type: 'presence', id: 'l1', ready: true })
  await left.next('done')
  t.match((await right.next('me')).me, { presence: 'ready' }, 'standby watches')

  let from = right.messages.length
  right.send({ type: 'seat.take', id: 'r2' })
  t.equal((await right.next('seat', from)).seat, 'active')
  t.equal((await left.next('seat')).seat, 'standby')
  right.send({ type: 'presence', id: 'r3', ready: false })
  await until('done', () => right.messages.some((message) => message.type === 'done' && message.id === 'r3'))
  left.send({ type: 'presence', id: 'l2', ready: true })
  t.match(await refusal(left, 0), { id: 'l2', code: 'seat.standby' })

  from = left.messages.length
  right.socket.close()
  t.equal((await left.next('seat', from)).seat, 'active', 'the active tab goes: the other one takes over by itself')
  from = left.messages.length
  left.socket.close()
  const back = await openSocket(t, server, cookie)
  t.match([await back.hello(), (await back.next('snapshot')).snapshot.me], [{ seat: 'active' }, { presence: 'break' }], 'back within the grace: still there')
})

t.test('a tab that is loaded anew has its seat again: one that stands by gets it only when that was closed, or takes it', async (t) => {
  // Either time never passes.
  const server = await startServer(t, { reload: 600_000, grace: 600_000 })
  const cookie = await server.cookie('op1')
  const tabId = randomUUID()
  const [left, right] = [await openSocket(t, server, cookie), await openSocket(t, server, cookie)]
  t.equal((await left.hello({ tabId })).seat, 'active')
  t.equal((await right.hello()).seat, 'standby')
  left.socket.close()
  await until('its socket to be gone', () => server.hub.sockets === 1)
  right.send({ type: 'presence', id: 'r1', ready: true })
  t.match(await refusal(right, 0), { id: 'r1', code: 'seat.standby' })
  const third = await openSocket(t, server, cookie)
  t.equal((await third.hello()).seat, 'standby', 'nor does a new tab get it')
  const again = await openSocket(t, server, cookie)
  t.equal((await again.hello({ tabId })).seat, 'active', 'the tab that was loaded anew')
  t.notOk(right.messages.some(({ type }) => type === 'seat'), 'the one that stands by was never told otherwise')

  again.socket.close()
  await until('its socket to be gone', () => server.hub.sockets === 2)
  right.send({ type: 'seat.take', id: 'r2' })
  t.equal((await right.next('seat')).seat, 'active', 'a click takes it at once')
  const late = await openSocket(t, server, cookie)
  t.equal((await late.hello({ tabId })).seat, 'standby', 'and who comes back finds it taken')
})

t.test('the grace passes: a desk that was taken for gone tells what its operator had asked for', async (t) => {
  const server = await startServer(t, { grace: 300 })
  const cookie = await server.cookie('op1')
  const operatorId = await server.idOf('op1')
  const desk = await openSocket(t, server, cookie)
  await desk.hello({ ready: false })
  desk.socket.close()
  await until('the grace to pass', () => server.desk.snapshot(operatorId).me.presence === 'offline')
  const late = await openSocket(t, server, cookie)
  await late.hello({ ready: true })
  t.equal(server.desk.snapshot(operatorId).me.presence, 'ready')
})

t.test('nothing is kept for who has no desk here, nor for who went home', async (t) => {
  const server = await startServer(t, { grace: 300 })
  const [one, two] = [await server.idOf('op1'), await server.idOf('op2')]
  const desk = await openSocket(t, server, await server.cookie('op1'))
  const tabId = randomUUID()
  const { epoch } = await desk.hello({ tabId })
  const { kept } = server.hub
  for (let n = 0; n < 20; n += 1) note(server, two, n)
  t.equal(server.hub.kept, kept, 'a card for somebody at another node')
  note(server, one, 1)
  t.equal(server.hub.kept, kept + 1)
  desk.socket.close()
  await until('the grace to pass', () => server.desk.snapshot(one).me.presence === 'offline')
  note(server, one, 2)
  t.equal(server.hub.kept, 0)
  const back = await openSocket(t, server, await server.cookie('op1'))
  t.not((await back.hello({ tabId, epoch, since: 1 })).epoch, epoch)
  t.ok(back.messages.some(({ type }) => type === 'snapshot'), 'who comes back gets a snapshot')
})

t.test('who has no phone only watches', async (t) => {
  const server = await startServer(t)
  for (const loginName of ['admin1', 'unit1']) {
    const desk = await openSocket(t, server, await server.cookie(loginName))
    t.match(await desk.hello(), { seat: 'standby' })
    desk.send({ type: 'presence', id: '1', ready: true })
    t.match(await refusal(desk, 0), { code: 'auth.forbidden' }, loginName)
  }
})

t.test('every desk hears that a ticket changed; a unit only of its own, and of one that leaves it', async (t) => {
  const server = await startServer(t)
  const admin = await openSocket(t, server, await server.cookie('admin1'))
  await admin.hello()
  const unit = await openSocket(t, server, await server.cookie('unit1'))
  await unit.hello()
  const [foreign, own] = [randomUUID(), randomUUID()]
  const change = async (ticketId: string, unitId: string | null, version: number): Promise<void> => {
    server.unitOf.set(ticketId, unitId)
    const from = admin.messages.length
    server.hub.desk.broadcast({ type: 'ticket.changed', ticketId, version })
    t.match(await admin.next('ticket.changed', from), { ticketId, version })
  }
  await change(foreign, null, 1)
  await change(foreign, 'power-supply', 2)
  await change(own, 'municipal-works', 3)
  await unit.next('ticket.changed')
  await change(own, 'power-supply', 4)
  await until('the unit to hear that it left', () => unit.messages.filter(({ type }) => type === 'ticket.changed').length === 2)
  await change(own, 'power-supply', 5)
  await change(foreign, 'municipal-works', 6)
  await until('the last', () => unit.messages.some((message) => message.type === 'ticket.changed' && message.version === 6))
  t.same(unit.messages.flatMap((message) => (message.type === 'ticket.changed' ? [message.version] : [])), [3, 4, 6])
})

t.test('a desk that opens has the last half hour of the queue and the city’s clock; a unit not the queue', async (t) => {
  const server = await startServer(t)
  const queue = server.desk.queueView()
  server.hub.desk.broadcast({ type: 'queue', queue: { ...queue, waiting: 7 } })
  const operator = await openSocket(t, server, await server.cookie('op1'))
  t.match(await operator.hello(), { timeZone: 'Asia/Shanghai', trend: [{ waiting: 7 }] })
  const unit = await openSocket(t, server, await server.cookie('unit1'))
  t.same((await unit.hello()).trend, [])
})

t.test('requests that cannot be done are refused by name', async (t) => {
  const server = await startServer(t)
  const desk = await openSocket(t, server, await server.cookie('op1'))
  await desk.hello()
  const callId = randomUUID()
  for (const [type, code] of [['call.hang-up', 'call.not-yours'], ['phone.reject', 'call.gone'], ['phone.answer', 'internal']] as const) {
    const from = desk.messages.length
    desk.send({ type, id: type, callId })
    const answer = await refusal(desk, from)
    t.match(answer, { id: type, code })
    t.ok(answer.text !== '' && !answer.text.includes('a defect'), 'said in words, and a defect of ours is not shown')
  }
})

t.test('hostile and broken messages', async (t) => {
  const server = await startServer(t)
  const cookie = await server.cookie('op1')
  const desk = await openSocket(t, server, cookie)
  desk.send({ type: 'presence', id: '1', ready: true })
  t.match(await closing(desk), { code: 1008 }, 'hello comes first')
  const other = await openSocket(t, server, cookie)
  await other.hello()
  const broken: readonly (readonly [string, string | Buffer, string, RegExp])[] = [
    ['not JSON', '{"type":', '', /JSON/],
    ['a number', '7', '', /unknown type/],
    ['an unknown type', '{"type":"drop","id":"a"}', 'a', /unknown type "drop"/],
    ['a type of Object’s own', '{"type":"__proto__"}', '', /unknown type/],
    ['a field is missing', '{"type":"presence","id":"b"}', 'b', /ready/],
    ['a field is wrong', '{"type":"presence","id":"c","ready":"yes"}', 'c', /ready/],
    ['a field too many', '{"type":"presence","id":"d","ready":true,"also":1}', 'd', /also/],
    ['no call id', '{"type":"call.hang-up","id":"e","callId":"\'; drop table"}', 'e', /callId/],
    ['binary', randomBytes(64), '', /binary/],
    ['bytes that are no UTF-8 in a binary frame', Buffer.from([0xff, 0xfe]), '', /binary/],
  ]
  for (const [what, message, id, problem] of broken) {
    const from = other.messages.length
    other.send(message)
    const answer = await refusal(other, from)
    t.match([answer.id, answer.code], [id, 'request.invalid'], what)
    t.match(answer.text, problem, what)
  }
  t.equal(other.closed, null, 'a mistake of a desk does not end a talk')
  other.send('x'.repeat(70_000))
  t.match(await closing(other), { code: 1009 }, 'too large')
  const flooder = await openSocket(t, server, cookie)
  await flooder.hello()
  for (let n = 0; n < 500; n += 1) flooder.send({ type: 'seen', seq: n })
  t.match(await closing(flooder), { code: 1008, reason: 'too many messages' })
  t.match(await refusal(flooder, 0), { code: 'auth.too-many' })
  const calm = await openSocket(t, server, cookie)
  t.match(await calm.hello(), { seat: 'active' }, 'and everything goes on')
  const silent = await openSocket(t, server, cookie)
  t.match(await closing(silent), { code: 1008, reason: 'say hello first' }, 'who says nothing is not kept for ever')
  for (const text of ['', 'null', '[]', '"x"', '{}', '{"type":{}}']) t.ok('wrong' in readMessage(text), text)
})

/** An operator's desk that stops reading right after its hello: the bytes pile up on the way to it. */
async function stuckDesk(t: Test, server: TestServer, cookie: string): Promise<{ ended: boolean }> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  const state = { ended: false }
  socket.on('close', () => { state.ended = true })
  socket.on('error', () => undefined) // a reset: `close` follows
  socket.write(`GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nOrigin: ${server.url}\r\nCookie: ${cookie}\r\n\r\n`)
  await new Promise((resolve) => socket.once('data', resolve))
  const text = Buffer.from(JSON.stringify({ type: 'hello', tabId: randomUUID(), since: 0 }))
  const mask = Buffer.alloc(4)
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), mask, text]))
  await until('its welcome', () => server.hub.sockets === 2)
  socket.pause()
  return state
}

/** A desk in a thread of its own, so that it lives while our event loop stands still. `answers: false`: it leaves pings unanswered. */
async function deskElsewhere(t: Test, server: TestServer, cookie: string, answers: boolean): Promise<{ pings: number; closed: number | null }> {
  const worker = new Worker(`
    const { parentPort, workerData: { url, headers, autoPong, tabId } } = require('node:worker_threads')
    const { WebSocket } = require('ws')
    const socket = new WebSocket(url, { headers, autoPong })
    socket.on('open', () => { socket.send(JSON.stringify({ type: 'hello', tabId, since: 0 })) })
    socket.on('ping', () => { parentPort.postMessage('ping') })
    socket.on('close', (code) => { parentPort.postMessage(code) })
    socket.on('error', () => undefined)
  `, { eval: true, execArgv: [], workerData: { url: `${server.url.replace('http', 'ws')}/ws`, headers: { cookie, origin: server.url }, autoPong: answers, tabId: randomUUID() } })
  t.teardown(() => worker.terminate())
  await once(worker, 'online')
  const state = { pings: 0, closed: null as number | null }
  worker.on('message', (said: 'ping' | number) => {
    if (said === 'ping') state.pings += 1
    else state.closed = said
  })
  return state
}

t.test('our own event loop stands still: no desk that answers is cut off by it, one that does not is', async (t) => {
  const server = await startServer(t, { pingEvery: 1_000 })
  const desks = [await deskElsewhere(t, server, await server.cookie('op1'), true), await deskElsewhere(t, server, await server.cookie('op2'), true)]
  await until('all of them to be asked', () => desks.every(({ pings }) => pings > 0))
  const before = desks.map(({ pings }) => pings)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000)
  await until('all of them to be asked twice again', () => desks.every(({ pings, closed }, index) => closed !== null || pings >= (before[index] ?? 0) + 2))
  t.same(desks.map(({ closed }) => closed), [null, null])
  const deaf = await deskElsewhere(t, server, await server.cookie('op2'), false)
  await until('the deaf one to be cut', () => deaf.closed !== null)
  t.equal(deaf.pings, 2, 'after two pings')
  t.same(desks.map(({ closed }) => closed), [null, null])
})

t.test('a slow reader is cut off, and nobody else waits for it', async (t) => {
  const server = await startServer(t, { pingEvery: 60_000 })
  const [one, two] = [await server.idOf('op1'), await server.idOf('op2')]
  const reader = await openSocket(t, server, await server.cookie('op2'))
  await reader.hello()
  await stuckDesk(t, server, await server.cookie('op1'))
  t.equal(server.hub.sockets, 2)
  const operator = { operatorId: one, presence: 'ready', since: 0 } as const
  const card = 'x'.repeat(60_000)
  for (let n = 0; server.hub.sockets === 2 && n < 2_000; n += 1) {
    // Longer than a desk ever gets, so that the buffers of the kernel fill soon.
    server.hub.desk.send(one, { type: 'me', me: { ...operator, presence: card as 'ready' } })
    note(server, two, n)
    if (n % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  t.equal(server.hub.sockets, 1, 'cut off')
  note(server, two, -1)
  await until('the last note', () => notes(reader).at(-1) === -1)
  const seen = notes(reader)
  t.same(seen, [...Array.from({ length: seen.length - 1 }, (_, n) => n), -1], 'the other one got everything, in order')
  t.ok(seen.length > 10)
  t.equal(reader.closed, null)
})

t.test('the hub closes: every desk is told to come back', async (t) => {
  const server = await startServer(t)
  const desk = await openSocket(t, server, await server.cookie('op1'))
  await desk.hello()
  server.hub.close()
  t.match(await closing(desk), { code: 1012 })
})

t.test('queue and health are sent at most twice a second, the newest only', async (t) => {
  const server = await startServer(t)
  const desk = await openSocket(t, server, await server.cookie('op1'))
  await desk.hello()
  const from = desk.messages.length
  for (let journal = 1; journal <= 50; journal += 1) server.hub.desk.broadcast({ type: 'health', health: { database: 'down', pbx: 'up', journal } })
  await desk.next('health', from)
  server.hub.desk.broadcast({ type: 'ticket.changed', ticketId: randomUUID(), version: 1 })
  await desk.next('ticket.changed', from)
  t.same(desk.messages.slice(from).flatMap((message) => (message.type === 'health' ? [message.health.journal] : [])), [50])
})

t.test('a desk that merely stands open keeps nobody signed in, however often it asks; a hand at it does', async (t) => {
  const server = await startServer(t)
  const cookie = await server.cookie('op1')
  const id = await server.idOf('op1')
  const expires = async (): Promise<number> => (await server.store.pool.query<{ at: Date }>('select max(expires_at) as at from session where person_id = $1', [id])).rows[0]?.at.getTime() ?? 0
  await server.store.pool.query(`update session set expires_at = now() + interval '10 minutes' where person_id = $1`, [id])
  const short = await expires()
  /** What was remembered of him is asked anew. */
  const anew = (): void => { server.people.changed(id) }
  const desk = await openSocket(t, server, cookie)
  await desk.hello()
  for (const path of ['/api/queue', '/api/me', '/api/phone']) {
    anew()
    await fetch(`${server.url}${path}`, { headers: { cookie } })
  }
  anew()
  await fetch(`${server.url}/api/phone/secret`, { method: 'POST', headers: { cookie, 'content-type': 'application/json' }, body: '{}' })
  anew()
  await server.people.whoIs(cookie.split('=')[1] ?? '')
  t.equal(await expires(), short, 'reading, and drawing what a telephone needs, it does by itself')
  // Remembered as he is, nobody is asked now; it counts all the same when that is next done.
  desk.send({ type: 'presence', id: randomUUID(), ready: false })
  await until('the session to begin anew', async () => { anew(); await fetch(`${server.url}/api/queue`, { headers: { cookie } }); return await expires() > short })
})
