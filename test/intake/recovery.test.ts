import t from 'tap'
import { cardOf, recordOf } from '../../src/intake/card.js'
import type { RoomEvent } from '../../src/intake/core/event.js'
import { emptyRoom, type Call, type Room } from '../../src/intake/core/room.js'
import { step } from '../../src/intake/core/step.js'
import type { LiveCall } from '../../src/intake/ports.js'
import { queueView } from '../../src/intake/views.js'
import { A, arrive, attach, B, C1, C2, env, legOf, play, ready, ticket, up } from './play.js'
import { arriving, settings, uuid } from './world.js'

const LEG = uuid(0x1e6)
const C3 = uuid(103)
const answer: RoomEvent = { type: 'leg.answered', legId: LEG, callId: C1, operatorId: A, at: 5_000 }
const tick: RoomEvent = { type: 'tick' }
const named = { ...arriving(C1, 10, { queuedAt: 10, category: 'noise' }), locationText: '中州路' }
/** Whose screen showed which call. */
const shown = ({ of }: Pick<ReturnType<typeof play>, 'of'>): string[] => [...new Set(of('show-call').map(({ operatorId, callId }) => `${operatorId} ${callId}`))]
const snapshot = (at: number, bridgedTo?: string, operatorId = A): RoomEvent => ({
  type: 'resync', at, restarted: false, calls: [{ call: named, ...(bridgedTo === undefined ? {} : { leg: { legId: bridgedTo, operatorId, answeredAt: 5_000 } }) }],
})

t.test('an answer for a call that this node never saw opens its ticket when FreeSWITCH has said whose it is', async (t) => {
  const strange = play([[1, up], [5_000, answer]])
  t.strictSame(strange.of('open-ticket'), [], 'not with empty hands')
  t.strictSame(strange.of('save'), [], 'nor an empty row over the other node’s')
  t.match(strange.of('reconcile'), [{}])
  const known = play([[5_100, snapshot(5_050, LEG)]], strange.room)
  t.match(known.of('open-ticket'), [{ callId: C1, callBack: false }])
  t.match(known.room.calls.get(C1), { arriving: named, category: 'noise', queuedAt: 10, answer: { at: 5_000 }, bridged: true })
  t.strictSame(play([[7_500, tick], [8_000, snapshot(7_900, LEG)]], known.room).of('open-ticket'), [], 'once')
  t.match(play([[6_900, tick], [7_000, tick]], strange.room).of('open-ticket'), [{ callId: C1 }], 'FreeSWITCH says nothing: the ticket opens all the same')
  t.strictSame(play([[6_900, tick]], strange.room).of('open-ticket'), [], 'but not before')
  const over: RoomEvent = { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 5_200 }
  t.match(play([[5_200, over], [7_000, tick]], strange.room).of('open-ticket'), [{ callBack: true }], 'over before anybody could say: gone in the instant of the answer')
  t.match(play([[5_060, { type: 'call.bridged', callId: C1, legId: LEG, at: 5_060 }], [5_200, over], [7_000, tick]], strange.room).of('open-ticket'), [{ callBack: false }], 'they had spoken')
  const past: RoomEvent = { type: 'past', call: { call: named, leg: { legId: LEG, operatorId: A, answeredAt: 5_000 } }, endedAt: 5_200, cause: 'NORMAL_CLEARING', bridged: true, settled: () => undefined }
  const told = play([[6_000, past]], strange.room)
  t.equal(told.of('open-ticket').length, 1)
  t.match(told.room.calls.get(C1)?.arriving, named, 'or its CDR file says who it was')
})

t.test('what came by another way than our socket is looked up once an operator of ours has it, with what was remembered', async (t) => {
  const record = { callId: C1, caller: named.caller, calledNumber: '110', state: 'queued', class: 'emergency', language: 'en', tags: [{ key: 'category', value: 'fire', node: 'menu', at: 1 }], path: ['menu'], createdAt: 5, queuedAt: 7 } as const
  const events: [number, RoomEvent][] = [[1, up], [2, attach(A)], [100, snapshot(90, LEG)]]
  t.match(play(events).of('look-up'), [{ callId: C1 }])
  const { room } = events.reduce((state, [now, event]) => step(state.room, event, { ...env(now), remembered: (callId) => (callId === C1 ? record : null) }), { room: emptyRoom, commands: [] as readonly unknown[] })
  t.match(room.calls.get(C1), { queuedAt: 7, class: 'emergency', language: 'en', path: ['menu'] })
  t.match(play([[1, up], [100, snapshot(90, LEG)], [200, attach(A)]]).of('look-up'), [{ callId: C1 }], 'his desk came after the snapshot')
})

t.test('whoever waited is looked up anew as he is offered: neighbours have become tickets meanwhile', (t) => {
  const waited = (ms: number) => play([[1, up], [2, attach(A)], [10, arrive(C1)], [20, { type: 'call.context', callId: C1, context: { complete: true, hints: [], earlierCalls: [], earlierTickets: [], nearby: [] } }], [10 + ms, ready(A)]])
  t.equal(waited(1_000).of('look-up').length, 1, 'as he came')
  t.equal(waited(3_000).of('look-up').length, 2)
  t.end()
})

t.test('taken from our socket by an answer whose leg had died before it had him: who is left to nobody is brought back', async (t) => {
  const waiting = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(waiting, C1)
  const gone: [number, RoomEvent][] = [
    [100, { type: 'leg.answered', callId: C1, legId, operatorId: A, at: 100 }], [110, { type: 'call.released', callId: C1 }], [120, ticket(C1)],
    [130, { type: 'leg.ended', callId: C1, legId, operatorId: A, cause: 'NORMAL_CLEARING', at: 130, answeredAt: 100 }],
  ]
  const later = 100 + settings.offerGrace
  const adrift = play(gone, waiting).room
  t.equal(play([[later, snapshot(later)]], adrift).of('requeue').length, 0, 'FreeSWITCH may be about to say where he is')
  const back = play([[later + 1, snapshot(later + 1)], [later + 2, snapshot(later + 2)]], adrift)
  t.same(back.of('requeue'), [{ type: 'requeue', callId: C1 }], 'asked for once')
  t.match(play([[later + 50, arrive(C1)]], back.room).room.calls.get(C1), { state: 'queued', held: true, ticket: { id: C1 } }, 'with his ticket')
  t.equal(play([[later + 1, snapshot(later + 1, uuid(0x5e7))]], adrift).of('requeue').length, 0, 'a telephone has him')
  t.equal(play([[105, { type: 'call.bridged', callId: C1, legId, at: 105 }], [later + 1, snapshot(later + 1)]], play(gone.slice(0, 1), waiting).room).of('requeue').length, 0, 'he has talked')
  t.equal(play([[later + 1, snapshot(later + 1)]], play([[1, up], ...gone]).room).of('requeue').length, 0, 'another node’s')
})

