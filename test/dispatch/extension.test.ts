import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TicketAct } from '../../src/contracts/acts.js'
import type { Clock } from '../../src/contracts/life-cycle.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { putOffFrom, type RunningClock } from '../../src/contracts/work.js'
import { applyAct, type Actor } from '../../src/dispatch/core/acts.js'
import { answeredUntil, noticeText } from '../../src/dispatch/core/notices.js'
import { CITY, NOW, ticketOf, UNIT } from './city.js'

const HOUR = 3_600_000
const unit: Actor = { role: 'unit', id: 'w1', unitId: UNIT }
const chief: Actor = { role: 'supervisor', id: 'lead1' }
const run = (clock: Clock, hours: number): RunningClock => ({ clock, unitId: UNIT, startedAt: NOW - HOUR, at: { warn: NOW, urge: NOW + hours * HOUR, supervise: NOW + 2 * hours * HOUR, notice: NOW + 3 * hours * HOUR }, next: 'warn' })
const apply = (ticket: Ticket, name: TicketAct['act'], more: object, who: Actor): ReturnType<typeof applyAct> => applyAct(ticket, { actId: randomUUID(), act: name, baseVersion: ticket.version, note: '缺配件', ...more } as TicketAct, who, { now: NOW, rules: CITY })
const dueOf = ({ work }: Ticket): Partial<Record<Clock, number>> => Object.fromEntries(work.clocks.filter(({ clock }) => clock !== 'extension').map(({ clock, at }) => [clock, (at.urge - NOW) / HOUR]))

t.test('more time moves what would pass before it, to it, and nothing further than was asked', async (t) => {
  // Hours from now at which each limit is due; how many more are asked, from the first; what is due when it is granted.
  for (const [limits, asked, granted] of [
    [{ repair: 22, report: 24 }, 24, { repair: 46, report: 46 }],
    [{ repair: 22, report: 24 }, 1, { repair: 23, report: 24 }],
    [{ report: 5, repair: 100 }, 24, { report: 29, repair: 100 }],
    [{ report: 5 }, 24, { report: 29 }],
    [{ arrive: 2, safe: 3, repair: 22, report: 24 }, 24, { arrive: 2, safe: 3, repair: 46, report: 46 }],
  ] as const) {
    const ticket = ticketOf('in-progress', { deliveredAt: NOW - HOUR, hazard: 'safe' in limits, clocks: Object.entries(limits).map(([clock, hours]) => run(clock as Clock, hours)) })
    const until = (putOffFrom(ticket.work)[0]?.at.urge ?? 0) + asked * HOUR
    const wanted = apply(ticket, 'ask-extension', { until }, unit).ticket
    t.same(dueOf(wanted), limits, 'what is asked for moves nothing yet')
    const { ticket: after, notices } = apply(wanted, 'answer-extension', { granted: true }, chief)
    t.same(dueOf(after), granted, JSON.stringify(limits))
    for (const { clock, at } of after.work.clocks) t.ok(at.urge - (ticket.work.clocks.find((one) => one.clock === clock)?.at.urge ?? 0) <= asked * HOUR, `${clock} no further than asked`)
    t.same(dueOf(apply(wanted, 'answer-extension', { granted: false }, chief).ticket), limits, 'refused: all stay')
    t.match(notices[0], { kind: 'extension-answered', to: { unitId: UNIT } })
  }
  t.throws(() => apply(ticketOf('in-progress', { deliveredAt: NOW, clocks: [run('repair', 22), run('report', 24)] }), 'ask-extension', { until: NOW + 22 * HOUR }, unit), { code: 'ticket.illegal', details: { en: /later than the old one/ } }, 'nothing would move')
})

t.test('the unit reads whether it was granted, and until when, by the city’s clock', async (t) => {
  const told = (state: 'asked' | 'granted' | 'refused') => {
    const ticket = ticketOf('in-progress', { extension: { unitId: UNIT, until: NOW + 20 * HOUR, note: '', askedAt: NOW, state } })
    return [noticeText('extension-answered', ticket, 'Asia/Shanghai'), answeredUntil('extension-answered', ticket.work)]
  }
  t.match(told('granted'), [{ zh: /^延期已同意，延至 6月25日 06:00 100-0003：/, en: /^Extension granted until 2026-06-25 06:00 100-0003:/ }, NOW + 20 * HOUR])
  t.match(told('refused'), [{ zh: /^延期未获同意，时限不变 /, en: /^No extension: the limits stay / }, null])
  t.equal(told('asked')[1], undefined)
  t.equal(answeredUntil('urge', ticketOf('in-progress').work), undefined)
})
