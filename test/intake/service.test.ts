import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { CallerContext } from '../../src/contracts/call.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import type { CallerContexts, CallRecord, CitizenLeg, IntakeRecords, SwitchEvent, Switchboard, TicketOpening } from '../../src/intake/ports.js'
import type { FlowState } from '../../src/flow/types.js'
import type { RunnableFlow } from '../../src/intake/flow-runner.js'
import { makeIntake, type Intake } from '../../src/intake/service.js'
import { until } from '../helpers/database.js'
import { arriving, settings, uuid } from './world.js'

interface Bench {
  readonly intake: Intake
  readonly tell: (event: SwitchEvent) => void
  readonly switchboard: { -readonly [K in keyof Switchboard]: Switchboard[K] }
  /** Whose dead-man's switch was renewed, each time. */
  readonly renewed: string[][]
  readonly saved: CallRecord[]
  /** Calls that were ended because nobody knows them any more. */
  readonly lost: string[]
  /** How often the loop asked for today's counters. */
  counted: number
  /** Another node has operators. */
  elsewhere: boolean
  /** ms that the wall clock is ahead. */
  ahead: number
  /** ms that have passed beside those of this machine. */
  later: number
  /** Answers that were counted. */
  answers: number
  /** Callers counted as gone before an answer. */
  abandoned: number
}

t.setTimeout(120_000)
const quiet = (): void => undefined
const context = (complete: boolean): CallerContext => ({ complete, hints: [], earlierCalls: [], earlierTickets: [], nearby: [] })
const unmoving = { start: () => ({ state: STATE, commands: [] }), resume: () => ({ state: STATE, commands: [] }), step: () => ({ state: STATE, commands: [] }) }
const STATE = { flow: 'f', version: 'v', node: null, language: 'zh-CN', memory: {}, tags: [], vars: {}, stack: [], path: [] } as const
const legOf = (callId: string): CitizenLeg => ({ call: arriving(callId, Date.now()), perform: () => new Promise(quiet), meanwhile: (work) => work, holdMusic: quiet, mirror: quiet, onClose: quiet, release: quiet })

/** The loop with a switchboard that does nothing and records that keep everything in memory. */
async function bench(t: Test, records: Partial<IntakeRecords> = {}, alive: readonly string[] = [], byExtension: (extension: string) => Promise<string | null> = () => Promise.resolve(null), lookUp: CallerContexts['lookUp'] = () => Promise.resolve(context(true)), flow: RunnableFlow = unmoving, unsure: readonly string[] = []): Promise<Bench> {
  const renewed: string[][] = []
  const saved: CallRecord[] = []
  const lost: string[] = []
  let tell: (event: SwitchEvent) => void = quiet
  const switchboard: Bench['switchboard'] = {
    up: true, core: null, halls: null, offer: quiet, transfer: () => Promise.resolve(false), carry: () => Promise.resolve(false), endLeg: quiet, endCall: quiet, clearSwitch: quiet, takeBack: quiet, passOn: quiet, turn: quiet, reconcile: quiet, hold: quiet, mute: quiet, join: quiet, mode: quiet, take: quiet, requeue: quiet, redial: quiet,
    nativeAgents: () => Promise.resolve([]), setNativeAgents: quiet, say: quiet, onWord: quiet, hasPhone: () => false, sayAble: quiet,
    renewSwitch(ids) { renewed.push([...ids]) },
    onEvent(listener) { tell = listener },
  }
  const one: Bench = {
    renewed, saved, lost, switchboard, ahead: 0, later: 0, abandoned: 0, answers: 0, counted: 0, elsewhere: false, tell: (event) => { tell(event) },
    intake: makeIntake({
      switchboard, desk: { send: quiet, broadcast: quiet }, phones: null, presence: { beat: () => Promise.resolve({ elsewhere: one.elsewhere, free: 0, seats: {} }) }, directory: { byExtension, extensions: () => Promise.resolve([]) }, numbers: { numberOf: () => Promise.resolve(null) }, lines: () => [], flow: () => flow, flowFacts: () => ({ calendar: { holidays: {}, workdays: [] }, modes: {} }), lookUp: () => Promise.resolve({ type: 'failed', reason: 'none' }), classOf: () => 'standard',
      contexts: { lookUp },
      records: {
        saveCall(record) { saved.push(record); return Promise.resolve() },
        openTicket: ({ record }) => Promise.resolve({ id: record.callId, number: '1', version: 1 } as unknown as Ticket),
        saveMessage: () => Promise.resolve(), wishCallBack: () => Promise.resolve(), markCallBack: () => Promise.resolve(), noteCall: () => Promise.resolve(), endMissed(ids) { lost.push(...ids); return Promise.resolve() }, unfinishedCalls: () => Promise.resolve([]), callRecord: () => Promise.resolve(null), ...records,
        today() { one.counted += 1; return Promise.resolve({ answered: 0, answeredInTime: 0, promised: 0, abandoned: 0 }) },
      },
      database: () => ({ database: 'up', journal: 0 }), settings: { ...settings, whenUnstaffed: 'wait', timeZone: 'Asia/Shanghai', trunk: false, halls: false },
      clock: () => Date.now() + one.ahead, monotonic: () => performance.now() + one.later, newId: randomUUID,
      logger: { info: quiet, warn: quiet, error(fields) { t.fail('an error was logged', fields) } }, metrics: { offered: quiet, answered() { one.answers += 1 }, abandoned() { one.abandoned += 1 }, ticketOpened: quiet },
    }),
  }
  await one.intake.start()
  one.tell({ type: 'resync', calls: alive.map((callId) => ({ call: arriving(callId, 1) })), unsure, at: performance.now(), restarted: false })
  t.teardown(() => one.intake.close())
  return one
}

