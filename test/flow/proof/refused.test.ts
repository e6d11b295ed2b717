import t from 'tap'
import { LANGUAGES } from '../../../src/contracts/flow.js'
import { loadFlows, type PromptListing } from '../../../src/flow/library.js'
import { checkProof } from '../../../src/flow/proof/check.js'
import { prove, type LengthOf } from '../../../src/flow/proof/prove.js'
import { load } from '../helpers.js'

const HEAD = 'title: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n'
const PROMPTS: PromptListing = new Map(LANGUAGES.map((language) => [language, new Map([['hello', true]])]))

const shapeCodes = (nodes: string): string[] => load(`flow: test\n${HEAD}${nodes}  end: { type: end }\n`).problems.map(({ code, line, col }) => `${code} ${line}:${col}`)

/** What the proof of the first has against it; every prompt lasts a second. */
const proofCodes = (first: string, ...parts: readonly string[]): string[] => codesWhere(() => 1_000, first, ...parts)

function codesWhere(lengthOf: LengthOf, first: string, ...parts: readonly string[]): string[] {
  const text = `flow: test\n${first}`
  const { flows, problems } = loadFlows([text, ...parts].map((one) => ({ path: `${/^flow: (.+)$/m.exec(one)?.[1] ?? ''}.yaml`, text: one, version: 'v1' })), PROMPTS, null)
  const flow = flows.get('test')
  if (flow === undefined) return problems.map(({ code }) => code)
  return checkProof(prove(flow, lengthOf), { path: 'test.yaml', text, version: 'v1' }).map(({ code, line, col }) => `${code} ${line}:${col}`)
}

t.test('keys do nothing before the tone of a message', async (t) => {
  const message = (count: number): string => `${HEAD}  a: { type: message, prompts: [${Array.from({ length: count }, () => 'hello').join(', ')}], next: e, onSilence: e }\n  e: { type: end }\n`
  t.same(proofCodes(message(9)), ['proof.no-barge-in 6:3'])
  t.same(proofCodes(message(8)), [], 'the tape itself takes #')
  t.same(proofCodes(`${HEAD}  b: { type: message, prompts: [hello, hello, hello, hello, hello], next: e, onSilence: e }\n  a: { type: play, prompts: [hello, hello, hello, hello, hello], next: b }\n  e: { type: end }\n`), ['proof.no-barge-in 7:3'], 'after a play')
})

t.test('what may be over at once does not part two transfers', async (t) => {
  const between = (node: string): string => `bound: { unbreakableSeconds: 10 }\n${HEAD}  a: { type: play, prompts: [hello], next: b, onFault: e }\n  b: { type: transfer, line: one, ringSeconds: 4, onFault: c }\n  c: ${node}\n  d: { type: transfer, line: two, ringSeconds: 4.5, onFault: e }\n  e: { type: end }\n`
  t.same(proofCodes(between('{ type: look-up, service: s, save: { x: y }, next: d, onFault: e }')), ['proof.unbreakable 8:3'], 'an answer')
  t.same(proofCodes(between('{ type: play, prompts: [hello], skip: true, next: d, onFault: e }')), ['proof.unbreakable 8:3'], 'a key')
  t.same(proofCodes(between('{ type: play, prompts: [hello], next: d, onFault: e }')), [], 'seconds are whole')
})

t.test('the engine goes through what the proof lets pass', async (t) => {
  const chain = (count: number): string => `${HEAD}${Array.from({ length: count }, (_, index) => `  ${index === 0 ? 'a' : `n${index}`}: { type: goto, to: ${index + 1 === count ? 'e' : `n${index + 1}`} }\n`).join('')}  e: { type: end }\n`
  t.same(proofCodes(chain(1_002)), ['proof.chain 6:3'])
  t.same(proofCodes(chain(990)), [])
  const parts = (count: number): string[] => Array.from({ length: count }, (_, index) => `flow: p${index}\nkind: part\n${HEAD}${index + 1 === count ? '' : `  a: { type: sub-flow, flow: p${index + 1}, next: e }\n`}  ${index + 1 === count ? 'a' : 'e'}: { type: return }\n`)
  const top = `${HEAD}  a: { type: sub-flow, flow: p0, next: e }\n  e: { type: end }\n`
  t.same(proofCodes(top, ...parts(10)), ['proof.deep 6:3'])
  t.same(proofCodes(top, ...parts(8)), [])
})

