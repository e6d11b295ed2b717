import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import Value from 'typebox/value'
import { parseDocument } from 'yaml'
import type { Line } from './ports.js'

const FILE = join('phone-book', 'lines.yaml')
const LineEntry = Type.Object({
  code: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }), number: Type.String({ pattern: '^[0-9]{3,15}$' }),
  zh: Type.String({ minLength: 1, maxLength: 32 }), en: Type.String({ minLength: 1, maxLength: 48 }),
}, { additionalProperties: false })
const LineFile = Type.Object({ lines: Type.Array(LineEntry, { maxItems: 200 }) }, { additionalProperties: false })

/** What is wrong with the short list, where, and what it should be. */
export class LinesError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`短号表有误 / bad short list:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.name = 'LinesError'
  }
}

/**
 * The short list of lines that calls can be passed to, from the directory of flows; empty when there is no such file.
 * @throws LinesError listing all problems.
 */
export async function readLines(directory: string): Promise<readonly Line[]> {
  const path = join(directory, FILE)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new LinesError([`${path}: ${(error as Error).message}`])
  }
  return parseLines(text, path)
}

/** @throws LinesError */
export function parseLines(text: string, path: string): readonly Line[] {
  const document = parseDocument(text)
  if (document.errors.length > 0) throw new LinesError(document.errors.map((error) => `${path}:${text.slice(0, error.pos[0]).split('\n').length}: ${error.message.split('\n')[0] ?? ''}`))
  const value: unknown = document.toJS({ maxAliasCount: 0 })
  if (!Value.Check(LineFile, value)) {
    throw new LinesError(Value.Errors(LineFile, value).map(({ instancePath, message }) => `${path} ${instancePath}: ${message}；号码须为 3 至 15 位数字并加引号，code 为小写字母 / numbers are 3 to 15 digits in quotes, code is lower case`))
  }
  const twice = value.lines.filter(({ code }, index) => value.lines.findIndex((line) => line.code === code) !== index)
  if (twice.length > 0) throw new LinesError(twice.map(({ code }) => `${path}: code ${code} 重复 / appears twice`))
  return value.lines.map(({ code, number, zh, en }) => ({ code, number, name: { zh, en } }))
}
