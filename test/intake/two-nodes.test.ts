import t from 'tap'
import type { RoomEvent } from '../../src/intake/core/event.js'
import type { CallRecord, Mirror } from '../../src/intake/ports.js'
import { A, arrive, attach, B, C1, C2, play, ready, up } from './play.js'
import { arriving, uuid } from './world.js'

const [L1, L2] = [uuid(0xaa1), uuid(0xaa2)]

t.test('whoever came back to another node and is rung for there is that node’s: no telephone of his is ended here', (t) => {
  const saw = play([[1, up],
    [100, { ...up, at: 90, calls: [{ call: arriving(C1, 10), leg: { legId: L1, operatorId: A, answeredAt: 50 } }] }],
    [200, { type: 'leg.ended', legId: L1, callId: C1, operatorId: A, cause: 'MEDIA_TIMEOUT', at: 200, answeredAt: 50, bridgedAt: 51 }],
  ])
  const rung = { call: arriving(C1, 10), leg: { legId: L2, operatorId: B }, ringing: [L2] }
  t.same(play([[10_000, { ...up, at: 9_900, calls: [rung] }]], saw.room).of('end-leg'), [])
  const talks = { ...rung, leg: { legId: L1, operatorId: A, answeredAt: 50 } }
  const before = play([[1, up], [100, { ...up, at: 90, calls: [talks] }]])
  t.match(before.of('end-leg'), [{ legId: L2, cause: 'ORIGINATOR_CANCEL' }], 'while he talks nobody else is to ring for him, whoever asked for it')
  t.end()
})

t.test('whom another node hands over keeps what he said there, also where a snapshot had shown him before he said it', (t) => {
  const mirror = { queuedAt: 12, category: 'fire', class: 'emergency', language: 'en' } as const
  const handed = { type: 'call.arrived', call: arriving(C1, 10, mirror) } as const
  for (const [name, before] of [['seen before', [[1_000, { ...up, at: 990, calls: [{ call: arriving(C1, 10) }] }]]], ['not seen', []]] as const) {
    const { room, of } = play([[1, up], ...before, [9_000, handed]])
    t.match(room.calls.get(C1), { class: 'emergency', category: 'fire', language: 'en', queuedAt: 12 }, name)
    t.match(of('mirror'), [{ facts: { queuedAt: 12, class: 'emergency' } }], `${name}: his channel goes on saying so`)
  }
  const silent = play([[1, up], [1_000, { ...up, at: 990, calls: [{ call: arriving(C1, 10, { category: 'fire', class: 'emergency' }) }] }], [9_000, { type: 'call.arrived', call: arriving(C1, 10, { queuedAt: 12 }) }]])
  t.match(silent.room.calls.get(C1), { class: 'emergency', category: 'fire' }, 'where it is silent, what was known stays')
  t.end()
})

t.test('how a flow lets him wait, its priority and its skill, goes with him: over a restart, to another node and back', (t) => {
  const asks = (at: number, more: { readonly skill?: string; readonly priority?: number }): readonly [number, RoomEvent] => [at, { type: 'call.queue', callId: C1, ...more }]
  const here = play([[1, up], [10, arrive(C1)], asks(20, { skill: 'noise', priority: 9 }), asks(30, { priority: 9 })])
  const said = here.of('mirror').map(({ facts }) => facts)
  t.same(said.slice(1), [{ skill: 'noise', priority: 9 }], 'what is new, once')
  const mirror = Object.assign({}, ...said) as Mirror
  const there = { type: 'call.arrived', call: arriving(C1, 10, mirror) } as const
  for (const [name, before] of [
    ['not seen before', [[1, up]]], ['seen before he said it', [[1, up], [15, { ...up, at: 14, calls: [{ call: arriving(C1, 10) }] }]]],
    ['found by a snapshot after a restart', [[50, { ...up, at: 49, calls: [{ call: arriving(C1, 10, mirror) }] }]]],
  ] as const) t.match(play([...before, [9_000, there]]).room.calls.get(C1), { skill: 'noise', priority: 9 }, name)
  const other = play([[1, up], [10, { type: 'call.arrived', call: arriving(C2, 10, { queuedAt: 10 }) }], [9_000, there]]).room
  t.match(play([[9_100, attach(A)], [9_101, ready(A)]], other).of('offer'), [{ request: { callId: C1 } }], 'he is offered before whoever came earlier')
  const away = play([[40, { type: 'call.passed', callId: C1 }], [90, { type: 'call.arrived', call: arriving(C1, 10, { ...mirror, priority: 3 }) }]], here.room)
  t.match(away.room.calls.get(C1), { skill: 'noise', priority: 3 }, 'who comes back: as it was said there last')
  t.end()
})

