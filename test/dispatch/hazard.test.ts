import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TicketAct } from '../../src/contracts/acts.js'
import { LiandongError } from '../../src/contracts/errors.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { applyAct, type Actor, type Transition } from '../../src/dispatch/core/acts.js'
import { deliver } from '../../src/dispatch/core/clocks.js'
import { CITY, NOW, ticketOf, UNIT } from './city.js'

const MINUTE = 60_000
const hall: Actor = { role: 'operator', id: 'op1' }
const staff = (unitId = UNIT): Actor => ({ role: 'unit', id: `of ${unitId}`, unitId })

const moved = (ticket: Ticket, name: TicketAct['act'], more: object = {}, who: Actor = hall, now = NOW): Transition =>
  applyAct(ticket, { actId: randomUUID(), act: name, baseVersion: ticket.version, note: '', ...more } as TicketAct, who, { now, rules: CITY })
const done = (...given: Parameters<typeof moved>): Ticket => moved(...given).ticket
function refusal(...given: Parameters<typeof moved>): LiandongError | null {
  try {
    moved(...given)
    return null
  } catch (error) {
    if (error instanceof LiandongError) return error
    throw error
  }
}
/** `clock:unit:minutes until it is due, from NOW`. */
const clocksOf = ({ work }: Ticket): string[] => work.clocks.map(({ clock, unitId, at }) => `${clock}:${unitId ?? 'hall'}:${Math.round((at.urge - NOW) / MINUTE)}`).sort()
const told = ({ notices }: Transition): string[] => notices.map(({ kind, to }) => `${kind} ${typeof to === 'string' ? to : 'unitId' in to && !('stage' in to) ? to.unitId : 'named'}`).sort()
/** Given to the unit at NOW and there at the same moment. */
const given = (more: Partial<Ticket['fields']> = {}): Ticket => { const open = ticketOf('open'); return deliver(done({ ...open, fields: { ...open.fields, ...more } }, 'dispatch', { unitId: UNIT }), UNIT, CITY, NOW) }
const REFERRAL = { body: 'other', name: '产权单位', nextAt: NOW + 86_400_000 }

t.test('no unit gets rid of an open manhole, nor of what a ruling gave it, by referring it', async (t) => {
  const ticket = done(given(), 'sign', {}, staff())
  t.match(refusal(ticket, 'refer', REFERRAL, staff()), { code: 'ticket.illegal', details: { zh: /险情未排除/, en: /make it safe first/ } })
  t.match(refusal({ ...ticket, work: { ...ticket.work, safeAt: NOW, binding: true } }, 'refer', REFERRAL, staff()), { code: 'ticket.illegal', details: { en: /ruling/ } })
  const safe = moved(done(ticket, 'progress', { step: 'made-safe', photos: [] }, staff()), 'refer', REFERRAL, staff())
  t.same([safe.ticket.state, told(safe)], ['referred', ['referred hall', 'told caller']], 'once it is safe it may, and the hall hears of it')
})

t.test('what the hall refers is made safe all the same', async (t) => {
  const referred = done(given(), 'refer', REFERRAL)
  t.same(clocksOf(referred), ['receipt:hall:4320', `safe:${UNIT}:60`])
  const guarded = done(referred, 'progress', { step: 'made-safe', photos: [] }, staff(), NOW + MINUTE)
  t.match(guarded, { state: 'referred', work: { safeAt: NOW + MINUTE } })
  t.same(clocksOf(guarded), ['receipt:hall:4320'])
})
