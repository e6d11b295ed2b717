import fc from 'fast-check'
import t from 'tap'
import { LANGUAGES } from '../../../src/contracts/flow.js'
import { EXAMPLE_SURROUNDINGS, exampleFlow } from '../../../src/flow/examples.js'
import { loadFlows, type PromptListing } from '../../../src/flow/library.js'
import { NODE_TYPES } from '../../../src/flow/nodes/index.js'
import { checkProof, pathText } from '../../../src/flow/proof/check.js'
import { prove } from '../../../src/flow/proof/prove.js'
import { everyPiece } from '../../../src/flow/say/read-out.js'
import { makeChance } from '../../../src/flow/simulate/random.js'
import type { Flow } from '../../../src/flow/types.js'
import { PROMPTS, surroundings } from '../helpers.js'
import { everyCall } from './brute-force.js'
import { drawArb, drawnText, DRAWN_PART } from './drawn.js'

type Prompt = 'hello' | 'again' | 'sorry'
/** ms in each language. `again` is as long as `hello`: the proof takes the longer of both for every visit. */
const length = fc.integer({ min: 10, max: 900 })
const lengthsArb = fc.tuple(length, length, length, length).map(([zh, zhSorry, en, enSorry]) => ({ 'zh-CN': { hello: zh, again: zh, sorry: zhSorry }, en: { hello: en, again: en, sorry: enSorry } }))
type Lengths = typeof lengthsArb extends fc.Arbitrary<infer T> ? T : never
const lengthIn = (lengths: Lengths) => (language: 'zh-CN' | 'en', prompt: string): number => lengths[language][prompt as Prompt]

/** Every world that the conditions of drawn flows make. */
const WORLDS = [false, true].flatMap((verified) => [0, 9].flatMap((waiting) => [false, true].map((lookUp) => ({ surroundings: surroundings({ caller: { verified }, load: { waiting } }), lookUp }))))

function flowIn(text: string): Flow {
  const { flows, problems } = loadFlows([{ path: 'test.yaml', text, version: 'v1' }, { path: 'ask.yaml', text: DRAWN_PART, version: 'v1' }], PROMPTS, null)
  const flow = flows.get('test')
  if (flow === undefined) throw new Error(`${text}\n${problems.map(({ line, problem }) => `${line}: ${problem.en}`).join('\n')}`)
  return flow
}

t.setTimeout(400_000)

t.test('the proof is what every call there is can attain', async (t) => {
  let compared = 0
  let circles = 0
  let loose = 0
  fc.assert(fc.property(fc.array(drawArb, { minLength: 1, maxLength: 4 }), lengthsArb, fc.boolean(), (draws, lengths, backward) => {
    const flow = flowIn(drawnText(draws, backward ? 'keys' : 'onward'))
    const proof = prove(flow, lengthIn(lengths))
    const found = everyCall(flow, lengthIn(lengths), WORLDS, 700)
    if (found === null) return fc.pre(false)
    if (!proof.finite) throw new Error('not finite')
    compared += 1
    circles += proof.circles.length > 0 ? 1 : 0
    loose += proof.exact ? 0 : 1
    const { ms, keys, acts } = found
    if (proof.over.ms < ms) throw new Error(`proof ${proof.over.ms} < found ${ms} by ${acts.join(' ')}`)
    // Each late act comes a millisecond before its time is over. A tape may fail at any moment of it, which is not tried.
    const tape = [...flow.nodes.values()].some(({ type }) => type === 'message')
    if (proof.exact && !tape && proof.over.ms - ms > keys * 2 + 2) throw new Error(`proof ${proof.over.ms} > found ${ms} by ${acts.join(' ')}`)
    const total = proof.over.path.reduce((sum, leg) => sum + leg.ms, 0)
    if (proof.exact ? total !== proof.over.ms : total > proof.over.ms) throw new Error(`the path adds up to ${total}`)
  }), { numRuns: 80, seed: 110 })
  t.ok(compared > 40 && circles > 3, `${compared} flows compared, ${circles} with circles, ${loose} of them to be entered in the middle`)
})

