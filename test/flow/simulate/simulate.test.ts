import t from 'tap'
import { quietSurroundings } from '../../../src/flow/surroundings.js'
import { CALLER_MODELS } from '../../../src/flow/simulate/callers.js'
import { makeGuide } from '../../../src/flow/simulate/guide.js'
import { makeChance } from '../../../src/flow/simulate/random.js'
import { aimsOf, asksOf, categoriesOf } from '../../../src/flow/simulate/aims.js'
import { distribution, simulate, type SimulationOptions } from '../../../src/flow/simulate/simulate.js'
import { loadFlows } from '../../../src/flow/library.js'
import type { Flow } from '../../../src/flow/types.js'
import { startFlow } from '../../../src/flow/engine.js'
import { flowOf, MONDAY_NOON, PROMPTS, surroundings } from '../helpers.js'

const MENU = (silence: number) => flowOf(`  a: { type: menu, prompts: [hello], silenceSeconds: ${silence}, tries: 2, keys: { "1": { tag: { category: noise }, goto: e }, "2": { goto: more } }, onSilence: e }
  more: { type: menu, prompts: [again], silenceSeconds: ${silence}, keys: { "3": { goto: tagged }, "0": { goto: a } }, onSilence: e }
  tagged: { type: tag, set: { category: water }, next: e }
  e: { type: end }
`)
const flow = MENU(5)
const OPTIONS: SimulationOptions = { duration: () => 4_000, calls: 400, seed: 1, intents: ['noise', 'water'], startAt: MONDAY_NOON, surroundings: quietSurroundings('Asia/Shanghai') }

t.test('what a caller who understands presses: the shortest way to what he calls about', async (t) => {
  const guide = makeGuide(flow)
  const { state } = startFlow(flow, surroundings())
  t.equal(guide.keysFor(state, 'noise'), '1')
  t.equal(guide.keysFor(state, 'water'), '2')
  t.equal(guide.keysFor({ ...state, node: 'more' }, 'water'), '3')
  t.equal(guide.keysFor({ ...state, node: 'more' }, 'noise'), '0', 'back, then 1')
  t.equal(guide.keysFor(state, 'fire'), null, 'nothing is about him')
  t.same(categoriesOf(flow), ['noise', 'water'])
})

t.test('the same seed is the same callers, another seed others', async (t) => {
  t.same(simulate(flow, OPTIONS), simulate(flow, OPTIONS))
  t.notSame(simulate(flow, OPTIONS), simulate(flow, { ...OPTIONS, seed: 2 }))
  const chance = makeChance(7)
  const draws = Array.from({ length: 10_000 }, () => chance.next())
  t.ok(Math.abs(draws.reduce((sum, one) => sum + one, 0) / draws.length - 0.5) < 0.02)
})

t.test('kinds of callers do what they are called after', async (t) => {
  const by = Object.fromEntries(CALLER_MODELS.map((model) => [model, simulate(flow, { ...OPTIONS, model })]))
  t.match(by['silent'], { tagged: 0, correct: 0, hungUp: 0, timeToTag: null, keys: { p99: 0 }, heard: { p50: 18_000, p99: 18_000 } }, 'hears the question twice, each to its end')
  t.ok((by['hurried']?.timeToTag?.p50 ?? Infinity) < 4_000, 'over the prompt')
  t.ok((by['elderly']?.timeToTag?.p50 ?? 0) > 4_000, 'after it')
  t.ok((by['hurried']?.correct ?? 0) > 0.9)
  t.ok((by['wrong-keys']?.wrong ?? 0) + 1 - (by['wrong-keys']?.tagged ?? 1) > 0.1, 'goes astray')
  t.ok((by['leaves-early']?.hungUp ?? 0) > 0.2)
  const mixed = simulate(flow, OPTIONS)
  t.same(Object.keys(mixed.byModel), [...CALLER_MODELS])
  t.equal(Object.values(mixed.byModel).reduce((sum, { calls }) => sum + calls, 0), 400)
})

