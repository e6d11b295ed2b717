import t from 'tap'
import { judge, nextLook, type Tally } from '../../src/intake/core/flow-watch.js'
import type { Published } from '../../src/intake/flow-ports.js'
import { makeRateWatch } from '../../src/intake/rate-watch.js'
import { makeFlowTracer, type FlowTrace } from '../../src/intake/flow-trace.js'
import { makeChance } from '../../src/flow/simulate/random.js'
import type { FlowEvent, FlowState, FlowStep, WaitCommand } from '../../src/flow/types.js'
import { runFlow } from '../../src/intake/flow-runner.js'
import type { CitizenLeg } from '../../src/intake/ports.js'
import { surroundings } from '../flow/helpers.js'
import { until } from '../helpers/database.js'

const rule = { calls: 100 }
const tally = (more: Partial<Tally>): Tally => ({ flow: '110', number: '110', calls: 1_000, usual: more.calls ?? 1_000, answered: 800, wrong: 40, waited: 20_000_000, left: 50, watched: 1_000, failed: 0, ...more })
const rare = (more: Partial<Tally>): Tally => tally({ flow: 'after-hours', number: '12345', calls: 20, answered: 20, wrong: 1, waited: 400_000, left: 1, watched: 20, ...more })

t.test('a jump is judged flow by flow, by people and by minutes', (t) => {
  for (const [what, before, now, found] of [
    ['the same', [tally({})], [tally({})], undefined],
    ['wrong keys four times as often', [tally({})], [tally({ wrong: 160 })], 'wrong'],
    ['hang-ups three times as often', [tally({})], [tally({ left: 150 })], 'left'],
    ['fewer', [tally({})], [tally({ wrong: 5, left: 5 })], undefined],
    ['too few calls of the new one', [tally({})], [tally({ calls: 99, wrong: 160 })], undefined],
    ['too few calls of the old one', [tally({ calls: 99 })], [tally({ wrong: 160 })], undefined],
    ['significant and nothing that matters', [tally({ answered: 80_000, wrong: 4_000, calls: 100_000 })], [tally({ answered: 80_000, wrong: 4_800, calls: 100_000 })], undefined],
    ['a busy evening: twice the time, twice the hang-ups', [tally({})], [tally({ waited: 40_000_000, left: 100 })], undefined],
    ['a quiet night: a fifth of the time, and who misdialled hangs up as ever', [tally({})], [tally({ waited: 4_000_000 })], undefined],
    ['three of ten are no proof', [tally({ calls: 100, answered: 10, wrong: 0 })], [tally({ calls: 100, answered: 10, wrong: 3 })], undefined],
    ['a switch was on for nearly all, and fifteen others are no proof', [tally({})], [tally({ usual: 15, answered: 0, wrong: 0, waited: 150_000, left: 15 })], undefined],
    ['a switch was on for some, and the others hang up', [tally({})], [tally({ usual: 200, answered: 0, wrong: 0, waited: 4_000_000, left: 40 })], 'left'],
    ['nobody answers', [tally({ answered: 0, wrong: 0 })], [tally({ answered: 0, wrong: 0 })], undefined],
    ['from none to many', [tally({ wrong: 0 })], [tally({ wrong: 80 })], 'wrong'],
    ['prompts fail', [tally({})], [tally({ failed: 100 })], 'failed'],
    ['prompts fail, and whether they did before is not known', [tally({ watched: 0 })], [tally({ failed: 100 })], undefined],
    ['in a flow that few enter', [tally({}), rare({})], [tally({}), rare({ wrong: 20 })], 'wrong'],
    ['a flow that is new', [tally({})], [tally({}), rare({ wrong: 20 })], undefined],
    ['a flow that is new to nearly everybody', [tally({}), rare({ calls: 15, answered: 15, wrong: 0 })], [tally({}), rare({ wrong: 20 })], undefined],
    ['more calls of the flow with the more wrong keys', [tally({}), rare({ wrong: 10 })], [tally({}), rare({ calls: 500, answered: 500, wrong: 250, waited: 10_000_000, left: 25, watched: 500 })], undefined],
    ['the number leads to a flow of another name', [tally({})], [tally({ flow: '110-new', calls: 400, wrong: 16, left: 20, watched: 400, failed: 400, waited: 8_000_000 })], 'failed'],
    ['… which does as well', [tally({})], [tally({ flow: '110-new' })], undefined],
    ['… while others still enter the old one', [tally({}), tally({ number: '12110', calls: 100 })], [tally({ flow: '110-new', failed: 400 }), tally({ number: '12110', calls: 100 })], 'failed'],
    ['… to one that others enter, who press more wrong keys', [tally({}), rare({ calls: 200, answered: 200, wrong: 100, watched: 200 })], [tally({ flow: 'after-hours' }), rare({ calls: 200, answered: 200, wrong: 100, watched: 200 })], undefined],
    ['… and theirs are no proof against it, nor the other way round', [tally({}), rare({ calls: 200, answered: 200, wrong: 0, watched: 200 })], [tally({ flow: 'after-hours' }), rare({ calls: 200, answered: 200, wrong: 0, watched: 200 })], undefined],
    ['a number that led elsewhere for a few calls, too', [rare({ flow: 'disaster', number: '110', calls: 5, answered: 5, watched: 5, left: 0 }), tally({})], [tally({ flow: '110-new', calls: 400, wrong: 16, left: 20, watched: 400, failed: 400, waited: 8_000_000 })], 'failed'],
    ['several numbers of one flow', [tally({ calls: 500 }), tally({ number: '12110', calls: 500 })], [1, 2].map((n) => tally({ flow: '110-new', number: n === 1 ? '110' : '12110', calls: 60, answered: 12, wrong: 7, waited: 1_200_000, left: 3, watched: 60 })), 'wrong'],
    ['a number that nobody dialled before enters a flow that others did', [tally({})], [tally({}), tally({ number: '12110', calls: 300, wrong: 200, failed: 300 })], 'failed'],
  ] as const) t.equal(judge(before, now, rule)?.what, found, what)
  t.equal(judge([tally({})], [tally({ flow: '110-new', failed: 400 })], rule)?.flow, '110-new')
  t.equal(judge([tally({}), rare({})], [tally({}), rare({ wrong: 20 })], rule)?.flow, 'after-hours')
  t.same([0, 99, 100, 150, 200, 799].map((calls) => nextLook(calls, rule)), [100, 100, 200, 200, 400, 800])
  t.end()
})

