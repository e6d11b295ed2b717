import t from 'tap'
import type { CallerContext } from '../../src/contracts/call.js'
import type { RoomEvent } from '../../src/intake/core/event.js'
import { A, arrive, attach, B, C1, C2, legOf, play, ready, tag, up } from './play.js'
import { arriving, settings, uuid } from './world.js'

const NATIVE = uuid(0xaa3)

t.test('the order to end a ringing leg is lost with the link, and he takes it up: by FreeSWITCH’s word they talk, and he sits there', (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const gaveUp = play([[20, { type: 'link.down', at: 20 }], [30, ready(A, false)], [30 + settings.offerGrace, { type: 'tick' }]], offered)
  t.match(gaveUp.room.calls.get(C1), { offer: null, endedLegs: [legId] }, 'given up by our clock')
  const talk = { call: arriving(C1, 10), leg: { legId, operatorId: A, answeredAt: 3_000 } }
  for (const [name, released] of [['his socket closed', [[3_100, { type: 'call.released', callId: C1 }]]], ['that was not heard', []]] as const) {
    const { room } = play([...released, [9_000, { ...up, at: 8_900, calls: [talk] }]], gaveUp.room)
    t.match([room.operators.get(A), room.calls.get(C1)], [{ presence: 'talking', callId: C1 }, { state: 'talking', bridged: true }], name)
    t.same(play([[9_100, ready(A)], [9_200, arrive(C2, 9_200)]], room).of('offer'), [], `${name}: nobody else is rung through to him`)
  }
  const older = play([[9_000, { ...up, at: 25, calls: [talk] }]], gaveUp.room)
  t.not(older.room.operators.get(A)?.presence, 'talking', 'a snapshot of before says nothing against it')
  t.end()
})

t.test('asked anew while PostgreSQL is away: what was known of a caller stays on the screen', (t) => {
  const known: CallerContext = { complete: true, hints: [{ kind: 'deaf', text: '' }], earlierCalls: [], earlierTickets: [], nearby: [] }
  const { room } = play([[1, up], [10, arrive(C1)], [11, { type: 'call.context', callId: C1, context: known }], [12, { type: 'call.context', callId: C1, context: { ...known, complete: false, hints: [] } }]])
  t.same(room.calls.get(C1)?.context, known)
  t.end()
})

t.test('who missed a call comes back by his own hand only: no caller waits for his skill beside somebody who is free', (t) => {
  const first = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C2)]]).room
  const { room, of } = play([
    [20, { type: 'leg.ended', legId: legOf(first, C2), callId: C2, operatorId: A, cause: 'NO_ANSWER', at: 20 }], [21, { type: 'call.ended', callId: C2, cause: 'NORMAL_CLEARING', at: 21 }],
    [22, attach(B, ['gas'])], [24, arrive(C1)], [25, tag(C1, 'noise')], [26, ready(B)],
  ], first)
  t.equal(room.operators.get(A)?.presence, 'missed')
  t.match(of('offer'), [{ request: { callId: C1, operatorId: B } }])
  t.end()
})

t.test('a socket that FreeSWITCH gave up long ago is served late: who talks meanwhile by the native queue talks on, at his operator’s seat', (t) => {
  const talk = { call: arriving(C1, 10), leg: { legId: NATIVE, operatorId: A, answeredAt: 3_000 } }
  const talks = play([[1, up], [2, attach(A)], [3, ready(A)], [4_000, { ...up, at: 3_900, calls: [talk] }]]).room
  t.match(talks.operators.get(A), { presence: 'talking', callId: C1 })
  const served = play([[4_100, attach(B)], [4_101, ready(B)], [4_200, arrive(C1, 10)]], talks)
  t.equal(served.of('reconcile').length, 1, 'FreeSWITCH is asked at once')
  t.match(served.of('offer'), [{ request: { callId: C1, operatorId: B } }])
  const told = play([[4_300, { ...up, at: 4_250, calls: [talk] }]], served.room)
  t.match([told.room.operators.get(A), told.room.calls.get(C1)], [{ presence: 'talking', callId: C1 }, { state: 'answered' }])
  t.match(told.of('end-leg'), [{ legId: legOf(served.room, C1) }], 'who rings for him rings no more')
  const closed = play([[4_400, { type: 'call.released', callId: C1 }], [14_000, { ...up, at: 13_900, calls: [talk] }]], told.room)
  t.match(closed.room.calls.get(C1), { state: 'talking', bridged: true, held: false })
  const over: RoomEvent = { type: 'leg.ended', legId: NATIVE, callId: C1, operatorId: A, cause: 'MEDIA_TIMEOUT', at: 4_400 }
  t.match(play([[4_400, over]], told.room).room.calls.get(C1), { held: true, answer: { legId: NATIVE } })
  t.ok(play([[4_400, over]], told.room).of('take-back').length === 1, 'or the snapshot saw the last of his leg, and he is ours')
  t.end()
})

