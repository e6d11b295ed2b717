import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import { factsOf } from '../dispatch/core/changes.js'
import { verifyChain, type ChainFault, type ChainRow, type TicketHead } from '../dispatch/core/chain.js'
import { ticketOf, type TicketRow } from './rows.js'

export interface AuditReport {
  readonly tickets: number
  readonly rows: number
  readonly faults: readonly ChainFault[]
  /** SHA-256 over the heads of all chains, by ticket: noted elsewhere, it shows a history that was rewritten from end to end. */
  readonly head: string
}

/** Tickets read at once. */
const BATCH = 2_000
/** Beyond so many faults nobody reads on. */
const MOST_FAULTS = 100

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

const READ = `
select t.*, coalesce((select json_agg(json_build_object('ticketId', h.ticket_id, 'version', h.version, 'actId', h.act_id, 'act', h.act,
  'at', (extract(epoch from h.at) * 1000000)::bigint::text, 'by', h.by_id, 'changes', h.changes::text, 'note', h.note, 'hash', encode(h.hash, 'hex')) order by h.version) from ticket_history h where h.ticket_id = t.id), '[]') as rows
from ticket t where id > $1 order by id limit $2`

function headOf(row: TicketRow): TicketHead {
  return { version: row.version, state: row.state, facts: factsOf(ticketOf(row)), columns: { assist: row.assist, priority: row.priority, mergedInto: row.merged_into, members: row.members } }
}

/** Walks through every ticket's history, computes every hash anew, here, and holds each ticket against what its history made of it. */
export async function verifyHistories(pool: Pool): Promise<AuditReport> {
  const faults: ChainFault[] = []
  const all = createHash('sha256')
  let [tickets, rows, after] = [0, 0, '00000000-0000-0000-0000-000000000000']
  for (;;) {
    const { rows: found } = await pool.query<TicketRow & { rows: ChainRow[] }>(READ, [after, BATCH])
    for (const ticket of found) {
      const fault = verifyChain(ticket.rows, headOf(ticket), sha256)
      if (fault !== null && faults.length < MOST_FAULTS) faults.push({ ...fault, ticketId: ticket.id })
      tickets += 1
      rows += ticket.rows.length
      all.update(`${ticket.id} ${ticket.version} ${ticket.rows.at(-1)?.hash ?? ''}\n`)
    }
    after = found.at(-1)?.id ?? ''
    if (found.length < BATCH) return { tickets, rows, faults, head: all.digest('hex') }
  }
}