const flowsIn = (...texts: readonly string[]) => {
  const { flows, problems } = loadFlows(texts.map((text) => ({ path: `${/^flow: (.+)$/m.exec(text)?.[1] ?? ''}.yaml`, text, version: 'v1' })), EVERY_PROMPT, null)
  if (problems.length > 0) throw new Error(problems.map(({ file, line, col, problem }) => `${file}:${line}:${col} ${problem.en}`).join('\n'))
  return flows
}
const EVERY_PROMPT: PromptListing = new Map(LANGUAGES.map((language) => [language, new Map(['hello', 'again', 'sorry', ...everyPiece('number', language)].map((name) => [name, true]))]))
const head = (name: string, more = '') => `flow: ${name}\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\n${more}start: a\nnodes:\n`

/** What the proof of the first flow says, and what is wrong with it, as `code line:col`. */
function told(...texts: readonly string[]) {
  const flow = flowsIn(...texts).get(/^flow: (.+)$/m.exec(texts[0] ?? '')?.[1] ?? '')
  if (flow === undefined) throw new Error('no flow')
  const proof = prove(flow, () => 1_000)
  const problems = checkProof(proof, { path: `${flow.name}.yaml`, text: texts[0] ?? '', version: 'v1' })
  return { proof, problems, codes: problems.map(({ code, line, col }) => `${code} ${line}:${col}`) }
}

t.test('a value that is read out counts with its longest reading, which is said to be a bound; one that is written out is known', async (t) => {
  const play = (what: string) => told(`${head('main')}  a: { type: play, prompts: [hello, ${what}], next: e }\n  e: { type: end }\n`)
  // Chinese, a second a piece: 七千七百七十七万七千七百七十七 is the longest number, by as many others.
  const [bound, known] = [play('{ number: { fact: position } }'), play('{ number: 12 }')]
  t.same([bound.proof.over.ms, bound.proof.exact, pathText(bound.proof.over.path)], [16_000, true, 'a (≤ 16 s) → e'])
  t.match(bound.problems[0]?.problem.en, /^For ≤ 16 s no key/)
  t.same([known.proof.over.ms, pathText(known.proof.over.path), known.codes], [3_000, 'a (3 s) → e', []])
})

t.test('queued and unbreakable: transfers one after the other, with and without something between them', async (t) => {
  const chain = told(`${head('test')}  a: { type: play, prompts: [hello], next: b, onFault: e }\n  b: { type: transfer, line: one, ringSeconds: 4, onFault: c }\n  c: { type: goto, to: d }\n  d: { type: transfer, line: two, ringSeconds: 5, onFault: e }\n  e: { type: end }\n`)
  // Each rings so long, and is certainly over five seconds later.
  t.equal(chain.proof.unbreakable.ms, 4_000 + 5_000 + 5_000 + 5_000, 'nothing is heard between them')
  t.equal(pathText(chain.proof.unbreakable.path), 'b (9 s) !→ c → d (10 s)')
  t.equal(chain.proof.queued.ms, 0, 'he hears something first')
  t.same(chain.codes, ['proof.unbreakable 7:3'], 'at the first of them')
  t.match(chain.problems[0], { problem: { en: 'In the worst case a ready operator cannot speak to the caller for 19 s; the bound is 3 s: b (9 s) !→ c → d (10 s).' }, remedy: { en: /unbreakableSeconds: 19/ }, why: { en: /somebody in danger/ } })

  const between = told(`${head('test', 'bound: { unbreakableSeconds: 10 }\n')}  a: { type: play, prompts: [hello], next: b, onFault: e }\n  b: { type: transfer, line: one, ringSeconds: 4, onFault: c }\n  c: { type: play, prompts: [hello], next: d, onFault: e }\n  d: { type: transfer, line: two, ringSeconds: 5, onFault: e }\n  e: { type: end }\n`)
  t.equal(between.proof.unbreakable.ms, 5_000 + 5_000, 'the prompt between them can be broken into')
  t.same(between.codes, [])
  const missing = told(`${head('test', 'bound: { unbreakableSeconds: 10 }\n')}  a: { type: play, prompts: [hello], next: b, onFault: e }\n  b: { type: transfer, line: one, ringSeconds: 4, onFault: c }\n  c: { type: play, prompts: [hello], next: d }\n  d: { type: transfer, line: two, ringSeconds: 5, onFault: e }\n  e: { type: end }\n`)
  t.equal(missing.proof.unbreakable.ms, 19_000, 'unless it is missing')
  t.equal(pathText(missing.proof.unbreakable.path), 'b (9 s) !→ c !→ d (10 s)')

  const first = told(`${head('test', 'bound: { unbreakableSeconds: 12 }\n')}  a: { type: branch, cases: [{ when: { mode: disaster }, goto: b }], otherwise: e }\n  b: { type: transfer, line: one, ringSeconds: 7, onFault: e }\n  e: { type: end }\n`)
  t.equal(first.proof.queued.ms, 7_000 + 5_000)
  t.same(first.codes, ['proof.queued 8:3'])
})

