import { Type, type Static } from 'typebox'
import type { FlowProblem } from '../contracts/flow.js'
import type { Bilingual } from '../contracts/primitives.js'
import { closed, NAME_PATTERN, says } from './fields.js'
import { listFile } from './load/list-file.js'
import type { Gap } from './load/gaps.js'
import { barsRunning, suggest } from './load/problems.js'
import { isMap } from './load/yaml-source.js'

/** `ivr-flows/lines.yaml`. */
export const LinesFile = closed({
  lines: Type.Record(Type.String({ pattern: NAME_PATTERN }), closed({
    zh: Type.String({ minLength: 1, maxLength: 32, ...says('中文名称', 'Name in Chinese') }),
    en: Type.String({ minLength: 1, maxLength: 64, ...says('英文名称', 'Name in English') }),
    number: Type.String({ pattern: '^[0-9]{2,15}$', ...says('号码，须加引号', 'The number, quoted') }),
  }, says('一条线路', 'One line')), { additionalProperties: false, maxProperties: 200, ...says('线路代码：流程可转接、接警员可拨打的外线', 'Code: a line outside that flows may transfer to and operators may dial') }),
})

type LinesFile = Static<typeof LinesFile>

/** `ivr-flows/entries.yaml`. */
export const EntriesFile = closed({
  entries: Type.Record(Type.String({ pattern: '^[0-9*#+]{1,20}$' }), Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$', ...says('流程名（数字须加引号）', 'A flow\'s name (quote digits)') }), {
    additionalProperties: false, maxProperties: 200, ...says('"被叫号码": 流程。未列出的号码进入设置 flows.entry 的流程', '"Dialled number": flow. Numbers that are not listed enter the flow of the setting flows.entry'),
  }),
})

/** A line outside: the only numbers that flows and operators can have dialled. */
export interface Line { readonly code: string; readonly number: string; readonly name: Bilingual }

/** What a file says, or null and why not. */
export interface SideFile<T> {
  readonly value: T | null
  readonly problems: readonly FlowProblem[]
  /** What of it was not examined. */
  readonly gaps: readonly Gap[]
}

const readLines = listFile(LinesFile, { lines: 'zh' }, { zh: '线路表', en: 'The list of lines' })
const readEntries = listFile(EntriesFile, { entries: '' }, { zh: '来电号码表', en: 'The list of dialled numbers' })

/** Reads `lines.yaml`; null when anything is wrong with it. `known`: codes of lines that there are, or are meant to be, whatever is wrong with others; null: nobody knows. */
export function loadLines(path: string, text: string): SideFile<readonly Line[]> & { readonly known: readonly string[] | null } {
  const { content, good, doubtful, gaps, problems } = readLines(path, text)
  const [lines, found] = [good('lines'), problems()]
  return {
    value: found.some(barsRunning) ? null : lines.map(([code, line]) => { const { number, zh, en } = line as LinesFile['lines'][string]; return { code, number, name: { zh, en } } }),
    known: isMap(content['lines']) ? [...lines.map(([code]) => code), ...doubtful('lines')] : null, gaps, problems: found,
  }
}

/** Reads `entries.yaml`: dialled number → flow; null when anything is wrong with it as a file. `flows`: all that load, by name; one with problems of its own is told there. */
export function loadEntries(path: string, text: string, flows: ReadonlyMap<string, { readonly kind: string }>, files: readonly string[]): SideFile<ReadonlyMap<string, string>> {
  const { source, content, good, gaps, report, problems } = readEntries(path, text)
  const broken = problems().some(barsRunning)
  // Of a number that cannot be dialled, too, it is seen whether there is such a flow.
  for (const [number, name] of isMap(content['entries']) ? Object.entries(content['entries']) : []) {
    if (typeof name !== 'string') continue
    const at = source?.at(['entries', number]) ?? { start: 0, end: 1 }
    const flow = flows.get(name)
    if (flow === undefined && !files.includes(name)) report('part.unknown', at, { name, suggestion: suggest(name, files) })
    else if (flow !== undefined && flow.kind !== 'entry') report('entry.kind', at, { name, kind: flow.kind })
  }
  return { value: broken ? null : new Map(good('entries').map(([number, name]) => [number, String(name)])), gaps, problems: problems() }
}
