import { CITIZEN_STAGES } from '../../contracts/citizen-stage.js'
import { ROAD_FIELDS, type NoticeKind, type RoadField } from '../../contracts/dispatch.js'
import { STAGES, type Clock, type Stage } from '../../contracts/life-cycle.js'
import type { Bilingual } from '../../contracts/primitives.js'
import { UNTOLD_OUTCOMES, type Ticket } from '../../contracts/ticket.js'
import type { RunningClock, TicketWork } from '../../contracts/work.js'
import { localOf } from './zone.js'

/** A notice before anybody knows by which channels it goes. `stage`: the persons named for that stage, of the city and of the unit. */
export interface NoticeDraft {
  readonly kind: NoticeKind
  readonly to: 'hall' | 'caller' | { readonly unitId: string } | { readonly stage: Stage | 'ruling'; readonly unitId: string | null }
  /** It was told before: only by ways on which that is not still being tried. A unit sees one new ticket, the hall one alarm, once. */
  readonly again?: true
  /** Which time limit it is about. */
  readonly clock?: Clock
  /** To a named person: when that limit is over, or was. */
  readonly due?: number
  /** Which unit it is about, where that is not who is told. */
  readonly about?: string
  /** Of `changed`: what reads otherwise now. */
  readonly changed?: readonly RoadField[]
  /** By what was done on which ticket, where that is not the reader's own: the one that it follows. */
  readonly by?: TicketWork
}

/** The unit that leads, then all that assist. */
export const unitsOf = ({ unitId, work }: Ticket): readonly string[] => (unitId === null ? work.assist : [unitId, ...work.assist])
/** A notice of this kind to each of them. */
export const toUnits = (ticket: Ticket, kind: NoticeKind): NoticeDraft[] => unitsOf(ticket).map((unitId) => ({ kind, to: { unitId } }))

/** What the hall was told last of one of its clocks, or of a danger, by the stages that came: once more, where that is over and the clock is not. */
export function stood({ clock, next }: RunningClock): NoticeDraft[] {
  const kind = STAGES[(next === null ? STAGES.length : STAGES.indexOf(next)) - 1]
  return kind === undefined ? [] : [{ kind, to: 'hall', clock }]
}

/** A message to who called, as the ticket is by then; nobody is told of a call that was none. */
export const toCaller = ({ fields, outcome }: Ticket, kind: NoticeKind, by?: TicketWork): NoticeDraft[] =>
  (fields.kind === 'invalid' || UNTOLD_OUTCOMES.has(outcome) ? [] : [{ kind, to: 'caller', ...(by !== undefined && { by }) }])

const TITLES: Readonly<Record<NoticeKind, Bilingual>> = {
  'dispatch': { zh: '新工单', en: 'New ticket' },
  'urge': { zh: '催办', en: 'Urged' },
  'supervise': { zh: '督办', en: 'Supervised' },
  'undelivered': { zh: '工单未送达', en: 'Not delivered' },
  'ruling-wanted': { zh: '待裁定', en: 'A ruling is wanted' },
  'incident': { zh: '集中来电', en: 'Many calls about one thing' },
  'warn': { zh: '即将到期', en: 'Soon due' },
  'notice': { zh: '超期通报', en: 'Overdue: notice' },
  'reassigned': { zh: '工单已转出', en: 'Given to another unit' },
  'stood-down': { zh: '无需协办', en: 'Help no longer wanted' },
  'merged': { zh: '已并入另一工单', en: 'Merged into another ticket' },
  'void': { zh: '工单已作废', en: 'Void' },
  'redo': { zh: '发回重办', en: 'Sent back' },
  'raised': { zh: '情况升级', en: 'More urgent now' },
  'changed': { zh: '内容更正', en: 'Corrected' },
  'filed': { zh: '新来件（无来电）', en: 'Filed without a call' },
  'ungathered': { zh: '移出合并，待派单', en: 'Taken out of an incident' },
  'returned': { zh: '单位退单', en: 'Returned by the unit' },
  'reported': { zh: '单位已反馈', en: 'Reported by the unit' },
  'referred': { zh: '已转介', en: 'Referred' },
  'extension-asked': { zh: '申请延期', en: 'More time asked for' },
  'extension-answered': { zh: '延期已答复', en: 'Extension answered' },
  'disputed': { zh: '权属异议', en: 'Disputed' },
  'dispute-answered': { zh: '权属异议未采纳', en: 'Dispute not accepted' },
  'closed': { zh: '已办结', en: 'Closed' },
  'told': { zh: '进展', en: 'Progress' },
  'conflict': { zh: '断线期间的处理有冲突', en: 'Done on both sides of a cut line' },
  'decided': { zh: '冲突已裁定', en: 'Conflict decided' },
}

const MARK = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu
/** One line: what a caller said must not draw lines of its own in a text message. */
export const oneLine = (text: string, most: number): string => { const flat = text.replace(MARK, ' ').replace(/\s+/g, ' ').trim(); return flat.length > most ? `${flat.slice(0, most - 1)}…` : flat }

/** A unit hears that it has to do with a ticket no more, and which one; what the ticket says is not its business now. */
export const partingText = (kind: NoticeKind, { number }: Ticket): Bilingual => ({ zh: `${TITLES[kind].zh} ${number}`, en: `${TITLES[kind].en} ${number}` })