t.test('the operator’s leg dies between answer and bridge: the citizen is still ours and is offered on', async (t) => {
  for (const cause of ['MEDIA_TIMEOUT', 'NORMAL_CLEARING', 'NORMAL_TEMPORARY_FAILURE']) {
    const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [4, attach(B)], [10, arrive(C1)]]).room
    const legId = legOf(offered, C1)
    const lost = play([[5_000, { ...answer, legId }], [5_001, ticket(C1)], [5_040, { type: 'leg.ended', legId, callId: C1, operatorId: A, cause, at: 5_040, answeredAt: 5_000 }]], offered)
    t.strictSame(lost.of('end-call'), [], `${cause}: we do not hang up on him`)
    t.match(lost.of('take-back'), [{ callId: C1 }], `${cause}: the dead-man’s switch guards him again`)
    t.match(lost.of('run-flow'), [{ callId: C1, resume: true }])
    t.match(lost.room.calls.get(C1), { state: 'queued', held: true, queuedAt: 10 }, 'his place')
    const again = play([[5_050, ready(B)]], lost.room)
    t.match(again.of('offer'), [{ request: { callId: C1, operatorId: B } }])
    const second = play([[6_000, { type: 'leg.answered', legId: legOf(again.room, C1), callId: C1, operatorId: B, at: 6_000 }]], again.room)
    t.strictSame(second.of('open-ticket'), [], 'the same ticket')
    t.match(second.of('show-call'), [{ operatorId: B }])
  }
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [4, attach(B)], [5, ready(B)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const taken = play([[5_000, { ...answer, legId }], [5_020, { type: 'call.released', callId: C1 }], [5_040, { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'NORMAL_CLEARING', at: 5_040, answeredAt: 5_000 }]], offered)
  t.strictSame([taken.of('offer'), taken.of('end-call')], [[], []], 'who was taken from us already is neither offered nor hung up')
  t.match(taken.of('reconcile'), [{}], 'FreeSWITCH is asked')
})

t.test('the end of a leg, or the citizen’s return, overtakes the news of the bridge', async (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [4, attach(B)], [5, ready(B)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const other = offered.calls.get(C1)?.offer?.operatorId === A ? B : A
  const own = other === B ? A : B
  const bridge: RoomEvent = { type: 'call.bridged', callId: C1, legId, at: 5_060, answeredAt: 5_000 }
  const end = (cause: string): RoomEvent => ({ type: 'leg.ended', legId, callId: C1, operatorId: own, cause, at: 8_000, answeredAt: 5_000, bridgedAt: 5_060 })
  // Even the closing of our socket has not been seen yet.
  const over = play([[8_000, end('NORMAL_CLEARING')]], offered)
  t.strictSame([over.of('offer'), over.of('take-back'), over.of('run-flow')], [[], [], []], 'who has had his talk is shown to nobody else')
  t.match(over.of('end-call'), [{ callId: C1 }], 'his operator put the receiver down')
  t.match(over.of('open-ticket'), [{ callId: C1 }])
  t.match(over.room.operators.get(own), { presence: 'wrap-up' })
  t.strictSame(play([[8_010, bridge], [8_020, { type: 'call.released', callId: C1 }]], over.room).of('offer'), [], 'nor when the bridge is told at last')

  const back: RoomEvent = { ...arrive(C1), call: { ...arriving(C1, 10), mirror: { queuedAt: 10 } } } as RoomEvent
  const talking = play([[5_000, { ...answer, legId, operatorId: own }], [5_020, { type: 'call.released', callId: C1 }]], offered).room
  const returned = play([[7_900, ready(other, false)], [8_000, end('MEDIA_TIMEOUT')], [8_010, back]], talking).room
  const late = play([[8_500, bridge]], returned).room
  t.match(late.calls.get(C1), { state: 'queued', held: true, bridged: false }, 'the bridge of a talk that is over takes nobody out of the queue')
  const quick = play([[8_000, back], [8_500, bridge], [8_600, end('NORMAL_CLEARING')]], talking)
  t.match(quick.room.calls.get(C1), { held: true, bridged: false, offer: { operatorId: other } }, 'nor do both, told after he came back')
  t.strictSame([quick.of('end-call'), quick.of('take-back'), quick.of('run-flow').length], [[], [], 1], 'he is not hung up, and the flow runs once')
  t.match(quick.room.operators.get(own), { presence: 'wrap-up' })
})

t.test('a clock that is set changes no duration', async (t) => {
  const HOUR = 3_600_000
  for (const ahead of [HOUR, -HOUR]) {
    const what = ahead > 0 ? 'forward' : 'back'
    const talking = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
    const offer = legOf(talking, C1)
    t.strictSame(play([[20, tick]], talking, ahead).of('reconcile'), [], `${what}: an offer that rings is not overdue`)
    t.match(play([[10 + settings.offerTimeout + settings.offerGrace, tick]], talking, ahead).of('reconcile'), [{}], `${what}: one that is, is`)
    const over = play([[5_000, { ...answer, legId: offer }], [9_000, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 9_000 }]], talking).room
    t.equal(play([[9_000 + settings.wrapUp - 1, tick]], over, ahead).room.operators.get(A)?.presence, 'wrap-up', `${what}: wrap-up is no shorter`)
    t.equal(play([[9_000 + settings.wrapUp, tick]], over, ahead).room.operators.get(A)?.presence, 'ready', `${what}: nor longer`)
    t.equal(play([[9_000 + settings.wrapUp, tick], [9_000 + settings.keepEnded - 1, tick]], over, ahead).room.calls.size, 1, `${what}: late events still find the call`)
    t.equal(play([[9_000 + settings.wrapUp, tick], [9_000 + settings.keepEnded, tick]], over, ahead).room.calls.size, 0, `${what}: and memory is freed`)
    const waiting = play([[1, up], [10, arrive(C1)]]).room
    t.match(play([[30, arrive(C2)], [40, attach(A)], [41, ready(A)]], waiting, ahead).of('offer'), [{ request: { callId: C1 } }], `${what}: who came first is first`)
    t.equal(play([[50, { type: 'resync', calls: [], at: 45, restarted: false }]], play([[48, arrive(C2)]], emptyRoom, ahead).room, ahead).room.calls.get(C2)?.state, 'queued', `${what}: a snapshot does not end who came after it`)
  }
})

