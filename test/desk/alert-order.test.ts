import t from 'tap'
import type { Notice } from '../../src/contracts/dispatch.js'
import { aboutOf, alertsOf, newsOf } from '../../src/desk/alerts/alert-order.js'
import { settledAt } from '../../src/desk/pages/unit/settled.js'

const notice = (ticketId: string, kind: Notice['kind'], at: number, hazard = false): Notice =>
  ({ id: `${ticketId} ${at}`, kind, unitId: 'municipal-works', ticketId, number: ticketId, text: { zh: '', en: '' }, category: null, place: '', priority: 'normal', hazard, dueAt: null, at })

t.test('the newest work before all, then danger, then the newest; a line for each ticket', async (t) => {
  const order = (...notices: Notice[]): string[] => alertsOf(notices).map((alert) => `${alert[0].ticketId}:${alert.map(({ kind }) => kind).join('+')}`)
  t.same(order(notice('b', 'urge', 5), notice('a', 'dispatch', 4), notice('c', 'dispatch', 2, true), notice('a', 'warn', 6), notice('d', 'dispatch', 1)), ['a:warn+dispatch', 'c:dispatch', 'b:urge', 'd:dispatch'])
  t.same(order(notice('a', 'reported', 1), notice('b', 'undelivered', 2, true), notice('c', 'reported', 3)), ['b:undelivered', 'c:reported', 'a:reported'], 'no new work: danger first')
  t.same(order(), [])
})

t.test('a line says of each time limit its last stage only, of the rest each thing once, and its title not twice', async (t) => {
  const stage = (kind: Notice['kind'], at: number, clock: NonNullable<Notice['clock']>, about?: string): Notice => ({ ...notice('a', kind, at), clock, ...(about !== undefined && { about }) })
  const says = (...notices: readonly Notice[]): string[] => newsOf(alertsOf(notices)[0] ?? [notices[0] as Notice]).map(({ kind, clock, at }) => `${kind} ${clock ?? ''} ${at}`.replace('  ', ' '))
  t.same(says(stage('warn', 1, 'reassign'), stage('urge', 2, 'reassign'), stage('supervise', 3, 'reassign'), stage('notice', 4, 'reassign')), ['notice reassign 4'])
  t.same(says(stage('urge', 1, 'sign', 'drainage'), stage('urge', 2, 'report', 'drainage'), stage('warn', 3, 'sign', 'telecom'), stage('supervise', 4, 'sign', 'drainage')), ['urge report 2', 'warn sign 3', 'supervise sign 4'], 'each unit’s and each limit’s')
  t.same(says(notice('a', 'urge', 1), notice('a', 'urge', 2), stage('urge', 3, 'report')), ['urge 2', 'urge report 3'], 'by hand is something else than by time')
  t.same(says(notice('a', 'extension-asked', 1), notice('a', 'reported', 2)), ['reported 2'], 'who reported wants no more time')
  t.equal(aboutOf('【险情】待裁定 100-0077：九都路', { number: '100-0077' }), '100-0077：九都路')
  t.equal(aboutOf('待裁定', { number: '100-0077' }), '待裁定')
})

t.test('at a unit what asks for something is over with the matter; what came after the list was asked for, and news, are not', async (t) => {
  const line = (id: string, state: string, unitId = 'municipal-works') => ({ id, number: id, state, kind: null, category: null, place: '', description: '', unitId, openedAt: 0, callBack: false })
  const told = [notice('signed', 'dispatch', 1), notice('new', 'dispatch', 2), notice('helped', 'dispatch', 3), notice('gone', 'urge', 4), notice('gone', 'closed', 5), notice('signed', 'urge', 6), notice('late', 'dispatch', 7)]
  const tickets = [line('signed', 'signed'), line('new', 'dispatched'), line('helped', 'in-progress', 'drainage')]
  const knew = new Set(told.slice(0, -1).map(({ id }) => id))
  t.same(settledAt(told, { waiting: { tickets, total: 3 }, knew }, 'municipal-works').map(({ id }) => id), ['signed 1', 'gone 4'])
  t.same(settledAt(told, { waiting: { tickets, total: 9 }, knew }, 'municipal-works').map(({ id }) => id), ['signed 1'], 'nobody knows what else is in a list of which a part is shown')
})
