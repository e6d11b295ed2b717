import { ROAD_FIELDS } from '../../contracts/dispatch.js'
import { LIFE_CYCLE, STAGES, type Clock } from '../../contracts/life-cycle.js'
import type { Ticket, TicketFields } from '../../contracts/ticket.js'
import { PRIORITIES, type RunningClock, type TicketWork } from '../../contracts/work.js'
import { same } from './changes.js'
import { atHall, begin, beginDelivery, hazardous, hazardousAtHall, isOwed, over, running, saidSo, startClock, UNIT_CLOCKS, without } from './clocks.js'
import { stood, toUnits, unitsOf } from './notices.js'
import { isHazard, type Rules } from './rules.js'
import type { Moved } from './unit-acts.js'

type Times = RunningClock['at']

/** Stages of a limit that was not known until now: what would be over already comes now, and what follows keeps its distance, so that nobody is supervised for what he could not know. */
function fromNow(at: Times, now: number): Times {
  const late = now - at.urge
  return late <= 0 ? at : { warn: Math.min(at.warn, now), urge: now, supervise: at.supervise + late, notice: at.notice + late }
}

/** A clock whose limit became shorter, counted from its own start; one whose limit did not is as it was. No stage comes later than it would have, none twice. */
export function shorten(clock: RunningClock, limit: Times, now: number): RunningClock {
  if (clock.next === null || limit.urge >= clock.at.urge) return clock
  const sooner = fromNow(limit, now)
  const at: Times = { warn: Math.min(clock.at.warn, sooner.warn), urge: Math.min(clock.at.urge, sooner.urge), supervise: Math.min(clock.at.supervise, sooner.supervise), notice: Math.min(clock.at.notice, sooner.notice) }
  // Who is urged at this moment needs no warning of it.
  return { ...clock, at, next: clock.next === 'warn' && at.urge <= now ? 'urge' : clock.next }
}

/** What was before of a ticket that lies in the hall. */
export interface HallPast {
  /** Somebody said whether it is dangerous, as what it is about by now, and his word stands. */
  readonly said: boolean
  /** The hall's clocks that an edit ended, first to last, and what the ticket was about then. */
  readonly ended: readonly { readonly clock: Clock; readonly category: string | null; readonly startedAt: number; readonly endedAt: number }[]
}
const NO_PAST: HallPast = { said: false, ended: [] }

/** Whether an edit needs to know that: it may make a danger by its category, or begin a clock again that one before it ended, as what is owed nothing may be owed something by it. */
export function asksPast({ state, fields, work }: Ticket, changes: Partial<TicketFields>, rules: Rules): boolean {
  return state === 'open' && !work.hazard && (changes.kind !== undefined || changes.category !== undefined) && (!isOwed(fields, false) || isHazard(rules.clocks, { ...fields, ...changes }.category))
}

/** A clock that a wrong word ended goes on from its own beginning: what came before that word comes no second time, what would have come since comes now, and what follows keeps its distance. */
function resume(run: RunningClock, endedAt: number, now: number): RunningClock {
  const next = STAGES.find((stage) => run.at[stage] > endedAt) ?? null
  if (next === null) return { ...run, next }
  const late = Math.max(0, now - run.at[next])
  const moved = (stage: keyof Times): number => run.at[stage] + (STAGES.indexOf(stage) < STAGES.indexOf(next) ? 0 : late)
  return { ...run, next, at: { warn: moved('warn'), urge: moved('urge'), supervise: moved('supervise'), notice: moved('notice') } }
}

/** What begins in the hall by an edit and was ended by one: the hall is as late as it was, and alarmed as it was. What ran for another danger is no measure of this one; that it is to be sorted and find a unit is the same whatever it is about. */
function resumed(before: Ticket, begun: Ticket, { ended }: HallPast, rules: Rules, now: number): Moved {
  const again = begun.work.clocks.map((run) => {
    const past = running(before.work, run.clock) === undefined ? ended.findLast(({ clock, category }) => clock === run.clock && (clock === 'reassign' || category === begun.fields.category)) : undefined
    const whole = past === undefined ? null : startClock(run.clock, begun, null, rules, past.startedAt)
    if (past === undefined || whole === null) return { run, notices: [] }
    const on = resume(whole, past.endedAt, now)
    return { run: on, notices: stood(on) }
  })
  return { ticket: { ...begun, work: { ...begun.work, clocks: again.map(({ run }) => run) } }, notices: again.flatMap(({ notices }) => notices) }
}

/**
 * Hazard, priority or category of a ticket changed, or its kind before anybody has it: limits follow. They only become shorter, counted from the delivery; clocks that the new rules
 * know begin as of it; one that came by the category alone goes with it, or with the kind, while no unit has it; with the kind by which the hall owes it nothing goes the search for a unit; a danger is known from now on, and its clock begins now, the hall's as long as nobody has it. The units on it hear that it is graver. Pure.
 * @param past of a ticket in the hall; left out: nothing is known
 */