t.test('the dead-man’s switch of those who wait is renewed, whatever happens to the clock', async (t) => {
  const one = await bench(t)
  const callers = [uuid(101), uuid(102), uuid(103)]
  for (const callId of callers) one.intake.onArrival(legOf(callId))
  await until('the first renewal', () => one.renewed.length > 0)
  t.same([...one.renewed[0] ?? []].sort(), callers, 'all of them at once')
  for (const hours of [-1, 1]) {
    const before = one.renewed.length
    one.ahead += hours * 3_600_000
    await until(`two more after the clock was set by ${hours} h`, () => one.renewed.length >= before + 2, 5_000)
  }
  one.switchboard.up = false
  const [down, counted] = [one.renewed.length, one.counted]
  // Longer than a renewal's interval, counted by the loop itself: it asks for the counters every 5 s and for nothing else.
  await until('the loop to go round', () => one.counted > counted, 12_000)
  t.equal(one.renewed.length, down, 'never over a link that is down')
})

t.test('that somebody takes calls here is said every two seconds, and no more once nobody does', async (t) => {
  const one = await bench(t)
  let said = 0
  Object.assign(one.switchboard, { sayAble() { said += 1 } })
  const round = async (): Promise<void> => {
    const before = one.counted
    // The loop asks for the counters every 5 s.
    await until('the loop to go round', () => one.counted > before, 12_000)
  }
  await round()
  t.equal(said, 0, 'nobody is here')
  one.intake.desk.attach({ operatorId: uuid(7), displayName: '', extension: '1007', skills: [] }, { ready: true })
  await round()
  t.ok(said >= 2 && said <= 4, String(said))
  for (const [what, quit] of [['he goes', () => { one.intake.desk.setReady(uuid(7), false) }], ['the link is down', () => { one.intake.desk.setReady(uuid(7), true); one.switchboard.up = false }]] as const) {
    quit()
    const before = said
    await round()
    t.equal(said, before, what)
  }
})

t.test('the loop stood still: FreeSWITCH is asked before the event that shows it rings anybody', async (t) => {
  const one = await bench(t)
  let [asked, rung] = [0, 0]
  Object.assign(one.switchboard, { reconcile() { asked += 1 }, offer() { rung += 1 } })
  one.intake.desk.attach({ operatorId: uuid(7), displayName: '', extension: '1007', skills: [] }, { ready: true })
  await until('the loop to turn', () => one.counted > 0)
  one.later += 1_600
  const before = asked
  one.intake.onArrival(legOf(uuid(901)))
  t.same([one.intake.room().calls.get(uuid(901))?.state, rung, asked], ['queued', 0, before + 1])
  one.tell({ type: 'resync', calls: [{ call: arriving(uuid(901), 1) }], at: performance.now() + one.later, restarted: false })
  t.same([one.intake.room().calls.get(uuid(901))?.state, rung], ['offered', 1], 'it has said how things stand')
})

