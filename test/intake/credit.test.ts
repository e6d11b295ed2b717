import t from 'tap'
import type { RoomEvent } from '../../src/intake/core/event.js'
import { A, arrive, attach, B, C1, legOf, play, ready, ticket, up } from './play.js'
import { arriving } from './world.js'

const lifts = (legId: string, operatorId: string, at: number): RoomEvent => ({ type: 'leg.answered', legId, callId: C1, operatorId, at })
const talks = (legId: string, operatorId: string, at: number): RoomEvent => ({ type: 'call.bridged', legId, callId: C1, operatorId, at })
const over = (legId: string, operatorId: string, at: number, more: Partial<Extract<RoomEvent, { type: 'leg.ended' }>> = {}): RoomEvent => ({ type: 'leg.ended', legId, callId: C1, operatorId, cause: 'NORMAL_TEMPORARY_FAILURE', at, ...more })

t.test('the ticket is the operator’s who talked, not his whose telephone died between his answer and the bridge', async (t) => {
  const rung = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const first = legOf(rung, C1)
  const lifted = play([[100, lifts(first, A, 100)], [101, ticket(C1)], [110, over(first, A, 110, { answeredAt: 100 })], [120, attach(B)], [121, ready(A, false)], [122, ready(B)]], rung)
  t.match(lifted.of('open-ticket'), [{ callId: C1 }], 'it is open from the first answer on')
  const second = legOf(lifted.room, C1)
  t.match(lifted.room.calls.get(C1)?.offer, { operatorId: B }, 'he waits on, for the next')
  const answered = play([[200, lifts(second, B, 200)]], lifted.room)
  t.same(answered.of('credit-ticket'), [], 'he has only lifted, too')
  const heard = play([[210, talks(second, B, 210)], [211, talks(second, B, 210)], [300, over(second, B, 300, { answeredAt: 200, bridgedAt: 210 })]], answered.room)
  t.match(heard.of('credit-ticket'), [{ callId: C1, insteadOf: A }], 'once')
  t.same([...answered.of('open-ticket'), ...heard.of('open-ticket')], [], 'the same ticket')
  t.end()
})

t.test('… and stays his who talked, whoever comes after him or lifted beside him', async (t) => {
  const rung = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const first = legOf(rung, C1)
  const next = [[400, arrive(C1, 10)], [410, attach(B)], [411, ready(A, false)], [412, ready(B)]] as const
  for (const [what, ...events] of [
    ['they spoke', [100, lifts(first, A, 100)], [105, talks(first, A, 105)], [110, over(first, A, 110, { answeredAt: 100, bridgedAt: 105 })]],
    ['only the end says that they spoke', [100, lifts(first, A, 100)], [110, over(first, A, 110, { answeredAt: 100, bridgedAt: 105 })]],
    ['nobody told the end', [100, lifts(first, A, 100)], [110, over(first, A, 110, { cause: 'LOST' })]],
  ] as const) {
    const again = play([...events, ...next], rung).room
    const second = legOf(again, C1)
    t.not(second, 'none', what)
    t.same(play([[500, lifts(second, B, 500)], [510, talks(second, B, 510)]], again).of('credit-ticket'), [], what)
  }
  // Two nodes had rung two telephones; his end is told after the other one has the citizen.
  const beside = play([[100, lifts(first, A, 100)], [101, lifts('00000000-0000-4000-8000-00000000beef', B, 102)], [103, talks('00000000-0000-4000-8000-00000000beef', B, 103)]], rung)
  t.same(beside.of('credit-ticket'), [], 'he may have him yet')
  t.match(play([[150, over(first, A, 150, { answeredAt: 100 })]], beside.room).of('credit-ticket'), [{ insteadOf: A }])
  t.end()
})