t.test('whom another node hands over keeps his tags and his way through the flow: both are read, and what he does here follows', (t) => {
  const noise = { key: 'category', value: 'noise', node: 'menu', at: 20 } as const
  const record: CallRecord = {
    callId: C1, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'queued', class: 'standard', category: 'noise', language: 'zh-CN', tags: [noise], path: ['greeting', 'menu'],
    flow: { name: '110', version: 'v1' }, createdAt: 10, queuedAt: 12,
  }
  const walks = (at: number, path: readonly string[]): readonly [number, RoomEvent] => [at, { type: 'call.flow', callId: C1, flow: { name: '110', version: 'v1' }, path, language: 'zh-CN', node: 'wait' }]
  const here = play([[1, up], [9_000, { type: 'call.arrived', call: arriving(C1, 10, { queuedAt: 12 }) }], walks(9_010, ['wait'])])
  const { room, of } = play([[9_020, { type: 'call.remembered', record }], walks(9_030, ['wait', 'more'])], here.room)
  t.match(room.calls.get(C1), { tags: [noise], category: 'noise', path: ['greeting', 'menu', 'wait', 'more'] })
  t.equal(of('save').length, 1)
  const again = play([[9_040, { type: 'call.remembered', record: { ...record, path: ['greeting', 'menu', 'wait'] } }]], room)
  t.match([again.room.calls.get(C1)?.path, again.of('save')], [['greeting', 'menu', 'wait', 'more'], []], 'what is known already changes nothing')
  const water = { ...noise, value: 'water' } as const
  const older = play([[1, up], [9_000, { type: 'call.arrived', call: arriving(C1, 10, { queuedAt: 12 }) }], [9_010, { type: 'call.remembered', record: { ...record, path: ['greeting'] } }], [9_020, { type: 'call.remembered', record: { ...record, tags: [water] } }]])
  t.match(older.room.calls.get(C1), { tags: [water], path: ['greeting', 'menu'] }, 'what was written down since counts')
  t.end()
})

t.test('another node died with him, and the native queue found an operator of ours: what he had said there is read, and shown', (t) => {
  const talks = { ...up, at: 990, calls: [{ call: arriving(C1, 10), leg: { legId: L1, operatorId: A, answeredAt: 900 } }] } as const
  const seated = play([[1, up], [2, attach(A)], [1_000, talks]])
  t.match(seated.of('recall'), [{ callId: C1 }])
  const noise = { key: 'category', value: 'noise', node: 'menu', at: 20 } as const
  const record: CallRecord = {
    callId: C1, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'queued', class: 'standard', category: 'noise', language: 'zh-CN', tags: [noise], path: ['greeting', 'menu'], createdAt: 10, queuedAt: 12,
  }
  const read = play([[1_020, { type: 'call.remembered', record }]], seated.room)
  t.match(read.room.calls.get(C1), { category: 'noise', tags: [noise], path: ['greeting', 'menu'] })
  t.same([read.of('show-call').length, read.of('look-up').length], [1, 1], 'on his screen, with what is open nearby')
  t.same(play([[1, up], [1_000, talks]]).of('recall'), [], 'not where nobody has him')
  t.same(play([[1, up], [2, attach(A)], [3, ready(A)], [10, arrive(C1)], [20, { type: 'leg.answered', legId: L1, callId: C1, operatorId: A, at: 20 }]]).of('recall'), [], 'nor of one who is ours')
  t.end()
})