t.test('a row of before the restart whose call FreeSWITCH does not know any more is ended', async (t) => {
  const row = (n: number, more: Partial<CallRecord> = {}): CallRecord => ({
    callId: uuid(n), caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'queued', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: 1, queuedAt: 1, ...more,
  })
  const one = await bench(t, { unfinishedCalls: () => Promise.resolve([row(201), row(202, { state: 'talking', answeredAt: 5, operatorId: uuid(1) }), row(203), row(204)]) }, [uuid(204)])
  t.same(one.lost, [uuid(201), uuid(202), uuid(203)])
  one.tell({ type: 'resync', calls: [{ call: arriving(uuid(204), 1) }], at: performance.now(), restarted: false })
  t.equal(one.lost.length, 3, 'once, and not the one that lives')
  t.same(one.saved.filter(({ endedAt }) => endedAt !== undefined), [], 'their records are left to those who know more')
})

t.test('a row of before whose call FreeSWITCH spoke of in a way that was not understood is not written off', async (t) => {
  const row = (n: number): CallRecord => ({
    callId: uuid(n), caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'talking', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: 1, queuedAt: 1,
  })
  const one = await bench(t, { unfinishedCalls: () => Promise.resolve([row(221), row(222), row(223)]) }, [], undefined, undefined, undefined, [uuid(221), uuid(222)])
  t.same(one.lost, [uuid(223)])
  one.tell({ type: 'resync', calls: [{ call: arriving(uuid(221), 1) }], at: performance.now(), restarted: false })
  t.same(one.lost, [uuid(223), uuid(222)], 'until a snapshot says that it is gone; who turns out to live stays')
})

t.test('rows of before are read again when PostgreSQL was away at the start, and what another FreeSWITCH has is left alone', async (t) => {
  const row = (n: number, host?: string): CallRecord => ({
    callId: uuid(n), caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', ...(host === undefined ? {} : { host }), state: 'queued', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: 1, queuedAt: 1,
  })
  let asked = 0
  let ended = 0
  const one = await bench(t, {
    unfinishedCalls() { asked += 1; return asked < 3 ? Promise.reject(new Error('away')) : Promise.resolve([row(211, 'north'), row(212, 'south'), row(213)]) },
    endMissed(ids) { ended += 1; if (ended < 2) return Promise.reject(new Error('away')); one.lost.push(...ids); return Promise.resolve() },
  })
  const look = (): void => { one.tell({ type: 'resync', calls: [], host: 'north', at: performance.now(), restarted: false }) }
  await until('a third reading', () => { if (asked < 3) look(); return asked === 3 })
  await until('the lost ones to be ended, PostgreSQL away once more', () => { look(); return one.lost.length > 0 })
  t.same(one.lost, [uuid(211), uuid(213)])
})

t.test('a talk of the native queue whose operator only the directory knows keeps nobody else waiting', async (t) => {
  const asked: string[] = []
  let answer: (operatorId: string | null) => void = quiet
  const one = await bench(t, {}, [], (extension) => { asked.push(extension); return new Promise((resolve) => { answer = resolve }) })
  const talk = (n: number) => ({ call: arriving(uuid(n), 1), leg: { legId: uuid(n + 50), extension: '1009', answeredAt: 5_000 }, parties: [], onHold: false })
  one.tell({ type: 'link.down', at: 1 })
  one.tell({ type: 'resync', calls: [talk(301), { call: arriving(uuid(302), 1), parties: [], onHold: false }], at: performance.now(), restarted: false })
  t.equal(one.intake.room().linkUp, true, 'offers go on')
  t.match(one.intake.room().calls.get(uuid(301)), { ended: null, answer: null })
  t.same(asked, ['1009'])
  answer(uuid(7))
  await until('his name', () => one.intake.room().calls.get(uuid(301))?.answer?.operatorId === uuid(7))
  t.match(one.intake.room().calls.get(uuid(301)), { state: 'talking', bridged: true })
  t.match(one.intake.room().calls.get(uuid(302)), { ended: null }, 'of the others it says nothing')
  one.tell({ type: 'resync', calls: [talk(301), talk(303)], at: performance.now(), restarted: false })
  t.same(asked, ['1009', '1009'], 'who is named is not looked up again')
  answer(null)
  await until('a talk with somebody unknown', () => one.intake.room().calls.get(uuid(303))?.answer?.operatorId === null)
})

