import { randomUUID } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import { errorText, LiandongError } from '../contracts/errors.js'
import type { Role } from '../contracts/people.js'
import type { CellProblem } from '../dispatch/import/csv.js'
import { outlineToWgs84, toWgs84, type Datum } from '../dispatch/core/datum.js'
import type { Outline } from '../dispatch/core/geo.js'
import { sheetOfGeoJson } from '../dispatch/import/geojson.js'
import type { Sheet } from '../dispatch/import/sheet.js'
import { KINDS, type CalendarSheetRow, type ChannelRow, type CitizenRow, type ClockSheetRow, type ClusterRow, type DistrictRow, type DutySheetRow, type ImportKind, type Known, type NamedRow, type PlaceRow, type UnitRow, type UserRow } from '../dispatch/import/kinds.js'
import { personFaults } from '../people/accounts.js'
import type { NewPerson } from '../people/people.js'
import { blame } from './blame.js'
import { placeValues } from './places.js'
import { KEEP_CALENDAR, OVER } from './sql/dispatch.js'
import { WRITE_PLACE } from './sql/place.js'

/** Kinds that go into the database; the code book is a file. */
export type TableKind = Exclude<ImportKind, 'categories'>

/** `rows`: the good ones; `refused`: all others, so that the two add up. */
export interface Imported { readonly rows: number; readonly refused: number; readonly added: number; readonly changed: number; /** What was there and is not in the sheet, of kinds whose sheet is the whole list. */ readonly removed: readonly string[]; readonly problems: readonly CellProblem[]; /** Nothing was written. */ readonly dry: boolean }

type Write = (client: PoolClient, row: never) => Promise<boolean>
const added = async (client: PoolClient, text: string, values: unknown[]): Promise<boolean> => (await client.query<{ added: boolean }>(`${text} returning xmax = 0 as added`, values)).rows[0]?.added ?? false

const personOf = (row: UserRow): NewPerson => ({ loginName: row.login, displayName: row.name, role: row.role, ...(row.extension === null ? {} : { extension: row.extension }), ...(row.unit === null ? {} : { unitId: row.unit }) })

