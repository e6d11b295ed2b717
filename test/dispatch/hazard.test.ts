import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TicketAct } from '../../src/contracts/acts.js'
import { LiandongError } from '../../src/contracts/errors.js'
import type { Clock } from '../../src/contracts/life-cycle.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import type { RunningClock } from '../../src/contracts/work.js'
import { applyAct, type Actor, type Transition } from '../../src/dispatch/core/acts.js'
import { deliver, metBy, running } from '../../src/dispatch/core/clocks.js'
import { fire } from '../../src/dispatch/core/escalation.js'
import { leftBehind } from '../../src/dispatch/core/left-behind.js'
import { takeIn } from '../../src/dispatch/core/merge.js'
import { beginnings, opened } from '../../src/dispatch/core/opened.js'
import { asksPast } from '../../src/dispatch/core/regrade.js'
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
/** `clock:unit:minutes until it is due, from NOW`, of what a unit has. */
const clocksOf = ({ work }: Ticket): string[] => work.clocks.filter(({ clock }) => clock !== 'delivery').map(({ clock, unitId, at }) => `${clock}:${unitId ?? 'hall'}:${Math.round((at.urge - NOW) / MINUTE)}`).sort()
/** Who has not confirmed yet what it was told of. */
const waiting = ({ work }: Ticket): string[] => work.clocks.flatMap(({ clock, unitId, tells }) => (clock === 'delivery' ? [`${tells ?? 'dispatch'} ${unitId ?? ''}`] : [])).sort()
const told = ({ notices }: Pick<Transition, 'notices'>): string[] => notices.map(({ kind, to }) => `${kind} ${typeof to === 'string' ? to : 'unitId' in to && !('stage' in to) ? to.unitId : 'named'}`).sort()
/** Given to the unit at NOW and there at the same moment. */
const given = (more: Partial<Ticket['fields']> = {}): Ticket => { const open = ticketOf('open'); return deliver(done({ ...open, fields: { ...open.fields, ...more } }, 'dispatch', { unitId: UNIT }), UNIT, CITY, NOW) }
const runOf = ({ work }: Ticket, clock: Clock): RunningClock => { const found = running(work, clock); if (found === undefined) throw new Error(`no ${clock} runs`); return found }
const safeOf = (ticket: Ticket): RunningClock => runOf(ticket, 'safe')
const REFERRAL = { body: 'other', name: '产权单位', nextAt: NOW + 86_400_000, note: '产权单位在现场' }

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

t.test('a danger, a priority or a category that is learnt of after the delivery counts for the clocks that run', async (t) => {
  const noise = given({ category: 'ride-dispute' })
  t.same(clocksOf(noise), [`report:${UNIT}:840`, `sign:${UNIT}:30`])
  const later = NOW + 10 * MINUTE

  const graver = moved(noise, 'prioritise', { priority: 'emergency', hazard: true }, hall, NOW + 2 * MINUTE)
  t.same(clocksOf(graver.ticket), [`report:${UNIT}:840`, `sign:${UNIT}:5`], 'no rule makes this kind safe; the shorter limit counts from the delivery')
  t.same(told(graver), [`raised ${UNIT}`], 'and the unit hears of it')
  const late = done(noise, 'prioritise', { priority: 'emergency', hazard: false }, hall, later)
  t.match(late.work.clocks.find(({ clock }) => clock === 'sign'), { next: 'urge', startedAt: NOW, at: { urge: later, supervise: later + 2.5 * MINUTE, notice: later + 5 * MINUTE } }, 'what is over already comes now; who could not know is not supervised at once')
  const overdue = done({ ...noise, work: { ...noise.work, clocks: noise.work.clocks.map((clock) => ({ ...clock, next: 'supervise' as const })) } }, 'prioritise', { priority: 'emergency', hazard: false }, hall, NOW + 40 * MINUTE)
  t.match(runOf(overdue, 'sign'), { next: 'supervise', at: { urge: NOW + 30 * MINUTE, supervise: NOW + 42.5 * MINUTE } }, 'who is late already stays as late as he is')
  t.same(clocksOf(done(graver.ticket, 'prioritise', { priority: 'normal', hazard: false, note: '虚惊' }, hall, later)), clocksOf(graver.ticket), 'no limit becomes longer by itself')
  t.same(told(moved(graver.ticket, 'prioritise', { priority: 'normal', hazard: false, note: '虚惊' }, hall, later)), [])

  const open = done(noise, 'edit', { changes: { category: 'manhole-cover' } }, hall, later)
  t.match(open.work, { hazard: true, safeAt: null })
  t.same(clocksOf(open), [`repair:${UNIT}:1440`, `report:${UNIT}:840`, `safe:${UNIT}:70`, `sign:${UNIT}:10`], 'what was unknown begins as of the delivery; danger from when it is known')
  t.equal(open.work.clocks.find(({ clock }) => clock === 'repair')?.startedAt, NOW)
  const signed = done(done(noise, 'sign', {}, staff()), 'edit', { changes: { category: 'manhole-cover' } }, hall, later)
  t.same(clocksOf(signed), [`repair:${UNIT}:1440`, `report:${UNIT}:840`, `safe:${UNIT}:70`], 'what it did it need not do again')
  t.same(clocksOf(done(open, 'prioritise', { priority: 'normal', hazard: false, note: '虚惊' }, hall, later)), [`repair:${UNIT}:1440`, `report:${UNIT}:840`, `sign:${UNIT}:10`], 'no danger after all')
  t.same([clocksOf(done(open, 'edit', { changes: { place: '别处' } }, hall, later)), told(moved(open, 'edit', { changes: { place: '别处' } }, hall, later))], [clocksOf(open), [`changed ${UNIT}`]], 'another place moves no clock; who goes there hears of it')
})

