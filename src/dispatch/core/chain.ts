import type { Clock } from '../../contracts/life-cycle.js'
import { NO_WORK } from '../../contracts/ticket.js'
import { factsOf, plain } from './changes.js'
import { STAGE_ACTS } from './escalation.js'
import { unmarked, type MarkedHead, type Marks } from './marks.js'

/** One row of a ticket's history as the database has it. `at`, `recordedAt`: µs since the epoch; `changes`, `marks`: jsonb as PostgreSQL prints it. */
export interface ChainRow {
  readonly ticketId: string
  readonly version: number
  readonly actId: string
  readonly act: string
  readonly at: string
  readonly by: string | null
  readonly changes: string
  readonly note: string
  /** Null: of a program that wrote none; then when it was learnt of is not in the hash either. */
  readonly marks: string | null
  readonly recordedAt: string
  readonly hash: string
}

/**
 * What a row's hash is made of: canonical JSON in jsonb's order of keys (shorter first, then by bytes), the hash of the row before in it.
 * Written once more here, without the database: a database that was taught to lie is still found out.
 */
export function canonical(row: ChainRow, previous: string): string {
  const text = (value: string | null): string => JSON.stringify(value)
  const [marks, recorded] = row.marks === null ? ['', ''] : [`"marks": ${row.marks}, `, `, "recordedAt": ${row.recordedAt}`]
  return `{"at": ${row.at}, "by": ${text(row.by)}, "act": ${text(row.act)}, "note": ${text(row.note)}, "prev": ${text(previous)}, "actId": ${text(row.actId)}, ${marks}"ticket": ${text(row.ticketId)}, "changes": ${row.changes}, "version": ${row.version}${recorded}}`
}

/** What is wrong with a ticket's history, of which `rows` is everything in order of versions. */
export type ChainFault =
  | { readonly type: 'hash'; readonly ticketId: string; readonly version: number }
  | { readonly type: 'gap'; readonly ticketId: string; readonly version: number }
  | { readonly type: 'short'; readonly ticketId: string; readonly version: number; readonly expected: number }
  | { readonly type: 'state'; readonly ticketId: string; readonly version: number; readonly expected: string; readonly found: string }
  /** The ticket's own row says something else than what was written of it last. No values: they may be a caller's. */
  | { readonly type: 'field'; readonly ticketId: string; readonly version: number; readonly field: string }

/** `facts`: what the ticket's own row says; `columns`: what is written twice there; `marked`: what marks speak of. */
export interface TicketHead { readonly version: number; readonly state: string; readonly facts: Readonly<Record<string, unknown>>; readonly columns: Readonly<Record<string, unknown>>; readonly marked: MarkedHead; /** Clocks that run and have no stage to come; none in a county, whose clocks are the city's. */ readonly spent: readonly Clock[] }

/** What a ticket is before anything was done to it. What it began with stands in its first row; there were times when it did not. */
const BLANK: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(factsOf({ state: 'open', unitId: null, outcome: null, fields: { kind: null, category: null, place: '', point: null, description: '', callerName: '', callBack: false }, work: NO_WORK }))
  .filter(([field]) => !['state', 'kind', 'category', 'place', 'point', 'description', 'callerName', 'callBack'].includes(field)))

/** Which field of a ticket is not what its history made of it; null: none. */
function strayed(rows: readonly ChainRow[], { state, facts, columns }: TicketHead): string | null {
  const written = new Map<string, unknown>()
  for (const { act, changes } of rows) {
    // It says what somebody wanted, and the ticket never became.
    if (act === 'late') continue
    for (const [field, change] of Object.entries(JSON.parse(changes) as Record<string, unknown>)) {
      if (Array.isArray(change) && change.length === 2 && field in facts) written.set(field, change[1])
      // As `privacy` was written before it had four degrees.
      if (field === 'confidential' && Array.isArray(change)) written.set('privacy', change[1] === true ? 'identity-hidden' : 'open')
    }
  }
  // Tickets that were loaded as closed have no row that says so, nor how they came there.
  const whole = state === 'open' || written.has('state')
  const expected = { ...(whole ? BLANK : {}), ...Object.fromEntries(written) }
  return Object.keys(expected).find((field) => field !== 'state' && plain(expected[field]) !== plain(facts[field])) ?? Object.keys(columns).find((field) => plain(columns[field]) !== plain(facts[field])) ?? null
}

/** As histories name that a clock came to a stage. */
const STAGES_COME: ReadonlySet<string> = new Set([...Object.values(STAGE_ACTS), 'undelivered'])

/** A clock that came to its last stage at another ticket was taken over as it stood, once: the row that took it says so. */
const takenSpent = ({ act, marks }: ChainRow, clock: Clock): boolean =>
  (act === 'absorb' || act === 'learnt') && ((JSON.parse(marks ?? '{}') as Marks).runs ?? []).some(([name, , , , , , , next]) => name === clock && (next ?? null) === null)

/** A clock that runs and comes to no stage any more has come to its last, and the history says so; but where more time was given late. */
function silenced(rows: readonly ChainRow[], spent: readonly Clock[]): boolean {
  if (spent.length === 0 || rows.some(({ act }) => act === 'answer-extension' || act === 'from-city')) return false
  return spent.some((clock) => !rows.some((row) => takenSpent(row, clock) || (row.act === (clock === 'delivery' ? 'undelivered' : 'notice-clock') && (JSON.parse(row.changes) as { clock?: readonly unknown[] }).clock?.[1] === clock)))
}

/** @param sha256 hexadecimal, of UTF-8. */
export function verifyChain(rows: readonly ChainRow[], head: TicketHead, sha256: (text: string) => string): ChainFault | null {
  let previous = ''
  let state = 'open'
  for (const [n, row] of rows.entries()) {
    if (row.version !== n + 1) return { type: 'gap', ticketId: row.ticketId, version: n + 1 }
    if (sha256(canonical(row, previous)) !== row.hash) return { type: 'hash', ticketId: row.ticketId, version: row.version }
    previous = row.hash
    const [, after] = (JSON.parse(row.changes) as { state?: [string, string] }).state ?? []
    state = after ?? state
  }
  const [first] = rows
  const ticketId = first?.ticketId ?? ''
  if (rows.length !== head.version) return { type: 'short', ticketId, version: rows.length, expected: head.version }
  // Tickets that were loaded as closed have no row that says so.
  if (rows.some(({ changes }) => changes.includes('"state"')) && state !== head.state) return { type: 'state', ticketId, version: head.version, expected: state, found: head.state }
  const field = strayed(rows, head) ?? unmarked(rows.map(({ act, changes, marks }) => ({ marks: marks === null ? null : JSON.parse(marks) as Marks, stageOf: STAGES_COME.has(act) ? (JSON.parse(changes) as { clock?: readonly [unknown, Clock] }).clock?.[1] : undefined })), head.marked) ?? (silenced(rows, head.spent) ? 'stages' : null)
  return field === null ? null : { type: 'field', ticketId, version: head.version, field }
}