t.test('cases that are never come to, words that choose nothing, tags that say what was not done', async (t) => {
  const branch = (cases: string): string => `  a: { type: branch, cases: [${cases}], otherwise: end }\n  b: { type: goto, to: end }\n`
  const noted = (key: string, b: string): string => `  a: { type: menu, prompts: [hello], keys: { "1": ${key}, "2": { tag: { category: water }, goto: end } }, onSilence: end }\n  b: ${b}\n`
  const table: readonly (readonly [name: string, nodes: string, codes: readonly string[]])[] = [
    ['a word of blanks', '  a: { type: listen, prompts: [hello], keys: { "1": { words: { en: [" "] }, goto: end } }, onSilence: end }\n', ['listen.blank 6:69']],
    ['thresholds the wrong way round', branch('{ when: { load: { waitingAtLeast: 3 } }, goto: b }, { when: { load: { waitingAtLeast: 20 } }, goto: end }'), ['branch.covered 6:90']],
    ['the right way round', branch('{ when: { load: { waitingAtLeast: 20 } }, goto: b }, { when: { load: { waitingAtLeast: 3 } }, goto: end }'), []],
    ['a case repeated', branch('{ when: { mode: disaster }, goto: b }, { when: { mode: disaster }, goto: end }'), ['branch.repeated 6:77']],
    ['a case that always holds', branch('{ when: { hours: { from: "00:00", to: "24:00" } }, goto: b }'), ['branch.always 6:38']],
    ['not on every day', branch('{ when: { hours: { days: [mon], from: "00:00", to: "24:00" } }, goto: b }'), []],
    ['not with another condition', branch('{ when: { mode: disaster, hours: { from: "00:00", to: "24:00" } }, goto: b }'), []],
    ['an empty range', branch('{ when: { tag: { x: { atLeast: 5, atMost: 2 } } }, goto: b }'), ['value.empty 6:72']],
    ['a range of one', branch('{ when: { tag: { x: { atLeast: 5, atMost: 5 } } }, goto: b }'), []],
    ['a word behind two keys', '  a: { type: listen, prompts: [hello], keys: { "1": { words: { zh-CN: [水] }, goto: end }, "2": { words: { zh-CN: [水] }, goto: end } }, onSilence: end }\n', ['listen.words 6:72', 'listen.words 6:115']],
    ['a word within another key’s', '  a: { type: listen, prompts: [hello], keys: { "1": { words: { en: [water main] }, goto: end }, "2": { words: { en: [Water] }, goto: end } }, onSilence: end }\n', ['listen.words 6:69']],
    ['two words of one key', '  a: { type: listen, prompts: [hello], keys: { "1": { words: { en: [water, water main] }, goto: end } }, onSilence: end }\n', []],
    ['a tag of what a node does', '  a: { type: tag, set: { call-back: wanted, message: "30", transfer: fire }, next: end }\n', ['tag.own 6:26', 'tag.own 6:45', 'tag.own 6:60']],
    ['an input under that name', '  a: { type: collect, prompts: [hello], max: 3, saveAs: call-back, next: end, onSilence: end }\n', ['tag.own 6:57']],
    ['noted by a tag node', '  a: { type: tag, set: { known-outage: "yes" }, next: b }\n  b: { type: play, prompts: [hello], next: end }\n', ['tag.noted 6:26']],
    ['by a key, and nothing is heard', noted('{ tag: { known-outage: "yes" }, goto: b }', '{ type: goto, to: end }'), ['tag.noted 6:60']],
    ['by a key, and only music is heard', noted('{ tag: { known-outage: "yes" }, goto: b }', '{ type: queue, announce: { prompts: [hello] }, next: end }'), ['tag.noted 6:60']],
    ['where what is heard may be silence', noted('{ tag: { known-outage: "yes" }, goto: b }', '{ type: play, prompts: [{ time: { until: outage-power } }], next: end }'), ['tag.noted 6:60']],
    ['by the key that names a category', noted('{ tag: { category: water, known-outage: "yes" }, goto: b }', '{ type: play, prompts: [hello], next: end }'), ['tag.noted 6:77']],
    ['by a key, and he is told', noted('{ tag: { known-outage: "yes" }, goto: b }', '{ type: play, prompts: [hello], next: end }'), []],
    ['by a word', noted('{ words: { en: [yes please] }, tag: { known-outage: "yes" }, goto: b }', '{ type: play, prompts: [hello], next: end }').replace('menu', 'listen'), ['tag.noted 6:91']],
    ['the nodes themselves', '  a: { type: message, prompts: [hello], next: end, onSilence: end }\n', []],
  ]
  for (const [name, nodes, codes] of table) t.same(shapeCodes(nodes), codes, name)
})

t.test('control characters: no database keeps them, no drawing shows them', async (t) => {
  t.same(shapeCodes('  a: { type: goto, to: end } # \u0000\n'), ['yaml.control 6:32'])
  t.same(shapeCodes('  a: { type: goto, title: { zh: "\\u0000", en: A }, to: end }\n'), ['yaml.control 6:33'])
  t.same(shapeCodes('  a: { type: goto, to: end } # \t tab\r\n'), [])
})

