import t from 'tap'
import { randomUUID } from 'node:crypto'
import type { CallAct } from '../../src/contracts/call.js'
import type { ServerMessage } from '../../src/contracts/ws.js'
import type { Liandong } from '../../src/main.js'
import type { PlacedCall } from '../../src/pbx/exchange/exchange.js'
import { makePeople } from '../../src/people/people.js'
import { until } from '../helpers/database.js'
import { ask, openDesk, type DeskBot } from '../helpers/desk-bot.js'
import { extensionOf, openWorld, operatorsOf, pickUp, type World } from './world.js'

t.setTimeout(400_000)

let world: World
let node: Liandong
const seats = new Map<number, DeskBot>()
const CHIEF = 9

t.before(async () => {
  // A telephone rings until the test lifts it, however slow the machine is: 30 s, as callers' time runs here.
  world = await openWorld(t, { config: { 'pbx.trunkDial': 'sofia/trunk/{number}', 'intake.offerTimeout': 300_000 }, sounds: { busy: 'silence_stream://3000', hold: '/sounds/hold.wav', recorded: '/sounds/recorded.wav' } })
  node = await world.startNode()
  await makePeople(node.store.people, { sessionHours: 1, clock: Date.now }).addPerson({ loginName: 'op9', displayName: '值班长', role: 'supervisor', extension: extensionOf(CHIEF) }, 'practice-of-the-tests')
  for (const n of [1, 2, CHIEF]) seats.set(n, await openDesk(() => world.url(), `op${n}`, 'practice-of-the-tests', { busy: true }))
})

const fail = (what: string): never => { throw new Error(what) }
const seat = (n: number): DeskBot => seats.get(n) ?? fail(`no desk ${n}`)
const id = (n: number): string => seat(n).me?.operatorId ?? ''
const state = (n: number, wanted: string): Promise<boolean> => until(`operator ${n} to be ${wanted}`, () => seat(n).me?.presence === wanted).catch((error: unknown) => { throw new Error(`${(error as Error).message}; is ${seat(n).me?.presence ?? '?'}`) })

type Asked = Parameters<typeof ask>[1]
/** Asks and waits for the answer: `done`, or the code of the refusal. */
async function asked(n: number, message: Asked): Promise<string> {
  const request = randomUUID()
  seat(n).send({ ...message, id: request })
  const reply = await until(`an answer to ${message.type}`, () => seat(n).messages.find((one): one is Extract<ServerMessage, { type: 'done' | 'refused' }> => (one.type === 'done' || one.type === 'refused') && one.id === request))
  return reply.type === 'done' ? 'done' : reply.code
}

/** The leg of this operator, by FreeSWITCH's side: the citizen hears it, or it hears the citizen. */
const legs = async (call: PlacedCall): Promise<Map<string, string>> => {
  const rows = await world.rows<{ leg_id: string; line: string | null; extension: string | null }>('select leg_id, line, extension from call_event left join person on person.id = operator_id where call_id = $1 and leg_id is not null', [call.callId])
  return new Map(rows.map(({ leg_id, line, extension }) => [leg_id, line ?? extension ?? '?']))
}
/** Waits until exactly these are heard there: extensions, lines, `citizen`, `music`. */
async function hears(call: PlacedCall, who: string, wanted: readonly string[]): Promise<void> {
  const named = async (): Promise<string[]> => {
    const names = await legs(call)
    const uuid = who === 'citizen' ? call.callId : [...names].filter(([, name]) => name === who).map(([leg]) => leg).find((leg) => world.exchange.hears(leg).length > 0) ?? ''
    return world.exchange.hears(uuid).map((one) => (one === call.callId ? 'citizen' : names.get(one) ?? one)).sort()
  }
  await until(`${who} to hear ${wanted.join(', ')}`, async () => JSON.stringify(await named()) === JSON.stringify([...wanted].sort())).catch(async (error: unknown) => { throw new Error(`${(error as Error).message}; hears ${(await named()).join(', ')}`) })
}

/** The guest is in the talk, and we know it. */
const joined = (): Promise<boolean> => until('the guest on the card', () => seat(1).call?.parties[0]?.joinedAt !== undefined)

const acts = async (call: { callId: string }): Promise<CallAct[]> => (await world.rows<{ act: CallAct }>('select act from call_event where call_id = $1 order by at, act', [call.callId])).map(({ act }) => act)

