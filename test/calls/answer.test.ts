import { randomUUID } from 'node:crypto'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import t from 'tap'
import { openLink } from '../../src/pbx/esl/link.js'
import type { Faults } from '../../src/pbx/exchange/faults.js'
import { noFaults } from '../../src/pbx/exchange/faults.js'
import type { PlacedCall } from '../../src/pbx/exchange/exchange.js'
import { offerVariables } from '../../src/pbx/leg-variables.js'
import type { Liandong } from '../../src/main.js'
import { until } from '../helpers/database.js'
import { ask, type DeskBot } from '../helpers/desk-bot.js'
import { seeded } from '../intake/world.js'
import { bridged, checkBooks, extensionOf, kill, openWorld, operatorsOf, pickUp, ringingFor, tickets, type TicketLine, type World } from './world.js'

t.setTimeout(400_000)

const SEATS = [1, 2, 3, 6]
let world: World
let node: Liandong
const desks: DeskBot[] = []
const random = seeded(110)

const faulty = (faults: Partial<Faults>): void => { Object.assign(world.exchange.faults, noFaults(), faults) }
const everyPhone = (behaviour: Parameters<World['exchange']['phones']['set']>[1]): void => { for (const n of SEATS) world.exchange.phones.set(extensionOf(n), behaviour) }
const idle = (): Promise<boolean> => until('everybody to be ready again', () => desks.every(({ me }) => me?.presence === 'ready'), 40_000)
const ticketOf = async (call: PlacedCall): Promise<TicketLine | undefined> => (await tickets(world)).find(({ id }) => id === call.callId)
const ticketed = (call: PlacedCall): Promise<TicketLine> => until(`the ticket of ${call.callId}`, () => ticketOf(call), 30_000)

/** Nobody calls, nobody talks, nothing is wrong. */
async function clear(): Promise<void> {
  faulty({})
  await Promise.all(world.calls.filter(({ ended }) => !ended).map(({ callId }) => kill(world, callId)))
  await until('the line to be empty', () => world.exchange.live().channels === 0)
  everyPhone('manual')
  await idle()
  await until('the node to take callers', node.takesCallers)
}

t.before(async () => {
  world = await openWorld(t)
  node = await world.startNode()
  for (const n of SEATS) desks.push(await world.desk(n, { returns: true }))
})

const LOSSES: readonly (readonly [string, Partial<Faults>, number])[] = [
  ['each event comes twice', { double: 1 }, 12],
  ['a third of the events never comes', { drop: 0.35 }, 8],
  ['half of the events is late by up to two seconds', { late: 0.5, lateBy: 2_000 }, 12],
  ['events overtake one another', { shuffle: 4 }, 8],
  ['everything at once', { drop: 0.15, double: 0.4, late: 0.4, lateBy: 1_500, shuffle: 3 }, 10],
  ['no event comes at all', { drop: 1 }, 4],
]
for (const [what, faults, count] of LOSSES) {
  t.test(`one ticket for each answered call: ${what}`, async (t) => {
    await clear()
    everyPhone({ answerAfter: 1_500 })
    faulty(faults)
    const crowd = Array.from({ length: count }, () => world.call())
    // A talk lasts at least until somebody writes something down; a few hang up at once. Those are for the CDR files when every event of theirs is lost.
    const hasty = (faults.drop ?? 0) === 0
    await Promise.all(crowd.map(async (call) => {
      await until('an operator', () => call.bridgedTo, 60_000)
      if (!hasty || random() < 0.5) await ticketed(call)
      call.hangUp()
    }))
    await idle()
    for (const call of crowd) t.equal(operatorsOf(call).length, 1, 'put through once')
    await checkBooks(t, world, crowd, numberOf)
  })
}

t.test('the link is cut in the instant of the answer: nobody notices, and the ticket is there', async (t) => {
  for (const cut of [() => { world.wire.cut() }, () => { world.exchange.cutLinks() }, () => { world.exchange.faults.cutNext = true }]) {
    await clear()
    const call = world.call()
    await pickUp(world, await ringingFor(world, SEATS, desks, call))
    cut()
    await bridged(call)
    const line = await ticketed(call)
    await until('the link', () => node.intake.desk.healthView().pbx === 'up')
    t.notOk(call.ended)
    t.equal(line.operator, call.bridgedTo)
    const desk = desks.find(({ me }) => me?.callId === call.callId)
    await until('the screen to show the talk', () => desk?.call?.state === 'talking' && desk.ticket?.id === call.callId)
    t.same(operatorsOf(call), [line.operator], 'he was never taken from his operator')
  }
})

