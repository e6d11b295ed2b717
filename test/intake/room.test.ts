import t from 'tap'
import { byUrgency, isHeldBack, match } from '../../src/intake/core/match.js'
import type { RoomEvent } from '../../src/intake/core/event.js'
import { emptyRoom, isBalking } from '../../src/intake/core/room.js'
import { step } from '../../src/intake/core/step.js'
import { A, arrive, attach, B, C1, C2, env, legOf, play, ready, tag, ticket, up } from './play.js'
import { arriving, settings, uuid } from './world.js'

t.test('the caller is queued at once, and the flow starts beside it', async (t) => {
  const { room, commands } = play([[1, up], [10, arrive(C1)]])
  t.equal(room.calls.get(C1)?.state, 'queued')
  t.match(commands.find((command) => command.type === 'run-flow'), { callId: C1, resume: false })
  t.strictSame(play([[11, arrive(C1)]], room).of('run-flow'), [], 'the same connect twice starts no second flow')
})

t.test('a call that comes back is resumed with its seniority, not greeted again', async (t) => {
  for (const [name, call] of [
    ['recovered', { ...arriving(C1, 10), recovered: true }],
    ['mirrored by another node', arriving(C1, 10, { queuedAt: 5, category: 'noise' })],
  ] as const) {
    const { room, of } = play([[1, up], [100, { type: 'call.arrived', call }]])
    t.match(of('run-flow'), [{ resume: true }], name)
    t.equal(room.calls.get(C1)?.queuedAt, call.mirror.queuedAt ?? 100, name)
  }
})

t.test('who is offered which call', async (t) => {
  const two = play([[1, up], [2, attach(A)], [3, attach(B)], [4, ready(B)], [5, ready(A)]]).room
  t.match(play([[10, arrive(C1)]], two).of('offer'), [{ request: { operatorId: B, callId: C1 } }], 'longest idle first')
  const waiting = play([[1, up], [10, arrive(C1)], [20, arrive(C2)], [21, tag(C2, 'fire')], [30, attach(A)]]).room
  t.match(play([[31, ready(A)]], waiting).of('offer'), [{ request: { callId: C2 } }], 'emergency class first')
  const skilled = play([[1, up], [2, attach(A, ['water'])], [3, attach(B, ['noise'])], [4, ready(A)], [10, arrive(C1)]]).room
  t.equal(skilled.calls.get(C1)?.state, 'offered', 'an untagged caller goes to anyone')
  const specialist = play([[1, up], [2, attach(A, ['water'])], [3, attach(B, ['noise'])], [4, ready(B)], [5, ready(A)], [6, { type: 'link.down', at: 6 }], [10, arrive(C1)], [11, tag(C1, 'water')], [12, up]])
  t.match(specialist.of('offer'), [{ request: { operatorId: A } }], 'skill before idle time')
  const nobodyAble = play([[1, up], [3, attach(B, ['noise'])], [4, ready(B)], [6, { type: 'link.down', at: 6 }], [10, arrive(C1)], [11, tag(C1, 'water')]]).room
  t.match(play([[12, up]], nobodyAble).of('offer'), [{ request: { operatorId: B } }], 'nobody at a desk has the skill: it binds nobody')
  const busySpecialist = play([[1, up], [2, attach(A, ['water'])], [3, ready(A)], [4, arrive(C2)], [5, attach(B, ['noise'])], [6, { type: 'link.down', at: 6 }], [7, arrive(C1)], [8, tag(C1, 'water')], [9, ready(B)], [10, { ...up, calls: [{ call: arriving(C1, 7) }, { call: arriving(C2, 4) }] }]])
  t.equal(busySpecialist.of('offer').length, 1, 'the specialist is on another call: wait for him')
  t.match(play([[7 + settings.skillOverflow, { type: 'tick' }]], busySpecialist.room).of('offer').at(-1), { request: { operatorId: B } }, 'until the overflow')
  const atOnce = (...events: readonly RoomEvent[]) => events.reduce((room, event, at) => step(room, event, { ...env(at), settings: { ...settings, skillOverflow: 0 } }).room, emptyRoom)
  const busy = atOnce(up, attach(A, ['water']), ready(A), arrive(C2), attach(B, ['noise']), ready(B), arrive(C1), tag(C1, 'water'))
  t.same([...busy.calls.values()].map(({ state, offer }) => [state, offer?.operatorId]), [['offered', A], ['offered', B]], 'where nobody is to wait, a ready operator is offered him though he does not know it')
  const idle = atOnce(up, attach(A, ['water']), attach(B, ['noise']), ready(B), ready(A), { type: 'link.down', at: 5 }, arrive(C1), tag(C1, 'water'), up)
  t.equal(idle.calls.get(C1)?.offer?.operatorId, A, 'and whoever knows it goes first all the same')
  t.strictSame(match(emptyRoom, 0, settings), [])
})