t.test('danger that is learnt of while nobody has the ticket is the hall’s, then that of whoever gets it', async (t) => {
  const returned = ticketOf('returned', {}, { fields: { ...ticketOf('returned').fields, category: 'ride-dispute' } })
  const open = done(returned, 'edit', { changes: { category: 'manhole-cover' } })
  t.same(clocksOf(open), ['safe:hall:60'])
  t.same(clocksOf(done(ticketOf('dispatched', {}), 'prioritise', { priority: 'normal', hazard: true })), [], 'before the unit has it nothing of its runs')
  t.same(clocksOf(deliver(done(ticketOf('dispatched', {}), 'prioritise', { priority: 'normal', hazard: true }), UNIT, CITY, NOW)).filter((one) => one.startsWith('safe')), [`safe:${UNIT}:60`])
  t.match(done(ticketOf('reported', { deliveredAt: NOW }, { fields: returned.fields }), 'edit', { changes: { category: 'manhole-cover' } }).work, { hazard: false, clocks: [] }, 'what was done already is not dangerous by a word in its record')
})

t.test('what nobody was given yet has the hall’s clock from the beginning, also where nobody said of what kind it is, and a danger its own', async (t) => {
  const pressed = ticketOf('open', {}, { fields: { ...ticketOf('open').fields, kind: null } })
  const begun = opened(pressed, CITY, NOW)
  t.match(begun, { version: pressed.version, fields: { kind: null }, work: { hazard: true, hazardBy: 'category' } })
  t.same(clocksOf(begun), ['reassign:hall:30', 'safe:hall:60'], 'nobody waits for a kind')
  const reassign = { clock: 'reassign', warn: 22.5 * MINUTE, urge: 30 * MINUTE, supervise: 45 * MINUTE, notice: 60 * MINUTE } as const
  for (const category of ['ride-dispute', null]) {
    const unsorted = opened({ ...pressed, fields: { ...pressed.fields, category } }, CITY, NOW)
    t.match(unsorted, { version: pressed.version, work: { hazard: false, clocks: [{ clock: 'reassign', unitId: null, startedAt: NOW, next: 'warn', at: { warn: NOW + reassign.warn, urge: NOW + reassign.urge } }] } })
    t.notOk('hazardBy' in unsorted.work)
    t.same(done(unsorted, 'edit', { changes: { kind: 'joint-service' } }, hall, NOW + 7 * MINUTE).work.clocks, unsorted.work.clocks, 'for a unit: it goes on as it ran')
    for (const kind of ['consultation', 'invalid', 'police', 'fire', 'medical']) t.same(clocksOf(done(unsorted, 'edit', { changes: { kind } })), [], `${kind}: it is sorted`)
    t.same(told(fire(unsorted, runOf(unsorted, 'reassign'), 'urge')), ['urge hall', 'urge named'], 'and the hall hears that nobody did')
    t.same([clocksOf(done(unsorted, 'dispatch', { unitId: UNIT })), clocksOf(done(unsorted, 'merge', { into: randomUUID() })), clocksOf(done(unsorted, 'refer', REFERRAL)), clocksOf(done(unsorted, 'void', { note: '重复' }, { role: 'supervisor', id: 'sup1' }))], [[], [], ['receipt:hall:4320'], []])
  }
  const urgent = { ...CITY, clocks: [...CITY.clocks, { clock: 'reassign', category: 'ride-dispute', priority: null, minutes: 10, hours: 'always' } as const] }
  t.same(clocksOf(opened(ticketOf('open', {}, { fields: { ...pressed.fields, category: 'ride-dispute' } }), urgent, NOW)), ['reassign:hall:10'], 'its own rule')
  t.same(opened({ ...pressed, fields: { ...pressed.fields, category: null } }, { ...CITY, clocks: CITY.clocks.filter(({ clock }) => clock !== 'reassign') }, NOW).work, pressed.work, 'no rule, no clock')
  t.same(opened(pressed, { ...CITY, home: { line: 'city', units: [] } }, NOW), pressed, 'a county’s clocks are the city’s word')
  const [plain, manhole] = [{ hazard: false, clocks: [reassign] }, { hazard: true, clocks: [{ clock: 'safe', warn: 45 * MINUTE, urge: 60 * MINUTE, supervise: 90 * MINUTE, notice: 120 * MINUTE }, reassign] }]
  t.same(beginnings(CITY), { '': plain, 'manhole-cover': manhole })
  t.same([beginnings(CITY, 'manhole-cover'), beginnings(CITY, 'ride-dispute'), beginnings({ ...CITY, home: { line: 'city', units: [] } })], [{ '': manhole }, { '': plain }, {}])
  t.match(beginnings(urgent), { '': plain, 'ride-dispute': { hazard: false, clocks: [{ clock: 'reassign', urge: 10 * MINUTE }] } })
  const later = NOW + 7 * MINUTE
  for (const kind of ['joint-service', 'police', 'fire'] as const) t.same(clocksOf(done(begun, 'edit', { changes: { kind } }, hall, later)), clocksOf(begun), `${kind}: the same clocks go on`)
  for (const kind of ['invalid', 'consultation'] as const) {
    t.same([done(begun, 'edit', { changes: { kind } }).work.hazard, clocksOf(done(begun, 'edit', { changes: { kind } }))], [false, []], `${kind}: they end`)
    const said = done(begun, 'prioritise', { priority: 'normal', hazard: true })
    t.same(clocksOf(done(said, 'edit', { changes: { kind } }, hall, later)), clocksOf(begun), 'not where somebody stands for it')
    t.same(clocksOf(done(done(begun, 'edit', { changes: { category: 'ride-dispute', kind: 'joint-service' } }), 'edit', { changes: { kind } })), [], 'nor is a unit looked for')
  }
  t.same(clocksOf(done(begun, 'edit', { changes: { category: 'ride-dispute' } }, hall, later)), ['reassign:hall:30'], 'a key that was pressed by mistake: still nobody has sorted it')
  t.same(clocksOf(done(begun, 'dispatch', { unitId: UNIT }, hall, later)), ['safe:hall:60'])
  t.same(clocksOf(done(done(begun, 'edit', { changes: { kind: 'fire' } }), 'settle', { outcome: 'handed-over' })), [])
  t.same([clocksOf(done(begun, 'merge', { into: randomUUID() })), clocksOf(done(begun, 'void', { note: '重复' }, { role: 'supervisor', id: 'sup1' }))], [[], []])
  const known = done(pressed, 'edit', { changes: { kind: 'joint-service' } })
  t.match(known.work, { hazard: true, safeAt: null })
  t.same(clocksOf(known), ['reassign:hall:30', 'safe:hall:60'])
  t.same(clocksOf(done(known, 'edit', { changes: { kind: 'police' } }, hall, NOW + MINUTE)), clocksOf(known), 'they begin once, and do not end by a word')
  t.match(refusal(known, 'settle', { outcome: 'other' }), { code: 'ticket.illegal', details: { en: /not safe yet/ } })
  t.same(told(fire(known, runOf(known, 'reassign'), 'urge')), ['urge hall', 'urge named'])
  const typed = done(ticketOf('open', {}, { fields: { ...pressed.fields, category: null } }), 'edit', { changes: { category: 'manhole-cover' } })
  t.same(clocksOf(typed), ['reassign:hall:30', 'safe:hall:60'], 'somebody typed it')
  const noise = done(ticketOf('open', {}, { fields: { ...pressed.fields, category: 'ride-dispute' } }), 'edit', { changes: { kind: 'joint-service' } })
  t.same([noise.work.hazard, clocksOf(noise)], [false, ['reassign:hall:30']])
  const none = { priority: 'normal', hazard: false, note: '虚惊' }
  for (const kind of [null, 'joint-service'] as const) t.same(clocksOf(done(done(typed, 'edit', { changes: { kind } }), 'prioritise', none)), ['reassign:hall:30'], 'no danger after all, and still nobody’s')
  t.same(clocksOf(done(done(typed, 'edit', { changes: { kind: 'police' } }), 'prioritise', none)), [], 'neither a danger nor its kind wants a unit')
  for (const kind of ['invalid', 'consultation']) {
    const answered = done(pressed, 'edit', { changes: { kind } })
    t.same([answered.work.hazard, clocksOf(answered)], [false, []], `${kind}: nobody is to be sent`)
    t.equal(done(answered, 'settle', { outcome: 'misdial' }).state, 'closed')
    t.same(clocksOf(done(done(answered, 'settle', { outcome: 'misdial' }), 'reopen')), [])
  }
  const given = done(known, 'dispatch', { unitId: UNIT }, hall, NOW + 5 * MINUTE)
  t.same([given.state, clocksOf(given)], ['dispatched', ['safe:hall:60']], 'danger does not wait for owners: it is the hall’s until one has it')
  t.same(['dispatch', 'settle', 'refer'].map((act) => metBy({ act } as TicketAct).includes('reassign')), [true, true, true])
  const again = done(ticketOf('closed', {}, { unitId: null }), 'reopen', { note: '井盖又不见了' }, hall, NOW + MINUTE)
  t.same([again.state, again.work.hazard, clocksOf(again)], ['open', true, ['reassign:hall:31', 'safe:hall:61']], 'reopened, nobody has it either')
})