t.test('nobody is handed over while a line rings for him: two telephones must never race for one caller', (t) => {
  const { room } = play([[1, up], [10, arrive(C1)], [20, { type: 'call.away', callId: C1, away: true }], [30, { type: 'call.passed', callId: C1 }]])
  t.match(room.calls.get(C1), { held: true, ours: true, state: 'queued' })
  t.end()
})

t.test('the line that was rung for him died and the word of it was lost: he is back, and is offered at once', (t) => {
  const { of } = play([[1, up], [10, arrive(C1)], [20, { type: 'call.away', callId: C1, away: true }], [30, { type: 'call.released', callId: C1 }], [100, arrive(C1)], [101, attach(A)], [102, ready(A)]])
  t.match(of('offer'), [{ request: { callId: C1, operatorId: A } }])
  t.end()
})

t.test('music is taken off, and noted, by the node with the desk or the socket; what another believes of it is as old as its last snapshot', (t) => {
  const P = uuid(0xaa3)
  const talk = (onHold: boolean) => ({ call: arriving(C1, 10), leg: { legId: L1, operatorId: A, answeredAt: 50 }, onHold, parties: [{ legId: P, role: 'guest', mode: 'whisper', number: '120', createdAt: 60, answeredAt: 70 }] }) as const
  const gone = [2_000, { type: 'party.ended', legId: P, callId: C1, cause: 'NORMAL_CLEARING', at: 1_990 }] as const
  const resumed = (played: ReturnType<typeof play>): unknown[] => [...played.of('hold'), ...played.of('note').filter(({ event }) => event.act === 'resume').map(({ event }) => event.at)]
  const looks = (at: number, onHold: boolean) => [at, { ...up, at: at - 10, calls: [talk(onHold)] }] as const
  const free = [{ type: 'hold', callId: C1, on: false }, 1_990]
  t.same(resumed(play([[1, up], [2, attach(A)], looks(100, true), gone])), free, 'where the desk is, and when FreeSWITCH says')
  const socket = play([[1, up], [5, arrive(C1)], looks(100, true), gone])
  t.same(resumed(socket), free, 'where his socket was')
  const other = play([[1, up], looks(100, true), gone])
  t.same([resumed(other), other.room.calls.get(C1)?.onHold], [[], false], 'another only hears of it')
  t.same(play([[1, up], looks(100, true), looks(1_000, false)]).room.calls.get(C1)?.onHold, false, 'and follows what is so')
  const here = play([[1, up], [2, attach(A)], looks(100, false), [200, { type: 'operator.hold', operatorId: A, callId: C1, on: true }], looks(205, false)])
  t.same(here.room.calls.get(C1)?.onHold, true, 'a snapshot of before his own hold takes nothing from the desk')
  const taken = [2_000, { type: 'call.bridged', callId: C1, legId: P, at: 1_990 }] as const
  t.same([resumed(play([[1, up], [2, attach(A)], looks(100, true), taken])), resumed(play([[1, up], looks(100, true), taken]))], [free, []], 'the same where the guest takes him over')
  t.end()
})

t.test('the operator put his receiver down, and whoever was to take the citizen is gone: one node brings him back, the one with the desk', (t) => {
  const P = uuid(0xaa3)
  const talk = { call: arriving(C1, 10), leg: { legId: L1, operatorId: A, answeredAt: 50 }, parties: [{ legId: P, role: 'guest', mode: 'whisper', number: '1002', createdAt: 100 }] } as const
  const gone = [[200, { type: 'leg.ended', legId: L1, callId: C1, operatorId: A, cause: 'NORMAL_CLEARING', at: 200, answeredAt: 50, bridgedAt: 51 }], [300, { type: 'party.ended', legId: P, callId: C1, cause: 'NO_ANSWER', at: 300 }]] as const
  const seen = [150, { ...up, at: 140, calls: [talk] }] as const
  t.equal(play([[1, up], [2, attach(A)], seen, ...gone]).of('requeue').length, 1, 'where his desk is, also after a restart')
  t.same(play([[1, up], seen, ...gone]).of('requeue'), [], 'another only hears of it')
  t.end()
})