t.test('a change shows where it should, and nowhere else', async (t) => {
  const [now, hasty] = [simulate(flow, OPTIONS), simulate(MENU(1), OPTIONS)]
  t.ok((hasty.byModel.elderly?.correct ?? 1) < (now.byModel.elderly?.correct ?? 0) - 0.3, 'a short silence loses the elderly')
  t.ok(Math.abs((hasty.byModel.hurried?.correct ?? 0) - (now.byModel.hurried?.correct ?? 1)) < 0.05, 'and not the hurried')
  const without = simulate(flow, { ...OPTIONS, intents: ['noise', 'fire'] })
  t.ok(without.correct < now.correct - 0.2, 'a category that no key leads to')
  const answered = simulate(flow, { ...OPTIONS, answeredAfter: 2_000 })
  t.ok(answered.tagged < now.tagged && answered.hungUp < now.hungUp, 'an operator who answers comes before the keys')
})

t.test('recorded keys, at their times', async (t) => {
  const recordings = [
    { keys: [{ at: 1_200, key: '1' }], category: 'noise' }, { keys: [{ at: 500, key: '2' }, { at: 6_000, key: '3' }], category: 'water' },
    { keys: [{ at: 1_000, key: '1' }], category: 'water' }, { keys: [{ at: 30_000, key: '1' }], category: 'noise' }, { keys: [], leftAt: 3_000 }, { keys: [{ at: 1_000, key: '1' }] },
  ]
  t.match(simulate(flow, { ...OPTIONS, recordings }), { calls: 6, known: 4, tagged: 4 / 6, correct: 0.5, wrong: 0.25, hungUp: 1 / 6 }, 'right and wrong are of those of which it is known what they were about')
})

t.test('quantiles by nearest rank', async (t) => {
  t.same(distribution([5, 1, 3, 2, 4, 6, 7, 8, 9, 10]), { p50: 5, p90: 9, p99: 10, mean: 5.5 })
  t.same(distribution([7]), { p50: 7, p90: 7, p99: 7, mean: 7 })
  t.equal(distribution([]), null)
})

const head = (name: string, more = '') => `flow: ${name}\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\n${more}start: a\nnodes:\n`
function linked(...texts: readonly string[]) {
  const { flows, problems } = loadFlows(texts.map((text) => ({ path: `${/^flow: (.+)$/m.exec(text)?.[1] ?? ''}.yaml`, text, version: 'v1' })), PROMPTS, null)
  if (problems.length > 0) throw new Error(problems.map(({ problem }) => problem.en).join('\n'))
  const flow = flows.get(/^flow: (.+)$/m.exec(texts[0] ?? '')?.[1] ?? '')
  if (flow === undefined) throw new Error('no flow')
  return flow
}

t.test('a menu in a part, or behind one, is found like one in the file', async (t) => {
  const menu = (next: string) => `{ type: menu, prompts: [hello], keys: { "1": { goto: ${next}, tag: { category: noise } }, "2": { goto: b } }, onSilence: b }`
  const first = '{ type: menu, prompts: [hello], keys: { "5": { goto: m } }, onSilence: e }'
  const flat = linked(`${head('test')}  a: ${first}\n  m: ${menu('e')}\n  b: { type: goto, to: e }\n  e: { type: end }\n`)
  const topics = `${head('topics', 'kind: part\n')}  a: ${menu('b')}\n  b: { type: return }\n`
  const parted = linked(`${head('test')}  a: ${first}\n  m: { type: sub-flow, flow: topics, next: e }\n  e: { type: end }\n`, topics)
  const ask = `${head('ask', 'kind: part\n')}  a: { type: menu, prompts: [hello], keys: { "4": { goto: yes }, "6": { goto: no } }, onSilence: no }\n  yes: { type: return, result: yes }\n  no: { type: return, result: no }\n`
  const behind = linked(`${head('test')}  a: { type: sub-flow, flow: ask, results: { yes: m }, next: e }\n  m: ${menu('e')}\n  b: { type: goto, to: e }\n  e: { type: end }\n`, ask)
  const run = (one: Flow) => simulate(one, { ...OPTIONS, intents: categoriesOf(one) })
  const [plain, inside, after] = [run(flat), run(parted), run(behind)]
  t.ok(plain.correct > 0.3)
  t.equal(inside.correct, plain.correct)
  t.equal(inside.keys?.mean, plain.keys?.mean)
  t.ok(after.correct > 0.3, `${after.correct}`)
  const guide = makeGuide(behind)
  t.equal(guide.keysFor(startFlow(behind, surroundings()).state, 'noise'), '4', 'the result that leads on to it')
  t.equal(makeGuide(parted).keysFor(startFlow(parted, surroundings()).state, 'fire'), null)
})

