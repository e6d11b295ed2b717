import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { TicketAct } from '../../src/contracts/acts.js'
import type { Self } from '../../src/contracts/people.js'
import { verifyHistories } from '../../src/store/audit.js'
import { makeDrain, type DrainDeps } from '../../src/store/drain.js'
import type { JournalRecord } from '../../src/store/records.js'
import { makeTicketActs } from '../../src/store/ticket-acts.js'
import { makeTicketWrites } from '../../src/store/ticket-writes.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, silent, temporaryHome, until } from '../helpers/database.js'

t.setTimeout(400_000)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A city, and what a node whose clock is `off` ms makes of its journal. */
async function city(t: Test) {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const work = await startCaseWork(store, { loginName: 'unit1', displayName: '值班员', role: 'unit', unitId: 'municipal-works' })
  const unit = work.people.find(({ role }) => role === 'unit') as Self
  async function drain(records: JournalRecord[], off = 0): Promise<string[]> {
    const rejected: string[] = []
    await makeDrain({
      pool: store.pool, deadline: 5_000, logger: silent, recovery: undefined, clock: () => Date.now() + off,
      journal: { records, forget: (n: number) => records.splice(0, n), reject: (_record: unknown, why: string) => rejected.push(why), has: () => false } as unknown as DrainDeps['journal'],
      writes: { ...makeTicketWrites(store.pool, store.rules, () => undefined), act: makeTicketActs(store.pool, store.rules).act },
      needed: () => true, setUp: () => undefined, status: () => undefined, onReached: () => undefined, onDrained: () => undefined,
    })()
    return rejected
  }
  const kept = (key: string, act: Partial<TicketAct> & { readonly act: TicketAct['act'] }, at: number): JournalRecord => ({ type: 'act', key, act: { actId: randomUUID(), baseVersion: 2, note: '断网前所报', ...act } as TicketAct, who: unit, at })
  return { store, owner: asOwner(t, store), ...work, unit, drain, kept }
}

t.test('what a unit was promised and cannot be done any more stands in the history of its ticket, also when that is another’s now', async (t) => {
  const { store, open, act, drain, kept } = await city(t)
  const id = await open()
  await act(id, 'dispatch', { unitId: 'municipal-works' })
  await act(id, 'reassign', { unitId: 'urban-management' })
  const made = kept(id, { act: 'progress', step: 'made-safe', note: '已围挡', photos: [] }, Date.now())
  const nowhere = randomUUID()
  t.match(await drain([made, kept(nowhere, { act: 'sign' }, Date.now())]), [new RegExp(nowhere)], 'only what has no ticket has no history')
  t.match((await store.records.history(id)).at(-1), { act: 'late', by: { displayName: '值班员' }, note: '已围挡', changes: { step: [null, 'made-safe'] } })
  t.match(await store.records.get(id), { attention: true, unitId: 'urban-management', work: { safeAt: null } })
})

t.test('what our own code cannot make of an act that was promised is said in the history at once, and holds nobody up', async (t) => {
  const { store, open, act, drain, kept, unit } = await city(t)
  const id = await open()
  await act(id, 'dispatch', { unitId: 'municipal-works' })
  await act(id, 'sign', {}, unit)
  const calendar = store.rules().calendar as { zone: string }
  const { zone } = calendar
  calendar.zone = 'Nowhere/City'
  const why = await drain([kept(id, { act: 'refer', body: 'other', name: '人民法院', nextAt: Date.now() + HOUR, note: '属诉讼' }, Date.now()), kept(id, { act: 'progress', step: 'note', note: '已联系', photos: [] }, Date.now())])
  calendar.zone = zone
  t.match(why, [/time zone/i])
  t.match((await store.records.history(id)).slice(-2).map((row) => row.act), ['late', 'progress'])
})

