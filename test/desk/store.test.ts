import { randomUUID } from 'node:crypto'
import t from 'tap'
import { NO_WORK, type Ticket } from '../../src/contracts/ticket.js'
import { isUrgent, MOST_NOTICES, NOTICE_KINDS, type Notice } from '../../src/contracts/dispatch.js'
import type { OperatorView, ServerMessage } from '../../src/contracts/ws.js'
import { newerTicket as newer } from '../../src/contracts/newer-ticket.js'
import { leftOf } from '../../src/desk/ticket/left.js'
import { reduce } from '../../src/desk/store/reduce.js'
import { initialState, type DeskState } from '../../src/desk/store/state.js'

const me = (presence: OperatorView['presence']): OperatorView => ({ operatorId: ID, presence, since: 0 })
const ID = randomUUID()
const EPOCH = randomUUID()
const take = (state: DeskState, ...messages: ServerMessage[]): DeskState => messages.reduce((before, message) => reduce(before, { type: 'message', message, now: 1_000 }), state)
const welcome = (epoch = EPOCH): ServerMessage => ({ type: 'welcome', epoch, seat: 'active', practice: true, serverTime: 4_000 })
const says = (seq: number, presence: OperatorView['presence']): ServerMessage => ({ type: 'me', seq, me: me(presence) })
const begun = take(initialState, welcome(), { type: 'snapshot', seq: 5, snapshot: { me: me('ready'), call: null, ticket: null } })
const ticket = (version: number, provisional: boolean): Ticket => ({
  id: ID, number: provisional ? 'P-0001' : '100-0002', provisional, state: 'open', version,
  fields: { kind: null, category: null, place: '', point: null, description: '', callerName: '', callBack: false },
  outcome: null, unitId: null, operatorId: null, caller: { number: '', name: '', verified: false }, tags: [], openedAt: 0, answeredAt: 0, dispatchedAt: null, closedAt: null, work: NO_WORK,
})

t.test('each message is applied once and in order', async (t) => {
  t.equal(begun.skew, 3_000)
  const next = take(begun, says(6, 'ringing'), says(6, 'break'), says(5, 'break'))
  t.match(next, { seq: 6, gap: false, me: { presence: 'ringing' } })
})

t.test('a hole stops everything until the replay or a snapshot fills it', async (t) => {
  const holed = take(begun, says(7, 'talking'), says(8, 'wrap-up'))
  t.match(holed, { seq: 5, gap: true, me: { presence: 'ready' } })
  t.match(take(holed, welcome(), says(6, 'ringing'), says(7, 'talking')), { seq: 7, gap: false, me: { presence: 'talking' } }, 'replayed')
  t.match(take(holed, welcome(randomUUID()), { type: 'snapshot', seq: 2, snapshot: { me: me('break'), call: null, ticket: null } }), { seq: 2, gap: false, me: { presence: 'break' } }, 'another epoch begins anew')
})

t.test('of two copies of a ticket the one with more history stays; a final number replaces a provisional one', async (t) => {
  t.equal(newer(ticket(3, false), ticket(2, false)).version, 3)
  t.equal(newer(ticket(2, false), ticket(3, false)).version, 3)
  t.equal(newer(ticket(2, true), ticket(2, false)).provisional, false)
  t.equal(newer(ticket(2, false), ticket(2, true)).provisional, false)
  t.equal(newer(ticket(4, true), ticket(3, false)).provisional, false, 'a final one replaces a provisional one that counted more acts')
  t.equal(newer(ticket(3, false), ticket(4, true)).provisional, false, 'and is never replaced by one')
})

t.test('a ticket opened by hand follows what is acknowledged, and only that ticket', async (t) => {
  const opened = reduce(begun, { type: 'opened', ticket: ticket(1, false) })
  t.equal(reduce(opened, { type: 'acted', ticket: ticket(2, false) }).opened?.version, 2)
  t.equal(reduce(opened, { type: 'acted', ticket: { ...ticket(9, false), id: randomUUID() } }).opened?.version, 1)
  t.equal(reduce(opened, { type: 'opened', ticket: null }).opened, null)
  t.equal(reduce(begun, { type: 'acted', ticket: ticket(2, false) }).opened, null)
})

