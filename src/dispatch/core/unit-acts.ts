import type { ActOf } from '../../contracts/acts.js'
import type { Ticket } from '../../contracts/ticket.js'
import { putOffFrom, type Dispute, type Return, type TicketWork } from '../../contracts/work.js'
import { begin, deliver, endedBy, guardedBy, heardHere, undelivered, without } from './clocks.js'
import type { NoticeDraft } from './notices.js'
import { cited, heldTo, refuse, tooFar } from './refusal.js'
import type { Rules } from './rules.js'

/** A ticket that is given back so often is for a binding ruling. */
export const MOST_RETURNS = 2

/** What an act itself makes of a ticket, before its clocks are judged by the table. */
export interface Moved { readonly ticket: Ticket; readonly notices: readonly NoticeDraft[] }

export type UnitAct = ActOf<'sign' | 'progress' | 'report' | 'return' | 'dispute' | 'ask-extension' | 'assign'>

/** What a unit does to a ticket that it leads or assists. `next` is `before` as the table moves it. @param entered when it was written down @param heard when the hall learns of it, and its own clocks begin @throws LiandongError `ticket.illegal`, `ticket.duty-unknown` */
export function performUnit(next: Ticket, before: Ticket, act: UnitAct, who: { readonly unitId?: string | undefined }, rules: Rules, now: number, entered: number, heard: number): Moved {
  const unitId = who.unitId ?? ''
  const lead = before.unitId === unitId
  // Who works has it: a receipt that got lost stops no clock from running, nor from being met.
  const { work } = undelivered(before, unitId) && act.act !== 'dispute' && act.act !== 'assign' ? deliver(next, unitId, rules, now) : next
  // What others have not heard of they have not heard of.
  const ended = without(work.clocks, ...endedBy(act).filter((clock) => clock !== 'delivery'))
  const staying = { state: before.state }
  switch (act.act) {
    case 'sign':
      if (!lead) return { ticket: { ...next, ...staying, work }, notices: [] }
      return { ticket: { ...next, work: { ...work, signedAt: work.signedAt ?? now, clocks: ended } }, notices: [] }
    case 'progress': {
      const safe = act.step === 'made-safe' ? { safeAt: work.safeAt ?? now } : {}
      // An assisting unit on the spot makes it safe for all; it does not arrive or sign for the one that leads.
      if (!lead) return { ticket: { ...next, ...staying, work: { ...work, ...safe, clocks: act.step === 'made-safe' ? without(work.clocks, 'safe') : work.clocks } }, notices: [] }
      const arrived = act.step === 'note' ? {} : { arrivedAt: work.arrivedAt ?? now }
      const repaired = act.step === 'repaired' ? { repairedAt: work.repairedAt ?? now } : {}
      return { ticket: { ...next, work: { ...work, signedAt: work.signedAt ?? now, ...safe, ...arrived, ...repaired, clocks: ended } }, notices: [] }
    }
    case 'report': {
      if (act.result === 'not-done' && work.hazard && work.safeAt === null) refuse(before, act.act, '险情尚未排除', 'it is not safe yet')
      const ticket: Ticket = { ...next, work: { ...work, report: { unitId, result: act.result, note: act.note, photos: act.photos, at: now }, safeAt: work.hazard ? work.safeAt ?? now : work.safeAt, visit: null, clocks: ended } }
      return { ticket: { ...ticket, work: { ...ticket.work, clocks: begin(ticket, ['review'], null, rules, heard) } }, notices: [{ kind: 'reported', to: 'hall' }] }
    }
    case 'return': {
      heldTo(before, act.act)
      return giveBack({ ...next, work }, before, { unitId, ...cited(act.duty, before, rules, now, unitId), note: act.note, at: now }, rules, heard)
    }
    case 'dispute': {
      const dispute: Dispute = { unitId, ...cited(act.duty, before, rules, now, unitId), note: act.note, at: now }
      return { ticket: { ...next, work: { ...next.work, disputes: [...next.work.disputes.slice(-15), dispute] } }, notices: [{ kind: 'disputed', to: 'hall', about: unitId }] }
    }
    case 'ask-extension': {
      const [first] = putOffFrom(work)
      if (work.extension?.state === 'asked') refuse(before, act.act, '上一次申请尚未答复', 'the last request is not answered yet')
      if (first === undefined) return refuse(before, act.act, '没有可延的时限', 'there is no time limit to extend')
      if (first.at.urge <= entered) refuse(before, act.act, '须在到期前申请', 'it must be asked before it is due')
      if (act.until <= first.at.urge) refuse(before, act.act, '新期限须晚于原期限', 'the new limit must be later than the old one')
      tooFar(before, act.act, act.until, now)
      const ticket: Ticket = { ...next, work: { ...work, extension: { unitId, until: act.until, note: act.note, askedAt: now, state: 'asked' } } }
      return { ticket: { ...ticket, work: { ...ticket.work, clocks: begin(ticket, ['extension'], null, rules, heard) } }, notices: [{ kind: 'extension-asked', to: 'hall' }] }
    }
    case 'assign': return { ticket: { ...next, work: lead ? { ...next.work, assignee: act.personId } : { ...next.work, assignees: assigneesOf(next.work, { [unitId]: act.personId }) } }, notices: [] }
  }
}

