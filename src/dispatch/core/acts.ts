import type { ActOf, Paper, TicketAct } from '../../contracts/acts.js'
import { LiandongError } from '../../contracts/errors.js'
import { ACT_NAMES, ACTS, LIFE_CYCLE, statesOf, targetsOf, TICKET_STATES, type ActName, type Clock } from '../../contracts/life-cycle.js'
import type { Role } from '../../contracts/people.js'
import type { Bilingual } from '../../contracts/primitives.js'
import type { Ticket, TicketFields } from '../../contracts/ticket.js'
import type { Dispute, TicketWork } from '../../contracts/work.js'
import { allowed, begin, deliver, extend, hazardous, running, without } from './clocks.js'
import type { NoticeDraft } from './notices.js'
import { dutyInForce } from './routing.js'
import type { Rules } from './rules.js'

export interface Actor { readonly role: Role; readonly id?: string; readonly unitId?: string | undefined }
export type Changes = Record<string, [unknown, unknown]>

export interface ActContext {
  readonly now: number
  readonly rules: Rules
  /** Fields that somebody else changed after `act.baseVersion`. */
  readonly changedByOthers?: ReadonlySet<string>
  /** A person decided that it counts, although the ticket was given anew since: from paper it may be older than that. */
  readonly asDecided?: boolean
}

export interface Transition { readonly ticket: Ticket; readonly changes: Changes; readonly note: string; readonly notices: readonly NoticeDraft[] }

/** Clocks that an act meets; whatever else ends with it was dropped. */
export const MEETS: Readonly<Partial<Record<TicketAct['act'], readonly Clock[]>>> = {
  'deliver': ['delivery'], 'sign': ['delivery', 'sign'], 'progress': ['delivery', 'sign'], 'report': ['sign', 'arrive', 'safe', 'repair', 'report'], 'dispatch': ['reassign'], 'reassign': ['reassign'],
  'visit': [], 'close': ['review'], 'redo': ['review'], 'rule': ['ruling'], 'confirm-receipt': ['receipt'], 'answer-extension': ['extension'],
}
const STEP_MEETS: Readonly<Record<ActOf<'progress'>['step'], readonly Clock[]>> = { 'note': [], 'arrived': ['arrive'], 'made-safe': ['arrive', 'safe'], 'repaired': ['arrive', 'repair'] }
const NO_CHANGE: ReadonlySet<string> = new Set()
const MOST_RETURNS = 2

/** Acts that lead from one state to another, somewhere. */
const MOVING: ReadonlySet<ActName> = new Set(ACT_NAMES.filter((name) => TICKET_STATES.some((state) => targetsOf(state, name).some((to) => to !== state))))

/**
 * What others did meanwhile may stand in the way of this act: two write one field; or the hall moves a ticket on, and who does that must have seen
 * where it stands. A unit's acts only need that it has the ticket.
 */
export const mindsOthers = ({ act }: TicketAct, role: Role): boolean => act === 'edit' || (role !== 'unit' && MOVING.has(act))

/** Says in both languages why not. */
function refuse(ticket: Ticket, act: TicketAct['act'], zh: string, en: string): never {
  throw new LiandongError('ticket.illegal', { state: ticket.state, act, reason: `${zh} / ${en}` })
}

/** Role, state and place on the ticket: what the table says, before the ticket's own facts are looked at. */
function admit(ticket: Ticket, act: TicketAct['act'], who: Actor): void {
  const { roles, party, name } = ACTS[act]
  if (!roles.includes(who.role)) throw new LiandongError('auth.forbidden', { role: who.role })
  if (targetsOf(ticket.state, act).length === 0) {
    const { class: place } = LIFE_CYCLE[ticket.state]
    if (act === 'reopen') refuse(ticket, act, '工单尚未办结', 'it is not closed')
    if (place === 'closed') refuse(ticket, act, '已办结，请先重新打开', 'it is closed; reopen it first')
    const states = statesOf(act)
    refuse(ticket, act, `${name.zh}只适用于：${states.map((state) => LIFE_CYCLE[state].name.zh).join('、')}`, `${name.en} is for: ${states.map((state) => LIFE_CYCLE[state].name.en.toLowerCase()).join(', ')}`)
  }
  if (who.role !== 'unit') return
  const lead = ticket.unitId === who.unitId
  if (!lead && !ticket.work.assist.includes(who.unitId ?? '')) throw new LiandongError('ticket.not-found', { id: ticket.id })
  if (!lead && party === 'lead') refuse(ticket, act, '只有主办单位可以', 'only the leading unit may')
}

