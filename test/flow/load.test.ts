import fc from 'fast-check'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { printProblems } from '../../src/cli/problem-printer.js'
import { NAME_RULE } from '../../src/flow/fields.js'
import { loadCodeBook, loadFlows, waitOnlyFlow } from '../../src/flow/library.js'
import { PROOF_PROBLEMS } from '../../src/flow/proof/problems.js'
import { SCENARIO_PROBLEMS } from '../../src/flow/scenario/problems.js'
import { TAPE_PROBLEMS } from '../../src/flow/sound/problems.js'
import { barsRunning, PROBLEMS } from '../../src/flow/load/problems.js'
import { startFlow } from '../../src/flow/engine.js'
import { edgesOf } from '../../src/flow/scenario/coverage.js'
import { CATEGORIES, fixtures, load, PROMPTS, surroundings } from './helpers.js'

const nameOf = (file: string) => file.replace('.yaml', '')

t.test('good files load', async (t) => {
  for (const { file, text } of fixtures('good')) {
    const { flow, problems } = load(text, nameOf(file))
    t.same(problems, [], file)
    t.equal(flow?.name, nameOf(file))
    t.equal(flow?.version, 'v1')
  }
})

t.test('bad files: every problem at its place, and no flow where it cannot be run', async (t) => {
  for (const { file, text, expected } of fixtures('bad')) {
    const { flow, problems } = load(text, nameOf(file))
    t.same(problems.map(({ code, line, col, length }) => `${code} ${line}:${col}+${length}`), expected, file)
    t.equal(flow === null, problems.some(barsRunning), file)
    t.ok(expected.length > 0, `${file} says what is wrong with it`)
    for (const problem of problems) {
      t.equal(problem.excerpt, text.split('\n')[problem.line - 1]?.replaceAll('\t', ' '), `${file}: the excerpt is the line`)
      t.notMatch(JSON.stringify([problem.problem, problem.remedy]), /\{\w+\}|undefined|\[object|""/, `${file} ${problem.code}: texts are filled in`)
    }
  }
})

t.test('every problem that a flow file can have is shown by a fixture', async (t) => {
  const shown = new Set(fixtures('bad').flatMap(({ expected }) => expected.map((line) => line.split(' ')[0])))
  const elsewhere = ['part.unknown', 'part.kind', 'part.broken', 'part.circle', 'part.parameter', 'part.result', 'part.behind', 'part.language', 'yaml.too-large', 'yaml.too-many-aliases', 'prompt.format', 'file.unreadable', 'file.code-book', 'file.kind', 'file.encoding', 'file.name', 'flow.duplicate', 'flow.none', 'flow.gone', 'entry.kind', 'entry.missing', 'calendar.moved', 'service.unknown', ...Object.keys(TAPE_PROBLEMS), ...Object.keys(PROOF_PROBLEMS), ...Object.keys(SCENARIO_PROBLEMS)]
  t.same(Object.keys(PROBLEMS).filter((code) => !shown.has(code)).sort(), elsewhere.sort())
})

t.test('a problem says why and what to do, in both languages', async (t) => {
  const [problem] = load('flow: test\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN]\nstart: a\nnodes:\n  a: { type: goto, to: wating }\n  waiting: { type: end }\n').problems
  t.same(problem, {
    file: 'test.yaml', line: 6, col: 24, length: 6, code: 'node.dangling',
    problem: { zh: '没有名为“wating”的节点。', en: 'There is no node "wating".' },
    why: { zh: '来电会停在半路，或永远到不了这里。', en: 'Callers would be stuck, or never get here.' },
    remedy: { zh: '是否想写 waiting？', en: 'Did you mean waiting?' },
    excerpt: '  a: { type: goto, to: wating }',
  })
})

t.test('the remedy of a slip', async (t) => {
  const flow = (nodes: string) => `flow: test\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN]\nstart: a\nnodes:\n${nodes}  noted: { type: end }\n  other: { type: end }\n`
  for (const [text, zh, en] of [
    [flow('  a: { type: goto, to: notde }\n'), /^是否想写 noted？$/, /^Did you mean noted\?$/],
    [flow('  a: { type: branch, cases: [{ when: { mode: Disaster! }, goto: noted }], otherwise: other }\n'), /（名称：小写字母开头，可含数字和连字符）。$/, /\(a name begins with a lower-case letter; digits and hyphens\)\.$/],
    [flow('  a: { type: goto, to: noted }\n  B: { type: end }\n'), /小写字母开头/, /begins with a lower-case letter/],
    ['', /docs\/flows\.zh-CN\.md/, /docs\/flows\.md/],
  ] as const) {
    const [problem] = load(text).problems
    t.match(problem?.remedy, { zh, en }, text)
  }
  const [slip] = load(flow('  a: { type: play, prompts: [helo], next: noted }\n')).problems
  t.match(slip?.remedy, { zh: /^是否想写 hello？请录制/, en: /^Did you mean hello\? Record / }, 'a prompt that is there')
  const [hour] = load(flow('  a: { type: branch, cases: [{ when: { hours: { from: "6:00", to: "22:00" } }, goto: noted }], otherwise: other }\n')).problems
  t.match(hour?.remedy, { zh: /两位/, en: /two digits/ }, 'what is missing')
  const [dangling] = load(flow('  a: { type: goto, to: The End }\n')).problems
  t.equal(dangling?.remedy.en.split(NAME_RULE.en).length, 2, 'what says it already says it once')
})

t.test('hostile text is refused and harms nothing', async (t) => {
  const head = 'flow: test\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN]\nstart: a\nnodes:\n'
  const bomb = `x0: &x0 [a, a]\n${Array.from({ length: 30 }, (_, index) => `x${index + 1}: &x${index + 1} [*x${index}, *x${index}, *x${index}, *x${index}]`).join('\n')}\n`
  const table: readonly (readonly [title: string, text: string, code: string])[] = [
    ['brackets without end', '['.repeat(900_000), 'yaml.too-deep'],
    ['braces without end', '{a: '.repeat(200_000), 'yaml.too-deep'],
    ['dashes without end', `${'- '.repeat(400_000)}a`, 'yaml.too-deep'],
    ['question marks without end', `${'? '.repeat(400_000)}a`, 'yaml.too-deep'],
    ['blocks in blocks', Array.from({ length: 400 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''), 'yaml.too-deep'],
    ['too large', `${head}  a: { type: end }\n#${'x'.repeat(1_000_000)}`, 'yaml.too-large'],
    ['aliases of aliases', bomb, 'yaml.too-many-aliases'],
    ['an alias of itself', `${head}  a: &a { type: end, more: *a }\n`, 'yaml.too-deep'],
    ['many aliases', `${head}  a: { type: play, prompts: &p [hello], next: n0 }\n${Array.from({ length: 150 }, (_, index) => `  n${index}: { type: play, prompts: *p, next: n${index + 1} }`).join('\n')}\n  n150: { type: end }\n`, 'yaml.too-many-aliases'],
  ]
  for (const [title, text, code] of table) {
    const { flow, problems } = load(text)
    t.equal(flow, null, title)
    t.same(problems.map((problem) => problem.code), [code], title)
  }
  const { problems } = load(`${head}  a: { type: goto, to: "\u001B[31m\u202Eevil" }\n`)
  t.notMatch(problems[0]?.excerpt, /[\u001B\u202E]/, 'control characters do not reach a terminal')
  t.equal(({} as Record<string, unknown>)['type'], undefined, 'no prototype was touched')
})

t.test('a rule that is new keeps a flow from being published, and not from being run by callers who are in it already', async (t) => {
  for (const code of ['branch.covered', 'branch.repeated', 'branch.always', 'variable.not-given', 'variable.unset', 'listen.words', 'listen.blank', 'collect.never', 'tag.keyed', 'yaml.number', 'prompt.missing', 'node.unreachable', 'part.behind']) t.notOk(barsRunning({ code }), code)
  for (const code of ['shape.unknown-key', 'node.dangling', 'hang-up.entry', 'node.loop', 'part.unknown', 'of.no-table']) t.ok(barsRunning({ code }), code)
  const file = (name: string, rest: string) => ({ path: `${name}.yaml`, text: `flow: ${name}\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN]\nstart: a\n${rest}`, version: name })
  const useless = '  a: { type: branch, cases: [{ when: { mode: storm }, goto: b }, { when: { mode: storm }, goto: c }], otherwise: c }\n'
  const { flows, problems } = loadFlows([
    file('entry', `parameters: [ticket]\nnodes:\n${useless}  b: { type: sub-flow, flow: part, results: { never: c }, next: c }\n  c: { type: end }\n`),
    file('part', `kind: part\nnodes:\n${useless.replace('goto: c', 'goto: b')}  b: { type: return }\n  c: { type: collect, prompts: [helo], silenceSeconds: 05, max: 4, patterns: [5#], saveAs: meter, next: b, onSilence: b }\n`),
    // Of two problems at one place the one is told that it cannot be run with.
    file('both', 'nodes:\n  a: { type: branch, cases: [{ when: { caller: { numberStartsWith: [0379] } }, goto: b }], otherwise: b }\n  b: { type: end }\n'),
    file('calls-none', 'nodes:\n  a: { type: sub-flow, flow: unsound, results: { never: b }, next: b }\n  b: { type: end }\n'),
    file('unsound', 'kind: part\nnodes:\n  a: { type: sub-flow, flow: nowhere, next: b }\n  b: { type: return }\n'),
  ], PROMPTS, CATEGORIES)
  t.same(problems.map(({ file: path, code }) => `${path} ${code}`).sort(), [
    'both.yaml shape.quote', 'calls-none.yaml part.result', 'entry.yaml branch.repeated', 'entry.yaml part.result', 'entry.yaml variable.not-given',
    'part.yaml branch.repeated', 'part.yaml collect.never', 'part.yaml prompt.missing', 'part.yaml yaml.number', 'unsound.yaml part.unknown',
  ])
  t.same([...flows.keys()].sort(), ['entry', 'part'], 'the others are not to be had')
  t.same([...flows.get('entry')?.parts.keys() ?? []], ['part'])
})

t.test('any text at all: loads or has problems, never throws, positions lie in the text', async (t) => {
  const seeds = [...fixtures('good'), ...fixtures('bad')].map(({ text }) => text.replace(/^("?flow"?: *)\S+/m, '$1test'))
  const cut = fc.record({ seed: fc.constantFrom(...seeds), at: fc.nat(3000), drop: fc.nat(40), insert: fc.oneof(fc.constantFrom('*', '#', ': ', '\t', '"', '[', '}', '&a', '!!x', '\n', '---\n', '__proto__: 1\n'), fc.string()) })
    .map(({ seed, at, drop, insert }) => seed.slice(0, at) + insert + seed.slice(at + drop))
  fc.assert(fc.property(fc.oneof({ weight: 4, arbitrary: cut }, fc.string()), (text) => {
    const { flow, problems } = load(text)
    if ((flow === null) !== problems.some(barsRunning)) return false
    if (flow !== null && startFlow(flow, surroundings()).commands.length === 0) return false
    const lines = text.split('\n')
    return problems.every(({ line, col, length }) => line <= lines.length && col <= (lines[line - 1] ?? '').length + 1 && length >= 1)
  }), { numRuns: 1_500 })
  t.pass()
})

t.test('a directory of flows: good ones load beside broken ones', async (t) => {
  const one = (name: string) => `flow: ${name}\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN]\nstart: a\nnodes:\n  a: { type: end }\n`
  const { flows, problems } = loadFlows([
    { path: 'x/good.yaml', text: one('good'), version: '1' },
    { path: 'x/broken.yaml', text: 'flow: [', version: '2' },
    { path: 'x/good.yml', text: one('good'), version: '3' },
  ], PROMPTS, CATEGORIES)
  t.same([...flows.values()].map(({ name, version }) => [name, version]), [['good', '1']])
  t.same(problems.map(({ file, code }) => [file, code]), [...Array.from({ length: 4 }, () => ['x/broken.yaml', 'shape.missing-key']), ['x/broken.yaml', 'yaml.quote-open'], ['x/good.yml', 'flow.duplicate']])
  const unknownBook = loadFlows([{ path: 'a.yaml', text: one('a').replace('{ type: end }', '{ type: tag, set: { category: anything }, next: b }\n  b: { type: end }'), version: '1' }], PROMPTS, null)
  t.same(unknownBook.problems, [], 'without a code book its categories cannot be checked')
})

t.test('flows that call one another', async (t) => {
  const file = (name: string, rest: string) => ({ path: `${name}.yaml`, text: `flow: ${name}\ntitle: { zh: 测试, en: Test }\n${rest}`, version: name })
  const part = (name: string, nodes: string, more = '') => file(name, `kind: part\nlanguages: [zh-CN, en]\n${more}start: a\nnodes:\n${nodes}`)
  const entry = (name: string, nodes: string) => file(name, `languages: [zh-CN, en]\nstart: a\nnodes:\n${nodes}  e: { type: end }\n`)
  const { flows, problems } = loadFlows([
    part('inner', '  a: { type: return, result: known }\n', 'parameters: [digits]\n'),
    part('outer', '  a: { type: sub-flow, flow: inner, with: { digits: 8 }, results: { known: b }, next: b }\n  b: { type: return }\n'),
    entry('good', '  a: { type: sub-flow, flow: outer, results: { done: e }, next: e }\n'),
    entry('misspelt', '  a: { type: sub-flow, flow: ouster, next: e }\n'),
    entry('no-part', '  a: { type: sub-flow, flow: good, next: e }\n'),
    entry('parameters', '  a: { type: sub-flow, flow: inner, with: { digit: 8 }, next: e }\n'),
    entry('result', '  a: { type: sub-flow, flow: outer, results: { knwon: e }, next: e }\n'),
    part('ring', '  a: { type: sub-flow, flow: rong, next: b }\n  b: { type: return }\n'),
    part('rong', '  a: { type: sub-flow, flow: ring, next: b }\n  b: { type: return }\n'),
    file('mute', 'kind: part\nlanguages: [zh-CN]\nstart: a\nnodes:\n  a: { type: return }\n'),
    entry('speechless', '  a: { type: sub-flow, flow: mute, next: e }\n'),
    file('broken', 'kind: part\nlanguages: [zh-CN]\n'),
    entry('of-broken', '  a: { type: sub-flow, flow: broken, next: e }\n'),
  ], PROMPTS, CATEGORIES)
  t.same([...flows.keys()], ['inner', 'outer', 'good', 'parameters', 'result', 'mute', 'speechless'], 'those that can be run')
  t.same([...flows.get('good')?.parts.keys() ?? []].sort(), ['inner', 'outer'], 'with the parts of its parts')
  const version = (inner: string) => loadFlows([part('inner', inner), entry('good', '  a: { type: sub-flow, flow: inner, next: e }\n')].map((one, index) => ({ ...one, version: index === 0 ? inner : 'same' })), PROMPTS, CATEGORIES).flows.get('good')?.version
  t.match(version('  a: { type: return }\n'), /^[0-9a-f]{12}$/)
  t.not(version('  a: { type: return }\n'), version('  a: { type: return, result: x }\n'), 'another part makes another version')
  t.same(problems.filter(({ file: path }) => path !== 'broken.yaml').map(({ file: path, line, col, code }) => `${path}:${line}:${col} ${code}`).sort(), [
    'misspelt.yaml:6:30 part.unknown', 'no-part.yaml:6:30 part.kind', 'of-broken.yaml:6:30 part.broken', 'parameters.yaml:6:30 part.parameter', 'result.yaml:6:55 part.result',
    'ring.yaml:7:30 part.broken', 'rong.yaml:7:30 part.circle', 'speechless.yaml:6:30 part.language',
  ])
})

t.test('what a part returns, and what it finds, counts for the flow that calls it', async (t) => {
  const texts = (call: string, part: string, more = '') => [
    { path: 'x.yaml', version: '1', text: `flow: x\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n  a: { type: sub-flow, flow: p, ${call} }\n${more}  e: { type: end }\n` },
    { path: 'p.yaml', version: '1', text: `flow: p\nkind: part\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n${part}` },
    { path: 'q.yaml', version: '1', text: 'flow: q\nkind: part\nparameters: [x]\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n  a: { type: sub-flow, flow: r, with: { flag: { var: x } }, next: b }\n  b: { type: set, set: { x: "1" }, next: c }\n  c: { type: return }\n' },
    { path: 'r.yaml', version: '1', text: 'flow: r\nkind: part\nparameters: [flag]\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n  a: { type: set, set: { meter: "12", flag: "1" }, next: b }\n  b: { type: return }\n' },
  ]
  const told = (call: string, part: string, more?: string) => {
    const { flows, problems } = loadFlows(texts(call, part, more), PROMPTS, CATEGORIES, { lines: [], tags: null })
    return { x: flows.get('x'), problems: problems.map(({ file, line, col, code }) => `${file}:${line}:${col} ${code}`) }
  }
  const play = '  b: { type: play, prompts: [hello], next: e }\n'
  const yes = '  a: { type: return, result: "yes" }\n'
  t.same(told('results: { yes: e }, next: b', yes, play).problems, ['x.yaml:7:3 part.behind'], 'it returns nothing else')
  t.same(told('next: b', '  a: { type: end }\n', play).problems, ['x.yaml:7:3 part.behind', 'x.yaml:8:3 part.behind'], 'it never returns')
  t.same(told('next: e, onFault: b', yes, play).problems, ['x.yaml:7:3 part.behind'], 'it is there, so it can be run')
  const only = told('results: { yes: e }, next: e', yes)
  t.same([only.problems, only.x === undefined ? [] : edgesOf(only.x).map(({ id }) => id), only.x?.nodes.get('a')?.exits.map(({ by, label }) => [by, label])], [[], ['a always e'], [['always', 'yes'], ['fault', undefined]]], 'no way out is left that no test can take')
  t.same(told('results: { yes: e }, next: b', '  a: { type: menu, prompts: [hello], keys: { "1": { goto: b } }, onSilence: c }\n  b: { type: return, result: "yes" }\n  c: { type: return }\n', play).problems, [])

  const reads = (name: string) => `  b: { type: play, prompts: [hello, { digits: { var: ${name} } }], next: e }\n`
  const collects = '  a: { type: collect, prompts: [hello], max: 8, saveAs: meter, next: b, onSilence: b }\n  b: { type: return }\n'
  t.same(told('next: b', collects, reads('meter')).problems, [], 'what it collected stays')
  t.same(told('next: b', collects, reads('metre')).problems, ['x.yaml:7:54 variable.unset'])
  const passes = '  a: { type: sub-flow, flow: q, with: { x: 1 }, next: b }\n  b: { type: return }\n'
  t.same(told('next: b', passes, reads('meter')).problems, [], 'what a part of its found, too')
  t.same([told('next: b', passes, reads('x')).problems, told('next: b', passes, reads('flag')).problems], [['x.yaml:7:54 variable.unset'], ['x.yaml:7:54 variable.unset']], 'parameters are put back')
})

t.test('what only a part shows is told with all the rest', async (t) => {
  const told = (nodes: string, part: string, more = 'start: a\n', call = 'flow: p') => loadFlows([
    { path: 'x.yaml', version: '1', text: `flow: x\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\n${more}nodes:\n  a: { type: sub-flow, ${call}, results: { yes: e }, next: b }\n${nodes}  e: { type: end }\n` },
    { path: 'p.yaml', version: '1', text: `flow: p\nkind: part\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n${part}` },
  ], PROMPTS, CATEGORIES, { lines: [], tags: null }).problems
  const codes = (...texts: Parameters<typeof told>) => told(...texts).map(({ file, line, col, code }) => `${file}:${line}:${col} ${code}`).sort()
  const part = (prompt: string) => `  a: { type: collect, prompts: [${prompt}], max: 8, saveAs: meter, next: b, onSilence: c }\n  b: { type: return, result: "yes" }\n  c: { type: return }\n`
  const reads = (prompt: string, name: string) => `  b: { type: play, prompts: [${prompt}, { digits: { var: ${name} } }], next: e }\n`
  const plays = (prompt: string) => `  b: { type: play, prompts: [${prompt}], next: e }\n`
  const always = '  a: { type: return, result: "yes" }\n'
  const missing = 'x.yaml:7:30 prompt.missing'
  t.same(codes(reads('helo', 'meter'), part('hello')), [missing])
  t.same(codes(reads('helo', 'metre'), part('hello')), [missing, 'x.yaml:7:53 variable.unset'], 'a slip beside a missing tape')
  t.same(codes(plays('helo'), always), ['x.yaml:7:3 part.behind', missing].sort(), 'nobody comes to where a tape is missing')
  t.same(codes(reads('hello', 'metre'), part('hello'), 'start: a\nstrat: a\n'), ['x.yaml:5:1 shape.unknown-key', 'x.yaml:8:54 variable.unset'], 'nor does what is wrong with the file as a whole hide it')
  t.same(codes(reads('helo', 'metre'), part('hello'), 'start: a\n', 'flow: pp'), ['x.yaml:6:30 part.unknown', missing], 'of a part that is not there nothing is known')
  t.same(codes(reads('hello', 'metre'), part('helo')), ['p.yaml:7:33 prompt.missing', 'x.yaml:7:54 variable.unset'], 'a part with a missing tape can be run, and sets what it sets')
  t.same(codes(reads('hello', 'metre'), part('hello').replace('next: b', 'next: d')), ['p.yaml:7:70 node.dangling', 'x.yaml:6:30 part.broken'], 'of one that leads nowhere nothing is known')
  t.same(codes(`${plays('hello')}  d: { type: end }\n`, always), ['x.yaml:7:3 part.behind', 'x.yaml:8:3 node.unreachable'], 'each once')
  t.same(codes(plays('hello').replace('next: e', 'next: f'), always), ['x.yaml:7:44 node.dangling'], 'a way that leads nowhere is the mistake')
  t.match(told(plays('hello'), always)[0], { code: 'part.behind', why: { en: 'No caller would ever get here.', zh: '来电永远到不了这里。' } })
})

t.test('the code book', async (t) => {
  const { categories } = loadCodeBook('categories.yaml', 'categories:\n  noise: { zh: 噪声, en: Noise, class: standard, units: [city-management] }\n  fire: { zh: 火警, en: Fire, class: emergency }\n')
  t.same(categories, [
    { code: 'noise', zh: '噪声', en: 'Noise', class: 'standard', units: ['city-management'] },
    { code: 'fire', zh: '火警', en: 'Fire', class: 'emergency', units: [] },
  ])
  t.equal(loadCodeBook('categories.yaml', 'categories:\n  noise: { zh: 噪声, en: Noise, class: standard }\n').tags, null, 'a book without tags says nothing of them')
  t.same([...loadCodeBook('categories.yaml', 'categories:\n  noise: { zh: 噪声, en: Noise, class: standard }\ntags:\n  period: { zh: 时段, en: Period, values: [night] }\n  meter: { zh: 表号, en: Meter }\n').tags ?? []], [['period', ['night']], ['meter', null]])
  const broken = loadCodeBook('categories.yaml', 'categories:\n  noise: { zh: 噪声, class: urgent }\n  noise: { zh: 噪声, en: Noise, class: standard }\n  Big Fire: { zh: 火, en: Fire, class: standard }\n')
  t.equal(broken.categories, null)
  t.same(broken.problems.map(({ code, line, col }) => `${code} ${line}:${col}`), ['shape.missing-key 2:3', 'shape.bad-choice 2:27', 'yaml.duplicate-key 3:3', 'shape.bad-key 4:3'])
})

t.test('without any good file callers simply wait', async (t) => {
  t.same(startFlow(waitOnlyFlow('110'), surroundings()).commands, [{ type: 'end' }])
})

t.test('of a line that is too long to be shown, the part around the place', async (t) => {
  const long = (prompts: string): string => `flow: test\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n  a: { type: play, prompts: [${prompts}], next: e }\n  e: { type: end }\n`
  const [problem] = load(long(`hello,${' '.repeat(300)}helo, again`)).problems
  if (problem === undefined) throw new Error('no problem')
  const { excerpt, excerptFrom = 1, col, length } = problem
  t.equal(excerpt.slice(col - excerptFrom, col - excerptFrom + length), 'helo')
  t.ok(excerpt.length <= 200)
  const written = new PassThrough()
  printProblems([problem], written)
  const [, line = '', under = ''] = /^ {2}6 \| (.*)\n {4}\| (.*)$/m.exec(String(written.read())) ?? []
  t.equal(line.slice(under.indexOf('^'), under.lastIndexOf('^') + 1), 'helo', 'underlined')
})

t.test('tags that are asked for or read out are those of the code book', async (t) => {
  const codes = (nodes: string) => load(`flow: test\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n${nodes}  e: { type: end }\n`).problems.map(({ code, col }) => `${code} ${col}`)
  const asks = (tag: string) => codes(`  a: { type: branch, cases: [{ when: { tag: ${tag} }, goto: e }], otherwise: e }\n`)
  t.same(asks('{ perod: night }'), ['tag.unknown 47'])
  t.same(asks('{ category: watr }'), ['tag.category 57'])
  t.same(asks('{ period: { in: [night, nigth] } }'), ['tag.value 69'])
  t.same(asks('{ language: fr }'), ['tag.language 57'])
  t.same(asks('{ category: { in: [noise, water] }, period: night, meter: "12", language: en, message: { present: true } }'), [])
  t.same(codes('  a: { type: play, prompts: [hello, { digits: { tag: metre } }], next: e }\n'), ['tag.unknown 54'])
  t.same(codes('  a: { type: play, prompts: [hello, { digits: { tag: meter } }], next: e }\n'), [])
})
