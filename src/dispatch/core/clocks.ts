import type { ActOf, TicketAct } from '../../contracts/acts.js'
import { LiandongError } from '../../contracts/errors.js'
import { LIFE_CYCLE, STAGES, type Clock, type Stage } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { Priority, RunningClock, TicketWork } from '../../contracts/work.js'
import { addWorking, withoutGaps } from './calendar.js'
import { clockRules, isHazard, type ClockRule, type Rules } from './rules.js'

/** Of the whole limit, when each stage comes. `urge` is the due moment. */
const LADDER: Readonly<Record<Stage, number>> = { warn: 0.75, urge: 1, supervise: 1.5, notice: 2 }
/** Nothing said that a unit has the ticket: after this the hall is told, well within a minute. ms */
const DELIVERY: Readonly<Record<Stage, number>> = { warn: 25_000, urge: 45_000, supervise: 5 * 60_000, notice: 15 * 60_000 }

/** Clocks of a unit that begin when it has the ticket. */
export const UNIT_CLOCKS = ['sign', 'arrive', 'safe', 'repair', 'report'] as const satisfies readonly Clock[]

/** A clock from `start` on; null when no rule knows it for this ticket. */
export function startClock(clock: Clock, ticket: Ticket, unitId: string | null, rules: Rules, start: number): RunningClock | null {
  if (clock === 'delivery') {
    return { clock, unitId, startedAt: start, at: { warn: start + DELIVERY.warn, urge: start + DELIVERY.urge, supervise: start + DELIVERY.supervise, notice: start + DELIVERY.notice }, next: 'warn' }
  }
  const limit = limitOf(clock, ticket.fields.category, ticket.work.priority, unitId, rules, start)
  return limit === null ? null : { clock, unitId, startedAt: start, at: limit.at, next: 'warn' }
}

/** The rule by which a clock from `start` on is over first, and when each stage comes; null: none knows it. Working time and time on the wall are compared by where they end. */
export function limitOf(clock: Clock, category: string | null, priority: Priority, unitId: string | null, rules: Rules, start: number): { readonly rule: ClockRule; readonly at: RunningClock['at'] } | null {
  const unit = unitId === null ? undefined : rules.units.get(unitId)
  const after = (rule: ClockRule, share: number): number => {
    const ms = Math.round(rule.minutes * 60_000 * share)
    if (rule.hours !== 'office' || unit === undefined || unit.standby) return start + ms
    try {
      return addWorking(start, ms, unit.hours, rules.calendar)
    } catch (error) {
      // A missing year must not stop a dispatch; `doctor` and the log say what is missing.
      if (error instanceof LiandongError) return addWorking(start, ms, unit.hours, withoutGaps(rules.calendar))
      throw error
    }
  }
  const [first] = clockRules(rules.clocks, clock, category, priority).map((rule) => ({ rule, due: after(rule, LADDER.urge) })).sort((a, b) => a.due - b.due)
  if (first === undefined) return null
  const { rule, due } = first
  return { rule, at: { warn: after(rule, LADDER.warn), urge: due, supervise: after(rule, LADDER.supervise), notice: after(rule, LADDER.notice) } }
}

/** This clock of a ticket, while it runs. */
export const running = (work: TicketWork, clock: Clock): RunningClock | undefined => work.clocks.find((one) => one.clock === clock)
/** The clocks but for those that ended. */
export const without = (clocks: readonly RunningClock[], ...ended: readonly Clock[]): RunningClock[] => clocks.filter(({ clock }) => !ended.includes(clock))

/** A danger that somebody stands for, by whatever way it is known. */
export function saidSo(work: TicketWork): TicketWork {
  const said = { ...work }
  delete said.hazardBy
  return said
}

/** Adds clocks that do not run yet. */
export function begin(ticket: Ticket, clocks: readonly Clock[], unitId: string | null, rules: Rules, now: number): RunningClock[] {
  const added = clocks.filter((clock) => running(ticket.work, clock) === undefined).flatMap((clock) => startClock(clock, ticket, unitId, rules, now) ?? [])
  return [...ticket.work.clocks, ...added]
}