t.test('callers key in what a question takes, and stop when it has its answer', async (t) => {
  const one = linked(`${head('test')}  a: { type: collect, prompts: [hello], min: 4, max: 6, saveAs: meter, next: b, onSilence: e }\n  b: { type: menu, prompts: [hello], keys: { "1": { goto: e, tag: { category: noise } }, "0": { goto: e, tag: { category: water } } }, onSilence: e }\n  e: { type: end }\n`)
  const hurried = simulate(one, { ...OPTIONS, model: 'hurried', intents: ['noise'] })
  t.ok(hurried.correct > 0.8, `${hurried.correct} right`)
  t.equal(hurried.keys?.p50, 7, 'six, and one')
  const inputs = (rest: string) => linked(`${head('test')}  a: { type: collect, prompts: [hello], ${rest}, saveAs: meter, next: e, onSilence: e }\n  e: { type: end }\n`).nodes.get('a')?.inputs
  t.same(inputs('max: 12'), ['13900000001#'])
  t.same(inputs('max: 11'), ['13900000001'])
  t.same(inputs('min: 2, max: 8, patterns: ["2XXX", "Z."]'), ['139000#', '2111#', '21#'])
  t.same(inputs('min: 14, max: 20, terminators: "*"'), ['13900000001111*'])
})

t.test('a flow that tags no category is measured by what its keys lead to; what may be skipped is skipped', async (t) => {
  const visit = linked(`${head('visit')}  a: { type: menu, prompts: [hello], tries: 2, keys: { "1": { tag: { visit: satisfied }, goto: thanks }, "2": { tag: { visit: not-done }, goto: thanks }, "0": { goto: e }, "9": { goto: english } }, onSilence: thanks }
  english: { type: language, to: en, next: a }\n  thanks: { type: play, prompts: [again], next: bye }\n  bye: { type: goto, to: e }\n  e: { type: end }\n`)
  const aims = aimsOf([visit])
  t.same(aims, ['visit=not-done', 'visit=satisfied', '→ e'], 'a change of the language is none')
  t.equal(asksOf(aims), 'way')
  const hurried = simulate(visit, { ...OPTIONS, model: 'hurried', intents: aims })
  t.ok(hurried.correct > 0.9 && (hurried.keys?.mean ?? 0) >= 1, `${hurried.correct} as they wanted`)
  t.ok((hurried.timeToTag?.p50 ?? 0) < 4_000)
  t.match(simulate(visit, { ...OPTIONS, model: 'silent', intents: ['visit=satisfied'] }), { correct: 0, tagged: 0 })
  t.equal(makeGuide(visit).keysFor(startFlow(visit, surroundings()).state, '→ e'), '0')

  const notice = (skip: boolean) => linked(`${head('test')}  a: { type: play, prompts: [hello], skip: ${skip}, next: e }\n  e: { type: end }\n`)
  t.equal(asksOf(aimsOf([notice(true)])), 'nothing')
  const heard = (skip: boolean) => simulate(notice(skip), { ...OPTIONS, model: 'hurried', intents: [] }).heard?.p50 ?? 0
  t.equal(heard(false), 4_000)
  t.ok(heard(true) < 2_000, `${heard(true)} ms of it`)
})