/** A unit has to do with a ticket: it leads, or assists. */
export const concerns = (ticket: Ticket, unitId: string | undefined): boolean => unitId !== undefined && (ticket.unitId === unitId || ticket.work.assist.includes(unitId))

/**
 * What an act makes of a ticket. Pure: the time, the rules and what others did come in.
 * @throws LiandongError `auth.forbidden`, `ticket.illegal`, `ticket.not-found` (another unit's), `ticket.conflict`, `ticket.duty-unknown`.
 */
export function applyAct(ticket: Ticket, act: TicketAct, who: Actor, context: ActContext): Transition {
  admit(ticket, act.act, who)
  if (mindsOthers(act, who.role)) {
    const { changedByOthers: others = NO_CHANGE } = context
    const conflicts = act.act === 'edit'
      ? Object.keys(act.changes).filter((field) => others.has(field) && !same(ticket.fields[field as keyof TicketFields], act.changes[field as keyof TicketFields]))
      : TRACKED.filter((field) => others.has(field))
    if (conflicts.length > 0) throw new LiandongError('ticket.conflict', { fields: conflicts.join(', ') })
  }
  const [first = ticket.state] = targetsOf(ticket.state, act.act)
  const paper = paperOf(act)
  if (paper !== null && context.asDecided !== true && (paper.doneAt > context.now || paper.doneAt < (ticket.dispatchedAt ?? ticket.openedAt))) refuse(ticket, act.act, '纸质记录的时间须在派单之后、此刻之前', 'what is written on paper was done after the dispatch and before now')
  const moved = perform({ ...ticket, state: first, version: ticket.version + 1 }, ticket, act, who, { ...context, now: doneAt(act, context.now) })
  const settled: Ticket = { ...moved.ticket, work: { ...moved.ticket.work, clocks: allowed(moved.ticket) } }
  return { ticket: settled, changes: { ...difference(ticket, settled), ...(act.act === 'progress' && act.photos.length > 0 ? { photos: [null, act.photos] } : {}), ...(paper === null ? {} : { paper: [null, paper.by] }) }, note: noteOf(act), notices: moved.notices }
}

/** What an act was written on before it was entered; null: nothing. */
export const paperOf = (act: TicketAct): Paper | null => ('paper' in act ? act.paper ?? null : null)
/** When it was done, of an act that is entered at `now`. */
export const doneAt = (act: TicketAct, now: number): number => paperOf(act)?.doneAt ?? now

/** Which clocks, of those that ended, ended because what they waited for was done. */
export function metBy(act: TicketAct): readonly Clock[] {
  return [...MEETS[act.act] ?? [], ...(act.act === 'progress' ? STEP_MEETS[act.step] : [])]
}

const noteOf = (act: TicketAct): string => {
  const note = 'note' in act ? act.note : ''
  if (act.act === 'progress') return `[${act.step}] ${note}`.trim()
  if (act.act === 'deliver') return `[${act.how}] ${note}`.trim()
  if (act.act === 'return' || act.act === 'dispute' || act.act === 'rule') return `[${act.duty}] ${note}`.trim()
  return note
}

interface Moved { readonly ticket: Ticket; readonly notices: readonly NoticeDraft[] }