t.test('a telephone that rang on when its node died is lifted: who talks by then is taken from nobody', async (t) => {
  await clear()
  const call = world.call()
  const n = await ringingFor(world, SEATS, desks, call)
  await pickUp(world, n)
  const operator = await bridged(call)
  const line = await ticketed(call)
  const other = SEATS.find((one) => one !== n) ?? 0
  const voices = world.exchange.hears(call.callId)
  t.equal(voices.length, 1)
  // As the node that is dead had asked for it.
  const link = openLink({ host: '127.0.0.1', port: world.exchange.port, password: world.password, events: [], custom: [] }, { onUp: () => undefined, onEvent: () => undefined, onDown: () => undefined })
  t.teardown(() => { link.close() })
  await until('the dead node’s link', () => link.up)
  const request = { callId: call.callId, operatorId: desks[SEATS.indexOf(other)]?.me?.operatorId ?? '', legId: randomUUID(), extension: extensionOf(other), timeout: 30_000, callerNumber: '' }
  await link.request({ verb: 'bgapi', jobId: randomUUID(), call: { api: 'originate', dial: `sofia/operators/${request.extension}`, intercept: call.callId, variables: offerVariables(request, { context: 'citizens' }) } })
  await pickUp(world, other)
  await until('that telephone to be still', () => world.exchange.live().channels === 2)
  t.same([world.exchange.hears(call.callId), call.bridgedTo, operatorsOf(call)], [voices, operator, [operator]])
  t.equal(desks[SEATS.indexOf(n)]?.me?.presence, 'talking')
  await until('the other one to be ready', () => desks[SEATS.indexOf(other)]?.me?.presence === 'ready')
  call.hangUp()
  await idle()
  t.match(await ticketOf(call), { ...line, operator })
})

t.test('the link goes and comes: talks go on, those who wait keep waiting, in order', async (t) => {
  await clear()
  everyPhone({ answerAfter: 200 })
  const talking = SEATS.map(() => world.call())
  await Promise.all(talking.map(bridged))
  const waiting = [world.call(), world.call(), world.call()]
  await until('three to wait', () => node.intake.desk.queueView().waiting === 3)
  world.wire.hold(true)
  await until('the node to notice', () => node.intake.desk.healthView().pbx === 'down')
  t.notOk(node.intake.canServe(), 'it refuses what it could not serve')
  world.wire.hold(false)
  world.wire.cut()
  await until('the link', () => node.intake.desk.healthView().pbx === 'up')
  t.ok(talking.every((call) => !call.ended && operatorsOf(call).length === 1))
  for (const call of talking) { (await ticketed(call)); call.hangUp() }
  for (const call of waiting) { await bridged(call); await ticketed(call) }
  t.same(waiting.map((call) => operatorsOf(call).length), [1, 1, 1])
  await checkBooks(t, world, [...talking, ...waiting], numberOf)
})

t.test('the caller is gone in the instant of the answer: the ticket says that he must be called back', async (t) => {
  const pauses: readonly (readonly [string, (call: PlacedCall, n: number) => Promise<void> | void])[] = [
    ['he hangs up, then the receiver is lifted', (call, n) => { call.hangUp(); world.exchange.phones.answer(extensionOf(n)) }],
    ['the receiver is lifted, then he hangs up', (call, n) => { world.exchange.phones.answer(extensionOf(n)); call.hangUp() }],
    ['he hangs up while he is being put through', async (call, n) => {
      world.exchange.phones.answer(extensionOf(n))
      // FreeSWITCH has cut what he heard, and takes 45 ms more to bridge.
      await new Promise(setImmediate)
      call.hangUp()
    }],
  ]
  for (const [what, act] of pauses) {
    await clear()
    const call = world.call()
    await act(call, await ringingFor(world, SEATS, desks, call))
    t.same(operatorsOf(call), [], `${what}: they were never put through`)
    const line = await ticketed(call)
    await until('the mark', async () => (await ticketOf(call))?.call_back)
    t.match(line, { number_called_from: numberOf(call), opened: 1, audited: 1 }, what)
    await idle()
    const marks = await world.rows<{ n: number }>('select count(*)::int as n from ticket_history where ticket_id = $1', [call.callId])
    t.ok((marks[0]?.n ?? 9) <= 2, 'opened, and marked at most once')
    await until('the row to end', async () => (await world.rows('select id from call where id = $1 and ended_at is not null and answered_at is not null', [call.callId])).length === 1)
  }
})