t.test('a key that was pressed by mistake is a danger until the category is mended, whatever was settled first; one that somebody stands for stays', async (t) => {
  const pressed = ticketOf('open', {}, { fields: { ...ticketOf('open').fields, kind: null } })
  const known = done(pressed, 'edit', { changes: { kind: 'joint-service' } })
  t.match(known.work, { hazard: true, hazardBy: 'category' })
  const noise = done(known, 'edit', { changes: { category: 'ride-dispute' } })
  t.same([noise.work.hazard, 'hazardBy' in noise.work, clocksOf(noise)], [false, false, ['reassign:hall:30']])
  t.equal(done(noise, 'settle', { outcome: 'other' }).state, 'closed')
  t.same([done(known, 'edit', { changes: { kind: 'invalid' } }).work.hazard, done(done(known, 'edit', { changes: { kind: 'invalid' } }), 'settle', { outcome: 'misdial' }).state], [false, 'closed'])
  t.same([done(known, 'edit', { changes: { place: '别处' } }).work, clocksOf(done(known, 'edit', { changes: { place: '别处' } }))], [known.work, clocksOf(known)], 'another place mends no category')

  const police = done(pressed, 'edit', { changes: { kind: 'police' } })
  t.match(police.work, { hazard: true, hazardBy: 'category' })
  t.equal(done(police, 'settle', { outcome: 'handed-over' }).state, 'closed', 'a theft needs no word about a manhole')
  t.match(refusal(police, 'settle', { outcome: 'other' }), { details: { en: /not safe yet/ } })
  t.match(refusal(done(police, 'prioritise', { priority: 'normal', hazard: true }), 'settle', { outcome: 'handed-over' }), { details: { en: /not safe yet/ } })

  const mended = (ticket: Ticket): boolean => done(ticket, 'edit', { changes: { category: 'ride-dispute' } }).work.hazard
  t.ok(mended(done(known, 'prioritise', { priority: 'urgent', hazard: true })), 'somebody said so')
  t.ok(mended(takeIn(known, { ...ticketOf('open', { hazard: true }), openedAt: NOW }, CITY, NOW)?.ticket ?? known), 'another caller did')
  const sent = done(known, 'dispatch', { unitId: UNIT })
  t.same([sent.work.hazard, 'hazardBy' in sent.work, mended(sent), mended(deliver(sent, UNIT, CITY, NOW))], [true, false, true, true], 'whom it was given to was told so')
  const again = done(ticketOf('closed', {}, { unitId: null }), 'reopen', { note: '又打来' })
  t.same([again.work.hazard, mended(again)], [true, false])
})