t.test('a ticket that left the unit leaves its lists with the act itself, for no more is told of it; its page says how', async (t) => {
  const own: Ticket = { ...ticket(3, false), state: 'in-progress', unitId: 'municipal-works' }
  const back = (times: number): Ticket => ({ ...own, version: 4, state: times === 2 ? 'ruling' : 'returned', unitId: null, work: { ...NO_WORK, returns: Array.from({ length: times }, () => ({ unitId: 'municipal-works', duty: 'RD-02', note: '', at: 0 })) } })
  const opened = reduce(begun, { type: 'opened', ticket: own })
  t.match(reduce(opened, { type: 'acted', ticket: back(1) }).changed, { ticketId: ID, version: 4 }, 'lists are read again')
  t.equal(reduce(opened, { type: 'acted', ticket: { ...own, version: 4 } }).changed, null, 'what stays is told by the websocket')
  t.equal(leftOf(own, 'municipal-works', false), null)
  t.equal(leftOf({ ...own, work: { ...NO_WORK, assist: ['drainage'] } }, 'drainage', false), null, 'who assists has it')
  t.equal(leftOf(back(1), 'municipal-works', false), 'returned')
  t.equal(leftOf(back(2), 'municipal-works', false), 'ruling')
  t.equal(leftOf({ ...own, unitId: 'drainage' }, 'municipal-works', false), 'gone')
  t.equal(leftOf(own, 'municipal-works', true), 'gone', 'taken away: the server knows no such ticket of this unit')
})

t.test('a call that was over when the server came back is told of, not merely gone', async (t) => {
  const call = { type: 'call', seq: 6, call: { callId: ID } } as ServerMessage
  const talking = take(begun, call, says(7, 'talking'))
  const restarted = take(talking, welcome(randomUUID()), { type: 'snapshot', seq: 0, snapshot: { me: me('ready'), call: null, ticket: null } })
  t.match(restarted, { call: null, gone: { callId: ID, reason: 'lost' } })
  t.equal(take(begun, welcome(randomUUID()), { type: 'snapshot', seq: 0, snapshot: { me: me('ready'), call: null, ticket: null } }).gone, null, 'nothing was lost where nothing was')
  const papers = take(take(talking, { type: 'ticket', seq: 8, ticket: ticket(1, false) }), welcome(randomUUID()), { type: 'snapshot', seq: 0, snapshot: { me: { ...me('wrap-up'), since: 900, callId: ID }, call: null, ticket: null } })
  t.match(papers, { call: { callId: ID, endedAt: undefined }, ticket: { id: ID }, gone: null }, 'paper work of a call that the server does not know: the form stays')
  t.match(take(papers, { type: 'call.gone', seq: 1, callId: ID, reason: 'ended' }), { call: null, ticket: null }, 'until it is over')
  t.equal(restarted.welcomes, begun.welcomes + 1, 'what was read before is read again')
})

const notice = (kind: Notice['kind'], ticketId: string, at: number): Notice => ({ id: randomUUID(), kind, unitId: null, ticketId, number: '100-0002', text: { zh: '', en: '' }, category: null, place: '', priority: 'normal', hazard: false, dueAt: null, at })
const told = (state: DeskState, ...notices: Notice[]): DeskState => take(state, ...notices.map((one): ServerMessage => ({ type: 'notice', notice: one })))

t.test('an alarm about a delivery stands once; it and all that the hall is told only as long as the server says so; what a unit was told stays until it is put away', async (t) => {
  const [other, first, second, third, report] = [{ ...notice('extension-answered', ID, 1), unitId: 'municipal-works' }, notice('undelivered', ID, 2), notice('undelivered', ID, 3), notice('undelivered', randomUUID(), 4), notice('reported', ID, 5)]
  const shown = ({ notices }: DeskState): string[] => notices.map(({ id }) => id)
  const alarmed = told(begun, other, first, third, second)
  t.same(shown(alarmed), [second.id, third.id, other.id])
  const [gas, fire, gasAgain] = [{ ...notice('undelivered', ID, 6), about: 'gas-company' }, { ...notice('undelivered', ID, 7), about: 'fire-rescue' }, { ...notice('undelivered', ID, 8), about: 'gas-company' }]
  t.same(shown(told(begun, gas, fire, gasAgain)), [gasAgain.id, fire.id], 'of each unit that does not hear')
  t.equal(take(alarmed, { type: 'ticket.changed', ticketId: randomUUID(), version: 2 }).alarms, 0)
  t.equal(take(alarmed, { type: 'ticket.changed', ticketId: ID, version: 2 }).alarms, 1, 'it may be over: the server is asked')
  t.equal(take(told(begun, report), { type: 'ticket.changed', ticketId: ID, version: 2 }).alarms, 1)
  t.equal(take(told(begun, other), { type: 'ticket.changed', ticketId: ID, version: 2 }).alarms, 0)
  t.same(shown(reduce(alarmed, { type: 'noticesRead', notices: [third], before: alarmed.notices })), [third.id, other.id], 'delivered')
  t.same(shown(reduce(alarmed, { type: 'noticesRead', notices: [second, third, first], before: alarmed.notices })), [second.id, third.id, other.id], 'still standing')
  t.same(reduce(alarmed, { type: 'noticesRead', notices: [{ ...second, hazard: !second.hazard }, third], before: alarmed.notices }).notices.map(({ hazard }) => hazard), [!second.hazard, third.hazard, other.hazard], 'made safe meanwhile, it stands and is no danger')
  const reported = told(alarmed, report)
  t.same(shown(reduce(reported, { type: 'noticesRead', notices: [second, third], before: reported.notices })), [second.id, third.id, other.id], 'somebody looked at the report')
  t.ok(shown(reduce(reported, { type: 'noticesRead', notices: [second, third], before: alarmed.notices })).includes(report.id), 'what came while the server was asked is not over')
  for (const kind of ['disputed', 'incident', 'conflict', 'raised', 'referred', 'warn'] as const) {
    const news = told(begun, notice(kind, ID, 1))
    t.equal(take(news, { type: 'ticket.changed', ticketId: ID, version: 2 }).alarms, 1, kind)
    t.same(shown(reduce(news, { type: 'noticesRead', notices: [], before: news.notices })), [], kind)
  }
})

