import t from 'tap'
import type { Notice } from '../../src/contracts/dispatch.js'
import { alertsOf } from '../../src/desk/alerts/alert-order.js'

const notice = (ticketId: string, kind: Notice['kind'], at: number, hazard = false): Notice =>
  ({ id: `${ticketId} ${at}`, kind, unitId: 'municipal-works', ticketId, number: ticketId, text: { zh: '', en: '' }, category: null, place: '', priority: 'normal', hazard, dueAt: null, at })

t.test('the newest work before all, then danger, then the newest; a line for each ticket', async (t) => {
  const order = (...notices: Notice[]): string[] => alertsOf(notices).map((alert) => `${alert[0].ticketId}:${alert.map(({ kind }) => kind).join('+')}`)
  t.same(order(notice('b', 'urge', 5), notice('a', 'dispatch', 4), notice('c', 'dispatch', 2, true), notice('a', 'warn', 6), notice('d', 'dispatch', 1)), ['a:warn+dispatch', 'c:dispatch', 'b:urge', 'd:dispatch'])
  t.same(order(notice('a', 'reported', 1), notice('b', 'undelivered', 2, true), notice('c', 'reported', 3)), ['b:undelivered', 'c:reported', 'a:reported'], 'no new work: danger first')
  t.same(order(), [])
})
