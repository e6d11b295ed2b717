import { Type, type Static, type TSchema } from 'typebox'
import type { FlowProblem } from '../contracts/flow.js'
import type { Bilingual } from '../contracts/primitives.js'
import { closed, NAME_PATTERN, says } from './fields.js'
import { barsRunning, suggest } from './load/problems.js'
import { openReport } from './load/report.js'
import { fits, reportShape } from './load/shape.js'
import { readYaml } from './load/yaml-source.js'

/** `ivr-flows/lines.yaml`. */
export const LinesFile = closed({
  lines: Type.Record(Type.String({ pattern: NAME_PATTERN }), closed({
    zh: Type.String({ minLength: 1, maxLength: 32, ...says('中文名称', 'Name in Chinese') }),
    en: Type.String({ minLength: 1, maxLength: 64, ...says('英文名称', 'Name in English') }),
    number: Type.String({ pattern: '^[0-9]{2,15}$', ...says('号码，须加引号', 'The number, quoted') }),
  }, says('一条线路', 'One line')), { additionalProperties: false, maxProperties: 200, ...says('线路代码：流程可转接、接警员可拨打的外线', 'Code: a line outside that flows may transfer to and operators may dial') }),
})

/** `ivr-flows/entries.yaml`. */
export const EntriesFile = closed({
  entries: Type.Record(Type.String({ pattern: '^[0-9*#+]{1,20}$' }), Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$', ...says('流程名（数字须加引号）', 'A flow\'s name (quote digits)') }), {
    additionalProperties: false, maxProperties: 200, ...says('"被叫号码": 流程。未列出的号码进入设置 flows.entry 的流程', '"Dialled number": flow. Numbers that are not listed enter the flow of the setting flows.entry'),
  }),
})

/** A line outside: the only numbers that flows and operators can have dialled. */
export interface Line { readonly code: string; readonly number: string; readonly name: Bilingual }

/** What a file says, or null and why not. */
export interface SideFile<T> { readonly value: T | null; readonly problems: readonly FlowProblem[] }

/** Reads `lines.yaml`; null when anything is wrong with it. */
export function loadLines(path: string, text: string): SideFile<readonly Line[]> {
  const { value, problems } = loadSideFile(LinesFile, { zh: '线路表', en: 'The list of lines' }, path, text)
  return { value: value === null ? null : Object.entries(value.lines).map(([code, { number, zh, en }]) => ({ code, number, name: { zh, en } })), problems }
}

/** Reads `entries.yaml`: dialled number → flow. `flows`: all that load, by name; one with problems of its own is told there. */
export function loadEntries(path: string, text: string, flows: ReadonlyMap<string, { readonly kind: string }>, files: readonly string[]): SideFile<ReadonlyMap<string, string>> {
  const { value, problems: found } = loadSideFile(EntriesFile, { zh: '来电号码表', en: 'The list of dialled numbers' }, path, text)
  if (value === null) return { value, problems: found }
  const { report, problems } = openReport(path, text)
  const source = readYaml(text, () => undefined)
  for (const [number, name] of Object.entries(value.entries)) {
    const at = source?.at(['entries', number]) ?? { start: 0, end: 1 }
    const flow = flows.get(name)
    if (flow === undefined && !files.includes(name)) report('part.unknown', at, { name, suggestion: suggest(name, files) })
    else if (flow !== undefined && flow.kind !== 'entry') report('entry.kind', at, { name, kind: flow.kind })
  }
  return { value: new Map(Object.entries(value.entries)), problems: problems() }
}

function loadSideFile<S extends TSchema>(schema: S, where: Bilingual, path: string, text: string): SideFile<Static<S>> {
  const { report, problems } = openReport(path, text)
  const source = readYaml(text, report)
  if (source !== null && !fits(schema, source.value)) reportShape(schema, source.value, { source, base: [], where, report })
  const found = problems()
  return { value: source === null || found.some(barsRunning) ? null : source.value as Static<S>, problems: found }
}
