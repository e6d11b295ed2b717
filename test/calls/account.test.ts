import t from 'tap'
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openBooks } from '../../sip/books.js'
import { startTeller } from '../../sip/teller.js'
import type { CallBack, DayAccount } from '../../src/contracts/routes/account.js'
import type { Liandong } from '../../src/main.js'
import type { PlacedCall } from '../../src/pbx/exchange/exchange.js'
import { makePeople } from '../../src/people/people.js'
import { until } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { ask, logIn, type DeskBot } from '../helpers/desk-bot.js'
import { extensionOf, openWorld, pickUp, type World } from './world.js'

t.setTimeout(400_000)
const TOKEN = 'token-of-an-edge-0123'
const CHANNEL = 'key-of-a-channel-0123'
const PASSWORD = 'practice-of-the-tests'
let world: World
let node: Liandong
let desk: DeskBot
let operator = ''
let chief = ''

t.before(async () => {
  world = await openWorld(t, { config: { 'pbx.trunkDial': 'sofia/trunk/{number}', 'edge.token': TOKEN, 'open311.keys': [CHANNEL] } })
  node = await world.startNode()
  await makePeople(node.store.people, { sessionHours: 1, clock: Date.now }).addPerson({ loginName: 'op9', displayName: '值班长', role: 'supervisor', extension: extensionOf(9) }, PASSWORD)
  desk = await world.desk(1, { busy: true })
  operator = await logIn(world.url(), 'op1', PASSWORD)
  chief = await logIn(world.url(), 'op9', PASSWORD)
})

