import type { Pool } from 'pg'
import { startClock } from '../dispatch/core/clocks.js'
import { difference, plain } from '../dispatch/core/changes.js'
import { shorten } from '../dispatch/core/regrade.js'
import type { Rules } from '../dispatch/core/rules.js'
import type { Ticket } from '../contracts/ticket.js'
import { idFrom } from '../dispatch/ids.js'
import { RUNNING_OF_UNITS } from './sql/dispatch.js'
import { withPen } from './ticket-pen.js'

/** Limits that run are what the new calendar makes of them, where the old one made them; what would be over by it comes now, and what follows at its distance; one that somebody extended stays. Null: nothing moves. */
function recounted(ticket: Ticket, before: Rules, after: Rules, now: number): Ticket | null {
  const clocks = ticket.work.clocks.map((run) => {
    if (run.unitId === null || run.clock === 'delivery') return run
    const [was, is] = [before, after].map((rules) => startClock(run.clock, ticket, run.unitId, rules, run.startedAt)?.at)
    return was !== undefined && is !== undefined && plain(was) === plain(run.at) && plain(was) !== plain(is) ? is.urge < run.at.urge ? shorten(run, is, now) : { ...run, at: is } : run
  })
  return clocks.every((run, n) => run === ticket.work.clocks[n]) ? null : { ...ticket, version: ticket.version + 1, work: { ...ticket.work, clocks } }
}

/** Counts the limits of everything that units have in hand anew, after another calendar was loaded: a year that nobody knew was Monday to Friday until then. → how many tickets moved */
export async function recount(pool: Pool, before: Rules, after: Rules): Promise<number> {
  const { rows } = await pool.query<{ id: string }>(RUNNING_OF_UNITS)
  let moved = 0
  for (const { id } of rows) {
    await withPen(pool, () => after, async (pen) => {
      const ticket = await pen.lock(id)
      const actId = idFrom(`recount ${id} ${ticket.version}`)
      const { now } = await pen.status(actId)
      const next = recounted(ticket, before, after, now)
      if (next === null) return
      await pen.write({ before: ticket, after: next, actId, act: 'recount', at: now, by: null, changes: difference(ticket, next), note: '', met: [], notices: [] })
      moved += 1
    })
  }
  return moved
}