t.test('our loop stood still while a telephone rang: what he lifted meanwhile is not ended before FreeSWITCH has said so', (t) => {
  const rings = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(rings, C1)
  const fell: (readonly [number, RoomEvent])[] = [[20_000, { type: 'stalled' }], [20_000, { type: 'tick' }], [20_001, { type: 'call.released', callId: C1 }], [20_002, { type: 'call.fallback', callId: C1, at: 4_000 }]]
  const lifted: (readonly [number, RoomEvent])[] = [[20_002, { type: 'leg.answered', callId: C1, legId, operatorId: A, at: 7_000 }], [20_003, { type: 'call.bridged', callId: C1, legId, operatorId: A, at: 7_060, answeredAt: 7_000 }]]
  const snapshot = (leg: object): RoomEvent => ({ ...up, at: 20_050, calls: [{ call: arriving(C1, 10), fallback: true, ...leg }] })
  for (const [news, name] of [[lifted, 'its answer lies behind the word of the native queue'], [[], 'the snapshot alone tells it']] as const) {
    const talks = play([...fell, ...news, [20_100, snapshot({ leg: { legId, operatorId: A, answeredAt: 7_000 } })], [24_000, { type: 'tick' }]], rings)
    t.same(talks.of('end-leg'), [], name)
    t.match([talks.room.calls.get(C1)?.answer, talks.room.operators.get(A)], [{ legId }, { presence: 'talking', callId: C1 }])
  }
  const still = play([...fell, [20_100, snapshot({ ringing: [legId] })]], rings)
  t.match(still.of('end-leg'), [{ legId, cause: 'ORIGINATOR_CANCEL' }], 'where it rings still, the native queue alone rings for him')
  t.equal(play([...fell, [20_900, { type: 'tick' }]], rings).of('end-leg').length, 0)
  t.match(play([...fell, [23_100, { type: 'tick' }]], rings).of('end-leg'), [{ legId }], 'its word is not waited for without end')
  t.end()
})

t.test('the news of an answer is lost, the end of his socket is heard: FreeSWITCH is asked, and nothing is ended before it has answered', (t) => {
  const rings = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(rings, C1)
  const left = play([[2_000, { type: 'call.released', callId: C1 }]], rings).room
  t.ok(play([[5_300, { type: 'tick' }]], left).of('reconcile').length > 0, 'by itself')
  const pause = play([[4_000, ready(A, false)]], left)
  t.same(pause.of('end-leg'), [])
  t.equal(pause.of('reconcile').length, 1)
  const talk = { ...up, calls: [{ call: arriving(C1, 10), leg: { legId, operatorId: A, answeredAt: 2_000 } }] }
  const talks = play([[4_200, { ...talk, at: 4_100 }], [9_000, { type: 'tick' }]], pause.room)
  t.same(talks.of('end-leg'), [])
  t.match(talks.room.operators.get(A), { presence: 'talking', callId: C1 })
  t.match(play([[4_200, { ...up, at: 4_100, calls: [{ call: arriving(C1, 10), ringing: [legId] }] }]], pause.room).of('end-leg'), [{ legId }], 'rings still: he does not want it')
  t.end()
})

