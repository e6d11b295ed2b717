import { Type, type Static, type TSchema } from 'typebox'
import type { FlowProblem } from '../contracts/flow.js'
import type { Bilingual } from '../contracts/primitives.js'
import { closed, NAME_PATTERN, says } from './fields.js'
import { openReport } from './load/report.js'
import { fits, reportShape } from './load/shape.js'
import { readYaml } from './load/yaml-source.js'
import type { Calendar } from './types.js'

const DATE = '^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$'
const Day = (zh: string, en: string) => Type.String({ pattern: DATE, ...says(`${zh}，如 "2026-10-01"`, `${en}, e.g. "2026-10-01"`) })

/** `ivr-flows/calendar.yaml`. */
export const CalendarFile = closed({
  holidays: Type.Record(Type.String({ pattern: DATE }), Type.String({ minLength: 1, maxLength: 32, ...says('节假日名称', 'Name of the holiday') }), {
    additionalProperties: false, maxProperties: 500, ...says('放假的日子："年-月-日": 名称', 'Public holidays: "year-month-day": name'),
  }),
  workdays: Type.Array(Day('调休上班的周末', 'A weekend day worked in exchange'), { maxItems: 200, uniqueItems: true, ...says('调休上班的周末', 'Weekend days worked in exchange') }),
})

/** `ivr-flows/lines.yaml`. */
export const LinesFile = closed({
  lines: Type.Record(Type.String({ pattern: NAME_PATTERN }), closed({
    zh: Type.String({ minLength: 1, maxLength: 32, ...says('中文名称', 'Name in Chinese') }),
    en: Type.String({ minLength: 1, maxLength: 64, ...says('英文名称', 'Name in English') }),
    number: Type.String({ pattern: '^[0-9]{2,15}$', ...says('号码，须加引号', 'The number, quoted') }),
  }, says('一条线路', 'One line')), { additionalProperties: false, maxProperties: 200, ...says('线路代码：流程可转接、接警员可拨打的外线', 'Code: a line outside that flows may transfer to and operators may dial') }),
})

/** A line outside: the only numbers that flows and operators can have dialled. */
export interface Line { readonly code: string; readonly number: string; readonly name: Bilingual }

/** What a file says, or null and why not. */
export interface SideFile<T> { readonly value: T | null; readonly problems: readonly FlowProblem[] }

export const NO_CALENDAR: Calendar = { holidays: {}, workdays: [] }

/** Reads `calendar.yaml`; null when anything is wrong with it. */
export function loadCalendar(path: string, text: string): SideFile<Calendar> {
  return loadSideFile(CalendarFile, { zh: '日历', en: 'The calendar' }, path, text)
}

/** Reads `lines.yaml`; null when anything is wrong with it. */
export function loadLines(path: string, text: string): SideFile<readonly Line[]> {
  const { value, problems } = loadSideFile(LinesFile, { zh: '线路表', en: 'The list of lines' }, path, text)
  return { value: value === null ? null : Object.entries(value.lines).map(([code, { number, zh, en }]) => ({ code, number, name: { zh, en } })), problems }
}

function loadSideFile<S extends TSchema>(schema: S, where: Bilingual, path: string, text: string): SideFile<Static<S>> {
  const { report, problems } = openReport(path, text)
  const source = readYaml(text, report)
  if (source !== null && !fits(schema, source.value)) reportShape(schema, source.value, { source, base: [], where, report })
  const found = problems()
  return { value: source === null || found.length > 0 ? null : source.value as Static<S>, problems: found }
}