t.test('demoted calls come last and never take the last operator; a key ends the demotion', async (t) => {
  const demoted = (id: string, at: number): RoomEvent => ({ type: 'call.arrived', call: { ...arriving(id, at), mirror: { class: 'demoted' } } })
  const [C3, C4] = [uuid(0xc3), uuid(0xc4)]
  const waiting = play([[1, up], [10, demoted(C1, 10)], [20, arrive(C2)], [30, attach(A)]]).room
  t.match(play([[31, ready(A)]], waiting).of('offer'), [{ request: { callId: C2 } }], 'the later ordinary call first')
  const flood = play([[1, up], [2, attach(A)], [3, ready(A)], [4, attach(B)], [5, ready(B)], [10, demoted(C1, 10)], [11, demoted(C3, 11)], [12, demoted(C4, 12)]])
  t.match(flood.of('offer').map(({ request }) => request.callId), [C1], 'one of two operators')
  t.match(play([[20, arrive(C2)]], flood.room).of('offer'), [{ request: { callId: C2 } }], 'the other one is there for an ordinary call')
  t.match(play([[20, tag(C4, 'fire')]], flood.room).of('offer'), [{ request: { callId: C4 } }], 'and for one who says what it is about')
  const alone = play([[1, up], [2, attach(A)], [3, ready(A)], [10, demoted(C1, 10)]])
  t.match(alone.of('offer'), [{ request: { callId: C1 } }], 'a single operator serves them when nobody else waits')
})

t.test('two numbers: who dialled the emergency number goes first, whatever anybody pressed; the other one’s callers never take the last operator, unless their keys say that it is an emergency', async (t) => {
  const other = (id: string, at: number): RoomEvent => ({ type: 'call.arrived', call: { ...arriving(id, at), calledNumber: '12345', yields: true } })
  const demoted = (id: string, at: number): RoomEvent => ({ type: 'call.arrived', call: { ...arriving(id, at), mirror: { class: 'demoted' } } })
  const ids = [0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6].map(uuid)
  const [D = '', O1 = '', O2 = '', K = '', P = '', F = ''] = ids
  const waiting = play([[1, up], [10, demoted(D, 10)], [11, other(O1, 11)], [12, other(O2, 12)], [13, { type: 'call.queue', callId: O2, priority: 9 }], [14, other(K, 14)], [15, tag(K, 'fire')], [16, arrive(P)], [17, tag(P, 'noise')], [18, arrive(F)], [19, tag(F, 'fire')]])
  const order = [...waiting.room.calls.values()].sort(byUrgency).map(({ callId }) => callId)
  t.same(order.map((id) => ids.indexOf(id)), [5, 4, 3, 2, 1, 0], 'fire at 110, noise at 110, fire at 12345, what a flow prefers there, the rest, demoted')

  const hall = play([[1, up], [2, attach(A)], [3, ready(A)], [4, attach(B)], [5, ready(B)], [10, other(O1, 10)], [11, other(O2, 11)]])
  t.match(hall.of('offer').map(({ request }) => request.callId), [O1], 'one of two operators')
  t.match(play([[20, arrive(P)]], hall.room).of('offer'), [{ request: { callId: P } }], 'the other one is there for 110')
  t.match(play([[20, tag(O2, 'fire')]], hall.room).of('offer'), [{ request: { callId: O2 } }], 'and for whoever says that it is an emergency')
  t.match(play([[1, up], [2, attach(A)], [3, ready(A)], [10, other(O1, 10)]]).of('offer'), [{ request: { callId: O1 } }], 'a single operator serves them when nobody else waits')
  const onBreak = play([[1, up], [2, attach(A)], [3, ready(A)], [4, attach(B)], [5, ready(B)], [6, attach('00000000-0000-4000-8000-00000000000c')], [10, other(O1, 10)], [11, other(O2, 11)]])
  t.same(onBreak.of('offer').length, 1, 'who is on a break is nobody’s reserve')
  t.same(play([[1, up], [2, attach(A)], [3, ready(A)], [4, attach(B)], [5, ready(B)], [10, arrive(O1)], [11, arrive(O2)]]).of('offer').length, 2, 'of one number nobody is held back')

  // A talk that no operator here has, and whoever has had one and waits again, takes no place of theirs: two operators, both free.
  const talk = (leg: string, operatorId: string): [number, RoomEvent][] => [[20, { type: 'leg.answered', callId: O1, legId: leg, operatorId, at: 20 }], [21, { type: 'call.bridged', callId: O1, legId: leg, at: 21 }]]
  const elsewhere = play([[1, up], [10, other(O1, 10)], ...talk(uuid(0xd1), '00000000-0000-4000-8000-00000000000e'), [30, attach(A)], [31, ready(A)], [32, attach(B)], [33, ready(B)]]).room
  t.match(play([[40, other(O2, 40)]], elsewhere).of('offer').map(({ request }) => request.callId), [O2], 'he talks with somebody of another node')
})