t.test('how long somebody waited is by FreeSWITCH’s clock alone, however far it is from ours', async (t) => {
  const HOUR = 3_600_000
  const DAY = 20 * HOUR
  function call(room: Room): Call {
    const found = room.calls.get(C1)
    if (found === undefined) throw new Error('no call')
    return found
  }
  /** He came at `at` of our clock, by a FreeSWITCH that is `ahead`. */
  const arrives = (callId: string, at: number, ahead: number, mirror = {}): RoomEvent => ({ type: 'call.arrived', call: { ...arriving(callId, at + ahead, mirror), toldAt: at + ahead } })
  for (const ahead of [HOUR, -HOUR]) {
    const what = `FreeSWITCH is an hour ${ahead > 0 ? 'ahead' : 'behind'}`
    const waiting = play([[1, up], [2, attach(A)], [DAY, arrives(C1, DAY, ahead)]])
    t.equal(call(waiting.room).queuedSince, DAY, `${what}: his place in the queue is by our own clock`)
    const asked = { now: DAY + 4_000, mono: DAY + 4_000 }
    t.match(cardOf(call(waiting.room), asked), { waitedSeconds: 4, queuedAt: DAY }, `${what}: the desk counts from its own clock`)
    t.equal(queueView(waiting.room, { answered: 0, answeredInTime: 0, promised: 0, abandoned: 0 }, DAY + 4_000).longestWaitSeconds, 4, what)
    const talking = play([[DAY + 5_000, ready(A)], [DAY + 9_000, { type: 'leg.answered', legId: LEG, callId: C1, operatorId: A, at: DAY + 9_000 + ahead }]], waiting.room)
    const { queuedAt, answeredAt = 0 } = recordOf(call(talking.room))
    t.same([answeredAt - queuedAt, queuedAt], [9_000, DAY + ahead], `${what}: what is written is FreeSWITCH’s`)
    t.match(cardOf(call(talking.room), { now: DAY + 20_000, mono: DAY + 20_000 }), { waitedSeconds: 9, queuedAt: DAY, answeredAt: DAY + 9_000 }, `${what}: and shown by ours`)
    const lost = play([[DAY + 6_000, { type: 'resync', calls: [], at: DAY + 5_999, restarted: false }]], waiting.room)
    t.equal(recordOf(call(lost.room)).endedAt, DAY + 6_000 + ahead, `${what}: an end that nobody told is by that clock as well`)
    const settled = play([[DAY + 7_000, { type: 'call.settled', callId: C1, how: 'SETTLED' }]], waiting.room)
    t.equal(recordOf(call(settled.room)).endedAt, DAY + 7_000 + ahead, what)
    // We restart a minute later: his channel tells when he joined, and he is before one who came half a minute ago.
    const resumed = play([[1, up], [5, arrives(C2, DAY + 30_000, ahead)], [6, arrives(C1, DAY + 60_000, ahead, { queuedAt: DAY + ahead })], [7, attach(A)]])
    t.match(play([[8, ready(A)]], resumed.room).of('offer'), [{ request: { callId: C1 } }], `${what}: a resumed call keeps its place`)
    t.match(cardOf(call(resumed.room), { now: DAY + 60_000, mono: 6 }), { waitedSeconds: 60 }, what)
  }
  // Its clock is put back by an hour while he waits, or he comes to another host whose clock is behind.
  const back = play([[1, up], [2, attach(A)], [DAY, arrives(C1, DAY, 0)], [DAY + 9_000, { type: 'leg.answered', legId: LEG, callId: C1, operatorId: A, at: DAY + 9_000 - HOUR }]]).room
  const other = play([[1, up], [DAY, arrives(C1, DAY, -HOUR, { queuedAt: DAY - 5_000 })]]).room
  for (const one of [back, other]) {
    const { queuedAt, answeredAt = queuedAt } = recordOf(call(one))
    t.ok(answeredAt >= queuedAt, 'never answered before he came')
    t.ok(cardOf(call(one), { now: DAY, mono: DAY }).waitedSeconds >= 0)
  }
  // Whom only a snapshot shows waits since he came.
  const shown = play([[DAY, { type: 'resync', calls: [{ call: { ...arriving(C1, DAY + HOUR - 8_000), toldAt: DAY + HOUR } }], at: DAY, restarted: false }]]).room
  t.match(cardOf(call(shown), { now: DAY + 1_000, mono: DAY + 1_000 }), { waitedSeconds: 9 })
})

t.test('a desk that comes back tells what its operator had asked for', async (t) => {
  const back = (wish: boolean): RoomEvent => ({ ...attach(A), memory: { ready: wish } })
  t.match(play([[1, up], [10, arrive(C1)], [20, back(true)]]).of('offer'), [{ request: { operatorId: A } }], 'we restarted: the first caller rings without a click')
  t.equal(play([[1, up], [20, back(false)]]).room.operators.get(A)?.presence, 'break')
  t.equal(play([[1, up], [20, attach(A)]]).room.operators.get(A)?.presence, 'break', 'a desk that never asked asks for nothing')
  const away = play([[1, up], [2, attach(A)], [3, ready(A)], [4, { type: 'operator.detached', operatorId: A }]]).room
  t.equal(play([[5, back(true)]], away).room.operators.get(A)?.presence, 'ready', 'longer away than the grace')
  const here = play([[1, up], [2, attach(A)], [3, ready(A)], [4, ready(A, false)], [5, back(true)]]).room
  t.equal(here.operators.get(A)?.presence, 'break', 'who never was away is not overruled by an older tab')
  const talking = play([[1, up], [2, snapshot(1, LEG)], [3, back(true)], [10_000, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 10_000 }], [10_000 + settings.wrapUp, tick]]).room
  t.equal(talking.operators.get(A)?.presence, 'ready', 'in the middle of a talk: afterwards')
})

t.test('a desk that comes back tells which call its operator had: what ended without us has its paper work', async (t) => {
  const back: RoomEvent = { ...attach(A), memory: { ready: true, callId: C1 } }
  const none = (at: number, unsure: readonly string[] = []): [number, RoomEvent] => [at + 10, { type: 'resync', calls: [{ call: arriving(C2, 10) }], unsure, at, restarted: false }]
  const told = play([[1, up], [2, snapshot(1, LEG)], [3, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 3 }], [10, arrive(C2)], [20, back]])
  t.equal(told.of('show-call').some(({ operatorId, callId }) => operatorId === A && callId === C1), true, 'what is known of it is shown')
  const asked = play([[1, up], [10, arrive(C2)], [20, back]])
  t.match([asked.room.operators.get(A), asked.of('reconcile')], [{ presence: 'talking', callId: C1 }, [{}]], 'nobody knows it: he may be talking still, FreeSWITCH is asked')
  t.equal(play([none(15), none(25, [C1])], asked.room).room.operators.get(A)?.presence, 'talking', 'an older snapshot, or one that is not sure, says nothing')
  const gone = play([none(30)], asked.room)
  for (const [after, { room, of }] of [['its end was told', told], ['FreeSWITCH does not have it', { room: gone.room, of: asked.of }]] as const) {
    t.match(room.operators.get(A), { presence: 'wrap-up', callId: C1, wrapUp: {} }, after)
    t.strictSame(of('offer'), [], 'nobody rings him in the middle of it')
    const over = play([[40 + settings.wrapUp, tick]], room)
    t.match(over.of('offer'), [{ request: { operatorId: A } }], 'then the next one comes')
    t.match(over.of('show-gone'), [{ operatorId: A, callId: C1 }], 'and his screen is cleared')
  }
  t.strictSame(gone.of('offer'), [])
  const found = play([[30, snapshot(25, LEG)]], asked.room)
  t.match(found.room.operators.get(A), { presence: 'talking', callId: C1, wrapUp: null }, 'FreeSWITCH has it still: he talks')
  t.match(shown(found), [`${A} ${C1}`])
  const waits = (at: number): RoomEvent => ({ type: 'resync', calls: [{ call: named, fallback: true }], at, restarted: false })
  t.equal(play([[30, { ...waits(25), unsure: [LEG] } as RoomEvent]], asked.room).room.operators.get(A)?.presence, 'talking', 'a leg that could not be read may be his')
  for (const [where, at] of [['he waits in the native queue', waits], ['another has him', (at: number) => snapshot(at, LEG, B)]] as const) {
    t.match(play([[30, at(25)]], asked.room).room.operators.get(A), { presence: 'wrap-up', callId: C1 }, where)
    t.match(play([[30, at(15)]], asked.room).room.operators.get(A), { presence: 'talking' }, 'as it was before')
  }
  const others = play([[1, up], [2, attach(B)], [3, snapshot(1, LEG, B)], [20, back]])
  t.match(others.room.operators.get(A), { presence: 'ready', callId: null }, 'another has it now')
  // His CDR file comes: ticket and caller are shown, and the paper work goes on.
  const past: RoomEvent = { type: 'past', call: { call: named, leg: { legId: LEG, operatorId: A, answeredAt: 5 } }, endedAt: 8, cause: 'NORMAL_CLEARING', bridged: true, settled: () => undefined }
  const known = play([[10_000, past]], gone.room)
  t.match(known.room.operators.get(A), { presence: 'wrap-up', wrapUp: gone.room.operators.get(A)?.wrapUp }, 'no longer for it')
  t.match(shown(known), [`${A} ${C1}`])
})

