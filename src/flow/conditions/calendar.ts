import { Type } from 'typebox'
import { closed, says } from '../fields.js'
import { isDate, localTime } from '../local-time.js'
import { defineCondition } from './condition.js'

const DAY_KINDS = ['workday', 'restday', 'holiday'] as const
const Dates = (zh: string, en: string) => Type.String({ pattern: '^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$', ...says(`${zh}，如 "2026-10-01"`, `${en}, e.g. "2026-10-01"`) })

/** What kind of day it is by the city's calendar, the one by which units' limits count (`liandong import calendar`). A year that is not loaded has only weekends. */
export const calendar = defineCondition({
  name: 'calendar',
  schema: closed({
    day: Type.Optional(Type.Enum(DAY_KINDS, says('workday 工作日（含调休上班）、restday 休息日（周末与节假日）、holiday 法定节假日', 'workday (with worked weekends), restday (weekends and holidays), holiday'))),
    from: Type.Optional(Dates('从这一天起', 'From this day')),
    to: Type.Optional(Dates('到这一天止（含）', 'Until this day, which belongs to it')),
  }, { minProperties: 1, ...says('日期：按全市放假安排（liandong import calendar）', 'The day, by the city’s calendar (liandong import calendar)') }),
  holds({ day, from, to }, { now, timeZone, calendar: { holidays, workdays } }) {
    const local = localTime(now, timeZone)
    if (local === null) return false
    const { date, weekday } = local
    if ((from !== undefined && date < from) || (to !== undefined && date > to)) return false
    const holiday = Object.hasOwn(holidays, date)
    const free = holiday || (weekday >= 5 && !workdays.includes(date))
    return day === undefined || (day === 'holiday' ? holiday : day === 'restday' ? free : !free)
  },
  check({ from, to }, complain) {
    for (const [key, date] of [['from', from], ['to', to]] as const) if (date !== undefined && !isDate(date)) complain('calendar.date', [key], { date })
    if (from !== undefined && to !== undefined && to < from) complain('calendar.empty', ['to'], { from, to })
  },
})