t.test('all that was ever said is said again: nothing opens, nothing changes, nobody is disturbed', async (t) => {
  await clear()
  everyPhone({ answerAfter: 300 })
  world.wire.record()
  const crowd = Array.from({ length: 6 }, () => world.call())
  await Promise.all(crowd.map(async (call) => { await bridged(call); await ticketed(call); call.hangUp() }))
  await idle()
  const books = async (): Promise<unknown> => [await tickets(world), await world.rows('select * from call order by id'), await world.rows('select * from ticket_history order by ticket_id, version')]
  await until('the ends to be written', async () => (await world.rows('select id from call where ended_at is null')).length === 0)
  const before = await books()
  const seen = desks.map(({ messages }) => messages.filter(({ type }) => type === 'call' || type === 'ticket' || type === 'call.gone').length)
  // Under new numbers, so that the link does not know them; replies are left out, since nobody asks for them.
  const said = Buffer.concat(world.wire.heard).toString('latin1')
  const events = [...said.matchAll(/Content-Length: (\d+)\nContent-Type: text\/event-json\n\n/g)].map((match) => {
    const at = match.index + match[0].length
    return match[0] + said.slice(at, at + Number(match[1])).replace(/("Event-Sequence":")\d/, '$19')
  })
  t.ok(events.length >= crowd.length * 5, `${events.length} events`)
  world.wire.say(Buffer.from(events.join(''), 'latin1'))
  world.wire.say(Buffer.from(events.reverse().map((event) => event.replace(/("Event-Sequence":")\d/, '$18')).join(''), 'latin1'))
  // A new call goes through behind them: by then they have been read.
  const last = world.call()
  await bridged(last)
  await ticketed(last)
  last.hangUp()
  await idle()
  const but = (rows: unknown): unknown => JSON.parse(JSON.stringify(rows, (_key, value: unknown) => (Array.isArray(value) ? value.filter((one: unknown) => Array.isArray(one) || !JSON.stringify(one).includes(last.callId)) : value)))
  t.same(but(await books()), but(before))
  const now = desks.map(({ messages }) => messages.filter((message) => (message.type === 'call' && message.call.callId !== last.callId) || (message.type === 'ticket' && message.ticket.id !== last.callId) || (message.type === 'call.gone' && message.callId !== last.callId)).length)
  t.same(now, seen, 'no screen changed')
})

t.test('FreeSWITCH dies and recovers its calls: who waited is not greeted again and keeps his place, who talked keeps his ticket', async (t) => {
  await clear()
  everyPhone({ answerAfter: 200 })
  const talking = SEATS.map(() => world.call())
  await Promise.all(talking.map(bridged))
  const before = await Promise.all(talking.map(ticketed))
  everyPhone('manual')
  const early = world.call()
  await until('the first to hear the menu', () => early.reports.some(({ detail }) => detail.includes('topics')))
  early.press('4')
  await until('what he wants', async () => (await world.rows('select id from call where id = $1 and category = $2', [early.callId, 'power-repair'])).length === 1)
  const late = world.call()
  await until('the second to hear the menu', () => late.reports.some(({ detail }) => detail.includes('topics')))
  await until('music for the first', () => early.reports.some(({ detail }) => detail.includes('hold')))
  const told = new Map([early, late].map((call) => [call, call.reports.length]))
  // FreeSWITCH recovers its calls when its event socket is up and we are back; the exchange does so in the same breath. This host takes its time.
  const back = until('the node to notice', () => !node.intake.canServe(), 60_000)
  const gate = createServer((near) => {
    near.on('error', () => undefined)
    void back.then(() => until('the node to listen', () => !node.intake.canServe() ? null : new Promise<Socket | null>((resolve) => {
      const far = connect(node.outboundPort, '127.0.0.1')
      far.once('connect', () => { resolve(far) }).once('error', () => { resolve(null) })
    }))).then((far) => {
      far.on('error', () => undefined)
      near.pipe(far).pipe(near)
    })
  })
  await new Promise<void>((resolve) => { gate.listen(0, '127.0.0.1', resolve) })
  world.exchange.setOutbound(`127.0.0.1:${(gate.address() as AddressInfo).port}`)
  await world.exchange.restart(true)
  const waiting = [early, late]
  for (const call of [...talking, ...waiting]) await until(`${call.callId} to be ours again`, () => node.intake.room().calls.get(call.callId)?.held === true, 10_000)
  // The talks were torn by FreeSWITCH's death: those callers come first, by their seniority, and get the same ticket.
  everyPhone({ answerAfter: 200 })
  await Promise.all(talking.map((call) => until(`${call.callId} to talk again`, () => operatorsOf(call).length === 2, 30_000)))
  t.equal(early.bridgedTo, null)
  for (const call of talking) await kill(world, call.callId)
  await Promise.all(waiting.map((call) => until('those who waited', () => call.bridgedTo, 30_000)))
  for (const call of waiting) {
    const heard = call.reports.slice(told.get(call)).filter(({ type }) => type === 'hears').map(({ detail }) => detail)
    t.notOk(heard.some((sound) => sound.includes('greeting')), `not greeted again: ${heard.join(', ').replace(/\/\S*\//g, '')}`)
  }
  const lines = await Promise.all(talking.map(ticketed))
  t.same(lines.map(({ id, number, answered_at }) => ({ id, number, answered_at })), before.map(({ id, number, answered_at }) => ({ id, number, answered_at })), 'the same tickets, answered when they were first answered')
  t.match(await world.rows('select category from call where id = $1', [early.callId]), [{ category: 'power-repair' }])
  for (const call of waiting) await kill(world, call.callId)
  world.exchange.setOutbound(`127.0.0.1:${node.outboundPort}`)
  await new Promise((resolve) => gate.close(resolve))
  await idle()
  for (const line of [...lines, ...(await Promise.all(waiting.map(ticketed)))]) t.match(line, { opened: 1, audited: 1, jobs: 1 })
})

t.test('FreeSWITCH dies and recovers talks after we had given them up: they go on, at their operators’ desks', async (t) => {
  await clear()
  const call = world.call()
  everyPhone({ answerAfter: 200 })
  await bridged(call)
  const before = await ticketed(call)
  everyPhone('manual')
  const desk = await until('his desk', () => desks.find(({ me, ticket }) => me?.callId === call.callId && ticket?.id === call.callId))
  await world.exchange.restart('talks')
  await until('the talk to be given up', () => desk.me?.presence === 'ready' && node.intake.room().calls.get(call.callId)?.ended?.cause === 'LOST', 60_000)
  world.exchange.recoverTalks()
  await until('the talk at his desk', () => desk.me?.presence === 'talking' && desk.me.callId === call.callId && desk.call?.callId === call.callId && desk.call.endedAt === undefined && desk.ticket?.id === call.callId)
  t.match(node.intake.desk.talks(), [{ callId: call.callId }])
  ask(desk, { type: 'call.hang-up', callId: call.callId })
  await until('him to be hung up', () => world.exchange.live().channels === 0)
  await idle()
  const { id, number, answered_at: at } = await ticketed(call)
  t.same({ id, number, at }, { id: before.id, number: before.number, at: before.answered_at }, 'the same ticket, answered when he was')
  await until('his end in the books', async () => (await world.rows('select 1 from call where id = $1 and state = $2 and hangup_cause = $3', [call.callId, 'ended', 'NORMAL_CLEARING'])).length === 1)
})

t.test('FreeSWITCH dies and comes back with nothing: every call is over, the next is served', async (t) => {
  await clear()
  everyPhone({ answerAfter: 200 })
  const talking = SEATS.map(() => world.call())
  await Promise.all(talking.map(bridged))
  await Promise.all(talking.map(ticketed))
  const waiting = world.call()
  await until('one to wait', () => node.intake.desk.queueView().waiting === 1)
  await world.exchange.restart(false)
  await idle()
  await until('every call to be over in the books', async () => (await world.rows('select id from call where ended_at is null')).length === 0)
  t.match(await world.rows('select state from call where id = $1', [waiting.callId]), [{ state: 'abandoned' }])
  t.equal(await ticketOf(waiting), undefined)
  const next = world.call()
  await bridged(next)
  await ticketed(next)
  await checkBooks(t, world, [...talking, waiting, next], numberOf)
})

t.test('the end', async (t) => {
  await clear()
  for (const line of await tickets(world)) t.match(line, { opened: 1, audited: 1, jobs: 1 })
  await world.close()
})

function numberOf(call: PlacedCall): string { return `1390001${String(world.calls.indexOf(call)).padStart(4, '0')}` }
