import type { Stage } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { RunningClock } from '../../contracts/work.js'
import { advance } from './clocks.js'
import { toCaller, type NoticeDraft } from './notices.js'
import type { Moved } from './unit-acts.js'

/** History names of the stages of a clock. */
export const STAGE_ACTS: Readonly<Record<Stage, string>> = { warn: 'warn', urge: 'urge-clock', supervise: 'supervise-clock', notice: 'notice-clock' }

/** A clock that runs has come to a stage: who hears of it, and what the ticket carries from now on. Pure. */
export function fire(before: Ticket, run: RunningClock, stage: Stage): { readonly ticket: Ticket; readonly act: string; readonly notices: readonly NoticeDraft[] } {
  const { clock, unitId } = run
  const work = advance(before.work, run)
  // The unit is supervised for what it owes, not for what the hall does.
  const supervised = work.supervised || (stage === 'supervise' && clock !== 'delivery' && unitId !== null)
  const ticket: Ticket = { ...before, version: before.version + 1, work: { ...work, supervised } }
  return { ticket, act: clock === 'delivery' && stage !== 'warn' ? 'undelivered' : STAGE_ACTS[stage], notices: told(run, stage, before).map((notice) => ({ ...notice, clock, ...(unitId !== null && { about: unitId }), ...(typeof notice.to === 'object' && 'stage' in notice.to && { due: run.at.urge }) })) }
}

function told({ clock, unitId, tells }: RunningClock, stage: Stage, { unitId: lead, work }: Ticket): readonly NoticeDraft[] {
  if (clock === 'delivery') {
    // A unit that does not hear is not helped by more notices to it: the hall takes the telephone.
    if (stage === 'warn') return unitId === null ? [] : [{ kind: tells ?? 'dispatch', to: { unitId }, again: true }]
    // While the first alarm still stands nobody needs a second one beside it.
    return [{ kind: 'undelivered', to: 'hall', ...(stage !== 'urge' && { again: true }) }, ...(stage === 'urge' ? [] : [{ kind: 'undelivered', to: { stage: stage === 'supervise' ? 'supervise' : 'notice', unitId } } as const])]
  }
  const own: NoticeDraft[] = unitId === null ? [{ kind: stage, to: 'hall' }] : [{ kind: stage, to: { unitId } }]
  // A hazard that nobody guards is the hall's business at once, and that of all who are on it, also while nobody owns it.
  const danger = clock === 'safe' ? [...(unitId === null ? [] : [{ kind: stage, to: 'hall' } as const]), ...[lead, ...work.assist].flatMap((one) => (one === null || one === unitId ? [] : [{ kind: stage, to: { unitId: one } }]))] : []
  const hall = stage === 'warn' || stage === 'urge' || unitId === null || clock === 'safe' ? [] : [{ kind: stage, to: 'hall' } as const]
  // Whose word is awaited hears of it too.
  const officer = clock === 'ruling' ? [{ kind: stage, to: { stage: 'ruling', unitId: null } } as const] : []
  return [...own, ...danger, ...hall, ...officer, { kind: stage, to: { stage, unitId } }]
}

/** A ticket closes with the one it follows; its caller is told what was done there. Pure. */
export function follow(member: Ticket, main: Ticket, now: number): Moved {
  const ticket: Ticket = { ...member, state: 'closed', version: member.version + 1, outcome: main.outcome, closedAt: now, work: { ...member.work, report: main.work.report, ...(main.work.told != null && { told: main.work.told }), referral: main.work.referral, clocks: [] } }
  return { ticket, notices: toCaller(ticket, 'closed') }
}

/** A ticket follows another from now on, by the system: many calls about one thing, or the one that it followed follows that. Pure. */
export function join(member: Ticket, mainId: string): Ticket {
  return { ...member, state: 'merged', version: member.version + 1, work: { ...member.work, mergedInto: mainId, clocks: [], disputes: [] } }
}

/** The one it follows was reopened: it waits for that again, as its caller does. Pure. */
export const followAgain = (member: Ticket): Moved =>
  ({ ticket: { ...member, state: 'merged', version: member.version + 1, outcome: null, closedAt: null, work: { ...member.work, ...(member.work.told != null && { told: null }), report: null, referral: null } }, notices: [] })

/** What the caller of the main ticket hears, whoever called about the same hears too. Pure. */
export const hear = (member: Ticket, told: NoticeDraft, { work }: Ticket): Moved =>
  ({ ticket: { ...member, version: member.version + 1 }, notices: toCaller(member, told.kind, work) })
