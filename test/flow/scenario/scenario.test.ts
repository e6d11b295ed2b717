import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { LANGUAGES } from '../../../src/contracts/flow.js'
import { baseName, loadFlows } from '../../../src/flow/library.js'
import { coverageOf, drawCoverage, shareOf } from '../../../src/flow/scenario/coverage.js'
import { checkTested, loadScenarios } from '../../../src/flow/scenario/file.js'
import { playOut } from '../../../src/flow/scenario/play-out.js'
import { runScenarios } from '../../../src/flow/scenario/run.js'
import { walkFlow, walkText } from '../../../src/flow/scenario/walk.js'
import { readFlowDirectory } from '../../../src/intake/flow-files.js'
import { flowOf } from '../helpers.js'

const FLOW = `  a: { type: menu, prompts: [hello], wrong: [sorry], silenceSeconds: 5, tries: 2, keys: { "1": { tag: { category: noise }, goto: b }, "2": { goto: q } }, onSilence: e, onFault: f }
  b: { type: play, prompts: [again], next: e }
  q: { type: queue, class: emergency, skill: water, priority: 3, next: e }
  f: { type: tag, set: { fault: "1" }, next: e }
  e: { type: end }
`
const flow = flowOf(FLOW)
/** Every prompt lasts a second. */
const duration = () => 1_000
const HEAD = 'flow: test\ntests:\n'

function run(tests: string): { codes: string[]; problems: ReturnType<ReturnType<typeof loadScenarios>['problems']>; results: ReturnType<typeof runScenarios> } {
  const scenarios = loadScenarios({ path: 'test.test.yaml', text: HEAD + tests })
  const results = runScenarios(scenarios, flow, duration)
  checkTested(scenarios, new Map([['test', flow]]), ['test'])
  const problems = scenarios.problems()
  return { results, problems, codes: problems.map(({ code, line, col, length }) => `${code} ${line}:${col}+${length}`) }
}

t.test('what is expected and what comes, each difference at its place', async (t) => {
  const table: readonly (readonly [string, string, readonly string[]])[] = [
    ['all well', '  x: { steps: [{ press: "1" }], expect: { hears: [hello, zh-CN/again], tags: { category: noise }, ends: waits, passes: [a, b, e], seconds: { tagged: 1, over: 2 } } }', []],
    ['a prompt that does not come', '  x: { steps: [{ press: "2" }], expect: { hears: [hello, again] } }', ['test.not-heard 3:58+5']],
    ['in the wrong order', '  x: { steps: [{ press: "1" }], expect: { hears: [again, hello] } }', ['test.not-heard 3:58+5']],
    ['in the other language', '  x: { expect: { hears: [en/hello] } }', ['test.not-heard 3:26+8']],
    ['a prompt too many', '  x: { steps: [{ press: "1" }], expect: { hearsNot: [again] } }', ['test.heard 3:54+5']],
    ['another tag', '  x: { steps: [{ press: "1" }], expect: { tags: { category: water } } }', ['test.tag 3:61+5']],
    ['no tag', '  x: { expect: { tags: { category: noise } } }', ['test.tag 3:36+5']],
    ['a tag too many', '  x: { steps: [{ press: "1" }], expect: { tags: {} } }', ['test.extra-tag 3:43+4']],
    ['the queue', '  x: { steps: [{ press: "2" }], expect: { queue: { class: emergency, skill: gas, priority: 3 } } }', ['test.queue 3:77+3']],
    ['the end', '  x: { steps: [{ press: "1" }, { hangUp: true }], expect: { ends: waits } }', ['test.ends 3:67+5']],
    ['the time', '  x: { steps: [{ press: "1", after: 3 }], expect: { seconds: { tagged: 2.9, over: 3.9 } } }', ['test.seconds 3:72+3', 'test.seconds 3:83+3']],
    ['never tagged', '  x: { expect: { seconds: { tagged: 100 } } }', ['test.seconds 3:37+3']],
    ['a way not taken', '  x: { expect: { passes: [a, b] } }', ['test.path 3:30+1']],
    ['no call-back', '  x: { expect: { callBack: true } }', ['test.call-back 3:28+4']],
    ['a step after the end', '  x: { steps: [{ press: "1" }, { wait: 60 }, { press: "2" }], expect: { ends: waits } }', ['test.over 3:46+14']],
    ['a key when the play that ended the flow has been heard', '  x: { steps: [{ press: "1" }, { press: "2" }], expect: { ends: waits } }', ['test.over 3:32+14']],
    ['a key long after the end', '  x: { steps: [{ press: "1" }, { press: "2", after: 9 }], expect: { ends: waits } }', ['test.over 3:32+24']],
    ['a key in the play, which is lost', '  x: { steps: [{ press: "1" }, { press: "2", after: 0.5 }], expect: { ends: waits } }', []],
    ['a word when it is over', '  x: { steps: [{ press: "1" }, { say: hello }], expect: { ends: waits } }', ['test.over 3:32+14']],
    ['a word to a menu', '  x: { steps: [{ say: hello }], expect: { ends: waits } }', ['test.unheard 3:16+14']],
    ['a voice where no tape runs', '  x: { steps: [{ speaks: 5 }], expect: { ends: waits } }', ['test.unheard 3:16+13']],
    ['a time that is none', '  x: { at: 2026-02-30T12:00, expect: { ends: waits } }', ['test.time 3:12+16']],
    ['a step that does not exist, spelt nearly right', '  x: { steps: [{ hangup: true }], expect: { ends: waits } }', ['shape.unknown-key 3:18+6']],
    ['a month that is none', '  x: { at: 2026-13-01T12:00, expect: { ends: waits } }', ['test.time 3:12+16']],
    ['a misspelt key', '  x: { stepps: [], expect: { ends: waits } }', ['shape.unknown-key 3:8+6']],
    ['nothing expected', '  x: { steps: [] }', ['shape.missing-key 3:3+1']],
    ['a step that is none', '  x: { steps: [{ pres: "1" }], expect: { ends: waits } }', ['shape.unknown-key 3:18+4']],
    ['an unknown end', '  x: { expect: { ends: well } }', ['shape.bad-choice 3:24+4']],
  ]
  for (const [name, tests, expected] of table) t.same(run(`${tests}\n`).codes, expected, name)
  const { problems } = run('  x: { steps: [{ press: "2" }], expect: { hears: [hello, again] } }\n')
  t.match(problems, [{ file: 'test.test.yaml', problem: { en: '"again" was not heard here; what was heard, in order: zh-CN/hello.', zh: /没有听到/ }, excerpt: /expect/ }])
})

