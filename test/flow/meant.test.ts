import t from 'tap'
import { loadFlows } from '../../src/flow/library.js'
import { checkFlows } from '../../src/flow/proof/check.js'
import { CATEGORIES, PROMPTS } from './helpers.js'

const TOP = 'flow: test\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\n'
const HEAD = `${TOP}nodes:\n`
/** Begins in line 6: nobody recorded what is said, and no line of that name is there. */
const NODES = '  a: { type: play, prompts: [nobody, hello], next: b }\n  b: { type: transfer, line: no-line, ringSeconds: 45, onFault: c }\n  c: { type: end }\n'

/** What is told of `test`, what of it was not examined, and the longest that nobody could speak to a caller, s. Every prompt lasts 4 s. */
function told(text: string, ...others: readonly string[]): { readonly codes: readonly string[]; readonly gaps: readonly string[]; readonly unbreakable: number; readonly nodes: readonly string[] } {
  const files = [text, ...others].map((one) => ({ path: `${/^flow: (.+)$/m.exec(one)?.[1] ?? 'test'}.yaml`, text: one, version: 'v1' }))
  const library = loadFlows(files, PROMPTS, CATEGORIES, { lines: ['water-company'] })
  const checked = checkFlows(library, files, { services: [], lengthOf: () => 4_000, delays: undefined })
  return {
    codes: [...library.problems, ...checked.problems].flatMap(({ file, code, line, col }) => (file === 'test.yaml' ? [`${code} ${line}:${col}`] : [])).sort(),
    gaps: (checked.gaps.get('test') ?? []).map(({ what, because }) => `${what.en}: ${because.en}`),
    unbreakable: (checked.proofs.get('test')?.unbreakable.ms ?? 0) / 1000, nodes: [...library.sketches.get('test')?.flow?.nodes.keys() ?? []],
  }
}

const RIGHT = ['line.unknown 7:30', 'prompt.missing 6:30', 'proof.queued 7:3', 'proof.unbreakable 7:3']

t.test('a misspelt key at the top of a file is taken as it was meant, told once, and hides nothing', async (t) => {
  t.same(told(HEAD + NODES).codes, RIGHT)
  for (const [name, text, slip] of [
    ['Nodes', `${TOP}Nodes:\n${NODES}`, 'shape.unknown-key 5:1'],
    ['node', `${TOP}node:\n${NODES}`, 'shape.unknown-key 5:1'],
    ['langauges', (HEAD + NODES).replace('languages', 'langauges'), 'shape.unknown-key 3:1'],
    ['strat', (HEAD + NODES).replace('start', 'strat'), 'shape.unknown-key 4:1'],
    ['a language', (HEAD + NODES).replace('zh-CN, en]', 'zh-CM, en]'), 'shape.bad-choice 3:13'],
  ] as const) t.same(told(text), { codes: [...RIGHT, slip].sort(), gaps: [], unbreakable: 50, nodes: ['a', 'b', 'c'] }, name)
  const bound = told(`${TOP}bounds: { queuedSecond: 60, unbreakableSeconds: 60 }\nnodes:\n${NODES}`)
  t.same(bound.codes, ['line.unknown 8:30', 'prompt.missing 7:30', 'shape.unknown-key 5:1', 'shape.unknown-key 5:11'], 'and what is misspelt below it')
  const part = told(`flow: test\nkind: parts\n${TOP.replace('flow: test\n', '')}nodes:\n  a: { type: play, prompts: [nobody], next: b }\n  b: { type: return }\n`)
  t.same(part.codes, ['prompt.missing 7:30', 'shape.bad-choice 2:7'])
  const yaml = told(`${TOP}Nodes:\n  a: { type: play, prompts: [hello, next: b }\n  b: { type: play, prompts: [nobody], next: c }\n  c: { type: end }\n`)
  t.same(yaml.codes, ['prompt.missing 7:30', 'shape.unknown-key 5:1', 'yaml.quote-open 6:29'])
})

t.test('a bound that does not fit is the usual one', async (t) => {
  t.same(told(`${TOP}bound: { queuedSeconds: -5 }\nnodes:\n  a: { type: end }\n`).codes, ['shape.bad-value 5:25'])
  t.same(told(`${TOP}bound: { queuedSeconds: "60", unbreakableSeconds: 60 }\nnodes:\n${NODES}`).codes.filter((code) => code.startsWith('proof')), [], 'a number in quotes is that number')
})

