import { localTime } from '../../flow/local-time.js'
import type { Calendar, Flow } from '../../flow/types.js'
import { makeKeptRules } from '../../store/kept-rules.js'
import { UsageError } from '../options.js'

export const DAY_KINDS = ['workday', 'holiday'] as const

/** The city's calendar as this machine keeps it, for a call at this moment; `day` says what kind of day it is, whatever the calendar says. @throws UsageError */
export function calendarAt(home: string, now: number, timeZone: string, day: string | undefined): { readonly calendar: Calendar; /** Nothing but weekends is known. */ readonly bare: boolean } {
  const { days } = makeKeptRules(home, { warn: () => undefined }).last().calendar
  const of = (kind: 'holiday' | 'workday'): string[] => [...days].flatMap(([date, one]) => (one === kind ? [date] : []))
  const calendar: Calendar = { holidays: Object.fromEntries(of('holiday').map((date): [string, true] => [date, true])), workdays: of('workday') }
  if (day === undefined) return { calendar, bare: days.size === 0 }
  if (!DAY_KINDS.some((kind) => kind === day)) throw new UsageError(`--day “${day}”：只能是 workday（调休上班）或 holiday（节假日）`, `--day “${day}” must be workday or holiday`)
  const date = localTime(now, timeZone)?.date ?? ''
  const others = Object.fromEntries(Object.entries(calendar.holidays).filter(([one]) => one !== date))
  return { calendar: day === 'holiday' ? { ...calendar, holidays: { ...others, [date]: true } } : { holidays: others, workdays: [...calendar.workdays, date] }, bare: false }
}

/** Whether any of them asks what kind of day it is. */
export const asksForDay = (flows: readonly Flow[]): boolean =>
  flows.some(({ nodes }) => [...nodes.values()].some(({ type, exits }) => type === 'branch' && exits.some(({ label = '' }) => label.split(' + ').includes('calendar'))))
