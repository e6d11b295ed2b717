import type { ActOf, Paper, TicketAct } from '../../contracts/acts.js'
import { LiandongError } from '../../contracts/errors.js'
import { ACT_NAMES, ACTS, forHall, forLeaders, LEADERS, LIFE_CYCLE, statesOf, targetsOf, TICKET_STATES, type ActName } from '../../contracts/life-cycle.js'
import type { Role } from '../../contracts/people.js'
import type { Ticket } from '../../contracts/ticket.js'
import { loosens, putOffTo, type TicketWork } from '../../contracts/work.js'
import { standingDisputes, withoutDispute } from './disputes.js'
import { difference, factsOf, same, TRACKED, type Changes } from './changes.js'
import { allowed, atHall, begin, beginDelivery, deliver, extend, guardedBy, hazardous, hazardousAtHall, running, saidSo, takeOver, undelivered, without } from './clocks.js'
import { toCaller, toUnits, unitsOf, type NoticeDraft } from './notices.js'
import { corrected, regrade, type HallPast } from './regrade.js'
import { heldTo, knownDuty, mayRule, refuse, tooFar } from './refusal.js'
import type { Rules } from './rules.js'
import { anew, assigneesAmong, giveBack, isLast, MOST_RETURNS, performUnit, rulingWanted, takenBack, type Moved } from './unit-acts.js'

export interface Actor { readonly role: Role; readonly id?: string; readonly unitId?: string | undefined }

export interface ActContext {
  readonly now: number
  readonly rules: Rules
  /** Fields that were changed after `act.baseVersion` by somebody else, or in another window. */
  readonly changedElsewhere?: ReadonlySet<string>
  /** A person decided that it counts, although the ticket was given anew since: from paper it may be older than that. */
  readonly asDecided?: boolean
  /** From paper it is no older than this, ms; left out: than the dispatch. */
  readonly since?: number | undefined
  /** When the hall heard of it, and its own clocks begin; left out: `now`. */
  readonly heardAt?: number
  /** When it was written on paper the unit could not reach us. */
  readonly outOfReach?: boolean
  /** Of a ticket in the hall, where an edit `asksPast`; left out: nothing is known. */
  readonly past?: HallPast | undefined
}

/** `endsAt`: when the clocks that it ends ended. */
export interface Transition { readonly ticket: Ticket; readonly endsAt: number; readonly changes: Changes; readonly note: string; readonly notices: readonly NoticeDraft[] }

const NO_CHANGE: ReadonlySet<string> = new Set()

/** Acts that lead from one state to another, somewhere. */
const MOVING: ReadonlySet<ActName> = new Set(ACT_NAMES.filter((name) => TICKET_STATES.some((state) => targetsOf(state, name).some((to) => to !== state))))

/** What else somebody must have seen who says that it is done, or is not. */
const SEEN = ['report', 'visit', 'hazard'] as const
const JUDGES: ReadonlySet<ActName> = new Set<ActName>(['close', 'settle', 'redo'])

/** What an act sets, whatever stood there before. */
function setBy(act: TicketAct): Readonly<Record<string, unknown>> {
  switch (act.act) {
    case 'edit': return act.changes
    case 'prioritise': return { priority: act.priority, hazard: act.hazard }
    case 'protect': return { privacy: act.privacy }
    case 'dispatch': return { ...(act.assist !== undefined && { assist: act.assist }), ...(act.priority !== undefined && { priority: act.priority }) }
    case 'assist': case 'reassign': case 'rule': return act.assist === undefined ? {} : { assist: act.assist }
    // Whatever was asked for meanwhile is not what he saw.
    case 'answer-extension': return { extension: act.granted }
    default: return {}
  }
}

/** The fields of it. */
export const fieldsSetBy = (act: TicketAct): readonly string[] => Object.keys(setBy(act))

/**
 * What others did meanwhile, or he himself in another window, may stand in the way of this act: two write one field; or the hall moves a ticket on, and who does that must have seen
 * where it stands. A unit's acts only need that it has the ticket.
 */
