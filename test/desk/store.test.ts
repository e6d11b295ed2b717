import { randomUUID } from 'node:crypto'
import t from 'tap'
import { NO_WORK, type Ticket } from '../../src/contracts/ticket.js'
import type { OperatorView, ServerMessage } from '../../src/contracts/ws.js'
import { newer, reduce } from '../../src/desk/store/reduce.js'
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
})

t.test('a ticket opened by hand follows what is acknowledged, and only that ticket', async (t) => {
  const opened = reduce(begun, { type: 'opened', ticket: ticket(1, false) })
  t.equal(reduce(opened, { type: 'acted', ticket: ticket(2, false) }).opened?.version, 2)
  t.equal(reduce(opened, { type: 'acted', ticket: { ...ticket(9, false), id: randomUUID() } }).opened?.version, 1)
  t.equal(reduce(opened, { type: 'opened', ticket: null }).opened, null)
  t.equal(reduce(begun, { type: 'acted', ticket: ticket(2, false) }).opened, null)
})
