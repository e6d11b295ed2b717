import { readFile, stat } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import type { Writable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { baseName, loadFlows } from '../../flow/library.js'
import { aimsOf, asksOf, type Asks } from '../../flow/simulate/aims.js'
import { CALLER_MODELS, HABITS, type Recording } from '../../flow/simulate/callers.js'
import { MONDAY_NOON } from '../../flow/scenario/play-out.js'
import { simulate, type Distribution, type Simulated } from '../../flow/simulate/simulate.js'
import type { Flow } from '../../flow/types.js'
import { simulateBoth, type SimulationWish } from '../../intake/gate-process.js'
import type { CommandIo } from '../command.js'
import { choiceOf, EXIT, numberOf, parseOptions } from '../options.js'
import { printProblems } from '../problem-printer.js'
import { AROUND_OPTIONS, aroundOf } from './around.js'
import { loadCity, problemsOf, timeOf, varsOf, type City } from './city.js'
import { durationIn, noSuchFlow } from './test.js'

const OPTIONS = {
  dir: { type: 'string' }, against: { type: 'string' }, calls: { type: 'string' }, seed: { type: 'string' }, model: { type: 'string' }, replay: { type: 'string' },
  answered: { type: 'string' }, ...AROUND_OPTIONS, var: { type: 'string', multiple: true }, json: { type: 'boolean' }, beside: { type: 'boolean' },
} as const

/** `liandong flow simulate`, `liandong flow compare`: the same callers through one file, or an old and a new one side by side. */
export async function runFlowSimulate(args: readonly string[], { stdin, stdout, stderr }: CommandIo): Promise<number> {
  const { values, positionals: [name = '110'] } = parseOptions(args, OPTIONS, 1)
  if (values.beside === true) {
    // For the server, which serves calls meanwhile: two editions come in, figures go out.
    const answer = simulateBoth(await json(stdin) as SimulationWish)
    stdout.write(JSON.stringify(answer))
    return answer === null ? EXIT.problems : EXIT.fine
  }
  const calls = numberOf('calls', values.calls, { least: 1, most: 1_000_000 }) ?? 2_000
  const seed = numberOf('seed', values.seed, { least: 0, most: Number.MAX_SAFE_INTEGER }) ?? 110
  const answered = numberOf('answered', values.answered, { least: 0.001, most: 86_400, whole: false })
  const startAt = timeOf('at', values.at ?? MONDAY_NOON)
  const model = values.model === undefined ? undefined : choiceOf('--model', values.model, CALLER_MODELS)

  const city = await loadCity(values.dir)
  const flow = city.flows.get(name)
  if (flow === undefined) {
    printProblems(city.problems, stderr)
    return noSuchFlow([name], city, stderr)
  }
  printProblems(problemsOf(flow, city), stderr)
  const vars = varsOf(flow, values.var)
  let old: { readonly flow: Flow; readonly city: City } | null = null
  if (values.against !== undefined) {
    old = await loadOld(values.against, name, city, stderr)
    if (old === null) return EXIT.problems
  }
  let recordings: readonly Recording[] | null = null
  if (values.replay !== undefined) {
    recordings = await readRecordings(values.replay, stderr)
    if (recordings === null) return EXIT.problems
  }
  const intents = aimsOf(old === null ? [flow] : [flow, old.flow])
  const asks = asksOf(intents)
  const { surroundings } = aroundOf(flow, { ...values, at: values.at ?? MONDAY_NOON }, startAt)
  const run = (which: { readonly flow: Flow; readonly city: City }): Simulated => simulate(which.flow, {
    duration: durationIn(which.city), calls, seed, intents, startAt, vars, surroundings, ...(model !== undefined && { model }), ...(recordings !== null && { recordings }),
    ...(answered !== undefined && { answeredAfter: answered * 1000 }),
  })
  const now = run({ flow, city })
  const before = old === null ? null : run(old)
  if (values.json === true) stdout.write(`${JSON.stringify({ seed, asks, new: now, old: before }, null, 2)}\n`)
  else {
    if (old?.flow.version === flow.version) stdout.write(`两边的流程文件相同（${flow.version}），不同的只可能是提示音。/ Both sides have the same flow (${flow.version}): nothing but the prompts can differ.\n`)
    stdout.write(sideBySide(now, before, seed, asks))
  }
  return EXIT.fine
}

/** A directory of flows, or one file that stands in for the one of today. */
async function loadOld(path: string, name: string, city: City, stderr: Writable): Promise<{ flow: Flow; city: City } | null> {
  const facts = await stat(path).catch(() => null)
  if (facts === null) {
    stderr.write(`没有文件或目录 ${path} / there is no file or directory ${path}\n`)
    return null
  }
  if (facts.isDirectory()) {
    const other = await loadCity(path)
    const flow = other.flows.get(name)
    if (flow !== undefined) return { flow, city: other }
    printProblems(other.problems, stderr)
    noSuchFlow([name], other, stderr)
    return null
  }
  const text = await readFile(path, 'utf8')
  const version = createHash('sha256').update(text).digest('hex').slice(0, 12)
  const others = city.files.filter((file) => baseName(file.path) !== name)
  const { flows, problems } = loadFlows([...others, { path: `${name}.yaml`, text, version }], city.prompts, city.categories)
  const flow = flows.get(name)
  if (flow !== undefined) return { flow, city }
  printProblems(problems.map((problem) => (problem.file === `${name}.yaml` ? { ...problem, file: path } : problem)), stderr)
  return null
}

/** One call a line: `{"keys":[{"at":3200,"key":"1"}],"leftAt":9000,"category":"noise"}`, ms. */
async function readRecordings(path: string, stderr: Writable): Promise<readonly Recording[] | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) {
    stderr.write(`没有文件 ${path} / there is no file ${path}\n`)
    return null
  }
  const recordings: Recording[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const recording = parseRecording(line)
    if (recording === null) {
      stderr.write(`${path}:${index + 1}: 不是录得的按键，例 / no recorded keys; for example {"keys":[{"at":3200,"key":"1"}],"leftAt":9000,"category":"noise"}\n`)
      return null
    }
    recordings.push(recording)
  }
  return recordings
}