export const mindsOthers = (act: TicketAct, role: Role): boolean => role !== 'unit' && (MOVING.has(act.act) || fieldsSetBy(act).length > 0)

/** What this act would overwrite without having seen it. @param elsewhere fields that were changed since its writer looked, not by him here */
function conflictsOf(ticket: Ticket, act: TicketAct, role: Role, elsewhere: ReadonlySet<string>): readonly string[] {
  if (elsewhere.size === 0 || !mindsOthers(act, role)) return []
  const facts = factsOf(ticket)
  return [...(MOVING.has(act.act) ? TRACKED.filter((field) => elsewhere.has(field)) : []), ...(JUDGES.has(act.act) ? SEEN.filter((field) => elsewhere.has(field)) : []), ...Object.entries(setBy(act)).flatMap(([field, value]) => (elsewhere.has(field) && !same(facts[field], value) ? [field] : []))]
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
  if (forLeaders(ticket.state, act, who.role)) refuse(ticket, act, '等待裁定，只有值班长可以办结', 'a ruling is awaited: only who leads the hall ends it')
  if (forHall(ticket.state, act, who.role)) refuse(ticket, act, `此时只有接警中心可以${name.zh}`, `here it is for the hall to ${name.en} it`)
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
  const conflicts = conflictsOf(ticket, act, who.role, context.changedElsewhere ?? NO_CHANGE)
  if (conflicts.length > 0) throw new LiandongError('ticket.conflict', { fields: conflicts.join(', ') })
  const [first = ticket.state] = targetsOf(ticket.state, act.act)
  const paper = paperOf(act)
  if (paper !== null && context.asDecided !== true && (paper.doneAt > context.now || paper.doneAt < (context.since ?? ticket.dispatchedAt ?? ticket.openedAt))) refuse(ticket, act.act, '纸质记录的时间须在派单之后、此刻之前', 'what is written on paper was done after the dispatch and before now')
  const moved = perform({ ...ticket, state: first, version: ticket.version + 1 }, ticket, act, who, { ...context, now: doneAt(act, context.now) }, context.now, context.heardAt ?? context.now)
  const settled: Ticket = { ...moved.ticket, work: { ...moved.ticket.work, clocks: allowed(moved.ticket), disputes: standingDisputes(moved.ticket) } }
  // What a unit says of itself is in the history; that it was in time is to be believed only where it could not have said so then.
  const believed = paper === null || who.role !== 'unit' || context.outOfReach === true || context.asDecided === true
  return { ticket: settled, endsAt: believed ? doneAt(act, context.now) : context.now, changes: { ...difference(ticket, settled), ...(act.act === 'progress' && act.photos.length > 0 ? { photos: [null, act.photos] } : {}), ...(paper === null ? {} : { paper: [null, paper.by] }) }, note: noteOf(act, moved.ticket.work), notices: moved.notices }
}

/** What an act was written on before it was entered; null: nothing. */
export const paperOf = (act: TicketAct): Paper | null => ('paper' in act ? act.paper ?? null : null)
/** When it was done, of an act that is entered at `now`. */
export const doneAt = (act: TicketAct, now: number): number => paperOf(act)?.doneAt ?? now

/** @param work what it made of the ticket */
const noteOf = (act: TicketAct, { disputes, returns }: TicketWork): string => {
  const note = 'note' in act ? act.note : ''
  if (act.act === 'progress') return `[${act.step}] ${note}`.trim()
  if (act.act === 'deliver') return `[${act.how}] ${note}`.trim()
  if (act.act === 'return' || act.act === 'dispute') {
    const to = (act.act === 'return' ? returns : disputes).at(-1)?.to
    return `[${act.duty}${to === undefined ? '' : ` → ${to}`}] ${note}`.trim()
  }
  if (act.act === 'rule') return `[${act.duty}] ${note}`.trim()
  return note
}

