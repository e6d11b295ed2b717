import type { TicketAct } from '../../contracts/acts.js'
import type { Ticket } from '../../contracts/ticket.js'

type Bare<T> = T extends TicketAct ? Omit<T, 'actId' | 'baseVersion'> : never

/** What a played unit does next, and how long nothing may have happened to the ticket before it does, ms. */
export interface PracticeStep { readonly act: Bare<TicketAct>; readonly after: number }

/** A terminal that nobody opened confirms what it is told after this: well before the hall is alarmed, long enough to be seen coming, ms. */
export const PRACTICE_RECEIPT = 4_000
const SIGN = 15_000
/** Who has a log-in of his own may want to do it himself, ms. */
const SIGN_FOR_STAFF = 5 * 60_000
const ARRIVE = 20_000
const REPORT = 30_000

/** Both languages, since whoever reads it later may have either desk: it must never look like the work of a real unit. */
const SAID = {
  sign: '练习：模拟单位签收 / practice: signed by a simulated unit',
  safe: '练习：模拟单位已围挡警示 / practice: guarded by a simulated unit',
  arrived: '练习：模拟单位已到现场 / practice: a simulated unit is on the spot',
  report: '练习：模拟单位已办理 / practice: done by a simulated unit',
} as const

/**
 * The next step of a unit that is played in practice: signs, arrives (a hazard is made safe first), reports; of what was referred it makes a hazard safe. Null: it is another's turn. Pure.
 * @param staffed somebody could sign in for this unit
 */
export function practiceStep({ state, work }: Ticket, staffed: boolean): PracticeStep | null {
  const safe: PracticeStep = { act: { act: 'progress', step: 'made-safe', note: SAID.safe, photos: [] }, after: ARRIVE }
  const unsafe = work.hazard && work.safeAt === null
  // The matter is another body's; the danger is the unit's still, also where its dispatch had not come when it was referred.
  if (state === 'referred') return unsafe ? safe : null
  // What nobody was told of nobody does: its receipt comes first.
  if (work.deliveredAt === null) return null
  if (state === 'dispatched') return { act: { act: 'sign', note: SAID.sign }, after: staffed ? SIGN_FOR_STAFF : SIGN }
  if (state !== 'signed' && state !== 'in-progress') return null
  if (unsafe) return safe
  if (work.arrivedAt === null) return { act: { act: 'progress', step: 'arrived', note: SAID.arrived, photos: [] }, after: ARRIVE }
  return { act: { act: 'report', result: 'done', note: SAID.report, photos: [] }, after: REPORT }
}