async function http(cookie: string, method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(`${world.url()}${path}`, { method, headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { status: response.status, body: await response.json() }
}
const tasks = async (state = 'open'): Promise<CallBack[]> => ((await http(operator, 'GET', `/api/call-backs?state=${state}`)).body as { callBacks: CallBack[] }).callBacks
const task = async (call: PlacedCall, state = 'open'): Promise<CallBack | undefined> => (await tasks(state)).find(({ callId }) => callId === call.callId)
const account = async (): Promise<DayAccount> => (await http(chief, 'GET', '/api/account')).body as DayAccount

async function giveUp(number: string): Promise<PlacedCall> {
  const call = world.call({ number })
  await until('the caller to be with us', () => call.reports.some(({ type }) => type === 'hears'))
  call.hangUp()
  return call
}

t.test('who gives up is a task at once; it is taken, dialled from its ticket, reached: done', async (t) => {
  const number = '13900088001'
  const call = await giveUp(number)
  t.match(await until('the task', () => task(call)), { number, reason: 'abandoned', state: 'open', attempts: 0 })
  t.equal((await world.rows('select id from ticket where id = $1', [call.callId])).length, 0, 'nobody has answered: no ticket yet')

  const claimed = await http(operator, 'POST', `/api/call-backs/${call.callId}/claim`, {})
  t.same([claimed.status, claimed.body], [200, { ticketId: call.callId }])
  t.match(await http(chief, 'POST', `/api/call-backs/${call.callId}/claim`, {}), { status: 409, body: { code: 'call-back.taken', details: { name: '接警员 1' } } })
  t.match(await world.rows('select call_back, number_called_from from ticket where id = $1', [call.callId]), [{ call_back: true, number_called_from: number }])

  world.exchange.phones.set(number, 'busy')
  ask(desk, { type: 'call.redial', ticketId: call.callId })
  await pickUp(world, 1)
  await until('the vain attempt', async () => { const found = await task(call); return found?.attempts === 1 && found.state === 'open' })

  world.exchange.phones.set(number, { answerAfter: 200 })
  await until('the operator to be free', () => desk.me?.redial === undefined && desk.me?.presence === 'break')
  ask(desk, { type: 'call.redial', ticketId: call.callId })
  await pickUp(world, 1)
  t.match(await until('the end of the task', () => task(call, 'done')), { outcome: 'reached', attempts: 2, doneBy: '接警员 1' })
  await until('both legs', () => world.exchange.live().channels === 2)
  for (const { leg_id } of await world.rows<{ leg_id: string }>('select leg_id from call_event where call_id = $1 and leg_id is not null', [call.callId])) world.exchange.kill(leg_id)
  await until('the operator to be free', () => desk.me?.redial === undefined)
})

t.test('who calls again and is answered need not be called back; a person can settle; a settled one stays', async (t) => {
  const first = await giveUp('13900088002')
  await until('the task', () => task(first))
  ask(desk, { type: 'presence', ready: true })
  const second = world.call({ number: '13900088002' })
  await pickUp(world, 1)
  await until('the talk', () => desk.call?.callId === second.callId && desk.call.state === 'talking')
  ask(desk, { type: 'presence', ready: false })
  t.match(await until('the end of the task', () => task(first, 'done')), { outcome: 'called-again' })
  second.hangUp()

  const other = await giveUp('13900088003')
  await until('the task', () => task(other))
  t.match(await http(operator, 'POST', `/api/call-backs/${other.callId}/settle`, { outcome: 'not-reached', note: '三次无人接听' }), { status: 200 })
  t.match(await task(other, 'done'), { outcome: 'not-reached', note: '三次无人接听' })
  t.match(await http(operator, 'POST', `/api/call-backs/${other.callId}/settle`, { outcome: 'reached', note: '' }), { status: 409, body: { code: 'call-back.done' } })
  t.match(await http(operator, 'POST', `/api/call-backs/${randomUUID()}/claim`, {}), { status: 404 })
})

t.test('who keyed in another number is called back there', async (t) => {
  const call = await giveUp('13900088006')
  await until('the task', () => task(call))
  await node.store.records.wishCallBack({ callId: call.callId, number: '37964321', reason: 'asked', at: Date.now() })
  t.match(await task(call), { number: '37964321', reason: 'asked' })
  await http(operator, 'POST', `/api/call-backs/${call.callId}/claim`, {})
  world.exchange.phones.set('37964321', { answerAfter: 200 })
  await until('the operator to be free', () => desk.me?.redial === undefined && desk.me?.presence === 'break')
  ask(desk, { type: 'call.redial', ticketId: call.callId })
  await pickUp(world, 1)
  await until('the end of the task', () => task(call, 'done'))
  t.ok(world.exchange.transcript.some((line) => line.includes('sofia/trunk/37964321')))
  for (const { leg_id } of await world.rows<{ leg_id: string }>('select leg_id from call_event where call_id = $1 and leg_id is not null', [call.callId])) world.exchange.kill(leg_id)
  await until('the operator to be free', () => desk.me?.redial === undefined)
})

t.test('a silent call: the keys answer, nothing closes itself; settled as silent it is a task', async (t) => {
  await until('the operator to be free', () => desk.me?.callId === undefined)
  ask(desk, { type: 'presence', ready: true })
  const call = world.call({ number: '13900088004' })
  await pickUp(world, 1)
  await until('the talk', () => desk.call?.callId === call.callId && desk.call.state === 'talking')
  ask(desk, { type: 'presence', ready: false })
  call.press('1')
  call.press('2')
  await until('the keys on the card', () => desk.call?.keys.map(({ key }) => key).join('') === '12')
  call.hangUp()
  await until('the ticket', () => desk.ticket?.id === call.callId)
  t.match(await world.rows('select state from ticket where id = $1', [call.callId]), [{ state: 'open' }], 'the ticket stays open')
  const version = (await world.rows<{ version: number }>('select version from ticket where id = $1', [call.callId]))[0]?.version ?? 0
  t.match(await http(operator, 'POST', `/api/tickets/${call.callId}/acts`, { actId: randomUUID(), act: 'edit', baseVersion: version, changes: { kind: 'invalid' } }), { status: 200 })
  t.match(await http(operator, 'POST', `/api/tickets/${call.callId}/acts`, { actId: randomUUID(), act: 'settle', baseVersion: version + 1, outcome: 'silent', note: '' }), { status: 200 })
  t.match(await until('the task', () => task(call)), { reason: 'silent' })
  t.match(await world.rows('select detail from call_event where call_id = $1 and act = $2 order by at, detail', [call.callId, 'key']), [{ detail: '1' }, { detail: '2' }])
})

t.test('who filed by another channel and cannot be told by text message is taken, dialled from his ticket, reached: done', async (t) => {
  const number = '037963211234'
  const filed = await fetch(`${world.url()}/open311/v2/requests.json`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ api_key: CHANNEL, service_code: 'noise', address_string: '中州路 5 号', description: '夜间施工', phone: number }).toString() })
  t.ok(filed.ok)
  const [ticket] = await world.rows<{ id: string; version: number }>('select id, version from ticket where number_called_from = $1', [number])
  const id = ticket?.id ?? ''
  t.match(await http(operator, 'POST', `/api/tickets/${id}/acts`, { actId: randomUUID(), act: 'settle', baseVersion: ticket?.version, outcome: 'settled-on-the-spot', note: '' }), { status: 200 })
  const untold = async (state = 'open'): Promise<CallBack | undefined> => (await tasks(state)).find(({ callId }) => callId === id)
  t.match(await until('the task', () => untold()), { number, reason: 'untold', category: 'noise', place: '中州路 5 号' })
  t.same(await http(operator, 'POST', `/api/call-backs/${id}/claim`, {}), { status: 200, body: { ticketId: id } })
  t.match(await world.rows('select call_back, state from ticket where id = $1', [id]), [{ call_back: false, state: 'closed' }], 'nothing is opened anew')

  world.exchange.phones.set(number, { answerAfter: 200 })
  await until('the operator to be free', () => desk.me?.redial === undefined && desk.me?.callId === undefined && desk.me?.presence === 'break')
  ask(desk, { type: 'call.redial', ticketId: id })
  await pickUp(world, 1)
  t.match(await until('the end of the task', () => untold('done')), { outcome: 'reached', doneBy: '接警员 1' })
  for (const { leg_id } of await world.rows<{ leg_id: string }>('select leg_id from call_event where call_id = $1 and leg_id is not null', [id])) world.exchange.kill(leg_id)
  await until('the operator to be free', () => desk.me?.redial === undefined)
})

