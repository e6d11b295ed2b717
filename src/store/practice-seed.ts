import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import type { TicketOutcome } from '../contracts/ticket.js'
import { placeValues } from './places.js'
import { PRACTICE_DISTRICTS, PRACTICE_MARKS, PRACTICE_PLACES } from './practice-city.js'
import { PRACTICE_PAST, type Past } from './practice-past.js'
import { giveHallClocks } from './hall-clocks.js'
import { readRules } from './rules.js'
import { WRITE_PLACE } from './sql/place.js'
import { makeTicketActs, type TicketActs } from './ticket-acts.js'

type Story = readonly [number: string, category: string, place: string, lat: number, lon: number, description: string, ended?: readonly [unitId: string, outcome: TicketOutcome, note: string]]

const STORIES: readonly Story[] = [
  ['13900000001', 'manhole-cover', '开元大道与龙门大道交叉口东南角', 34.6215, 112.4532, '井盖缺失，已放警示桩'],
  ['13900000002', 'power-repair', '景华路 56 号楼', 34.6631, 112.4012, '整栋楼停电'],
  ['13900000002', 'noise', '景华路 60 号院', 34.6628, 112.4021, '夜间施工噪声', ['police-jianxi', 'handed-over', '已到场制止，责令夜间停工']],
  ['13900000003', 'street-light', '唐宫东路', 34.6842, 112.4731, '路灯不亮', ['street-lighting', 'handed-over', '更换灯泡 2 盏，已亮灯']],
  ['13900000012', 'manhole-cover', '龙门大道', 34.6209, 112.4541, '井盖松动'],
]

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Nothing of it is of today, wherever the city's clock stands: today's figures begin with the first real call, ms. */
const AGO = 27 * HOUR

/**
 * Invented citizens, so that a practice pop has something to show: hints, addresses, earlier calls, an open ticket nearby.
 * @param city a whole city besides: districts, places, and work of the last days in every state. Of which time zone, for the rules.
 */
export async function seedPractice(pool: Pool, city: { readonly timeZone: string } | null): Promise<void> {
  await pool.query(`insert into citizen (number, name, address, hints) values
    ('13900000001', '周大爷', '西工区中州中路 128 号院 3 号楼', '[{"kind":"deaf","text":"听力障碍，请放慢语速"}]'),
    ('13900000002', '吴女士', '涧西区景华路 56 号', '[]'),
    ('13900000003', '冯女士', '老城区唐宫东路 9 号', '[{"kind":"note","text":"独居老人，有应急联系人"}]'),
    ('13900000007', '', '', '[{"kind":"nuisance","text":"近 30 天 41 次无声电话","score":82}]'),
    ('13900000011', 'M. Keller', '洛龙区开元大道 200 号', '[{"kind":"foreign-language","text":"说英语 (speaks English)"}]')
    on conflict (number) do nothing`)
  const { rowCount } = await pool.query('select 1 from ticket limit 1')
  if (rowCount !== 0) return
  const { rows: [operator] } = await pool.query<{ id: string }>(`select id from person where login_name = 'op2'`)
  for (const [n, story] of STORIES.entries()) await tell(pool, n, story, operator?.id ?? null)
  if (city !== null) await seedCity(pool, city.timeZone)
}

async function seedCity(pool: Pool, timeZone: string): Promise<void> {
  for (const { id, name, nameEn, outline } of PRACTICE_DISTRICTS) await pool.query('insert into district (id, name, name_en, outline) values ($1, $2, $3, $4) on conflict (id) do nothing', [id, name, nameEn, JSON.stringify(outline)])
  const known = new Set((await pool.query<{ code: string }>('select code from place')).rows.map(({ code }) => code))
  const places = [...PRACTICE_PLACES.map(([code, name, kind, lat, lon]) => ({ code, name, kind, aliases: null, lat, lon })), ...PRACTICE_MARKS.map((mark) => ({ ...mark, kind: 'kilometre' as const }))]
  for (const place of places.filter(({ code }) => !known.has(code))) await pool.query(WRITE_PLACE, placeValues(place))
  const rules = await readRules(pool, timeZone)
  const { rows: people } = await pool.query<{ id: string; login_name: string }>(`select id, login_name from person where practice`)
  const personOf = (loginName: string): string | null => people.find((one) => one.login_name === loginName)?.id ?? null
  const acts = makeTicketActs(pool, () => rules)
  const ids: string[] = []
  for (const [n, past] of PRACTICE_PAST.entries()) ids.push(await relive(pool, acts, past, personOf, n))
  // What was told then has been heard; nobody is written to again.
  await pool.query('update outbox set next_at = null, sent_at = created_at, receipt_at = created_at where ticket_id = any($1)', [ids])
  // What lies in the hall untouched is somebody's to look at from now on.
  await giveHallClocks(pool, rules, (_, error) => { throw error })
}