t.test('who says that it is no danger says so of whatever kind it is, until it is about something else', async (t) => {
  const begun = opened(ticketOf('open', {}, { fields: { ...ticketOf('open').fields, kind: null } }), CITY, NOW)
  const none = done(begun, 'prioritise', { priority: 'normal', hazard: false, note: '虚惊' })
  t.same([none.work.hazard, clocksOf(none)], [false, ['reassign:hall:30']])
  const edited = (ticket: Ticket, changes: object, said: boolean): Ticket =>
    applyAct(ticket, { actId: randomUUID(), act: 'edit', baseVersion: ticket.version, changes }, hall, { now: NOW, rules: CITY, past: { said, ended: [] } }).ticket
  for (const [kind, clocks] of [['joint-service', ['reassign:hall:30']], ['police', []], ['fire', []]] as const) {
    const settled = edited(none, { kind }, true)
    t.same([settled.work.hazard, 'hazardBy' in settled.work, clocksOf(settled)], [false, false, clocks], kind)
    t.match(edited(none, { kind }, false).work, { hazard: true, hazardBy: 'category' }, `${kind}: where nobody said so the category does`)
  }
  t.match(edited({ ...none, fields: { ...none.fields, category: 'ride-dispute' } }, { category: 'manhole-cover' }, true).work, { hazard: true, hazardBy: 'category' }, 'another matter was not what he spoke of')
  t.match(edited(begun, { kind: 'police' }, true).work, { hazard: true, hazardBy: 'category' }, 'nor what became one by its category since')
  t.same([asksPast(none, { kind: 'police' }, CITY), asksPast(none, { place: '别处' }, CITY), asksPast(begun, { kind: 'police' }, CITY), asksPast({ ...none, fields: { ...none.fields, category: 'ride-dispute' } }, { kind: 'police' }, CITY)], [true, false, false, false])
})

t.test('a wrong kind or category, put right, makes nobody less late: the hall’s clocks go on from where they began, and it is told again what it was told', async (t) => {
  const begun = opened(ticketOf('open', {}, { fields: { ...ticketOf('open').fields, kind: null } }), CITY, NOW)
  const past = { said: false, ended: (['safe', 'reassign'] as const).map((clock) => ({ clock, category: 'manhole-cover', startedAt: NOW, endedAt: NOW + 50 * MINUTE })) }
  /** `goes`: the search for a unit goes on meanwhile, and has come to its own stages. */
  const back = (now: number, wrong: object, right: object, known = past, goes = false): Transition => {
    const ended = done(begun, 'edit', { changes: wrong }, hall, NOW + 50 * MINUTE)
    t.same(clocksOf(ended), goes ? ['reassign:hall:30'] : [])
    const dropped: Ticket = { ...ended, work: { ...ended.work, clocks: ended.work.clocks.map((run) => ({ ...run, next: 'notice' })) } }
    t.ok(asksPast(dropped, right, CITY))
    return applyAct(dropped, { actId: randomUUID(), act: 'edit', baseVersion: dropped.version, changes: right }, hall, { now, rules: CITY, past: known })
  }
  for (const [wrong, right, goes] of [[{ kind: 'invalid' }, { kind: 'joint-service' }, false], [{ category: 'ride-dispute' }, { category: 'manhole-cover' }, true]] as const) {
    const soon = back(NOW + 51 * MINUTE, wrong, right, past, goes)
    t.match(safeOf(soon.ticket), { unitId: null, startedAt: NOW, next: 'urge', at: { urge: NOW + 60 * MINUTE } })
    t.match(runOf(soon.ticket, 'reassign'), { startedAt: NOW, next: 'notice', at: { urge: NOW + 30 * MINUTE, notice: NOW + 60 * MINUTE } })
    t.same(soon.notices, [{ kind: 'warn', to: 'hall', clock: 'safe' }, ...goes ? [] : [{ kind: 'supervise', to: 'hall', clock: 'reassign' }]], 'told again is what ended')
    const later = NOW + 100 * MINUTE
    const long = back(later, wrong, right, past, goes)
    t.match(safeOf(long.ticket), { startedAt: NOW, next: 'urge', at: { warn: NOW + 45 * MINUTE, urge: later, supervise: later + 30 * MINUTE, notice: later + 60 * MINUTE } }, 'nobody is supervised for the time in which it was none')
    t.match(back(later, wrong, right, { ...past, ended: past.ended.map((one) => ({ ...one, endedAt: NOW + 121 * MINUTE })) }, goes).ticket.work.clocks.map(({ next }) => next), [goes ? 'notice' : null, null], 'and not once more by stages that came')
  }
  const other = back(NOW + 51 * MINUTE, { kind: 'invalid' }, { kind: 'joint-service' }, { ...past, ended: past.ended.map((one) => ({ ...one, category: 'gas' })) })
  t.same([clocksOf(other.ticket), other.notices], [['reassign:hall:30', 'safe:hall:111'], [{ kind: 'supervise', to: 'hall', clock: 'reassign' }]], 'what ran for another danger is no measure of this; that nobody found it a unit is')

  // Nobody had said what it was about, either: sorted wrongly, it is as late as it was.
  const unsorted = opened({ ...ticketOf('open'), fields: { ...ticketOf('open').fields, kind: null, category: null } }, CITY, NOW)
  for (const kind of ['consultation', 'police'] as const) {
    const wrong = done(unsorted, 'edit', { changes: { kind } }, hall, NOW + 20 * MINUTE)
    t.same([clocksOf(wrong), asksPast(wrong, { kind: 'joint-service' }, CITY), asksPast(unsorted, { kind: 'joint-service' }, CITY)], [[], true, false])
    const right = applyAct(wrong, { actId: randomUUID(), act: 'edit', baseVersion: wrong.version, changes: { kind: 'joint-service', category: 'ride-dispute' } }, hall, { now: NOW + 24 * MINUTE, rules: CITY, past: { said: false, ended: [{ clock: 'reassign', category: null, startedAt: NOW, endedAt: NOW + 20 * MINUTE }] } })
    t.match(runOf(right.ticket, 'reassign'), { startedAt: NOW, next: 'warn', at: { urge: NOW + 31.5 * MINUTE } }, `${kind}: what would have come meanwhile comes now`)
  }
})