t.test('chance alone takes back one edition in hundreds, however many flows it has; a flow twice as bad is gone within a day’s calls', (t) => {
  const chance = makeChance(20260105)
  const draw = (calls: number, rate: number): number => Array.from({ length: calls }, () => chance.next() < rate).filter(Boolean).length
  /** One edition, looked at each time the sample has doubled; its flows with their part of the calls. → calls after which it was taken back. */
  const live = (rate: number, parts: readonly number[]): number | null => {
    const made = (flow: string, calls: number, wrong: number, left: number): Tally => ({ flow, number: flow, calls, usual: calls, answered: calls, wrong, waited: calls * 20_000, left, watched: calls, failed: 0 })
    const before = parts.map((part, n) => made(`${n}`, 1_000 * part, draw(1_000 * part, 0.08), draw(1_000 * part, 0.05)))
    const now = parts.map(() => ({ wrong: 0, left: 0 }))
    let seen = 0
    for (let size = rule.calls; size <= 3_200; size = nextLook(size, rule)) {
      now.forEach((one, n) => { one.wrong += draw((size - seen) * (parts[n] ?? 0), rate); one.left += draw((size - seen) * (parts[n] ?? 0), 0.05) })
      seen = size
      if (judge(before, now.map(({ wrong, left }, n) => made(`${n}`, size * (parts[n] ?? 0), wrong, left)), rule) !== null) return size
    }
    return null
  }
  for (const parts of [[1], [0.5, 0.2, 0.1, 0.1, 0.05, 0.05]]) {
    const false_ = Array.from({ length: 1_000 }, () => live(0.08, parts)).filter((one) => one !== null).length
    t.ok(false_ <= 10, `${false_} of 1,000 harmless editions of ${parts.length} flows`)
  }
  const caught = Array.from({ length: 200 }, () => live(0.2, [1])).filter((one) => one !== null && one <= 800).length
  t.ok(caught >= 195, `${caught} of 200 bad ones within 800 calls`)
  t.end()
})

const state = (path: string[], node: string | null = path.at(-1) ?? null): FlowState => ({ flow: '110', version: 'abc', node, language: 'zh-CN', memory: {}, tags: [], vars: {}, stack: [], path })

