import type { Pool } from 'pg'
import type { DutyRule } from '../contracts/dispatch.js'
import { readHours } from '../dispatch/core/calendar.js'
import type { ClockRule, Rules } from '../dispatch/core/rules.js'
import type { District } from '../dispatch/core/geo.js'
import { READ_LINES } from './sql/line.js'
import { READ_DISTRICTS } from './sql/place.js'
import * as sql from './sql/dispatch.js'

interface DutyRow { code: string; category: string | null; area: string | null; hours: DutyRule['hours']; unit_id: string; role: DutyRule['role']; basis: string; valid_from: string | null; valid_to: string | null }
interface UnitRow { id: string; name: string; name_en: string; standby: boolean; office_hours: string; categories: string[] }

/** Nothing decided yet: no clock runs, no rule is in force. For tests, and for a journal that is replayed before the database was ever there. */
export const noRules = (zone: string): Rules => ({ clocks: [], duties: [], units: new Map(), calendar: { zone, days: new Map(), years: new Set() }, officers: [] })

/** The rules of the city, as its tables have them now. */
export async function readRules(pool: Pool, zone: string): Promise<Rules> {
  const [duties, clocks, days, years, units, officers, districts, lines] = await Promise.all([
    pool.query<DutyRow>(sql.READ_DUTIES), pool.query<ClockRule>(sql.READ_CLOCK_RULES), pool.query<{ day: string; kind: 'holiday' | 'workday' }>(sql.READ_CALENDAR),
    pool.query<{ year: number }>(sql.READ_YEARS), pool.query<UnitRow>(sql.READ_UNITS), pool.query<{ person_id: string }>(sql.READ_OFFICERS),
    pool.query<District>(READ_DISTRICTS), pool.query<{ name: string; peer: 'city' | 'county'; units: string[] }>(READ_LINES),
  ])
  const home = lines.rows.find(({ peer }) => peer === 'city')
  return {
    duties: duties.rows.map(({ unit_id, valid_from, valid_to, ...duty }) => ({ ...duty, unitId: unit_id, validFrom: valid_from, validTo: valid_to })),
    clocks: clocks.rows,
    units: new Map(units.rows.map(({ id, name, name_en, standby, office_hours, categories }) => [id, { id, name, nameEn: name_en, standby, categories, hours: readHours(office_hours) ?? [[540, 720], [810, 1_050]] }])),
    calendar: { zone, days: new Map(days.rows.map(({ day, kind }) => [day, kind])), years: new Set(years.rows.map(({ year }) => year)) },
    districts: districts.rows,
    officers: officers.rows.map(({ person_id }) => person_id),
    counties: new Map(lines.rows.flatMap(({ name, peer, units: own }) => (peer === 'county' ? own.map((unit) => [unit, name] as const) : []))),
    ...(home === undefined ? {} : { home: { line: home.name, units: home.units } }),
  }
}