const post = (token: string, body: unknown): Promise<Response> => fetch(`${world.url()}/api/edge/counts`, { method: 'POST', headers: { 'content-type': 'application/json', 'authorization': `Bearer ${token}` }, body: JSON.stringify(body) })
const edgeOf = async (name: string) => (await account()).edges.find(({ edge }) => edge === name)

/** Counted each ten seconds: who asks fifty times a second meanwhile is refused (`auth.too-many`). */
const later = async <T>(ask: () => Promise<T>): Promise<T> => { await sleep(200); return ask() }

t.test('the day adds up: with the counts of an edge that marks no calls, a repeat of which changes nothing', async (t) => {
  const now = await account()
  t.match(now, { invites: null, unaccounted: null, edges: [], withoutCallBack: 0, waiting: 0 }, 'an edge is to tell, and has not: nobody knows')
  t.equal(now.calls, world.calls.length)
  t.equal(now.straight, now.calls)
  t.equal(now.abandoned, 4)
  t.match(now.callBacks, { 'reached': 2, 'called-again': 1, 'not-reached': 1 })

  const minute = Math.floor(Date.now() / 60_000) * 60_000
  const counts = { edge: 'edge-a', rows: [{ id: randomUUID(), minute, invites: world.calls.length + 10, cancelled: 3, unseen: 1, refused: [{ cause: 'overload', class: 'standard', status: 503, count: 4 }, { cause: 'rate', class: 'standard', status: 503, count: 2 }] }] }
  t.equal((await post('wrong-token-0123456789', counts)).status, 401)
  t.equal((await post(TOKEN, { ...counts, rows: [{ ...counts.rows[0], invites: -1 }] })).status, 400)
  for (let n = 0; n < 2; n += 1) t.equal((await post(TOKEN, counts)).status, 200)
  const then = await account()
  t.match(then, { invites: world.calls.length + 10, edgeCancelled: 3, edgeUnseen: 1, unaccounted: 1, edgeRefused: [{ cause: 'overload', count: 4 }, { cause: 'rate', count: 2 }] }, 'one INVITE that nobody can explain is seen')
  t.equal((await http(operator, 'GET', '/api/account')).status, 403)
  t.match(await http(chief, 'GET', '/api/account?day=2026-02-31'), { status: 400 })
  t.match(await http(chief, 'GET', '/api/account?day=2020-01-01'), { status: 200, body: { calls: 0, unaccounted: 0, edges: [] } })
  await world.rows("update edge_count set invites = invites - 1 where edge = 'edge-a'")
  t.equal((await account()).unaccounted, 0)
})

