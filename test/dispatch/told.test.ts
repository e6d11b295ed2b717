import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TicketAct } from '../../src/contracts/acts.js'
import { LiandongError } from '../../src/contracts/errors.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { applyAct, type Actor } from '../../src/dispatch/core/acts.js'
import { fire, follow, followAgain, hear } from '../../src/dispatch/core/escalation.js'
import { citizenText, noticeText } from '../../src/dispatch/core/notices.js'
import { CITY, NOW, ticketOf, UNIT } from './city.js'

const hall: Actor = { role: 'supervisor', id: 'lead1' }
const lead: Actor = { role: 'unit', id: 'w1', unitId: UNIT }
const apply = (ticket: Ticket, name: TicketAct['act'], more: object, who: Actor): ReturnType<typeof applyAct> => applyAct(ticket, { actId: randomUUID(), act: name, baseVersion: 4, note: '因故', ...more } as TicketAct, who, { now: NOW, rules: CITY })
const OTHER = '00000000-0000-4000-8000-00000000000f'

t.test('who works on a ticket hears of every end of it: no crew drives out for nothing', async (t) => {
  const ticket = ticketOf('in-progress', { deliveredAt: NOW, assist: ['drainage', 'telecom'] })
  const reported = { ...ticket, state: 'reported' as const }
  const cases: readonly (readonly [what: string, Ticket, TicketAct['act'], object, Actor, readonly string[]])[] = [
    ['void', ticket, 'void', {}, hall, [`void ${UNIT}`, 'void drainage', 'void telecom']],
    ['settled', ticket, 'settle', { outcome: 'answered' }, hall, [`closed ${UNIT}`, 'closed drainage', 'closed telecom', 'closed caller']],
    ['closed', reported, 'close', {}, hall, [`closed ${UNIT}`, 'closed drainage', 'closed telecom', 'closed caller']],
    ['merged', ticket, 'merge', { into: OTHER }, hall, [`merged ${UNIT}`, 'merged drainage', 'merged telecom']],
    ['referred by the hall', ticket, 'refer', { body: 'court', name: '法院', nextAt: NOW + 1 }, hall, [`referred ${UNIT}`, 'referred drainage', 'referred telecom', 'told caller']],
    ['referred by the one that leads', ticket, 'refer', { body: 'court', name: '法院', nextAt: NOW + 1 }, lead, ['referred drainage', 'referred telecom', 'referred hall', 'told caller']],
    ['taken off', ticket, 'assist', { assist: ['telecom', 'gas-company'] }, hall, ['dispatch gas-company', 'stood-down drainage']],
    ['given to others', ticket, 'reassign', { unitId: 'gas-company', assist: ['telecom'] }, hall, ['dispatch gas-company', 'dispatch telecom', `reassigned ${UNIT}`, 'stood-down drainage']],
    ['changed places', ticket, 'reassign', { unitId: 'drainage', assist: [UNIT] }, hall, ['dispatch drainage', `dispatch ${UNIT}`, 'stood-down telecom']],
  ]
  for (const [what, from, name, more, who, expected] of cases) {
    const { notices } = apply(from, name, more, who)
    t.same(notices.map(({ kind, to }) => `${kind} ${typeof to === 'string' ? to : to.unitId ?? ''}`).sort(), [...expected].sort(), what)
  }
})