t.test('where silence leads where a key leads, who stays has what he wanted; who chose something else has not', async (t) => {
  const message = (rest: string) => linked(`${head('test')}  a: { type: menu, prompts: [hello], tries: 1, ${rest}, onSilence: word }
  word: { type: play, prompts: [again], next: e }
  phone: { type: play, prompts: [again], next: word }
  e: { type: end }
`)
  const both = message('keys: { "1": { goto: word }, "2": { goto: phone } }')
  const aims = aimsOf([both])
  t.same(aims, ['→ phone', '→ word'])
  const of = (flow: Flow, intent: string, model: SimulationOptions['model'] & string) => simulate(flow, { ...OPTIONS, model, intents: [intent] })
  t.match(of(both, '→ word', 'silent'), { correct: 1, tagged: 1, timeToTag: { p50: 9_000 } })
  t.ok(of(both, '→ word', 'elderly').correct > 0.95)
  t.match(simulate(both, { ...OPTIONS, model: 'silent', intents: aims }), { tagged: 1 })
  const wanted = simulate(both, { ...OPTIONS, model: 'silent', intents: ['→ phone', '→ word'] })
  t.ok(wanted.correct > 0.3 && wanted.correct < 0.7 && Math.abs(wanted.correct + wanted.wrong - 1) < 1e-9, 'who wanted to be called leaves word: that is something else')
  // By 2 he comes to the same node in the end: that is not why he pressed it.
  const slipped = simulate(both, { ...OPTIONS, model: 'wrong-keys', intents: ['→ word', '→ phone'] })
  t.ok(slipped.wrong > 0.02, `${slipped.wrong}`)
  // Asked only after he was there: that the flow began there is not what he wanted.
  const begun = linked(`${head('test')}  a: { type: menu, prompts: [hello], tries: 1, keys: { "1": { goto: b } }, onSilence: b }
  b: { type: menu, prompts: [hello], tries: 1, keys: { "9": { goto: a } }, onSilence: e }
  e: { type: end }
`)
  t.match(of(begun, '→ a', 'silent'), { correct: 0 })
  t.ok(of(begun, '→ a', 'hurried').correct > 0.8)
})

t.test('recorded calls of a flow that tags no category: nobody knows what they wanted, whatever the operator settled', async (t) => {
  const message = linked(`${head('test')}  a: { type: menu, prompts: [hello], tries: 1, keys: { "1": { goto: word } }, onSilence: e }
  word: { type: play, prompts: [again], next: e }
  e: { type: end }
`)
  const recordings = Array.from({ length: 20 }, () => ({ keys: [{ at: 3_000, key: '1' }], category: 'noise' }))
  t.match(simulate(message, { ...OPTIONS, recordings, intents: aimsOf([message]) }), { calls: 20, known: 0, tagged: 1, correct: 0, wrong: 0 })
})

t.test('a thousand nodes are simulated as they come: branches one after the other, menus one below the other', async (t) => {
  const ladder = (of: number) => {
    let nodes = '  a: { type: menu, prompts: [hello], keys: { "1": { goto: b0 }, "2": { goto: z } }, onSilence: z }\n'
    for (let n = 0; n < of; n += 1) {
      const next = n + 1 < of ? `b${n + 1}` : 'z'
      nodes += `  b${n}: { type: branch, cases: [{ when: { load: { waitingAtLeast: ${n + 1} } }, goto: s${n} }], otherwise: ${next} }\n  s${n}: { type: set, set: { v: "1" }, next: ${next} }\n`
    }
    return linked(`${head('test')}${nodes}  z: { type: end }\n`)
  }
  const chain = (of: number) => {
    let nodes = ''
    for (let n = 0; n < of; n += 1) nodes += `  ${n === 0 ? 'a' : `m${n}`}: { type: menu, prompts: [hello], keys: { "1": { goto: m${n + 1} }, "2": { goto: w${n} } }, onSilence: z }\n  w${n}: { type: play, prompts: [again], next: z }\n`
    return linked(`${head('test')}${nodes}  m${of}: { type: end }\n  z: { type: end }\n`)
  }
  for (const [what, make] of [['branches', ladder], ['menus', chain]] as const) {
    const time = (flow: Flow): number => {
      const begun = process.cpuUsage()
      simulate(flow, { ...OPTIONS, calls: 50, intents: aimsOf([flow]) })
      const { user, system } = process.cpuUsage(begun)
      return (user + system) / 1000
    }
    const [small, large] = [make(50), make(500)]
    time(small)
    const [few, many] = [time(small), time(large)]
    t.comment(`${what}: ${small.nodes.size} nodes ${few.toFixed(0)} ms, ${large.nodes.size} nodes ${many.toFixed(0)} ms of CPU`)
    t.ok(many < 4_000, `${what}: ${many.toFixed(0)} ms of CPU`)
  }
})