const ROAD_NAMES: Readonly<Record<RoadField, Bilingual>> = { place: { zh: '地点', en: 'place' }, point: { zh: '位置', en: 'position' }, description: { zh: '情况', en: 'description' } }
/** What is corrected, by name; a position that moved with the words of its place goes without saying. */
function correctedTitle(changed: readonly RoadField[]): Bilingual {
  const said = ROAD_FIELDS.filter((field) => changed.includes(field) && (field !== 'point' || !changed.includes('place')))
  return { zh: `${said.map((field) => ROAD_NAMES[field].zh).join('、')}更正`, en: `Corrected (${said.map((field) => ROAD_NAMES[field].en).join(', ')})` }
}

/** How a request for more time was answered, and until when there is time. */
function answeredTitle({ extension }: TicketWork, zone: string): Bilingual {
  if (extension === null || extension.state === 'asked') return TITLES['extension-answered']
  if (extension.state === 'refused') return { zh: '延期未获同意，时限不变', en: 'No extension: the limits stay' }
  const until = dayOf(extension.until, zone)
  const minutes = Math.floor(localOf(extension.until, zone).time / 60_000)
  const time = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
  return { zh: `延期已同意，延至 ${until.zh} ${time}`, en: `Extension granted until ${until.en} ${time}` }
}

/** The limit that an answer set: null, none. Undefined: it is no answer. */
export const answeredUntil = (kind: NoticeKind, { extension }: TicketWork): number | null | undefined =>
  (kind !== 'extension-answered' || extension === null || extension.state === 'asked' ? undefined : extension.state === 'granted' ? extension.until : null)

/** What a unit or the hall reads; times are the city's. @param changed what a correction is about; left out: it is not said */
export function noticeText(kind: NoticeKind, ticket: Ticket, zone: string, changed: readonly RoadField[] = []): Bilingual {
  const { zh, en } = kind === 'changed' && changed.length > 0 ? correctedTitle(changed) : kind === 'extension-answered' ? answeredTitle(ticket.work, zone) : TITLES[kind]
  const about = [oneLine(ticket.fields.place, 60), oneLine(ticket.fields.description, 80)].filter((part) => part !== '').join(' · ')
  const danger = ticket.work.hazard && ticket.work.safeAt === null
  return {
    zh: `${danger ? '【险情】' : ''}${zh} ${ticket.number}${about === '' ? '' : `：${about}`}`,
    en: `${danger ? 'HAZARD: ' : ''}${en} ${ticket.number}${about === '' ? '' : `: ${about}`}`,
  }
}

/** A day, as a citizen reads it. */
function dayOf(instant: number, zone: string): Bilingual {
  const [, month = 1, day = 1] = localOf(instant, zone).day.split('-').map(Number)
  return { zh: `${month}月${day}日`, en: localOf(instant, zone).day }
}

/** How a closed ticket ended, to its citizen. */
export function endingOf({ outcome, work: { referral } }: Ticket): Bilingual {
  if (outcome === 'not-done') return CITIZEN_STAGES['not-done']
  if (outcome === 'answered') return { zh: '已答复', en: 'Answered' }
  if (outcome !== 'referred') return CITIZEN_STAGES.closed
  if (referral === null) return CITIZEN_STAGES.referred
  const [name, reference] = [oneLine(referral.name, 40), referral.reference ?? '']
  return { zh: `已由${name}受理${reference === '' ? '' : `，受理编号 ${reference}`}`, en: `Taken up by ${name}${reference === '' ? '' : ` under No. ${reference}`}` }
}

/** What the citizen reads; days are those of the city. The unit's words stand in quotes, so that nobody takes them for ours. */
export function citizenText(kind: NoticeKind, ticket: Ticket, zone: string): Bilingual {
  const { report, told, referral, extension } = ticket.work
  if (kind === 'closed') {
    // What the hall said of it in the end is ours, and the last word.
    const said = told != null ? { zh: `${oneLine(told, 120).replace(/[。.]$/, '')}。`, en: ` ${oneLine(told, 120)}` } : report === null ? { zh: '', en: '' } : { zh: `办理情况：“${oneLine(report.note, 120)}”。`, en: ` The unit says: “${oneLine(report.note, 120)}”.` }
    const ended = endingOf(ticket)
    return { zh: `【110联动】您反映的事项（${ticket.number}）${ended.zh}。${said.zh}如有不满意，请再拨110并报此编号。`, en: `[110] Your request ${ticket.number}: ${ended.en}.${said.en} If you are not satisfied, call 110 again with this number.` }
  }
  if (referral !== null) {
    const next = dayOf(referral.nextAt, zone)
    return { zh: `【110联动】您反映的事项（${ticket.number}）已转${oneLine(referral.name, 40)}受理，下一步日期 ${next.zh}。`, en: `[110] Your request ${ticket.number} was referred to ${oneLine(referral.name, 40)}; the next step there is on ${next.en}.` }
  }
  if (extension?.state === 'refused') return { zh: `【110联动】您反映的事项（${ticket.number}），承办单位申请延期未获同意，仍按原定时限办理。`, en: `[110] Your request ${ticket.number}: the unit asked for more time, which was not granted; the time limit stays as it was.` }
  if (extension !== null) {
    const until = dayOf(extension.until, zone)
    return { zh: `【110联动】您反映的事项（${ticket.number}）需要更多时间，延至 ${until.zh} 前办结，我们会继续督促。`, en: `[110] Your request ${ticket.number} needs more time, until ${until.en}; we keep an eye on it.` }
  }
  return { zh: `【110联动】您反映的事项（${ticket.number}）有新的进展。`, en: `[110] There is news of your request ${ticket.number}.` }
}