t.test('who is on the road hears that it is somewhere else, or about something else, once', async (t) => {
  const ticket = ticketOf('in-progress', { deliveredAt: NOW, assist: ['drainage'] })
  const told = (from: Ticket, changes: object, now = NOW): string[] => {
    const { ticket: { work }, notices } = applyAct(from, { actId: randomUUID(), act: 'edit', baseVersion: 4, changes }, hall, { now, rules: CITY })
    return [...notices.map(({ kind, to, changed }) => `${kind} ${typeof to === 'string' ? to : to.unitId ?? ''} ${changed?.join() ?? ''}`.trim()), ...work.clocks.flatMap(({ clock, unitId, tells }) => (clock === 'delivery' ? [`awaits ${unitId ?? ''} ${tells ?? 'dispatch'}`] : []))]
  }
  const both = (changed: string): string[] => [`changed ${UNIT} ${changed}`, `changed drainage ${changed}`, `awaits ${UNIT} changed`, 'awaits drainage changed']
  t.same(told(ticket, { place: '龙门大道 88 号', point: { lat: 34.61, lon: 112.45 } }), both('place,point'))
  t.same(told(ticket, { point: { lat: 34.61, lon: 112.45 } }), both('point'))
  t.same(told(ticket, { description: '井盖缺失，有人掉进去' }), both('description'))
  t.same(told(ticket, { place: ticket.fields.place, callerName: '王女士', callBack: true }), [], 'not what nobody goes by')
  const waiting = ticketOf('dispatched', {}, { unitId: UNIT })
  t.same(told(waiting, { place: '龙门大道 88 号' }).slice(0, 1), [`changed ${UNIT} place`], 'nor is he who has not heard of it left with the old words')
  t.same(told(ticket, { place: '龙门大道 88 号', category: 'manhole-cover' }).filter((one) => one.startsWith('awaits')), [`awaits ${UNIT} changed`, 'awaits drainage changed'])
  const noise = { ...ticket, fields: { ...ticket.fields, category: 'noise' } }
  t.same(told(noise, { place: '龙门大道 88 号', category: 'manhole-cover' }), [`raised ${UNIT}`, 'raised drainage', `awaits ${UNIT} raised`, 'awaits drainage raised'], 'what makes it graver says where as well')
  for (const state of ['open', 'reported', 'referred', 'merged'] as const) t.same(told({ ...ticketOf(state, { deliveredAt: NOW }), ...(state === 'open' && { unitId: null }) }, { place: '龙门大道 88 号' }), [], state)
  t.match(told(ticketOf('referred', { deliveredAt: NOW, hazard: true }), { place: '龙门大道 88 号' }), [`changed ${UNIT} place`], 'a danger that was left to it is still somewhere')
  t.match(noticeText('changed', ticket, CITY.calendar.zone, ['place', 'point', 'description']), { zh: /^地点、情况更正 /, en: /^Corrected \(place, description\) / })
})

t.test('what the hall says of how it ended is told to who called, and to those who called about the same, where it is meant for them', async (t) => {
  const note = '10:30 已恢复供电'
  const words = (ticket: Ticket): string => citizenText('closed', ticket, 'Asia/Shanghai').zh
  const ticket = ticketOf('in-progress', { deliveredAt: NOW })
  const settled = apply(ticket, 'settle', { outcome: 'settled-on-the-spot', note, told: true }, hall)
  t.match(words(settled.ticket), `已办结。${note}。如有不满意`)
  t.same(settled.changes['told'], [null, note], 'and the history says so')
  t.match(words(follow(ticketOf('merged'), settled.ticket, NOW).ticket), note)
  for (const more of [{}, { told: false }]) t.notMatch(words(apply(ticket, 'settle', { outcome: 'settled-on-the-spot', note: '内部备注', ...more }, hall).ticket), '内部备注', 'a remark stays within')
  t.notOk('told' in apply(ticket, 'settle', { outcome: 'settled-on-the-spot', note: ' ', told: true }, hall).ticket.work, 'nothing is no word')
  const report = { unitId: UNIT, result: 'done' as const, note: '新井盖装好', photos: [], at: NOW }
  const reported = ticketOf('reported', { deliveredAt: NOW, report })
  t.match(words(apply(reported, 'close', { note: '' }, hall).ticket), '办理情况：“新井盖装好”。')
  t.match(words(apply(reported, 'close', { note, told: true }, hall).ticket), `已办结。${note}。`, 'the hall’s is the last word')
  t.equal(apply(settled.ticket, 'reopen', {}, hall).ticket.work.told, null, 'opened again: nobody was told how it ends')
  t.equal(followAgain(follow(ticketOf('merged'), settled.ticket, NOW).ticket).ticket.work.told, null)
})

t.test('a danger that nobody guards yet does not end without a word', async (t) => {
  const danger = ticketOf('in-progress', { hazard: true })
  const MORE: Partial<Record<TicketAct['act'], object>> = { 'refer': { body: 'court', name: '法院', nextAt: NOW + 1 }, 'settle': { outcome: 'handed-over' }, 'merge': { into: OTHER }, 'confirm-receipt': { reference: '11' }, 'prioritise': { priority: 'normal', hazard: false } }
  const ends = (ticket: Ticket, name: TicketAct['act'], note: string): string => {
    try {
      return apply(ticket, name, { note, ...MORE[name] }, hall).ticket.state
    } catch (error) {
      if (error instanceof LiandongError) return error.code
      throw error
    }
  }
  for (const [name, ticket, end] of [
    ['settle', danger, 'closed'], ['refer', danger, 'referred'], ['refer', ticketOf('open', { hazard: true }), 'referred'], ['close', { ...danger, state: 'reported' }, 'closed'], ['merge', danger, 'merged'], ['void', danger, 'void'], ['confirm-receipt', { ...danger, state: 'referred' }, 'closed'], ['prioritise', danger, 'in-progress'],
  ] as const) {
    t.equal(ends(ticket, name, ' '), 'ticket.illegal', name)
    t.equal(ends(ticket, name, '消防已到场接管'), end)
    t.equal(ends({ ...ticket, work: { ...ticket.work, safeAt: NOW } }, name, ''), end)
  }
  t.equal(apply(danger, 'prioritise', { priority: 'emergency', hazard: true, note: '' }, hall).ticket.work.hazard, true, 'graver without a word')
})