function perform(next: Ticket, before: Ticket, act: TicketAct, who: Actor, { now, rules }: ActContext): Moved {
  const { work } = next
  const withWork = (more: Partial<TicketWork>, also: Partial<Ticket> = {}): Ticket => ({ ...next, ...also, work: { ...work, ...more } })
  const quiet = (ticket: Ticket): Moved => ({ ticket, notices: [] })
  const close = (outcome: Ticket['outcome'], more: Partial<TicketWork> = {}): Moved =>
    ({ ticket: withWork(more, { outcome, closedAt: now }), notices: before.unitId === null ? [{ kind: 'closed', to: 'caller' }] : [{ kind: 'closed', to: { unitId: before.unitId } }, { kind: 'closed', to: 'caller' }] })

  switch (act.act) {
    case 'edit': return quiet({ ...next, fields: { ...next.fields, ...act.changes } })
    case 'dispatch':
      if (act.unitId === before.unitId && before.state === 'dispatched') refuse(before, act.act, '已派给该单位', 'it is with this unit already')
      return give(next, before, act.unitId, { assist: act.assist, priority: act.priority }, rules, now)
    case 'reassign':
      if (act.unitId === before.unitId) refuse(before, act.act, '已在该单位', 'that unit has it already')
      return give(next, before, act.unitId, { assist: act.assist }, rules, now)
    case 'rule': {
      if (rules.officers.length > 0 && who.role !== 'admin' && !rules.officers.includes(who.id ?? '')) refuse(before, act.act, '只有指定的裁定人可以裁定', 'only the named officer may rule')
      known(act.duty, rules, now, act.unitId)
      return give(next, before, act.unitId, { assist: act.assist, binding: true }, rules, now)
    }
    case 'assist': {
      const assist = act.assist.filter((unitId) => unitId !== next.unitId)
      return { ticket: withWork({ assist }), notices: assist.filter((unitId) => !work.assist.includes(unitId)).map((unitId) => ({ kind: 'dispatch', to: { unitId } })) }
    }
    case 'settle':
      if (before.fields.kind === null) refuse(before, act.act, '请先选定类型', 'settle its kind first')
      return close(act.outcome)
    case 'close': return close(work.report?.result === 'not-done' ? 'not-done' : work.report?.result === 'settled-on-the-spot' ? 'settled-on-the-spot' : 'done')
    case 'refer': {
      if (act.nextAt <= now) refuse(before, act.act, '下一步日期须在将来', 'the next date must lie ahead')
      const ticket = withWork({ referral: { body: act.body, name: act.name, nextAt: act.nextAt, referredAt: now, reference: null, receivedAt: null }, clocks: without(work.clocks, 'receipt') })
      return { ticket: { ...ticket, work: { ...ticket.work, clocks: begin(ticket, ['receipt'], null, rules, now) } }, notices: [{ kind: 'told', to: 'caller' }] }
    }
    case 'confirm-receipt':
      if (before.fields.kind === null) refuse(before, act.act, '请先选定类型', 'settle its kind first')
      return close('referred', { referral: work.referral === null ? null : { ...work.referral, reference: act.reference, receivedAt: now } })
    case 'visit': return quiet(withWork({ visit: { result: act.result, note: act.note, at: now } }))
    case 'redo': {
      const ticket = withWork({ visit: null })
      return { ticket: { ...ticket, work: { ...ticket.work, clocks: begin(ticket, ['repair', 'report'], next.unitId, rules, now) } }, notices: toUnits(next, 'redo') }
    }
    case 'reopen': {
      const ticket = withWork({ mergedInto: null, deliveredAt: null, signedAt: null, assignee: null, report: null, visit: null }, { outcome: null, closedAt: null, state: before.unitId === null ? 'open' : 'dispatched' })
      return before.unitId === null ? quiet(ticket) : { ticket: { ...ticket, work: { ...ticket.work, clocks: begin(ticket, ['delivery'], before.unitId, rules, now) } }, notices: toUnits(ticket, 'dispatch') }
    }
    case 'merge':
      if (act.into === before.id) refuse(before, act.act, '不能并入自身', 'a ticket does not follow itself')
      if (work.members > 0) refuse(before, act.act, '已有工单并入它，请反向合并', 'others follow it; merge the other way round')
      return { ticket: withWork({ mergedInto: act.into }), notices: before.unitId === null ? [] : [{ kind: 'reassigned', to: { unitId: before.unitId } }] }
    case 'void':
      if (work.members > 0) refuse(before, act.act, '已有工单并入它', 'others follow it')
      return quiet({ ...next, closedAt: now })
    case 'urge': return { ticket: withWork({ urged: work.urged + 1 }), notices: toUnits(next, 'urge') }
    case 'supervise': return { ticket: withWork({ supervised: true }), notices: [...toUnits(next, 'supervise'), { kind: 'supervise', to: { stage: 'supervise', unitId: next.unitId } }] }
    case 'prioritise': return quiet(withWork({ priority: act.priority, hazard: act.hazard }))
    case 'protect': return quiet(withWork({ privacy: act.privacy }))
    case 'deliver': return quiet(next.unitId === null || work.deliveredAt !== null ? next : deliver(next, next.unitId, rules, now))
    case 'answer-extension': return answerExtension(next, before, act, now)
    default: return performUnit(next, before, act, who, rules, now)
  }
}

type UnitAct = ActOf<'sign' | 'progress' | 'report' | 'return' | 'dispute' | 'ask-extension' | 'assign'>

