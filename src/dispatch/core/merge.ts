import { LIFE_CYCLE } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import { PRIORITIES, type RunningClock } from '../../contracts/work.js'
import { hazardous, heardHere, running, saidSo, takeOver, without } from './clocks.js'
import { stood, unitsOf } from './notices.js'
import { regrade } from './regrade.js'
import type { Rules } from './rules.js'
import type { Moved } from './unit-acts.js'

/** A danger that nobody guards yet, also not where the other ticket leads. Who calls about what is guarded already says nothing new, unless somebody wrote down that it is dangerous. */
function unguarded({ work: { hazard, safeAt } }: Ticket, member: Ticket, rules: Rules): boolean {
  if (member.work.safeAt !== null) return false
  return hazard && safeAt !== null ? member.work.hazard && member.openedAt > safeAt : hazardous(member, rules)
}

const sooner = (a: RunningClock | undefined, b: RunningClock): RunningClock => (a !== undefined && a.at.urge <= b.at.urge ? a : b)

/**
 * The main ticket with one more that follows it, and with whoever followed that. What was known there of danger and urgency is known here from now on, and a clock that runs until it is safe
 * goes on as it was with the unit whose it is, else with the hall; who has the main ticket has its own from now on. The units that have it hear that it is graver, and the hall once more of what it was told there of the danger. Null: there is a danger that it cannot take over as it stands. Pure.
 */
export const takeIn = (main: Ticket, member: Ticket, rules: Rules, now: number): Moved | null => learn({ ...main, work: { ...main.work, members: main.work.members + 1 + member.work.members } }, member, rules, now)

/** What a ticket that follows tells of danger and urgency, also when it is learnt only after the merge. Null: there is a danger that the main ticket cannot take over as it stands. Pure. */
export function learn(main: Ticket, member: Ticket, rules: Rules, now: number): Moved | null {
  const danger = unguarded(main, member, rules)
  const safe = running(member.work, 'safe')
  const guards = LIFE_CYCLE[main.state].clocks.includes('safe')
  // Nor is one that a unit has left to nobody.
  if (danger && (!guards || (main.state === 'open' && safe !== undefined && safe.unitId !== null))) return null
  const { hazard, safeAt, priority } = main.work
  // Known and unsafe already: nothing is new about it.
  const isNew = danger && !(hazard && safeAt === null)
  const graver = PRIORITIES[Math.min(PRIORITIES.indexOf(priority), PRIORITIES.indexOf(member.work.priority))] ?? priority
  const joined: Ticket = { ...main, work: { ...(danger ? saidSo(main.work) : main.work), priority: graver, hazard: hazard || danger, safeAt: isNew ? null : safeAt } }
  const { ticket, notices } = regrade({ ...main, work: { ...main.work, hazard: hazard && !isNew } }, joined, rules, now)
  if (!danger || safe === undefined) return { ticket, notices }
  const own = running(ticket.work, 'safe')
  const theirs: RunningClock = heardHere(safe.unitId !== null && unitsOf(ticket).includes(safe.unitId) ? safe : { ...safe, unitId: null }, now)
  if (own !== undefined && own.unitId !== null && own.unitId !== theirs.unitId) return { ticket, notices }
  const kept = own === undefined || (own.unitId === null && theirs.unitId !== null) ? theirs : sooner(own, theirs)
  const clocks = [...without(ticket.work.clocks, 'safe'), kept]
  const guarded = ticket.unitId === null || ticket.work.deliveredAt === null ? clocks : takeOver(ticket, clocks, ticket.unitId, rules, now)
  // The alarm of a ticket that follows another is over, the danger is not. One that comes to its last stage once more is told by that.
  const alarm = kept !== theirs || (safe.next === null && guarded.includes(theirs)) ? [] : stood(safe).map((one) => ({ ...one, ...(theirs.unitId !== null && { about: theirs.unitId }) }))
  return { ticket: { ...ticket, work: { ...ticket.work, clocks: guarded } }, notices: [...notices, ...alarm] }
}