t.test('what the citizen is not satisfied with is ended by who leads the hall, for a reason; where he is so in part, for a reason', async (t) => {
  const report = { unitId: UNIT, result: 'done' as const, note: '已办', photos: [], at: NOW }
  const visited = (result: 'satisfied' | 'partly' | 'not-satisfied' | 'unreachable'): Ticket => ticketOf('visited', { deliveredAt: NOW, report, visit: { result, note: '', at: NOW } })
  const operator: Actor = { role: 'operator', id: 'op1' }
  const MORE = { close: {}, settle: { outcome: 'other' }, refer: { body: 'court', name: '法院', nextAt: NOW + 1 }, merge: { into: OTHER } } as const
  const ends = (ticket: Ticket, name: keyof typeof MORE, note: string, who: Actor): string => {
    try {
      return apply(ticket, name, { note, ...MORE[name] }, who).ticket.state
    } catch (error) {
      if (error instanceof LiandongError) return String(error.details['en'])
      throw error
    }
  }
  // By another body's receipt, or with the ticket that it follows, it closes as well.
  for (const [name, end] of [['close', 'closed'], ['settle', 'closed'], ['refer', 'referred'], ['merge', 'merged']] as const) {
    t.match(ends(visited('not-satisfied'), name, '已多次劝导', operator), /only who leads the hall/, name)
    t.match(ends(visited('not-satisfied'), name, ' ', hall), /say why/)
    t.equal(ends(visited('not-satisfied'), name, '诉求于法无据，已当面说明', hall), end)
    t.match(ends(visited('partly'), name, '', operator), /say why/)
    t.equal(ends(visited('partly'), name, '其余待春季补种', operator), end)
    for (const result of ['satisfied', 'unreachable'] as const) t.equal(ends(visited(result), name, '', operator), end)
  }
  const ended = apply(apply(visited('not-satisfied'), 'redo', { note: '未办妥' }, operator).ticket, 'settle', { outcome: 'other', note: '消防已接管' }, operator).ticket
  t.equal(ended.state, 'closed', 'what was sent back is another story')
  t.notMatch(citizenText('closed', ended, CITY.calendar.zone).zh, '已办”', 'and nobody is told the report that was not accepted')
})

t.test('the citizen is told what became of it; who may sit beside the one he fears, called by mistake or is with police or ambulance gets no text message', async (t) => {
  const report = { unitId: UNIT, result: 'not-done' as const, note: '须产权人同意', photos: [], at: NOW }
  const told = (from: Ticket, name: TicketAct['act'], more: object): string | null => {
    const { ticket, notices } = apply(from, name, more, hall)
    return notices.some(({ to }) => to === 'caller') ? citizenText('closed', ticket, CITY.calendar.zone).zh : null
  }
  const open = { unitId: null, operatorId: 'op1' }
  for (const outcome of ['silent', 'nuisance', 'misdial', 'handed-over']) {
    t.equal(told(ticketOf('open', {}, open), 'settle', { outcome }), null, outcome)
    t.same(follow(ticketOf('merged'), { ...ticketOf('closed'), outcome: outcome as 'silent' }, NOW).notices, [], `nor who follows it: ${outcome}`)
  }
  const invalid = ticketOf('open', {}, open)
  t.equal(told({ ...invalid, fields: { ...invalid.fields, kind: 'invalid' } }, 'settle', { outcome: 'other' }), null)
  t.same(hear({ ...invalid, fields: { ...invalid.fields, kind: 'invalid' } }, { kind: 'told', to: 'caller' }, ticketOf('in-progress')).notices, [])
  t.equal(told(ticketOf('open', {}, open), 'settle', { outcome: 'answered' }), null, 'he has his answer')
  t.match(told(ticketOf('open', { members: 3 }, open), 'settle', { outcome: 'answered' }), '已答复', 'many wait for it')
  t.match(told(ticketOf('open', {}, { unitId: null }), 'settle', { outcome: 'answered' }), '已答复', 'who filed it speaks with nobody')
  t.match(told(ticketOf('open', {}, open), 'settle', { outcome: 'settled-on-the-spot' }), '已办结')
  t.match(told(ticketOf('open', {}, open), 'settle', { outcome: 'referred' }), '已转有关机构办理')
  t.match(told(ticketOf('reported', { report }), 'close', {}), '未能办成。办理情况：“须产权人同意”')
  const referral = { body: 'arbitration' as const, name: '仲裁院', nextAt: NOW, referredAt: NOW, reference: null, receivedAt: null }
  t.match(told(ticketOf('referred', { referral }), 'confirm-receipt', { reference: '洛劳仲字11号' }), '已由仲裁院受理，受理编号 洛劳仲字11号')
  t.match(citizenText('closed', follow(ticketOf('merged'), { ...ticketOf('closed', { referral: { ...referral, reference: '11' } }), outcome: 'referred' }, NOW).ticket, CITY.calendar.zone).zh, '受理编号 11')
})