t.test('what nobody is to be sent to has no clock that looks for a unit, whichever program left it there', async (t) => {
  const clocks = [{ ...runOf(opened(ticketOf('open'), CITY, NOW), 'reassign') }]
  const left = (kind: 'consultation' | 'invalid' | 'police' | 'joint-service' | null, hazard = false): Ticket | null => leftBehind(ticketOf('open', { clocks, hazard }, { fields: { ...ticketOf('open').fields, category: 'ride-dispute', kind } }), false, CITY, NOW)
  for (const kind of ['consultation', 'invalid', 'police'] as const) t.match(left(kind), { version: 5, work: { clocks: [] } })
  t.same([left(null), left('joint-service'), left('invalid', true), left('police', true)], [null, null, null, null])
  const unsorted = { ...ticketOf('open'), fields: { ...ticketOf('open').fields, category: null, kind: null } }
  t.match(leftBehind(unsorted, false, CITY, NOW)?.work, { hazard: false, clocks: [{ clock: 'reassign', unitId: null, startedAt: NOW }] }, 'nor is anything forgotten that nobody sorted')
  t.equal(leftBehind({ ...unsorted, fields: { ...unsorted.fields, kind: 'police' } }, false, CITY, NOW), null)
})

t.test('a limit that was extended stays, unless the rule itself becomes another', async (t) => {
  const asked = done(done(given(), 'sign', {}, staff()), 'ask-extension', { until: NOW + 3 * 1_440 * MINUTE, note: '缺配件' }, staff())
  const extended = done(asked, 'answer-extension', { granted: true }, { role: 'supervisor' })
  const [repair] = clocksOf(extended)
  t.equal(repair, `repair:${UNIT}:4320`)
  t.equal(clocksOf(done(extended, 'prioritise', { priority: 'urgent', hazard: true }))[0], repair)
})

t.test('who is urged to make it safe is who has it: the clock runs on with the next unit, not with one that has nothing to do with it any more', async (t) => {
  const given10 = given()
  const reassigned = done(given10, 'reassign', { unitId: 'gas-company', note: '改派' }, hall, NOW + 5 * MINUTE)
  t.match(safeOf(reassigned), { unitId: null, startedAt: NOW }, 'the hall’s, from when the first had it, until the next has it')
  const there = deliver(reassigned, 'gas-company', CITY, NOW + 6 * MINUTE)
  t.match(safeOf(there), { unitId: 'gas-company', startedAt: NOW + 6 * MINUTE, next: 'warn', at: { urge: NOW + 66 * MINUTE } }, 'and counted from its own delivery')
  t.same(told(fire(there, safeOf(there), 'urge')), ['urge gas-company', 'urge hall', 'urge named'])
  t.equal(fire(there, safeOf(there), 'urge').notices.some(({ about }) => about === UNIT), false)

  const helped = done(given10, 'reassign', { unitId: 'gas-company', assist: [UNIT], note: '改派' })
  t.ok(clocksOf(helped).includes(`safe:${UNIT}:60`), 'who stays on it as an assisting unit goes on')
  t.same(told(fire(helped, safeOf(helped), 'urge')), ['urge gas-company', 'urge hall', `urge ${UNIT}`, 'urge named'].sort(), 'and who leads hears of it too')
  t.ok(clocksOf(done(helped, 'assist', { assist: ['drainage'] })).includes('safe:hall:60'), 'until it is taken off')
  t.ok(clocksOf(done(deliver(helped, 'gas-company', CITY, NOW), 'assist', { assist: ['drainage'] }, hall, NOW + 5 * MINUTE)).includes('safe:gas-company:65'), 'then who leads has it, from now on')
  const taken = done(helped, 'reassign', { unitId: UNIT, note: '转回' }, hall, NOW + MINUTE)
  t.ok(clocksOf(deliver(taken, UNIT, CITY, NOW + 2 * MINUTE)).includes(`safe:${UNIT}:60`), 'who guarded as one that helps has had it since')
  t.ok(clocksOf(done(done(given10, 'refer', REFERRAL), 'dispatch', { unitId: 'drainage' })).includes('safe:hall:60'))
})