/** One row of each kind. → whether it is new. */
const WRITES: { readonly [K in TableKind]: Write } = {
  units: (client, row: UnitRow) => added(client, `insert into unit (id, name, name_en, phone, standby, categories, office_hours, position) values ($1, $2, $3, coalesce($4, ''), $5, $6, coalesce($7, '09:00-12:00,13:30-17:30'), (select coalesce(max(position), 0) + 1 from unit))
    on conflict (id) do update set name = excluded.name, name_en = excluded.name_en, phone = coalesce($4, unit.phone), standby = excluded.standby, categories = excluded.categories, office_hours = coalesce($7, unit.office_hours)`,
  [row.id, row.name, row.nameEn ?? row.name, row.phone, row.standby, row.categories ?? [], row.officeHours]),
  duties: (client, row: DutySheetRow) => added(client, `insert into duty_rule (code, category, area, hours, unit_id, role, basis, valid_from, valid_to) values ($1, $2, $3, coalesce($4, 'any'), $5, coalesce($6, 'lead'), $7, $8, $9)
    on conflict (code, unit_id) do update set category = excluded.category, area = excluded.area, hours = excluded.hours, role = excluded.role, basis = excluded.basis, valid_from = excluded.valid_from, valid_to = excluded.valid_to`,
  [row.code, row.category, row.area, row.hours, row.unit, row.role, row.basis, row.validFrom, row.validTo]),
  clocks: (client, row: ClockSheetRow) => added(client, `insert into clock_rule (clock, category, priority, minutes, hours, basis) values ($1, $2, $3, $4, $5, coalesce($6, ''))
    on conflict (clock, category, priority) do update set minutes = excluded.minutes, hours = excluded.hours, basis = excluded.basis`, [row.clock, row.category, row.priority, row.minutes, row.hours, row.basis]),
  calendar: (client, row: CalendarSheetRow) => added(client, 'insert into calendar_day (day, kind, name) values ($1, $2, $3) on conflict (day) do update set kind = excluded.kind, name = excluded.name', [row.day, row.kind, row.name]),
  users(client, row: UserRow) {
    const faults = personFaults(personOf(row))
    if (faults.length > 0) return Promise.reject(new AggregateError(faults))
    return added(client, `insert into person (id, login_name, display_name, role, extension, unit_id, skills) values ($1, $2, $3, $4, $5, $6, $7)
      on conflict (login_name) do update set display_name = excluded.display_name, role = excluded.role, extension = excluded.extension, unit_id = excluded.unit_id, skills = excluded.skills`,
    [randomUUID(), row.login, row.name, row.role, row.extension, row.unit, row.skills ?? []])
  },
  places: (client, row: PlaceRow) => added(client, WRITE_PLACE, placeValues(row)),
  districts: (client, row: DistrictRow) => added(client, `insert into district (id, name, name_en, outline) values ($1, $2, coalesce($3, ''), $4)
    on conflict (id) do update set name = excluded.name, name_en = excluded.name_en, outline = excluded.outline`, [row.id, row.name, row.nameEn, JSON.stringify(row.outline)]),
  citizens(client, row: CitizenRow) {
    const told = ([['deaf', row.deaf], ['foreign-language', row.language], ['note', row.note]] as const).flatMap(([kind, text]) => (text === null ? [] : [{ kind, text }]))
    return added(client, `insert into citizen (number, name, address, hints, version) values ($1, $2, $3, $4::jsonb, 1)
      on conflict (number) do update set name = coalesce($2, citizen.name), address = coalesce($3, citizen.address), version = citizen.version + 1, updated_at = now(), updated_by = null,
        hints = (select coalesce(jsonb_agg(hint), '[]') from jsonb_array_elements(citizen.hints) hint where not hint ->> 'kind' = any($5)) || $4::jsonb`,
    [row.number, row.name, row.address, JSON.stringify(told), told.map(({ kind }) => kind)])
  },
  channels: (client, row: ChannelRow) => row.channel === 'none' ? Promise.resolve(false) : added(client, `insert into unit_channel (unit_id, channel, address, secret) values ($1, $2, $3, coalesce($4, '')) on conflict (unit_id, channel, address) do update set secret = coalesce($4, unit_channel.secret), enabled = true`,
    [row.unit, row.channel, row.address, row.secret]),
  named: (client, row: NamedRow) => added(client, `insert into named_person (stage, unit_id, name, channel, address, person_id) values ($1, $2, $3, $4, $5, (select id from person where login_name = $6))
    on conflict (stage, unit_id, name, channel) do update set address = excluded.address, person_id = excluded.person_id`, [row.stage, row.unit, row.name, row.channel, row.address, row.login]),
  clusters: (client, row: ClusterRow) => added(client, `insert into cluster_rule (category, metres, minutes, burst, burst_minutes) values ($1, $2, $3, $4, coalesce($5, 30))
    on conflict (category) do update set metres = excluded.metres, minutes = excluded.minutes, burst = excluded.burst, burst_minutes = coalesce($5, cluster_rule.burst_minutes)`,
  [row.category, row.metres, row.minutes, row.burst, row.burstMinutes]),
}

/** A row of a sheet whose positions are by another datum. */
function placed(row: object, datum: Datum): object {
  if ('outline' in row) return { ...row, outline: outlineToWgs84(row.outline as Outline, datum) }
  return 'lat' in row && 'lon' in row ? { ...row, ...toWgs84({ lat: Number(row.lat), lon: Number(row.lon) }, datum) } : row
}