t.test('what a flow says without a key of the caller’s ends no demotion, and lifts nobody over those who are kept from the reserved operators', async (t) => {
  const demoted: RoomEvent = { type: 'call.arrived', call: { ...arriving(C1, 10), mirror: { class: 'demoted' } } }
  const other: RoomEvent = { type: 'call.arrived', call: { ...arriving(C1, 10), calledNumber: '12345', yields: true } }
  const byItself: RoomEvent = { type: 'call.tagged', callId: C1, tag: { key: 'category', value: 'fire', node: 'urgent', at: 20 } }
  const queue = (queueClass: 'emergency' | 'standard', keyed: boolean): RoomEvent => ({ type: 'call.queue', callId: C1, class: queueClass, keyed })
  const after = (...events: readonly RoomEvent[]) => play([up, ...events].map((event, n) => [n + 1, event] as const))
  const found = (...events: readonly RoomEvent[]) => { const call = after(...events).room.calls.get(C1); return [call?.class, call?.category, call !== undefined && isHeldBack(call)] }
  for (const keyed of [false, true]) for (const one of ['standard', 'emergency'] as const) t.same(found(demoted, queue(one, keyed)), ['demoted', null, true], `a queue node, ${one}`)
  t.same(found(demoted, byItself), ['demoted', 'fire', true], 'a tag node: the operator sees it')
  t.same(found(demoted, byItself, tag(C1, 'fire')), ['emergency', 'fire', false], 'a key that says the same ends it')
  t.same(after(demoted, byItself, tag(C1, 'fire')).of('mirror').at(-1)?.facts, { category: 'fire', class: 'emergency' }, 'and another node is told')
  t.same(found(other, queue('emergency', false)), ['standard', null, true], 'a queue node at the other number')
  t.same(found(other, byItself), ['standard', 'fire', true])
  t.same(found(other, queue('emergency', true)), ['emergency', null, false], 'his key led there')
  t.same(found(other, tag(C1, 'fire'), queue('standard', false)), ['standard', 'fire', true], 'a flow may say that it is less')
  t.same(found(arrive(C1), queue('emergency', false)), ['emergency', null, false], 'at the emergency number nobody is held back')
  t.same(found(arrive(C1), byItself), ['emergency', 'fire', false])
})

t.test('an offer that comes to nothing: next operator in the same step, the first is marked', async (t) => {
  for (const [cause, presence, reason] of [
    ['NO_ANSWER', 'missed', 'not-answered'], ['CALL_REJECTED', 'missed', 'rejected'], ['USER_NOT_REGISTERED', 'unreachable', 'unreachable'],
    ['USER_BUSY', 'paused', 'failed'], ['SWITCH_CONGESTION', 'paused', 'failed'], ['NORMAL_TEMPORARY_FAILURE', 'paused', 'failed'], ['RECOVERY_ON_TIMER_EXPIRE', 'paused', 'failed'], ['NETWORK_OUT_OF_ORDER', 'paused', 'failed'],
  ] as const) {
    const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [4, attach(B)], [5, ready(B)], [10, arrive(C1)]]).room
    const after = play([[20, { type: 'leg.ended', legId: legOf(offered, C1), callId: C1, operatorId: A, cause, at: 20 }]], offered)
    t.match(after.of('offer'), [{ request: { operatorId: B } }], cause)
    t.equal(after.room.operators.get(A)?.presence, presence, cause)
    t.match(after.of('show-gone'), [{ operatorId: A, reason }], cause)
  }
  const ringing = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const declined = play([[11, { type: 'leg.ringing', legId: legOf(ringing, C1), callId: C1, operatorId: A, at: 11 }], [20, { type: 'leg.ended', legId: legOf(ringing, C1), callId: C1, operatorId: A, cause: 'USER_BUSY', at: 20 }]], ringing)
  t.match([declined.room.operators.get(A)?.presence, declined.of('show-gone')], ['missed', [{ reason: 'rejected' }]], 'busy after it rang: declined by hand at the telephone')
  const away = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const unreachable = play([[20, { type: 'leg.ended', legId: legOf(away, C1), callId: C1, operatorId: A, cause: 'SUBSCRIBER_ABSENT', at: 20 }]], away).room
  t.match(play([[30, { type: 'phone.registered', extension: '1001', at: 30 }]], unreachable).of('offer'), [{ request: { operatorId: A } }], 'his phone is back: he is ready by himself')
})