t.test('a snapshot between the answer and the bridge is no bridge: whoever put the receiver down at once sends nobody away', async (t) => {
  const waiting = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(waiting, C1)
  const between: RoomEvent = { type: 'resync', at: 5_050, restarted: false, calls: [{ call: named, leg: { legId, operatorId: A, answeredAt: 5_000, alone: true } }] }
  const { room, of } = play([[5_100, between]], waiting)
  t.match([room.calls.get(C1), of('open-ticket')], [{ answer: { legId }, bridged: false }, [{ callId: C1 }]], 'his answer is known')
  const ended: RoomEvent = { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'NORMAL_CLEARING', at: 5_200, answeredAt: 5_000 }
  const back = play([[5_210, ended]], room)
  t.strictSame(back.of('end-call'), [])
  const had = play([[5_150, { type: 'call.bridged', callId: C1, legId, operatorId: A, at: 5_150, answeredAt: 5_000 }], [5_210, ended]], room)
  t.match(had.of('end-call'), [{ callId: C1 }], 'it is, once they spoke')
})

t.test('a snapshot that is not sure of a call or a leg ends neither', async (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const unsure = [C1, legOf(offered, C1)]
  const kept = play([[20_000, { type: 'resync', calls: [], unsure, at: 19_900, restarted: false }]], offered)
  t.equal(kept.room.calls.get(C1)?.ended, null)
  t.strictSame(kept.of('end-leg'), [])
  t.match(play([[20_000, { type: 'resync', calls: [], at: 19_900, restarted: false }]], offered).room.calls.get(C1), { ended: { cause: 'LOST' } })
})

t.test('we died while his phone rang: lifted when the caller talks with somebody else by then, it has nobody', async (t) => {
  const [stale, later] = [uuid(0x57a1e), 6_000]
  const lifted: RoomEvent = { type: 'leg.answered', legId: stale, callId: C1, operatorId: B, at: later }
  const over: RoomEvent = { type: 'leg.ended', legId: stale, callId: C1, operatorId: B, cause: 'NORMAL_CLEARING', at: later + 10, answeredAt: later }
  const begin: [number, RoomEvent][] = [[1, up], [2, attach(A)], [3, attach(B)], [4, ready(B)], [5_100, snapshot(5_050, LEG)]]
  for (const events of [[lifted, over], [over, lifted], [lifted]]) {
    const { room, of } = play([...begin, ...events.map((event, n): [number, RoomEvent] => [later + n, event])])
    t.match(room.calls.get(C1), { answer: { legId: LEG, operatorId: A }, bridged: true, state: 'talking' }, 'his operator keeps him')
    t.match([room.operators.get(A), room.operators.get(B)], [{ presence: 'talking' }, { presence: 'ready', callId: null }])
    t.strictSame([of('end-call'), of('show-call').filter(({ operatorId }) => operatorId === B)], [[], []])
  }
  const has: RoomEvent = { type: 'call.bridged', callId: C1, legId: stale, operatorId: B, at: later + 60, answeredAt: later }
  const taken = play([...begin, [later, lifted], [later + 60, has]]).room
  t.match(taken.calls.get(C1), { answer: { legId: stale, operatorId: B }, bridged: true }, 'only the bridge says otherwise')
  t.match([taken.operators.get(A), taken.operators.get(B)], [{ presence: 'wrap-up' }, { presence: 'talking' }])
  const ended = play([...begin, [5_900, { type: 'leg.ended', legId: LEG, callId: C1, operatorId: A, cause: 'MEDIA_TIMEOUT', at: 5_900, answeredAt: 5_000, bridgedAt: 5_060 }], [later, lifted]]).room
  t.match(ended.calls.get(C1), { answer: { legId: stale, operatorId: B } }, 'or that the first one’s leg is over')
})