t.test('… also where that talk was over, and the citizen back with us, before anybody told of it, or of the leg that had died before', async (t) => {
  const rung = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const first = legOf(rung, C1)
  const died = over(first, A, 110, { answeredAt: 100 })
  const lifted = play([[100, lifts(first, A, 100)], [101, ticket(C1)]], rung).room
  const waits = play([[111, died], [120, attach(B)], [121, ready(A, false)], [122, ready(B)]], lifted).room
  const second = legOf(waits, C1)
  const ended = over(second, B, 220, { cause: 'MEDIA_TIMEOUT', answeredAt: 200, bridgedAt: 205 })
  const back = [[221, { type: 'call.released', callId: C1 }], [222, arrive(C1, 10)]] as const
  t.match(play([[201, lifts(second, B, 200)], ...back, [223, talks(second, B, 205)], [224, ended]], waits).of('credit-ticket'), [{ operatorId: B, insteadOf: A }], 'he came back before the bridge was told')
  t.match(play([[201, lifts(second, B, 200)], ...back, [224, ended]], waits).of('credit-ticket'), [{ operatorId: B, insteadOf: A }], 'only the end of it was told')
  const beef = '00000000-0000-4000-8000-00000000beef'
  const told = play([[201, lifts(beef, B, 200)], [206, talks(beef, B, 205)], [220, over(beef, B, 220, { cause: 'MEDIA_TIMEOUT', answeredAt: 200, bridgedAt: 205 })], ...back], lifted)
  t.same(told.of('credit-ticket'), [], 'the first one may have had him')
  t.match(play([[300, died]], told.room).of('credit-ticket'), [{ operatorId: B, insteadOf: A }], 'his end is told last')
  t.end()
})

t.test('the native queue was faster than his hand: the talk is over before anybody looks, and its record says whose it was', async (t) => {
  const rung = play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)]]).room
  const leg = legOf(rung, C1)
  const native = '00000000-0000-4000-8000-0000000000aa'
  const past = (more: Partial<Extract<RoomEvent, { type: 'past' }>>): RoomEvent => ({
    type: 'past', call: { call: arriving(C1, 10), leg: { legId: native, operatorId: B, answeredAt: 90 } }, endedAt: 300, cause: 'NORMAL_CLEARING', bridged: true, settled: () => undefined, ...more,
  })
  const lifted = play([[50, { type: 'call.released', callId: C1 }], [100, lifts(leg, A, 100)], [101, ticket(C1)]], rung).room
  const gone: RoomEvent = { type: 'call.ended', callId: C1, cause: 'NORMAL_CLEARING', at: 300 }
  const heard = play([[110, over(leg, A, 110, { answeredAt: 100 })], [300, gone], [5_000, past({})]], lifted)
  t.match(heard.of('credit-ticket'), [{ callId: C1, operatorId: B, insteadOf: A }], 'his leg’s end was heard')
  t.match(heard.room.calls.get(C1)?.answer, { legId: native, operatorId: B, at: 90 }, 'and the call is the other’s')
  t.match(play([[300, gone], [5_000, past({ vain: [A] })]], lifted).of('credit-ticket'), [{ operatorId: B, insteadOf: A }], 'only its own record tells of it')
  t.match(play([[1, up], [5_000, past({ vain: [A, B] })]]).of('credit-ticket'), [{ operatorId: B, insteadOf: A }], 'another node had opened the ticket')
  t.same(play([[300, gone], [5_000, past({})]], lifted).of('credit-ticket'), [], 'while nothing says that he never had him')
  t.end()
})

t.test('whom the native queue found could not be named, and his telephone died: the ticket is the next one’s who talks', async (t) => {
  const native = { legId: '00000000-0000-4000-8000-0000000000aa', extension: '1009', answeredAt: 50 }
  const seen: RoomEvent = { ...up, at: 60, calls: [{ call: arriving(C1, 10), leg: native }] }
  const nobodys = play([[1, up], [2, attach(A)], [3, ready(A)], [60, seen], [61, ticket(C1)]])
  t.same([nobodys.of('open-ticket').length, nobodys.of('credit-ticket').length], [1, 0])
  const back = play([[100, arrive(C1)]], nobodys.room).room
  const leg = legOf(back, C1)
  const heard = play([[200, lifts(leg, A, 200)], [205, talks(leg, A, 205)], [300, over(leg, A, 300, { answeredAt: 200, bridgedAt: 205 })]], back)
  t.match(heard.of('credit-ticket'), [{ callId: C1, operatorId: A, insteadOf: null }], 'once')
  const known = play([[70, { ...seen, at: 65, calls: [{ call: arriving(C1, 10), leg: { ...native, operatorId: B } }] }]], nobodys.room)
  t.match(known.of('credit-ticket'), [{ operatorId: B, insteadOf: null }], 'it came to light who he was')
  t.match(known.room.calls.get(C1), { state: 'talking', answer: { legId: native.legId, operatorId: B, at: 50 } })
  const next = play([[100, arrive(C1)]], known.room).room
  t.same(play([[200, lifts(legOf(next, C1), A, 200)], [205, talks(legOf(next, C1), A, 205)]], next).of('credit-ticket'), [], 'and stays so')
  t.end()
})
