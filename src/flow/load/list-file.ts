import type { TObject } from 'typebox'
import type { FlowProblem } from '../../contracts/flow.js'
import type { Bilingual } from '../../contracts/primitives.js'
import { quietIn, readingOf, type FlowSource, type Lists } from './flow-source.js'
import { secondGap, UNREAD_FILE, unreadGaps, type Gap } from './gaps.js'
import { respell } from './repair.js'
import { openReport, type Report } from './report.js'
import { fits, reportShape, schemaAt } from './shape.js'
import { isMap } from './yaml-source.js'

/** A file of lists beside the flows, as far as it can be understood: one slip hides nothing beside it. */
export interface ListFile {
  /** Null: nothing of it can be read. */
  readonly source: FlowSource | null
  /** Everything in it as it was meant, whether it fits or not. Empty when nothing of it can be read. */
  readonly content: Readonly<Record<string, unknown>>
  /** The entries of a list that fit. */
  readonly good: (list: string) => readonly (readonly [name: string, value: unknown])[]
  /** Names of entries that are there and do not fit, also as they may be meant. */
  readonly doubtful: (list: string) => readonly string[]
  /** What was not examined. */
  readonly gaps: readonly Gap[]
  readonly report: Report
  /** Everything reported so far, in the order of the file. */
  readonly problems: () => FlowProblem[]
}

const NOTHING: ListFile['good'] = () => []

/** How files of one kind are read: `lists`, the keys at the top of which each entry stands for itself; `where`: what a file of that kind is called. */
export function listFile(schema: TObject, lists: Lists, where: Bilingual): (path: string, text: string) => ListFile {
  const read = readingOf(lists)
  return (path, text) => {
    const { report, problems } = openReport(path, text)
    const source = read(text, report)
    if (source === null || !isMap(source.value)) {
      if (source !== null) reportShape(schema, source.value, { source, base: [], where, report })
      return { source, content: {}, good: NOTHING, doubtful: () => [], gaps: [UNREAD_FILE], report, problems }
    }
    const content = respell(schema, source.value, { source, base: [], where, report: quietIn(source, report) })
    const unread = (list: string): string[] => source.unread.flatMap(({ name, under }) => (under === list && name !== null ? [name] : []))
    const fitting = (list: string, name: string, value: unknown): boolean => {
      const [pattern = '', entry] = Object.entries(schemaAt(schema, [list])?.patternProperties ?? {})[0] ?? []
      return new RegExp(pattern, 'u').test(name) && entry !== undefined && fits(entry, value)
    }
    const entriesOf = (list: string): [string, unknown][] => { const found = content[list]; return isMap(found) ? Object.entries(found) : [] }
    return {
      source, content, report, problems,
      good: (list) => { const lost = unread(list); return entriesOf(list).filter(([name, value]) => !lost.includes(name) && fitting(list, name, value)) },
      doubtful: (list) => [...entriesOf(list).flatMap(([name, value]) => (fitting(list, name, value) ? [] : [name])), ...unread(list)].flatMap((name) => [name, name.toLowerCase()]),
      gaps: [...unreadGaps(source.unread), ...source.again.map(({ path: place }) => secondGap(null, place.join('.')))],
    }
  }
}