t.test('a caller’s steps: delays, keys over prompts, silence, faults, hanging up, the world', async (t) => {
  const heard = (call: ReturnType<typeof playOut>) => call.heard.map(({ name }) => name)
  t.match(playOut(flow, { steps: [{ press: '1', after: 0.25 }] }, duration), { taggedAt: 250, over: 1_250, keys: 1, ending: 'waits' }, 'over the prompt')
  t.match(playOut(flow, { steps: [{ press: '1' }] }, duration), { taggedAt: 1_000 }, 'once it has been heard')
  t.match(playOut(flow, { steps: [{ silence: true }, { press: '2' }] }, duration), { taggedAt: null, queue: { class: 'emergency', skill: 'water', priority: 3 } })
  t.same(heard(playOut(flow, { steps: [{ press: '7', after: 0 }, { press: '7' }] }, duration)), ['sorry', 'hello'], 'nothing of the first, all of the second')
  t.match(playOut(flow, { steps: [{ wait: 0.5 }, { fault: true }] }, duration), { tags: { fault: '1' }, over: 500 })
  t.match(playOut(flow, { steps: [{ wait: 2 }, { hangUp: true }] }, duration), { ending: 'hung-up', over: 2_000 })
  t.match(playOut(flow, {}, duration), { over: 12_000, path: ['a', 'e'] })

  const worldly = flowOf('  a: { type: branch, cases: [{ when: { mode: disaster }, goto: d }, { when: { hours: { from: "22:00", to: "06:00" } }, goto: n }, { when: { calendar: { day: holiday } }, goto: h }], otherwise: l }\n  d: { type: end }\n  n: { type: end }\n  h: { type: end }\n  l: { type: look-up, service: s, query: { x: "1" }, save: { found: area }, next: t, onFault: e }\n  t: { type: transfer, line: water-company, onFault: e }\n  e: { type: end }\n'.replace('title', 'title'))
  const path = (world: Parameters<typeof playOut>[1]) => playOut(worldly, world, duration).path.join(' ')
  t.equal(path({ modes: { disaster: 'on' } }), 'a d')
  t.equal(path({ modes: { disaster: '2026-01-05T11:00' } }), 'a l e', 'a switch that is over; the look-up that nobody answers')
  t.equal(path({ at: '2026-01-05T23:00' }), 'a n')
  t.equal(path({ at: '2026-01-05T12:00', holidays: ['2026-01-05'] }), 'a h')
  t.match(playOut(worldly, { lookUps: { s: { answers: { area: 'east' } } }, transfers: { 'water-company': 'answers' } }, duration), { ending: 'transferred', path: ['a', 'l', 't'] })
  t.equal(path({ lookUps: { s: { answers: { area: 'east' }, after: 60 } } }), 'a l e', 'too late is no answer')
})