t.test('a citizen hears whether more time was given, and until when; and of the next day where his request was referred', async (t) => {
  const asked = ticketOf('in-progress', { deliveredAt: NOW, extension: { unitId: UNIT, until: NOW + 3 * 86_400_000, note: '缺件', askedAt: NOW, state: 'asked' } })
  const told = (from: Ticket, name: TicketAct['act'], more: object) => {
    const { ticket, notices } = apply(from, name, more, hall)
    return notices.some(({ to }) => to === 'caller') ? citizenText('told', ticket, CITY.calendar.zone) : null
  }
  t.match(told(asked, 'answer-extension', { granted: true }), { zh: /延至 6月27日/, en: /until 2026-06-27/ })
  t.match(told(asked, 'answer-extension', { granted: false }), { zh: /未获同意，仍按原定时限/, en: /not granted/ })
  t.match(told(ticketOf('in-progress'), 'refer', { body: 'arbitration', name: '仲裁院', nextAt: NOW + 7 * 86_400_000 }), { zh: /已转仲裁院受理，下一步日期 7月1日/, en: /2026-07-01/ })
})

t.test('who is named for warnings is warned while something can still be done', async (t) => {
  const run = { clock: 'report', unitId: UNIT, startedAt: NOW, at: { warn: NOW + 1, urge: NOW + 2, supervise: NOW + 3, notice: NOW + 4 }, next: 'warn' } as const
  t.same(fire(ticketOf('in-progress', { clocks: [run] }), run, 'warn').notices.map(({ kind, to }) => [kind, to]), [['warn', { unitId: UNIT }], ['warn', { stage: 'warn', unitId: UNIT }]])
})

t.test('what a ruling gave to a unit goes to another by the named officer alone, and he alone rules', async (t) => {
  const rules = { ...CITY, officers: ['officer'] }
  const attempt = (from: Ticket, name: TicketAct['act'], more: object, who: Actor): string => {
    try {
      return applyAct(from, { actId: randomUUID(), act: name, baseVersion: 4, note: '因故', ...more } as TicketAct, who, { now: NOW, rules }).ticket.state
    } catch (error) {
      if (error instanceof LiandongError) return `${error.code} ${String(error.details['en'])}`
      throw error
    }
  }
  const ruled = ticketOf('dispatched', { binding: true })
  const elsewhere = ticketOf('referred', { binding: true, referral: { body: 'arbitration', name: '仲裁院', nextAt: NOW + 1, referredAt: NOW - 1, reference: null, receivedAt: null } })
  t.equal(attempt(elsewhere, 'dispatch', { unitId: UNIT }, { role: 'operator', id: 'op1' }), 'dispatched', 'back to the unit that has it by the ruling')
  t.match(attempt(elsewhere, 'dispatch', { unitId: 'drainage' }, { role: 'operator', id: 'op1' }), /only the named officer/)
  const [officer, chief, admin] = [{ role: 'supervisor', id: 'officer' }, { role: 'supervisor', id: 'chief' }, { role: 'admin', id: 'root' }] as const
  for (const who of [chief, admin]) {
    t.match(attempt(ticketOf('ruling'), 'rule', { unitId: 'drainage', duty: 'MH-02' }, who), /only the named officer may rule/, who.role)
    t.match(attempt(ruled, 'reassign', { unitId: 'drainage' }, who), /only the named officer gives it to another/)
    t.match(attempt(ruled, 'dispatch', { unitId: 'drainage' }, who), /only the named officer gives it to another/)
  }
  t.equal(attempt(ticketOf('ruling'), 'rule', { unitId: 'drainage', duty: 'MH-02' }, officer), 'dispatched')
  t.equal(attempt(ruled, 'reassign', { unitId: 'drainage' }, officer), 'dispatched')
  t.equal(attempt(ticketOf('dispatched'), 'reassign', { unitId: 'drainage' }, chief), 'dispatched', 'whatever nobody ruled on is moved on as always')
})