t.test('a talk of the native queue, the directory away: whose it was is asked again, and the ticket is his then', async (t) => {
  let away = true
  const written = new Set<string>()
  const openTicket = ({ record, operatorId, insteadOf }: TicketOpening): Promise<Ticket> => { written.add(`${record.callId} ${operatorId} ${String(insteadOf)}`); return Promise.resolve({ id: record.callId, number: '1', version: 1 } as unknown as Ticket) }
  const one = await bench(t, { openTicket }, [], () => (away ? Promise.reject(new Error('PostgreSQL is away')) : Promise.resolve(uuid(7))))
  const talk = (n: number) => ({ call: arriving(uuid(n), 1), leg: { legId: uuid(n + 50), extension: '1007', answeredAt: 5_000 } })
  const look = (): void => { one.tell({ type: 'resync', calls: [talk(311)], at: performance.now(), restarted: false }) }
  const durable: boolean[] = []
  const leaves = (): void => { one.tell({ type: 'past', call: talk(312), endedAt: 9_000, cause: 'NORMAL_CLEARING', bridged: true, settled: (is) => { durable.push(is) } }) }
  look()
  leaves()
  await until('both tickets', () => written.size === 2 && durable.length === 1)
  t.same([...written].sort(), [`${uuid(311)}  undefined`, `${uuid(312)}  undefined`], 'nobody’s')
  t.same(durable, [false], 'the record of the one that is over is kept')
  let asked = 0
  one.switchboard.reconcile = () => { asked += 1 }
  one.intake.desk.attach({ operatorId: uuid(8), displayName: '', extension: '1008', skills: [] }, { ready: false })
  t.equal(asked, 1, 'it may be his whose desk comes up')
  away = false
  look()
  leaves()
  await until('both to have their operator', () => written.size === 4 && durable.length === 2)
  t.same([...written].slice(2).sort(), [`${uuid(311)} ${uuid(7)} null`, `${uuid(312)} ${uuid(7)} null`])
  t.same(durable, [false, true])
  t.match(one.intake.room().calls.get(uuid(311)), { state: 'talking', answer: { operatorId: uuid(7), at: 5_000 } })
})

t.test('a flow that asks who calls waits until he was looked up, and no flow waits longer than that', async (t) => {
  const played: string[] = []
  const say = (name: string): ReturnType<RunnableFlow['start']> => ({ state: { ...STATE, node: name }, commands: [{ type: 'play', prompts: [{ name, language: 'zh-CN' }] }] })
  const asking: RunnableFlow = { ...unmoving, start: ({ caller }) => say(caller.hints.includes('foreign-language') ? 'english' : `greeting-${caller.earlierCalls}`) }
  const leg = (n: number): CitizenLeg => ({ ...legOf(uuid(n)), perform(command) { if (command.type === 'play') played.push(command.prompts[0]?.name ?? ''); return Promise.resolve({ type: 'gone' }) } })
  const answers: ((context: CallerContext) => void)[] = []
  const one = await bench(t, {}, [], undefined, () => new Promise((resolve) => { answers.push(resolve) }), asking)
  one.intake.onArrival(leg(401))
  await new Promise(setImmediate)
  t.same(played, [], 'not before')
  answers[0]?.({ ...context(true), hints: [{ kind: 'foreign-language', text: '' }] })
  await until('the flow to begin', () => played.length === 1)
  t.same(played, ['english'])
  one.intake.onArrival(leg(402))
  answers[1]?.(context(false))
  await until('the flow to begin all the same', () => played.length === 2)
  t.equal(played[1], 'greeting-0', 'PostgreSQL is away: as if nothing were known')
  const unasking = await bench(t, {}, [], undefined, () => new Promise((resolve) => { answers.push(resolve) }), { ...unmoving, start: ({ caller }) => say(`greeting-${caller.number.length > 0}`) })
  unasking.intake.onArrival(leg(403))
  await until('a flow that does not ask', () => played.length === 3)
  answers[2]?.(context(true))
})