/** Who has it at the units that still assist, with what changed (null: nobody). */
export function assigneesOf({ assist, assignees }: Pick<TicketWork, 'assist' | 'assignees'>, changed: Readonly<Record<string, string | null>> = {}): Record<string, string> | null {
  const left = Object.entries({ ...assignees, ...changed }).filter((one): one is [string, string] => one[1] !== null && assist.includes(one[0]))
  return left.length === 0 ? null : Object.fromEntries(left)
}

/** The same where units come and go; a ticket at which nobody assisting named anybody says nothing of it. */
export const assigneesAmong = (work: Pick<TicketWork, 'assignees'>, assist: readonly string[]): Pick<TicketWork, 'assignees'> => (work.assignees == null ? {} : { assignees: assigneesOf({ assignees: work.assignees, assist: [...assist] }) })

type Anew = Pick<TicketWork, 'repairedAt' | 'urgedAt' | 'told'>
/** Who gets it next has repaired nothing and was urged of nothing, and nobody was told how it ends; a ticket of which that is so already says nothing of it. */
export const anew = ({ repairedAt, urgedAt, told }: Anew): Anew => ({ ...(repairedAt != null && { repairedAt: null }), ...(urgedAt != null && { urgedAt: null }), ...(told != null && { told: null }) })

/** The hall hears of it, and who is named for it. */
export const rulingWanted: readonly NoticeDraft[] = [{ kind: 'ruling-wanted', to: 'hall' }, { kind: 'ruling-wanted', to: { stage: 'ruling', unitId: null } }]

/** Nobody has it any more: it finds its next unit, or, put down so often, waits for a ruling. @param now when the hall learns of it */
export function giveBack(next: Ticket, before: Ticket, back: Return, rules: Rules, now: number): Moved {
  const returns = [...before.work.returns, back].slice(-MOST_RETURNS)
  const last = isLast(before)
  const ticket: Ticket = { ...next, state: last ? 'ruling' : 'returned', unitId: null, work: { ...next.work, returns, deliveredAt: null, signedAt: null, arrivedAt: null, ...anew(next.work), assignee: null, extension: null, referral: null, clocks: guardedBy(next.work.assist, next.work.clocks.map((run) => (run.clock === 'safe' && run.unitId === before.unitId ? heardHere(run, now) : run))) } }
  return {
    ticket: { ...ticket, work: { ...ticket.work, clocks: begin(ticket, [last ? 'ruling' : 'reassign'], null, rules, now) } },
    notices: last ? rulingWanted : [{ kind: 'returned', to: 'hall' }],
  }
}

/** Whoever puts it down next: then a ruling says whose it is. */
export const isLast = ({ work }: Pick<Ticket, 'work'>): boolean => work.returns.length + 1 >= MOST_RETURNS

/** A referral by a unit that the hall takes back: the unit put it down. Null: it was the hall's own. */
export const takenBack = ({ work: { referral } }: Pick<Ticket, 'work'>): Return | null => (referral?.by === undefined ? null : { unitId: referral.by, duty: null, note: referral.name, at: referral.referredAt })
