import t, { type Test } from 'tap'
import type { Presence } from '../../src/contracts/ws.js'
import type { PlacedCall } from '../../src/pbx/exchange/exchange.js'
import { until } from '../helpers/database.js'
import { ask, type DeskBot } from '../helpers/desk-bot.js'
import { seeded } from '../intake/world.js'
import { bridged, checkBooks, extensionOf, openWorld, operatorsOf, pickUp, rings, type World } from '../calls/world.js'

t.setTimeout(400_000)

const OVERFLOW = 2_500
let world: World
const seats = new Map<number, DeskBot>()
const numbers = new Map<string, string>()
let called = 0

const seat = (n: number): DeskBot => {
  const desk = seats.get(n)
  if (desk === undefined) throw new Error(`no desk ${n}`)
  return desk
}
const is = (n: number, presence: Presence): Promise<boolean> => until(`operator ${n} to be ${presence}`, () => seat(n).me?.presence === presence)

function call(): PlacedCall {
  const number = `1390002${String(called++).padStart(4, '0')}`
  const placed = world.call({ number })
  numbers.set(placed.callId, number)
  return placed
}

async function ready(...these: number[]): Promise<void> {
  for (const n of these) {
    ask(seat(n), { type: 'presence', ready: true })
    await until(`operator ${n} to be ready, or offered a call already`, () => seat(n).me?.presence === 'ready' || seat(n).me?.presence === 'ringing')
  }
}

async function rest(n: number): Promise<void> {
  ask(seat(n), { type: 'presence', ready: false })
  await is(n, 'break')
}

/** Everybody on break, every phone by hand, nobody in the line. */
async function clear(): Promise<void> {
  for (const placed of world.calls) placed.hangUp()
  await until('the line to be empty', () => world.exchange.live().channels === 0)
  for (const [n, desk] of seats) {
    world.exchange.phones.set(extensionOf(n), 'manual')
    await until(`operator ${n} to be without a call`, () => desk.me?.callId === undefined)
    await rest(n)
  }
}

interface CallRow { readonly id: string; readonly state: string; readonly class: string; readonly category: string | null; readonly ended_at: Date | null }
const row = async (placed: PlacedCall): Promise<CallRow | undefined> => (await world.rows<CallRow>('select id, state, class, category, ended_at from call where id = $1', [placed.callId]))[0]

/** The caller presses a key and the intake knows what it means. */
async function about(placed: PlacedCall, key: string, category: string): Promise<void> {
  await until('the menu', () => placed.reports.some(({ type, detail }) => type === 'hears' && detail.includes('topics')))
  placed.press(key)
  await until(`category ${category}`, async () => (await row(placed))?.category === category)
}

async function talk(placed: PlacedCall, n: number): Promise<void> {
  await rings(seat(n), placed)
  await pickUp(world, n)
  await bridged(placed)
  await is(n, 'talking')
}

t.before(async () => {
  world = await openWorld(t, { config: { 'intake.skillOverflow': OVERFLOW, 'intake.offerTimeout': 12_000 } })
  await world.startNode()
  for (let n = 1; n <= 6; n += 1) seats.set(n, await world.desk(n, { busy: true }))
})

t.test('the longest idle is offered first, and a talk ends his idleness', async (t) => {
  await clear()
  await ready(3, 1, 2)
  const first = call()
  await rings(seat(3), first)
  const second = call()
  await rings(seat(1), second)
  const third = call()
  t.equal((await rings(seat(2), third)).caller.number, numbers.get(third.callId))
  // Two give up: their operators have been idle all the while.
  second.hangUp()
  await is(1, 'ready')
  await pickUp(world, 3)
  t.equal(await bridged(first), '1003')
  first.hangUp()
  await is(3, 'ready')
  third.hangUp()
  await is(2, 'ready')
  for (const n of [1, 2, 3]) await rings(seat(n), call())
})

t.test('an emergency goes before those who came earlier', async (t) => {
  await clear()
  const early = call()
  await until('the first to be in the queue', async () => (await row(early))?.state === 'queued')
  const urgent = call()
  await about(urgent, '1', 'police')
  t.match(await row(urgent), { class: 'emergency' })
  t.match(await row(early), { class: 'standard', category: null })
  await ready(1)
  const card = await rings(seat(1), urgent)
  t.match(card, { class: 'emergency', category: 'police', tags: [{ key: 'category', value: 'police' }] })
  await pickUp(world, 1)
  await bridged(urgent)
  t.equal(early.bridgedTo, null)
  urgent.hangUp()
  await rings(seat(1), early)
})