t.test('a unit is supervised for what it owes, not for what the hall does', async (t) => {
  const run = (clock: 'repair' | 'review', unitId: string | null) => ({ clock, unitId, startedAt: NOW - 4, at: { warn: NOW - 3, urge: NOW - 2, supervise: NOW - 1, notice: NOW + 1 }, next: 'supervise' as const })
  for (const [state, one, supervised] of [['reported', run('review', null), false], ['in-progress', run('repair', UNIT), true]] as const) {
    const { ticket, notices } = fire(ticketOf(state, { deliveredAt: NOW, clocks: [one] }), one, 'supervise')
    t.equal(ticket.work.supervised, supervised, state)
    t.ok(notices.some(({ to }) => to === 'hall'), 'the hall hears of both')
  }
})

t.test('what waits for a ruling is ended by who leads the hall, and waits for it again when it is reopened', async (t) => {
  const back = { unitId: 'drainage', duty: 'MH-02', note: '', at: NOW }
  const waits = ticketOf('ruling', { returns: [back, { ...back, unitId: UNIT }] })
  const operator: Actor = { role: 'operator', id: 'op1' }
  t.throws(() => apply(waits, 'settle', { outcome: 'other' }, operator), { code: 'ticket.illegal', details: { zh: /值班长/, en: /who leads the hall/ } })
  for (const [name, more] of [['settle', { outcome: 'other' }], ['void', {}]] as const) {
    const again = apply(apply(waits, name, more, hall).ticket, 'reopen', {}, operator)
    t.match(again.ticket, { state: 'ruling', unitId: null, outcome: null, work: { clocks: [{ clock: 'ruling', unitId: null, startedAt: NOW }] } })
    t.same(again.notices, [{ kind: 'ruling-wanted', to: 'hall' }, { kind: 'ruling-wanted', to: { stage: 'ruling', unitId: null } }])
    t.throws(() => apply(again.ticket, 'dispatch', { unitId: UNIT }, operator), { code: 'ticket.illegal' })
  }
  t.equal(apply(ticketOf('closed', { returns: [back] }, { unitId: null }), 'reopen', {}, operator).ticket.state, 'open', 'one returned it: it may go to another')
  t.equal(apply(ticketOf('closed', { returns: [back, back], binding: true }), 'reopen', {}, operator).ticket.state, 'dispatched', 'what was ruled on goes to whom it was given to')
})

t.test('nothing was done about a ticket before its unit was told, the last time', async (t) => {
  const HOUR = 3_600_000
  const from = ticketOf('dispatched', { deliveredAt: NOW - HOUR }, { dispatchedAt: NOW - 3 * HOUR })
  const sign = (doneAt: number, since?: number): string => {
    const act = { actId: randomUUID(), act: 'sign', baseVersion: 4, note: '', paper: { doneAt, by: '张' } } as TicketAct
    return applyAct(from, act, lead, { now: NOW, rules: CITY, ...(since === undefined ? {} : { since }) }).ticket.state
  }
  const EARLY = { code: 'ticket.illegal', details: { zh: /派单之后/ } }
  t.equal(sign(NOW - 2 * HOUR), 'signed')
  t.throws(() => sign(NOW - 4 * HOUR), EARLY)
  // Sent back or reopened an hour ago, as its history has it: the first dispatch counts no more.
  t.throws(() => sign(NOW - 2 * HOUR, NOW - HOUR), EARLY)
  t.equal(sign(NOW - HOUR, NOW - HOUR), 'signed')
})

