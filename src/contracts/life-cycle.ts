import type { Role } from './people.js'
import type { Bilingual } from './primitives.js'

/**
 * The life cycle of a ticket: one table, read by the server, the desk and the documents. A state is a row of `LIFE_CYCLE`
 * (and a value of the database's constraint, held together by `test/dispatch/life-cycle.test.ts`); an act is a row of `ACTS`.
 */

/** Whose turn it is. `open`: the hall's; `waiting`: a unit's or another body's; `closed`: nobody's. */
export const STATE_CLASSES = ['open', 'waiting', 'closed'] as const
export type StateClass = (typeof STATE_CLASSES)[number]

/**
 * What can be late. `delivery`: the unit has it on its screen; `safe`: the hazard is guarded; `review`: the hall looks at a report;
 * `reassign`: what no unit has, returned or not given yet, finds its unit; `receipt`: the other body says that it took the case; `extension`: a request for more time is answered.
 */
export const CLOCKS = ['delivery', 'sign', 'arrive', 'safe', 'repair', 'report', 'review', 'reassign', 'ruling', 'receipt', 'extension'] as const
export type Clock = (typeof CLOCKS)[number]
export const CLOCK_NAMES: Readonly<Record<Clock, Bilingual>> = {
  delivery: { zh: '送达', en: 'Delivery' }, sign: { zh: '签收', en: 'Sign' }, arrive: { zh: '到场', en: 'Arrive' }, safe: { zh: '排险', en: 'Make safe' }, repair: { zh: '修复', en: 'Repair' }, report: { zh: '反馈', en: 'Report' },
  review: { zh: '审核', en: 'Review' }, reassign: { zh: '派给单位', en: 'Find a unit' }, ruling: { zh: '裁定', en: 'Ruling' }, receipt: { zh: '对方回执', en: 'Receipt' }, extension: { zh: '答复延期', en: 'Extension answer' },
}
/** Nobody has said yet of what kind the call is: that comes before a unit is found. */
const SORT_FIRST: Bilingual = { zh: '定性派单', en: 'Sort and dispatch' }
/** What a limit waits for, as people read it. @param unsorted the ticket has no kind yet */
export const limitName = (clock: Clock, unsorted: boolean): Bilingual => (clock === 'reassign' && unsorted ? SORT_FIRST : CLOCK_NAMES[clock])

/** Escalation of one clock, in this order; each happens once. */
export const STAGES = ['warn', 'urge', 'supervise', 'notice'] as const
export type Stage = (typeof STAGES)[number]

export const ACT_NAMES = [
  'edit', 'dispatch', 'reassign', 'assist', 'settle', 'refer', 'confirm-receipt', 'visit', 'close', 'redo', 'reopen', 'merge', 'void',
  'urge', 'supervise', 'answer-extension', 'answer-dispute', 'rule', 'deliver', 'prioritise', 'protect',
  'sign', 'progress', 'report', 'return', 'dispute', 'ask-extension', 'assign',
] as const
export type ActName = (typeof ACT_NAMES)[number]

const HALL = ['operator', 'supervisor', 'admin'] as const satisfies readonly Role[]
/** Who leads the hall. */
export const LEADERS = ['supervisor', 'admin'] as const satisfies readonly Role[]

export interface ActRule {
  readonly name: Bilingual
  readonly roles: readonly Role[]
  /** Which unit's people may do it: the one that leads, or any unit on the ticket. Said of units only; the hall's people are bound by `roles`. */
  readonly party?: 'lead' | 'any'
}

