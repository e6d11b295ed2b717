import t from 'tap'
import { judge, nextLook, type Tally } from '../../src/intake/core/flow-watch.js'
import type { Published } from '../../src/intake/flow-ports.js'
import { makeRateWatch } from '../../src/intake/rate-watch.js'
import { makeFlowTracer, type FlowTrace } from '../../src/intake/flow-trace.js'
import { makeChance } from '../../src/flow/simulate/random.js'
import type { FlowState } from '../../src/flow/types.js'
import { until } from '../helpers/database.js'

const rule = { calls: 100 }
const tally = (more: Partial<Tally>): Tally => ({ calls: 1_000, answered: 800, wrong: 40, listened: 20_000_000, left: 50, ...more })

t.test('a jump is judged by people and by minutes', (t) => {
  for (const [what, before, now, found] of [
    ['the same', tally({}), tally({}), undefined],
    ['wrong keys four times as often', tally({}), tally({ wrong: 160 }), 'wrong'],
    ['hang-ups three times as often', tally({}), tally({ left: 150 }), 'left'],
    ['fewer', tally({}), tally({ wrong: 5, left: 5 }), undefined],
    ['too few calls of the new one', tally({}), tally({ calls: 99, wrong: 160 }), undefined],
    ['too few calls of the old one', tally({ calls: 99 }), tally({ wrong: 160 }), undefined],
    ['significant and nothing that matters', tally({ answered: 80_000, wrong: 4_000, calls: 100_000 }), tally({ answered: 80_000, wrong: 4_800, calls: 100_000 }), undefined],
    ['a busy evening: twice the time, twice the hang-ups', tally({}), tally({ listened: 40_000_000, left: 100 }), undefined],
    ['three of ten are no proof', tally({ calls: 100, answered: 10, wrong: 0 }), tally({ calls: 100, answered: 10, wrong: 3 }), undefined],
    ['nobody answers', tally({ answered: 0, wrong: 0 }), tally({ answered: 0, wrong: 0 }), undefined],
    ['from none to many', tally({ wrong: 0 }), tally({ wrong: 80 }), 'wrong'],
  ] as const) t.equal(judge(before, now, rule)?.what, found, what)
  t.same([0, 99, 100, 150, 200, 799].map((calls) => nextLook(calls, rule)), [100, 100, 200, 200, 400, 800])
  t.end()
})

t.test('chance alone takes back one edition in hundreds; a flow twice as bad is gone within a day’s calls', (t) => {
  const chance = makeChance(20260105)
  const draw = (calls: number, rate: number): number => Array.from({ length: calls }, () => chance.next() < rate).filter(Boolean).length
  /** One edition, looked at each time the sample has doubled. → calls after which it was taken back. */
  const live = (rate: number): number | null => {
    const before: Tally = { calls: 1_000, answered: 1_000, wrong: draw(1_000, 0.08), listened: 1_000 * 20_000, left: draw(1_000, 0.05) }
    let [wrong, left, seen] = [0, 0, 0]
    for (let size = rule.calls; size <= 3_200; size = nextLook(size, rule)) {
      wrong += draw(size - seen, rate)
      left += draw(size - seen, 0.05)
      seen = size
      if (judge(before, { calls: size, answered: size, wrong, listened: size * 20_000, left }, rule) !== null) return size
    }
    return null
  }
  const false_ = Array.from({ length: 1_000 }, () => live(0.08)).filter((one) => one !== null).length
  t.ok(false_ <= 10, `${false_} of 1,000 harmless editions`)
  const caught = Array.from({ length: 200 }, () => live(0.2)).filter((one) => one !== null && one <= 800).length
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
  tracer.at('gone', state(['x']))
  tracer.done('gone')
  await until('both to be refused', () => refused === 2)
  away = false
  await tracer.close()
  t.same(saved, [
    { callId: 'a', at: 1_000_000, flow: '110', version: 'abc', steps: [{ node: 'hello', ms: 4_000 }, { node: 'topics', ms: 2_500 }, { node: 'thanks', ms: 0 }, { node: 'waiting', ms: 0 }], answers: 2, wrong: 1, listened: 6_500, over: true, keys: [{ at: 4_000, key: '7' }, { at: 60_100, key: '2' }] },
    { callId: 'b', at: 1_060_000, flow: '110', version: 'abc', steps: [{ node: 'topics', ms: 1_000 }], answers: 0, wrong: 0, listened: 1_000, over: false, keys: null },
  ])
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
        return Promise.resolve({ calls: many, answered: many, wrong: 0, listened: many * 10_000, left: 0 })
      },
      earlier: () => Promise.resolve([{ number: 1, hash: 'before' }]),
      switchTo: () => Promise.resolve(true),
    },
    calls: 100, clock: () => 0, onReturned: () => undefined,
  })
  const now: Published = { switch: 2, at: 0, by: '', reason: 'published', details: {}, number: 2, hash: 'now' }
  for (calls.now = 50; calls.now <= 30_000; calls.now += 50) await watch.look(now)
  t.same(looks, [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600])
})
