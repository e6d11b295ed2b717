import fc from 'fast-check'
import t from 'tap'
import { addWorking, isWorkday, missingYear, readHours, worksAt, type Calendar, type Hours } from '../../src/dispatch/core/calendar.js'
import { instantOf, localOf } from '../../src/dispatch/core/zone.js'
import type { Rules } from '../../src/dispatch/core/rules.js'
import { makeYears } from '../../src/wiring/years.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'
import { CITY, HOURS } from './city.js'

const HOUR = 3_600_000
const at = (text: string): number => Date.parse(`${text}+08:00`)
const shown = (instant: number): string => { const { day, time } = localOf(instant, 'Asia/Shanghai'); return `${day} ${new Date(time).toISOString().slice(11, 16)}` }

t.test('working time goes over lunch, nights, weekends, holidays and worked weekends', async (t) => {
  const { calendar } = CITY
  for (const [start, hours, end] of [
    ['2026-06-24T10:00', 1, '2026-06-24 11:00'],
    ['2026-06-24T11:30', 1, '2026-06-24 14:00'], // over lunch
    ['2026-06-24T17:00', 1, '2026-06-25 09:30'], // over night
    ['2026-06-24T23:00', 1, '2026-06-25 10:00'],
    ['2026-06-18T17:00', 1, '2026-06-22 09:30'], // Friday is a holiday, then a weekend
    ['2026-09-30T17:00', 1, '2026-10-08 09:30'], // National Day, seven days
    ['2026-10-09T17:00', 1, '2026-10-10 09:30'], // a Saturday that is worked
    ['2026-09-18T17:00', 1, '2026-09-20 09:30'], // a Sunday that is worked
    ['2026-06-24T12:00', 0, '2026-06-24 13:30'], // nothing to do is over when work begins
  ] as const) t.equal(shown(addWorking(at(start), hours * HOUR, HOURS, calendar)), end, `${start} + ${hours} h`)
  t.equal(worksAt(at('2026-10-10T10:00'), HOURS, calendar), true)
  t.equal(worksAt(at('2026-10-10T12:30'), HOURS, calendar), false)
  t.equal(worksAt(at('2026-06-19T10:00'), HOURS, calendar), false)
})

t.test('a year that nobody published is not guessed: the error names the remedy', async (t) => {
  t.throws(() => isWorkday('2031-02-03', CITY.calendar), { code: 'calendar.unknown-year', details: { year: 2031 }, message: /liandong import calendar/ })
  t.throws(() => addWorking(at('2026-12-31T17:00'), HOUR, HOURS, CITY.calendar), { code: 'calendar.unknown-year', details: { year: 2027 } }, 'a limit that runs into it, too')
})

const QUARTER = HOUR / 4
/** Working time between two instants, ms, counted the slow way: every quarter of an hour is asked. */
function counted(start: number, end: number, hours: Hours, calendar: Calendar): number {
  let sum = 0
  for (let instant = start; instant < end; instant += QUARTER) if (worksAt(instant, hours, calendar)) sum += QUARTER
  return sum
}

t.test('what is added is what lies between, in zones with and without summer time', async (t) => {
  const years = new Set([2026, 2027])
  for (const zone of ['Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia', 'Australia/Lord_Howe']) {
    const calendar: Calendar = { zone, years, days: new Map() }
    const night: Hours = [[0, 300], [1_320, 1_440]] // through the hours that are skipped or come twice
    fc.assert(fc.property(fc.integer({ min: at('2026-01-05T00:00') / QUARTER, max: at('2026-12-01T00:00') / QUARTER }).map((n) => n * QUARTER), fc.integer({ min: 1, max: 160 }).map((n) => n * QUARTER), (start, duration) => {
      for (const hours of [HOURS, night]) {
        const end = addWorking(start, duration, hours, calendar)
        if (counted(start, end, hours, calendar) !== duration) throw new Error(`${zone} ${new Date(start).toISOString()} + ${duration}`)
      }
    }), { numRuns: 20, seed: 110 })
    fc.assert(fc.property(fc.integer({ min: at('2026-01-01T00:00'), max: at('2027-01-01T00:00') }), (instant) => {
      const { day, time } = localOf(instant, zone)
      const back = instantOf(day, time, zone)
      // An hour that comes twice is taken for the first.
      return back === instant || (back < instant && localOf(back, zone).time === time)
    }), { numRuns: 300, seed: 7 })
  }
  t.equal(new Date(instantOf('2026-03-29', 2.5 * HOUR, 'Europe/Berlin')).toISOString(), '2026-03-29T01:00:00.000Z', 'a time that is skipped is the jump')
  t.equal(new Date(instantOf('2026-10-25', 2.5 * HOUR, 'Europe/Berlin')).toISOString(), '2026-10-25T00:30:00.000Z', 'a time that comes twice is the first')
})