t.test('a category waits for who knows it, as long as he is at a desk and it is not too long', async (t) => {
  await clear()
  await ready(4)
  await talk(call(), 4)
  const power = call()
  await about(power, '4', 'power-repair')
  await ready(5)
  const plain = call()
  // Number 5 knows noise only: what anybody can take goes to him, though it came later.
  t.equal((await rings(seat(5), plain)).category, undefined)
  world.calls.filter(({ bridgedTo }) => bridgedTo === '1004').forEach((one) => { one.hangUp() })
  await rings(seat(4), power)
  await pickUp(world, 4)
  t.equal(await bridged(power), '1004')
  plain.hangUp()
  await is(5, 'ready')
  await rest(5)
  const long = call()
  await about(long, '4', 'power-repair')
  await ready(5)
  const card = await rings(seat(5), long)
  t.ok((seat(5).popped.get(long.callId) ?? 0) - card.queuedAt >= OVERFLOW, 'after the overflow anyone takes him, and not before')
})

t.test('nobody who knows it is at a desk: the caller does not wait for him', async (t) => {
  await clear()
  const power = call()
  await about(power, '4', 'power-repair')
  const plain = call()
  await until('the later one to wait', async () => (await row(plain))?.state === 'queued')
  await ready(5)
  t.equal((await rings(seat(5), power)).category, 'power-repair', 'his turn, before one who came later')
})

t.test('no answer, then a refusal: the next one rings, the first is marked, the caller keeps his place', async (t) => {
  await clear()
  world.exchange.phones.set('1001', 'no-answer')
  await ready(1, 2)
  const patient = call()
  await rings(seat(1), patient)
  const card = await rings(seat(2), patient)
  await is(1, 'missed')
  t.ok(seat(1).messages.some((message) => message.type === 'call.gone' && message.callId === patient.callId && message.reason === 'not-answered'))
  const later = call()
  await until('the later one to wait', async () => (await row(later))?.state === 'queued')
  ask(seat(2), { type: 'phone.reject', callId: patient.callId })
  await is(2, 'missed')
  t.ok(seat(2).messages.some((message) => message.type === 'call.gone' && message.callId === patient.callId && message.reason === 'rejected'))
  await until('both to wait', () => !world.exchange.phones.isRinging('1001') && !world.exchange.phones.isRinging('1002'))
  world.exchange.phones.set('1001', 'manual')
  await ready(2)
  const again = await rings(seat(2), patient)
  t.equal(again.queuedAt, card.queuedAt, 'the same place in the queue')
  await ready(1)
  await rings(seat(1), later)
  await pickUp(world, 2)
  await bridged(patient)
  t.same(operatorsOf(patient), ['1002'])
  // On the phone itself, and a phone that is engaged or not there.
  later.hangUp()
  await is(1, 'ready')
  const wandering = call()
  await rings(seat(1), wandering)
  world.exchange.phones.reject('1001')
  await is(1, 'missed')
  // Some ring with a sound of their own, and say that they are busy when a hand declines.
  world.exchange.phones.set('1001', 'early')
  await ready(1)
  await rings(seat(1), wandering)
  await until('the phone to ring', () => world.exchange.phones.reject('1001', 'USER_BUSY'))
  await is(1, 'missed')
  t.ok(seat(1).messages.findLast((message) => message.type === 'call.gone')?.reason === 'rejected', 'declined, not out of order')
  world.exchange.phones.set('1001', 'manual')
  world.exchange.phones.set('1003', 'unregistered')
  ask(seat(3), { type: 'presence', ready: true })
  await is(3, 'unreachable')
  world.exchange.phones.set('1006', 'busy')
  ask(seat(6), { type: 'presence', ready: true })
  await is(6, 'paused')
  t.match(seat(6).me, { wantsReady: true, pausedUntil: Number })
  t.ok(seat(6).messages.some((message) => message.type === 'call.gone' && message.callId === wandering.callId && message.reason === 'failed'))
  await ready(1)
  await rings(seat(1), wandering)
  await pickUp(world, 1)
  await bridged(wandering)
  world.exchange.phones.set('1006', 'manual')
  await is(6, 'ready')
  await rings(seat(6), call())
})

t.test('FreeSWITCH refuses every leg for a while: nobody loses his seat, nobody has to click', async (t) => {
  await clear()
  for (let n = 1; n <= 6; n += 1) world.exchange.phones.set(extensionOf(n), 'unreachable')
  for (let n = 1; n <= 6; n += 1) ask(seat(n), { type: 'presence', ready: true })
  for (let n = 1; n <= 6; n += 1) await is(n, 'ready')
  const seen = new Map([...seats].map(([n, desk]) => [n, desk.messages.length]))
  const unlucky = call()
  for (let n = 1; n <= 6; n += 1) await is(n, 'paused')
  for (let n = 1; n <= 6; n += 1) world.exchange.phones.set(extensionOf(n), 'manual')
  const n = await until('a telephone to ring by itself', () => [...seats.keys()].find((one) => world.exchange.phones.isRinging(extensionOf(one))))
  await pickUp(world, n)
  t.equal(await bridged(unlucky), extensionOf(n))
  unlucky.hangUp()
  for (let other = 1; other <= 6; other += 1) await is(other, 'ready')
  const marks = [...seats].flatMap(([one, { messages }]) => messages.slice(seen.get(one))).filter((message) => message.type === 'me' && (message.me.presence === 'unreachable' || message.me.presence === 'missed'))
  t.same(marks, [])
})