t.test('we restart while a colleague is in a talk as a guest: he is in it when his desk comes back, before or after the snapshot, and nobody rings him', (t) => {
  const guest = { legId: NATIVE, role: 'guest' as const, mode: 'all' as const, number: '1002', operatorId: B, createdAt: 60, answeredAt: 70 }
  const shown = (at: number): readonly [number, RoomEvent] => [at + 20, { ...up, at, calls: [{ call: arriving(C1, 10), leg: { legId: uuid(0xaa1), operatorId: A, answeredAt: 50 }, parties: [guest] }] }]
  const desks = (at: number): (readonly [number, RoomEvent])[] => [[at, attach(A)], [at + 1, ready(A)], [at + 2, attach(B)], [at + 3, ready(B)]]
  // As a desk does that was in it: it remembers the call.
  const remembering = (at: number): (readonly [number, RoomEvent])[] => [A, B].map((one) => [at, { ...attach(one), memory: { ready: true, callId: C1 } }])
  for (const [events, name] of [[[shown(1_000), ...desks(2_000)], 'after it'], [[...desks(500), shown(1_000)], 'before it'], [[shown(1_000), ...remembering(2_000)], 'after it, remembering'], [[...remembering(500), shown(1_000)], 'before it, remembering']] as const) {
    const { room, of } = play([...events, [3_000, arrive(C2, 3_000)]])
    t.match([room.operators.get(A), room.operators.get(B)], [{ presence: 'talking', callId: C1 }, { presence: 'talking', callId: C1 }], name)
    t.same(of('offer'), [])
  }
  t.end()
})

t.test('our loop stood still: nobody is rung until FreeSWITCH has said who is in a talk by now, or does not say it in time', (t) => {
  const waits = play([[1, up], [10, arrive(C1)], [5_000, { type: 'stalled' }], [5_001, attach(A)], [5_002, ready(A)]])
  t.equal(waits.of('reconcile').length, 1)
  t.same(waits.of('offer'), [])
  const before = play([[5_100, { ...up, at: 4_900, calls: [{ call: arriving(C1, 10) }] }]], waits.room)
  t.same(before.of('offer'), [], 'a snapshot that began before says nothing of it')
  const said = play([[5_200, { ...up, at: 5_050, calls: [{ call: arriving(C1, 10) }] }]], waits.room)
  t.match(said.of('offer'), [{ request: { callId: C1, operatorId: A } }])
  t.match(play([[8_100, { type: 'tick' }]], waits.room).of('offer'), [{ request: { callId: C1, operatorId: A } }], 'he does not wait for that')
  t.end()
})

t.test('a flow hung up, and the order was lost with the link: the call is ended after all, or, if an operator of the native queue has him by then, it goes on at his seat', (t) => {
  const settled = play([[1, up], [2, attach(A)], [10, arrive(C1)], [1_000, { type: 'link.down', at: 1_000 }], [1_001, { type: 'call.settled', callId: C1, how: 'SETTLED' }]]).room
  const there = (more: object = {}): RoomEvent => ({ ...up, at: 5_900, calls: [{ call: arriving(C1, 10), fallback: true, ...more }] })
  t.match(play([[6_000, there()]], settled).of('end-call'), [{ callId: C1 }])
  t.match(play([[6_000, { type: 'call.fallback', callId: C1, at: 6_000 }]], settled).of('end-call'), [{ callId: C1 }], 'as soon as the native queue says that it has him')
  t.same(play([[6_000, { ...up, at: 900, calls: [{ call: arriving(C1, 10) }] }]], settled).of('end-call'), [], 'a snapshot of before says nothing')
  t.same(play([[6_000, there({ leg: { legId: NATIVE, operatorId: A } })]], settled).of('end-call'), [], 'while somebody is rung for him he is left')
  for (const how of ['SETTLED', 'TRANSFERRED'] as const) {
    const from = play([[1, up], [2, attach(A)], [10, arrive(C1)], [1_001, { type: 'call.settled', callId: C1, how }]]).room
    const talks = play([[6_000, there({ leg: { legId: NATIVE, operatorId: A, answeredAt: 5_000 } })]], from)
    t.match([talks.room.operators.get(A), talks.room.calls.get(C1)], [{ presence: 'talking', callId: C1 }, { ended: null, state: 'talking', bridged: true }], how)
    t.same([talks.of('end-call'), talks.of('open-ticket').length], [[], 1], `${how}: an answered call has its ticket`)
    const over = play([[9_000, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 9_000 }]], talks.room)
    t.match(over.room.calls.get(C1), { state: 'ended', ended: { cause: 'NORMAL_CLEARING', at: 9_000 } })
  }
  t.end()
})