t.test('a telephone that rings after it was told to ring no more is told again, whatever has become of the call', async (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const rings: RoomEvent = { type: 'leg.ringing', legId, callId: C1, operatorId: A, at: 21 }
  const left = play([[20, { type: 'call.ended', callId: C1, cause: 'ORIGINATOR_CANCEL', at: 20 }]], offered)
  t.match(left.of('end-leg'), [{ legId, cause: 'ORIGINATOR_CANCEL' }])
  const again = play([[21, rings]], left.room)
  t.match(again.of('end-leg'), [{ legId, cause: 'ORIGINATOR_CANCEL' }], 'FreeSWITCH had no channel for it yet')
  const over = play([[22, { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'ORIGINATOR_CANCEL', at: 22 }]], left.room)
  t.match(play([[23, rings]], over.room).of('end-leg'), [{ legId }], 'nobody is offered there any more')
  t.same(play([[21, rings]], offered).of('end-leg'), [], 'and never otherwise')
})

t.test('who fell to the native queue is not taken out of it by a renewal that came too late', async (t) => {
  t.same(play([[1, up], [10, arrive(C1)], [20, { type: 'call.fallback', callId: C1, at: 20 }]]).of('clear-switch'), [{ type: 'clear-switch', callId: C1 }])
})

t.test('whose telephone is gone is not ready, whatever brings him there, until it is back', async (t) => {
  const gone: RoomEvent = { type: 'phone.unregistered', extension: '1001', at: 1 }
  const back: RoomEvent = { ...gone, type: 'phone.registered' }
  const presence = (events: [number, RoomEvent][]): string | undefined => play(events).room.operators.get(A)?.presence
  t.equal(presence([[1, up], [2, gone], [3, attach(A)], [4, ready(A)]]), 'unreachable', 'his desk comes later')
  t.equal(presence([[1, up], [3, attach(A)], [4, ready(A)], [5, gone], [6, ready(A)]]), 'unreachable', 'a click changes nothing')
  t.equal(presence([[1, up], [2, gone], [3, attach(A)], [4, ready(A)], [5, back]]), 'ready')
  t.equal(play([[1, up], [2, gone], [3, attach(A)], [4, ready(A)]]).room.able, 0, 'no caller is promised to him')
})

t.test('a telephone that goes away while it rings: the caller does not wait for its time to run out', async (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const gone = play([[20, { type: 'phone.unregistered', extension: '1001', at: 20 }]], offered)
  t.match(gone.of('end-leg'), [{ legId, cause: 'ORIGINATOR_CANCEL' }])
  const after = play([[21, { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'ORIGINATOR_CANCEL', at: 21 }]], gone.room)
  t.equal(after.room.operators.get(A)?.presence, 'unreachable')
  t.match(after.of('show-gone'), [{ operatorId: A, reason: 'unreachable' }])
  t.equal(after.room.calls.get(C1)?.state, 'queued')
  t.match(play([[30, { type: 'phone.registered', extension: '1001', at: 30 }]], after.room).of('offer'), [{ request: { operatorId: A } }])
})

t.test('the telephone in the browser is lost in mid-talk: the citizen comes back with his ticket, to this operator if his is the first that is there again', async (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const talking = play([
    [20, { type: 'leg.answered', legId, callId: C1, operatorId: A, at: 20 }], [21, { type: 'call.bridged', callId: C1, legId, at: 21, answeredAt: 20 }], [22, { type: 'call.released', callId: C1 }], [23, ticket(C1)],
  ], offered).room
  t.same(play([[24, { type: 'phone.unregistered', extension: '1001', at: 24 }]], talking).commands, [], 'a registration that ends is no end of a talk')
  for (const stranger of [{ operatorId: B, callId: C1 }, { operatorId: A, callId: C2 }]) t.same(play([[24, { type: 'operator.phone-lost', ...stranger }]], talking).commands, [])

  const lost = play([[30, { type: 'operator.phone-lost', operatorId: A, callId: C1 }]], talking)
  t.match(lost.of('end-leg'), [{ legId, cause: 'MEDIA_TIMEOUT' }], 'as FreeSWITCH would end it by itself: no hanging up')
  t.match(lost.of('show-gone'), [{ operatorId: A, reason: 'unreachable' }])
  t.equal(lost.room.operators.get(A)?.presence, 'unreachable')
  const back = play([
    [31, { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'MEDIA_TIMEOUT', at: 31, answeredAt: 20 }], [32, arrive(C1)], [40, { type: 'phone.registered', extension: '1001', at: 40 }],
  ], lost.room)
  t.same(back.of('end-call'), [], 'nobody hung up')
  t.match(back.of('offer'), [{ request: { callId: C1, operatorId: A } }])
  const again = play([[50, { type: 'leg.answered', legId: legOf(back.room, C1), callId: C1, operatorId: A, at: 50 }]], back.room)
  t.same(again.of('open-ticket'), [])
  t.match(again.of('show-ticket'), [{ operatorId: A, ticket: { id: C1 } }], 'on the ticket that is open')
})

