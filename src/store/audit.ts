import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import { factsOf } from '../dispatch/core/changes.js'
import { verifyChain, type ChainFault, type ChainRow, type TicketHead } from '../dispatch/core/chain.js'
import { callerText, markedOf, runOf, tagsText, type ClockLine } from '../dispatch/core/marks.js'
import { ticketOf, type TicketRow } from './rows.js'

/** A fault, and where a person finds it: the ticket's number, and the last act that stands up to there; null: none. `at` ISO 8601. */
export type FoundFault = ChainFault & { readonly number: string; readonly last: { readonly version: number; readonly act: string; readonly at: string } | null }

export interface AuditReport {
  readonly tickets: number
  readonly rows: number
  readonly faults: readonly FoundFault[]
  /** Of what was written until then `head` speaks, ISO 8601: whatever is done later, the same time has the same head for ever. */
  readonly until: string
  /** SHA-256 over the heads of all chains as they were then, by ticket: noted elsewhere, it shows a history that was rewritten from end to end. */
  readonly head: string
}

/** Tickets read at once. */
const BATCH = 2_000
/** A row has the time at which its transaction began: after so long those that were under way are over, ms. */
const SETTLED = 60_000
/** Beyond so many faults nobody reads on. */
const MOST_FAULTS = 100

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

const ms = (time: string): string => `extract(epoch from ${time}) * 1000`
const READ = `
select t.*, t.tags::text as tags_text, exists (select from line where peer = 'city') as county, (select count(*)::int from ticket_clock c where c.ticket_id = t.id and c.next_at is not null) as stages, (${ms('t.opened_at')} * 1000)::float8 as opened, (${ms('t.answered_at')} * 1000)::float8 as answered,
  coalesce((select json_agg(json_build_array(c.clock, c.unit_id, ${ms('c.started_at')}, ${ms('c.due_at')}, ${ms('c.ended_at')}, c.met, c.next_stage, ${ms('c.next_at')})) from ticket_clock c where c.ticket_id = t.id), '[]') as lines, coalesce((select json_object_agg(a.id, encode(a.sha256, 'hex')) from attachment a where a.ticket_id = t.id), '{}') as photos, coalesce((select json_agg(json_build_object('ticketId', h.ticket_id, 'version', h.version, 'actId', h.act_id, 'act', h.act,
  'at', (extract(epoch from h.at) * 1000000)::bigint::text, 'by', h.by_id, 'changes', h.changes::text, 'note', h.note, 'marks', h.marks::text, 'recordedAt', (extract(epoch from h.recorded_at) * 1000000)::bigint::text, 'hash', encode(h.hash, 'hex'), 'noted', h.recorded_at <= $3) order by h.version) from ticket_history h where h.ticket_id = t.id), '[]') as rows
from ticket t where id > $1 order by id limit $2`

/** `opened`, `answered`: µs since the epoch; `stages`: clocks of which another stage comes. */
interface AuditRow extends TicketRow { readonly rows: readonly (ChainRow & { readonly noted: boolean })[]; readonly tags_text: string; /** Its clocks are the city's, which may have come to stages before the county heard of the ticket. */ readonly county: boolean; readonly stages: number; readonly opened: number; readonly answered: number; readonly lines: readonly ClockLine[]; readonly photos: Readonly<Record<string, string>> }

function headOf(row: AuditRow): TicketHead {
  const ticket = ticketOf(row)
  const caller = sha256(callerText(row.id, row.number_called_from, row.number_verified))
  const { clocks } = ticket.work
  const { callerName, ...facts } = factsOf(ticket)
  return {
    version: row.version, state: row.state, spent: clocks.flatMap(({ clock, next }) => (next === null && !row.county ? [clock] : [])),
    // In a county's history the complainant's name stands no more.
    facts: { ...facts, ...(!row.county && { callerName }), stages: clocks.filter(({ next }) => next !== null).length }, columns: { stages: row.stages, assist: row.assist, priority: row.priority, mergedInto: row.merged_into, members: row.members },
    marked: { facts: { ...markedOf(ticket), openedAt: row.opened, answeredAt: row.answered, caller, number: row.number, operator: row.operator_id, tags: sha256(tagsText(row.id, row.tags_text)), provisional: row.provisional_number, dueAt: row.due_at?.getTime() ?? null }, running: clocks.map(runOf), lines: row.lines, photos: row.photos },
  }
}

/**
 * Walks through every ticket's history, computes every hash anew, here, and holds each ticket against what its history made of it.
 * @param until of which time the head is wanted, ms; without it, of a minute ago
 */
export async function verifyHistories(pool: Pool, until?: number): Promise<AuditReport> {
  const faults: FoundFault[] = []
  const all = createHash('sha256')
  const { rows: [database] } = await pool.query<{ now: Date }>('select clock_timestamp() as now')
  const then = new Date(until ?? (database?.now.getTime() ?? 0) - SETTLED)
  let [tickets, rows, after] = [0, 0, '00000000-0000-0000-0000-000000000000']
  for (;;) {
    const { rows: found } = await pool.query<AuditRow>(READ, [after, BATCH, then])
    for (const ticket of found) {
      const fault = verifyChain(ticket.rows, headOf(ticket), sha256)
      if (fault !== null && faults.length < MOST_FAULTS) faults.push({ ...fault, ticketId: ticket.id, number: ticket.number, last: lastOf(ticket.rows.findLast(({ version }) => version <= fault.version)) })
      tickets += 1
      rows += ticket.rows.length
      // By its hash a row stands for all before it.
      const last = ticket.rows.findLast(({ noted }) => noted)
      if (last !== undefined) all.update(`${ticket.id} ${last.version} ${last.hash}\n`)
    }
    after = found.at(-1)?.id ?? ''
    if (found.length < BATCH) return { tickets, rows, faults, until: then.toISOString(), head: all.digest('hex') }
  }
}

const lastOf = (row: ChainRow | undefined): FoundFault['last'] => (row === undefined ? null : { version: row.version, act: row.act, at: new Date(Number(BigInt(row.at) / 1000n)).toISOString() })

export interface PhotoFault { readonly id: string; readonly ticketId: string; readonly number: string; readonly found: 'missing' | 'changed' }

/** Reads every photo's file and holds it to the SHA-256 that stands of it. @param read the bytes of a photo; null: there is no file */
export async function verifyPhotos(pool: Pool, read: (id: string) => Promise<Uint8Array | null>): Promise<{ readonly photos: number; readonly faults: readonly PhotoFault[] }> {
  const faults: PhotoFault[] = []
  let [photos, after] = [0, '00000000-0000-0000-0000-000000000000']
  for (;;) {
    const { rows } = await pool.query<{ id: string; ticket_id: string; number: string; sha256: string }>(`select a.id, a.ticket_id, t.number, encode(a.sha256, 'hex') as sha256 from attachment a join ticket t on t.id = a.ticket_id where a.id > $1 order by a.id limit $2`, [after, BATCH])
    for (const { id, ticket_id: ticketId, number, sha256: told } of rows) {
      const bytes = await read(id)
      const found = bytes === null ? 'missing' : createHash('sha256').update(bytes).digest('hex') === told ? null : 'changed'
      if (found !== null && faults.length < MOST_FAULTS) faults.push({ id, ticketId, number, found })
    }
    photos += rows.length
    after = rows.at(-1)?.id ?? ''
    if (rows.length < BATCH) return { photos, faults }
  }
}