/** The units that do not wait for it yet: `delivery` runs for each until it has the ticket as it is now. */
export function beginDelivery(ticket: Ticket, rules: Rules, now: number, units: readonly string[], tells?: RunningClock['tells']): RunningClock[] {
  const added = units.filter((unitId) => !awaits(ticket.work, unitId)).flatMap((unitId) => startClock('delivery', ticket, unitId, rules, now) ?? [])
  return [...ticket.work.clocks, ...added.map((clock) => (tells === undefined ? clock : { ...clock, tells }))]
}

/** A unit has not confirmed yet what it was told of a ticket. */
const awaits = ({ clocks }: TicketWork, unitId: string): boolean => clocks.some((one) => one.clock === 'delivery' && one.unitId === unitId)

/** Would a receipt of this unit say something new? */
export const undelivered = ({ unitId: lead, state, work }: Ticket, unitId: string): boolean =>
  awaits(work, unitId) || (lead === unitId && work.deliveredAt === null && LIFE_CYCLE[state].clocks.includes('delivery'))

/** Clocks that may not run in the ticket's state end. */
export const allowed = (ticket: Ticket): RunningClock[] => ticket.work.clocks.filter(({ clock }) => LIFE_CYCLE[ticket.state].clocks.includes(clock))

/** What a unit has done already: its clock begins no more. */
export const over = ({ signedAt, arrivedAt, hazard, safeAt }: TicketWork, clock: (typeof UNIT_CLOCKS)[number]): boolean =>
  (clock === 'sign' && signedAt !== null) || (clock === 'arrive' && arrivedAt !== null) || (clock === 'safe' && (!hazard || safeAt !== null))

/** The hall owes it something: nobody said yet of what kind it is, or a unit is to be found, for a request for joint service or a danger. Whatever else was sorted is handed over, answered or none. */
export const isOwed = ({ kind }: Pick<Ticket['fields'], 'kind'>, hazard: boolean): boolean => kind === null || kind === 'joint-service' || hazard

/** What no unit was given yet is the hall's: it has a clock until it is sorted and one has it, and a danger its own besides. */
export function atHall(ticket: Ticket, rules: Rules, now: number): Ticket {
  const { fields, work } = ticket
  const clocks: Clock[] = [...(over(work, 'safe') ? [] : ['safe' as const]), ...(isOwed(fields, work.hazard) ? ['reassign' as const] : [])]
  return { ...ticket, work: { ...work, clocks: begin(ticket, clocks, null, rules, now) } }
}

/** A unit has the ticket as it is now. The first time its clocks run from now on, its own for a danger too: what the hall let go by stays on the hall's record. Who helps guards for the one that leads, once the hall's clock has come to its last stage. */
export function deliver(ticket: Ticket, unitId: string, rules: Rules, now: number): Ticket {
  const lead = unitId === ticket.unitId
  const wanted = (lead ? ticket.work.deliveredAt === null ? UNIT_CLOCKS : [] : (['safe'] as const)).filter((clock) => !over(ticket.work, clock))
  const rest = ticket.work.clocks.filter((one) => one.clock !== 'delivery' || one.unitId !== unitId)
  const clocks = lead || running(ticket.work, 'safe')?.next === null ? takeOver(ticket, rest, unitId, rules, now) : rest
  const work = { ...ticket.work, clocks, ...(lead ? { deliveredAt: ticket.work.deliveredAt ?? now } : {}) }
  const next = { ...ticket, work }
  return { ...next, work: { ...work, clocks: begin(next, wanted, unitId, rules, now) } }
}

/** A danger that was the hall's is this unit's, from now on and with all stages; where no rule knows its limit it has as long as the hall had. */
export const takeOver = (ticket: Ticket, clocks: readonly RunningClock[], unitId: string, rules: Rules, now: number): RunningClock[] => clocks.map((run) => {
  if (run.clock !== 'safe' || run.unitId !== null) return run
  const later = now - run.startedAt
  return startClock('safe', ticket, unitId, rules, now) ?? { ...run, unitId, startedAt: now, at: { warn: run.at.warn + later, urge: run.at.urge + later, supervise: run.at.supervise + later, notice: run.at.notice + later }, next: 'warn' }
})