/** Through the same acts as everything else, at the time when it was. */
async function relive(pool: Pool, acts: TicketActs, { hoursAgo, number, category, kind, place, beside = '', description, steps }: Past, personOf: (loginName: string) => string | null, n: number): Promise<string> {
  const id = randomUUID()
  const opened = Date.now() - hoursAgo * HOUR
  const at = (ms: number): Date => new Date(opened + ms)
  const operator = personOf(`op${1 + n % 4}`)
  const [, , , lat = null, lon = null] = PRACTICE_PLACES.find(([, name]) => name === place) ?? []
  await pool.query(`insert into call (id, number, caller_name, verified, called_number, state, class, category, language, created_at, queued_at, answered_at, ended_at, operator_id, hangup_cause)
    values ($1, $2, '', true, '110', 'ended', 'standard', $3, 'zh-CN', $4, $4, $5, $6, $7, 'NORMAL_CLEARING')`, [id, number, category, at(-7_000 - n * 300), at(0), at(2 * MINUTE), operator])
  await pool.query(`insert into ticket (id, number, state, version, category, place, lat, lon, number_called_from, number_verified, operator_id, opened_at, answered_at)
    values ($1, ticket_label(nextval('ticket_number')), 'open', 1, $2, $3, $4, $5, $6, true, $7, $8, $8)`, [id, category, `${place}${beside}`, lat, lon, number, operator, at(0)])
  await pool.query(`insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes) values ($1, 1, $2, 'open', $3, $4, '{}')`, [id, randomUUID(), at(0), operator])
  const all: Past['steps'] = [[0.02, 'operator', { act: 'edit', changes: { kind, description } }], ...steps]
  for (const [index, [hoursLater, who, act]] of all.entries()) {
    // Times within an act are written as so long after the opening, too.
    const moved = act.act === 'ask-extension' ? { ...act, until: opened + act.until } : act.act === 'refer' ? { ...act, nextAt: opened + act.nextAt } : act
    const self = who === 'operator' ? { id: operator, role: 'operator' as const } : who === 'supervisor' ? { id: personOf('sup1'), role: 'supervisor' as const } : { id: who === 'municipal-works' ? personOf('unit1') : null, role: 'unit' as const, unitId: who }
    await acts.act(id, { ...moved, actId: randomUUID(), baseVersion: index + 1 }, self, opened + hoursLater * HOUR, true)
  }
  return id
}

/** One story as it would have happened: a call, its ticket, and every step in the history. */
async function tell(pool: Pool, n: number, [number, category, place, lat, lon, description, ended]: Story, by: string | null): Promise<void> {
  const id = `00000000-0000-4000-8000-0000000000${(16 + n).toString(16)}`
  const opened = Date.now() - AGO - n * 7 * HOUR
  const at = (later: number): Date => new Date(opened + later)
  await pool.query(`insert into call (id, number, caller_name, verified, called_number, state, class, category, language, created_at, queued_at, answered_at, ended_at, operator_id, hangup_cause)
    values ($1, $2, '', true, '110', 'ended', 'standard', $3, 'zh-CN', $4, $4, $5, $6, $7, 'NORMAL_CLEARING') on conflict do nothing`, [id, number, category, at(-9_000), at(0), at(2.5 * MINUTE), by])
  const steps: { readonly act: string; readonly at: Date; readonly changes: object; readonly note?: string }[] = [
    { act: 'open', at: at(0), changes: {} },
    { act: 'edit', at: at(1.2 * MINUTE), changes: { kind: [null, 'joint-service'], place: ['', place], description: ['', description] } },
  ]
  if (ended !== undefined) {
    const [unitId, outcome, note] = ended
    steps.push({ act: 'dispatch', at: at(2 * MINUTE), changes: { state: ['open', 'dispatched'], unitId: [null, unitId] } })
    steps.push({ act: 'settle', at: at(5 * HOUR), changes: { state: ['dispatched', 'closed'], outcome: [null, outcome] }, note })
  }
  await pool.query(`insert into ticket (id, number, state, version, kind, category, place, lat, lon, description, number_called_from, number_verified, operator_id, opened_at, answered_at, unit_id, outcome, dispatched_at, closed_at)
    values ($1, ticket_label(nextval('ticket_number')), $2, $3, 'joint-service', $4, $5, $6, $7, $8, $9, true, $10, $11, $11, $12, $13, $14, $15)`,
  [id, ended === undefined ? 'open' : 'closed', steps.length, category, place, lat, lon, description, number, by, at(0), ended?.[0] ?? null, ended?.[1] ?? null, ended === undefined ? null : at(2 * MINUTE), ended === undefined ? null : at(5 * HOUR)])
  for (const [index, step] of steps.entries()) {
    await pool.query('insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes, note) values ($1, $2, gen_random_uuid(), $3, $4, $5, $6, $7)', [id, index + 1, step.act, step.at, step.act === 'open' ? null : by, step.changes, step.note ?? ''])
  }
}
