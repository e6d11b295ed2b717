import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { MIRROR_VARIABLES } from '../../../src/pbx/caller.js'
import * as variables from '../../../src/pbx/variables.js'

const ROOM = fileURLToPath(new URL('../../../src/pbx/', import.meta.url))
/** These read something else than events: the exchange itself, FreeSWITCH's configuration, the lists of mod_callcenter, and the call records that mod_json_cdr writes. */
const OTHERWISE = /^(exchange\/|doctor\/|native-queue\.ts$|cdr\.ts$)/

const files = (): (readonly [file: string, text: string])[] =>
  readdirSync(ROOM, { recursive: true }).map(String).filter((one) => one.endsWith('.ts') && !OTHERWISE.test(one)).map((file) => [file, readFileSync(`${ROOM}${file}`, 'utf8')])

/** What a name stands for in this text: a constant of variables.ts, maybe by another name, or one of its own. */
function meaning(name: string, text: string): string | undefined {
  const origin = new RegExp(String.raw`(\w+) as ${name}\b`).exec(text)?.[1] ?? name
  return (variables as Readonly<Record<string, string>>)[origin] ?? new RegExp(String.raw`\bconst ${name} = '([^']+)'`).exec(text)?.[1]
}

/**
 * Every header of an event or a channel that our code reads, found in its text: `get('…')`, `variable('…')`, and those that are put together of
 * `variable_` and a constant. So a header that is newly read is compared with the captures from then on. `unknown`: places where the name cannot be told.
 */
export function headersRead(): { readonly headers: readonly string[]; readonly unknown: readonly string[] } {
  const headers = new Set<string>(Object.values(MIRROR_VARIABLES).map((name) => `variable_${name}`))
  const unknown = new Set<string>()
  for (const [file, text] of files()) {
    for (const [, by = '', inside = ''] of text.matchAll(/\b(get|variable)\(([^()]+)\)/g)) {
      const literal = /^'([^']+)'$/.exec(inside)?.[1]
      const constant = /^`variable_\$\{(\w+)\}`$/.exec(inside)?.[1] ?? (by === 'variable' && /^[A-Z_]+$/.test(inside) ? inside : undefined)
      const put = constant === undefined ? undefined : meaning(constant, text)
      if (literal !== undefined) headers.add(by === 'get' ? literal : `variable_${literal}`)
      else if (put !== undefined) headers.add(`variable_${put}`)
      else unknown.add(`${file}: ${by}(${inside})`)
    }
  }
  return { headers: [...headers].sort(), unknown: [...unknown].sort() }
}