/** A citizen talks with operator 1; everybody else is on break. */
async function talk(): Promise<PlacedCall> {
  for (const n of [1, 2, CHIEF]) {
    if (seat(n).me?.callId !== undefined) await until(`operator ${n} to be free`, () => seat(n).me?.callId === undefined)
    ask(seat(n), { type: 'presence', ready: n === 1 })
  }
  await state(1, 'ready')
  await state(2, 'break')
  const call = world.call()
  await pickUp(world, 1)
  await until('the talk', () => seat(1).call?.state === 'talking' && seat(1).call?.callId === call.callId)
  ask(seat(1), { type: 'presence', ready: false })
  await hears(call, 'citizen', ['1001'])
  return call
}
async function over(call: PlacedCall): Promise<void> {
  call.hangUp()
  await until('the line to be empty', () => world.exchange.live().channels === 0)
}

/** What went wrong in one test is not the next one's: nobody talks, nothing rings, everybody is on break. */
let closed = false
t.afterEach(async (t) => {
  if (closed) return
  world.wire.hold(false)
  world.exchange.phones.set('119', { answerAfter: 300 })
  for (const n of [1, 2, CHIEF]) ask(seat(n), { type: 'presence', ready: false })
  for (const call of world.calls) if (!call.ended) call.hangUp()
  for (const { leg_id: leg } of await world.rows<{ leg_id: string }>('select distinct leg_id from call_event where leg_id is not null')) world.exchange.kill(leg)
  await until('everybody to be on break, and nothing to be left', () => world.exchange.live().channels === 0 && [1, 2, CHIEF].every((n) => seat(n).me?.presence === 'break')).catch((error: unknown) => { t.comment((error as Error).message, world.exchange.live(), [1, 2, CHIEF].map((n) => seat(n).me?.presence)) })
})

t.test('hold and resume, mute and unmute', async (t) => {
  const call = await talk()
  t.equal(await asked(1, { type: 'call.hold', callId: call.callId, on: true }), 'done')
  await hears(call, 'citizen', ['music'])
  await until('the card to say so', () => seat(1).call?.onHold === true)
  t.equal(await asked(1, { type: 'call.hold', callId: call.callId, on: false }), 'done')
  await hears(call, 'citizen', ['1001'])
  t.equal(await asked(1, { type: 'call.mute', callId: call.callId, on: true }), 'done')
  await hears(call, 'citizen', [])
  await hears(call, '1001', ['citizen'])
  t.equal(await asked(1, { type: 'call.mute', callId: call.callId, on: false }), 'done')
  await hears(call, 'citizen', ['1001'])
  t.equal(await asked(2, { type: 'call.hold', callId: call.callId, on: true }), 'call.not-yours')
  await over(call)
  await state(1, 'break')
  t.equal(await asked(1, { type: 'call.hold', callId: call.callId, on: true }), 'call.gone')
  t.same((await acts(call)).slice(0, 5), ['answered', 'hold', 'resume', 'mute', 'unmute'])
})

t.test('attended transfer to an operator: the citizen hears music, then the other one; the first does paper work', async (t) => {
  const call = await talk()
  t.equal(await asked(1, { type: 'call.consult', callId: call.callId, target: { type: 'operator', operatorId: id(2) } }), 'done')
  await hears(call, 'citizen', ['music'])
  await pickUp(world, 2)
  await hears(call, '1002', ['1001'])
  await hears(call, '1001', ['1002'])
  await until('the card at the guest', () => seat(2).call?.callId === call.callId && seat(2).call?.parties[0]?.joinedAt !== undefined)
  t.equal(await asked(1, { type: 'call.consult', callId: call.callId, target: { type: 'line', code: 'fire' } }), 'call.guest-busy')
  t.equal(await asked(1, { type: 'call.complete', callId: call.callId }), 'done')
  await hears(call, 'citizen', ['1002'])
  await until('the new holder', () => seat(2).call?.holder === id(2))
  await until('his ticket to be on the new holder’s screen', () => seat(2).ticket?.id === call.callId)
  await until('the first to be free', () => seat(1).me?.presence !== 'talking')
  t.same(operatorsOf(call), ['1001', '1002'])
  t.equal(await asked(2, { type: 'call.hang-up', callId: call.callId }), 'done')
  await until('the end', () => call.ended)
  await until('the record', async () => (await acts(call)).includes('taken-over'))
  const tickets = await world.rows('select id from ticket where id = $1', [call.callId])
  t.equal(tickets.length, 1, 'one call, one ticket')
})