t.test('a danger that the hall let go by is the unit’s from its own delivery, with all stages; so is one whose clock came to its last stage with somebody else', async (t) => {
  const spent = (ticket: Ticket): Ticket => ({ ...ticket, work: { ...ticket.work, clocks: ticket.work.clocks.map((run) => (run.clock === 'safe' ? { ...run, next: null } : run)) } })
  const late = NOW + 130 * MINUTE
  const known = spent(done(ticketOf('open', {}, { fields: { ...ticketOf('open').fields, kind: null } }), 'edit', { changes: { kind: 'joint-service' } }))
  const sent = done(known, 'dispatch', { unitId: UNIT, assist: ['drainage'] }, hall, late)
  t.match(safeOf(sent), { unitId: null, startedAt: NOW, next: null }, 'the hall’s record')
  const there = moved(sent, 'deliver', { how: 'phone', unitId: UNIT }, hall, late + MINUTE).ticket
  t.match(safeOf(there), { unitId: UNIT, startedAt: late + MINUTE, next: 'warn', at: { urge: late + 61 * MINUTE, notice: late + 121 * MINUTE } })
  t.same(metBy({ act: 'deliver' } as TicketAct), ['delivery', 'safe'], 'what was the hall’s part is done')
  t.match(safeOf(deliver(sent, 'drainage', CITY, late)), { unitId: 'drainage', next: 'warn', startedAt: late }, 'who helps has it when the hall’s is used up')
  t.match(safeOf(deliver(done(known, 'dispatch', { unitId: UNIT, assist: ['drainage'] }), UNIT, CITY, NOW + MINUTE)), { unitId: UNIT })
  t.match(safeOf(done(sent, 'sign', {}, staff(), late)), { unitId: UNIT, startedAt: late }, 'who signs has it')
  const noRule = { ...sent, fields: { ...sent.fields, category: 'ride-dispute' } }
  t.match(safeOf(deliver(noRule, UNIT, CITY, late)), { unitId: UNIT, startedAt: late, next: 'warn', at: { urge: late + 60 * MINUTE } }, 'where no rule knows a limit it has as long as the hall had')

  for (const assist of [[], [UNIT]]) {
    const next = deliver(done(spent(given()), 'reassign', { unitId: 'gas-company', assist, note: '改派' }, hall, late), 'gas-company', CITY, late + MINUTE)
    t.match(safeOf(next), { unitId: 'gas-company', startedAt: late + MINUTE, next: 'warn' })
  }
  t.match(safeOf(deliver(done(done(spent(given()), 'refer', REFERRAL, hall, late), 'dispatch', { unitId: UNIT, note: '退回' }, hall, late), UNIT, CITY, late)), { unitId: UNIT, startedAt: late, next: 'warn' }, 'also who had it before')
})

t.test('a cover that is gone again is made safe again, and somebody goes there again', async (t) => {
  const reported = done(done(given(), 'progress', { step: 'made-safe', photos: [] }, staff()), 'report', { result: 'done', photos: [] }, staff())
  t.match(reported.work, { safeAt: NOW, arrivedAt: NOW })
  const reopened = deliver(done(done(reported, 'close'), 'reopen', { note: '井盖又不见了' }), UNIT, CITY, NOW)
  t.match(reopened.work, { safeAt: null, arrivedAt: null, extension: null, referral: null })
  t.ok(clocksOf(reopened).includes(`safe:${UNIT}:60`))
  t.match(refusal(done(reopened, 'sign', {}, staff()), 'return', { duty: 'MH-02', note: '属排水' }, staff()), { details: { en: /make it safe first/ } })

  const again = done(reported, 'redo', { note: '又塌了' })
  t.match(again.work, { safeAt: null, arrivedAt: null })
  t.match(done(reported, 'redo', { note: '缺照片', stillSafe: true }).work, { safeAt: NOW, arrivedAt: null }, 'unless somebody says that it is still safe')
  t.match(done({ ...reported, work: { ...reported.work, extension: { unitId: UNIT, until: NOW + 1, note: '', askedAt: NOW, state: 'asked' } } }, 'redo', { note: '又塌了' }).work, { extension: null }, 'what was asked of the last time stands in nobody’s way')
})

t.test('what is sent back, or became graver, is undelivered until the unit confirms it: its clocks begin then, and the hall is alarmed', async (t) => {
  const helped = deliver(deliver(done(ticketOf('open'), 'dispatch', { unitId: UNIT, assist: ['drainage'] }), UNIT, CITY, NOW), 'drainage', CITY, NOW)
  t.same(waiting(helped), [])
  const signed = done(helped, 'sign', {}, staff())
  const again = done(done(done(signed, 'progress', { step: 'made-safe', photos: [] }, staff()), 'report', { result: 'done', photos: [] }, staff()), 'redo', { note: '又塌了' }, hall, NOW + MINUTE)
  t.match(again, { state: 'in-progress', work: { deliveredAt: null, signedAt: NOW } })
  t.same([clocksOf(again), waiting(again)], [[], ['redo drainage', `redo ${UNIT}`]])
  t.match(fire(again, runOf(again, 'delivery'), 'warn').notices, [{ kind: 'redo', to: { unitId: UNIT }, again: true }])
  t.same(told(fire(again, runOf(again, 'delivery'), 'urge')), ['undelivered hall'])
  const heard = deliver(again, UNIT, CITY, NOW + 2 * MINUTE)
  t.same([clocksOf(heard), waiting(heard)], [[`repair:${UNIT}:1442`, `report:${UNIT}:842`, `safe:${UNIT}:62`].sort(), ['redo drainage']], 'signed it had already')
  t.same(waiting(done(again, 'report', { result: 'done', photos: [] }, staff(), NOW + 2 * MINUTE)), [], 'who works on it has it')

  const graver = done(done(signed, 'progress', { step: 'repaired', photos: [] }, staff()), 'prioritise', { priority: 'emergency', hazard: true }, hall, NOW + MINUTE)
  t.same(waiting(graver), ['raised drainage', `raised ${UNIT}`])
  const known = deliver(graver, UNIT, CITY, NOW + 2 * MINUTE)
  t.same([waiting(known), known.work.deliveredAt], [['raised drainage'], NOW])
  t.same(clocksOf(known), clocksOf(graver), 'what is repaired does not begin again')
})