t.test('a caller who waits for an operator who knows his category waits, though others are ready', async (t) => {
  const delays = { skill: 20_000, speech: 0 }
  const texts = {
    key: `${head('test')}  a: { type: menu, prompts: [hello], keys: { "1": { tag: { category: noise }, goto: e } }, onSilence: e }\n  e: { type: end }\n`,
    skill: `${head('test')}  a: { type: menu, prompts: [hello], keys: { "1": { goto: q } }, onSilence: e }\n  q: { type: queue, skill: water, next: e }\n  e: { type: end }\n`,
    other: `${head('test')}  a: { type: menu, prompts: [hello], keys: { "1": { tag: { period: night }, goto: e } }, onSilence: e }\n  e: { type: end }\n`,
    before: `${head('test', 'bound: { unbreakableSeconds: 28 }\n')}  a: { type: menu, prompts: [hello], keys: { "1": { tag: { category: noise }, goto: b } }, onSilence: e }\n  b: { type: transfer, line: one, ringSeconds: 3, onFault: e }\n  e: { type: end }\n`,
  }
  const toldOf = (text: string) => {
    const flow = flowsIn(text).get('test')
    if (flow === undefined) throw new Error('no flow')
    const proof = prove(flow, () => 1_000, delays)
    return { proof, problems: checkProof(proof, { path: 'test.yaml', text, version: 'v1' }), without: prove(flow, () => 1_000).unbreakable.ms }
  }
  const key = toldOf(texts.key)
  t.match([key.proof.queued.ms, key.proof.unbreakable.ms, key.without], [0, 20_000, 0], 'his own key binds him')
  t.match(key.problems, [{ code: 'proof.unbreakable', line: 6, col: 3, remedy: { en: /intake\.skillOverflow/, zh: /intake\.skillOverflow/ } }])
  const skill = toldOf(texts.skill)
  t.match([skill.problems.length, pathText(skill.proof.unbreakable.path)], [1, 'q (20 s)'])
  t.equal(toldOf(texts.other).proof.unbreakable.ms, 0, 'no other tag does')
  const before = toldOf(texts.before)
  t.match([before.proof.unbreakable.ms, before.problems.length], [28_000, 0], 'a transfer may begin when that wait is over')
})