t.test('three-way with a line of the short list; the operator hangs up, the two go on', async (t) => {
  const call = await talk()
  t.equal(await asked(1, { type: 'call.consult', callId: call.callId, target: { type: 'line', code: 'medical' } }), 'done')
  await hears(call, 'medical', ['1001'])
  await joined()
  t.equal(await asked(1, { type: 'call.conference', callId: call.callId }), 'done')
  await hears(call, 'citizen', ['1001', 'medical'])
  await hears(call, 'medical', ['1001', 'citizen'])
  t.equal(await asked(1, { type: 'call.mute', callId: call.callId, on: true }), 'call.mute-refused')
  const leg = [...await legs(call)].find(([, name]) => name === '1001')?.[0] ?? ''
  world.exchange.kill(leg)
  await hears(call, 'citizen', ['medical'])
  await until('the operator to be free', () => seat(1).me?.presence !== 'talking')
  t.notOk(call.ended)
  await until('the record', async () => (await acts(call)).includes('taken-over'))
  await over(call)
})

t.test('the guest leaves: the citizen is back with his operator', async () => {
  const call = await talk()
  await asked(1, { type: 'call.consult', callId: call.callId, target: { type: 'line', code: 'fire' } })
  await hears(call, 'fire', ['1001'])
  await joined()
  await asked(1, { type: 'call.drop', callId: call.callId, legId: seat(1).call?.parties[0]?.legId ?? '' })
  await hears(call, 'citizen', ['1001'])
  await over(call)
})

t.test('nobody answers: the citizen is back with his operator, who is told', async (t) => {
  const call = await talk()
  world.exchange.phones.set('119', 'busy')
  t.equal(await asked(1, { type: 'call.transfer', callId: call.callId, target: { type: 'line', code: 'fire' } }), 'done')
  await until('the line to be given up', async () => (await acts(call)).includes('not-reached'))
  await hears(call, 'citizen', ['1001'])
  world.exchange.phones.set('119', { answerAfter: 300 })
  t.equal(await asked(1, { type: 'call.consult', callId: call.callId, target: { type: 'operator', operatorId: randomUUID() } }), 'call.target-busy')
  t.equal(await asked(1, { type: 'call.consult', callId: call.callId, target: { type: 'line', code: 'nowhere' } }), 'call.line-unknown')
  await over(call)
})

t.test('blind transfer to a line: the operator is free as soon as it answers', async () => {
  const call = await talk()
  await asked(1, { type: 'call.hold', callId: call.callId, on: true })
  await asked(1, { type: 'call.transfer', callId: call.callId, target: { type: 'line', code: 'fire' } })
  await hears(call, 'citizen', ['fire'])
  await until('the operator to be free', () => seat(1).me?.presence !== 'talking')
  await over(call)
})

t.test('blind transfer and the receiver down at once: music, then the other side, without us', async () => {
  const call = await talk()
  const leg = [...await legs(call)].find(([, name]) => name === '1001')?.[0] ?? ''
  await asked(1, { type: 'call.transfer', callId: call.callId, target: { type: 'operator', operatorId: id(2) } })
  await until('the phone to ring', () => world.exchange.phones.isRinging('1002'))
  world.exchange.kill(leg)
  await until('music', () => call.reports.some(({ type, detail }) => type === 'hears' && detail.includes('hold')))
  await pickUp(world, 2)
  await hears(call, 'citizen', ['1002'])
  await until('the new holder', () => seat(2).call?.holder === id(2))
  await over(call)
})

t.test('back to the queue: same ticket, music instead of the menu, the next operator', async (t) => {
  const call = await talk()
  const heard = call.reports.length
  t.equal(await asked(1, { type: 'call.transfer', callId: call.callId, target: { type: 'queue' } }), 'done')
  await until('the operator to be free', () => seat(1).me?.presence !== 'talking')
  ask(seat(2), { type: 'presence', ready: true })
  await pickUp(world, 2)
  await hears(call, 'citizen', ['1002'])
  t.notOk(call.reports.slice(heard).some(({ type, detail }) => type === 'hears' && detail.includes('greeting')), 'nobody is greeted twice')
  t.equal((await world.rows('select id from ticket where id = $1', [call.callId])).length, 1)
  await over(call)
})