t.test('what is urgent, one list for the ear, the banner and what is kept before news: at a unit, in the hall', async (t) => {
  const urgent = (unitId: string | null): string[] => NOTICE_KINDS.filter((kind) => isUrgent({ kind, unitId }))
  t.same(urgent('municipal-works'), ['dispatch', 'urge', 'supervise', 'undelivered', 'ruling-wanted', 'incident', 'redo', 'raised', 'changed', 'conflict'])
  t.same(urgent(null), ['dispatch', 'undelivered', 'ruling-wanted', 'incident', 'redo', 'raised', 'changed', 'conflict'], 'that a unit was urged is news to the hall')
  t.ok(isUrgent({ kind: 'warn', clock: 'safe', unitId: null }), 'a danger that nobody guards')
  t.same([true, false].map((hazard) => isUrgent({ kind: 'disputed', unitId: null, hazard })), [true, false], 'a danger of which a unit says that it is not its own')
  const urge = { ...notice('urge', ID, 1), unitId: 'municipal-works' }
  t.equal(told(begun, urge, ...Array.from({ length: MOST_NOTICES }, (_, n) => notice('reported', randomUUID(), 2 + n))).notices.at(-1)?.id, urge.id, 'and is pushed off by none')
})

t.test('news pushes no alarm off the desk', async (t) => {
  const alarm = notice('undelivered', ID, 1)
  const much = told(begun, alarm, ...Array.from({ length: 3 * MOST_NOTICES }, (_, n) => notice('reported', randomUUID(), 2 + n)))
  t.equal(much.notices.length, MOST_NOTICES)
  t.same([much.notices.at(-1)?.id, much.notices[0]?.at, much.notices.at(-2)?.at], [alarm.id, 1 + 3 * MOST_NOTICES, 1 + 3 * MOST_NOTICES - (MOST_NOTICES - 2)], 'the newest stay')
  const alarms = told(begun, ...Array.from({ length: MOST_NOTICES + 1 }, (_, n) => notice('undelivered', randomUUID(), n)), notice('reported', ID, 999))
  t.same([alarms.notices.length, alarms.notices[0]?.at, alarms.notices.at(-1)?.at], [MOST_NOTICES, 999, 2])
})

t.test('the last half hour of the queue comes with the welcome, on this workstation’s clock, and goes on from there', async (t) => {
  const begin: ServerMessage = { type: 'welcome', epoch: EPOCH, seat: 'active', practice: true, serverTime: 4_000, trend: [{ at: 1_000, waiting: 2 }, { at: 3_500, waiting: 5 }] }
  const first = reduce(initialState, { type: 'message', message: begin, now: 10_000 })
  t.same(first.trend, [{ at: 7_000, waiting: 2 }, { at: 9_500, waiting: 5 }])
  const queue = (waiting: number): ServerMessage => ({ type: 'queue', queue: { waiting, waitingEmergency: 0, longestWaitSeconds: 0, ready: 0, ringing: 0, talking: 0, wrapUp: 0, onBreak: 0, answeredToday: 0, answeredInTimeToday: 0, promisedToday: 0, abandonedToday: 0 } })
  const next = reduce(reduce(first, { type: 'message', message: queue(5), now: 20_000 }), { type: 'message', message: queue(1), now: 30_000 })
  t.same(next.trend.at(-1), { at: 30_000, waiting: 1 })
  t.equal(next.trend.length, 3, 'no change, no point')
  const late = reduce(next, { type: 'message', message: queue(4), now: 40 * 60_000 })
  t.same(late.trend, [{ at: 30_000, waiting: 1 }, { at: 40 * 60_000, waiting: 4 }], 'what held at the beginning of the half hour stays')
})
