import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Writable } from 'node:stream'
import type { FlowProblem } from '../../contracts/flow.js'
import { baseName } from '../../flow/library.js'
import { layOut } from '../../flow/draw/layout.js'
import { toSvg } from '../../flow/draw/svg.js'
import { coverageOf, coverageOverlay, drawCoverage, shareOf, type Coverage } from '../../flow/scenario/coverage.js'
import { checkTested, loadScenarios, type Scenarios } from '../../flow/scenario/file.js'
import { runScenarios, type ScenarioResult } from '../../flow/scenario/run.js'
import { walkFlow, walkText } from '../../flow/scenario/walk.js'
import type { Flow, PromptRef } from '../../flow/types.js'
import { TEST_FILE } from '../../intake/edition.js'
import type { FileGaps } from '../../intake/flow-files.js'
import type { CommandIo } from '../command.js'
import { EXIT, numberOf, parseOptions, plural } from '../options.js'
import { printProblems } from '../problem-printer.js'
import { gapLines } from './check.js'
import { lengthIn, loadCity, type City } from './city.js'

interface Tested {
  readonly name: string
  readonly file: string
  readonly flow: Flow
  readonly scenarios: Scenarios
  readonly results: readonly ScenarioResult[]
  readonly coverage: Coverage
}

/** What became of the tests beside the flows. */
interface CityTests {
  readonly tested: readonly Tested[]
  readonly problems: readonly FlowProblem[]
  /** Flows without a file of tests. */
  readonly untested: readonly string[]
  /** Flows whose tests were not run: their file, or the flow itself, has problems. */
  readonly broken: readonly string[]
  /** Of files of tests, what was not run. */
  readonly gaps: readonly FileGaps[]
}

/** Runs the tests beside the flows; with names, only theirs. */
export function testCity(city: City, names: readonly string[]): CityTests {
  const duration = durationIn(city)
  const asked = (name: string): boolean => names.length === 0 || names.includes(name)
  const tested: Tested[] = []
  const problems: FlowProblem[] = []
  const gaps: FileGaps[] = []
  // A file of tests that could not even be read is no text, and told among the city's problems.
  const broken = new Set(city.problems.flatMap(({ file }) => testedBy(basename(file)).filter(asked)))
  for (const { file, text } of city.tests) {
    const [name = ''] = testedBy(file)
    if (!asked(name)) continue
    const scenarios = loadScenarios({ path: join(city.shown, file), text })
    if (scenarios.gaps.length > 0) gaps.push({ file: join(city.shown, file), gaps: scenarios.gaps })
    const flow = city.flows.get(scenarios.flow)
    checkTested(scenarios, city.flows, city.files.map(({ path }) => baseName(path)))
    if (flow === undefined || scenarios.scenarios.length === 0) {
      problems.push(...scenarios.problems())
      broken.add(name)
      continue
    }
    const results = runScenarios(scenarios, flow, duration)
    problems.push(...scenarios.problems())
    tested.push({ name, file, flow, scenarios, results, coverage: coverageOf(flow, results.map(({ call }) => call.notes)) })
  }
  const covered = new Set(tested.map(({ flow }) => flow.name))
  return { tested, problems, untested: [...city.flows.keys()].filter((name) => !covered.has(name) && !broken.has(name) && asked(name)), broken: [...broken].sort(), gaps }
}

/** `110.test.yaml` → `110`. */
const testedBy = (file: string): string[] => TEST_FILE.exec(file)?.slice(1, 2) ?? []

/** Length of each prompt of this city, ms. */
export const durationIn = (city: City) => {
  const length = lengthIn(city)
  return ({ language, name }: PromptRef): number => length(language, name)
}

/** `liandong flow test`: exit code 1 when a call differs from what is expected, or less is covered than asked for. */
export async function runFlowTest(args: readonly string[], { stdout, stderr }: CommandIo): Promise<number> {
  const options = parseOptions(args, { dir: { type: 'string' }, json: { type: 'boolean' }, cover: { type: 'string' }, draw: { type: 'string' } } as const, Infinity)
  const cover = numberOf('cover', options.values.cover, { least: 0, most: 100, whole: false }) ?? 0
  const city = await loadCity(options.values.dir)
  const unknown = options.positionals.filter((name) => !city.flows.has(name))
  if (unknown.length > 0) return noSuchFlow(unknown, city, stderr)
  const began = performance.now()
  const { tested, problems, untested, broken, gaps } = testCity(city, options.positionals)
  const spent = performance.now() - began
  const results = tested.flatMap((one) => one.results)
  if (options.values.draw !== undefined) {
    await mkdir(options.values.draw, { recursive: true })
    for (const { flow, coverage } of tested) await writeFile(join(options.values.draw, `${flow.name}.coverage.svg`), toSvg(layOut(flow, 'both'), coverageOverlay(coverage)))
  }
  const passed = results.filter((one) => one.passed).length
  const thin = tested.filter(({ coverage }) => { const { taken, of } = shareOf(coverage.edges); return of > 0 && taken / of * 100 < cover })
  const good = problems.length === 0 && city.problems.length === 0 && thin.length === 0 && (cover === 0 || untested.length === 0)
  if (options.values.json === true) {
    stdout.write(`${JSON.stringify({
      flows: tested.map(({ flow, results: own, coverage }) => ({
        flow: flow.name, version: flow.version, tests: own.map(({ scenario, passed: fine, call }) => ({ name: scenario.name, passed: fine, overMs: call.over, taggedMs: call.taggedAt, ends: call.ending })),
        nodes: Object.fromEntries(coverage.nodes), edges: Object.fromEntries(coverage.edges),
      })), untested, notExamined: gaps.map(({ file, gaps: its }) => ({ file, notExamined: its })), problems: [...city.problems, ...problems],
    }, null, 2)}\n`)
    return good ? EXIT.fine : EXIT.problems
  }
  for (const { flow, results: own, coverage } of tested) {
    const [nodes, edges] = [shareOf(coverage.nodes), shareOf(coverage.edges)]
    stdout.write(`${flow.name}  ${flow.title.zh} / ${flow.title.en}\n`)
    for (const { scenario, passed: fine, call } of own) stdout.write(`  ${fine ? '✓' : '✗'} ${scenario.name}  ${(call.over / 1000).toFixed(1)} s\n`)
    stdout.write(`  节点 nodes ${nodes.taken}/${nodes.of} · 出口 ways out ${edges.taken}/${edges.of}\n${drawCoverage(flow, coverage)}\n`)
  }
  printProblems([...city.problems, ...problems], stdout)
  for (const { flow } of thin) stdout.write(`✗ ${flow.name}：出口覆盖不足 ${cover} % / less than ${cover} % of its ways out are taken. npx liandong flow walk ${flow.name}\n`)
  for (const { file, gaps: its } of gaps) stdout.write(`✗ ${file}\n${gapLines(its).join('\n')}\n`)
  if (broken.length > 0) stdout.write(`没有运行，测试文件或流程有问题 / not run, the file of tests or the flow has problems: ${broken.join(', ')}\n`)
  if (untested.length > 0) stdout.write(`没有测试 / no tests: ${untested.join(', ')}\n`)
  stdout.write(`${passed}/${results.length} 个测试通过，${Math.round(spent)} 毫秒。/ ${passed} of ${plural(results.length, 'test')} passed in ${Math.round(spent)} ms.\n`)
  return good ? EXIT.fine : EXIT.problems
}