t.test('supervisor: listens, whispers, barges, listens again, takes over', async (t) => {
  const call = await talk()
  t.equal(await asked(2, { type: 'call.listen', callId: call.callId, mode: 'listen' }), 'call.supervisor-only')
  t.equal(await asked(CHIEF, { type: 'call.listen', callId: call.callId, mode: 'listen' }), 'done')
  await pickUp(world, CHIEF)
  await hears(call, '1009', ['1001', 'citizen'])
  await hears(call, 'citizen', ['1001'])
  t.equal(await asked(CHIEF, { type: 'call.listen', callId: call.callId, mode: 'whisper' }), 'done')
  await hears(call, '1001', ['1009', 'citizen'])
  await hears(call, 'citizen', ['1001'])
  t.equal(await asked(CHIEF, { type: 'call.listen', callId: call.callId, mode: 'all' }), 'done')
  await hears(call, 'citizen', ['1001', '1009'])
  t.equal(await asked(CHIEF, { type: 'call.listen', callId: call.callId, mode: 'listen' }), 'done')
  await hears(call, 'citizen', ['1001'])
  t.equal(await asked(CHIEF, { type: 'call.take', callId: call.callId }), 'done')
  await hears(call, 'citizen', ['1009'])
  await until('the operator to be free', () => seat(1).me?.presence !== 'talking')
  t.same((await acts(call)).filter((act) => act === 'mode').length, 3)
  await over(call)
})

t.test('supervisor: takes over while a guest is there: the citizen is his, and the guest is free', async (t) => {
  const call = await talk()
  await asked(1, { type: 'call.consult', callId: call.callId, target: { type: 'operator', operatorId: id(2) } })
  await pickUp(world, 2)
  await hears(call, '1002', ['1001'])
  await joined()
  await asked(1, { type: 'call.conference', callId: call.callId })
  await hears(call, 'citizen', ['1001', '1002'])
  await asked(CHIEF, { type: 'call.listen', callId: call.callId, mode: 'whisper' })
  await pickUp(world, CHIEF)
  await hears(call, '1001', ['1002', '1009', 'citizen'])
  await until('him on the card', () => seat(CHIEF).call?.parties.every(({ joinedAt }) => joinedAt !== undefined))
  t.equal(await asked(CHIEF, { type: 'call.take', callId: call.callId }), 'done')
  await hears(call, 'citizen', ['1009'])
  for (const n of [1, 2]) await until(`operator ${n} to be free`, () => seat(n).me?.presence !== 'talking')
  await until('two channels', () => world.exchange.live().channels === 2)
  await hears(call, 'citizen', ['1009'])
  await until('the card', () => seat(CHIEF).call?.holder === id(CHIEF) && seat(CHIEF).call?.parties.length === 0)
  t.same(operatorsOf(call), ['1001', '1009'])
  await over(call)
})

t.test('supervisor: takes over while another one is rung for the citizen: that telephone rings no more', async (t) => {
  for (const listens of [true, false]) {
    const call = await talk()
    if (listens) {
      await asked(CHIEF, { type: 'call.listen', callId: call.callId, mode: 'listen' })
      await pickUp(world, CHIEF)
      await hears(call, '1009', ['1001', 'citizen'])
      await until('him on the card', () => seat(CHIEF).call?.parties[0]?.joinedAt !== undefined)
    }
    await asked(1, { type: 'call.transfer', callId: call.callId, target: { type: 'operator', operatorId: id(2) } })
    await until('the phone to ring', () => world.exchange.phones.isRinging('1002'))
    t.equal(await asked(CHIEF, { type: 'call.take', callId: call.callId }), 'done')
    if (!listens) await pickUp(world, CHIEF)
    await hears(call, 'citizen', ['1009'])
    await until('the phone to be still', () => !world.exchange.phones.isRinging('1002'))
    const ends = await until('the record', async () => { const rows = await world.rows<{ detail: string }>(`select detail from call_event where call_id = $1 and act = 'not-reached'`, [call.callId]); return rows.length > 0 && rows })
    t.same(ends, [{ detail: 'ORIGINATOR_CANCEL' }], 'by us, and not by its time')
    await until('operator 2 to be on break', () => seat(2).me?.presence === 'break')
    await hears(call, 'citizen', ['1009'])
    await over(call)
  }
})