t.test('the link is lost when a telephone was to ring: FreeSWITCH says whether it does, and nobody else is asked before', async (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [4, attach(B)], [5, ready(B)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const own = offered.calls.get(C1)?.offer?.operatorId ?? ''
  const found = (at: number, ringing: readonly string[]): RoomEvent => ({ type: 'resync', at, restarted: false, calls: [{ call: named, ringing, ...(ringing[0] === undefined ? {} : { leg: { legId: ringing[0], operatorId: own } }) }] })
  const rings = play([[100, { type: 'link.down', at: 100 }], [1_000, found(900, [legId])], [4_000, tick]], offered)
  t.match([rings.room.calls.get(C1), rings.room.operators.get(own)], [{ offer: { legId, cancelling: null } }, { presence: 'ringing' }])
  t.strictSame([rings.of('offer'), rings.of('end-leg')], [[], []])
  const early = play([[100, { type: 'link.down', at: 100 }], [1_000, found(900, [])]], offered)
  t.strictSame(early.of('offer'), [], 'it may be about to ring')
  const late = play([[3_010, tick], [3_011, tick], [3_012, tick]], early.room)
  t.equal(late.of('reconcile').length, 1, 'FreeSWITCH is asked once more')
  const lost = play([[3_100, found(3_050, [])], [3_110 + settings.offerGrace, tick]], late.room)
  t.match(lost.of('end-leg'), [{ legId }])
  t.match(lost.of('offer'), [{ request: { callId: C1 } }], 'the order never came: the next one')
  t.strictSame(play([[20, { type: 'leg.ringing', legId, callId: C1, operatorId: own, at: 20 }], [3_011, tick]], offered).of('reconcile'), [], 'what rings needs no asking')
  const stale = uuid(0x57a1e)
  t.match(play([[1_000, found(900, [stale, legId])]], offered).of('end-leg'), [{ legId: stale, cause: 'ORIGINATOR_CANCEL' }], 'a telephone at which nobody is offered rings no longer')
  t.match(play([[4_000, found(3_900, [stale])]], offered).of('end-leg'), [{ legId }, { legId: stale }], 'nor does it stand for the one that is gone')
  t.match(play([[1, up], [5_000, { type: 'resync', at: 4_900, restarted: false, calls: [{ call: named, ringing: [stale], leg: { legId: LEG, operatorId: A, answeredAt: 4_000 } }] }]]).of('end-leg'), [{ legId: stale }], 'nor beside a talk')
  t.strictSame(play([[1, up], [5_000, { type: 'resync', at: 4_900, restarted: false, calls: [{ call: named, ringing: [stale], leg: { legId: stale, operatorId: A } }] }]]).of('end-leg'), [], 'but another node’s offer is none of ours')
})

t.test('the end of an operator’s leg is lost: a snapshot, or the citizen’s coming back, frees him', async (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const talking = play([[5_000, { ...answer, legId }], [5_020, { type: 'call.released', callId: C1 }], [5_060, { type: 'call.bridged', callId: C1, legId, at: 5_060 }]], offered).room
  const gone = (at: number, unsure: readonly string[] = []): RoomEvent => ({ type: 'resync', at, restarted: false, unsure, calls: [{ call: named }] })
  const freed = play([[9_000, gone(8_900)]], talking)
  t.match(freed.room.operators.get(A), { presence: 'wrap-up' })
  t.strictSame(freed.of('end-call'), [], 'nobody is hung up for news that were lost')
  for (const kept of [gone(8_900, [legId]), gone(4_900), snapshot(8_900, legId)]) t.match(play([[9_000, kept]], talking).room.operators.get(A), { presence: 'talking' }, 'not read, younger, or there')
  const back = play([[9_000, arrive(C1)]], talking)
  t.match([back.room.operators.get(A), back.room.calls.get(C1)], [{ presence: 'wrap-up' }, { state: 'queued', held: true }])
  const unheard = play([[5_000, { ...answer, legId }], [9_000, gone(8_900)]], offered)
  t.match(unheard.of('take-back'), [{ callId: C1 }], 'they never heard each other, and he is still ours: he waits on')
})

t.test('another node’s operator puts the receiver down: whether the citizen goes on is known there, and not here', (t) => {
  // A is at a desk of the other node; this one follows the call by events and snapshots.
  const there = play([[1, up], [100, snapshot(90, LEG)]])
  const end: RoomEvent = { type: 'leg.ended', legId: LEG, callId: C1, operatorId: A, cause: 'NORMAL_CLEARING', at: 6_000, answeredAt: 5_000, bridgedAt: 5_060 }
  t.strictSame(play([[6_000, end]], there.room).of('end-call'), [], 'he may be on his way back to the queue')
  const here = play([[1, up], [2, attach(A)], [100, snapshot(90, LEG)]])
  t.match(play([[6_000, end]], here.room).of('end-call'), [{ callId: C1 }])
  t.end()
})

t.test('the citizen’s end is heard before the answer: only one who was gone in that instant is called back', (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  for (const [at, callBack] of [[605_000, false], [5_200, true]] as const) {
    const ended = play([[at, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at }]], offered)
    t.match(play([[at + 10, { ...answer, legId }]], ended.room).of('open-ticket'), [{ callId: C1, callBack }], `over at ${at}`)
  }
  const ended = play([[5_200, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 5_200 }]], offered)
  t.match(play([[5_210, { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'NORMAL_CLEARING', at: 5_200, answeredAt: 5_000, bridgedAt: 5_060 }]], ended.room).of('open-ticket'), [{ callBack: false }], 'they had spoken')
  t.end()
})

t.test('a call that is over when we hear of it is written down, takes nobody’s seat and is shown to nobody', (t) => {
  const past = (callId: string, legId: string, bridged = true): RoomEvent => ({ type: 'past', call: { call: { ...named, callId }, leg: { legId, operatorId: A, answeredAt: 5_000 } }, endedAt: 8_000, cause: 'NORMAL_CLEARING', bridged, settled: () => undefined })
  const native = uuid(0x9a7)
  const ready1 = play([[1, up], [2, attach(A)], [3, ready(A)]]).room
  const talking = play([[10, arrive(C2)]], ready1).room
  const busy = play([[100, { type: 'leg.answered', legId: legOf(talking, C2), callId: C2, operatorId: A, at: 100 }], [101, ticket(C2)]], talking).room
  const over = play([[200, { type: 'call.ended', callId: C2, cause: 'NORMAL_CLEARING', at: 200 }]], busy).room
  for (const [what, room, seat] of [
    ['who is ready', ready1, { presence: 'ready', callId: null }], ['who rings', talking, { presence: 'ringing', callId: C2 }],
    ['who talks', busy, { presence: 'talking', callId: C2 }], ['who does his paper work', over, { presence: 'wrap-up', callId: C2 }],
  ] as const) {
    for (const bridged of [true, false]) {
      const { room: after, of } = play([[9_000, past(C1, native, bridged)], [9_001, ticket(C1)]], room)
      t.match(after.operators.get(A), seat, `${what} goes on with what he does`)
      t.strictSame([of('show-me'), of('show-call'), of('show-ticket'), of('show-gone'), of('look-up'), of('end-call'), of('end-leg')], [[], [], [], [], [], [], []], `${what} sees nothing of it`)
      t.match([of('open-ticket'), after.calls.get(C1)], [[{ callId: C1 }], { state: 'ended', ended: { at: 8_000 }, answer: { operatorId: A, at: 5_000 } }])
      t.ok(of('save').length > 0)
    }
  }
  // He sits at it: the news of answer and end were lost.
  const offered = play([[10, arrive(C1)]], ready1).room
  const told = play([[9_000, past(C1, legOf(offered, C1))]], offered)
  t.match([told.room.operators.get(A), told.of('show-call').at(-1)], [{ presence: 'wrap-up', callId: C1 }, { operatorId: A, callId: C1 }])
  t.end()
})

