import { basename, join } from 'node:path'
import { json } from 'node:stream/consumers'
import { FlowCheckReport, type FlowProblem } from '../../contracts/flow.js'
import { baseName, barsRunning, checkEntry, type Gap } from '../../flow/library.js'
import { nodesWritten } from '../../flow/load/stand-in.js'
import { checkFlows, pathText, seconds, secondsOf } from '../../flow/proof/check.js'
import type { Delays, Proof, Worst } from '../../flow/proof/prove.js'
import { checkTested, loadScenarios } from '../../flow/scenario/file.js'
import type { Flow } from '../../flow/types.js'
import { gate, judgeEdition } from '../../intake/flow-gate.js'
import type { JudgeWish } from '../../intake/gate-process.js'
import { OF_PROMPTS, TEST_FILE } from '../../intake/edition.js'
import { lintPrompts } from '../../intake/prompt-files.js'
import type { FileGaps } from '../../intake/flow-files.js'
import type { CommandIo } from '../command.js'
import { EXIT, parseOptions, plural, UsageError } from '../options.js'
import { printProblems } from '../problem-printer.js'
import { aboutDirectory, citySettings, lengthIn, loadCity, shownPath } from './city.js'

/** Prints what is proven of each flow and every problem of a directory like a compiler, or as JSON for other programs. */
export async function runFlowCheck(args: readonly string[], { stdin, stdout }: CommandIo): Promise<number> {
  const options = parseOptions(args, { dir: { type: 'string' }, json: { type: 'boolean' }, schema: { type: 'boolean' }, edition: { type: 'boolean' }, beside: { type: 'boolean' }, entry: { type: 'string' }, services: { type: 'string' }, delays: { type: 'string' } } as const, 1)
  const named = options.positionals[0] ?? options.values.dir
  if (options.values.schema === true) {
    stdout.write(`${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...FlowCheckReport }, null, 2)}\n`)
    return EXIT.fine
  }
  if (options.values.beside === true) {
    // For the server, which serves calls meanwhile: an edition comes in, its problems go out.
    const { content, shown, around } = await json(stdin) as JudgeWish
    const problems = judgeEdition(content, shown, around)
    stdout.write(JSON.stringify(problems))
    return problems.length === 0 ? EXIT.fine : EXIT.problems
  }
  const settings = citySettings()
  const entries = options.values.entry?.split(',') ?? [settings.entry]
  const services = options.values.services?.split(',') ?? settings.services
  const delays = options.values.delays === undefined ? settings.delays : delaysIn(options.values.delays)
  if (options.values.edition === true) {
    const directory = named ?? settings.directory
    const gated = await gate(directory, shownPath(directory), { entries, services, delays })
    stdout.write(JSON.stringify(gated))
    return gated.problems.length === 0 ? EXIT.fine : EXIT.problems
  }
  const city = await loadCity(named)
  const tapes = await lintPrompts(city.directory, city.shown)
  const checked = checkFlows(city, city.files, { services, lengthOf: lengthIn(city), delays })
  const seen = city.files.map((file, index): Seen => {
    const name = baseName(file.path)
    // Of two files of one name the first is the flow.
    const first = city.files.findIndex(({ path }) => baseName(path) === name) === index
    return {
      file: file.path, name, flow: first ? city.sketches.get(name)?.flow ?? null : null, version: file.version, runs: first && city.flows.has(name),
      proof: first ? checked.proofs.get(name) ?? null : null, gaps: first ? checked.gaps.get(name) ?? [] : [TWICE],
    }
  })
  // Tests that cannot be read test nothing; whether they pass is what `flow test` tells.
  const beside: FileGaps[] = [...city.gaps]
  const tests = city.tests.flatMap(({ file, text }) => {
    const scenarios = loadScenarios({ path: join(city.shown, file), text })
    if (scenarios.gaps.length > 0) beside.push({ file: join(city.shown, file), gaps: scenarios.gaps })
    checkTested(scenarios, city.flows, city.files.map(({ path }) => baseName(path)))
    return scenarios.problems()
  })
  const problems = [...city.problems, ...(city.files.length === 0 ? [] : entries.flatMap((entry) => checkEntry(entry, join(city.shown, `${entry}.yaml`), city.files, city.flows))), ...checked.problems, ...tests, ...aboutDirectory(tapes.problems, city.directory)]
  const files = city.files.length
  if (options.values.json === true) {
    const report = { flows: seen.map(({ file, name, flow, version, runs, proof, gaps }) => ({ file, name, version: flow?.version ?? version, nodes: flow === null ? 0 : nodesWritten(flow), runs, proof, notExamined: gaps })), beside: beside.map(({ file, gaps }) => ({ file, notExamined: gaps })), problems }
    stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    return problems.length === 0 ? EXIT.fine : EXIT.problems
  }
  for (const one of seen) stdout.write(seenText(one, problems.some(({ file }) => file === one.file)))
  for (const { file, gaps } of beside) stdout.write(`✗ ${file}\n${gapLines(gaps).join('\n')}\n`)
  printProblems(problems, stdout)
  stdout.write(problems.length > 0
    ? `\n${problems.length} 个问题，${files} 个流程文件。/ ${plural(problems.length, 'problem')} in ${plural(files, 'flow file')}.\n${ofPublished(problems.filter(isLoaded).filter(barsRunning).length)}`
    : `没有问题：${files} 个流程，${city.categories.length} 个类别。/ No problems: ${plural(files, 'flow')}, ${plural(city.categories.length, 'category', 'categories')}.\n`)
  return problems.length === 0 ? EXIT.fine : EXIT.problems
}