/** `liandong flow walk`: tests for every way out that no test takes yet. */
export async function runFlowWalk(args: readonly string[], { stdout, stderr }: CommandIo): Promise<number> {
  const options = parseOptions(args, { dir: { type: 'string' }, write: { type: 'boolean' } } as const, 1)
  const city = await loadCity(options.values.dir)
  const [name = '110'] = options.positionals
  const flow = city.flows.get(name)
  const file = city.files.find(({ path }) => baseName(path) === name)
  if (flow === undefined || file === undefined) {
    printProblems(city.problems, stderr)
    return noSuchFlow([name], city, stderr)
  }
  const { tested, problems, broken } = testCity(city, [name])
  const own = tested.find((one) => one.flow.name === name)
  if (problems.length > 0 || broken.includes(name)) {
    printProblems([...city.problems.filter((problem) => testedBy(basename(problem.file)).includes(name)), ...problems], stderr)
    stderr.write('没有写出新测试：这个流程现有的测试不能运行或没有通过，见上。先改好它们（按错的键如今是真的键时，换一个没有用到的键）。/ No test was written: those that this flow has do not run or do not pass, see above. Put them right first (where a wrong key is a real key by now, press another that is not).\n')
    return EXIT.problems
  }
  const coverage = own?.coverage ?? coverageOf(flow, [])
  const wanted = new Set(coverage.all.flatMap(({ id }) => ((coverage.edges.get(id) ?? 0) === 0 ? [id] : [])))
  const { tests, left } = walkFlow(flow, file.text, wanted, durationIn(city))
  const taken = new Set(own?.scenarios.scenarios.map(({ name: test }) => test))
  const fresh = Object.fromEntries(Object.entries(tests).map(([test, content]) => [taken.has(test) ? `${test} (walk)` : test, content]))
  const count = Object.keys(fresh).length
  const text = walkText(fresh)
  const path = join(city.directory, own?.file ?? `${name}.test.yaml`)
  if (options.values.write !== true) stdout.write(text)
  else if (count > 0) {
    const before = own === undefined ? `# yaml-language-server: $schema=./test.schema.json\nflow: "${name}"\ntests:\n` : (await readFile(path, 'utf8')).replace(/\n*$/, '\n')
    const after = `${before}${text}`
    // A list of tests that is written in another way, or is not the last of its file, cannot be gone on with.
    const whole = loadScenarios({ path, text: after })
    if (whole.problems().length > 0 || whole.scenarios.length !== count + (own?.scenarios.scenarios.length ?? 0)) {
      stdout.write(text)
      stderr.write(`${basename(path)} 的写法与 walk 不同（tests: 须在文件最后，每个测试缩进两格），没有写入，新测试见上。/ ${basename(path)} is not written as walk writes: nothing was added, the new tests are above. Put tests: last in the file, each test on lines of its own, indented by two.\n`)
      return EXIT.problems
    }
    await writeFile(path, after)
  }
  stderr.write(`${count} 个新测试，走过 ${wanted.size - left.length}/${wanted.size} 个尚未覆盖的出口。/ ${plural(count, 'new test')} for ${wanted.size - left.length} of ${plural(wanted.size, 'way')} out not taken yet.\n`)
  for (const { from, exit } of left) stderr.write(`  没有找到 / not found: ${from} ${exit.path.join('.')} (${exit.by}${exit.label === undefined ? '' : ` ${exit.label}`}) → ${exit.to}\n`)
  return EXIT.fine
}

/** Says that there is no such flow, and which there are. → exit code */
export function noSuchFlow(names: readonly string[], { flows }: City, stderr: Writable): number {
  stderr.write(`没有可用的流程 ${names.join(', ')}。/ There is no usable flow ${names.join(', ')}. (${[...flows.keys()].join(', ') || '—'})\n`)
  return EXIT.problems
}