t.test('coverage: nodes and ways out, drawn', async (t) => {
  const { results } = run('  x: { steps: [{ press: "1" }], expect: { ends: waits } }\n  y: { steps: [{ wait: 0.5 }, { fault: true }], expect: { ends: waits } }\n')
  const coverage = coverageOf(flow, results.map(({ call }) => call.notes))
  t.same([shareOf(coverage.nodes), shareOf(coverage.edges)], [{ taken: 4, of: 5 }, { taken: 4, of: 9 }])
  const drawn = drawCoverage(flow, coverage)
  t.match(drawn, /◐ a {2}menu +2× {2}2\/5 {2}未走 not taken: 2→q —→e \?→e/)
  t.match(drawn, /○ q {2}queue +0× {2}0\/1/)
  t.match(drawn, /● f {2}tag +1× {2}1\/1/)
})

t.test('coverage: the way out that was taken is counted, not another one that leads to the same node', async (t) => {
  const collect = '  a: { type: collect, prompts: [hello], min: 2, max: 4, tries: 2, saveAs: n, next: e, onSilence: e }\n  e: { type: end }\n'
  const listen = '  a: { type: listen, prompts: [hello], tries: 1, keys: { "1": { words: { zh-CN: [井盖] }, goto: e }, "2": { words: { zh-CN: [停电] }, goto: e } }, onSilence: e }\n  e: { type: end }\n'
  const message = '  a: { type: message, prompts: [hello], next: e, onSilence: e }\n  e: { type: end }\n'
  const play = '  a: { type: goto, to: n }\n  b: { type: play, prompts: [hello, { number: { var: n } }], next: e }\n  n: { type: set, set: { n: x }, next: b }\n  e: { type: end }\n'
  const table: readonly (readonly [nodes: string, steps: Parameters<typeof playOut>[1]['steps'], taken: readonly string[]])[] = [
    [collect, [{ press: '1234' }], ['a caller next']],
    [collect, [{ press: '12#' }], ['a caller next']],
    [collect, [{ press: '1' }, { silence: true }, { press: '9#' }], ['a caller onSilence ?']],
    [collect, [{ press: '1#' }], ['a silence onSilence']],
    [collect, [], ['a silence onSilence']],
    [collect, [{ fault: true }], ['a fault onSilence']],
    [listen, [{ say: '我家停电了' }], ['a caller keys.2.goto 2']],
    [listen, [{ say: '井盖' }], ['a caller keys.1.goto 1']],
    [listen, [{ press: '2' }], ['a caller keys.2.goto 2']],
    [listen, [{ say: '喂' }], ['a caller onSilence ?']],
    [message, [{ speaks: 5 }], ['a caller next']],
    [message, [], ['a silence onSilence']],
    [play, [], ['a always n', 'b fault next', 'n always b']],
  ]
  for (const [nodes, steps = [], taken] of table) {
    const one = flowOf(nodes)
    t.same([...coverageOf(one, [playOut(one, { steps }, duration).notes]).edges].filter(([, count]) => count > 0).map(([id]) => id), taken, JSON.stringify(steps))
  }
  for (const nodes of [collect, collect.replace('min: 2, ', '')]) {
    const one = flowOf(nodes)
    t.same(walkFlow(one, `nodes:\n${nodes}`, new Set(coverageOf(one, []).all.map(({ id }) => id)), duration).left.map(({ id }) => id), [], 'walk finds each; where any key is an answer none is wrong')
  }
  // What is tried first fits: the wrong input is one that none of the patterns takes.
  for (const more of ['min: 1, max: 11, patterns: [X, XXXX, XXXXXXXX, "1XXXXXXXXXX"]', 'min: 1, max: 4, terminators: "", patterns: ["[0-7]", "8X"]', 'min: 4, max: 4, terminators: "", patterns: ["[1-9]XXX"]']) {
    const nodes = `  a: { type: collect, prompts: [hello], ${more}, saveAs: n, next: e, onSilence: s, onWrong: w }\n  s: { type: end }\n  w: { type: end }\n  e: { type: end }\n`
    const one = flowOf(nodes)
    t.same(walkFlow(one, `nodes:\n${nodes}`, new Set(coverageOf(one, []).all.map(({ id }) => id)), duration).left.map(({ id }) => id), [], more)
  }
})