/** What an act that ends a ticket says to who called. */
const forCaller = ({ note, told }: ActOf<'settle' | 'close'>): Pick<TicketWork, 'told'> => (told === true && note.trim() !== '' ? { told: note.trim() } : {})

/** @param entered when it was written down: from paper that is later than `now`, when it was done @param heard when the hall heard of it */
function perform(next: Ticket, before: Ticket, act: TicketAct, who: Actor, { now, rules, past }: ActContext, entered: number, heard: number): Moved {
  const { work } = next
  const withWork = (more: Partial<TicketWork>, also: Partial<Ticket> = {}): Ticket => ({ ...next, ...also, work: { ...work, ...more } })
  const quiet = (ticket: Ticket): Moved => ({ ticket, notices: [] })
  const close = (outcome: Ticket['outcome'], more: Partial<TicketWork> = {}): Moved => {
    const ticket = withWork(more, { outcome, closedAt: now })
    // Who asked something had his answer on the telephone.
    const heard = outcome === 'answered' && before.state === 'open' && before.operatorId !== null && work.members === 0
    return { ticket, notices: [...toUnits(before, 'closed'), ...heard ? [] : toCaller(ticket, 'closed')] }
  }
  /** Nobody ends a danger without a word. What no unit was given is one by its category already. → whether it is one */
  const saidWhy = (note: string, hazard = work.hazard): boolean => {
    const danger = hazard && work.safeAt === null
    if (danger && note.trim() === '') refuse(before, act.act, '险情尚未排除，须写明理由', 'it is not safe yet: say why it ends here')
    return danger
  }

  /** Whom he asked is not satisfied: that it ends all the same is for who leads the hall to say, and why; where he is so in part somebody says why. */
  const overCitizen = (note: string): void => {
    const { visit } = work
    if (visit?.result === 'not-satisfied' && !LEADERS.some((role) => role === who.role)) refuse(before, act.act, '回访不满意，只有值班长可以办结；可发回重办', 'the citizen is not satisfied: only who leads the hall ends it, or it is sent back')
    if ((visit?.result === 'not-satisfied' || visit?.result === 'partly') && note.trim() === '') refuse(before, act.act, '回访并不满意，须写明办结理由', 'the citizen is not satisfied: say why it ends here')
  }

  /** What a ruling gave to a unit goes to another by the officer alone. */
  const ruled = (unitId: string): void => { if (work.binding && before.unitId !== null && unitId !== before.unitId && !mayRule(rules, who)) refuse(before, act.act, '已经裁定，只有裁定人可以改派', 'it was given by a ruling: only the named officer gives it to another') }

  /** The hall takes back what a unit referred, so that it was put down as by a return. The second time nobody but the officer says whose it is. */
  const back = takenBack(before)
  const handed = (given: () => Moved): Moved => {
    if (back === null) return given()
    if (isLast(before)) { const { ticket, notices } = giveBack(next, before, back, rules, heard); return { ticket, notices: [...notices, ...leaving(before, ticket)] } }
    const { ticket, notices } = given()
    return { ticket: { ...ticket, work: { ...ticket.work, returns: [...before.work.returns, back] } }, notices }
  }

  switch (act.act) {
    case 'edit': return corrected(before, regrade(before, { ...next, fields: { ...next.fields, ...act.changes } }, rules, now, past), rules, now)
    case 'dispatch':
      if (act.unitId === before.unitId && before.state === 'dispatched') refuse(before, act.act, '已派给该单位，无需再派', 'it is with this unit already')
      if (before.state === 'dispatched' && act.note.trim() === '') refuse(before, act.act, '改派他单位须写明理由', 'say why it goes to another unit')
      ruled(act.unitId)
      return handed(() => give(next, before, act.unitId, { assist: act.assist, priority: act.priority }, rules, now))
    case 'reassign':
      if (act.unitId === before.unitId) refuse(before, act.act, '已在该单位', 'that unit has it already')
      ruled(act.unitId)
      return handed(() => give(next, before, act.unitId, { assist: act.assist, stillSafe: act.stillSafe }, rules, now))
    case 'rule': {
      if (!mayRule(rules, who)) refuse(before, act.act, '只有指定的裁定人可以裁定', 'only the named officer may rule')
      knownDuty(act.duty, before, rules, now, act.unitId)
      return give(next, before, act.unitId, { assist: act.assist, binding: true }, rules, now)
    }
    case 'assist': {
      const assist = act.assist.filter((unitId) => unitId !== next.unitId)
      const left = guardedBy(unitsOf({ ...next, work: { ...work, assist } }), work.clocks).filter(({ clock, unitId }) => clock !== 'delivery' || unitId === next.unitId || assist.includes(unitId ?? ''))
      const clocks = next.unitId === null || work.deliveredAt === null ? left : takeOver(next, left, next.unitId, rules, now)
      const ticket = withWork({ assist, clocks, ...assigneesAmong(work, assist) })
      const added = assist.filter((unitId) => !work.assist.includes(unitId))
      return { ticket: { ...ticket, work: { ...ticket.work, clocks: beginDelivery(ticket, rules, now, added) } }, notices: [...added.map((unitId): NoticeDraft => ({ kind: 'dispatch', to: { unitId } })), ...leaving(before, ticket)] }
    }
    case 'settle':
      if (before.fields.kind === null) refuse(before, act.act, '请先选定类型', 'settle its kind first')
      // What follows from a category alone goes with the call to those who guard it.
      if (act.outcome !== 'handed-over' || work.hazardBy !== 'category') saidWhy(act.note)
      overCitizen(act.note)
      return close(act.outcome, forCaller(act))
    case 'close':
      saidWhy(act.note)
      overCitizen(act.note)
      return close(work.report?.result === 'not-done' ? 'not-done' : work.report?.result === 'settled-on-the-spot' ? 'settled-on-the-spot' : 'done', forCaller(act))
    case 'refer': {
      if (who.role === 'unit') heldTo(before, act.act)
      if (act.nextAt <= now) refuse(before, act.act, '下一步日期须在将来', 'the next date must lie ahead')
      tooFar(before, act.act, act.nextAt, now)
      overCitizen(act.note)
      // The matter is another body's; a danger is not, and somebody has a clock for it: the unit that has it, else the hall.
      const hazard = before.state === 'open' ? hazardous(before, rules) : work.hazard
      const danger = saidWhy(act.note, hazard)
      // Whose putting-down it was it stays, whoever refers it on: the hall may take it back.
      const by = who.role === 'unit' ? who.unitId : before.work.referral?.by
      // Who waits for one body to take it waits no longer for another one: a receipt that is awaited goes on.
      const ticket = withWork({ hazard, referral: { body: act.body, name: act.name, nextAt: act.nextAt, referredAt: now, reference: null, receivedAt: null, ...(by !== undefined && { by }) } })
      const received: Ticket = { ...ticket, work: { ...ticket.work, clocks: begin(ticket, ['receipt'], null, rules, now) } }
      const guarded = danger ? begin(received, ['safe'], work.deliveredAt === null ? null : before.unitId, rules, now) : received.work.clocks
      return { ticket: { ...received, work: { ...received.work, clocks: guarded } }, notices: [...toUnits(before, 'referred').filter(({ to }) => who.role !== 'unit' || !isFor(to, who.unitId)), ...(who.role === 'unit' ? [{ kind: 'referred', to: 'hall' } as const] : []), ...toCaller(ticket, 'told')] }
    }
    case 'confirm-receipt':
      if (before.fields.kind === null) refuse(before, act.act, '请先选定类型', 'settle its kind first')
      saidWhy(act.note)
      return close('referred', { referral: work.referral === null ? null : { ...work.referral, reference: act.reference, receivedAt: now } })
    case 'visit': return quiet(withWork({ visit: { result: act.result, note: act.note, at: now } }))
    case 'redo': {
      // It goes there again, from when it hears of it; whether a danger is still away nobody knows unless somebody says so.
      const ticket = withWork({ hazard: hazardous(before, rules), report: null, visit: null, deliveredAt: null, arrivedAt: null, ...anew(work), extension: null, ...(act.stillSafe === true ? {} : { safeAt: null }) })
      return { ticket: { ...ticket, work: { ...ticket.work, clocks: beginDelivery(ticket, rules, now, unitsOf(ticket), 'redo') } }, notices: toUnits(next, 'redo') }
    }
    case 'reopen': {
      const awaited = before.unitId === null && work.returns.length >= MOST_RETURNS && !work.binding
      const ticket = withWork({ mergedInto: null, hazard: (before.unitId === null ? hazardousAtHall : hazardous)(before, rules), ...(before.unitId === null && !work.hazard && hazardousAtHall(before, rules) && { hazardBy: 'category' }), deliveredAt: null, signedAt: null, arrivedAt: null, safeAt: null, ...anew(work), assignee: null, ...assigneesAmong(work, []), extension: null, referral: null, report: null, visit: null }, { outcome: null, closedAt: null, ...(before.unitId === null ? { state: awaited ? 'ruling' : 'open' } : { state: 'dispatched' }) })
      // Two gave it back, and nobody ruled: that is what it waits for, whatever it was closed as meanwhile.
      if (awaited) return { ticket: { ...ticket, work: { ...ticket.work, clocks: begin(ticket, work.hazard ? ['ruling', 'safe'] : ['ruling'], null, rules, now) } }, notices: rulingWanted }
      return before.unitId === null ? quiet(atHall(ticket, rules, now)) : { ticket: { ...ticket, work: { ...ticket.work, clocks: beginDelivery(ticket, rules, now, unitsOf(ticket)) } }, notices: toUnits(ticket, 'dispatch') }
    }
    case 'merge':
      if (act.into === before.id) refuse(before, act.act, '不能并入自身', 'a ticket does not follow itself')
      // What follows from a category alone ends with no word of anybody's: the other ticket knows it from now on.
      if (work.hazardBy !== 'category') saidWhy(act.note)
      overCitizen(act.note)
      // Whoever follows it follows the other one from now on.
      return { ticket: withWork({ mergedInto: act.into, members: 0 }), notices: toUnits(before, 'merged') }
    case 'void':
      if (work.members > 0) refuse(before, act.act, '已有工单并入它', 'others follow it')
      saidWhy(act.note)
      return { ticket: { ...next, closedAt: now }, notices: toUnits(before, 'void') }
    case 'urge': return { ticket: withWork({ urged: work.urged + 1, urgedAt: now }), notices: toUnits(next, 'urge') }
    case 'supervise': return { ticket: withWork({ supervised: true }), notices: [...toUnits(next, 'supervise'), { kind: 'supervise', to: { stage: 'supervise', unitId: next.unitId } }] }
    case 'prioritise':
      if (!act.hazard) saidWhy(act.note)
      return regrade(before, { ...next, work: { ...saidSo(work), priority: act.priority, hazard: act.hazard } }, rules, now)
    case 'protect':
      if (loosens(work.privacy, act.privacy)) {
        if (!LEADERS.some((role) => role === who.role)) refuse(before, act.act, '放宽保密须由值班长决定', 'only a supervisor shows more than the complainant wished')
        if (act.note.trim() === '') refuse(before, act.act, '放宽保密须写明理由', 'say why more is shown')
      }
      return quiet(withWork({ privacy: act.privacy }))
    case 'deliver': {
      if (act.unitId !== undefined && !concerns(next, act.unitId)) refuse(before, act.act, '该单位与此工单无关', 'that unit has nothing to do with it')
      const waiting = unitsOf(next).filter((unitId) => undelivered(next, unitId))
      const heard = act.unitId !== undefined ? [act.unitId] : waiting[0] === next.unitId ? waiting.slice(0, 1) : waiting
      return quiet(heard.filter((unitId) => waiting.includes(unitId)).reduce((ticket, unitId) => deliver(ticket, unitId, rules, now), next))
    }
    case 'answer-extension': return answerExtension(next, before, act, now)
    case 'answer-dispute': {
      const disputes = withoutDispute(before, act)
      if (disputes.length === before.work.disputes.length) refuse(before, act.act, '没有该单位待答复的权属异议', 'no dispute of this unit waits for an answer')
      return { ticket: withWork({ disputes }), notices: [{ kind: 'dispute-answered', to: { unitId: act.unitId } }] }
    }
    default: return performUnit(next, before, act, who, rules, now, entered, heard)
  }
}