t.test('a speech engine is opened while nobody can speak to the caller', async (t) => {
  const text = (seconds: number) => `${head('test', `bound: { unbreakableSeconds: ${seconds}, queuedSeconds: 8 }\n`)}  a: { type: listen, prompts: [hello], keys: { "1": { words: { zh-CN: [井] }, goto: e } }, onSilence: e, onFault: b }\n  b: { type: transfer, line: one, ringSeconds: 3, onFault: e }\n  e: { type: end }\n`
  const of = (seconds: number, speech: number) => {
    const flow = flowsIn(text(seconds)).get('test')
    if (flow === undefined) throw new Error('no flow')
    const proof = prove(flow, () => 1_000, { skill: 0, speech })
    return { proof, codes: checkProof(proof, { path: 'test.yaml', text: text(seconds), version: 'v1' }).map(({ code, line }) => `${code} ${line}`) }
  }
  t.equal(of(8, 0).proof.unbreakable.ms, 8_000, 'without an engine: the transfer')
  const slow = of(9, 1_500)
  t.match([slow.proof.queued.ms, slow.proof.unbreakable.ms, pathText(slow.proof.unbreakable.path), slow.codes], [8_000, 9_500, 'a (1.5 s) !→ b (8 s)', ['proof.unbreakable 7']], 'a listen that fails at once leads into it; while an engine opens he is in the queue')
  t.same(of(9.5, 1_500).codes, [])
})

t.test('parts are written out where they are called, their results lead on, their circles need keys', async (t) => {
  const part = `${head('ask', 'kind: part\n')}  a: { type: menu, prompts: [hello], silenceSeconds: 2, tries: 1, keys: { "1": { goto: yes }, "2": { goto: a } }, onSilence: no, onFault: back }\n  yes: { type: return, result: yes }\n  no: { type: transfer, line: one, ringSeconds: 6, onFault: back }\n  back: { type: return, result: no }\n`
  const { proof, codes } = told(`${head('test')}  a: { type: sub-flow, flow: ask, results: { yes: b }, next: c }\n  b: { type: sub-flow, flow: ask, results: { yes: c }, next: c }\n  c: { type: end }\n`, part)
  t.equal(proof.over.ms, 3_000 + 3_000 + 6_000 + 5_000, 'the key in the first, silence in the second, the transfer there')
  t.equal(pathText(proof.over.path), 'a → ask/a (3 s) 1→ ask/yes → b → ask/a (3 s) —→ ask/no (11 s) !→ ask/back → c')
  t.equal(proof.circles.length, 2, 'one for each call')
  t.match(proof.circles, [{ ms: 3_000, path: [{ place: 'ask/a', label: '2', node: 'a' }, { place: 'ask/a' }] }, { path: [{ node: 'b' }, {}] }])
  t.equal(proof.unbreakable.ms, 6_000 + 5_000)
  t.same(codes, ['proof.unbreakable 6:3'], 'told at the node that calls the part')
})