t.test('tests of a part: he comes with the language of its tag, where the part speaks it', async (t) => {
  const heard = (tags?: Record<string, string>) => playOut(flow, tags === undefined ? {} : { tags }, duration).heard[0]?.language
  t.same([heard(), heard({ category: 'noise' }), heard({ language: 'en' }), heard({ language: 'fr' })], ['zh-CN', 'zh-CN', 'en', 'zh-CN'])
})

t.test('walk finds a call for every way out, and its tests pass', async (t) => {
  const { all } = coverageOf(flow, [])
  const { tests, left } = walkFlow(flow, `nodes:\n${FLOW}`, new Set(all.map(({ id }) => id)), duration)
  t.same(left, [])
  t.equal(tests['a 1→ b']?.steps?.length, 1, 'as short as can be')
  const { codes, results } = run(walkText(tests))
  t.same(codes, [])
  t.same(shareOf(coverageOf(flow, results.map(({ call }) => call.notes)).edges), { taken: all.length, of: all.length })
})

t.test('walk finds a call for every way out of each of the city’s flows, from nothing', async (t) => {
  const read = await readFlowDirectory(new URL('../../../ivr-flows/', import.meta.url).pathname)
  const { flows } = loadFlows(read.files, read.prompts, read.categories, { lines: read.lines?.map(({ code }) => code) ?? null })
  const length = ({ language, name }: { language: 'zh-CN' | 'en'; name: string }): number => read.prompts.get(language)?.get(name)?.duration ?? 0
  for (const { path, text } of read.files) {
    const one = flows.get(baseName(path))
    if (one === undefined) { t.fail(path); continue }
    const { tests, left } = walkFlow(one, text, new Set(coverageOf(one, []).all.map(({ id }) => id)), length)
    t.same(left.map(({ id }) => id), [], path)
    const scenarios = loadScenarios({ path, text: `flow: "${one.name}"\ntests:\n${walkText(tests)}` })
    runScenarios(scenarios, one, length)
    t.same(scenarios.problems(), [], `${path}: and they pass`)
  }
})

t.test('walk: what services answer, what is keyed in, load and caller as conditions ask for them', async (t) => {
  const nodes = `  a: { type: collect, prompts: [hello], min: 2, max: 4, patterns: ["[3-5]X", "9Z."], saveAs: n, next: b, onSilence: e }
  b: { type: branch, cases: [{ when: { var: { n: "9001" } }, goto: y1 }, { when: { load: { readyAtMost: 2 } }, goto: y2 }, { when: { load: { positionAtLeast: 7 } }, goto: y3 }], otherwise: l }
  y1: { type: end }
  y2: { type: end }
  y3: { type: end }
  l: { type: look-up, service: s, save: { kind: kind, until: until }, next: c, onFault: e }
  c: { type: branch, cases: [{ when: { var: { kind: { in: [open, shut] } } }, goto: d }, { when: { var: { kind: { atLeast: 5 } } }, goto: y4 }], otherwise: e }
  d: { type: play, prompts: [hello, { time: { var: until } }], next: e, onFault: y5 }
  y4: { type: end }
  y5: { type: end }
  e: { type: end }
`
  const own = flowOf(nodes.replace('"9001"', '"9101"'))
  const { tests, left } = walkFlow(own, `nodes:\n${nodes.replace('"9001"', '"9101"')}`, new Set(coverageOf(own, []).all.map(({ id }) => id)), () => 1_000)
  t.same(left.map(({ id }) => id), [])
  const scenarios = loadScenarios({ path: 'test.test.yaml', text: `flow: test\ntests:\n${walkText(tests)}` })
  runScenarios(scenarios, own, () => 1_000)
  t.same(scenarios.problems(), [])
})

