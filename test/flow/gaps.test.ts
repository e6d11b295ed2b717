import t from 'tap'
import { readFlowSource } from '../../src/flow/load/flow-source.js'
import { loadFlows } from '../../src/flow/library.js'
import { checkFlows } from '../../src/flow/proof/check.js'
import { CATEGORIES, PROMPTS } from './helpers.js'

const HEAD = 'flow: test\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n'
const PART = 'kind: part\ntitle: { zh: 子流程, en: Part }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n'

/** What is told of `test`, by line, and what of it was not examined; every prompt lasts 4 s. */
function told(text: string, ...parts: readonly string[]): { readonly codes: readonly string[]; readonly gaps: readonly string[]; readonly runs: boolean } {
  const files = [text, ...parts].map((one) => ({ path: `${/^flow: (.+)$/m.exec(one)?.[1] ?? 'test'}.yaml`, text: one, version: 'v1' }))
  const library = loadFlows(files, PROMPTS, CATEGORIES, { lines: ['water-company'] })
  const checked = checkFlows(library, files, { services: [], lengthOf: () => 4_000, delays: undefined })
  return {
    codes: [...new Set([...library.problems, ...checked.problems].flatMap(({ file, code, line }) => (file === 'test.yaml' ? [`${code} ${line}`] : [])))].sort(),
    gaps: (checked.gaps.get('test') ?? []).map(({ node, what, because }) => `${node ?? what.en}: ${because.en}`), runs: library.flows.has('test'),
  }
}

/** He waits 20 s for a line, hears 12 s that no key skips, nothing leads to `lost`, and a tape is not there. */
const REST = '  t: { type: transfer, line: water-company, ringSeconds: 20, onFault: g }\n  g: { type: play, prompts: [hello, hello, hello], next: m }\n  m: { type: menu, prompts: [not-recorded], keys: { "1": { goto: e } }, onSilence: e }\n  lost: { type: goto, to: e }\n  e: { type: end }\n'
const beside = (first: number): string[] => [`node.unreachable ${first + 3}`, `prompt.missing ${first + 2}`, `proof.no-barge-in ${first + 1}`, `proof.unbreakable ${first}`]

t.test('a mistake that keeps a file from being built hides nothing that is wrong beside it', async (t) => {
  const table: readonly (readonly [name: string, node: string, codes: readonly string[], gap: string | null])[] = [
    ['nothing', '  a: { type: play, prompts: [hello], skip: true, next: t }\n', [], null],
    ['a misspelt type', '  a: { type: plai, prompts: [hello], skip: true, next: t }\n', ['node.type-unknown 6'], null],
    ['a type that there is none like', '  a: { type: conference, prompts: [hello], next: t }\n', ['node.type-unknown 6'], 'a: its type is not known'],
    ['no type', '  a: { prompts: [hello], next: t }\n', ['node.type-missing 6'], 'a: its type is not known'],
    ['a misspelt field', '  a: { type: play, prompts: [hello], skipp: true, next: t }\n', ['shape.unknown-key 6'], null],
    ['a field that there is none like', '  a: { type: play, prompts: [hello, nobody], volume: 3, next: t }\n', ['prompt.missing 6', 'shape.unknown-key 6'], 'a: there is no such key'],
    ['a wrong value', '  a: { type: play, prompts: [hello], skip: maybe, next: t }\n', ['shape.wrong-type 6'], 'a: what is written in it is wrong'],
    ['a bracket left open', '  a: { type: play, prompts: [hello, next: t }\n', ['yaml.quote-open 6'], 'a: it is not valid YAML'],
    ['a quote left open', '  a: { type: play, prompts: ["hello], next: t }\n', ['yaml.quote-open 6'], 'a: it is not valid YAML'],
    ['the signs of a Chinese keyboard', '  a: { type: play, prompts: [hello], next：t }\n', ['yaml.full-width 6'], 'a: it is not valid YAML'],
    ['a part that is not there', '  a: { type: sub-flow, flow: nowhere, next: t }\n', ['part.unknown 6'], 'a: the part "nowhere" that it calls is not there'],
  ]
  for (const [name, node, codes, gap] of table) {
    const { codes: found, gaps, runs } = told(`${HEAD}${node}${REST}`)
    t.same(found.filter((code) => code !== 'proof.queued 7'), [...beside(7), ...codes].sort(), name)
    t.same(gaps, gap === null ? [] : [gap], name)
    t.equal(runs, codes.length === 0, name)
  }
})

t.test('every slip in the YAML is told, and what lies between them', async (t) => {
  const { codes, gaps } = told(`${HEAD}  a: { type: goto, to: b }\n  b: { type: play, prompts: ["hello], next: c }\n  c: { type: goto， to: d }\n  d:\n    type: goto\n   to: t\n${REST}`)
  t.same(codes.filter((code) => code !== 'proof.queued 12'), [...beside(12), 'yaml.full-width 8', 'yaml.indent 11', 'yaml.quote-open 7'].sort())
  t.same(gaps, ['b', 'c', 'd'].map((node) => `${node}: it is not valid YAML`))
  const top = told(`${HEAD.replace('{ zh: 测试, en: Test }', '{ zh: 测试, en: "Test }')}  a: { type: goto, to: t }\n${REST}`)
  t.same(top.codes, [...beside(7), 'proof.queued 7', 'yaml.quote-open 2'].filter((code) => !code.startsWith('node.unreachable')).sort())
  t.same(top.gaps, ['"title": it is not valid YAML', 'Whether anything leads to lost: what is wrong in the file may be meant to lead there'])
  t.same(told('- a\n').gaps, ['The whole flow: the file cannot be read'])
})

