import { Type } from 'typebox'
import { closed, says } from '../fields.js'
import { localTime } from '../local-time.js'
import { defineCondition } from './condition.js'

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const TimeOfDay = (zh: string, en: string) => Type.String({
  pattern: '^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$',
  ...says(`${zh}，城市当地时间，时、分各两位，00:00 至 23:59，一天的末尾写 24:00，如 "08:00"`, `${en}, the city's local time, two digits each, 00:00 to 23:59, and 24:00 for the end of a day, e.g. "08:00"`),
})

const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))

/** The city's time of day. `from` belongs to the span, `to` does not; a span over midnight belongs to the day on which it begins. */
export const hours = defineCondition({
  name: 'hours',
  schema: closed({
    days: Type.Optional(Type.Array(Type.Enum(DAYS, says('星期：mon … sun', 'Day of the week: mon … sun')), { minItems: 1, uniqueItems: true, ...says('哪几天，默认每天', 'On which days, default: every day') })),
    from: TimeOfDay('从', 'From'),
    to: TimeOfDay('到（可跨午夜，如 22:00 到 06:00）', 'Until (may pass midnight: 22:00 to 06:00)'),
  }, says('时间段', 'Time of day')),
  holds({ days, from, to }, { now, timeZone }) {
    const local = localTime(now, timeZone)
    if (local === null) return false
    const begins = minutes(from)
    const ends = minutes(to)
    const on = (day: number) => days === undefined || days.some((name) => DAYS.indexOf(name) === (day + 7) % 7)
    if (begins < ends) return on(local.weekday) && local.minute >= begins && local.minute < ends
    return (local.minute >= begins && on(local.weekday)) || (local.minute < ends && on(local.weekday - 1))
  },
  always: ({ days = DAYS, from, to }) => days.length === DAYS.length && from === '00:00' && to === '24:00',
  check({ from, to }, complain) {
    if (minutes(from) % 1440 === minutes(to) % 1440 && !(from === '00:00' && to === '24:00')) complain('hours.empty', ['to'], { from, to })
  },
})
