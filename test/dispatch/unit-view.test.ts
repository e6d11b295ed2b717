import t, { type Test } from 'tap'
import type { Self } from '../../src/contracts/people.js'
import { makeTickets } from '../../src/dispatch/tickets.js'
import { verifyHistories } from '../../src/store/audit.js'
import { startCaseWork } from '../helpers/case-work.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'

const HOUR = 3_600_000

async function begin(test: Test) {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  test.teardown(async () => { await store.close(); home.remove() })
  const work = await startCaseWork(store, { loginName: 'unit1', displayName: '值班员', role: 'unit', unitId: 'urban-management' }, { loginName: 'unit2', displayName: '别家', role: 'unit', unitId: 'drainage' }, { loginName: 'sup1', displayName: '值班长', role: 'supervisor', extension: '1901' })
  const who = (name: string): Self => { const found = work.people.find(({ loginName }) => loginName === name); if (found === undefined) throw new Error(name); return found }
  const tickets = makeTickets({ store: store.records, side: store.attachments, knowsCategory: () => true, onActed: () => undefined })
  return { store, ...work, tickets, unit: who('unit1'), other: who('unit2'), supervisor: who('sup1') }
}

t.test('a unit’s list shows, and goes by, what is due of itself: the hall’s clocks and another unit’s are not its own', async (t) => {
  const { store, open, act, tickets, unit, operator } = await begin(t)
  const given = async (hours: readonly (readonly [unitId: string | null, clock: string, hours: number])[], unitId = 'urban-management', assist: readonly string[] = []): Promise<string> => {
    const id = await open({ place: '中州路' })
    await act(id, 'dispatch', { unitId, assist })
    // By the database's time, not by waiting for it.
    await store.pool.query(`with now as (select (extract(epoch from clock_timestamp()) * 1000)::bigint as at), runs as (
        select c ->> 0 as unit, c ->> 1 as clock, at + ((c ->> 2)::float8 * 3600000)::bigint as due from now, jsonb_array_elements($2::jsonb) c)
      update ticket set due_at = (select timestamptz 'epoch' + min(due) * interval '1 ms' from runs),
        work = jsonb_set(work, '{clocks}', (select jsonb_agg(jsonb_build_object('clock', clock, 'unitId', unit, 'startedAt', due - 1, 'at', jsonb_build_object('warn', due, 'urge', due, 'supervise', due, 'notice', due), 'next', 'urge')) from runs)) where id = $1`, [id, JSON.stringify(hours)])
    return id
  }
  const asked = await given([[null, 'extension', -3], ['urban-management', 'repair', 6], ['urban-management', 'report', 9]])
  const late = await given([['urban-management', 'report', -1]])
  const soon = await given([['urban-management', 'sign', 1]])
  const helped = await given([['drainage', 'report', -2], ['urban-management', 'delivery', 4]], 'drainage', ['urban-management'])
  const guarded = await given([[null, 'safe', -4]])
  const list = async (who: Self, query: object) => (await tickets.list(who, { class: 'waiting', sort: 'due', limit: 50, offset: 0, ...query })).tickets
  const due = (ticket: { readonly dueAt?: number | null; readonly dueClock?: string | null } | undefined): unknown => [ticket?.dueClock, ticket?.dueAt == null ? null : Math.round((ticket.dueAt - Date.now()) / HOUR)]
  for (const query of [{}, { text: '中州路' }]) {
    const own = await list(unit, query)
    t.same(own.map(({ id }) => id), [late, soon, helped, asked, guarded], 'what is due of it first, last what is not')
    t.same(own.map(due), [['report', -1], ['sign', 1], ['delivery', 4], ['repair', 6], [null, null]])
    t.same((await list(unit, { ...query, offset: 2, limit: 2 })).map(({ id }) => id), [helped, asked], 'page by page')
  }
  t.same((await list(unit, { late: true })).map(({ id }) => id), [late])
  t.same((await list(unit, { soon: true })).map(({ id }) => id), [soon])
  t.same((await list(operator, {})).map(({ id }) => id), [guarded, asked, helped, late, soon], 'the hall goes by all of them')
  t.same(due((await list(operator, {})).find(({ id }) => id === asked)), ['extension', -3])
  t.same((await list(operator, { unitId: 'urban-management' })).map(({ id }) => id), [guarded, asked, helped, late, soon], 'also where it looks at one unit')
  const count = (cells: readonly { readonly late: number; readonly soon: number }[]): unknown => [cells.reduce((all, { late: one }) => all + one, 0), cells.reduce((all, { soon: one }) => all + one, 0)]
  t.same(count(await store.hall.board('urban-management')), [1, 1], 'and so do its counts')
  t.same(count(await store.hall.board(null)), [4, 1])
})