t.test('a caller whom another node hands over: his flow goes on by what he had said there, and waits for that no longer than a moment', async (t) => {
  const noise = { key: 'category', value: 'noise', node: 'menu', at: 20 } as const
  const record: CallRecord = {
    callId: uuid(451), caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'queued', class: 'standard', category: 'noise', language: 'en', tags: [noise], path: ['menu', 'known'], createdAt: 1, queuedAt: 1,
  }
  const resumed: FlowState[] = []
  const flow: RunnableFlow = { ...unmoving, resume(state) { resumed.push(state); return { state: { ...state, path: [...state.path, 'next'] }, commands: [{ type: 'hold', duration: 60_000, keys: false }] } } }
  const answers: ((record: CallRecord | null) => void)[] = []
  const one = await bench(t, { callRecord: () => new Promise((resolve) => { answers.push(resolve) }) }, [], undefined, undefined, flow)
  const handed = (n: number): CitizenLeg => ({ ...legOf(uuid(n)), perform: () => Promise.resolve({ type: 'gone' }), call: arriving(uuid(n), Date.now(), { queuedAt: 1, category: 'noise', language: 'en', flow: 'f:v:known' }) })
  one.intake.onArrival(handed(451))
  await new Promise(setImmediate)
  t.same([resumed.length, one.intake.room().waiting.size], [0, 1], 'he is in the queue meanwhile')
  answers[0]?.(record)
  await until('the flow', () => resumed.length === 1)
  t.match(resumed[0], { node: 'known', language: 'en', tags: [noise], path: ['menu', 'known'] })
  t.match(one.intake.room().calls.get(uuid(451)), { path: ['menu', 'known', 'next'], tags: [noise] }, 'his way, once')
  one.intake.onArrival(handed(452))
  await until('a flow that waits no more', () => resumed.length === 2)
  t.match(resumed[1], { tags: [{ key: 'category', value: 'noise' }], path: [] }, 'PostgreSQL is slow: what his channel says')
  answers[1]?.(null)
  one.elsewhere = true
  await until('him to be passed on', () => one.intake.room().calls.get(uuid(451))?.held === false, 12_000)
  one.intake.onArrival({ ...handed(451), call: arriving(uuid(451), Date.now(), { queuedAt: 1, category: 'noise', language: 'en', flow: 'f:v:after' }) })
  answers[2]?.({ ...record, path: ['menu', 'known', 'next', 'after'] })
  await until('the flow again', () => resumed.length === 3)
  t.match(resumed[2], { node: 'after', path: ['menu', 'known', 'next', 'after'] }, 'who comes back: where the other node left him')
  t.same(one.intake.room().calls.get(uuid(451))?.path, ['menu', 'known', 'next', 'after', 'next'])
})

t.test('a caller who comes anew before his old socket has closed: the old one is let go, and the new one is served', async (t) => {
  const { intake } = await bench(t)
  const callId = uuid(0x77)
  let released = 0
  let performed = 0
  intake.onArrival({ ...legOf(callId), release() { released += 1 } })
  const held = (): boolean | undefined => intake.room().calls.get(callId)?.held
  t.equal(held(), true)
  intake.onArrival({ ...legOf(callId), holdMusic() { performed += 1 }, perform() { performed += 1; return new Promise(quiet) } })
  t.same([released, held()], [1, true])
  await until('something for him to hear', () => performed > 0)
})

t.test('who came while the database was away is asked after again when he is offered, and no more often than that', async (t) => {
  let away = true
  const asked: { readonly number: string; readonly away: boolean }[] = []
  const { intake } = await bench(t, {}, [], undefined, ({ number }) => {
    asked.push({ number, away })
    return Promise.resolve(context(!away))
  })
  const known = (callId: string): boolean | undefined => intake.room().calls.get(callId)?.context.complete
  intake.onArrival(legOf(uuid(401)))
  await until('the first answer', () => asked.length === 1)
  away = false
  intake.desk.attach({ operatorId: uuid(7), displayName: '', extension: '1007', skills: [] }, { ready: true })
  t.equal(intake.room().calls.get(uuid(401))?.state, 'offered')
  await until('what the database knows', () => known(uuid(401)) === true)
  t.same(asked.map((one) => one.away), [true, false])
  intake.desk.attach({ operatorId: uuid(8), displayName: '', extension: '1008', skills: [] }, { ready: true })
  intake.onArrival(legOf(uuid(402)))
  t.equal(intake.room().calls.get(uuid(402))?.state, 'offered', 'at once')
  await until('his', () => known(uuid(402)) === true)
  t.equal(asked.length, 3, 'arrival and offer in one instant are one question')
})