t.test('the city’s flows: their tests pass and take every node and every way out', async (t) => {
  const directory = new URL('../../../ivr-flows/', import.meta.url)
  const read = await readFlowDirectory(directory.pathname)
  const { flows } = loadFlows(read.files, read.prompts, read.categories, { lines: read.lines?.map(({ code }) => code) ?? null })
  const tested = new Map(readdirSync(directory).filter((file) => file.endsWith('.test.yaml')).map((file) => [file.replace('.test.yaml', ''), readFileSync(new URL(file, directory), 'utf8')]))
  for (const { path } of read.files) {
    const one = flows.get(baseName(path))
    const text = tested.get(baseName(path))
    if (one === undefined || text === undefined) { t.fail(`${path} has no tests`); continue }
    const scenarios = loadScenarios({ path, text })
    const results = runScenarios(scenarios, one, ({ language, name }) => read.prompts.get(language)?.get(name)?.duration ?? 0)
    t.same(scenarios.problems(), [], path)
    const { nodes, edges } = coverageOf(one, results.map(({ call }) => call.notes))
    t.same([...nodes, ...edges].filter(([, count]) => count === 0).map(([name]) => name), [], `${path}: everything is taken; else npx liandong flow walk ${one.name} --write`)
    t.same(new Set(results.flatMap(({ call }) => call.heard.map(({ language }) => language))), new Set(LANGUAGES.filter((language) => one.languages.includes(language))), 'heard in every language')
  }
})

t.test('walk finds what lies behind long waits, answers that say nothing, tags of a part, and two different facts', async (t) => {
  const every = new Map(LANGUAGES.map((language) => [language, new Map([['hello', true]])]))
  const leftOf = (nodes: string, kind = ''): string[] => {
    const text = `flow: test\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\n${kind}start: a\nnodes:\n${nodes}`
    const { flows, problems } = loadFlows([{ path: 'test.yaml', text, version: 'v1' }], every, [{ code: 'noise', zh: '噪', en: 'noise', class: 'standard', units: [] }])
    const one = flows.get('test')
    if (one === undefined) throw new Error(problems.map(({ problem }) => problem.en).join())
    return walkFlow(one, text, new Set(coverageOf(one, []).all.map(({ id }) => id)), duration).left.map(({ id }) => id)
  }
  t.same(leftOf('  a: { type: queue, announce: { prompts: [hello], everySeconds: 300, times: 2 }, next: b, onFault: e }\n  b: { type: play, prompts: [hello], next: e }\n  e: { type: end }\n'), [])
  t.same(leftOf('  a: { type: look-up, service: tickets, save: { until: outage.until }, next: which, onFault: failed }\n  which: { type: branch, cases: [{ when: { var: { until: { present: true } } }, goto: known }], otherwise: unknown }\n  known: { type: goto, to: e }\n  unknown: { type: goto, to: e }\n  failed: { type: goto, to: e }\n  e: { type: end }\n'), [])
  t.same(leftOf('  a: { type: branch, cases: [{ when: { tag: { category: { in: [noise] } } }, goto: b }], otherwise: e }\n  b: { type: goto, to: e }\n  e: { type: return }\n', 'kind: part\n'), [])
  t.same(leftOf('  a: { type: branch, cases: [{ when: { caller: { hint: deaf } }, goto: b }], otherwise: e }\n  b: { type: branch, cases: [{ when: { mode: flood }, goto: c }], otherwise: d }\n  c: { type: goto, to: e }\n  d: { type: goto, to: e }\n  e: { type: end }\n'), [])
})