t.test('a guest whose telephone in the browser dies leaves the talk and is not ready without one', async (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [4, attach(B)], [5, ready(B)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const asked = play([
    [20, { type: 'leg.answered', legId, callId: C1, operatorId: A, at: 20 }], [21, { type: 'call.bridged', callId: C1, legId, at: 21, answeredAt: 20 }], [22, { type: 'call.released', callId: C1 }], [23, ticket(C1)],
    [24, { type: 'operator.consult', operatorId: A, callId: C1, to: { operatorId: B } }],
  ], offered)
  const guest = asked.room.calls.get(C1)?.parties[0]?.legId ?? ''
  t.not(guest, '', 'he is rung')
  const talking = play([[25, { type: 'party.answered', legId: guest, callId: C1, at: 25 }]], asked.room).room
  t.match(talking.operators.get(B), { presence: 'talking', callId: C1 })
  const lost = play([[30, { type: 'operator.phone-lost', operatorId: B, callId: C1 }], [31, { type: 'party.ended', legId: guest, callId: C1, cause: 'MEDIA_TIMEOUT', at: 31 }]], talking)
  t.equal(lost.room.operators.get(B)?.presence, 'unreachable')
  t.match(lost.room.operators.get(A), { presence: 'talking', callId: C1 })
  t.match(play([[40, { type: 'phone.registered', extension: lost.room.operators.get(B)?.profile.extension ?? '', at: 40 }]], lost.room).room.operators.get(B), { presence: 'ready' })
})

/** A switch that refuses every offer with `cause` until `until`, ticked every 250 ms. */
function refusing(cause: string, operators: readonly string[], until: number, from = emptyRoom) {
  const offers: { readonly at: number; readonly operatorId: string }[] = []
  let room = play([[1, up], ...operators.flatMap((id) => [[2, attach(id)], [3, ready(id)]] as [number, RoomEvent][]), [10, arrive(C1)]], from).room
  const refuse = (now: number): void => {
    for (let offer = room.calls.get(C1)?.offer; offer != null; offer = room.calls.get(C1)?.offer) {
      offers.push({ at: now, operatorId: offer.operatorId })
      now += 1 // an offer's id is made of its time
      if (offers.length > 10_000) throw new Error('it loops')
      room = play([[now, { type: 'leg.ended', legId: offer.legId, callId: C1, operatorId: offer.operatorId, cause, at: now }]], room).room
    }
  }
  refuse(10)
  for (let now = 250; now < until; now += 250) {
    room = play([[now, { type: 'tick' }]], room).room
    refuse(now)
  }
  return { room, offers }
}

t.test('a switch that refuses every leg costs nobody his seat, and burns through nobody', async (t) => {
  const operators = Array.from({ length: 30 }, (_, n) => uuid(n + 1))
  for (const cause of ['SWITCH_CONGESTION', 'NORMAL_TEMPORARY_FAILURE', 'USER_BUSY', 'DESTINATION_OUT_OF_ORDER']) {
    const { room, offers } = refusing(cause, operators, 60_000)
    const busiest = Math.max(...offers.map(({ at }) => offers.filter((other) => other.at >= at && other.at < at + 1_000).length))
    t.ok(busiest <= 3, `${cause}: ${busiest} offers within a second`)
    const gaps = offers.slice(1).map(({ at }, index) => at - (offers[index]?.at ?? 0))
    t.ok(Math.max(...gaps) <= 1_000, `${cause}: the next one is asked within a second, as long as there is one (${Math.max(...gaps)} ms)`)
    const well = play([[60_000, { type: 'tick' }], [80_000, { type: 'tick' }]], room)
    t.equal(well.of('offer').length, 1, `${cause}: the switch is well again, the caller is offered`)
    t.same(well.room.operators.values().filter(({ presence }) => presence !== 'ready' && presence !== 'ringing'), [], `${cause}: all are back without a hand`)
  }
})

t.test('three refusals of the switch itself in a row, of two operators where there are two: it is not well, until a telephone rings or half a minute is over', (t) => {
  const sick = (cause: string, operators: readonly string[], until = 10_000): boolean => isBalking(refusing(cause, operators, until).room, until)
  for (const operators of [[A], [A, B], [A, B, uuid(7)]]) {
    t.ok(sick('NORMAL_TEMPORARY_FAILURE', operators), `${operators.length} operators`)
    for (const cause of ['USER_BUSY', 'NO_ANSWER', 'USER_NOT_REGISTERED']) t.notOk(sick(cause, operators), `${cause} is the telephone’s`)
  }
  t.notOk(sick('NORMAL_TEMPORARY_FAILURE', [A], 3_000), 'two are no sign')
  const { room } = refusing('NORMAL_TEMPORARY_FAILURE', [A], 10_000)
  t.notOk(isBalking({ ...room, able: 2 }, 10_000), 'all of one telephone, where another could be rung')
  t.notOk(isBalking(room, 45_000))
  const again = play([[45_000, { type: 'tick' }]], room).room
  const legId = legOf(again, C1)
  t.notOk(isBalking(play([[45_010, { type: 'leg.ringing', legId, callId: C1, operatorId: A, at: 45_010 }], [45_020, { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'NORMAL_TEMPORARY_FAILURE', at: 45_020 }]], again).room, 45_020), 'it rang')
  const once = play([[45_020, { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'NORMAL_TEMPORARY_FAILURE', at: 45_020 }]], again).room
  t.ok(isBalking(once, 45_020), 'the first that fails after it shows that it is not over')
  t.end()
})

t.test('the pause after a failed offer grows, is bounded, ends by itself, and is forgotten when his telephone rings', async (t) => {
  const { room, offers } = refusing('USER_BUSY', [A], 120_000)
  const gaps = offers.slice(1).map(({ at }, index) => at - (offers[index]?.at ?? 0))
  t.ok(gaps.every((gap, index) => index === 0 || gap >= (gaps[index - 1] ?? 0) - 250), `never shorter: ${gaps.join(' ')}`)
  t.ok((gaps[0] ?? 0) <= 2_500 && Math.max(...gaps) <= 16_250, 'from two seconds to sixteen')
  t.match(room.operators.get(A), { presence: 'paused', wantsReady: true })
  const again = play([[140_000, { type: 'tick' }]], room).room
  const legId = legOf(again, C1)
  const rings = play([[140_010, { type: 'leg.ringing', legId, callId: C1, operatorId: A, at: 140_010 }]], again).room
  t.match(rings.operators.get(A), { presence: 'ringing', failures: 0 })
  const failed = play([[140_020, { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'NETWORK_OUT_OF_ORDER', at: 140_020 }]], rings)
  t.match(failed.room.operators.get(A)?.pause, { ends: 142_020, until: 142_020 }, 'short again')
  t.equal(play([[140_030, ready(A)]], failed.room).room.operators.get(A)?.presence, 'ringing', 'he need not wait: by hand at once')
  const rest = play([[140_030, ready(A, false)], [160_000, { type: 'tick' }]], failed.room).room
  t.equal(rest.operators.get(A)?.presence, 'break', 'who takes a break has one')
  t.match(play([[140_030, { type: 'operator.detached', operatorId: A }], [160_000, { type: 'tick' }]], failed.room).room.operators.get(A), { presence: 'offline', pause: null })
  t.equal(play([[140_030, { type: 'phone.unregistered', extension: '1001', at: 140_030 }], [160_000, { type: 'tick' }]], failed.room).room.operators.get(A)?.presence, 'unreachable', 'his telephone is gone for good')
})

t.test('caller hang-up cancels the ringing leg and leaves the operator unmarked', async (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const { room, of } = play([[20, { type: 'call.ended', callId: C1, cause: 'ORIGINATOR_CANCEL', at: 20 }]], offered)
  t.match(of('end-leg'), [{ legId: legOf(offered, C1), cause: 'ORIGINATOR_CANCEL' }])
  t.equal(room.operators.get(A)?.presence, 'ready')
  t.equal(room.calls.get(C1)?.state, 'abandoned')
  t.match(of('show-gone'), [{ reason: 'caller-hung-up' }])
})

t.test('who was told that it is noted and that he may hang up has not given up when he does; who goes on waiting for an operator has', async (t) => {
  const noted: RoomEvent = { type: 'call.tagged', callId: C1, tag: { key: 'known-outage', value: 'yes', node: 'known-outage/same', at: 20_000 } }
  const gone = (at: number): RoomEvent => ({ type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at })
  const stateAfter = (...events: (readonly [number, RoomEvent])[]) => play([[1, up], [10, arrive(C1)], ...events]).room.calls.get(C1)?.state
  t.equal(stateAfter([20_000, noted], [26_000, gone(26_000)]), 'ended')
  t.equal(stateAfter([20_000, noted], [90_000, gone(90_000)]), 'abandoned', 'he wanted somebody all the same')
  t.equal(stateAfter([20_000, { ...noted, tag: { ...noted.tag, key: 'asked' } }], [26_000, gone(26_000)]), 'abandoned')
  const said = (key: string, value: string, at: number): readonly [number, RoomEvent] => [at, { ...noted, tag: { key, value, node: 'more-topics', at } }]
  t.equal(stateAfter([20_000, noted], said('category', 'gas', 24_000), [26_000, gone(26_000)]), 'abandoned', 'for what he said after that he waited')
  t.equal(stateAfter(said('category', 'power-repair', 15_000), [20_000, noted], said('period', 'night', 20_000), [26_000, gone(26_000)]), 'ended', 'what the same key says is the same')
})

t.test('the moment of answering opens one ticket, whatever the order and number of events', async (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const story: RoomEvent[] = [
    { type: 'leg.ringing', legId, callId: C1, operatorId: A, at: 11 },
    { type: 'leg.answered', legId, callId: C1, operatorId: A, at: 5_000 },
    { type: 'call.bridged', callId: C1, legId, at: 5_060, answeredAt: 5_000 },
    { type: 'call.released', callId: C1 },
    { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 9_000 },
    { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'NORMAL_CLEARING', at: 9_010, answeredAt: 5_000 },
  ]
  let orders = 0
  const permute = (rest: RoomEvent[], chosen: RoomEvent[]): void => {
    if (rest.length > 0) return rest.forEach((event, index) => { permute(rest.toSpliced(index, 1), [...chosen, event]) })
    orders += 1
    for (const doubled of [chosen, chosen.flatMap((event) => [event, event])]) {
      let room = offered
      let opened = 0
      for (const event of doubled) {
        const result = step(room, event, env(9_500))
        room = result.room
        for (const command of result.commands) {
          if (command.type !== 'open-ticket') continue
          opened += 1
          room = step(room, ticket(C1), env(9_500)).room
        }
      }
      const call = room.calls.get(C1)
      if (opened !== 1 || call?.answer?.at !== 5_000 || call.ended === null || room.operators.get(A)?.presence !== 'wrap-up') {
        t.fail('wrong end', { order: doubled.map((event) => event.type), opened, presence: room.operators.get(A)?.presence, answer: call?.answer ?? null })
      }
    }
  }
  permute(story, [])
  t.equal(orders, 720)
})

t.test('each single event lost: the ticket is there all the same', async (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const answer: RoomEvent = { type: 'leg.answered', legId, callId: C1, operatorId: A, at: 5_000 }
  const legEnd: RoomEvent = { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'NORMAL_CLEARING', at: 9_000, answeredAt: 5_000 }
  t.match(play([[9_000, legEnd]], offered).of('open-ticket'), [{ callId: C1 }], 'the leg’s end tells that it was answered')
  t.match(play([[6_000, { type: 'resync', at: 5_900, restarted: false, calls: [{ call: arriving(C1, 10), leg: { legId, operatorId: A, answeredAt: 5_000 } }] }]], offered).of('open-ticket'), [{ callId: C1 }], 'so does reconciliation')
  t.match(play([[5_000, answer], [7_000, { type: 'tick' }]], emptyRoom).of('open-ticket'), [{ callId: C1 }], 'a call we never heard of')
  t.match(play([[5_000, answer]], emptyRoom).of('reconcile'), [{}])
  const gone = play([[4_990, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 4_990 }], [5_000, answer]], offered)
  t.match(gone.of('open-ticket'), [{ callBack: true }], 'the caller was gone in that instant')
  t.match(play([[5_000, answer], [5_100, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 5_100 }]], offered).of('mark-call-back'), [{ callId: C1 }])
  t.strictSame(play([[5_000, answer], [5_060, { type: 'call.bridged', callId: C1, legId, at: 5_060, answeredAt: 5_000 }], [5_100, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 5_100 }]], offered).of('mark-call-back'), [])
})