/** Who may do what. */
export const ACTS: Readonly<Record<ActName, ActRule>> = {
  'edit': { name: { zh: '修改', en: 'edit' }, roles: HALL },
  'dispatch': { name: { zh: '派单', en: 'dispatch' }, roles: HALL },
  'reassign': { name: { zh: '转办', en: 'reassign' }, roles: HALL },
  'assist': { name: { zh: '指定协办', en: 'name assisting units' }, roles: HALL },
  'settle': { name: { zh: '直接办结', en: 'settle' }, roles: HALL },
  'refer': { name: { zh: '转介', en: 'refer' }, roles: [...HALL, 'unit'], party: 'lead' },
  'confirm-receipt': { name: { zh: '确认对方收到', en: 'confirm receipt' }, roles: HALL },
  'visit': { name: { zh: '回访', en: 'return visit' }, roles: HALL },
  'close': { name: { zh: '办结', en: 'close' }, roles: HALL },
  'redo': { name: { zh: '发回重办', en: 'send back' }, roles: HALL },
  'reopen': { name: { zh: '重新打开', en: 'reopen' }, roles: HALL },
  'merge': { name: { zh: '合并', en: 'merge' }, roles: HALL },
  'void': { name: { zh: '作废', en: 'void' }, roles: LEADERS },
  'urge': { name: { zh: '催办', en: 'urge' }, roles: HALL },
  'supervise': { name: { zh: '督办', en: 'supervise' }, roles: LEADERS },
  'answer-extension': { name: { zh: '答复延期', en: 'answer an extension' }, roles: LEADERS },
  'answer-dispute': { name: { zh: '驳回异议', en: 'reject a dispute' }, roles: LEADERS },
  'rule': { name: { zh: '裁定', en: 'rule' }, roles: LEADERS },
  'deliver': { name: { zh: '人工送达', en: 'deliver by hand' }, roles: HALL },
  'prioritise': { name: { zh: '定级', en: 'set priority' }, roles: HALL },
  'protect': { name: { zh: '保密设置', en: 'set confidentiality' }, roles: HALL },
  'sign': { name: { zh: '签收', en: 'sign' }, roles: ['unit'], party: 'any' },
  'progress': { name: { zh: '进展', en: 'progress' }, roles: ['unit'], party: 'any' },
  'report': { name: { zh: '反馈', en: 'report' }, roles: ['unit'], party: 'lead' },
  'return': { name: { zh: '退单', en: 'return' }, roles: ['unit'], party: 'lead' },
  'dispute': { name: { zh: '提出权属异议', en: 'dispute' }, roles: ['unit'], party: 'any' },
  'ask-extension': { name: { zh: '申请延期', en: 'ask for an extension' }, roles: ['unit'], party: 'lead' },
  'assign': { name: { zh: '指派到人', en: 'assign to a person' }, roles: ['unit'], party: 'any' },
}

export const TICKET_STATES = ['open', 'dispatched', 'signed', 'in-progress', 'reported', 'visited', 'returned', 'ruling', 'referred', 'merged', 'void', 'closed'] as const
export type TicketState = (typeof TICKET_STATES)[number]

/** How a ticket ended without, or before, a unit's report. */
export const SETTLE_OUTCOMES = ['settled-on-the-spot', 'handed-over', 'answered', 'referred', 'nuisance', 'silent', 'misdial', 'other'] as const
export type SettleOutcome = (typeof SETTLE_OUTCOMES)[number]

export interface StateRule {
  readonly name: Bilingual
  readonly class: StateClass
  /** Clocks that may run here: entering the state ends every other. */
  readonly clocks: readonly Clock[]
  /** Legal acts and the state each leads to, or the states, when what the ticket carries decides. What is not here is illegal, whoever asks. */
  readonly acts: Readonly<Partial<Record<ActName, TicketState | readonly TicketState[]>>>
  /** Acts by the system, as the history names them, and where they lead: what becomes of the ticket that it follows becomes of it. */
  readonly system?: Readonly<Record<string, TicketState>>
  /** Acts that here are for those who lead the hall alone. */
  readonly leaders?: readonly ActName[]
  /** Acts that here are for the hall alone, although a unit may do them elsewhere. */
  readonly hall?: readonly ActName[]
}

/** Acts that change no state and are legal wherever a unit has the ticket. */
const atUnit = (state: TicketState): StateRule['acts'] => ({
  'edit': state, 'assist': state, 'urge': state, 'supervise': state, 'prioritise': state, 'protect': state, 'deliver': state, 'dispute': state, 'answer-extension': state, 'answer-dispute': state,
  'settle': 'closed', 'refer': 'referred', 'merge': 'merged', 'void': 'void', 'assign': state,
})
/** The same where the hall has it. */
const atHall = (state: TicketState): StateRule['acts'] => ({
  'edit': state, 'prioritise': state, 'protect': state, 'settle': 'closed', 'refer': 'referred', 'merge': 'merged', 'void': 'void',
})
/** To whoever had it; what waited for a ruling waits for it again. */
const REOPENED = ['open', 'dispatched', 'ruling'] as const