t.test('who gave up is counted once: not before a late answer can be known, and by the node that had him', async (t) => {
  const nodes = [await bench(t), await bench(t)]
  const [first, second] = nodes as [Bench, Bench]
  const [gone, late, passed, end] = [uuid(501), uuid(502), uuid(503), uuid(504)]
  const hear = (event: SwitchEvent): void => { for (const node of nodes) node.tell(event) }
  second.intake.onArrival(legOf(end))
  first.intake.onArrival(legOf(passed))
  first.elsewhere = true
  await until('one to be passed on', () => first.intake.room().calls.get(passed)?.held === false, 12_000)
  second.intake.onArrival(legOf(passed))
  first.intake.desk.attach({ operatorId: uuid(7), displayName: '', extension: '1007', skills: [] }, { ready: true })
  for (const callId of [gone, late]) first.intake.onArrival(legOf(callId))
  // Each node sees the callers of the other in its snapshots, and hears of every end.
  hear({ type: 'resync', calls: [gone, late, passed, end].map((callId) => ({ call: arriving(callId, 1) })), at: performance.now(), restarted: false })
  for (const callId of [gone, late, passed]) hear({ type: 'call.ended', callId, cause: 'ORIGINATOR_CANCEL', at: Date.now() })
  hear({ type: 'leg.answered', legId: uuid(510), callId: late, operatorId: uuid(7), at: Date.now() })
  t.same([first.abandoned, second.abandoned], [0, 0], 'nothing is certain yet')
  for (const node of nodes) node.later += settings.keepEnded
  for (const node of nodes) await until('them to be forgotten', () => !node.intake.room().calls.has(gone) && !node.intake.room().calls.has(passed), 12_000)
  t.same([first.abandoned, second.abandoned], [1, 1], 'each its own, the one who was answered by neither')
})

t.test('an answer is counted once over all nodes, and its ticket says at which the operator sits', async (t) => {
  const openings: { readonly node: number; readonly callId: string; readonly here: boolean | undefined }[] = []
  const node = (n: number): Promise<Bench> => bench(t, {
    openTicket({ record, here }) {
      openings.push({ node: n, callId: record.callId, here })
      return Promise.resolve({ id: record.callId, number: '1', version: 1 } as unknown as Ticket)
    },
  })
  const nodes = [await node(0), await node(1)]
  const [first, second] = nodes as [Bench, Bench]
  const hear = (event: SwitchEvent): void => { for (const one of nodes) one.tell(event) }
  first.intake.desk.attach({ operatorId: uuid(7), displayName: '', extension: '1007', skills: [] }, { ready: false })
  const [mine, fallen, native, elsewhere] = [uuid(601), uuid(602), uuid(603), uuid(604)]
  first.intake.onArrival(legOf(mine))
  // In the second’s queue first, then in FreeSWITCH’s own, which rang the first’s operator; and one whom no node ever had.
  second.intake.onArrival(legOf(fallen))
  hear({ type: 'resync', calls: [mine, fallen, native, elsewhere].map((callId) => ({ call: arriving(callId, 1, callId === fallen || callId === mine ? { queuedAt: 1 } : {}) })), at: performance.now(), restarted: false })
  const answer = (callId: string, operatorId: string, leg: number): void => { hear({ type: 'leg.answered', legId: uuid(leg), callId, operatorId, at: Date.now() }) }
  answer(mine, uuid(7), 611)
  t.same([first.answers, second.answers], [1, 0])
  answer(fallen, uuid(7), 612)
  t.same([first.answers, second.answers], [1, 1], 'by the node that had him')
  answer(native, uuid(7), 613)
  t.same([first.answers, second.answers], [2, 1], 'by the node of the operator')
  answer(elsewhere, uuid(9), 614)
  t.same([first.answers, second.answers], [2, 1], 'what neither had is a third’s')
  t.same(openings.filter(({ here }) => here === true), [mine, fallen, native].map((callId) => ({ node: 0, callId, here: true })))
  t.equal(openings.length, 8, 'each node opens each ticket: the other may be dead the next moment')
})

t.test('FreeSWITCH’s clock goes forth an hour and back: how long callers will probably wait goes on being learnt', async (t) => {
  let expected = Infinity
  const estimating: RunnableFlow = { ...unmoving, start: ({ queue }) => { expected = queue.expectedWaitSeconds; return { state: STATE, commands: [] } } }
  const one = await bench(t, {}, [], undefined, undefined, estimating)
  let n = 0
  const answers = (ahead: number): void => {
    one.later += 5_000
    one.intake.onArrival({ ...legOf(uuid(700 + n)), call: { ...arriving(uuid(700 + n), Date.now() + ahead), toldAt: Date.now() + ahead } })
    one.tell({ type: 'leg.answered', legId: uuid(800 + n), callId: uuid(700 + n), operatorId: uuid(7), at: Date.now() + ahead })
    n += 1
  }
  answers(0)
  answers(3_600_000)
  for (let turn = 0; turn < 20; turn += 1) answers(0)
  one.intake.onArrival(legOf(uuid(799)))
  await until('a flow to ask', () => expected < Infinity)
  const [waiting] = [one.intake.room().waiting.size]
  t.ok(expected <= 8 * waiting, `five seconds a caller: ${expected} s for ${waiting}`)
})