t.test('a trace: nodes with their times, answers, keys, and whether it was over; nothing is lost while PostgreSQL is away', async (t) => {
  let time = 0
  let away = true
  let refused = 0
  const saved: FlowTrace[] = []
  const tracer = makeFlowTracer({ store: { saveTraces: (traces) => { if (away) { refused = traces.length; return Promise.reject(new Error('away')) } saved.push(...traces); return Promise.resolve() } }, clock: () => 1_000_000 + time, monotonic: () => time, every: 5 })
  tracer.begin('a', [])
  tracer.at('a', state(['hello']))
  time = 4_000
  tracer.at('a', state(['hello', 'topics']))
  tracer.pressed('a', '7')
  tracer.answered('a', false)
  tracer.failed('a')
  tracer.switched('a')
  time = 5_000
  tracer.at('a', state(['hello', 'topics']))
  tracer.answered('a', true)
  time = 6_500
  tracer.at('a', state(['hello', 'topics', 'thanks', 'waiting'], null))
  time = 60_000
  tracer.done('a')
  // The news of the key that ended it comes last; what is pressed later is for the operator.
  time = 60_100
  tracer.pressed('a', '2')
  time = 60_900
  tracer.pressed('a', '9')
  // He comes back after a restart: only what is new.
  time = 60_000
  tracer.begin('b', ['hello', 'topics'])
  tracer.at('b', state(['hello', 'topics']))
  time = 61_000
  tracer.pressed('b', '1')
  tracer.done('b')
  // An operator's telephone died: he goes on in the flow where he entered it.
  tracer.begin('c', [])
  tracer.at('c', state(['hello']))
  tracer.begin('c', ['hello'])
  tracer.at('c', state(['hello', 'topics']))
  tracer.done('c')
  tracer.at('gone', state(['x']))
  tracer.switched('gone')
  tracer.done('gone')
  await until('all to be refused', () => refused === 4)
  away = false
  await tracer.close()
  t.same(saved, [
    { callId: 'a', at: 1_000_000, flow: '110', version: 'abc', steps: [{ node: 'hello', ms: 4_000 }, { node: 'topics', ms: 2_500 }, { node: 'thanks', ms: 0 }, { node: 'waiting', ms: 0 }], answers: 2, wrong: 1, faults: 1, switched: true, listened: 6_500, over: true, keys: [{ at: 4_000, key: '7' }, { at: 60_100, key: '2' }] },
    { callId: 'b', at: 1_060_000, flow: '110', version: 'abc', steps: [{ node: 'topics', ms: 1_000 }], answers: 0, wrong: 0, faults: 0, switched: true, listened: 1_000, over: false, keys: null },
    { callId: 'c', at: 1_061_000, flow: '110', version: 'abc', steps: [{ node: 'hello', ms: 0 }], answers: 0, wrong: 0, faults: 0, switched: false, listened: 0, over: false, keys: [] },
    { callId: 'c', at: 1_061_000, flow: '110', version: 'abc', steps: [{ node: 'topics', ms: 0 }], answers: 0, wrong: 0, faults: 0, switched: false, listened: 0, over: false, keys: null },
  ], 'who came from another process may have heard a notice there')
})

t.test('what could not be played or recorded counts as failed; that a service or another line gave no answer does not', async (t) => {
  const commands: readonly WaitCommand[] = [
    { type: 'play', prompts: [{ language: 'zh-CN', name: 'gone' }] },
    { type: 'look-up', service: 'outages', query: {}, fields: [], timeout: 1_000 },
    { type: 'transfer', line: 'unit', timeout: 1_000 },
  ]
  const at = (place: number): FlowStep => ({ state: state([], commands[place] === undefined ? null : `n${place}`), commands: commands.slice(place, place + 1) })
  const failed = { type: 'failed', reason: 'FILE NOT FOUND' } as const
  const faults: (string | null)[] = []
  const states: FlowState[] = []
  const leg: Pick<CitizenLeg, 'perform' | 'meanwhile' | 'holdMusic'> = { perform: () => Promise.resolve(failed), meanwhile: (work) => work, holdMusic: () => undefined }
  await runFlow(leg as CitizenLeg, null, {
    flow: { start: () => at(0), resume: () => at(0), step: ({ node }) => at(Number(node?.slice(1)) + 1) }, surroundings: () => surroundings(),
    onTag: () => undefined, onNote: () => undefined, onState(now) { states.push(now) }, onFault() { faults.push(states.at(-1)?.node ?? null) },
    beginMessage: () => '', keepMessage: () => undefined, lookUp: () => Promise.resolve(failed), transfer: () => Promise.resolve(failed), hangUp: () => undefined,
  }, () => false)
  t.same([faults, states.map(({ node }) => node)], [['n0'], ['n0', 'n1', 'n2', null]])
})