t.test('what others said of the same thing is told to the unit that has it: their words, when and where, and nobody’s name, number or unit', async (t) => {
  const { open, act, tickets, unit, other, operator } = await begin(t)
  const [main, lone] = [await open({ place: '中州路' }), await open({ place: '九都路' })]
  const member = await open({ place: '中州路 18 号', number: '13900000077' })
  await act(member, 'edit', { changes: { description: '响了一夜，老人睡不着', callerName: '贺女士' } })
  await act(member, 'protect', { privacy: 'anonymous' })
  await act(member, 'dispatch', { unitId: 'drainage', assist: ['telecom'] })
  await act(member, 'merge', { into: main })
  await act(main, 'dispatch', { unitId: 'urban-management' })
  await act(lone, 'dispatch', { unitId: 'drainage' })
  const { tickets: [said], total } = await tickets.list(unit, { mergedInto: main, limit: 20, offset: 0 })
  t.equal(total, 1)
  t.match(said, { id: member, state: 'merged', place: '中州路 18 号', description: '响了一夜，老人睡不着', unitId: null })
  t.notMatch(JSON.stringify(said), /贺女士|13900000077|drainage|telecom/)
  t.equal((await tickets.list(unit, { mergedInto: main, text: '13900000077', unitId: 'drainage', limit: 20, offset: 0 })).total, 1, 'and by nothing that it asks can it guess who')
  await t.rejects(tickets.list(other, { mergedInto: main, limit: 20, offset: 0 }), { code: 'ticket.not-found' }, 'another unit’s does not exist')
  await t.rejects(tickets.get(unit, member), { code: 'ticket.not-found' }, 'the ticket itself it does not open')
  t.match((await tickets.list(operator, { mergedInto: main, limit: 20, offset: 0 })).tickets, [{ id: member, members: 0 }])
})

t.test('when it was repaired, made safe and urged stands on the ticket and in lists; for the next unit nothing of the kind was done', async (t) => {
  const { store, open, act, tickets, unit, operator, supervisor } = await begin(t)
  const id = await open()
  await act(id, 'prioritise', { priority: 'urgent', hazard: true })
  await act(id, 'dispatch', { unitId: 'urban-management' })
  const begun = Date.now() - 60_000
  t.match((await act(id, 'urge')).work, { urged: 1, urgedAt: Number })
  await act(id, 'sign', {}, unit)
  await act(id, 'progress', { step: 'made-safe', photos: [] }, unit)
  const { work } = await act(id, 'progress', { step: 'repaired', photos: [] }, unit)
  const again = await act(id, 'progress', { step: 'repaired', photos: [] }, unit)
  t.ok((work.repairedAt ?? 0) > begun && (work.urgedAt ?? 0) > begun)
  t.equal(again.work.repairedAt, work.repairedAt, 'the first time counts')
  const { tickets: [line] } = await tickets.list(operator, { limit: 1, offset: 0 })
  t.match(line, { id, hazard: true, safeAt: work.safeAt, urgedAt: work.urgedAt })
  await act(id, 'report', { result: 'done', photos: [] }, unit)
  const redone = await act(id, 'redo')
  t.match([redone.work.repairedAt, redone.work.urgedAt], [null, null], 'sent back: it is to be repaired anew')
  await act(id, 'urge')
  t.equal((await act(id, 'reassign', { unitId: 'drainage' }, supervisor)).work.urgedAt, null)
  t.same((await verifyHistories(store.pool, Date.now() + HOUR)).faults, [], 'and the histories say so')
})
