import type { Writable } from 'node:stream'
import { parseArgs } from 'node:util'

/** Exit codes that a build can rely on. */
export const EXIT = { fine: 0, problems: 1, usage: 2 } as const

export type OptionTable = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>

/** Arguments by a table of options; null after telling what is wrong, with the usage. */
export function parseOptions<T extends OptionTable>(args: readonly string[], options: T, usage: string, stderr: Writable) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : ''}\n${usage}`)
    return null
  }
}

/** `1 call`, `2 calls`. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`