function performUnit(next: Ticket, before: Ticket, act: UnitAct, who: Actor, rules: Rules, now: number): Moved {
  const unitId = who.unitId ?? ''
  const lead = before.unitId === unitId
  // Who works has it: a receipt that got lost stops no clock from running, nor from being met.
  const { work } = before.work.deliveredAt === null && lead && act.act !== 'dispute' && act.act !== 'assign' ? deliver(next, unitId, rules, now) : next
  const ended = without(work.clocks, ...metBy(act))
  const staying = { state: before.state }
  switch (act.act) {
    case 'sign':
      if (!lead) return { ticket: { ...next, ...staying }, notices: [] }
      return { ticket: { ...next, work: { ...work, signedAt: work.signedAt ?? now, clocks: ended } }, notices: [] }
    case 'progress': {
      const safe = act.step === 'made-safe' ? { safeAt: work.safeAt ?? now } : {}
      // An assisting unit on the spot makes it safe for all; it does not arrive or sign for the one that leads.
      if (!lead) return { ticket: { ...next, ...staying, work: { ...next.work, ...safe, clocks: act.step === 'made-safe' ? without(next.work.clocks, 'safe') : next.work.clocks } }, notices: [] }
      const arrived = act.step === 'note' ? {} : { arrivedAt: work.arrivedAt ?? now }
      return { ticket: { ...next, work: { ...work, signedAt: work.signedAt ?? now, ...safe, ...arrived, clocks: ended } }, notices: [] }
    }
    case 'report': {
      if (act.result === 'not-done' && work.hazard && work.safeAt === null) refuse(before, act.act, '险情尚未排除', 'it is not safe yet')
      const ticket: Ticket = { ...next, work: { ...work, report: { unitId, result: act.result, note: act.note, photos: act.photos, at: now }, safeAt: work.hazard ? work.safeAt ?? now : work.safeAt, visit: null, clocks: ended } }
      return { ticket: { ...ticket, work: { ...ticket.work, clocks: begin(ticket, ['review'], null, rules, now) } }, notices: [{ kind: 'reported', to: 'hall' }] }
    }
    case 'return': {
      if (work.binding) refuse(before, act.act, '已经裁定，不能再退', 'it was given by a ruling and stays')
      if (work.hazard && work.safeAt === null) refuse(before, act.act, '险情未排除不能退单；可提出权属异议，先排险', 'make it safe first; dispute it meanwhile')
      return giveBack(next, before, { unitId, duty: known(act.duty, rules, now, null, unitId), note: act.note, at: now }, rules, now)
    }
    case 'dispute': {
      const dispute: Dispute = { unitId, duty: known(act.duty, rules, now, null, unitId), note: act.note, at: now }
      return { ticket: { ...next, work: { ...next.work, disputes: [...next.work.disputes.slice(-15), dispute] } }, notices: [{ kind: 'disputed', to: 'hall' }] }
    }
    case 'ask-extension': {
      const clocks = [running(work, 'repair'), running(work, 'report')].filter((clock) => clock !== undefined)
      if (work.extension?.state === 'asked') refuse(before, act.act, '上一次申请尚未答复', 'the last request is not answered yet')
      if (clocks.length === 0) refuse(before, act.act, '没有可延的时限', 'there is no time limit to extend')
      const due = Math.min(...clocks.map(({ at }) => at.urge))
      if (due <= now) refuse(before, act.act, '须在到期前申请', 'it must be asked before it is due')
      if (act.until <= Math.max(...clocks.map(({ at }) => at.urge))) refuse(before, act.act, '新期限须晚于原期限', 'the new limit must be later than the old one')
      const ticket: Ticket = { ...next, work: { ...work, extension: { unitId, until: act.until, note: act.note, askedAt: now, state: 'asked' } } }
      return { ticket: { ...ticket, work: { ...ticket.work, clocks: begin(ticket, ['extension'], null, rules, now) } }, notices: [{ kind: 'extension-asked', to: 'hall' }] }
    }
    case 'assign': return { ticket: lead ? { ...next, work: { ...next.work, assignee: act.personId } } : next, notices: [] }
  }
}

/** A unit gets the ticket: everything of the one before it begins anew, but danger runs on. */
function give(next: Ticket, before: Ticket, unitId: string, more: { readonly assist?: readonly string[] | undefined; readonly priority?: TicketWork['priority'] | undefined; readonly binding?: boolean }, rules: Rules, now: number): Moved {
  const assist = (more.assist ?? next.work.assist).filter((one) => one !== unitId)
  const work: TicketWork = {
    ...next.work, hazard: hazardous(before, rules), priority: more.priority ?? next.work.priority, assist: [...assist], binding: more.binding ?? next.work.binding,
    deliveredAt: null, signedAt: null, arrivedAt: null, assignee: null, extension: null, referral: null, report: null, visit: null, clocks: next.work.clocks.filter(({ clock }) => clock === 'safe'),
  }
  // A unit handles joint service; who already said otherwise is not corrected.
  const fields = next.fields.kind === null ? { ...next.fields, kind: 'joint-service' as const } : next.fields
  const ticket: Ticket = { ...next, fields, unitId, dispatchedAt: now, work }
  const lost = before.unitId === null || before.unitId === unitId ? [] : [{ kind: 'reassigned', to: { unitId: before.unitId } } as const]
  return { ticket: { ...ticket, work: { ...work, clocks: begin(ticket, ['delivery'], unitId, rules, now) } }, notices: [...toUnits(ticket, 'dispatch'), ...lost] }
}

