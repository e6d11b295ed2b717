import type { Pool } from 'pg'
import { difference } from '../dispatch/core/changes.js'
import { leftBehind } from '../dispatch/core/left-behind.js'
import type { Rules } from '../dispatch/core/rules.js'
import { idFrom } from '../dispatch/ids.js'
import { eachTicket, type OnFailed } from './each-ticket.js'
import { ticketOf } from './rows.js'
import { WITHOUT_HALL_CLOCK } from './sql/dispatch.js'
import { withPen } from './with-pen.js'

/**
 * Gives the hall's clock to what lies there without one, by a program that knew none: once at each start of a node, so that the last one to be renewed finds what those before it left.
 * May be done by several, and again. → how many tickets have one now
 */
export async function giveHallClocks(pool: Pool, rules: Rules, onFailed: OnFailed): Promise<number> {
  // At a county clocks are the city's word.
  if (rules.home !== undefined) return 0
  const { rows } = await pool.query<{ id: string; said: boolean }>(WITHOUT_HALL_CLOCK)
  const said = new Set(rows.flatMap((row) => (row.said ? [row.id] : [])))
  return eachTicket(pool, rows.map(({ id }) => id), onFailed, async (row) => {
    if (leftBehind(ticketOf(row), said.has(row.id), rules, Date.now()) === null) return false
    return withPen(pool, () => rules, async (pen) => {
      const before = await pen.lock(row.id)
      const actId = idFrom(`hall-clock ${before.id} ${before.version}`)
      const { now } = await pen.status(actId)
      const after = leftBehind(before, said.has(before.id), rules, now)
      if (after === null) return false
      await pen.write({ before, after, actId, act: 'hall-clock', at: now, by: null, changes: difference(before, after), note: '', met: [], notices: [] })
      return true
    })
  })
}
