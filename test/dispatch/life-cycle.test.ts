import { randomUUID } from 'node:crypto'
import t from 'tap'
import Value from 'typebox/value'
import { TicketAct } from '../../src/contracts/acts.js'
import { LiandongError } from '../../src/contracts/errors.js'
import { ACT_NAMES, ACTS, actsFor, CLOCKS, forHall, forLeaders, LIFE_CYCLE, STAGES, STATE_CLASSES, targetsOf, TICKET_STATES, type ActName, type TicketState } from '../../src/contracts/life-cycle.js'
import { ROLES } from '../../src/contracts/people.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { NO_WORK, type TicketWork } from '../../src/contracts/work.js'
import { applyAct, type Actor } from '../../src/dispatch/core/acts.js'
import { follow, followAgain } from '../../src/dispatch/core/escalation.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'
import { CITY, ticketOf, NOW, UNIT } from './city.js'

const OTHER = '00000000-0000-4000-8000-00000000000f'

/** An act of each name that nothing but state, role and party could forbid. */
const ACT_OF: { readonly [N in ActName]: object } = {
  'edit': { changes: { place: '别处' } }, 'dispatch': { unitId: 'gas-company', note: '改派' }, 'reassign': { unitId: 'gas-company', note: '改派' }, 'assist': { assist: ['drainage'], note: '' },
  'settle': { outcome: 'answered', note: '' }, 'refer': { body: 'court', name: '西工区法院', nextAt: NOW + 86_400_000, note: '产权单位在现场' }, 'confirm-receipt': { reference: '仲字 11 号', note: '' },
  'visit': { result: 'satisfied', note: '' }, 'close': { note: '' }, 'redo': { note: '未修好' }, 'reopen': { note: '再次来电' }, 'merge': { into: OTHER, note: '' }, 'void': { note: '误建' },
  'urge': { note: '' }, 'supervise': { note: '超期' }, 'answer-extension': { granted: true, note: '' }, 'answer-dispute': { unitId: UNIT, at: NOW, note: '井盖标识属市政' }, 'rule': { unitId: 'drainage', duty: 'MH-02', note: '裁定' }, 'deliver': { how: 'phone', note: '' },
  'prioritise': { priority: 'urgent', hazard: false, note: '' }, 'protect': { privacy: 'identity-hidden', note: '' }, 'sign': { note: '' }, 'progress': { step: 'note', note: '在路上', photos: [] },
  'report': { result: 'done', note: '已修好', photos: [] }, 'return': { duty: 'MH-02', note: '属排水' }, 'dispute': { duty: 'MH-02', note: '属排水' }, 'ask-extension': { until: NOW + 9 * 86_400_000, note: '缺配件' }, 'assign': { personId: null },
}
const actOf = (name: ActName): TicketAct => ({ actId: randomUUID(), act: name, baseVersion: 4, ...ACT_OF[name] }) as TicketAct

/** A ticket that can be in this state, with whatever each act needs. */
function stood(state: TicketState, act: ActName): Ticket {
  const unit = !['open', 'returned', 'ruling'].includes(state)
  const work: Partial<TicketWork> = {
    deliveredAt: unit ? NOW - 1 : null, referral: state === 'referred' ? { body: 'court', name: '法院', nextAt: NOW + 1, referredAt: NOW - 1, reference: null, receivedAt: null } : null,
    mergedInto: state === 'merged' ? OTHER : null,
    clocks: [{ clock: 'report', unitId: UNIT, startedAt: NOW - 10, at: { warn: NOW + 5, urge: NOW + 10, supervise: NOW + 15, notice: NOW + 20 }, next: 'warn' }],
  }
  return ticketOf(state, { ...work, ...(act === 'answer-extension' ? { extension: { unitId: UNIT, until: NOW + 99, note: '', askedAt: NOW, state: 'asked' } } : {}), ...(act === 'answer-dispute' ? { disputes: [{ unitId: UNIT, duty: 'MH-02', note: '', at: NOW - 1 }] } : {}) })
}

function attempt(ticket: Ticket, act: TicketAct, who: Actor): Ticket | LiandongError {
  try {
    return applyAct(ticket, act, who, { now: NOW, rules: CITY }).ticket
  } catch (error) {
    if (error instanceof LiandongError) return error
    throw error
  }
}

t.test('the table is whole', async (t) => {
  t.same(Object.keys(LIFE_CYCLE), TICKET_STATES)
  t.same(Object.keys(ACTS), ACT_NAMES)
  for (const state of TICKET_STATES) {
    t.ok(STATE_CLASSES.includes(LIFE_CYCLE[state].class))
    t.ok(Object.keys(LIFE_CYCLE[state].acts).length > 0, `${state} has a way out`)
    if (LIFE_CYCLE[state].class !== 'closed') t.ok(actsFor(state, 'supervisor').length > 0, `a supervisor can move ${state} on`)
  }
  const seen = new Set<TicketState>(['open'])
  for (const state of seen) for (const act of ACT_NAMES) for (const to of targetsOf(state, act)) seen.add(to)
  t.same([...seen].sort(), [...TICKET_STATES].sort(), 'every state can be reached')
})