t.test('what a flow says is the caller’s own word where a right key of his led there at once', async (t) => {
  const [key, silence, word, wrong, sound] = [{ type: 'digits', digits: '1' }, { type: 'timeout', digits: '' }, { type: 'heard', text: 'fire' }, { type: 'digits', digits: '9' }, { type: 'played' }] as const satisfies readonly FlowEvent[]
  const tag = { key: 'category', value: 'fire', node: 'topics', at: 0 }
  const says: FlowStep['commands'] = [{ type: 'tag', tag }, { type: 'queue', class: 'emergency' }]
  const wait: WaitCommand = { type: 'play', prompts: [{ language: 'zh-CN', name: 'topics' }] }
  const way = (by: 'caller' | 'silence' | 'always') => [{ by, label: undefined }]
  for (const [name, event, step, expected] of [
    ['a key', key, { ways: way('caller') }, true], ['silence', silence, { ways: way('silence') }, false], ['a word that was heard', word, { ways: way('caller') }, false],
    ['a wrong key', wrong, { ways: way('caller'), wrong: true }, false], ['what went on by itself', sound, { ways: way('always') }, false],
  ] as const) {
    const keyed: boolean[] = []
    const leg: Pick<CitizenLeg, 'perform' | 'meanwhile' | 'holdMusic'> = { perform: () => Promise.resolve(event), meanwhile: (work) => work, holdMusic: () => undefined }
    const start: FlowStep = { state: state([], 'topics'), commands: [...says, wait] }
    await runFlow(leg as CitizenLeg, null, {
      flow: { start: () => start, resume: () => start, step: () => ({ state: state([], null), commands: [...says, { type: 'end' }], ...step }) }, surroundings: () => surroundings(),
      onTag(_tag, own) { keyed.push(own) }, onNote(_note, own) { keyed.push(own) }, onState: () => undefined,
      beginMessage: () => '', keepMessage: () => undefined, lookUp: () => Promise.resolve({ type: 'played' }), transfer: () => Promise.resolve({ type: 'gone' }), hangUp: () => undefined,
    }, () => false)
    t.same(keyed, [false, false, expected, expected], name)
  }
})

t.test('a stop writes down all that waits, however much PostgreSQL was away for; where it stays away the stop does not hang', async (t) => {
  for (const away of [false, true]) {
    const saved: string[] = []
    const tracer = makeFlowTracer({ store: { saveTraces(traces) { if (away) return Promise.reject(new Error('away')); saved.push(...traces.map(({ callId }) => callId)); return Promise.resolve() } }, clock: () => 0, monotonic: () => 0, every: 3_600_000 })
    const callers = Array.from({ length: 1_200 }, (_, n) => `c${n}`)
    for (const caller of callers) {
      tracer.begin(caller, [])
      tracer.at(caller, state(['hello']))
      tracer.done(caller)
    }
    await tracer.close()
    t.same(saved, away ? [] : callers)
  }
})

t.test('the watch does not end: after more calls than it tallies it looks again each time they have doubled', async (t) => {
  const calls = { now: 0 }
  const looks: number[] = []
  const watch = makeRateWatch({
    store: {
      reached: (_version, _since, wanted) => Promise.resolve(calls.now >= wanted),
      tally: (version, _since, most) => {
        if (version === 'now') looks.push(calls.now)
        const many = version === 'now' ? Math.min(calls.now, most) : 1_000
        return Promise.resolve([{ flow: '110', number: '110', calls: many, usual: many, answered: many, wrong: 0, waited: many * 10_000, left: 0, watched: many, failed: 0 }])
      },
      earlier: () => Promise.resolve([{ number: 1, hash: 'before' }]),
      content: () => Promise.resolve({ files: {}, tapes: [] }), arounds: () => Promise.resolve([]),
      switchTo: () => Promise.resolve(true),
    },
    calls: 100, clock: () => 0, onReturned: () => undefined, onBarred: () => undefined,
  })
  const now: Published = { switch: 2, at: 0, by: '', reason: 'published', details: {}, number: 2, hash: 'now' }
  for (calls.now = 50; calls.now <= 30_000; calls.now += 50) await watch.look(now)
  t.same(looks, [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600])
})

t.test('where no earlier edition can be compared with, the watch rests until the calls have doubled, and ends when none can be any more', async (t) => {
  const looks: number[] = []
  const calls = { now: 0 }
  const time = { now: 0 }
  const watch = makeRateWatch({
    store: {
      reached: (_version, _since, wanted) => Promise.resolve(calls.now >= wanted),
      tally: () => { looks.push(calls.now); return Promise.resolve([tally({ calls: calls.now })]) },
      earlier: () => Promise.resolve([]), content: () => Promise.reject(new Error('none')), arounds: () => Promise.resolve([]), switchTo: () => Promise.resolve(true),
    },
    calls: 100, clock: () => time.now, onReturned: () => undefined, onBarred: () => undefined,
  })
  const now: Published = { switch: 1, at: 0, by: '', reason: 'published', details: {}, number: 1, hash: 'now' }
  for (calls.now = 50; calls.now <= 1_000; calls.now += 50) await watch.look(now)
  t.same(looks, [100, 200, 400, 800])
  watch.restart()
  time.now = 15 * 86_400_000
  await watch.look(now)
  t.equal(looks.length, 4, 'two weeks old: nothing of before is that young')
})