/** What the city has now, for sheets that refer to it. */
export async function knownNow(pool: Pool, categories: readonly string[]): Promise<Known> {
  const [units, districts, people, keys] = await Promise.all([
    pool.query<{ id: string }>('select id from unit'), pool.query<{ id: string }>('select id from district'),
    pool.query<{ login_name: string; role: Role }>('select login_name, role from person where disabled_at is null'),
    pool.query<{ unit_id: string; address: string }>(`select unit_id, address from unit_channel where channel = 'webhook' and secret <> ''`),
  ])
  return { logins: new Map(people.rows.map(({ login_name, role }) => [login_name, role])), units: new Set(units.rows.map(({ id }) => id)), categories: new Set(categories), areas: new Set(districts.rows.map(({ id }) => id)), keyed: new Set(keys.rows.map(({ unit_id, address }) => `${unit_id} ${address}`)) }
}

/** What the tables call otherwise than the sheets. */
const SHEET_NAMES: Readonly<Record<string, string>> = { login_name: 'login', display_name: 'name', unit_id: 'unit', person_id: 'login', valid_from: 'validFrom', valid_to: 'validTo', office_hours: 'officeHours', name_en: 'nameEn', burst_minutes: 'burstMinutes' }
/** Which of a row's columns an error is about: what our own refusal names, or the last of those that PostgreSQL's detail names, `Key (extension)=(1001)`. */
function fieldOf(error: unknown): string {
  if (error instanceof LiandongError) return String(error.details['field'] ?? '')
  const { column, detail = '' } = error as { column?: string; detail?: string }
  const field = column ?? /\(([a-z_, ]+)\)=\(/.exec(detail)?.[1]?.split(', ').at(-1) ?? ''
  return SHEET_NAMES[field] ?? field
}
const refusal = (error: unknown): CellProblem['problem'] | null => {
  if (error instanceof LiandongError) return blame(error) === 'facts' ? { zh: String(error.details['zh'] ?? errorText(error.code, 'zh', error.details)), en: String(error.details['en'] ?? error.message) } : null
  const { code, detail, message } = error as { code?: string; detail?: string; message: string }
  if (code?.startsWith('22') === true) return { zh: `数据库不能存放：${detail ?? message}`, en: `the database cannot keep it: ${detail ?? message}` }
  return code?.startsWith('23') === true ? { zh: `与已有数据冲突：${detail ?? message}`, en: `does not go with what is there: ${detail ?? message}` } : null
}

/** Of each unit that the sheet names. What still waits to be sent to such an address goes no further, nor is it sent again: it may be a stranger's. $1 rows */
const REMOVE_CHANNELS = `
with wanted as (select * from jsonb_to_recordset($1::jsonb) as x (unit text, channel text, address text)), gone as (
  update unit_channel c set enabled = false where c.enabled and c.unit_id in (select unit from wanted) and not exists (select from wanted w where w.unit = c.unit_id and w.channel = c.channel and w.address = c.address)
  returning unit_id, channel, address
), over as (
  update outbox o set dead_at = coalesce(o.dead_at, clock_timestamp()), next_at = null, error = '${OVER}' from gone g
  where o.unit_id = g.unit_id and o.channel = g.channel and o.address = g.address and o.sent_at is null and (o.next_at is not null or o.dead_at is not null)
)
select * from gone`

/** A sheet of named people is all of them, one of channels all of each unit that it names: who left is told nothing more. Of a calendar see `clearYears`. → what is gone */
async function clear(client: PoolClient, kind: TableKind, rows: readonly { readonly value: unknown }[]): Promise<readonly string[]> {
  const values = rows.map(({ value }) => value)
  if (kind === 'named') {
    const { rows: gone } = await client.query<{ stage: string; unit_id: string | null; name: string; channel: string | null }>(`
      delete from named_person p where not exists (select from jsonb_to_recordset($1::jsonb) as x (stage text, unit text, name text, channel text)
        where x.stage = p.stage and x.name = p.name and x.unit is not distinct from p.unit_id and x.channel is not distinct from p.channel) returning stage, unit_id, name, channel`, [JSON.stringify(values)])
    return gone.map(({ stage, unit_id, name, channel }) => [stage, unit_id, name, channel].filter((part) => part !== null).join(' ')).sort()
  }
  if (kind === 'channels') {
    const { rows: gone } = await client.query<{ unit_id: string; channel: string; address: string }>(REMOVE_CHANNELS, [JSON.stringify(values)])
    return gone.map(({ unit_id, channel, address }) => `${unit_id} ${channel} ${address}`).sort()
  }
  if (kind === 'users') {
    // Two who swap their telephones: for a moment neither has one.
    await client.query('update person p set extension = null from jsonb_to_recordset($1::jsonb) as x (login text, extension text) where x.login = p.login_name and p.extension is distinct from x.extension', [JSON.stringify(values)])
    return []
  }
  if (kind !== 'calendar') return []
  return clearYears(client, values as CalendarSheetRow[])
}

/**
 * A calendar replaces whole years: a day that is in the old sheet and not in the new one is an ordinary day again. But the notice of a year may begin in the last
 * week of the one before (a new year's holiday from 31 December) or end in the first of the one after; of that year it knows nothing else, and only adds to it.
 * → the days that are ordinary again
 */
async function clearYears(client: PoolClient, rows: readonly CalendarSheetRow[]): Promise<readonly string[]> {
  const yearOf = ({ day }: CalendarSheetRow): number => Number(day.slice(0, 4))
  const count = (year: number): number => rows.filter((row) => yearOf(row) === year).length
  const years = [...new Set(rows.map(yearOf))].sort((a, b) => count(b) - count(a) || b - a)
  const [main = 0] = years
  const edge = ({ day }: CalendarSheetRow): boolean => (day >= `${main - 1}-12-25` && day < `${main}`) || (day >= `${main + 1}` && day <= `${main + 1}-01-07`)
  const whole = years.filter((year) => rows.some((row) => yearOf(row) === year && !edge(row)))
  for (const year of whole) await client.query('insert into calendar_year (year, source) values ($1, $2) on conflict (year) do update set source = excluded.source', [year, rows.find((row) => yearOf(row) === year)?.source ?? ''])
  const { rows: gone } = await client.query<{ day: string; kind: string; name: string }>(
    `delete from calendar_day where extract(year from day) = any($1::int[]) and not day = any($2::date[]) returning to_char(day, 'YYYY-MM-DD') as day, kind, name`, [whole, rows.map(({ day }) => day)])
  return gone.map(({ day, kind, name }) => `${day} ${kind} ${name}`).sort()
}

/** Rows with bad cells, held to what only the database knows and what a person must be, as far as their other cells say. */
async function maimedUsers(client: PoolClient, { rows, maimed, columns }: Sheet<UserRow>): Promise<CellProblem[]> {
  const problems: CellProblem[] = []
  const held = new Map<string, number>()
  for (const { row, value, bad } of maimed) {
    const at = (field: string): string => columns.get(field) ?? 'A'
    const written = { ...value, ...(bad.has('login') && { login: '-' }), ...(bad.has('name') && { name: '-' }) }
    const faults = bad.has('role') ? [] : personFaults(personOf(written)).filter(({ details }) => !bad.has(String(details['field'])))
    for (const { details } of faults) problems.push({ row, column: at(String(details['field'])), problem: { zh: String(details['zh']), en: String(details['en']) } })
    if (value.extension === null || bad.has('login')) continue
    const other = held.get(value.extension)
    held.set(value.extension, row)
    const { rows: [owner] } = await client.query<{ login: string }>('select login_name as login from person where extension = $1 and login_name <> $2', [value.extension, value.login])
    // One of this sheet has it there, or another in the city.
    const before = owner === undefined ? other : rows.find(({ value: { login } }) => login === owner.login)?.row
    if (before !== undefined) problems.push({ row, column: at('extension'), problem: { zh: `分机 ${value.extension} 与第 ${before} 行相同`, en: `extension ${value.extension} is that of row ${before}` } })
    else if (owner !== undefined) problems.push({ row, column: at('extension'), problem: { zh: `分机 ${value.extension} 已是 ${owner.login} 的`, en: `extension ${value.extension} is ${owner.login}'s` } })
  }
  return problems
}

/** By what a row of these kinds is known. */
const KNOWN_BY: Readonly<Partial<Record<TableKind, readonly string[]>>> = { named: ['stage', 'unit', 'name', 'channel'], channels: ['unit', 'channel', 'address'], calendar: ['day'], users: ['login'] }

/**
 * A sheet into its table: all of it, or nothing. A dry run does everything and takes it back, so that it finds what only the database knows too.
 * Positions by another `datum` are moved to WGS-84. Takes nothing away but, when `replace` says so, named people who are no longer, channels of the units that it names, and days of a year that is given anew.
 */
export async function importSheet(pool: Pool, kind: TableKind, text: string, known: Known, dry: boolean, replace = false, datum: Datum = 'wgs84'): Promise<Imported> {
  const drawn = kind === 'places' || kind === 'districts' ? sheetOfGeoJson(kind, text) : null
  if (drawn !== null && 'problem' in drawn) return { rows: 0, refused: 0, added: 0, changed: 0, removed: [], problems: [drawn.problem], dry: true }
  const sheet = KINDS[kind](drawn?.text ?? text, known)
  const { read, rows, maimed, problems: found, columns } = sheet
  const problems = [...found]
  const spoken = maimed.filter(({ bad }) => KNOWN_BY[kind]?.some((name) => bad.has(name)) !== true)
  // What is not in the sheet is known as soon as it is known of each row what it is about.
  const whole = spoken.length === maimed.length && rows.length + maimed.length === read
  const client = await pool.connect()
  let [fresh, changed] = [0, 0]
  try {
    await client.query('begin')
    // Until what units have in hand is counted by the new one it is known what the old one was, whoever is interrupted.
    if (kind === 'calendar') await client.query(KEEP_CALENDAR)
    const removed = await clear(client, kind, [...rows, ...spoken])
    await client.query('savepoint one')
    for (const { row, value } of rows) {
      try {
        if (await WRITES[kind](client, placed(value, datum) as never)) fresh += 1
        else changed += 1
        // Each that is not released holds a lock until the end: ten thousand rows would take all that PostgreSQL has, from the hall too.
        await client.query('release savepoint one; savepoint one')
      } catch (error) {
        for (const one of error instanceof AggregateError ? error.errors as unknown[] : [error]) {
          const problem = refusal(one)
          if (problem === null) throw error
          problems.push({ row, column: columns.get(fieldOf(one)) ?? 'A', problem })
        }
        await client.query('rollback to savepoint one')
      }
    }
    if (kind === 'users') problems.push(...await maimedUsers(client, sheet as Sheet<UserRow>))
    if (removed.length > 0 && !replace && whole) {
      const years = [...new Set(removed.map((day) => day.slice(0, 4)))].join('、')
      problems.push({ row: 1, column: 'A', problem: kind === 'named' || kind === 'channels' ? { zh: `已录入的 ${removed.length} 项不在表里，将被删除；确是如此则加 --replace`, en: `${removed.length} entries that are loaded are not in the sheet and would be removed; if that is meant, add --replace` } : { zh: `${years} 年已录入的 ${removed.length} 天不在表里，将成为普通日子；确是如此则加 --replace`, en: `${removed.length} days of ${years} that are loaded are not in the sheet and would be ordinary days; if that is meant, add --replace` } })
    }
    const write = !dry && problems.length === 0
    if (write) await client.query(`insert into audit (act, subject, details) values ('import', $1, $2)`, [kind, JSON.stringify({ rows: rows.length, added: fresh, changed, ...(removed.length > 0 && { removed }) })])
    await client.query(write ? 'commit' : 'rollback')
    return { rows: fresh + changed, refused: read - fresh - changed, added: fresh, changed, removed: whole ? removed : [], problems: problems.sort((a, b) => a.row - b.row || a.column.length - b.column.length || (a.column < b.column ? -1 : 1)), dry: !write }
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  } finally {
    client.release()
  }
}