t.test('who answered in the native queue sits at that call, whatever we had him down for', (t) => {
  const native = uuid(0x9a7)
  const found = (at: number, ...others: LiveCall[]): RoomEvent => ({ type: 'resync', at, restarted: false, calls: [{ call: named, leg: { legId: native, operatorId: A, answeredAt: 5_000 } }, ...others] })
  const alive = (callId: string, legId?: string): LiveCall => ({ call: arriving(callId, 10), ...(legId === undefined ? {} : { leg: { legId, operatorId: A, answeredAt: 100 } }) })
  const ringing = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C2)]]).room
  const legId = legOf(ringing, C2)
  const talking = play([[100, { type: 'leg.answered', legId, callId: C2, operatorId: A, at: 100 }], [160, { type: 'call.bridged', callId: C2, legId, at: 160 }]], ringing).room
  const over = play([[5_500, { type: 'call.ended', callId: C2, cause: 'NORMAL_CLEARING', at: 5_500 }]], talking).room
  const seat = { presence: 'talking', callId: C1, wrapUp: null }

  const paper = play([[6_000, found(5_900)], [6_010, ticket(C1)]], over)
  t.match(paper.room.operators.get(A), seat, 'his paper work is over')
  t.match([paper.of('show-gone'), paper.of('show-ticket')], [[{ operatorId: A, callId: C2 }], [{ operatorId: A, ticket: { id: C1 } }]])
  t.same(shown(paper), [`${A} ${C1}`], 'his screen shows whom he talks with, and his ticket')
  const later = play([[6_500 + settings.wrapUp, tick], [13_000, arrive(C3)], [14_000, found(13_900, alive(C3))]], paper.room)
  t.match([later.room.operators.get(A), later.of('offer').length], [seat, 0], 'he stays there and is offered nobody')
  t.match(play([[20_000, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 20_000 }]], later.room).room.operators.get(A), { presence: 'wrap-up', callId: C1 })

  // We ring him for somebody else: that caller goes to the next one, and he is not marked.
  const two = play([[11, attach(B)], [12, ready(B)]], ringing).room
  const moved = play([[6_000, found(5_900, { ...alive(C2), ringing: [legId] })]], two)
  t.match([moved.room.operators.get(A), moved.of('end-leg')], [seat, [{ legId, cause: 'ORIGINATOR_CANCEL' }]])
  t.match([moved.of('show-gone'), shown(moved)], [[{ operatorId: A, callId: C2 }], [`${A} ${C1}`]])
  const next = play([[6_020, { type: 'leg.ended', legId, callId: C2, operatorId: A, cause: 'ORIGINATOR_CANCEL', at: 6_020 }]], moved.room)
  t.match([next.of('offer'), next.room.operators.get(A)], [[{ request: { callId: C2, operatorId: B } }], seat], 'at once')
  t.match(play([[30_000, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 30_000 }], [30_000 + settings.wrapUp, tick]], next.room).room.operators.get(A), { presence: 'ready' })

  // He is asked into another talk.
  const asked = play([[100, { type: 'operator.transfer', operatorId: A, callId: C2, to: { operatorId: B } }]], play([[50, attach(B)], [51, ready(B)]], talking).room)
  const party = asked.room.calls.get(C2)?.parties[0]?.legId ?? ''
  const away = play([[6_000, { type: 'resync', at: 5_900, restarted: false, calls: [{ ...alive(C2, legId), parties: [{ legId: party, role: 'transfer', mode: 'all', operatorId: B, number: '1001', createdAt: 100 }] }, { call: named, leg: { legId: native, operatorId: B, answeredAt: 5_000 } }] }]], asked.room)
  t.match([away.room.operators.get(B), away.of('end-leg')], [seat, [{ legId: party, cause: 'ORIGINATOR_CANCEL' }]])
  t.match(play([[6_010, { type: 'party.ended', legId: party, callId: C2, cause: 'ORIGINATOR_CANCEL', at: 6_010 }]], away.room).room.operators.get(B), seat)

  // A talk that goes on keeps him; he comes to the other one from there. Whether it goes on is known only when the snapshot is read to its end.
  const held = play([[6_000, found(5_900, alive(C2, legId))]], talking)
  t.match(held.room.operators.get(A), { presence: 'talking', callId: C2 })
  t.strictSame([held.of('show-call'), held.of('show-gone')], [[], []])
  const freed = play([[7_000, { type: 'call.ended', callId: C2, cause: 'NORMAL_CLEARING', at: 7_000 }], [7_001, ticket(C1)]], held.room)
  t.match([freed.room.operators.get(A), freed.of('show-call').at(-1), freed.of('show-ticket'), freed.of('offer').length], [seat, { callId: C1 }, [{ ticket: { id: C1 } }], 0])
  const lost = play([[6_000, found(5_900)]], talking)
  t.match([lost.room.operators.get(A), lost.room.calls.get(C2)], [seat, { ended: { cause: 'LOST' } }])
  const ended = play([[6_500, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 6_500 }], [7_000, { type: 'call.ended', callId: C2, cause: 'NORMAL_CLEARING', at: 7_000 }]], held.room)
  t.match(ended.room.operators.get(A), { presence: 'wrap-up', callId: C2 }, 'over meanwhile')

  // The answer alone moves nobody, the bridge does: with or without his name in it.
  for (const who of [{ operatorId: A }, {}]) {
    const answer: RoomEvent = { type: 'leg.answered', legId: LEG, callId: C1, operatorId: A, at: 6_000 }
    const waiting = play([[5_600, arrive(C1)], [6_000, answer]], over)
    t.match([waiting.room.operators.get(A), shown(waiting).length], [{ presence: 'wrap-up', callId: C2 }, 0])
    const through = play([[6_060, { type: 'call.bridged', callId: C1, legId: LEG, at: 6_060, ...who }]], waiting.room)
    t.match([through.room.operators.get(A), shown(through)], [seat, [`${A} ${C1}`]])
  }

  // His telephone died in the talk, and FreeSWITCH does not know yet.
  const dead = play([[6_000, { type: 'operator.phone-lost', operatorId: A, callId: C1 }], [6_010, found(6_005)]], paper.room).room
  t.match(dead.operators.get(A), { presence: 'unreachable', callId: null }, 'he does not talk there any more')
  t.end()
})