t.test('hang-ups, circles without a key, long prompts', async (t) => {
  const settled = told(`${head('test')}  a: { type: message, prompts: [hello], maxSeconds: 5, next: b, onSilence: e }\n  b: { type: play, prompts: [hello], next: c }\n  c: { type: hang-up }\n  e: { type: end }\n`)
  t.same(settled.codes, [], 'behind a kept message')
  const flow = flowsIn(`${head('test', 'kind: visit\n')}  a: { type: menu, prompts: [hello], keys: { "1": { goto: b } }, onSilence: c }\n  b: { type: end }\n  c: { type: hang-up }\n`).get('test')
  t.same(flow === undefined ? null : prove({ ...flow, kind: 'entry' }, () => 1_000).hangUps.map(pathText), ['a (12 s) —→ c'], 'the way there is told')
  t.same(flow === undefined ? null : prove(flow, () => 1_000).hangUps, [], 'whom we called we may hang up on')

  const long = told(`${head('test')}  a: { type: play, prompts: [hello, hello, hello, hello, hello, hello, hello, hello, hello], next: b }\n  b: { type: play, prompts: [hello, hello, hello, hello, hello, hello, hello, hello, hello], skip: true, next: e }\n  e: { type: end }\n`)
  t.same(long.codes, ['proof.no-barge-in 6:3'], 'a key must cut what is long')

  const six = ['a', 'b', 'c', 'd', 'f', 'g'].map((name, n, all) => `  ${name}: { type: play, prompts: [hello, hello, hello], next: ${all[n + 1] ?? 'e'} }\n`).join('')
  const cut = told(`${head('test')}${six}  e: { type: end }\n`)
  t.same(cut.codes, ['proof.no-barge-in 6:3'], 'a text that is cut into six is no shorter')
  t.match(cut.proof.uncut, [{ ms: 18_000 }])
  t.equal(pathText(cut.proof.uncut[0]?.path ?? []), 'a (3 s) → b (3 s) → c (3 s) → d (3 s) → f (3 s) → g (3 s)')
  const helped = told(`${head('test')}${six.replace('  c: { type: play,', '  c: { type: play, skip: true,')}  e: { type: end }\n`)
  t.same(helped.proof.uncut.map(({ ms }) => ms), [9_000, 6_000], 'one that a key skips ends the stretch')
  t.same(helped.codes, ['proof.no-barge-in 9:3'])
  const around = told(`${head('test')}  a: { type: play, prompts: [hello, hello, hello], next: b }\n  b: { type: tag, set: { language: en }, next: c }\n  c: { type: look-up, service: outages, query: { area: east }, save: { found: area }, timeoutSeconds: 3, next: d, onFault: d }\n  d: { type: play, prompts: [hello, hello, hello], next: e }\n  e: { type: end }\n`)
  t.equal(around.proof.uncut[0]?.ms, 9_000, 'what is not heard is waited for all the same')

  const music = (keys: string, next: string): ReturnType<typeof told> => told(`${head('test')}  a: { type: queue, announce: { prompts: [hello], everySeconds: 600, times: 100 }, ${keys}next: ${next} }\n  b: { type: menu, prompts: [hello], keys: { "1": { goto: e } }, onSilence: e }\n  e: { type: end }\n`.replace(next === 'b' ? '\n\n' : /  b: .*\n/, ''))
  t.same(music('', 'b').codes, ['proof.no-barge-in 6:3'], 'hours of music before a question')
  t.same(music('keys: { "1": { goto: b } }, ', 'b').codes, [], 'a key leads to it')
  t.same(music('', 'e').codes, [], 'no key leads anywhere afterwards')

  const looped = flowsIn(`${head('test')}  a: { type: menu, prompts: [hello], keys: { "1": { goto: b } }, onSilence: b }\n  b: { type: end }\n`).get('test')
  const a = looped?.nodes.get('a')
  if (looped === undefined || a === undefined) throw new Error('no flow')
  const endless = prove({ ...looped, nodes: new Map([...looped.nodes, ['a', { ...a, exits: a.exits.map((exit) => (exit.by === 'silence' ? { ...exit, to: 'a' } : exit)) }]]) }, () => 1_000)
  t.same([endless.finite, endless.endless.map(pathText)], [false, ['a → a']])
  const stuck = prove({ ...looped, nodes: new Map([...looped.nodes, ['a', { ...a, exits: a.exits.filter(({ by }) => by !== 'fault') }]]) }, () => 1_000)
  t.match(stuck.withoutFaultExit, [{ node: 'a' }])
})

t.test('where `failed` leads is one of the fault exits, for every node type', async (t) => {
  for (const type of NODE_TYPES.values()) {
    const flow = exampleFlow(type)
    for (const [name, node] of flow.nodes) {
      const context = { language: flow.languages[0], memory: {}, vars: {}, tags: {}, visited: false, surroundings: EXAMPLE_SURROUNDINGS }
      if (node.enter(context).kind !== 'stay') continue
      const outcome = node.on({ type: 'failed', reason: 'FILE NOT FOUND' }, context)
      t.ok(outcome.kind === 'goto' && node.exits.some(({ by, to }) => by === 'fault' && to === outcome.to), `${type.type}: ${name}`)
    }
  }
})