t.test('an assisting unit has people of its own, and the one that leads keeps its own', async (t) => {
  const [mine, theirs] = [randomUUID(), randomUUID()]
  const both = ticketOf('in-progress', { assist: ['drainage', 'telecom'], assignee: mine })
  const { ticket, changes } = apply(both, 'assign', { personId: theirs }, { role: 'unit', id: 'w2', unitId: 'drainage' })
  t.match(ticket.work, { assignee: mine, assignees: { drainage: theirs } })
  t.same(changes, { assignees: [null, { drainage: theirs }] })
  t.equal(apply(ticket, 'assign', { personId: null }, { role: 'unit', id: 'w2', unitId: 'drainage' }).ticket.work.assignees, null)
  t.same(apply(ticket, 'assist', { assist: ['telecom'] }, hall).ticket.work.assignees, null, 'who is stood down has it no more')
  t.match(apply(ticket, 'reassign', { unitId: 'gas-company' }, hall).ticket.work, { assignee: null, assignees: { drainage: theirs } })
})

t.test('paper erases no lateness: what a unit could have told us then counts from when it told us', async (t) => {
  const HOUR = 3_600_000
  const late = { clock: 'report', unitId: UNIT, startedAt: NOW - 10 * HOUR, at: { warn: NOW - 5 * HOUR, urge: NOW - 2 * HOUR, supervise: NOW - HOUR, notice: NOW + HOUR }, next: 'notice' } as const
  const ticket = ticketOf('signed', { deliveredAt: NOW - 10 * HOUR, clocks: [late] }, { dispatchedAt: NOW - 10 * HOUR })
  const paper = { doneAt: NOW - 3 * HOUR, by: '张三' }
  const entered = (name: TicketAct['act'], more: object, context: object = {}, who = lead) => applyAct(ticket, { actId: randomUUID(), act: name, baseVersion: 4, note: '因故', paper, ...more } as TicketAct, who, { now: NOW, rules: CITY, ...context })
  const report = { result: 'done', photos: [] }
  t.match(entered('report', report), { endsAt: NOW, ticket: { work: { report: { at: paper.doneAt }, clocks: [{ clock: 'review', startedAt: NOW }] } } }, 'the record says what was written; the hall has its time from now on')
  t.equal(entered('report', report, { outOfReach: true }).endsAt, paper.doneAt)
  t.equal(entered('report', report, { asDecided: true }).endsAt, paper.doneAt, 'a person decided that it counts')
  t.equal(entered('deliver', { how: 'phone' }, {}, hall).endsAt, paper.doneAt, 'the hall speaks of what it did itself')
  for (const context of [{}, { outOfReach: true }]) t.throws(() => entered('ask-extension', { until: NOW + 24 * HOUR }, context), { code: 'ticket.illegal', details: { en: /before it is due/ } })
})

t.test('a unit cites, and an officer rules by, a rule about this kind of thing in this district', async (t) => {
  const outline = [[[[112.4, 34.6], [112.5, 34.6], [112.5, 34.7], [112.4, 34.7], [112.4, 34.6]]]] as const
  const rules = { ...CITY, districts: [{ id: 'luolong', name: '洛龙区', nameEn: 'Luolong', outline }] }
  const cited = (duty: string, fields: Partial<Ticket['fields']> = {}, name: TicketAct['act'] = 'return', more: object = {}): string => {
    const from = ticketOf(name === 'rule' ? 'ruling' : 'signed', { deliveredAt: NOW })
    try {
      return applyAct({ ...from, fields: { ...from.fields, ...fields } }, { actId: randomUUID(), act: name, baseVersion: 4, note: '因故', duty, ...more } as TicketAct, name === 'rule' ? hall : lead, { now: NOW, rules }).ticket.state
    } catch (error) {
      if (error instanceof LiandongError) return `${error.code} ${String(error.details['en'])}`
      throw error
    }
  }
  const WRONG = /duty-unknown this rule is about another kind or district/
  t.match(cited('RP-01'), WRONG)
  t.match(cited('RP-01', {}, 'dispute'), WRONG)
  t.match(cited('RP-01', {}, 'rule', { unitId: 'taxi-office' }), WRONG)
  t.match(cited('MH-05', { point: { lat: 34.62, lon: 112.45 } }), WRONG, 'a rule for another district')
  t.equal(cited('MH-02'), 'returned')
  t.equal(cited('MH-05'), 'returned', 'nobody knows where it is')
  t.equal(cited('RP-01', { category: null }), 'returned', 'nobody said what it is')
  t.equal(cited('MH-02', {}, 'rule', { unitId: 'drainage' }), 'dispatched')
})