t.test('an answered call whose operator’s phone dies comes back to the queue with its ticket', async (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [4, attach(B)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const talking = play([[5_000, { type: 'leg.answered', legId, callId: C1, operatorId: A, at: 5_000 }], [5_001, ticket(C1)], [5_060, { type: 'call.bridged', callId: C1, legId, at: 5_060, answeredAt: 5_000 }]], offered).room
  const broken = play([[6_000, { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'RECOVERY_ON_TIMER_EXPIRE', at: 6_000, answeredAt: 5_000 }], [6_100, { ...arrive(C1), call: { ...arriving(C1, 10), mirror: { queuedAt: 10 } } } as RoomEvent]], talking)
  t.strictSame(broken.of('end-call'), [], 'we do not hang up on him (V7)')
  t.equal(broken.room.calls.get(C1)?.state, 'queued')
  const again = play([[6_200, ready(B)]], broken.room)
  const second = legOf(again.room, C1)
  const { of } = play([[7_000, { type: 'leg.answered', legId: second, callId: C1, operatorId: B, at: 7_000 }]], again.room)
  t.strictSame(of('open-ticket'), [], 'same ticket')
  t.match(of('show-call'), [{ operatorId: B }])
  t.match(play([[6_300, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 6_300 }]], again.room).of('mark-call-back'), [{ callId: C1 }], 'he gave up waiting for the second')
})