/** Of tests and tapes an edition that runs is asked nothing more. */
const isLoaded = ({ file }: FlowProblem): boolean => !TEST_FILE.test(basename(file)) && !OF_PROMPTS.test(file)

/** What the problems are to callers who are in an edition with these files already: before an update of the program that is the question. */
const ofPublished = (faults: number): string => (faults === 0
  ? '已发布的同样内容照常运行，再发布时才须改好。/ An edition with these files that runs goes on; the next one is published when they are right.\n'
  : `其中 ${faults} 个：即使已经发布，这个程序也不能运行这些内容。/ With ${faults} of them this program cannot run these files, published or not.\n`)

/** `20000,1000`: what a running server has by its settings; its process beside has them not. @throws UsageError */
function delaysIn(text: string): Delays {
  const [, skill, speech] = /^(\d{1,9}),(\d{1,9})$/.exec(text) ?? []
  if (skill === undefined || speech === undefined) throw new UsageError(`--delays “${text}”：应为两个毫秒数，如 0,1000`, `--delays “${text}” must be two numbers of ms, like 0,1000`)
  return { skill: Number(skill), speech: Number(speech) }
}

/** A file of a flow, as far as it could be examined. */
interface Seen {
  readonly file: string
  readonly name: string
  readonly flow: Flow | null
  readonly version: string
  readonly runs: boolean
  readonly proof: Proof | null
  readonly gaps: readonly Gap[]
}

const TWICE: Gap = { node: null, what: { zh: '它的证明', en: 'Its proof' }, because: { zh: '另一个文件已用这个流程名', en: 'another file has the flow of this name' } }

function seenText({ file, name, flow, version, proof, gaps }: Seen, wrong: boolean): string {
  const fine = !wrong && gaps.length === 0 && proof !== null && proof.finite && proof.queued.ms <= proof.bound.queued && proof.unbreakable.ms <= proof.bound.unbreakable
  const lines = [flow === null ? `✗ ${name}  ${version}  ${file}` : `${fine ? '✓' : '✗'} ${name}  ${flow.version}  ${nodesWritten(flow)} 个节点 nodes  ${flow.languages.join(', ')}`]
  if (proof?.finite === true) lines.push(...provenLines(proof, gaps.length > 0))
  lines.push(...gapLines(gaps))
  return `${lines.join('\n')}\n`
}

/** What was not examined, a line each. */
export const gapLines = (gaps: readonly Gap[]): string[] => gaps.map(({ what, because }) => `    没有检查：${what.zh}，因为${/^[\w"]/.test(because.zh) ? ' ' : ''}${because.zh}。/ ${what.en} was not examined because ${because.en}.`)

/** @param rest something was left out: the seconds are those of the rest, at least */
function provenLines({ queued, unbreakable, over, bound, circles, exact }: Proof, rest: boolean): string[] {
  const least = rest ? '≥ ' : ''
  const kept = (ms: number, most: number) => `${least}${seconds(ms)} s ${ms <= most ? (rest ? '· 上限 bound' : '≤') : '>'} ${seconds(most)} s`
  const most = (worst: Worst): string => (rest ? `≥ ${seconds(worst.ms)}` : exact ? secondsOf(worst) : `≤ ${seconds(worst.ms)}`)
  const lines = [
    `    进入队列 queued within         ${kept(queued.ms, bound.queued)}${queued.ms > 0 ? `  ${pathText(queued.path)}` : ''}`,
    `    座席插不上话 unbreakable       ${kept(unbreakable.ms, bound.unbreakable)}${unbreakable.ms > 0 ? `  ${pathText(unbreakable.path)}` : ''}`,
    `    播完 over after at most       ${most(over)} s  ${pathText(over.path)}`,
  ]
  for (const one of circles.slice(0, 5)) lines.push(`    按键可绕圈 a circle by key      ${most(one)} s  ${pathText(one.path)}`)
  if (circles.length > 5) lines.push(`    … ${circles.length - 5}`)
  return lines
}