t.test('a telephone that went away while the link was down takes its operator out of ready when it is back, and brings him back itself', async () => {
  await clear()
  await ready(1, 2)
  world.exchange.cutLinks()
  world.exchange.phones.set('1001', 'unregistered')
  await is(1, 'unreachable')
  await is(2, 'ready')
  world.exchange.cutLinks()
  world.exchange.phones.set('1001', 'manual')
  await is(1, 'ready')
})

t.test('a caller who hangs up stops the phone from ringing', async (t) => {
  await clear()
  await ready(1)
  const gone = call()
  await rings(seat(1), gone)
  await until('the phone to ring', () => world.exchange.phones.isRinging('1001'))
  gone.hangUp()
  await until('the phone to be still', () => !world.exchange.phones.isRinging('1001'))
  await is(1, 'ready')
  t.ok(seat(1).messages.some((message) => message.type === 'call.gone' && message.callId === gone.callId && message.reason === 'caller-hung-up'))
  await until('the row to say so', async () => (await row(gone))?.state === 'abandoned')
  t.not((await row(gone))?.ended_at ?? null, null)
  t.same(await world.rows('select id from ticket where id = $1', [gone.callId]), [], 'nobody answered: no ticket')
  await until('no channel', () => world.exchange.live().channels === 0)
})

/** When each operator talked to whom, by the exchange's word. */
function watchTalks(placed: PlacedCall, talks: { readonly callId: string; readonly extension: string; readonly from: number; to: number }[]): void {
  placed.onReport(({ type, detail }) => {
    if (type === 'operator') talks.push({ callId: placed.callId, extension: detail, from: performance.now(), to: Infinity })
    if (type === 'ended') for (const one of talks) if (one.callId === placed.callId) one.to = Math.min(one.to, performance.now())
  })
}

t.test('six operators and forty callers at once never cross', async (t) => {
  await clear()
  const random = seeded(40)
  for (let n = 1; n <= 6; n += 1) world.exchange.phones.set(extensionOf(n), { answerAfter: 200 + 1_500 * random() })
  await ready(1, 2, 3, 4, 5, 6)
  const talks: { readonly callId: string; readonly extension: string; readonly from: number; to: number }[] = []
  const crowd = Array.from({ length: 40 }, () => {
    const placed = call()
    watchTalks(placed, talks)
    const length = 100 + 300 * random()
    placed.onReport(({ type }) => { if (type === 'operator') setTimeout(() => { placed.hangUp() }, length) })
    // Some give up while they wait: from their first prompt on, for one who is gone before he reached us is told of by his CDR file only.
    const patience = random() < 0.15 ? 3_000 * random() : null
    let heard = false
    placed.onReport(({ type }) => {
      if (type !== 'hears' || heard || patience === null) return
      heard = true
      setTimeout(() => { placed.hangUp() }, patience)
    })
    return placed
  })
  await until('everybody to be looked after', () => crowd.every(({ ended }) => ended), 60_000)
  for (let n = 1; n <= 6; n += 1) await is(n, 'ready')

  for (const placed of crowd) if (operatorsOf(placed).length > 1) t.fail(`${placed.callId} had ${operatorsOf(placed).join(' and ')}`)
  for (const one of talks) {
    const other = talks.find((two) => two !== one && two.extension === one.extension && two.from < one.to && one.from < two.to)
    if (other !== undefined) t.fail(`${one.extension} talked to two at once`)
    const desk = seat(Number(one.extension) - 1000)
    const cards = desk.messages.flatMap((message) => (message.type === 'call' && message.call.callId === one.callId ? [message.call] : []))
    t.ok(cards.some(({ state }) => state === 'talking'), `${one.extension} saw the call he took`)
    t.ok(cards.every(({ caller }) => caller.number === numbers.get(one.callId)))
    for (const [n, bystander] of seats) {
      if (extensionOf(n) === one.extension) continue
      t.notOk(bystander.messages.some((message) => message.type === 'ticket' && message.ticket.id === one.callId), 'nobody else got the ticket')
    }
  }
  for (const desk of seats.values()) for (const message of desk.messages) if (message.type === 'ticket') t.equal(message.ticket.caller.number, numbers.get(message.ticket.id), 'the ticket of its own caller')
  t.ok(talks.length >= 30, `${talks.length} of 40 were put through`)
})

t.test('the books', async (t) => {
  await clear()
  await books(t)
  await world.close()
})

async function books(t: Test): Promise<void> {
  await checkBooks(t, world, world.calls, ({ callId }) => numbers.get(callId) ?? '')
  const rows = await world.rows<{ n: number }>('select count(*)::int as n from call')
  t.equal(rows[0]?.n, world.calls.length, 'each call has its one row')
  const open = (await world.rows<{ id: string }>('select id from call where ended_at is null')).length
  t.equal(open, 0, 'and its end')
}