t.test('circles that can be entered in the middle: what goes round twice counts once, and a thousand of them are no trouble', async (t) => {
  /** Menus of which each may lead to any other; `start` has a key for each. */
  const menus = (count: number, keysOf: (index: number) => readonly number[]): ReturnType<typeof told> => {
    const body = Array.from({ length: count }, (_, index) => `  n${index}: { type: menu, prompts: [hello], silenceSeconds: 1, tries: 1, keys: { ${keysOf(index).map((to, key) => `"${key + 1}": { goto: n${to} }`).join(', ')} }, onSilence: e }\n`).join('')
    return told(`${head('test')}  a: { type: menu, prompts: [hello], silenceSeconds: 1, tries: 1, keys: { "1": { goto: n0 }, "2": { goto: n1 } }, onSilence: e }\n${body}  e: { type: end }\n`)
  }
  const two = menus(2, (index) => [1 - index]).proof
  t.same([two.exact, two.over.ms], [true, 6_000], 'the first menu, and each of the two once')
  t.equal(two.over.path.reduce((sum, { ms }) => sum + ms, 0), 6_000, 'the path attains it')
  t.same(two.circles.map(({ ms }) => ms), [4_000], 'a lap')

  const chance = makeChance(110)
  const ten = menus(10, () => Array.from({ length: 3 }, () => Math.floor(chance.next() * 10))).proof
  t.ok(ten.exact && ten.over.ms <= 22_000 && ten.circles.every(({ ms }) => ms <= 20_000), 'no way is longer than all menus together')
  t.equal(ten.over.path.reduce((sum, { ms }) => sum + ms, 0), ten.over.ms)

  const began = performance.now()
  const wild = menus(1_000, (index) => (index < 999 ? [index + 1, 0, 0] : [0, 0, 0]).map((to) => to || Math.floor(chance.next() * 1_000))).proof
  t.ok(performance.now() - began < 60_000, 'in seconds, not in minutes')
  t.notOk(wild.exact, 'bounded')
  t.ok(wild.over.ms <= 1_001 * 2_000, 'by every menu once')
  const places = wild.over.path.map(({ place }) => place)
  t.equal(new Set(places).size, places.length, 'the path that was found comes to nothing twice')
  t.ok(wild.circles.length > 0 && wild.circles.every(({ ms, path }) => ms <= 2_000_000 && new Set(path.map(({ place }) => place)).size === path.length - 1), 'a lap neither')
})

t.test('a thousand situations in a row, and parts in parts without end, are no trouble', async (t) => {
  const nodes = Array.from({ length: 1_000 }, (_, index) => `  ${index === 0 ? 'a' : `n${index}`}: { type: menu, prompts: [hello], silenceSeconds: 1, tries: 1, keys: { "1": { goto: n${index + 1} }, "2": { goto: a } }, onSilence: n${index + 1} }\n`).join('')
  const { proof } = told(`${head('test')}${nodes}  n1000: { type: end }\n`)
  t.equal(proof.over.ms, 1_000 * 2_000)
  t.ok(proof.circles.length <= 40 && proof.exact)
  const plays = Array.from({ length: 900 }, (_, index) => `  ${index === 0 ? 'a' : `n${index}`}: { type: play, prompts: [hello], next: n${index + 1} }\n`).join('')
  t.same(told(`${head('test')}${plays}  n900: { type: end }\n`).codes, ['proof.no-barge-in 6:3'], 'told once')
  const many = Array.from({ length: 7 }, (_, index) => `${head(`p${index}`, 'kind: part\n')}${Array.from({ length: 8 }, (_one, call) => `  ${call === 0 ? 'a' : `n${call}`}: { type: sub-flow, flow: p${index + 1}, next: n${call + 1} }\n`).join('')}  n8: { type: return }\n`)
  const huge = told(`${head('test')}  a: { type: sub-flow, flow: p0, next: e }\n  e: { type: end }\n`, ...many, `${head('p7', 'kind: part\n')}  a: { type: return }\n`)
  t.same(huge.codes, ['proof.too-large 4:1'])
})
