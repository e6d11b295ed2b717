import type { Pool } from 'pg'
import { STAGES } from '../contracts/life-cycle.js'
import type { Ticket } from '../contracts/ticket.js'
import type { RunningClock } from '../contracts/work.js'
import { startClock } from '../dispatch/core/clocks.js'
import { difference, plain } from '../dispatch/core/changes.js'
import { shorten } from '../dispatch/core/regrade.js'
import type { Rules } from '../dispatch/core/rules.js'
import { idFrom } from '../dispatch/ids.js'
import { eachTicket, type OnFailed } from './each-ticket.js'
import { ticketOf } from './rows.js'
import { readRules } from './rules.js'
import { READ_RECOUNTS, RECOUNT_UNLOCK, RECOUNTED, RUNNING_OF_UNITS, TRY_RECOUNT_LOCK } from './sql/dispatch.js'
import type { Pen } from './ticket-pen.js'
import { withPen } from './with-pen.js'

/** By then every node counts by the new calendar, which it reads four times within: what one delivered by the old one until then is found too, ms. */
const SETTLED = 60_000

/** A limit that is later by the new calendar: what came by the old one and lies ahead again comes again; nothing that did not come is passed over. */
function lengthen(run: RunningClock, at: RunningClock['at'], now: number): RunningClock {
  const ahead = STAGES.findIndex((stage) => at[stage] > now)
  const left = run.next === null ? STAGES.length : STAGES.indexOf(run.next)
  return { ...run, at, next: STAGES[Math.min(left, ahead < 0 ? STAGES.length : ahead)] ?? null }
}

/** Limits that run are what the new calendar makes of them, where the old one made them; what would be over by it comes now, and what follows at its distance; one that somebody extended stays. Null: nothing moves. */
function recounted(ticket: Ticket, before: Rules, after: Rules, now: number): Ticket | null {
  const clocks = ticket.work.clocks.map((run) => {
    if (run.unitId === null || run.clock === 'delivery') return run
    const [was, is] = [before, after].map((rules) => startClock(run.clock, ticket, run.unitId, rules, run.startedAt)?.at)
    return was !== undefined && is !== undefined && plain(was) === plain(run.at) && plain(was) !== plain(is) ? is.urge < run.at.urge ? shorten(run, is, now) : lengthen(run, is, now) : run
  })
  return clocks.every((run, n) => run === ticket.work.clocks[n]) ? null : { ...ticket, version: ticket.version + 1, work: { ...ticket.work, clocks } }
}

/** → whether its limits moved */
async function recountOne(pen: Pen, id: string, before: Rules, after: Rules): Promise<boolean> {
  const ticket = await pen.lock(id)
  const actId = idFrom(`recount ${id} ${ticket.version}`)
  const { now } = await pen.status(actId)
  const next = recounted(ticket, before, after, now)
  if (next === null) return false
  await pen.write({ before: ticket, after: next, actId, act: 'recount', at: now, by: null, changes: difference(ticket, next), note: '', met: [], notices: [] })
  return true
}

/** Counts the limits of everything that units have in hand anew, after another calendar was loaded: a year that nobody knew was Monday to Friday until then. What was counted already stays, and one that cannot be counted stops none. → how many tickets moved */
export async function recount(pool: Pool, before: Rules, after: Rules, onUncounted: OnFailed): Promise<number> {
  const { rows } = await pool.query<{ id: string }>(RUNNING_OF_UNITS)
  // Nobody's hands are held up for what does not move.
  return eachTicket(pool, rows.map(({ id }) => id), onUncounted, async (row) => recounted(ticketOf(row), before, after, Date.now()) !== null && withPen(pool, () => after, (pen) => recountOne(pen, row.id, before, after)))
}

interface RecountRow { readonly id: string; readonly days: Readonly<Record<string, 'holiday' | 'workday'>>; readonly years: readonly number[]; readonly settled: boolean }

/**
 * The same for every calendar that was replaced, as the imports kept them: twice each, however many nodes there are. Once by the import, or, where that was interrupted, by the first that
 * comes; and once when no node counts by the old one any more. → how many tickets moved; none where somebody else is counting
 */
export async function recountDue(pool: Pool, timeZone: string, onUncounted: OnFailed): Promise<number> {
  if ((await pool.query(READ_RECOUNTS, [SETTLED])).rowCount === 0) return 0
  return alone(pool, async () => {
    const { rows } = await pool.query<RecountRow>(READ_RECOUNTS, [SETTLED])
    const after = await readRules(pool, timeZone)
    let moved = 0
    // At a county clocks are the city's word.
    for (const { days, years } of after.home === undefined ? rows : []) moved += await recount(pool, { ...after, calendar: { ...after.calendar, days: new Map(Object.entries(days)), years: new Set(years) } }, after, onUncounted)
    await pool.query(RECOUNTED, [rows.map(({ id }) => id), rows.filter(({ settled }) => settled || after.home !== undefined).map(({ id }) => id)])
    return moved
  })
}

/** Counts unless somebody else does. A connection that breaks ends the lock, and somebody else may count besides. */
async function alone(pool: Pool, count: () => Promise<number>): Promise<number> {
  const client = await pool.connect()
  let fit = false
  try {
    const { rows: [row] } = await client.query<{ mine: boolean }>(TRY_RECOUNT_LOCK)
    const moved = row?.mine === true ? await count() : 0
    if (row?.mine === true) await client.query(RECOUNT_UNLOCK)
    fit = true
    return moved
  } finally {
    // Whoever was interrupted leaves no lock behind.
    client.release(!fit)
  }
}