t.test('what may be meant is no mistake besides', async (t) => {
  const missing = told(`${HEAD}  a: { type: play, prompts: [hello] }\n  b: { type: end }\n`)
  t.same(missing, { codes: ['node.no-exit 6'], gaps: ['a: what is written in it is wrong', 'Whether anything leads to b: what is wrong in the file may be meant to lead there'], runs: false })
  t.same(told(`${HEAD}  a: { type: goto, to: wating }\n  waiting: { type: end }\n`).codes, ['node.dangling 6'], 'a slip in the name of a node')
  t.same(told(`${HEAD}  a: { type: mesage, prompts: [hello], next: b, onSilence: w }\n  b: { type: hang-up }\n  w: { type: end }\n`).codes, ['node.type-unknown 6'], 'who left a message may be hung up on')
  t.same(told(`${HEAD}  a: { type: leave-word, next: b }\n  b: { type: hang-up }\n`).codes, ['node.type-unknown 6'], 'who may have left one, too')
  t.same(told(`${HEAD}  a: { type: queue, announce: { prompts: [hello, hello, hello] }, next: b }\n  b: { type: something, then: m }\n  m: { type: menu, prompts: [hello], keys: { "1": { goto: e } }, onSilence: e }\n  e: { type: end }\n`).codes, ['node.type-unknown 7'], 'whether keys lead on behind it, nobody knows')
})

t.test('circles without a key, and parts that are broken, hide nothing beside them', async (t) => {
  const circle = told(`${HEAD}  a: { type: menu, prompts: [hello], keys: { "1": { goto: b }, "2": { goto: t } }, onSilence: t }\n  b: { type: goto, to: c }\n  c: { type: goto, to: b }\n${REST}`)
  t.same(circle.codes, [...beside(9), 'node.loop 7', 'proof.queued 9'].sort())
  t.same(circle.gaps, ['How long its circles last: they turn without a key'])
  const calls = `${HEAD}  a: { type: sub-flow, flow: part, results: { yes: t }, next: e }\n${REST}`
  const broken = told(calls, `flow: part\n${PART}  a: { type: goto, to: b }\n  b: { type: retrun, result: yes }\n  c: { type: nothing-like-it }\n`)
  t.same(broken.codes, [...beside(7), 'part.broken 6'].sort())
  t.same(broken.gaps, ['a: the part "part" that it calls was not examined to the end'])
  const slip = told(calls, `flow: part\n${PART}  a: { type: goto, to: b }\n  b: { type: retrun, result: "yes" }\n`)
  t.same(slip.gaps, [], 'a slip in a part is understood')
  t.same(slip.codes.filter((code) => code !== 'proof.queued 7'), [...beside(7), 'part.broken 6'].sort())
  const calling = (b: string): ReturnType<typeof told> => told(`${HEAD}  a: { type: menu, prompts: [hello], keys: { "1": { goto: b }, "2": { goto: t } }, onSilence: t }\n  b: { type: sub-flow, flow: part, ${b} }\n${REST}`, `flow: part\n${PART}  a: { type: return }\n`)
  const round = calling('next: b, onFault: t')
  t.same(round.codes, [...beside(8), 'proof.endless 7', 'proof.queued 8'].sort())
  t.same(round.gaps.slice(-1), ['b: a circle through it turns without a key'])
  t.same(calling('next: b').codes, [...beside(8), 'node.loop 7', 'proof.queued 8'].sort(), 'one that its own file shows is told once')
})

t.test('however many slips a large file has, all are told, and it is read once', async (t) => {
  const COUNT = 300
  const large = (slips: number, mark: string): string => `${HEAD}${Array.from({ length: COUNT }, (_, index) => `  n${index}:\n    type: menu\n    prompts: [hello${index < slips * 3 && index % 3 === 0 ? '}' : ']'}\n    keys: { "1": { goto: n${index + 1} } }\n    onSilence: n${index + 1} # ${mark}\n`).join('')}  n${COUNT}: { type: end }\n`
  const reading = (text: string): { readonly source: ReturnType<typeof readFlowSource>; readonly told: number } => {
    let told = 0
    const source = readFlowSource(text, () => { told += 1 })
    return { source, told }
  }
  const broken = reading(large(70, 'broken'))
  t.same({ told: broken.told, unread: broken.source?.unread.length }, { told: 70, unread: 70 })
  const again = reading(large(70, 'broken'))
  t.equal(again.source, broken.source, 'the same text is read once')
  t.equal(again.told, 70, 'and told again')
  const right = reading(large(0, 'right'))
  t.same({ told: right.told, unread: right.source?.unread }, { told: 0, unread: [] })
})

t.test('where a node leads to one that is not there, its own time counts', async (t) => {
  const text = (next: string): string => `${HEAD}  a: { type: play, prompts: [hello, hello, hello], next: ${next} }\n  waiting: { type: end }\n`
  const right = told(text('waiting')).codes
  t.ok(right.includes('proof.no-barge-in 6'))
  t.same(told(text('waitnig')), { codes: ['node.dangling 6', ...right], gaps: [], runs: false }, 'taken as it was meant')
  const lost = told(text('somewhere-else'))
  t.ok(right.filter((code) => !code.startsWith('node.')).every((code) => lost.codes.includes(code)), lost.codes.join(', '))
  t.ok(lost.gaps.includes('What follows "a" at "somewhere-else": there is no such node, nor one with a name like it'), lost.gaps.join('; '))
})