function parseRecording(line: string): Recording | null {
  let value: unknown
  try { value = JSON.parse(line) } catch { return null }
  const { keys, leftAt, answeredAt, category, startAt } = (value ?? {}) as Partial<Record<keyof Recording, unknown>>
  if (!Array.isArray(keys)) return null
  const pressed = keys.flatMap((one: unknown) => {
    const { at, key } = (one ?? {}) as { at?: unknown; key?: unknown }
    return typeof at === 'number' && at >= 0 && typeof key === 'string' && /^[0-9*#]$/.test(key) ? [{ at, key }] : []
  })
  if (pressed.length !== keys.length) return null
  return {
    keys: pressed.sort((a, b) => a.at - b.at), ...(typeof leftAt === 'number' && { leftAt }), ...(typeof answeredAt === 'number' && { answeredAt }), ...(typeof category === 'string' && { category }),
    ...(typeof startAt === 'number' && { startAt }),
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const seconds = (ms: number | undefined): string => (ms === undefined ? '—' : `${(ms / 1000).toFixed(1)} s`)

/** Columns of the English label: that of the longest, and a gap. */
const LABEL = 2 + Math.max(...CALLER_MODELS.map((model) => `${HABITS[model].name.en}: correct`.length))

const label = (en: string, zh: string): string => `${en.padEnd(LABEL)}${zh}`

interface Words { readonly correct: readonly [en: string, zh: string]; readonly wrong: readonly [en: string, zh: string]; readonly any: readonly [en: string, zh: string]; readonly time: readonly [en: string, zh: string]; readonly short: string }
/** What `correct` and the others are called: of a category, or of what keys lead to. */
const WORDS: Readonly<Record<Exclude<Asks, 'nothing'>, Words>> = {
  category: { correct: ['correctly tagged', '标签正确'], wrong: ['wrongly tagged', '标签错误'], any: ['tagged at all', '有标签'], time: ['time to tag', '得知类别用时'], short: 'correct' },
  way: { correct: ['got what he wanted', '如愿'], wrong: ['got something else', '走到别处'], any: ['got anywhere', '有结果'], time: ['time to get there', '用时'], short: 'got it' },
}
const NOTHING_ASKED = '流程不问来电者想要什么：只能比时长。/ This flow asks nobody what he wants: only times can be compared.\n'

type TableRow = readonly [name: string, value: (one: Simulated) => string, compare?: (one: Simulated) => number]

/** Of nobody it is known what he wanted: real calls through a flow that asks for no category. */
const ofKnown = ({ known }: Simulated, share: number): string => (known === 0 ? '—' : percent(share))
const aimRows = ({ correct, wrong, any, time }: Words): TableRow[] => [
  [label(...correct), (one) => ofKnown(one, one.correct), (one) => one.correct * 100],
  [label(...wrong), (one) => ofKnown(one, one.wrong), (one) => one.wrong * 100],
  [label(...any), ({ tagged }) => percent(tagged), ({ tagged }) => tagged * 100],
  ...quantiles(...time, ({ timeToTag }) => timeToTag),
]

/** A table of two columns that line up in any terminal: Chinese stands last in its line. */
function sideBySide(now: Simulated, before: Simulated | null, seed: number, asks: Asks): string {
  const aims = asks === 'nothing' ? null : WORDS[asks]
  const rows: TableRow[] = [
    ...aims === null ? [] : aimRows(aims),
    [label('keys per call, mean', '每次按键，平均'), ({ keys }) => (keys?.mean ?? 0).toFixed(2), ({ keys }) => keys?.mean ?? 0],
    [label('keys per call, p90', '每次按键，p90'), ({ keys }) => String(keys?.p90 ?? 0), ({ keys }) => keys?.p90 ?? 0],
    ...quantiles('listens for', '听了多久', ({ heard }) => heard),
    [label('hung up', '主动挂机'), ({ hungUp }) => percent(hungUp), ({ hungUp }) => hungUp * 100],
    ...CALLER_MODELS.flatMap((model): [string, (one: Simulated) => string, (one: Simulated) => number][] => (aims === null || now.byModel[model] === undefined ? [] : [
      [`  ${label(`${HABITS[model].name.en}: ${aims.short}`, `${HABITS[model].name.zh}：${aims.correct[1]}`)}`, ({ byModel }) => percent(byModel[model]?.correct ?? 0), ({ byModel }) => (byModel[model]?.correct ?? 0) * 100],
    ])),
  ]
  const column = 14
  const head = before === null ? now.version.padStart(column) : `${`old ${before.version.slice(0, 8)}`.padStart(column)}${`new ${now.version.slice(0, 8)}`.padStart(column)}${'±'.padStart(10)}`
  const lines = rows.map(([name, value, compare]) => {
    const change = before === null || compare === undefined ? '' : signed(compare(now) - compare(before)).padStart(10)
    return `${before === null ? '' : value(before).padStart(column)}${value(now).padStart(column)}${change}   ${name}`
  })
  return `${now.flow}  ${now.calls} 个来电 / calls, seed ${seed}${now.known === now.calls ? '' : now.known === 0 ? '；这些来电者想要什么不得而知 / what these callers wanted is not known' : `；标签正确与错误只计类别已定的 ${now.known} 个 / correct and wrong are of the ${now.known} whose category is known`}\n${aims === null ? NOTHING_ASKED : ''}${head}\n${lines.join('\n')}\n`
}

function quantiles(en: string, zh: string, of: (one: Simulated) => Distribution | null): [string, (one: Simulated) => string, (one: Simulated) => number][] {
  return (['p50', 'p90', 'p99'] as const).map((p) => [label(`${en}, ${p}`, `${zh} ${p}`), (one) => seconds(of(one)?.[p]), (one) => (of(one)?.[p] ?? 0) / 1000])
}

const signed = (value: number): string => (Math.abs(value) < 0.005 ? '=' : `${value > 0 ? '+' : '−'}${Math.abs(value).toFixed(Math.abs(value) < 10 ? 2 : 1)}`)