/** Whose danger it is from now on: a unit that is on the ticket no more is urged no more, and its clock goes on as the hall's, from where it began, until another has it. */
export const guardedBy = (units: readonly string[], clocks: readonly RunningClock[]): RunningClock[] =>
  clocks.map((one) => (one.clock === 'safe' && one.unitId !== null && !units.includes(one.unitId) ? { ...one, unitId: null } : one))

/** Of a clock that is taken over, and has come to its last stage elsewhere, whoever has it now hears once more. */
export const heardHere = (run: RunningClock, now: number): RunningClock => (run.next === null ? { ...run, at: { ...run.at, notice: now }, next: 'notice' } : run)

/** The stage after this one, or null. */
const stageAfter = (stage: Stage): Stage | null => STAGES[STAGES.indexOf(stage) + 1] ?? null

/** Moves every stage of a clock so that it is due at `due`; the next stage is the first that has not come. */
export function extend(clock: RunningClock, due: number, now: number): RunningClock {
  const late = due - clock.at.urge
  const at = { warn: Math.round(now + (due - now) * LADDER.warn), urge: due, supervise: clock.at.supervise + late, notice: clock.at.notice + late }
  return { ...clock, at, next: STAGES.find((stage) => at[stage] > now) ?? null }
}

/** The stage that is due now of each clock; the database's time decides. */
export function dueStages(work: TicketWork, now: number): readonly { readonly run: RunningClock; readonly stage: Stage; readonly at: number }[] {
  return work.clocks.flatMap((run) => (run.next !== null && run.at[run.next] <= now ? [{ run, stage: run.next, at: run.at[run.next] }] : []))
}

/** Takes a stage off a clock: it has come. */
export const advance = (work: TicketWork, { clock, unitId }: RunningClock): TicketWork =>
  ({ ...work, clocks: work.clocks.map((one) => (one.clock === clock && one.unitId === unitId && one.next !== null ? { ...one, next: stageAfter(one.next) } : one)) })

/** Whether a ticket of this category carries two clocks, unless somebody said otherwise. */
export const hazardous = (ticket: Ticket, rules: Rules): boolean => ticket.work.hazard || isHazard(rules.clocks, ticket.fields.category)
/** Nobody is to be sent, as somebody said: a question, or a call that was none. */
export const nobodyIsSent = ({ kind }: Ticket['fields']): boolean => kind === 'consultation' || kind === 'invalid'
/** The same before a unit has it: whom nobody is to be sent to is in no danger by his category alone, which may be a key that he pressed. */
export const hazardousAtHall = (ticket: Ticket, rules: Rules): boolean => (nobodyIsSent(ticket.fields) ? ticket.work.hazard : hazardous(ticket, rules))

/** Clocks that an act meets; whatever else ends with it was dropped. */
const MEETS: Readonly<Partial<Record<TicketAct['act'], readonly Clock[]>>> = {
  'deliver': ['delivery'], 'sign': ['delivery', 'sign'], 'progress': ['delivery', 'sign'], 'report': ['delivery', 'sign', 'arrive', 'safe', 'repair', 'report'], 'return': ['delivery'], 'ask-extension': ['delivery'], 'dispatch': ['reassign'], 'reassign': ['reassign'], 'settle': ['reassign'], 'refer': ['reassign'],
  'visit': [], 'close': ['review'], 'redo': ['review'], 'rule': ['ruling'], 'confirm-receipt': ['receipt'], 'answer-extension': ['extension'],
}
const STEP_MEETS: Readonly<Record<ActOf<'progress'>['step'], readonly Clock[]>> = { 'note': [], 'arrived': ['arrive'], 'made-safe': ['arrive', 'safe'], 'repaired': ['arrive', 'repair'] }

/** Which clocks, of those that ended, ended because what they waited for was done: with whoever has the ticket then, what the hall had to do about a danger too. */
export function metBy(act: TicketAct): readonly Clock[] {
  const met = endedBy(act)
  return met.includes('delivery') ? [...met, 'safe'] : met
}

/** Clocks that an act ends by what it says. */
export function endedBy(act: TicketAct): readonly Clock[] {
  // Who says that it is not done says neither that he was there nor that it is mended.
  if (act.act === 'report' && act.result === 'not-done') return ['delivery', 'sign', 'report']
  return [...MEETS[act.act] ?? [], ...(act.act === 'progress' ? STEP_MEETS[act.step] : [])]
}