/** Nobody owns it, and perhaps two argue: who helps makes it safe all the same. */
const besideOwners = (state: TicketState): StateRule['acts'] => ({ assist: state, deliver: state, progress: state })

export const LIFE_CYCLE: Readonly<Record<TicketState, StateRule>> = {
  'open': {
    name: { zh: '待处理', en: 'Open' }, class: 'open', clocks: ['safe', 'reassign'],
    acts: { ...atHall('open'), dispatch: 'dispatched' },
  },
  'dispatched': {
    name: { zh: '已派单', en: 'Dispatched' }, class: 'waiting', clocks: ['delivery', 'sign', 'arrive', 'safe', 'repair', 'report', 'extension'],
    acts: { ...atUnit('dispatched'), 'dispatch': 'dispatched', 'reassign': 'dispatched', 'sign': ['signed', 'dispatched'], 'progress': ['in-progress', 'dispatched'], 'return': ['returned', 'ruling'], 'ask-extension': 'dispatched' },
  },
  'signed': {
    name: { zh: '已签收', en: 'Signed' }, class: 'waiting', clocks: ['delivery', 'arrive', 'safe', 'repair', 'report', 'extension'],
    acts: { ...atUnit('signed'), 'reassign': 'dispatched', 'sign': 'signed', 'progress': ['in-progress', 'signed'], 'report': 'reported', 'return': ['returned', 'ruling'], 'ask-extension': 'signed' },
  },
  'in-progress': {
    name: { zh: '办理中', en: 'In progress' }, class: 'waiting', clocks: ['delivery', 'arrive', 'safe', 'repair', 'report', 'extension'],
    acts: { ...atUnit('in-progress'), 'reassign': 'dispatched', 'sign': 'in-progress', 'progress': 'in-progress', 'report': 'reported', 'return': ['returned', 'ruling'], 'ask-extension': 'in-progress' },
  },
  'reported': {
    name: { zh: '已反馈', en: 'Reported' }, class: 'open', clocks: ['review'],
    acts: { ...atHall('reported'), visit: 'visited', close: 'closed', redo: 'in-progress', reassign: 'dispatched' }, hall: ['refer'],
  },
  'visited': {
    name: { zh: '已回访', en: 'Visited' }, class: 'open', clocks: ['review'],
    acts: { ...atHall('visited'), visit: 'visited', close: 'closed', redo: 'in-progress', reassign: 'dispatched' }, hall: ['refer'],
  },
  'returned': {
    name: { zh: '已退单', en: 'Returned' }, class: 'open', clocks: ['delivery', 'safe', 'reassign'],
    acts: { ...atHall('returned'), ...besideOwners('returned'), dispatch: 'dispatched', reassign: 'dispatched' },
  },
  'ruling': {
    name: { zh: '待裁定', en: 'For ruling' }, class: 'open', clocks: ['delivery', 'safe', 'ruling'],
    acts: { ...besideOwners('ruling'), edit: 'ruling', prioritise: 'ruling', protect: 'ruling', rule: 'dispatched', settle: 'closed', void: 'void' }, leaders: ['settle'],
  },
  'referred': {
    name: { zh: '已转介', en: 'Referred' }, class: 'waiting', clocks: ['safe', 'receipt'],
    acts: { 'edit': 'referred', 'prioritise': 'referred', 'protect': 'referred', 'progress': 'referred', 'confirm-receipt': 'closed', 'refer': 'referred', 'reassign': ['dispatched', 'ruling'], 'dispatch': ['dispatched', 'ruling'], 'void': 'void' }, hall: ['refer'],
  },
  'merged': {
    name: { zh: '已合并', en: 'Merged' }, class: 'waiting', clocks: [],
    acts: { edit: 'merged', prioritise: 'merged', protect: 'merged', reopen: REOPENED }, system: { 'follow': 'closed' },
  },
  'void': {
    name: { zh: '已作废', en: 'Void' }, class: 'closed', clocks: [],
    acts: { protect: 'void', reopen: REOPENED },
  },
  'closed': {
    name: { zh: '已办结', en: 'Closed' }, class: 'closed', clocks: [],
    // Whom he complained about he may fear most once it is over.
    acts: { protect: 'closed', reopen: REOPENED }, system: { 'follow-again': 'merged' },
  },
}

