import { statSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { delaysOf, loadConfig } from '../../config.js'
import type { Category, FlowProblem } from '../../contracts/flow.js'
import type { Language } from '../../contracts/primitives.js'
import { baseName, fileProblem, type FlowLibrary, type FlowText } from '../../flow/library.js'
import type { Delays } from '../../flow/proof/prove.js'
import { isHarmless } from '../../flow/say/value.js'
import type { Flow, FlowVariables } from '../../flow/types.js'
import { cityTime } from '../../flow/scenario/file.js'
import { servicesOf } from '../../intake/look-ups.js'
import { TEST_FILE } from '../../intake/edition.js'
import { loadDirectory, readFlowDirectory, type FileGaps } from '../../intake/flow-files.js'
import type { Prompts } from '../../intake/prompt-files.js'
import { UsageError } from '../options.js'

/** Where the city's flows are, which of them callers enter, by which clock it lives, and which services flows may ask, by the settings. @throws ConfigError */
export function citySettings(): { readonly directory: string; readonly home: string; readonly entry: string; readonly timeZone: string; readonly services: readonly string[]; readonly delays: Delays } {
  const { config } = loadConfig(process.env)
  return { directory: config['flows.directory'], home: config.home, entry: config['flows.entry'], timeZone: config['city.timeZone'], services: servicesOf(config['flows.lookUps']), delays: delaysOf(config) }
}

/** A time of the city that an option has to be. @throws UsageError */
export function timeOf(name: string, text: string): number {
  const time = cityTime(text)
  if (time === null) throw new UsageError(`--${name} “${text}”：请写成 2026-01-05T23:00`, `--${name} “${text}” must be written 2026-01-05T23:00`)
  return time
}

/** What a flow is started with, from `--var name=value`. @throws UsageError when one is missing, not asked for, or cannot be a value */
export function varsOf({ name: flow, parameters }: Flow, given: readonly string[] = []): FlowVariables {
  const vars: Record<string, string> = {}
  for (const text of given) {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(text) ?? []
    if (!parameters.includes(name)) {
      throw new UsageError(`--var “${text}”：流程 ${flow} ${parameters.length === 0 ? '没有参数' : `没有参数 ${name}；有 ${parameters.join('、')}`}`, `--var “${text}”: the flow ${flow} has ${parameters.length === 0 ? 'no parameters' : `no parameter ${name}; it has ${parameters.join(', ')}`}`)
    }
    if (!isHarmless(value)) throw new UsageError(`--var “${text}”：请写成 ${name}=值，值为 1–64 个字母、数字或 *#._:+-`, `--var “${text}” must be written ${name}=value, of 1–64 letters, digits or *#._:+-`)
    vars[name] = value
  }
  const missing = parameters.filter((one) => !Object.hasOwn(vars, one))
  if (missing.length > 0) throw new UsageError(`流程 ${flow} 启动时要带参数，缺少 ${missing.join('、')}：请加上 ${missing.map((one) => `--var ${one}=值`).join(' ')}`, `the flow ${flow} is started with parameters, and ${missing.join(', ')} is missing: add ${missing.map((one) => `--var ${one}=value`).join(' ')}`)
  return vars
}

interface TestText { readonly file: string; readonly text: string }

/** A directory of flows as the commands use it. */
export interface City extends FlowLibrary {
  readonly directory: string
  /** As problems name it. */
  readonly shown: string
  readonly files: readonly FlowText[]
  /** Files of tests beside them, as far as they can be read: `110.test.yaml`. */
  readonly tests: readonly TestText[]
  readonly prompts: Prompts
  readonly categories: readonly Category[]
  /** Files beside the flows of which something was not examined; those of tests by whoever reads them. */
  readonly gaps: readonly FileGaps[]
}

/** A path as it is shortest to read: from here, unless that leads up and away. */
export function shownPath(path: string): string {
  const here = relative(process.cwd(), resolve(path))
  return here === '' ? '.' : here.startsWith('..') ? resolve(path) : here
}

/** ` --dir …` of a command about this directory; nothing where it is that of the settings. */
export function dirOption(directory: string): string {
  if (resolve(directory) === resolve(citySettings().directory)) return ''
  const shown = shownPath(directory)
  return ` --dir ${/\s/.test(shown) ? `'${shown}'` : shown}`
}

/** Commands in remedies, with the directory they are about: run as printed, they work on what was checked. */
export function aboutDirectory(problems: readonly FlowProblem[], directory: string): readonly FlowProblem[] {
  const option = dirOption(directory)
  if (option === '') return problems
  const named = (text: string): string => text.replace(/npx liandong (?:prompts|flow) [a-z]+/g, (command) => `${command}${option}`)
  return problems.map((problem) => ({ ...problem, remedy: { zh: named(problem.remedy.zh), en: named(problem.remedy.en) } }))
}

/** What is wrong with a flow that can be run all the same, and with its parts. */
export const problemsOf = ({ name, parts }: Flow, { problems }: City): readonly FlowProblem[] => problems.filter(({ file }) => [name, ...parts.keys()].includes(baseName(file)))

/** Reads and checks a directory of flows, that of the settings where none is named. What is wrong with it is in `problems`. */
export async function loadCity(named?: string): Promise<City> {
  const directory = named ?? citySettings().directory
  if (named !== undefined && statSync(named, { throwIfNoEntry: false })?.isFile() === true) {
    throw new UsageError(`${named} 是一个文件：流程要连同类别表、提示音一起检查，请给出它所在的目录 ${dirname(named)}`, `${named} is a file: flows are read with their code book and prompts; give its directory, ${dirname(named)}`)
  }
  if (named !== undefined && statSync(named, { throwIfNoEntry: false }) === undefined) {
    throw new UsageError(`没有目录 ${named}（当前目录 ${process.cwd()}）：请给出流程所在的目录；省略则用设置中的 flows.directory`, `there is no directory ${named} (in ${process.cwd()}): give the directory of the flows, or leave it out for that of the settings (flows.directory)`)
  }
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) {
    throw new UsageError(`没有目录 ${directory}，设置 flows.directory（LIANDONG_FLOWS_DIRECTORY）指向它：请改正设置，或用 --dir 给出流程所在的目录`, `there is no directory ${directory}, which the setting flows.directory (LIANDONG_FLOWS_DIRECTORY) names: put the setting right, or give the directory of the flows by --dir`)
  }
  const shown = shownPath(directory)
  const read = await readFlowDirectory(directory, shown)
  const { flows, sketches, gaps, problems } = loadDirectory(read, shown)
  return { directory, shown, flows, sketches, files: read.files, tests: Object.entries(read.texts).flatMap(([file, text]) => (TEST_FILE.test(file) ? [{ file, text }] : [])), prompts: read.prompts, categories: read.categories ?? [], gaps, problems: aboutDirectory([...read.problems, ...problems, ...(read.files.length === 0 ? fileProblem(shown, 'flow.none', { directory: resolve(directory) }) : [])], directory) }
}

/** Length of a prompt in ms; 0 when there is none. */
export const lengthIn = ({ prompts }: Pick<City, 'prompts'>) => (language: Language, name: string): number => prompts.get(language)?.get(name)?.duration ?? 0
