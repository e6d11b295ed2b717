import type { TicketAct } from '../../contracts/acts.js'
import { LiandongError } from '../../contracts/errors.js'
import { classOf } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { TicketWork } from '../../contracts/work.js'
import { applyAct, doneAt } from './acts.js'
import { deliver, undelivered } from './clocks.js'
import { shownTo } from './privacy.js'
import type { Rules } from './rules.js'

/** How far a county's clock may be off before people are told, ms. */
export const MOST_SKEW = 60_000

/**
 * When an act really was: the county's word, as far as we know better ourselves. Nothing was done before the ticket was given, nor after the message about it came.
 * `off`: by how much the word was wrong, ms; 0: it counts as it is.
 */
export function boundedTime(claimed: number, notBefore: number, notAfter: number): { readonly at: number; readonly off: number } {
  const at = Math.max(Math.min(notBefore, notAfter), Math.min(claimed, notAfter))
  return { at, off: claimed - at }
}

/** The act as of `at`. An act from paper carries its own time. */
export const timed = (act: TicketAct, at: number): TicketAct => ('paper' in act ? { ...act, paper: { ...act.paper, doneAt: at } } : act)

/** A ticket as a county holds it: what its units may see, and nothing that points at what the city alone has. */
export function shownToCounty(ticket: Ticket): Ticket {
  return { ...shownTo(ticket, 'county'), operatorId: null, tags: [], state: ticket.state === 'merged' ? 'void' : ticket.state, work: { ...ticket.work, mergedInto: null } }
}

/**
 * Clocks as a county has them: the city's fire, each once. Those of its own units would come to their stages here while the line is cut, for its own people;
 * whether a unit was reached, and what the hall and others owe, is shown and no more.
 */
export const heldAt = (units: readonly string[], work: TicketWork): TicketWork =>
  ({ ...work, clocks: work.clocks.map((clock) => (clock.clock !== 'delivery' && clock.unitId !== null && units.includes(clock.unitId) ? clock : { ...clock, next: null })) })

/** What of a county's the city has not told back yet. */
export type Pending =
  | { readonly type: 'act'; readonly act: TicketAct; readonly unitId: string; readonly byId: string; readonly at: number }
  | { readonly type: 'receipt'; readonly unitId: string; readonly at: number }

/**
 * The city's word on a ticket, with what the county did and the city had not heard of when it spoke. What does not go together any more is left out here:
 * the city will say so, and a person decides. Pure.
 */
export function rebase(city: Ticket, pending: readonly Pending[], rules: Rules): Ticket {
  let ticket = city
  for (const one of pending) {
    if (one.type === 'receipt') {
      if (undelivered(ticket, one.unitId)) ticket = deliver(ticket, one.unitId, rules, one.at)
      continue
    }
    try {
      ticket = { ...applyAct(ticket, one.act, { role: 'unit', id: one.byId, unitId: one.unitId }, { now: Math.max(one.at, doneAt(one.act, one.at)), rules }).ticket, version: city.version }
    } catch (error) {
      if (!(error instanceof LiandongError)) throw error
    }
  }
  return ticket
}

/**
 * What a named person has to do first, so that what a unit did is legal again. `leads`: it has to lead for it, else it helps whoever does; `anew`: work on
 * what was reported goes on. `newId`: an id for the n-th of them. Pure.
 */
export function bringBack(ticket: Ticket, { unitId, leads, anew }: { readonly unitId: string; readonly leads: boolean; readonly anew: boolean }, note: string, newId: (n: number) => string): readonly TicketAct[] {
  const acts: TicketAct[] = []
  const add = (act: (ids: { readonly actId: string; readonly baseVersion: number }) => TicketAct): void => { acts.push(act({ actId: newId(acts.length), baseVersion: ticket.version + acts.length })) }
  const { state, unitId: lead, work: { assist } } = ticket
  const closed = classOf(state) === 'closed' || state === 'merged'
  const missing = !leads && lead !== unitId && !assist.includes(unitId)
  const helpers = missing ? { assist: [...assist, unitId] } : {}
  if (closed) add((ids) => ({ ...ids, act: 'reopen', note }))
  if (lead === null && !leads && (state === 'returned' || state === 'ruling')) {
    // Whoever helps may, while nobody owns it.
    if (missing) add((ids) => ({ ...ids, act: 'assist', assist: [...assist, unitId], note }))
  } else if (lead === null) add((ids) => ({ ...ids, act: 'dispatch', unitId, note }))
  else if (leads && lead !== unitId) add((ids) => ({ ...ids, act: 'reassign', unitId, note }))
  else if (state === 'referred' && anew) add((ids) => ({ ...ids, act: 'dispatch', unitId: lead, ...helpers, note }))
  else {
    if (anew && (state === 'reported' || state === 'visited')) add((ids) => ({ ...ids, act: 'redo', note }))
    if (missing) add((ids) => ({ ...ids, act: 'assist', assist: [...assist, unitId], note }))
  }
  return acts
}
