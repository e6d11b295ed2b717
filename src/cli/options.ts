import type { Writable } from 'node:stream'
import { parseArgs } from 'node:util'

/** Exit codes that a build can rely on. */
export const EXIT = { fine: 0, problems: 1, usage: 2 } as const

export type OptionTable = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>

/** What Node's `parseArgs` refuses, in Chinese; its own English words follow. */
const SAYINGS: Readonly<Record<string, string>> = {
  ERR_PARSE_ARGS_UNKNOWN_OPTION: '没有这个选项',
  ERR_PARSE_ARGS_INVALID_OPTION_VALUE: '选项的值有误',
  ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL: '多余的参数',
}

/** The text of an error of `parseArgs`: both languages, one line. */
export function usageError(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  const zh = SAYINGS[code]
  return zh === undefined ? message : `${zh} / ${message}`
}

/** Arguments by a table of options; null after telling what is wrong, with the usage. `positionals`: words beside the options are allowed. */
export function parseOptions<T extends OptionTable>(args: readonly string[], options: T, usage: string, stderr: Writable, { positionals = true } = {}) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: positionals })
  } catch (error) {
    stderr.write(`${usageError(error)}\n\n${usage}`)
    return null
  }
}

/** `1 call`, `2 calls`. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`