/** Acts by the system, as the history names them. */
export const SYSTEM_ACTS: Readonly<Record<string, Bilingual>> = {
  'open': { zh: '开单', en: 'opened' },
  'call-back': { zh: '标记回拨', en: 'marked for call-back' },
  'attention': { zh: '提醒：久未定类', en: 'reminder: kind still open' },
  'late': { zh: '办结后才到达，未生效', en: 'arrived after closing, not applied' },
  'fill': { zh: '补全来电信息', en: 'completed from the call' },
  'delivered': { zh: '已送达', en: 'delivered' },
  'warn': { zh: '预警', en: 'warning' },
  'urge-clock': { zh: '到期催办', en: 'due: urged' },
  'supervise-clock': { zh: '超期督办', en: 'overdue: supervised' },
  'notice-clock': { zh: '超期通报', en: 'overdue: notice' },
  'undelivered': { zh: '未送达报警', en: 'alarm: not delivered' },
  'recount': { zh: '日历更新，时限重算', en: 'limits counted anew: another calendar' },
  'graded': { zh: '按来电事项重定时限', en: 'limits by what the call is about' },
  'hall-clock': { zh: '大厅开始计时', en: 'the hall’s limits begin' },
  'absorb': { zh: '并入来电', en: 'took in a caller' },
  'propose': { zh: '集中来电：另有单位在办，请人工并案', en: 'many calls about one thing: other units work on it too, merge by hand' },
  'learnt': { zh: '并入的来电补报', en: 'a caller that follows it said more' },
  'release': { zh: '并入的来电重新单列', en: 'a caller stands by itself again' },
  'follow': { zh: '随主单办结', en: 'closed with the main ticket' },
  'follow-again': { zh: '主单重新打开', en: 'the main ticket was reopened' },
  'told': { zh: '随主单告知', en: 'told with the main ticket' },
  'conflict': { zh: '县级处理有冲突，待裁定', en: 'done in the county: in conflict, to be decided' },
  'decide': { zh: '裁定冲突', en: 'conflict decided' },
  'from-city': { zh: '市中心更新', en: 'brought up to date by the city' },
  'gone': { zh: '已转出本县', en: 'no longer the county’s' },
}

/** An act's name in the history, of people or of the system. */
export const actName = (act: string, language: 'zh' | 'en'): string => (act in ACTS ? ACTS[act as ActName].name : SYSTEM_ACTS[act])?.[language] ?? act

/** The acts that a person of this role finds in this state, apart from what the ticket itself forbids. */
export const actsFor = (state: TicketState, role: Role): readonly ActName[] =>
  (Object.keys(LIFE_CYCLE[state].acts) as ActName[]).filter((name) => ACTS[name].roles.includes(role) && !forLeaders(state, name, role) && !forHall(state, name, role))

/** In this state the act is for those who lead the hall, and he does not. */
export const forLeaders = (state: TicketState, act: ActName, role: Role): boolean => LIFE_CYCLE[state].leaders?.includes(act) === true && !LEADERS.some((one) => one === role)

/** In this state the act is the hall's, and he is of a unit. */
export const forHall = (state: TicketState, act: ActName, role: Role): boolean => LIFE_CYCLE[state].hall?.includes(act) === true && role === 'unit'

/** Whose turn it is; a state that this version does not know is looked at as open. */
export const classOf = (state: string): StateClass => (Object.hasOwn(LIFE_CYCLE, state) ? LIFE_CYCLE[state as TicketState].class : 'open')

/** All states an act can lead to. */
export function targetsOf(state: TicketState, act: ActName): readonly TicketState[] {
  const to = LIFE_CYCLE[state].acts[act]
  return to === undefined ? [] : typeof to === 'string' ? [to] : to
}

/** Where an act is legal, for the reason of a refusal. */
export const statesOf = (act: ActName): readonly TicketState[] => TICKET_STATES.filter((state) => LIFE_CYCLE[state].acts[act] !== undefined)