t.test('who had an operator before and falls to the native queue is looked for there, and not taken out of it', (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const back = { type: 'call.arrived', call: { ...named, toldAt: 8_000 } } as const
  const waiting = play([
    [5_000, { ...answer, legId }], [5_010, ticket(C1)], [5_020, { type: 'call.released', callId: C1 }], [5_060, { type: 'call.bridged', callId: C1, legId, at: 5_060 }], [7_000, { type: 'operator.ready', operatorId: A, ready: false }],
    [7_900, { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'MEDIA_TIMEOUT', at: 7_900, answeredAt: 5_000, bridgedAt: 5_060 }], [8_000, back],
  ], offered).room
  t.match(waiting.calls.get(C1), { state: 'queued', held: true, answer: { legId } })
  const alone = (at: number, fallback: boolean): RoomEvent => ({ type: 'resync', at, restarted: false, calls: [{ call: named, ...(fallback ? { fallback } : {}) }] })
  const lapsed: [number, RoomEvent][] = [[13_000, { type: 'call.released', callId: C1 }]]
  const late = 13_000 + settings.offerGrace + 1
  const fell = play([...lapsed, [13_005, { type: 'call.fallback', callId: C1, at: 13_004 }]], waiting)
  t.same(fell.of('clear-switch'), [{ type: 'clear-switch', callId: C1 }], 'a renewal that was on its way takes him nowhere')
  t.match(fell.room.calls.get(C1), { state: 'fallback', held: false })
  t.equal(fell.room.waiting.size, 0)
  for (const told of [true, false]) t.strictSame(play([[late, alone(late, told)], [late + 60_000, alone(late + 59_000, told)], [late + 60_001, tick]], fell.room).of('requeue'), [], 'a telephone rings for him there')
  const unheard = play([...lapsed, [late, alone(late, true)]], waiting)
  t.match([unheard.of('clear-switch'), unheard.of('requeue').length, unheard.room.calls.get(C1)], [[{ callId: C1 }], 0, { state: 'fallback' }], 'the news was lost: the snapshot says it')
  t.match(play([...lapsed, [late, alone(late, false)]], waiting).of('requeue'), [{ callId: C1 }], 'who is nowhere is brought back as before')
  const native = play([[20_000, { type: 'resync', at: 19_900, restarted: false, calls: [{ call: named, fallback: true, leg: { legId: uuid(0x9a7), operatorId: B, answeredAt: 19_000 } }] }]], fell.room)
  t.match([native.room.calls.get(C1), native.of('open-ticket').length], [{ state: 'talking', answer: { operatorId: B } }, 0], 'found there: on his ticket')
  const gone: RoomEvent = { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 30_000 }
  t.match(play([[30_000, gone]], fell.room).of('mark-call-back'), [{ callId: C1 }], 'he gave up waiting for the second')
  t.strictSame(play([[30_000, gone]], native.room).of('mark-call-back'), [])
  for (const old of [{ type: 'call.fallback', callId: C1, at: 4_000 } as const, alone(7_990, true)]) t.match(play([[8_050, old]], waiting).room.calls.get(C1), { state: 'queued', held: true }, 'old news take nobody out of our queue')
  t.end()
})

t.test('FreeSWITCH dies, and recovers a talk after we had given it up: it goes on, with its operator', (t) => {
  const offered = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(offered, C1)
  const talking = play([[5_000, { ...answer, legId }], [5_010, ticket(C1)], [5_020, { type: 'call.released', callId: C1 }], [5_060, { type: 'call.bridged', callId: C1, legId, at: 5_060 }]], offered).room
  const given: RoomEvent = { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'LOST', at: 20_000 }
  const none = (at: number): RoomEvent => ({ type: 'resync', at, restarted: true, calls: [] })
  const seat = { presence: 'talking', callId: C1 }
  const goesOn = { state: 'talking', bridged: true, ended: null, answer: { legId, at: 5_000 } }
  for (const [what, told] of [['whose leg we had asked for', [given]], ['whom the native queue had found, or we before a restart', []]] as const) {
    const lost = play([[19_000, { type: 'link.down', at: 19_000 }], ...told.map((event): [number, RoomEvent] => [20_000, event]), [20_010, none(20_001)]], talking)
    t.match([lost.room.calls.get(C1), lost.room.operators.get(A)], [{ ended: { cause: 'LOST' } }, { presence: 'wrap-up' }], what)
    t.strictSame([lost.of('end-leg'), lost.of('end-call')], [[], []], `${what}: what it may just have recovered is not ours to end`)
    const asked = play([[20_300, { type: 'call.bridged', callId: C1, legId, at: 20_300 }]], lost.room)
    t.match([asked.of('reconcile'), asked.room.calls.get(C1)], [[{}], { ended: { cause: 'LOST' } }], 'a bridge: FreeSWITCH is asked')
    const back = play([[21_000, snapshot(20_900, legId)]], lost.room)
    t.match([back.room.calls.get(C1), back.room.operators.get(A)], [goesOn, seat], `${what}: talks on`)
    t.match([back.of('show-call').at(-1), back.of('show-ticket'), back.of('open-ticket').length], [{ operatorId: A, callId: C1 }, [{ ticket: { id: C1 } }], 0])
    t.match(play([[22_000, { type: 'operator.hang-up', operatorId: A, callId: C1 }]], back.room).of('end-call'), [{ callId: C1 }], 'and can be hung up')
    t.match(play([[22_000, { type: 'leg.ended', legId, callId: C1, operatorId: A, cause: 'NORMAL_CLEARING', at: 22_000, answeredAt: 5_000, bridgedAt: 5_060 }]], back.room).room.operators.get(A), { presence: 'wrap-up' })
    t.match(play([[26_000, tick], [30_000, arrive(C2)], [31_000, { type: 'resync', at: 30_900, restarted: false, calls: [{ call: named, leg: { legId, operatorId: A, answeredAt: 5_000 } }, { call: arriving(C2, 30_000) }] }]], lost.room).room.operators.get(A), seat, 'he was being rung for somebody else already')
    t.match(play([[21_000, snapshot(20_005, legId)]], lost.room).room.calls.get(C1), { ended: { cause: 'LOST' } }, 'an older snapshot says nothing against it')
    // The citizen first, his operator in the next snapshot.
    const half = play([[21_000, snapshot(20_900)]], lost.room)
    t.match([half.room.calls.get(C1), half.of('requeue').length, half.of('end-call').length], [{ ended: null, state: 'answered' }, 0, 0])
    t.match(play([[22_000, snapshot(21_900, legId)]], half.room).room.operators.get(A), seat)
  }
  // It has recovered him before our first snapshot of it: leg and all, or leg after.
  for (const first of [snapshot(20_001, legId), snapshot(20_001)] as Extract<RoomEvent, { type: 'resync' }>[]) {
    const there = play([[19_000, { type: 'link.down', at: 19_000 }], [20_000, given], [20_010, { ...first, restarted: true }], [21_000, snapshot(20_900, legId)]], talking)
    t.match([there.room.calls.get(C1), there.room.operators.get(A), there.of('requeue').length], [goesOn, seat, 0])
  }
  const hungUp = play([[20_000, { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 20_000 }], [21_000, snapshot(20_900, legId)]], talking)
  t.match(hungUp.room.calls.get(C1), { ended: { cause: 'NORMAL_CLEARING' } }, 'an end that was told is an end')
  t.end()
})

