import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { LiandongError } from '../contracts/errors.js'
import type { Ticket } from '../contracts/ticket.js'
import { practiceStep } from '../dispatch/core/practice-unit.js'
import type { Rules } from '../dispatch/core/rules.js'
import { ticketOf, type TicketRow } from './rows.js'
import { makeTicketActs } from './ticket-acts.js'

/** What was given to a unit longer ago is nobody's practice any more, and the invented past stays as it was told, hours. */
const YOUNG = 12

/**
 * In the hands of units that nobody attends to, how long nothing happened to each, ms, and whether somebody could sign in there. What a person of the unit has touched
 * is his, and a county's tickets are the county's. $1 units that are attended to
 */
const IN_HAND = `
select t.*, (extract(epoch from clock_timestamp() - (select max(h.recorded_at) from ticket_history h where h.ticket_id = t.id)) * 1000)::float8 as quiet,
  exists (select from person p where p.unit_id = t.unit_id and p.disabled_at is null) as staffed
from ticket t
where (t.state in ('dispatched', 'signed', 'in-progress') or (t.state = 'referred' and t.work ->> 'hazard' = 'true' and t.work ->> 'safeAt' is null)) and t.unit_id <> all($1::text[]) and t.dispatched_at > now() - interval '${YOUNG} hours'
  and not exists (select from ticket_history h join person p on p.id = h.by_id where h.ticket_id = t.id and h.at >= t.dispatched_at and p.unit_id = t.unit_id)
  and not exists (select from line l where l.enabled and t.unit_id = any(l.units))
order by t.id limit 200`

/** What waits for the terminals of such units, for so long, ms. $1 units that are attended to, $2 ms */
const UNHEARD = `
select o.id, o.kind, o.unit_id, o.ticket_id from outbox o
where o.channel = 'terminal' and o.receipt_at is null and o.dead_at is null and o.unit_id is not null and o.unit_id <> all($1::text[])
  and o.created_at between now() - interval '${YOUNG} hours' and clock_timestamp() - $2 * interval '1 ms'
  and not exists (select from line l where l.enabled and o.unit_id = any(l.units))
order by o.created_at limit 200`

export interface PracticeUnitStore {
  /** Notices of units that nobody attends to, older than `wait` ms. */
  unheard(attended: readonly string[], wait: number): Promise<readonly { readonly id: string; readonly kind: string; readonly unitId: string; readonly ticketId: string | null }[]>
  /** Does what is next for each of their tickets that has been left alone for long enough. */
  work(attended: readonly string[]): Promise<readonly Ticket[]>
}

/** Units that are played in practice; nobody of this installation does what they do. `speed`: so many times as fast, in tests. */
export function makePracticeUnits(pool: Pool, rules: () => Rules, speed = 1): PracticeUnitStore {
  const acts = makeTicketActs(pool, rules)
  return {
    async unheard(attended, wait) {
      const { rows } = await pool.query<{ id: string; kind: string; unit_id: string; ticket_id: string | null }>(UNHEARD, [attended, wait])
      return rows.map(({ unit_id, ticket_id, ...row }) => ({ ...row, unitId: unit_id, ticketId: ticket_id }))
    },
    async work(attended) {
      const { rows } = await pool.query<TicketRow & { quiet: number; staffed: boolean }>(IN_HAND, [attended])
      const done: Ticket[] = []
      for (const { quiet, staffed, ...row } of rows) {
        const ticket = ticketOf(row)
        const step = practiceStep(ticket, staffed)
        if (step === null || quiet * speed < step.after || ticket.unitId === null) continue
        // Whoever came before changed what it was about: the next look sees that.
        const acted = await acts.act(ticket.id, { ...step.act, actId: randomUUID(), baseVersion: ticket.version }, { id: null, role: 'unit', unitId: ticket.unitId }, 0, false).catch((error: unknown) => { if (error instanceof LiandongError) return null; throw error })
        if (acted !== null) done.push(acted.ticket)
      }
      return done
    },
  }
}
