import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import { verifyChain, type ChainFault, type ChainRow } from '../dispatch/core/chain.js'

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
select t.id, t.version, t.state, coalesce(json_agg(json_build_object('ticketId', h.ticket_id, 'version', h.version, 'actId', h.act_id, 'act', h.act,
  'at', (extract(epoch from h.at) * 1000000)::bigint::text, 'by', h.by_id, 'changes', h.changes::text, 'note', h.note, 'hash', encode(h.hash, 'hex')) order by h.version) filter (where h.ticket_id is not null), '[]') as rows
from (select id, version, state from ticket where id > $1 order by id limit $2) t left join ticket_history h on h.ticket_id = t.id
group by t.id, t.version, t.state order by t.id`

/** Walks through every ticket's history and computes every hash anew, here. */
export async function verifyHistories(pool: Pool): Promise<AuditReport> {
  const faults: ChainFault[] = []
  const all = createHash('sha256')
  let [tickets, rows, after] = [0, 0, '00000000-0000-0000-0000-000000000000']
  for (;;) {
    const { rows: found } = await pool.query<{ id: string; version: number; state: string; rows: ChainRow[] }>(READ, [after, BATCH])
    for (const ticket of found) {
      const fault = verifyChain(ticket.rows, ticket, sha256)
      if (fault !== null && faults.length < MOST_FAULTS) faults.push({ ...fault, ticketId: ticket.id })
      tickets += 1
      rows += ticket.rows.length
      all.update(`${ticket.id} ${ticket.version} ${ticket.rows.at(-1)?.hash ?? ''}\n`)
    }
    after = found.at(-1)?.id ?? ''
    if (found.length < BATCH) return { tickets, rows, faults, head: all.digest('hex') }
  }
}
