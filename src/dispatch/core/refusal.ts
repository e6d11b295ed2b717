import type { TicketAct } from '../../contracts/acts.js'
import { LiandongError } from '../../contracts/errors.js'
import { ACTS } from '../../contracts/life-cycle.js'
import type { DutyRule } from '../../contracts/dispatch.js'
import type { Role } from '../../contracts/people.js'
import type { Bilingual } from '../../contracts/primitives.js'
import type { Ticket } from '../../contracts/ticket.js'
import { districtOf } from './geo.js'
import { dutyInForce } from './routing.js'
import type { Rules } from './rules.js'

/** Says in both languages why not. @throws LiandongError `ticket.illegal` */
export function refuse(ticket: Ticket, act: TicketAct['act'], zh: string, en: string): never {
  throw new LiandongError('ticket.illegal', { state: ticket.state, act, zh, en })
}

const YEARS = 10
/** A day beyond any that somebody waits for is a slip of the hand. @throws LiandongError `ticket.illegal` */
export function tooFar(ticket: Ticket, act: TicketAct['act'], at: number, now: number): void {
  if (at > now + YEARS * 365 * 86_400_000) refuse(ticket, act, `日期过远，最多 ${YEARS} 年`, `that is too far ahead: at most ${YEARS} years`)
}

/** Who may rule: the persons named for it; where nobody is named, whoever leads the hall. */
export const mayRule = ({ officers }: Pick<Rules, 'officers'>, { role, id }: { readonly role: Role; readonly id?: string | undefined }): boolean => (officers.length === 0 ? ACTS.rule.roles.includes(role) : officers.includes(id ?? ''))

/** A unit may not put down a danger that nobody guards yet, nor what a ruling gave it. @throws LiandongError `ticket.illegal` */
export function heldTo(ticket: Ticket, act: TicketAct['act']): void {
  const { binding, hazard, safeAt } = ticket.work
  if (binding) refuse(ticket, act, '已经裁定，不能再推出', 'it was given by a ruling and stays')
  if (hazard && safeAt === null) refuse(ticket, act, '险情未排除不能放手；可提出权属异议，先排险', 'make it safe first; dispute it meanwhile')
}

/** A rule speaks of such a ticket: of its kind and its district, as far as both are known. */
const covers = (duty: DutyRule, { fields: { category, point, place } }: Ticket, rules: Rules): boolean => {
  if (duty.category !== null && category !== null && duty.category !== category) return false
  if (duty.area === null) return true
  const area = districtOf(rules.districts ?? [], point, place)
  return area === null || duty.area === area
}

/** What a unit cites, of another than itself, and whom it means by it: who leads by that rule before who helps. @throws LiandongError `ticket.duty-unknown` */
export function cited(code: string, ticket: Ticket, rules: Rules, now: number, by: string): { readonly duty: string; readonly to?: string } {
  const duty = knownDuty(code, ticket, rules, now, null, by)
  const named = rules.duties.filter((one) => one.code === code && one.unitId !== by && dutyInForce(one, now, rules.calendar.zone) && covers(one, ticket, rules))
  const to = (named.find(({ role }) => role === 'lead') ?? named[0])?.unitId
  return { duty, ...(to !== undefined && { to }) }
}

/** A rule of duty that is in force and speaks of this ticket; of another unit than the one that cites it, of the one that gets the ticket. → its code @throws LiandongError `ticket.duty-unknown` */
export function knownDuty(code: string, ticket: Ticket, rules: Rules, now: number, names: string | null, notOf?: string): string {
  const found = rules.duties.filter((duty) => duty.code === code && dutyInForce(duty, now, rules.calendar.zone))
  const problem = (zh: string, en: string): Bilingual => ({ zh, en })
  let why: Bilingual | null = null
  if (found.length === 0) why = problem('没有这条职责，或已失效', 'there is no such rule in force')
  else if (!found.some((duty) => covers(duty, ticket, rules))) why = problem('这条职责管的是别类事项或别的区域；类别、地点有误请先由接警中心更正', 'this rule is about another kind or district; where the ticket’s are wrong the hall corrects them first')
  else if (notOf !== undefined && found.every(({ unitId }) => unitId === notOf)) why = problem('这条职责正属于本单位', 'this rule names your own unit')
  else if (names !== null && !found.some(({ unitId }) => unitId === names)) why = problem('这条职责不属于该单位', 'this rule does not name that unit')
  if (why !== null) throw new LiandongError('ticket.duty-unknown', { duty: code, zh: why.zh, en: why.en })
  return code
}