t.test('table and database say the same: the constraints as they are after all migrations', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  /** What the checks of a table allow in this column. */
  async function allowed(table: string, column: string): Promise<string[]> {
    const { rows } = await store.pool.query<{ definition: string }>(`select pg_get_constraintdef(c.oid) as definition from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and c.conkey = array[a.attnum] where c.conrelid = $1::regclass and c.contype = 'c' and a.attname = $2`, [table, column])
    return rows.flatMap(({ definition }) => [...definition.matchAll(/'([a-z-]+)'/g)].map(([, name = '']) => name)).sort()
  }
  t.same(await allowed('ticket', 'state'), [...TICKET_STATES].sort())
  t.same(await allowed('ticket_clock', 'clock'), [...CLOCKS].sort())
  t.same(await allowed('ticket_clock', 'next_stage'), [...STAGES].sort())
  // Delivery has no rule of its own: it is the same for everybody. Persons may be named for each stage, and for rulings.
  t.same(await allowed('clock_rule', 'clock'), CLOCKS.filter((clock) => clock !== 'delivery').sort())
  t.same(await allowed('named_person', 'stage'), [...STAGES, 'ruling'].sort())
})

t.test('every state × act × role', async (t) => {
  for (const state of TICKET_STATES) {
    for (const name of ACT_NAMES) {
      const act = actOf(name)
      t.ok(Value.Check(TicketAct, act), `${name} fits its schema`)
      for (const role of ROLES) {
        const ticket = stood(state, name)
        const kept = JSON.stringify(ticket)
        const result = attempt(ticket, act, role === 'unit' ? { role, unitId: UNIT } : { role })
        const what = `${role}: ${name} when ${state}`
        t.equal(JSON.stringify(ticket), kept, `${what}: what it was made from is untouched`)
        if (!ACTS[name].roles.includes(role)) { t.match(result, { code: 'auth.forbidden' }, what); continue }
        if (targetsOf(state, name).length === 0 || forLeaders(state, name, role) || forHall(state, name, role)) {
          t.match(result, { code: 'ticket.illegal', details: { state, act: name, zh: /[\u4e00-\u9fff]/, en: /[a-z]/ } }, `${what}: refused, with the reason in both languages`)
          continue
        }
        if (role === 'unit' && ticket.unitId === null) { t.match(result, { code: 'ticket.not-found' }, `${what}: it has nothing to do with it`); continue }
        if (result instanceof LiandongError) { t.fail(`${what}: ${result.message}`); continue }
        t.ok(targetsOf(state, name).includes(result.state), `${what}: leads to ${result.state}`)
        t.equal(result.version, 5, what)
        for (const { clock } of result.work.clocks) t.ok(LIFE_CYCLE[result.state].clocks.includes(clock), `${what}: ${clock} may run in ${result.state}`)
      }
    }
  }
})

t.test('where the system leads a ticket stands in the table too', async (t) => {
  const moves = [['merged', 'follow', follow(stood('merged', 'edit'), ticketOf('closed'), NOW)], ['closed', 'follow-again', followAgain(stood('closed', 'edit'))]] as const
  for (const [state, act, { ticket }] of moves) t.equal(LIFE_CYCLE[state].system?.[act], ticket.state, act)
  for (const state of TICKET_STATES) t.same(Object.keys(LIFE_CYCLE[state].system ?? {}), moves.filter(([from]) => from === state).map(([, act]) => act), `${state}: nothing else`)
})

t.test('a unit that is not on the ticket, and one that only assists', async (t) => {
  for (const name of ACT_NAMES.filter((one) => ACTS[one].roles.includes('unit'))) {
    t.match(attempt(ticketOf('in-progress'), actOf(name), { role: 'unit', unitId: 'gas-company' }), { code: 'ticket.not-found' }, `${name}: it does not exist for a stranger`)
    const assisting = attempt({ ...ticketOf('in-progress'), work: { ...NO_WORK, assist: ['drainage'] } }, name === 'dispute' ? { ...actOf(name), duty: 'MH-01' } as TicketAct : actOf(name), { role: 'unit', unitId: 'drainage' })
    if (ACTS[name].party === 'lead') t.match(assisting, { code: 'ticket.illegal', details: { zh: /主办/ } }, `${name}: only the leading unit`)
    else t.match(assisting, { state: 'in-progress' }, `${name}: may be done by an assisting unit, and moves nothing`)
  }
})