t.test('walk finds the plain yes of a call-back, which needs a number, and weekends that are worked', async (t) => {
  const nodes = `  a: { type: branch, cases: [{ when: { calendar: { day: workday }, hours: { days: [sat, sun], from: "08:00", to: "09:00" } }, goto: w }, { when: { calendar: { day: workday, from: "2026-10-08", to: "2026-10-12" }, hours: { days: [sat], from: "10:00", to: "11:00" } }, goto: w2 }], otherwise: c }
  w: { type: goto, to: c }
  w2: { type: goto, to: c }
  c: { type: call-back, prompts: [hello], key: "1", next: b, onSilence: d, onWrong: e, onFault: f }
  b: { type: hang-up }
  d: { type: goto, to: e }
  f: { type: goto, to: e }
  e: { type: end }
`
  const flow = flowOf(nodes)
  const text = `flow: test\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n${nodes}`
  const { tests, left } = walkFlow(flow, text, new Set(coverageOf(flow, []).all.map(({ id }) => id)), duration)
  t.same(left.map(({ id }) => id), [])
  const scenarios = loadScenarios({ path: 'test.test.yaml', text: `flow: test\ntests:\n${walkText(tests)}` })
  runScenarios(scenarios, flow, duration)
  t.same(scenarios.problems(), [])
  t.match(Object.values(tests).flatMap(({ workdays = [] }) => workdays), ['2026-01-10', '2026-10-10'])
})

t.test('names in a test that the flow does not know, and expectations that ask for nothing: such a test could not fail', async (t) => {
  const asks = flowOf(`  a: { type: branch, cases: [{ when: { mode: disaster, caller: { hint: deaf } }, goto: c }, { when: { var: { x: 1 } }, goto: d }], otherwise: b }
  b: { type: look-up, service: tickets, save: { x: class }, next: c, onFault: c }
  c: { type: transfer, line: water-company, ringSeconds: 5, onFault: d }
  d: { type: play, prompts: [hello, { number: 2 }], next: e }
  e: { type: end }
`)
  const table: readonly (readonly [tests: string, codes: readonly string[]])[] = [
    ['modes: { disaster: on }, lookUps: { tickets: fails }, transfers: { water-company: fails }, caller: { hints: [deaf] }, vars: { x: "1" }, expect: { hearsNot: [hello, en/hello, zh-CN/say/liang] }', ['test.heard 3:165', 'test.heard 3:182']],
    ['modes: { disastre: on }, expect: { ends: waits }', ['test.name 3:17']],
    ['modes: { disaster: 2026-13-45T99:99 }, expect: { ends: waits }', ['test.time 3:27']],
    ['modes: { disaster: 2026-02-31T10:00 }, at: 2026-02-30T10:00, expect: { ends: waits }', ['test.time 3:27', 'test.time 3:51']],
    ['lookUps: { ticket: fails }, transfers: { water: fails }, expect: { ends: transferred }', ['test.name 3:19', 'test.name 3:49', 'test.ends 3:81']],
    ['caller: { hints: [deef] }, expect: { ends: waits }', ['shape.bad-choice 3:26']],
    ['vars: { y: "1" }, expect: { ends: waits }', ['test.name 3:16']],
    ['expect: { hearsNot: [helo, fr/hello, en/sorry] }', ['shape.bad-value 3:35']],
    ['expect: { hearsNot: [helo, en/sorry] }', ['test.name 3:29', 'test.name 3:35']],
    ['expect: { hears: [], passes: [] }', ['shape.too-few 3:25', 'shape.too-few 3:37']],
    ['expect: { queue: {} }', ['shape.bad-value 3:25']],
  ]
  for (const [tests, codes] of table) {
    const scenarios = loadScenarios({ path: 'test.test.yaml', text: `${HEAD}  x: { ${tests} }\n` })
    checkTested(scenarios, new Map([['test', asks]]), ['test'])
    runScenarios(scenarios, asks, duration)
    t.same(scenarios.problems().map(({ code, line, col }) => `${code} ${line}:${col}`), codes, tests)
  }
})

t.test('a part is heard in the language that the caller comes with', async (t) => {
  const part = flowOf(FLOW)
  t.same(playOut(part, { tags: { language: 'en' } }, duration).heard.map(({ language }) => language), ['en', 'en'])
  t.same(playOut(part, { tags: { language: 'fr' } }, duration).heard.map(({ language }) => language), ['zh-CN', 'zh-CN'], 'one that it does not speak')
})

t.test('days of the world have to be days that there are', async (t) => {
  t.same(run('  x: { holidays: ["2026-02-31"], workdays: ["2026-01-10", "2026-13-01"], expect: { ends: waits } }').codes, ['test.time 3:19+12', 'test.time 3:59+12'])
})
