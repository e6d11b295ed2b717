import { parseArgs } from 'node:util'
import { suggest } from '../flow/load/problems.js'

/** Exit codes that a build can rely on: done, the thing failed or has problems, the command was not understood. */
export const EXIT = { fine: 0, problems: 1, usage: 2 } as const

export type OptionTable = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>

/** The command was not understood: what is wrong, where, and what would be right. Told once, in `run.ts`, with exit code 2. */
export class UsageError extends Error {
  constructor(readonly zh: string, readonly en: string) {
    super(`${zh} / ${en}`)
    this.name = 'UsageError'
  }
}

/** What Node's `parseArgs` refuses, in our words: it knows only English, and not which options there are. */
function refused(error: unknown, options: OptionTable): UsageError {
  const { code, message } = error as NodeJS.ErrnoException
  const name = /'(?:-\w, )?(-{1,2}[^\s'=]*)/.exec(message)?.[1] ?? ''
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const known = [...Object.keys(options), 'help'].map((one) => `--${one}`)
    const hint = suggest(name, known)
    return new UsageError(`没有选项 ${name}。${hint.zh}`, `there is no option ${name}. ${hint.en}`)
  }
  if (message.includes('does not take an argument')) return new UsageError(`${name} 后面不带值`, `${name} takes no value`)
  return new UsageError(`${name} 后面缺少值；以 - 开头的值请写成 ${name}=-…`, `${name} needs a value; one that begins with - is written ${name}=-…`)
}

/** `--wait -3`: a number below zero is a value, and whoever reads it says what is wrong with it; `parseArgs` takes it for an option. */
const withNegatives = (args: readonly string[], options: OptionTable): string[] => args.flatMap((arg, index) => {
  const before = args[index - 1]?.replace(/^--/, '') ?? ''
  const next = args[index + 1] ?? ''
  const wants = (name: string): boolean => options[name]?.type === 'string'
  if (/^--./.test(arg) && wants(arg.slice(2)) && /^-\d/.test(next)) return [`${arg}=${next}`]
  return /^-\d/.test(arg) && args[index - 1]?.startsWith('--') === true && wants(before) ? [] : [arg]
})

/**
 * Arguments by a table of options. `most`: so many words may stand beside the options.
 * @throws UsageError
 */
export function parseOptions<T extends OptionTable>(args: readonly string[], options: T, most = 0) {
  let parsed
  try {
    parsed = parseArgs({ args: withNegatives(args, options), options, allowPositionals: true })
  } catch (error) {
    throw refused(error, options)
  }
  const more = parsed.positionals[most]
  if (more !== undefined) throw new UsageError(`多余的参数 “${more}”`, `one word too many: “${more}”`)
  return parsed
}

/** A number that an option has to be. @throws UsageError */
export function numberOf(name: string, text: string | undefined, { least, most, whole = true }: { readonly least: number; readonly most: number; readonly whole?: boolean }): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most && (!whole || Number.isInteger(value))) return value
  throw new UsageError(`--${name} “${text}”：应为 ${least} 至 ${most} 的${whole ? '整数' : '数'}`, `--${name} “${text}” must be a ${whole ? 'whole number' : 'number'} from ${least} to ${most}`)
}

/** One of these words. @throws UsageError */
export function choiceOf<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === text)
  if (found !== undefined) return found
  throw new UsageError(`${name} “${text}”：应为 ${choices.join('、')} 之一`, `${name} “${text}” must be one of ${choices.join(', ')}`)
}

/** The options of one verb: none that it does not know, all that it needs. @throws UsageError */
export function checkOptions(command: string, values: object, { needs, knows }: { readonly needs: readonly string[]; readonly knows: readonly string[] }): void {
  for (const name of Object.keys(values)) {
    if (!needs.includes(name) && !knows.includes(name)) throw new UsageError(`${command} 没有选项 --${name}`, `${command} has no option --${name}`)
  }
  for (const name of needs) if (!(name in values)) throw new UsageError(`缺少 --${name}`, `--${name} is missing`)
}

/** The first word of a command that has several. @throws UsageError */
export function verbOf<T extends string>(command: string, verb: string | undefined, verbs: readonly T[]): T {
  const found = verbs.find((one) => one === verb)
  if (found !== undefined) return found
  const there = verbs.join(' ')
  throw verb === undefined
    ? new UsageError(`请指明要做什么：liandong ${command} 之后写 ${there} 之一`, `say what to do: after liandong ${command} comes one of ${there}`)
    : new UsageError(`没有 ${command} ${verb}；有 ${there}`, `there is no ${command} ${verb}; there are ${there}`)
}

/** `1 call`, `2 calls`. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`