t.test('a call that FreeSWITCH refused is written down as that: nobody gave up, nobody has to call him back', (t) => {
  const refused: RoomEvent = { type: 'past', call: { call: arriving(C1, 10) }, endedAt: 20, cause: 'NORMAL_TEMPORARY_FAILURE', bridged: false, refused: true, settled: () => undefined }
  const { room, of } = play([[1, up], [2, attach(A)], [3, ready(A)], [5_000, refused]])
  t.match([room.calls.get(C1), of('save')], [{ state: 'refused', answer: null, ended: { at: 20, cause: 'NORMAL_TEMPORARY_FAILURE' } }, [{ callId: C1 }]])
  t.strictSame([of('open-ticket'), of('mark-call-back'), of('show-call'), of('offer')], [[], [], [], []])
  t.match(play([[5_000 + settings.keepEnded, tick]], room).of('forget'), [{ callId: C1, abandoned: false }])
  // A snapshot had shown him, and his end was told.
  const known = play([[1, up], [10, { ...snapshot(9), calls: [{ call: arriving(C1, 10) }] } as RoomEvent], [20, { type: 'call.ended', callId: C1, cause: 'NORMAL_TEMPORARY_FAILURE', at: 20 }], [5_000, refused]])
  t.match(known.room.calls.get(C1), { state: 'refused' })
  t.end()
})

t.test('we restart while an operator talks with a citizen whom he called back: nobody is rung through to him, and its end is his freedom', (t) => {
  const [TICKET, NEAR, FAR] = [uuid(0xb01), uuid(0xb02), uuid(0xb03)]
  const redial = { ticketId: TICKET, legId: NEAR, farLegId: FAR, operatorId: A }
  const shown = (at: number, redials: readonly object[], unsure: readonly string[] = []) => ({ ...up, at: at - 10, redials, unsure }) as typeof up
  const desk = { ...attach(A), memory: { ready: true } }
  for (const [order, events] of [['snapshot first', [[10, shown(10, [redial])], [20, desk]]], ['desk first', [[10, { ...desk, memory: { ready: false } }], [20, shown(20, [redial])], [21, ready(A)]]]] as const) {
    const before = play(events)
    t.equal(before.room.operators.get(A)?.presence, 'talking', order)
    t.same(play([[30, arrive(C1, 30)]], before.room).of('offer'), [], `${order}: no second caller`)
    const reached = play([[40, shown(40, [{ ...redial, reachedAt: 35 }])], [50, shown(50, [{ ...redial, reachedAt: 35 }])]], before.room)
    t.match(reached.of('note'), [{ event: { callId: TICKET, act: 'reached', at: 35 } }], `${order}: noted once`)
    t.equal(play([[60, shown(60, [], [NEAR])]], reached.room).room.redials.size, 1, `${order}: what is not understood is no end`)
    const missed = play([[60, shown(60, [])]], reached.room)
    t.match([missed.room.operators.get(A)?.presence, missed.room.redials.size, missed.of('note')], ['ready', 0, [{ event: { callId: TICKET, act: 'ended', detail: 'LOST' } }]], `${order}: its end was missed`)
    const told = play([[60, { type: 'redial.ended', legId: NEAR, cause: 'NORMAL_CLEARING', at: 60 }]], reached.room)
    t.match([told.room.operators.get(A)?.presence, told.of('note')], ['ready', [{ event: { act: 'ended', at: 60 } }]], `${order}: or was told`)
  }
  const asked = play([[1, up], [2, desk], [3, { type: 'operator.redial', operatorId: A, ticketId: TICKET, number: '13900000001' }], [50, shown(50, [])]])
  t.equal(asked.room.redials.size, 1, 'whose order is on its way is not over')
  const elsewhere = play([[10, shown(10, [redial])], [20, shown(20, [])]])
  t.same([elsewhere.room.redials.size, elsewhere.of('note')], [0, []], 'another node’s: it writes down what becomes of it')
  t.end()
})

t.test('a call whose end was only noticed has the true one as soon as it is told: time, cause, and whether they spoke (V4)', (t) => {
  const waiting = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(waiting, C1)
  const lost = play([[100, { type: 'leg.answered', callId: C1, legId, operatorId: A, at: 100 }], [101, ticket(C1)], [160, { type: 'call.bridged', callId: C1, legId, at: 160 }], [9_000, { ...up, at: 8_900 }]], waiting)
  t.match(lost.room.calls.get(C1)?.ended, { cause: 'LOST' })
  const past = (more: object = {}): RoomEvent => ({ type: 'past', call: { call: named }, endedAt: 7_000, cause: 'NORMAL_CLEARING', bridged: true, settled: () => undefined, ...more })
  for (const news of [past(), { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 7_000 }] as const) {
    const told = play([[11_000, news]], lost.room)
    t.match(recordOf(told.room.calls.get(C1) as Call), { endedAt: 7_000, hangupCause: 'NORMAL_CLEARING', state: 'ended' }, news.type)
    t.match([told.of('save').length, told.of('mark-call-back'), told.of('note')], [1, [], [{ event: { act: 'hung-up', at: 7_000 } }]], news.type)
    t.strictSame(play([[12_000, { type: 'call.ended', callId: C1, cause: 'MEDIA_TIMEOUT', at: 6_000 }]], told.room).of('save'), [], `${news.type}: and keeps it`)
  }
  // Answer and hang-up fell into one gap of the link.
  const hidden = play([[5_000, { ...up, at: 4_900 }]], waiting).room
  t.match(hidden.calls.get(C1), { ended: { cause: 'LOST' }, answer: null })
  const leg = { leg: { legId, operatorId: A, answeredAt: 3_000 } }
  for (const [bridged, endedAt, callBack] of [[true, 4_500, false], [false, 3_500, true], [true, 3_500, false]] as const) {
    const { of, room } = play([[9_000, past({ call: { call: named, ...leg }, endedAt, bridged })]], hidden)
    t.match([of('open-ticket'), room.calls.get(C1)?.ended], [[{ callId: C1, callBack }], { at: endedAt, cause: 'NORMAL_CLEARING' }], `bridged: ${String(bridged)}, ended at ${endedAt}`)
  }
  t.end()
})

t.test('FreeSWITCH is another one and has recovered the talk: music lies over it again, who was muted is, and a third telephone is heard as before', async (t) => {
  const waiting = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const legId = legOf(waiting, C1)
  const talking = play([[5_000, { type: 'leg.answered', callId: C1, legId, operatorId: A, at: 5_000 }], [5_060, { type: 'call.bridged', callId: C1, legId, at: 5_060 }], [5_100, ticket(C1)]], waiting).room
  const held = play([[6_000, { type: 'operator.hold', operatorId: A, callId: C1, on: true }], [6_100, { type: 'operator.mute', operatorId: A, callId: C1, on: true }]], talking).room
  const recovered = (restarted: boolean): RoomEvent => ({ type: 'resync', at: 9_000, restarted, calls: [{ call: arriving(C1, 10), leg: { legId, operatorId: A, answeredAt: 5_000 } }] })
  const after = play([[9_100, recovered(true)]], held)
  t.match(after.of('hold'), [{ callId: C1, on: true }])
  t.match(after.of('mute'), [{ legId, on: true }])
  t.match(after.room.calls.get(C1), { onHold: true, muted: true, state: 'talking' })
  t.same([...play([[9_100, recovered(true)]], talking).of('hold'), ...play([[9_100, recovered(false)]], held).of('hold')], [], 'where nothing was laid over it, or FreeSWITCH is the same, nothing is')
})