t.test('who gives a ticket back has it, whatever became of the receipt: nobody is alarmed about him', async (t) => {
  const sent = done(ticketOf('open', {}, { fields: { ...ticketOf('open').fields, category: 'ride-dispute' } }), 'dispatch', { unitId: 'taxi-office', assist: ['drainage'] })
  t.same(waiting(sent), ['dispatch drainage', 'dispatch taxi-office'])
  const back = done(sent, 'return', { duty: 'RP-02', note: '属运管' }, staff('taxi-office'), NOW + MINUTE)
  t.same([back.state, waiting(back), clocksOf(back)], ['returned', ['dispatch drainage'], ['reassign:hall:31']], 'who helps has not heard of it yet')
})

t.test('a danger does not end by being merged: the main ticket knows of it, and the clock goes on from where it began', async (t) => {
  const member: Ticket = { ...given(), openedAt: NOW - MINUTE, work: { ...given().work, priority: 'emergency' } }
  const noise = given({ category: 'ride-dispute' })
  const later = NOW + 10 * MINUTE
  const taken = takeIn(noise, member, CITY, later)
  if (taken === null) throw new Error('it was refused')
  t.match(taken.ticket.work, { hazard: true, safeAt: null, priority: 'emergency', members: 1 })
  t.match(safeOf(taken.ticket), { unitId: UNIT, startedAt: NOW, at: { urge: NOW + 60 * MINUTE } })
  t.same(told(taken), [`raised ${UNIT}`])

  const known = takeIn(member, { ...member, id: '00000000-0000-4000-8000-000000000002' }, CITY, later)
  t.same([known?.notices, known === null ? null : clocksOf(known.ticket)], [[], clocksOf(member)], 'what was known is not told again')

  const guarded = done(member, 'progress', { step: 'made-safe', photos: [] }, staff(), later)
  t.match(takeIn(guarded, member, CITY, later)?.ticket.work, { safeAt: later, members: 1 }, 'it is guarded by who is there')
  const again = { ...ticketOf('open', { hazard: true }), openedAt: later + MINUTE }
  t.match(takeIn(guarded, again, CITY, later + MINUTE)?.ticket.work, { safeAt: null, hazard: true }, 'somebody wrote down later that it is dangerous')
  t.match(takeIn(guarded, { ...again, work: { ...again.work, hazard: false } }, CITY, later + MINUTE)?.ticket.work, { safeAt: later }, 'one more call about it says nothing new')

  t.equal(takeIn(ticketOf('reported', { deliveredAt: NOW }), member, CITY, later), null, 'where nobody would be urged it stays by itself')
  t.equal(takeIn(ticketOf('open'), member, CITY, later), null, 'nor is a danger that a unit has left to nobody')
  const halls = { ...ticketOf('open', { hazard: true, clocks: [{ ...safeOf(member), unitId: null }] }), openedAt: NOW }
  t.match(takeIn(ticketOf('open'), halls, CITY, later)?.ticket.work, { hazard: true, clocks: [{ clock: 'reassign', unitId: null }, { clock: 'safe', unitId: null, startedAt: NOW }] }, 'what is the hall’s stays the hall’s')
  t.match(takeIn(ticketOf('open'), again, CITY, later)?.ticket.work, { hazard: true }, 'and begins where it did not run')
  const noticed = { ...halls, work: { ...halls.work, clocks: halls.work.clocks.map((run) => ({ ...run, next: null })) } }
  t.match(takeIn(ticketOf('open'), noticed, CITY, later)?.ticket.work.clocks.find(({ clock }) => clock === 'safe'), { unitId: null, startedAt: NOW, next: 'notice', at: { notice: later } }, 'one that came to its last stage does so once more, where it is from now on')
  // The alarm of what follows another is over: the hall hears of the danger where it goes on.
  const at = (next: RunningClock['next']): Ticket => ({ ...halls, work: { ...halls.work, clocks: halls.work.clocks.map((run) => ({ ...run, next })) } })
  for (const [next, kind] of [['urge', 'warn'], ['supervise', 'urge'], ['notice', 'supervise']] as const) t.match(takeIn(ticketOf('open'), at(next), CITY, later)?.notices, [{ kind, to: 'hall', clock: 'safe' }])
  t.same([takeIn(ticketOf('open'), at('warn'), CITY, later)?.notices, takeIn(ticketOf('open'), noticed, CITY, later)?.notices], [[], []], 'not of which it was told nothing, nor of what is told in this moment')
  t.same(takeIn(ticketOf('open', { hazard: true, clocks: [{ ...safeOf(halls), startedAt: NOW - MINUTE, at: { ...safeOf(halls).at, urge: NOW } }] }), at('supervise'), CITY, later)?.notices, [], 'nor where the main ticket’s own comes sooner')
  const led = takeIn(noise, noticed, CITY, later)
  t.match(led === null ? null : safeOf(led.ticket), { unitId: UNIT, startedAt: later, next: 'warn', at: { urge: later + 60 * MINUTE } }, 'who has the main ticket has it from now on')
  t.match(takeIn(done(ticketOf('open', {}, { fields: noise.fields }), 'dispatch', { unitId: UNIT }), noticed, CITY, later)?.ticket.work.clocks.find(({ clock }) => clock === 'safe'), { unitId: null, next: 'notice' }, 'or when it has it')
  t.match(takeIn(ticketOf('reported', { deliveredAt: NOW }), guarded, CITY, later)?.ticket.work, { hazard: false, members: 1 })
})