/** A unit gets the ticket: everything of the one before it begins anew. Danger is the hall's until it has it; but whoever helps, and guards it in time, goes on. */
function give(next: Ticket, before: Ticket, unitId: string, more: { readonly assist?: readonly string[] | undefined; readonly priority?: TicketWork['priority'] | undefined; readonly binding?: boolean; readonly stillSafe?: boolean | undefined }, rules: Rules, now: number): Moved {
  // A report that the hall does not accept makes nothing safe, unless somebody says that it is.
  const again = LIFE_CYCLE[before.state].clocks.includes('review') && more.stillSafe !== true
  const assist = (more.assist ?? next.work.assist).filter((one) => one !== unitId)
  const guard = running(next.work, 'safe')
  const guards = [unitId, ...assist].filter((one) => guard?.next !== null || one !== guard.unitId)
  const work: TicketWork = {
    ...saidSo(next.work), hazard: hazardous(before, rules), priority: more.priority ?? next.work.priority, assist: [...assist], binding: more.binding ?? next.work.binding,
    deliveredAt: null, signedAt: null, arrivedAt: null, ...anew(next.work), ...(again ? { safeAt: null } : {}), assignee: null, ...assigneesAmong(next.work, assist), extension: null, referral: null, report: null, visit: null, clocks: guardedBy(guards, next.work.clocks).filter(({ clock }) => clock === 'safe'),
  }
  // A unit handles joint service; who already said otherwise is not corrected.
  const fields = next.fields.kind === null ? { ...next.fields, kind: 'joint-service' as const } : next.fields
  const ticket: Ticket = { ...next, fields, unitId, dispatchedAt: now, work }
  return { ticket: { ...ticket, work: { ...work, clocks: beginDelivery(ticket, rules, now, unitsOf(ticket)) } }, notices: [...toUnits(ticket, 'dispatch'), ...leaving(before, ticket)] }
}

/** Who was on it and is no more hears of it. */
const leaving = (before: Ticket, after: Ticket): NoticeDraft[] =>
  unitsOf(before).filter((unitId) => !unitsOf(after).includes(unitId)).map((unitId) => ({ kind: unitId === before.unitId ? 'reassigned' : 'stood-down', to: { unitId } }))
const isFor = (to: NoticeDraft['to'], unitId: string | undefined): boolean => typeof to === 'object' && to.unitId === unitId

function answerExtension(next: Ticket, before: Ticket, act: ActOf<'answer-extension'>, now: number): Moved {
  const { extension } = before.work
  if (extension?.state !== 'asked') return refuse(before, act.act, '没有待答复的延期申请', 'no request waits for an answer')
  const moving = act.granted ? putOffTo(next.work, extension.until) : []
  const clocks = without(next.work.clocks, 'extension').map((clock) => (moving.includes(clock) ? extend(clock, extension.until, now) : clock))
  const ticket: Ticket = { ...next, work: { ...next.work, clocks, extension: { ...extension, state: act.granted ? 'granted' : 'refused' } } }
  return { ticket, notices: [{ kind: 'extension-answered', to: { unitId: extension.unitId } }, ...toCaller(ticket, 'told')] }
}