t.test('of two nodes of one name the second is examined, too', async (t) => {
  const { codes, gaps } = told(`${HEAD}  a: { type: goto, to: b }\n  b: { type: goto, to: c }\n  b: { type: play, prompts: [nobody], next: d, onSilence: nowhere }\n  b: { type: goto, to: no-node-like-it }\n  c: { type: end }\n  d: { type: end }\n`)
  t.same(codes, ['node.dangling 9:24', 'prompt.missing 8:30', 'shape.unknown-key 8:48', 'yaml.duplicate-key 8:3', 'yaml.duplicate-key 9:3'])
  t.ok(gaps.includes('How long the second node "b" lasts: of two nodes of one name only one counts'))
  const key = told(`${HEAD}  a: { type: menu, prompts: [hello], keys: { "1": { goto: b }, "1": { goto: c } }, onSilence: b }\n  b: { type: end }\n  c: { type: end }\n`)
  t.same(key.gaps.slice(0, 1), ['The second "keys.1" of node "a": only one of the two counts'])
  const lists = told(`${HEAD}  a: { type: goto, to: b }\nnodes:\n  b: { type: play, prompts: [nobody], next: c }\n  c: { type: end }\n`)
  t.same(lists, { codes: ['prompt.missing 8:30', 'yaml.duplicate-key 7:1'], gaps: [], unbreakable: 0, nodes: ['a', 'b', 'c'] }, 'two lists of nodes are one')
})

t.test('a node that stands too far to the right is told, and nothing of the file is lost', async (t) => {
  const lines = NODES.split('\n')
  for (const [name, nodes, slips] of [
    ['the first', ` ${NODES}`, ['yaml.indent 6:4']],
    ['the first, far', `     ${NODES}`, ['yaml.indent 6:8']],
    ['one among others', `${lines[0] ?? ''}\n ${lines.slice(1).join('\n')}`, ['yaml.indent 7:4']],
    ['the last', `${lines.slice(0, 2).join('\n')}\n ${lines[2] ?? ''}\n`, ['yaml.indent 8:4']],
  ] as const) {
    const found = told(HEAD + nodes)
    t.same(found.nodes, ['a', 'b', 'c'], name)
    t.same(found.codes.filter((code) => code.startsWith('yaml.')), slips, name)
    t.same(found.codes.flatMap((code) => (code.startsWith('yaml.') ? [] : [code.split(' ')[0]])), RIGHT.map((code) => code.split(' ')[0]), name)
  }
  const blocks = told(`${HEAD}   a:\n     type: play\n     prompts: [nobody]\n     next: b\n  b:\n    type: play\n    prompts: [nobody]\n    next: c\n  c:\n    type: end\n`)
  t.same(blocks.codes, ['prompt.missing 12:15', 'prompt.missing 8:16', 'yaml.indent 6:4'])
  const left = told(`${HEAD}  a: { type: play, prompts: [nobody], next: b }\n b: { type: goto, to: c }\n  c: { type: play, prompts: [nobody], next: d }\n  d: { type: end }\n`)
  t.same(left.codes.filter((code) => code.startsWith('prompt')), ['prompt.missing 6:30', 'prompt.missing 8:30'], 'one too far to the left takes none with it')
  t.same(left.gaps.slice(0, 1), ['Node "b": it is not valid YAML'])
})

t.test('a key that there is none of: the rest of its node is examined and counts', async (t) => {
  const { codes, gaps, unbreakable } = told(`${HEAD}  a: { type: transfer, line: no-line, ringSeconds: 45, colour: red, onFault: b }\n  b: { type: sub-flow, flow: nowhere, colour: red, next: c }\n  c: { type: look-up, service: none, colour: red, save: { a: b }, next: d, onFault: d }\n  d: { type: end }\n`)
  t.same([codes.filter((code) => !code.startsWith('proof.')), unbreakable], [['line.unknown 6:30', 'part.unknown 7:30', 'service.unknown 8:32', 'shape.unknown-key 6:56', 'shape.unknown-key 7:39', 'shape.unknown-key 8:38'], 50])
  t.ok(gaps.includes('"colour" of node "a": there is no such key'))
  const astray = told(`${HEAD}  a: { type: message, prompts: [hello], colour: { red: c }, next: b, onSilence: b }\n  b: { type: end }\n  c: { type: end }\n`)
  t.same(astray.codes, ['shape.unknown-key 6:41'], 'where it may have been meant to lead is led to')
})

t.test('brackets that are never closed, and brackets in brackets, give up the nodes that they stand in', async (t) => {
  const open = Array.from({ length: 60 }, (_, index) => `  n${index}: { type: play, prompts: [hello, next: n${index + 1} }\n`).join('')
  const many = told(`${HEAD}${NODES}${open}  n60: { type: play, prompts: [nobody], next: c }\n`)
  t.equal(many.codes.filter((code) => code.startsWith('yaml.quote-open')).length, 60)
  t.ok(many.codes.includes('prompt.missing 69:32') && many.codes.includes('prompt.missing 6:30'), many.codes.slice(0, 5).join())
  const began = performance.now()
  const deep = told(`${HEAD}${NODES}  d: { type: play, prompts: ${'['.repeat(400_000)}\n  e: { type: play, prompts: [nobody], next: c }\n`)
  t.ok(deep.codes.includes('yaml.too-deep 9:60') && deep.codes.includes('prompt.missing 10:30') && RIGHT.every((code) => deep.codes.includes(code)), deep.codes.join())
  t.ok(deep.gaps.includes('Node "d": it is not valid YAML'))
  t.ok(performance.now() - began < 5_000)
})