export function regrade(before: Ticket, wanted: Ticket, rules: Rules, now: number, past: HallPast = NO_PAST): Moved {
  const { clocks: legal } = LIFE_CYCLE[wanted.state]
  const category = wanted.fields.category !== before.fields.category
  // What lies in the hall is graded by what it is about and of what kind; with a unit, by what it is about.
  const open = wanted.state === 'open'
  const kind = open && wanted.fields.kind !== before.fields.kind
  // The key may have been pressed by mistake, or for another matter: with the kind, or with the next category, it may be none.
  const changed: Ticket = open && (category || kind) && wanted.work.hazardBy === 'category' ? { ...wanted, work: { ...saidSo(wanted.work), hazard: false } } : wanted
  const told = changed.work.hazard && !before.work.hazard
  // Where no clock of it runs it is known all the same, and not guarded by what was done about another.
  if (!legal.includes('safe')) return { ticket: { ...changed, work: { ...changed.work, ...(told && { safeAt: null }), clocks: changed.work.hazard ? changed.work.clocks : without(changed.work.clocks, 'safe') } }, notices: [] }
  if (!category && !kind && changed.work.priority === before.work.priority && changed.work.hazard === before.work.hazard) return { ticket: changed, notices: [] }
  // Who said that it is none said so of whatever kind it is.
  const asked = category || (kind && (!past.said || wanted.work.hazardBy === 'category'))
  const hazard = changed.work.hazard || (asked && (open ? hazardousAtHall : hazardous)(changed, rules))
  const danger = hazard && !before.work.hazard
  const owed = !open || isOwed(changed.fields, hazard)
  const work: TicketWork = { ...changed.work, ...(open && hazard && !changed.work.hazard && { hazardBy: 'category' }) }
  const next: Ticket = { ...changed, work: { ...work, hazard, safeAt: danger ? null : work.safeAt, clocks: hazard ? work.clocks : without(work.clocks, 'safe', ...owed ? [] : ['reassign' as const]) } }

  const limit = (ticket: Ticket, { clock, unitId, startedAt }: RunningClock): Times | undefined => startClock(clock, ticket, unitId, rules, startedAt)?.at
  const clocks = next.work.clocks.map((clock) => {
    const [was, is] = [limit(before, clock), limit(next, clock)]
    // Only where the rule itself is another: a limit that somebody extended stays.
    return is === undefined || (was !== undefined && is.urge >= was.urge) ? clock : shorten(clock, is, now)
  })
  const { deliveredAt } = next.work
  const added = deliveredAt === null ? [] : UNIT_CLOCKS.filter((clock) => clock !== 'safe' && legal.includes(clock) && !over(next.work, clock) && running(next.work, clock) === undefined && startClock(clock, before, next.unitId, rules, deliveredAt) === null)
    .flatMap((clock) => { const begun = startClock(clock, next, next.unitId, rules, deliveredAt); return begun === null ? [] : [{ ...begun, at: fromNow(begun.at, now), next: begun.at.urge <= now ? 'urge' as const : begun.next }] })
  const graded: Ticket = { ...next, work: { ...next.work, clocks: [...clocks, ...added] } }
  if (open) return resumed(before, atHall(graded, rules, now), past, rules, now)
  // Before the unit has it nothing of its runs; the delivery finds the hazard. Nobody's is the hall's, also where no delivery will come.
  const owner = deliveredAt === null && !legal.includes('delivery') ? null : graded.unitId
  const guarded = !over(graded.work, 'safe') && (deliveredAt !== null || owner === null) ? { ...graded, work: { ...graded.work, clocks: begin(graded, ['safe'], owner, rules, now) } } : graded
  const graver = danger || PRIORITIES.indexOf(work.priority) < PRIORITIES.indexOf(before.work.priority) || added.length > 0 || clocks.some((clock, n) => clock !== next.work.clocks[n])
  if (!graver || guarded.unitId === null) return { ticket: guarded, notices: [] }
  // Until they confirm it nobody may take it for known.
  return { ticket: { ...guarded, work: { ...guarded.work, clocks: beginDelivery(guarded, rules, now, unitsOf(guarded), 'raised') } }, notices: toUnits(guarded, 'raised') }
}

/**
 * Who is on the road hears that it is somewhere else, or about something else, than he was told; what makes it graver says it too (`regrade`). Until he confirms it nobody may take it for known. Pure.
 * @param moved what else an edit made of the ticket
 */
export function corrected(before: Ticket, moved: Moved, rules: Rules, now: number): Moved {
  const { ticket, notices } = moved
  const changed = ROAD_FIELDS.filter((field) => !same(before.fields[field], ticket.fields[field]))
  const { state, work: { hazard, safeAt } } = ticket
  // Whom a danger was left to goes there still, whatever else of it was referred.
  const working = LIFE_CYCLE[state].clocks.includes('delivery') || (state === 'referred' && hazard && safeAt === null)
  if (changed.length === 0 || !working || notices.some(({ kind }) => kind === 'raised')) return moved
  const units = unitsOf(ticket)
  return { ticket: { ...ticket, work: { ...ticket.work, clocks: beginDelivery(ticket, rules, now, units, 'changed') } }, notices: [...notices, ...units.map((unitId) => ({ kind: 'changed', to: { unitId }, changed } as const))] }
}