t.test('what a node kept counts from when it was done, however far its clock is off', async (t) => {
  const { store, owner, open, act, drain, kept, unit } = await city(t)
  for (const off of [0, HOUR, -HOUR]) {
    const id = await open({ category: 'manhole-cover' })
    await act(id, 'dispatch', { unitId: 'municipal-works' })
    await store.hall.delivered(id, 'municipal-works', randomUUID())
    // By its own clock, all of it a moment ago.
    const at = Date.now() + off
    t.same(await drain([kept(id, { act: 'sign' }, at), kept(id, { act: 'report', result: 'done', note: '好', photos: [] }, at + 1)], off), [])
    const { rows } = await owner.query<{ clock: string; ran: number; ago: number; due: number }>(`select clock, extract(epoch from ended_at - started_at)::float8 as ran, extract(epoch from now() - ended_at)::float8 as ago, extract(epoch from due_at - started_at)::float8 as due from ticket_clock where ticket_id = $1 and clock in ('sign', 'repair', 'review') order by 1`, [id])
    for (const { clock, ran, ago } of rows.filter((row) => row.clock !== 'review')) t.ok(ran >= 0 && ago >= 0 && ran < 60 && ago < 60, `${clock} of a node that is ${off / MINUTE} min off: ended ${Math.round(ago)} s ago, after ${Math.round(ran)} s`)
    const { rows: [review] } = await owner.query<{ left: number; limit: number }>(`select extract(epoch from due_at - clock_timestamp())::float8 as left, extract(epoch from due_at - started_at)::float8 as limit from ticket_clock where ticket_id = $1 and clock = 'review'`, [id])
    t.ok(Math.abs((review?.limit ?? 0) - (review?.left ?? 0)) < 60, 'and the hall’s own clock is as long as it should be')
  }
  for (const off of [0, HOUR, -HOUR]) {
    const id = await open()
    await act(id, 'dispatch', { unitId: 'municipal-works' })
    await owner.query(`update ticket set dispatched_at = dispatched_at - interval '30 minutes' where id = $1`, [id])
    const [ten, forty] = [kept(id, { act: 'progress', step: 'note', note: '十分钟前', photos: [] }, Date.now() + off - 10 * MINUTE), kept(id, { act: 'progress', step: 'note', note: '四十分钟前', photos: [] }, Date.now() + off - 40 * MINUTE)]
    await drain([ten, forty], off)
    const ago = (await store.records.history(id)).slice(-2).map(({ at }) => Math.round((Date.now() - at) / MINUTE))
    t.same(ago, [10, 30], `${off / MINUTE} min off: as long ago as it was, and not before the unit was given it`)
  }
  // What its clock says that was set in between is bounded, too.
  const id = await open()
  await act(id, 'dispatch', { unitId: 'municipal-works' })
  await drain([kept(id, { act: 'sign' }, Date.now() + HOUR)])
  const last = (await store.records.history(id)).at(-1)
  t.equal(last?.act, 'sign')
  t.ok(Math.abs((last?.at ?? 0) - Date.now()) < MINUTE)
  t.equal(unit.unitId, 'municipal-works')
})

t.test('a ticket that was opened while PostgreSQL was away keeps the times of what was done to it', async (t) => {
  const { store, operator, drain, kept } = await city(t)
  const id = randomUUID()
  const answeredAt = Date.now() - 20 * MINUTE
  const opening = { operatorId: operator.id, answeredAt, callBack: false, place: '', callerName: '', record: { callId: id, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'answered', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: answeredAt, queuedAt: answeredAt, answeredAt } }
  await drain([{ type: 'ticket', key: id, opening, number: 'P-ABCD01-001' } as JournalRecord, { ...kept(id, { act: 'edit', changes: { kind: 'consultation' } } as never, answeredAt + 5 * MINUTE), who: operator } as JournalRecord])
  t.equal(Math.round(((await store.records.history(id)).at(-1)?.at ?? 0) - answeredAt) / MINUTE >= 4.9, true)
  t.ok(((await store.records.history(id)).at(-1)?.at ?? 0) <= answeredAt + 5 * MINUTE + 1_000, 'and is no later than it was')
})

t.test('a ticket that was opened again, or sent back, takes no time from before that', async (t) => {
  const { store, owner, open, act, unit } = await city(t)
  for (const how of ['reopen', 'redo'] as const) {
    const id = await open()
    await act(id, 'dispatch', { unitId: 'municipal-works' })
    await store.hall.delivered(id, 'municipal-works', randomUUID())
    await act(id, 'sign', {}, unit)
    await act(id, 'report', { result: 'done', note: '好', photos: [] }, unit)
    if (how === 'reopen') await act(id, 'close')
    await owner.query(`update ticket set dispatched_at = dispatched_at - interval '3 hours' where id = $1`, [id])
    await act(id, how)
    const paper = (doneAt: number): object => ({ step: 'note', photos: [], paper: { doneAt, by: '张' } })
    await t.rejects(act(id, 'progress', paper(Date.now() - HOUR), unit), { code: 'ticket.illegal', details: { zh: /派单之后/ } }, how)
    await act(id, 'progress', paper(Date.now() - 1), unit)
  }
})

t.test('what was acknowledged as a version is one, also where it changed nothing: who was shown that goes on from it', async (t) => {
  const { store, open, act, operator } = await city(t)
  const id = await open()
  const { version } = await store.records.get(id)
  await store.server?.stop('immediate')
  const shown = await store.records.act(id, { actId: randomUUID(), act: 'prioritise', baseVersion: version, priority: 'normal', hazard: false, note: '' }, operator)
  t.match(shown, { stored: 'journal', ticket: { version: version + 1 } })
  await store.server?.start()
  await until('the journal to drain', () => store.records.status().database === 'up' && store.records.status().journal === 0)
  t.equal((await store.records.get(id)).version, shown.ticket.version)
  t.match(await store.records.act(id, { actId: randomUUID(), act: 'dispatch', baseVersion: shown.ticket.version, unitId: 'municipal-works', note: '' }, operator), { stored: 'database', ticket: { state: 'dispatched' } })
  t.equal((await act(id, 'prioritise', { priority: 'normal', hazard: false, note: '' })).version, version + 2, 'what changes nothing and was not kept is none')
})

t.test('every history is whole', async (t) => {
  const { store, open, act, drain, kept } = await city(t)
  const id = await open()
  await act(id, 'dispatch', { unitId: 'municipal-works' })
  await drain([kept(id, { act: 'sign' }, Date.now() + HOUR)], HOUR)
  t.same((await verifyHistories(store.pool)).faults, [])
})
