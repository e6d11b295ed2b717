import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const GUIDES = ['docs/install-debian.md', 'docs/install-debian.zh-CN.md'] as const

export interface Guide {
  readonly text: string
  /** Files that it writes out in full: path → content. */
  readonly files: ReadonlyMap<string, string>
  /** What its commands write into files of secrets: file → variable → the shell's variable that has the value. */
  readonly secrets: ReadonlyMap<string, ReadonlyMap<string, string>>
}

export function readGuide(name: string): Guide {
  const text = readFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8')
  const files = new Map([...text.matchAll(/`(\/(?:etc|usr)\/[^`\s]+)`[^\n]*\n\n```\w+\n([^]*?)```/g)].map(([, path = '', content = '']) => [path, content]))
  const secrets = new Map<string, Map<string, string>>()
  const note = (file: string, pairs: string): void => {
    const mine = secrets.get(file) ?? new Map<string, string>()
    for (const [, variable = '', value = ''] of pairs.matchAll(/([A-Z_]+)=([^ "]*)/g)) mine.set(variable, value)
    secrets.set(file, mine)
  }
  for (const [, pairs = '', file = ''] of text.matchAll(/^printf '%s\\n' (.*) > (\S+?\.secret)\)?$/gm)) note(`/etc/liandong/${file}`, pairs)
  for (const [, pairs = '', file = ''] of text.matchAll(/^echo "(.*)" >> (\S+\.secret)$/gm)) note(file, pairs)
  return { text, files, secrets }
}

/** `NAME=value` of a file as systemd reads it. */
export const variablesOf = (text: string): Record<string, string> => Object.fromEntries([...text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value.replace(/^"(.*)"$/, '$1')]))

/** All values of a key in a unit. */
export const valuesOf = (unit: string, key: string): string[] => [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value)

/** Secrets are made up: as many characters as `openssl rand -hex 16` gives, the same for the same secret. */
export const made = (value: string): string => value.replace(/\$(\w+)/g, (_, name: string) => Buffer.from(name.padEnd(16, '-')).toString('hex').slice(0, 32))

/** What a unit's process has in its environment. */
export function environmentOfUnit({ files, secrets }: Pick<Guide, 'files' | 'secrets'>, unit: string, instance = ''): Record<string, string> {
  return Object.assign({}, ...valuesOf(unit, 'EnvironmentFile').map((file) => {
    const path = file.replace('%i', instance)
    const text = files.get(path)
    if (text !== undefined) return variablesOf(text)
    const mine = secrets.get(path)
    if (mine === undefined) throw new Error(`nobody writes ${path}`)
    return Object.fromEntries([...mine].map(([name, value]) => [name, made(value)]))
  })) as Record<string, string>
}