t.test('the operator’s own acts', async (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  t.match(play([[20, { type: 'operator.reject', operatorId: A, callId: C1 }]], offered).of('end-leg'), [{ legId }])
  t.match(play([[20, ready(A, false)]], offered).of('end-leg'), [{ legId }], 'break declines what rings')
  const gone = play([[20, { type: 'operator.detached', operatorId: A }]], offered)
  t.same([gone.of('end-leg'), gone.of('reconcile').length], [[], 1], 'whose desk is gone may be lifting it in this moment: FreeSWITCH is asked')
  t.match(play([[40, { ...up, at: 30, calls: [{ call: arriving(C1, 10), ringing: [legId] }] }]], gone.room).of('end-leg'), [{ legId }], 'it rings: it is for somebody else')
  const lifted = play([[40, { ...up, at: 30, calls: [{ call: arriving(C1, 10), leg: { legId, operatorId: A, answeredAt: 25 } }] }]], gone.room)
  t.match([lifted.of('end-leg'), lifted.of('open-ticket')], [[], [{ callId: C1, callBack: false }]], 'he has lifted it: they talk')
  const talking = play([[20, { type: 'leg.answered', legId, callId: C1, operatorId: A, at: 20 }]], offered).room
  t.match(play([[30, { type: 'operator.hang-up', operatorId: A, callId: C1 }]], talking).of('end-call'), [{ callId: C1 }])
  t.strictSame(play([[30, { type: 'operator.hang-up', operatorId: B, callId: C1 }]], talking).of('end-call'), [], 'not another’s')
  // His telephone died under his hand, and the citizen waits again; perhaps it is his turn once more.
  const died = play([[25, { type: 'call.bridged', callId: C1, legId, at: 25 }], [30, { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'MEDIA_TIMEOUT', at: 30, answeredAt: 20 }]], talking).room
  const back = play([[31, arrive(C1)]], died).room
  const again = play([[32, { type: 'operator.wrap-up-end', operatorId: A }]], back).room
  t.match(again.operators.get(A), { presence: 'ringing', callId: C1 })
  const given = play([[25, { type: 'call.bridged', callId: C1, legId, at: 25 }], [30, { type: 'operator.transfer', operatorId: A, callId: C1, to: null }]], talking).room
  for (const [what, room] of [['on his way back', died], ['waiting', back], ['offered again', again], ['sent back to the queue', given]] as const) {
    const put = play([[40, { type: 'operator.hang-up', operatorId: A, callId: C1 }]], room)
    t.strictSame(put.of('end-call'), [], `${what}: nobody hangs up on him (V7)`)
    t.same(put.of('end-leg').map((one) => one.legId), room === again ? [legOf(again, C1)] : [], `${what}: what rings for him is declined`)
  }
  const left = play([[30, { type: 'operator.detached', operatorId: A }]], talking).room
  t.equal(left.operators.get(A)?.presence, 'talking', 'the phone keeps the call')
  const done = play([[40, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 40 }]], talking).room
  t.equal(done.operators.get(A)?.presence, 'wrap-up')
  t.equal(play([[40 + settings.wrapUp, { type: 'tick' }]], done).room.operators.get(A)?.presence, 'ready')
  t.equal(play([[45, ready(A, false)], [46, { type: 'operator.wrap-up-end', operatorId: A }]], done).room.operators.get(A)?.presence, 'break')
  const restarted = play([[1, { ...up, calls: [{ call: arriving(C1, 10), leg: { legId, operatorId: A, answeredAt: 20 } }] }], [50, attach(A)]])
  t.match(restarted.room.operators.get(A), { presence: 'talking', callId: C1 }, 'after our restart his desk finds the talk again')
})

t.test('memory: an ended call is forgotten, an event that changes nothing changes nothing', async (t) => {
  const over = play([[1, up], [10, arrive(C1)], [20, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 20 }]]).room
  t.same([over.calls.size, over.live.size], [1, 0], 'no step looks at it any more')
  const { room, of } = play([[20 + settings.keepEnded, { type: 'tick' }]], over)
  t.equal(room.calls.size, 0)
  t.match(of('forget'), [{ callId: C1 }])
  t.equal(step(room, { type: 'call.bridged', callId: C2, legId: C1, at: 1 }, env(1)).room, room)
})