t.test('two parts one after the other are one stretch without a key; what one of them does alone is told there', async (t) => {
  const part = (name: string): string => `flow: ${name}\nkind: part\n${HEAD}  a: { type: play, prompts: [${Array.from({ length: 7 }, () => 'hello').join(', ')}], next: r }\n  r: { type: return }\n`
  const menu = '  c: { type: menu, prompts: [hello], keys: { "1": { goto: e } }, onSilence: e }\n  e: { type: end }\n'
  t.same(proofCodes(`${HEAD}  a: { type: sub-flow, flow: p, next: b }\n  b: { type: sub-flow, flow: q, next: c }\n${menu}`, part('p'), part('q')), ['proof.no-barge-in 6:3'])
  t.same(proofCodes(`${HEAD}  a: { type: sub-flow, flow: p, next: b }\n  b: { type: sub-flow, flow: p, next: c }\n${menu}`, part('p')), ['proof.no-barge-in 6:3'], 'the same twice')
  const long = part('p').replace('[hello', `[${Array.from({ length: 7 }, () => 'hello').join(', ')}, hello`)
  t.same(proofCodes(`${HEAD}  a: { type: sub-flow, flow: p, next: c }\n${menu}`, long), [])
})

t.test('a part is deaf in each of its languages, whichever the caller speaks when it is called', async (t) => {
  const part = (languages: string): string => `kind: part\n${HEAD.replace('[zh-CN, en]', languages)}  a: { type: play, prompts: [hello], next: b }\n  b: { type: menu, prompts: [hello], keys: { "1": { goto: r } }, onSilence: r }\n  r: { type: return }\n`
  const top = `${HEAD}  a: { type: sub-flow, flow: test, next: e }\n  e: { type: end }\n`
  for (const slow of LANGUAGES) {
    const lengthOf: LengthOf = (language) => (language === slow ? 9_000 : 1_000)
    for (const languages of ['[zh-CN, en]', '[en, zh-CN]']) t.same(codesWhere(lengthOf, part(languages)), ['proof.no-barge-in 7:3'], `${languages}, slow in ${slow}`)
  }
  const { flows } = loadFlows([{ path: 'test.yaml', text: `flow: test\n${part('[zh-CN, en]')}`, version: 'v1' }, { path: 'top.yaml', text: `flow: top\n${top}`, version: 'v1' }], PROMPTS, null)
  const [one, caller] = [flows.get('test'), flows.get('top')]
  if (one === undefined || caller === undefined) return t.fail('they load')
  const slow: LengthOf = (language) => (language === 'en' ? 2_000 : 1_000)
  t.equal(prove(one, slow).over.ms, 2_000 + 4_000 + 2 * 5_000, 'in the slower one')
  t.equal(prove(caller, slow).over.ms, 1_000 + 2_000 + 2 * 5_000, 'a caller begins in the first')
})

t.test('two calls of one part, each followed by something deaf, are two stretches', async (t) => {
  const part = `flow: p\nkind: part\n${HEAD}  a: { type: play, prompts: [${Array.from({ length: 5 }, () => 'hello').join(', ')}], next: r }\n  r: { type: return }\n`
  const after = (name: string, count: number): string => `  ${name}: { type: play, prompts: [${Array.from({ length: count }, () => 'hello').join(', ')}], next: m }\n`
  t.same(proofCodes(`${HEAD}  a: { type: menu, prompts: [hello], keys: { "1": { goto: b }, "2": { goto: d } }, onSilence: e }\n  b: { type: sub-flow, flow: p, next: c }\n${after('c', 5)}  d: { type: sub-flow, flow: p, next: f }\n${after('f', 4)}  m: { type: menu, prompts: [hello], keys: { "1": { goto: e } }, onSilence: e }\n  e: { type: end }\n`, part), ['proof.no-barge-in 7:3', 'proof.no-barge-in 9:3'])
})

t.test('what a part does before it returns is for the proof: a key that leads round, a message that is kept', async (t) => {
  const ask = (keys: string): string => `flow: ask\nkind: part\n${HEAD}  a: { type: menu, prompts: [hello], keys: { "1": { goto: yes }, ${keys} }, onSilence: no }\n  yes: { type: return, result: yes }\n  again: { type: return, result: again }\n  no: { type: return, result: no }\n`
  const round = (result: string): string => `${HEAD}  a: { type: sub-flow, flow: ask, results: { ${result}: a }, next: e }\n  e: { type: end }\n`
  t.same(proofCodes(round('again'), ask('"9": { goto: again }')), [], 'only a key leads round')
  t.same(proofCodes(round('no'), ask('"9": { goto: again }')), ['proof.endless 6:3'], 'silence does')
  const word = (kept: string): string => `flow: word\nkind: part\n${HEAD}  a: { type: message, prompts: [hello], next: ${kept}, onSilence: no }\n  kept: { type: return, result: kept }\n  no: { type: return, result: no }\n`
  const bye = `${HEAD}  a: { type: sub-flow, flow: word, results: { kept: bye }, next: e }\n  bye: { type: hang-up }\n  e: { type: end }\n`
  t.same(proofCodes(bye, word('kept')), [])
  t.same(proofCodes(bye.replace('kept: bye', 'no: bye'), word('kept')), ['proof.hang-up 7:3'], 'nothing was left')
})