t.test('disputes run beside making safe: whoever is sent to help goes there while nobody owns it, and while a ruling is awaited', async (t) => {
  for (const state of ['returned', 'ruling'] as const) {
    const danger = done(ticketOf(state, { clocks: [] }), 'prioritise', { priority: 'emergency', hazard: true })
    t.same(clocksOf(danger), ['safe:hall:60'])
    const sent = moved(danger, 'assist', { assist: ['urban-management'] }, hall, NOW + MINUTE)
    t.same([sent.ticket.state, sent.ticket.unitId, told(sent), waiting(sent.ticket)], [state, null, ['dispatch urban-management'], ['dispatch urban-management']])
    t.same(told(fire(sent.ticket, runOf(sent.ticket, 'delivery'), 'urge')), ['undelivered hall'], 'whether it heard is watched')
    t.same(waiting(done(sent.ticket, 'deliver', { how: 'phone', unitId: 'urban-management' })), [])
    t.same(told(fire(sent.ticket, safeOf(sent.ticket), 'urge')), ['urge hall', 'urge named', 'urge urban-management'])
    t.match(refusal(sent.ticket, 'progress', { step: 'made-safe', photos: [] }, staff('gas-company')), { code: 'ticket.not-found' })
    const safe = done(sent.ticket, 'progress', { step: 'made-safe', photos: [] }, staff('urban-management'), NOW + 5 * MINUTE)
    t.match(safe, { state, unitId: null, work: { safeAt: NOW + 5 * MINUTE, assist: ['urban-management'] } })
    t.same([clocksOf(safe), waiting(safe)], [[], []])
  }
  const helped = done(ticketOf('ruling', { assist: ['urban-management'] }), 'rule', { unitId: 'drainage', duty: 'MH-02' }, { role: 'supervisor', id: 'chief' })
  t.match(helped, { state: 'dispatched', unitId: 'drainage', work: { assist: ['urban-management'] } }, 'who helped still helps')
})

t.test('a unit that gets what another reported and the citizen found open makes it safe, unless somebody says that it is', async (t) => {
  const reported = done(done(given(), 'sign', {}, staff()), 'report', { result: 'done', photos: [] }, staff())
  for (const from of [reported, done(reported, 'visit', { result: 'not-satisfied', note: '井还开着' })]) {
    const next = deliver(done(from, 'reassign', { unitId: 'drainage', note: '换单位' }), 'drainage', CITY, NOW)
    t.match(next.work, { hazard: true, safeAt: null })
    t.ok(clocksOf(next).includes('safe:drainage:60'), from.state)
    const still = deliver(done(from, 'reassign', { unitId: 'drainage', note: '换单位', stillSafe: true }), 'drainage', CITY, NOW)
    t.same([still.work.safeAt, clocksOf(still).some((one) => one.startsWith('safe'))], [NOW, false])
  }
  const guarded = done(given(), 'progress', { step: 'made-safe', photos: [] }, staff())
  t.match(done(guarded, 'reassign', { unitId: 'drainage', note: '换单位' }).work, { safeAt: NOW }, 'a barrier stays where it is when another gets the ticket')
})

t.test('who refers a danger says why, and somebody has a clock for it: the unit that has it, else the hall', async (t) => {
  t.match(refusal(ticketOf('open'), 'refer', { ...REFERRAL, note: '' }), { code: 'ticket.illegal', details: { en: /not safe yet/ } })
  const open = done(ticketOf('open'), 'refer', REFERRAL)
  t.match(open, { state: 'referred', work: { hazard: true, safeAt: null } })
  t.same(clocksOf(open), ['receipt:hall:4320', 'safe:hall:60'])
  const undelivered = done(done(ticketOf('open'), 'dispatch', { unitId: UNIT }), 'refer', REFERRAL)
  t.same(clocksOf(undelivered), ['receipt:hall:4320', 'safe:hall:60'], 'nobody said that the unit heard of it')
  t.same(told(fire(undelivered, safeOf(undelivered), 'urge')), ['urge hall', `urge ${UNIT}`, 'urge named'].sort())
  t.same(clocksOf(done(undelivered, 'progress', { step: 'made-safe', photos: [] }, staff())), ['receipt:hall:4320'])
  const noise = done({ ...ticketOf('open'), fields: { ...ticketOf('open').fields, category: 'ride-dispute' } }, 'refer', { ...REFERRAL, note: '' })
  t.same(clocksOf(noise), ['receipt:hall:4320'])
  t.same(clocksOf(done(noise, 'edit', { changes: { category: 'manhole-cover' } })), ['receipt:hall:4320', 'safe:hall:60'], 'and what is learnt afterwards')
})

t.test('a category that was put right while it was reported counts when somebody goes there again', async (t) => {
  const reported = done(done(given({ category: 'ride-dispute' }), 'sign', {}, staff()), 'report', { result: 'done', photos: [] }, staff())
  const corrected = done(reported, 'edit', { changes: { category: 'manhole-cover' } })
  for (const again of [done(corrected, 'redo', { note: '是井盖' }), done(done(corrected, 'close'), 'reopen', { note: '是井盖' })]) {
    const there = deliver(again, UNIT, CITY, NOW)
    t.match(there.work, { hazard: true, safeAt: null })
    t.ok(clocksOf(there).includes(`safe:${UNIT}:60`), again.state)
  }
  t.match(done(ticketOf('reported', { safeAt: NOW - 1, deliveredAt: NOW }), 'prioritise', { priority: 'urgent', hazard: true }).work, { hazard: true, safeAt: null }, 'a danger that is learnt of is not guarded yet')
})