t.test('an edge that marks its calls: exact up to its last word, at any moment of the day; what came past it hides nothing', async (t) => {
  const mark = (back: number): number => (Date.now() - back) * 1000
  const minute = Math.floor(Date.now() / 60_000) * 60_000
  let numbers = 0
  async function arrive(edge: string | null, at: number): Promise<void> {
    numbers += 1
    const call = world.call({ number: `1390008810${numbers}`, ...(edge === null ? {} : { variables: { liandong_edge: `${edge}/${at}` } }) })
    await until('the caller to be with us', () => call.reports.some(({ type }) => type === 'hears'))
    call.hangUp()
    await until('it to be written down', async () => (await world.rows('select from call where id = $1 and ended_at is not null', [call.callId])).length === 1)
  }
  const tell = async (edge: string, invites: number, report: object, refused: readonly object[] = []): Promise<void> => {
    t.equal((await post(TOKEN, { edge, rows: invites === 0 ? [] : [{ id: randomUUID(), minute, invites, refused }], ...report })).status, 200)
  }
  const [one, two, late] = [mark(3_000), mark(2_000), mark(-60_000)]
  await arrive('edge-m', one)
  t.match(await edgeOf('edge-m'), { unaccounted: null, silent: true, calls: 0 }, 'it has told nothing')
  t.equal((await account()).unaccounted, null)
  await arrive('edge-m', two)
  await tell('edge-m', 4, { until: mark(1_000), pending: [] }, [{ cause: 'overload', class: 'standard', status: 503, count: 1 }])
  await until('what was told to count', async () => (await later(() => edgeOf('edge-m')))?.unaccounted === 1, 15_000)
  t.match(await edgeOf('edge-m'), { invites: 4, refused: 1, cancelled: 0, pending: 0, calls: 2, unaccounted: 1, silent: false })
  t.equal((await account()).unaccounted, 1, 'one is lost')

  await arrive(null, 0)
  t.equal((await account()).unaccounted, 2, 'a call past the edges is not taken for it; nor for one of the edge that marks none')
  await world.rows("update edge_count set invites = invites + 1 where edge = 'edge-a'")
  t.equal((await account()).unaccounted, 1)
  await arrive('edge-m', late)
  t.match(await edgeOf('edge-m'), { invites: 4, calls: 2, unaccounted: 1 }, 'nor one that came after its last word')

  // It tells on: the late one, and two that are under way, of which one is a call already.
  const [underWay, arriving] = [mark(-61_000), mark(-62_000)]
  await arrive('edge-m', arriving)
  await tell('edge-m', 3, { until: mark(-63_000), pending: [underWay, arriving] })
  await until('what was told to count', async () => (await later(() => edgeOf('edge-m')))?.invites === 7, 15_000)
  t.match(await edgeOf('edge-m'), { invites: 7, refused: 1, pending: 2, calls: 3, unaccounted: 1 })

  // Another edge has a call too many: that does not make up for the one that is lost.
  await arrive('edge-n', two)
  await tell('edge-n', 0, { until: mark(-63_000), pending: [] })
  await until('what was told to count', async () => (await later(() => edgeOf('edge-n')))?.unaccounted === -1, 15_000)
  t.equal((await account()).unaccounted, 2)
  // The same INVITE at two FreeSWITCHes, one that FreeSWITCH refused, and one whose caller was gone before it answered: the edge has counted them.
  await arrive('edge-n', two)
  await world.rows("update call set state = 'refused' where edge = 'edge-n' and id = (select max(id::text)::uuid from call where edge = 'edge-n')")
  t.match(await edgeOf('edge-n'), { calls: 1 })
  await world.rows("update call set state = 'abandoned', hangup_cause = 'ORIGINATOR_CANCEL' where edge = 'edge-n'")
  t.match(await edgeOf('edge-n'), { calls: 0, unaccounted: 0 })
  t.equal((await account()).unaccounted, 1)
})