t.test('the citizen hangs up while one rings and one listens: nobody is left', async () => {
  const call = await talk()
  await asked(CHIEF, { type: 'call.listen', callId: call.callId, mode: 'listen' })
  await pickUp(world, CHIEF)
  await hears(call, '1009', ['1001', 'citizen'])
  await asked(1, { type: 'call.consult', callId: call.callId, target: { type: 'operator', operatorId: id(2) } })
  await until('the phone to ring', () => world.exchange.phones.isRinging('1002'))
  await over(call)
  await until('all to be free', () => [1, 2, CHIEF].every((n) => seat(n).me?.callId === undefined || seat(n).me?.presence === 'wrap-up'))
})

t.test('a dropped caller is called back from his ticket', async (t) => {
  const call = await talk()
  const number = (await world.rows<{ number_called_from: string }>('select number_called_from from ticket where id = $1', [call.callId]))[0]?.number_called_from ?? ''
  await over(call)
  await until('the operator to be free', () => seat(1).me?.callId === undefined)
  world.exchange.phones.set(number, { answerAfter: 300 })
  t.equal(await asked(1, { type: 'call.redial', ticketId: call.callId }), 'done')
  t.equal(await asked(1, { type: 'call.redial', ticketId: call.callId }), 'call.busy')
  await pickUp(world, 1)
  await until('the citizen to be reached', () => seat(1).me?.redial?.reached === true)
  await until('the record', async () => (await acts(call)).includes('reached'))
  await until('two channels', () => world.exchange.live().channels === 2)
  for (const [leg] of await legs(call)) world.exchange.kill(leg)
  await until('the operator to be free', () => seat(1).me?.redial === undefined && seat(1).me?.presence !== 'talking')
  t.equal(await asked(1, { type: 'call.redial', ticketId: randomUUID() }), 'call.no-number')
})

t.test('the end of a call back is missed: the operator is free all the same', async () => {
  const call = await talk()
  const number = (await world.rows<{ number_called_from: string }>('select number_called_from from ticket where id = $1', [call.callId]))[0]?.number_called_from ?? ''
  await over(call)
  await until('the operator to be free', () => seat(1).me?.callId === undefined)
  world.exchange.phones.set(number, { answerAfter: 300 })
  await asked(1, { type: 'call.redial', ticketId: call.callId })
  await pickUp(world, 1)
  await until('the citizen to be reached', () => seat(1).me?.redial?.reached === true)
  world.wire.hold(true)
  for (const [leg] of await legs(call)) world.exchange.kill(leg)
  await until('nobody to talk', () => world.exchange.live().channels === 0)
  world.wire.hold(false)
  world.wire.cut()
  await until('the operator to be free', () => seat(1).me?.redial === undefined && seat(1).me?.presence !== 'talking')
  await until('the node to take callers', node.takesCallers)
})

t.test('the app goes away in a hold with a guest: FreeSWITCH goes on, and the next one finds it so', async (t) => {
  const call = await talk()
  await asked(1, { type: 'call.consult', callId: call.callId, target: { type: 'line', code: 'fire' } })
  await hears(call, 'fire', ['1001'])
  await joined()
  const before = seat(1).messages.length
  await node.stop()
  t.same(world.exchange.hears(call.callId), ['music'], 'the hold lives on')
  t.equal(world.exchange.live().channels, 3, 'so does everybody in it')
  await world.startNode({ 'node.name': 'b' })
  await until('the desk to come back with its call', () => seat(1).messages.slice(before).some((message) =>
    (message.type === 'snapshot' || message.type === 'call') && (message.type === 'call' ? message.call : message.snapshot.call)?.onHold === true && (message.type === 'call' ? message.call : message.snapshot.call)?.parties[0]?.joinedAt !== undefined))
  t.match(seat(1).call, { callId: call.callId, holder: id(1), onHold: true, parties: [{ role: 'guest', line: 'fire', mode: 'whisper' }] })
  await asked(1, { type: 'call.conference', callId: call.callId })
  await hears(call, 'citizen', ['1001', 'fire'])
  await over(call)
})

t.test('and nothing is left', async () => {
  closed = true
  await Promise.all([...seats.values()].map((desk) => desk.close()))
  await world.close()
})
