import fc from 'fast-check'
import t from 'tap'
import { prove } from '../../../src/flow/proof/prove.js'
import type { Flow } from '../../../src/flow/types.js'
import { load, surroundings } from '../helpers.js'
import { everyCall } from './brute-force.js'

type Prompt = 'hello' | 'again' | 'sorry'
/** ms in each language. `again` is as long as `hello`: the proof takes the longer of both for every visit. */
const length = fc.integer({ min: 10, max: 900 })
const lengthsArb = fc.tuple(length, length, length, length).map(([zh, zhSorry, en, enSorry]) => ({ 'zh-CN': { hello: zh, again: zh, sorry: zhSorry }, en: { hello: en, again: en, sorry: enSorry } }))
type Lengths = typeof lengthsArb extends fc.Arbitrary<infer T> ? T : never
const lengthIn = (lengths: Lengths) => (language: 'zh-CN' | 'en', prompt: string): number => lengths[language][prompt as Prompt]

/** Conditions that do not depend on each other, and every world they make. */
const CONDITIONS = ['caller: { verified: true }', 'load: { waitingAtLeast: 5 }'] as const
const WORLDS = [false, true].flatMap((verified) => [0, 9].map((waiting) => surroundings({ caller: { verified }, load: { waiting } })))

interface Draw { readonly kind: number; readonly forward: readonly number[]; readonly keys: readonly number[]; readonly tries: number; readonly extra: number }
const drawArb: fc.Arbitrary<Draw> = fc.record({
  kind: fc.integer({ min: 0, max: 5 }), forward: fc.array(fc.nat(), { minLength: 3, maxLength: 3 }), keys: fc.array(fc.nat(), { minLength: 1, maxLength: 2 }),
  tries: fc.integer({ min: 1, max: 2 }), extra: fc.nat(7),
})

/** A small flow: silence and faults lead onward, keys anywhere, so that every circle needs a key. */
function textOf(draws: readonly Draw[], backward: boolean): string {
  const names = [...draws.map((_, index) => `n${index}`), 'last']
  let branches = 0
  const nodes = draws.map(({ kind, forward, keys, tries, extra }, index) => {
    const later = names.slice(index + 1)
    const on = (which: number) => later[(forward[which] ?? 0) % later.length] ?? 'last'
    const any = (which: number) => { const among = backward ? names : later; return among[which % among.length] ?? 'last' }
    const question = `prompts: [hello], again: [again], tries: ${tries}, ${extra & 1 ? 'wrong: [sorry], ' : ''}onSilence: ${on(0)}${extra & 2 ? `, onWrong: ${on(1)}` : ''}${extra & 4 ? `, onFault: ${on(2)}` : ''}`
    switch (kind) {
      case 0: case 1: return `{ type: menu, silenceSeconds: 1, ${question}, keys: { ${keys.map((to, key) => `"${key + 1}": { goto: ${any(to)}${extra === 5 ? ', tag: { language: en }' : ''} }`).join(', ')} } }`
      case 2: return `{ type: collect, silenceSeconds: 1, betweenKeysSeconds: 1, ${question}, max: ${1 + extra % 3}, patterns: ["9."], saveAs: number, next: ${any(keys[0] ?? 0)} }`
      case 3: return `{ type: play, prompts: [hello, ${extra & 1 ? 'sorry' : 'again'}], ${extra & 2 ? 'skip: true, ' : ''}next: ${on(0)}${extra & 4 ? `, onFault: ${on(1)}` : ''} }`
      case 4: return `{ type: tag, set: { language: ${extra & 1 ? 'en' : 'zh-CN'} }, next: ${on(0)} }`
      default: {
        const condition = CONDITIONS[branches]
        branches += 1
        return condition === undefined ? `{ type: goto, to: ${on(0)} }` : `{ type: branch, cases: [{ when: { ${condition} }, goto: ${on(0)} }], otherwise: ${on(1)} }`
      }
    }
  })
  const all = new Map([...nodes.map((text, index): [string, string] => [names[index] ?? '', text]), ['last', '{ type: end }']])
  // What nothing leads to would be refused.
  const reached = new Set<string>()
  const ahead = ['n0']
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (reached.has(name)) continue
    reached.add(name)
    ahead.push(...[...(all.get(name) ?? '').matchAll(/(?:goto|to|next|otherwise|onSilence|onWrong|onFault): (\w+)/g)].map(([, to]) => to ?? ''))
  }
  return `flow: test\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: n0\nnodes:\n${[...all].filter(([name]) => reached.has(name)).map(([name, text]) => `  ${name}: ${text}\n`).join('')}`
}

function flowIn(text: string): Flow {
  const { flow, problems } = load(text)
  if (flow === null) throw new Error(`${text}\n${problems.map(({ line, problem }) => `${line}: ${problem.en}`).join('\n')}`)
  return flow
}

t.test('the proof is what every call there is can attain', async (t) => {
  let compared = 0
  let circles = 0
  let loose = 0
  fc.assert(fc.property(fc.array(drawArb, { minLength: 1, maxLength: 4 }), lengthsArb, fc.boolean(), (draws, lengths, backward) => {
    const flow = flowIn(textOf(draws, backward))
    const proof = prove(flow, lengthIn(lengths))
    const found = everyCall(flow, lengthIn(lengths), WORLDS, 3_000)
    if (found === null) return fc.pre(false)
    if (!proof.finite) throw new Error('not finite')
    compared += 1
    circles += proof.circles.length > 0 ? 1 : 0
    loose += proof.exact ? 0 : 1
    const { ms, keys, acts } = found
    if (proof.over.ms < ms) throw new Error(`proof ${proof.over.ms} < found ${ms} by ${acts.join(' ')}`)
    // Each late act comes a millisecond before its time is over.
    if (proof.exact && proof.over.ms - ms > keys * 2 + 2) throw new Error(`proof ${proof.over.ms} > found ${ms} by ${acts.join(' ')}`)
    const total = proof.over.path.reduce((sum, leg) => sum + leg.ms, 0)
    if (total !== proof.over.ms) throw new Error(`the path adds up to ${total}`)
  }), { numRuns: 150, seed: 110 })
  t.ok(compared > 120 && circles > 20, `${compared} flows compared, ${circles} with circles, ${loose} of them to be entered in the middle`)
})