t.test('metrics: today, the day before, and an edge that is silent', async (t) => {
  const gauges = async (): Promise<Record<string, string>> => Object.fromEntries([...(await (await fetch(`${world.url()}/metrics`)).text()).matchAll(/^liandong_(unaccounted_calls|unaccounted_calls_yesterday|edges_silent) (.*)$/gm)].map(([, name = '', value = '']): [string, string] => [name, value]))
  await until('the gauge', async () => (await later(gauges))['unaccounted_calls'] === '1', 40_000)
  t.equal((await gauges())['edges_silent'], '0')
  await world.rows("insert into edge_count (id, edge, minute, invites, marked, told_at) values ($1, 'edge-n', now() - interval '1 day', 3, true, now() - interval '1 day')", [randomUUID()])
  for (const table of ['edge_count', 'edge_report']) await world.rows(`update ${table} set told_at = now() - interval '3 minutes' where edge = 'edge-m'`)
  await until('the silence', async () => (await gauges())['edges_silent'] === '1', 40_000)
  t.equal((await gauges())['unaccounted_calls'], undefined, 'nobody knows')
  t.match(await account(), { unaccounted: null })
  t.match(await edgeOf('edge-m'), { silent: true, unaccounted: 1 }, 'as of its last word')
  await until('yesterday', async () => (await gauges())['unaccounted_calls_yesterday'] === '3', 90_000)
})

t.test('an edge of ours tells its books to a server of ours; while that is away it keeps them', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  const books = openBooks({ edge: 'edge-b', directory, timeZone: 'Asia/Shanghai', clock: Date.now, onTrouble: (error) => { throw error as Error } })
  const open = (url: string) => startTeller({ url, token: TOKEN, books, edge: 'edge-b', directory, clock: Date.now, newId: randomUUID, onTrouble: () => undefined, every: 3_600_000 })
  books.invite()({ type: 'refused', cause: 'overload', rank: 'emergency', status: 503 }, false)
  books.invite()({ type: 'cancelled' }, false)
  books.invite()
  const away = open('http://127.0.0.1:9')
  await away.tell()
  t.equal(away.waiting, 1)
  await away.close()
  const teller = open(world.url())
  await teller.close()
  books.close()
  t.equal(teller.waiting, 0)
  await until('what was told to count', async () => (await later(() => edgeOf('edge-b')))?.invites === 3, 15_000)
  t.match(await edgeOf('edge-b'), { refused: 1, cancelled: 1, pending: 1, calls: 0, unaccounted: 0, silent: false })
  t.ok((await account()).edgeRefused.some(({ cause, class: of, status, count }) => cause === 'overload' && of === 'emergency' && status === 503 && count === 1))
})

t.test('and nothing is left', () => world.close())