t.test('office hours', async (t) => {
  t.same(readHours('09:00-12:00,13:30-17:30'), HOURS)
  t.same(readHours('00:00-24:00'), [[0, 1_440]])
  for (const wrong of ['', '9-12', '12:00-09:00', '09:00-12:00,11:00-13:00', '09:00-25:00', '08:00-24:30']) t.equal(readHours(wrong), null, JSON.stringify(wrong))
})

t.test('the published years, as the migration has them', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const { calendar } = store.rules()
  t.same([...calendar.years].sort(), [2010, 2011, 2024, 2025, 2026])
  // Days off beside ordinary weekends, minus weekends worked for them, must be the statutory holidays of the year: 11 until 2024, 13 from 2025 on.
  for (const [year, statutory] of [[2010, 11], [2011, 11], [2024, 11], [2025, 13], [2026, 13]] as const) {
    let [off, worked] = [0, 0]
    for (const [day, kind] of calendar.days) {
      if (!day.startsWith(String(year))) continue
      const weekend = new Date(`${day}T00:00:00Z`).getUTCDay() % 6 === 0
      if (kind === 'workday') { t.ok(weekend, `${day} is worked and lies on a weekend`); worked += 1 }
      else if (!weekend) off += 1
    }
    t.comment(`${year}: ${off} weekdays off, ${worked} weekend days worked, ${statutory} statutory`)
    t.ok(off - worked >= 3 && off - worked <= statutory, `${year}: ${off} − ${worked}`)
  }
  for (const [day, work] of [['2011-10-08', true], ['2011-02-07', false], ['2010-12-01', true], ['2010-10-09', true], ['2024-02-18', true], ['2025-01-26', true], ['2025-10-08', false], ['2026-01-02', false], ['2026-01-04', true], ['2026-02-23', false], ['2026-10-10', true]] as const) {
    t.equal(isWorkday(day, calendar), work, day)
  }
})

t.test('which year is missing, by the day of the city', async (t) => {
  const calendar = { zone: 'Asia/Shanghai', years: new Set([2026]) }
  for (const [now, year] of [['2026-06-01T00:00:00Z', null], ['2026-11-30T15:59:59Z', null], ['2026-11-30T16:00:00Z', 2027], ['2026-12-31T15:59:59Z', 2027], ['2026-12-31T16:00:00Z', 2027], ['2025-12-31T15:59:59Z', 2025]] as const) t.equal(missingYear(calendar, Date.parse(now)), year, now)
})

t.test('the desks are told of a year that nobody loaded, and the log once', async (t) => {
  const logged: unknown[] = []
  let years = new Set([2026])
  let units: Rules['units'] = new Map()
  let now = Date.parse('2026-12-05T00:00:00Z')
  const look = makeYears(() => ({ ...CITY, units, calendar: { ...CITY.calendar, years } }), () => now, { warn: (fields: object) => { logged.push(fields) } } as Parameters<typeof makeYears>[2])
  t.same(look(), {}, 'nothing is known yet')
  units = CITY.units
  t.same([look(), look(), logged], [{ calendar: 2027 }, { calendar: 2027 }, [{ year: 2027 }]])
  years = new Set([2026, 2027])
  t.same(look(), {})
  now = Date.parse('2028-02-01T00:00:00Z')
  t.same([look(), logged.length], [{ calendar: 2028 }, 2])
  t.same(makeYears(() => ({ ...CITY, home: { line: 'yanshi', units: [] } }), () => now, { warn: () => undefined })(), {}, 'a county counts by the city’s')
})