function giveBack(next: Ticket, before: Ticket, back: Dispute, rules: Rules, now: number): Moved {
  const returns = [...before.work.returns, back].slice(-MOST_RETURNS)
  const last = before.work.returns.length + 1 >= MOST_RETURNS
  const ticket: Ticket = { ...next, state: last ? 'ruling' : 'returned', unitId: null, work: { ...next.work, returns, deliveredAt: null, signedAt: null, arrivedAt: null, assignee: null, extension: null } }
  const kind = last ? 'ruling-wanted' as const : 'returned' as const
  return {
    ticket: { ...ticket, work: { ...ticket.work, clocks: begin(ticket, [last ? 'ruling' : 'reassign'], null, rules, now) } },
    notices: [{ kind, to: 'hall' }, ...(last ? [{ kind, to: { stage: 'ruling', unitId: null } } as const] : [])],
  }
}

function answerExtension(next: Ticket, before: Ticket, act: ActOf<'answer-extension'>, now: number): Moved {
  const { extension } = before.work
  if (extension?.state !== 'asked') return refuse(before, act.act, '没有待答复的延期申请', 'no request waits for an answer')
  const clocks = without(next.work.clocks, 'extension').map((clock) => (act.granted && (clock.clock === 'repair' || clock.clock === 'report') && clock.at.urge < extension.until ? extend(clock, extension.until, now) : clock))
  const ticket: Ticket = { ...next, work: { ...next.work, clocks, extension: { ...extension, state: act.granted ? 'granted' : 'refused' } } }
  return { ticket, notices: [{ kind: 'extension-answered', to: { unitId: extension.unitId } }, ...(act.granted ? [{ kind: 'told', to: 'caller' } as const] : [])] }
}

const toUnits = ({ unitId, work }: Ticket, kind: NoticeDraft['kind']): NoticeDraft[] => [unitId, ...work.assist].flatMap((one) => (one === null ? [] : [{ kind, to: { unitId: one } }]))

/** A rule of duty that is in force; of another unit than the one that cites it, of the one that gets the ticket. */
function known(code: string, rules: Rules, now: number, names: string | null, notOf?: string): string {
  const found = rules.duties.filter((duty) => duty.code === code && dutyInForce(duty, now, rules.calendar.zone))
  const problem = (zh: string, en: string): Bilingual => ({ zh, en })
  let why: Bilingual | null = null
  if (found.length === 0) why = problem('没有这条职责，或已失效', 'there is no such rule in force')
  else if (notOf !== undefined && found.every(({ unitId }) => unitId === notOf)) why = problem('这条职责正属于本单位', 'this rule names your own unit')
  else if (names !== null && !found.some(({ unitId }) => unitId === names)) why = problem('这条职责不属于该单位', 'this rule does not name that unit')
  if (why !== null) throw new LiandongError('ticket.duty-unknown', { duty: code, zh: why.zh, en: why.en })
  return code
}

const TRACKED = ['state', 'unitId', 'outcome'] as const
const TRACKED_WORK = ['priority', 'hazard', 'privacy', 'assist', 'deliveredAt', 'safeAt', 'assignee', 'binding', 'extension', 'referral', 'report', 'visit', 'supervised', 'mergedInto', 'members'] as const
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Field → [before, after] of everything a reader of the history cares about. */
export function difference(before: Ticket, after: Ticket): Changes {
  const changes: Changes = {}
  for (const field of TRACKED) if (before[field] !== after[field]) changes[field] = [before[field], after[field]]
  for (const field of TRACKED_WORK) if (!same(before.work[field], after.work[field])) changes[field] = [before.work[field], after.work[field]]
  for (const field of Object.keys(after.fields) as (keyof TicketFields)[]) {
    if (!same(before.fields[field], after.fields[field])) changes[field] = [before.fields[field], after.fields[field]]
  }
  return changes
}
