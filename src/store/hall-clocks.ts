import type { Pool } from 'pg'
import type { Ticket } from '../contracts/ticket.js'
import { difference } from '../dispatch/core/changes.js'
import { leftBehind } from '../dispatch/core/left-behind.js'
import type { Rules } from '../dispatch/core/rules.js'
import { idFrom } from '../dispatch/ids.js'
import { eachTicket, type OnFailed } from './each-ticket.js'
import { ticketOf } from './rows.js'
import { WITHOUT_HALL_CLOCK } from './sql/dispatch.js'
import { withPen } from './with-pen.js'

/** `said`: somebody has said of it whether it is dangerous. */
interface Row { readonly id: string; readonly said: boolean }

/**
 * Gives the hall's clock to what lies there without one, by a program that knew none, and takes it off what nobody is to be sent to: once at each start of a node, so that the last one to be renewed finds what those before it left.
 * May be done by several, and again. → how many tickets it was
 */
export async function giveHallClocks(pool: Pool, rules: Rules, onFailed: OnFailed): Promise<number> {
  // At a county clocks are the city's word.
  if (rules.home !== undefined) return 0
  const { rows } = await pool.query<Row>(WITHOUT_HALL_CLOCK)
  const said = new Set(rows.flatMap((row) => (row.said ? [row.id] : [])))
  return eachTicket(pool, rows.map(({ id }) => id), onFailed, async (row) => await give(pool, ticketOf(row), said.has(row.id), rules) !== null)
}

/** → the ticket with its clock, or without; null: nothing is missing, and nothing too much */
async function give(pool: Pool, seen: Ticket, said: boolean, rules: Rules): Promise<Ticket | null> {
  if (leftBehind(seen, said, rules, Date.now()) === null) return null
  return withPen(pool, () => rules, async (pen) => {
    const before = await pen.lock(seen.id)
    const actId = idFrom(`hall-clock ${before.id} ${before.version}`)
    const { now } = await pen.status(actId)
    const after = leftBehind(before, said, rules, now)
    return after === null ? null : pen.write({ before, after, actId, act: 'hall-clock', at: now, by: null, changes: difference(before, after), note: '', met: [], notices: [] })
  })
}
