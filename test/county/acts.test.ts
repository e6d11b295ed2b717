import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { Self } from '../../src/contracts/people.js'
import { verifyHistories } from '../../src/store/audit.js'
import { TROUBLE_OVER } from '../../src/store/sql/line.js'
import { startCaseWork } from '../helpers/case-work.js'
import { until } from '../helpers/database.js'
import { openPeer } from './peer.js'

t.setTimeout(400_000)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A city whose unit `drainage`, and whoever else is named, is a county's, and what that county tells. */
async function city(t: Test, ...others: readonly string[]) {
  const { store, owner, tell, said } = await openPeer(t, 'county', ['drainage', ...others])
  const work = await startCaseWork(store, { loginName: 'boss', displayName: '值班长', role: 'supervisor' })
  const boss = work.people.find(({ role }) => role === 'supervisor') as Self
  const people = new Map<string, { readonly id: string; readonly name: string }>()
  const of = (unitId: string): { readonly id: string; readonly name: string } => {
    const by = people.get(unitId) ?? { id: randomUUID(), name: `张（${unitId}）` }
    people.set(unitId, by)
    return by
  }
  return {
    store, owner, boss, ...work, tell, said,
    /** @param base the city's version that the county had before it */
    does: (ticketId: string, base: number, act: object, at = Date.now(), unitId = 'drainage') => tell({ kind: 'act', ticketId, act: { actId: randomUUID(), baseVersion: base, note: '县里', ...act }, by: of(unitId), unitId, base, at }),
    version: async (id: string) => (await store.records.get(id)).version,
    /** The history's word of it. Only tests change what was written. */
    dispatchedEarlier: (id: string, hours: number) => owner.query(`alter table ticket_history disable trigger all; update ticket_history set at = at - interval '1 hour' * ${hours} where ticket_id = '${id}' and act = 'dispatch' and version = (select min(version) from ticket_history where ticket_id = '${id}' and act = 'dispatch'); alter table ticket_history enable trigger all`),
    conflicts: () => store.lines.conflicts({ all: false, limit: 5, offset: 0 }),
    /** Who is told by text message about one of these. */
    told: async (...ids: string[]) => (await owner.query<{ address: string }>(`select address from outbox where audience = 'citizen' and ticket_id = any($1) order by 1`, [ids])).rows.map(({ address }) => address),
  }
}

t.test('a county that refers an incident: everybody who called hears of it, whether it counts at once or by decision', async (t) => {
  const { store, open, act, does, version, conflicts, told, boss, owner } = await city(t)
  const refer = { act: 'refer', body: 'court', name: '偃师法院', nextAt: Date.now() + 24 * HOUR }
  const [main, follower] = [await open({ number: '13900000011' }), await open({ number: '13900000012' })]
  await act(main, 'dispatch', { unitId: 'drainage' })
  await act(follower, 'merge', { into: main })
  t.equal(await does(main, await version(main), refer), 'applied')
  t.match(await store.records.get(main), { state: 'referred', work: { referral: { name: '偃师法院' } } })
  t.same(await told(main, follower), ['13900000011', '13900000012'])
  t.equal((await store.records.history(follower)).at(-1)?.act, 'told')

  // Decided for the county later.
  const [other, second] = [await open({ number: '13900000021' }), await open({ number: '13900000022' })]
  await act(other, 'dispatch', { unitId: 'drainage' })
  await act(second, 'merge', { into: other })
  const known = await version(other)
  await act(other, 'reassign', { unitId: 'municipal-works' })
  t.equal(await does(other, known, refer), 'conflict')
  t.same(await told(other, second), [])
  await store.lines.decide((await conflicts())[0]?.id ?? '', boss, 'county', '县里已转')
  t.match(await store.records.get(other), { state: 'referred', unitId: 'drainage' })
  t.same(await told(other, second), ['13900000021', '13900000022'])
  t.same((await owner.query(`select 1 from line_inbox where result like 'refused%'`)).rows, [])
  t.same((await verifyHistories(store.pool)).faults, [])
})

t.test('a county’s unit that assists makes it safe for all, whoever leads meanwhile; what is its no more, or over, is for a person', async (t) => {
  const { store, open, act, does, version, conflicts } = await city(t)
  const safe = { act: 'progress', step: 'made-safe', note: '已围挡', photos: [] }
  const helped = async (): Promise<{ id: string; known: number }> => {
    const id = await open({ category: 'manhole-cover' })
    await act(id, 'dispatch', { unitId: 'municipal-works', assist: ['drainage'] })
    return { id, known: await version(id) }
  }
  const one = await helped()
  await act(one.id, 'reassign', { unitId: 'urban-management' })
  t.equal(await does(one.id, one.known, safe), 'applied')
  t.match(await store.records.get(one.id), { unitId: 'urban-management', work: { safeAt: Number, assist: ['drainage'] } })
  // It led, and assists now: it does what who assists may.
  const led = await open({ category: 'manhole-cover' })
  await act(led, 'dispatch', { unitId: 'drainage' })
  const before = await version(led)
  await act(led, 'reassign', { unitId: 'municipal-works', assist: ['drainage'] })
  t.equal(await does(led, before, safe), 'applied')
  t.same(await conflicts(), [])
  t.equal(await does(led, before, { act: 'report', result: 'done', photos: [] }), 'conflict', 'and no more than that')

  const gone = await helped()
  await act(gone.id, 'assist', { assist: [] })
  t.equal(await does(gone.id, gone.known, safe), 'conflict')
  const shut = await helped()
  await act(shut.id, 'settle', { outcome: 'answered' })
  await act(shut.id, 'reopen')
  t.equal(await does(shut.id, shut.known, safe), 'conflict', 'closed meanwhile, and opened again')
})

const SAFE = { act: 'progress', step: 'made-safe', note: '已围挡', photos: [] }

t.test('two units of one county in one conflict: what each did is its own, and so is where it stands on the ticket', async (t) => {
  const { store, owner, open, act, does, version, conflicts, boss } = await city(t, 'urban-management')
  const taken = async (): Promise<{ id: string; known: number }> => {
    const id = await open({ category: 'manhole-cover' })
    await act(id, 'dispatch', { unitId: 'drainage', assist: ['urban-management'] })
    await store.hall.delivered(id, 'drainage', randomUUID())
    const known = await version(id)
    await act(id, 'reassign', { unitId: 'municipal-works', assist: [] })
    return { id, known }
  }
  const decide = async (): Promise<void> => store.lines.decide((await conflicts())[0]?.id ?? '', boss, 'county', '县里先到')
  const doers = async (id: string): Promise<unknown[]> => (await owner.query<{ act: string; unit_id: string }>(`select h.act, p.unit_id from ticket_history h join person p on p.id = h.by_id where h.ticket_id = $1 and h.act in ('sign', 'progress') order by p.unit_id`, [id])).rows
  const told = async (id: string, kind: string): Promise<unknown[]> => (await owner.query<{ unit_id: string }>(`select distinct unit_id from outbox where ticket_id = $1 and kind = $2 and audience = 'unit' and channel = 'terminal' order by 1`, [id, kind])).rows.map(({ unit_id }) => unit_id)

  for (const helperFirst of [false, true]) {
    const { id, known } = await taken()
    const sign = (): Promise<string | null> => does(id, known, { act: 'sign' })
    const safe = (): Promise<string | null> => does(id, known, SAFE, Date.now(), 'urban-management')
    for (const one of helperFirst ? [safe, sign] : [sign, safe]) t.equal(await one(), 'conflict')
    const acts = (await conflicts())[0]?.acts.map(({ unitId, act: { act } }) => [unitId, act]) ?? []
    t.same(acts.sort(), [['drainage', 'sign'], ['urban-management', 'progress']], 'each is named')
    t.same(await told(id, 'conflict'), ['drainage', 'urban-management'])
    const alarmed = async (): Promise<boolean> => (await store.hall.notices(null)).some(({ kind, ticketId }) => kind === 'conflict' && ticketId === id)
    t.ok(await alarmed())
    await decide()
    t.notOk(await alarmed(), 'decided: the hall’s alarm is over')
    const { unitId, state, work } = await store.records.get(id)
    t.match({ unitId, state, work }, { unitId: 'drainage', state: 'signed', work: { signedAt: Number, safeAt: Number, assist: ['urban-management'] } })
    t.equal(work.arrivedAt, null, 'who helps does not arrive for who leads')
    t.same(await doers(id), [{ act: 'sign', unit_id: 'drainage' }, { act: 'progress', unit_id: 'urban-management' }])
    t.same(await told(id, 'decided'), ['drainage', 'urban-management'])
  }

  // Of two that helped the city’s unit, and were sent home: it stays the one that leads.
  const id = await open({ category: 'manhole-cover' })
  await act(id, 'dispatch', { unitId: 'municipal-works', assist: ['drainage', 'urban-management'] })
  const known = await version(id)
  await act(id, 'assist', { assist: [] })
  t.equal(await does(id, known, { act: 'progress', step: 'arrived', photos: [] }), 'conflict')
  t.equal(await does(id, known, SAFE, Date.now(), 'urban-management'), 'conflict')
  await decide()
  t.match(await store.records.get(id), { unitId: 'municipal-works', work: { safeAt: Number, arrivedAt: null, assist: ['drainage', 'urban-management'] } })

  // Who led helps now: what only who leads may makes it lead again.
  const led = await open()
  await act(led, 'dispatch', { unitId: 'drainage' })
  await does(led, await version(led), { act: 'sign' })
  const before = await version(led)
  await act(led, 'reassign', { unitId: 'municipal-works', assist: ['drainage'] })
  t.equal(await does(led, before, { act: 'progress', step: 'arrived', photos: [] }), 'applied')
  t.equal(await does(led, before, { act: 'report', result: 'done', photos: [] }), 'conflict')
  const signedAt = (await store.records.history(led)).find(({ act }) => act === 'sign')?.at
  await decide()
  t.match(await store.records.get(led), { unitId: 'drainage', state: 'reported', work: { signedAt, report: { unitId: 'drainage' } } }, 'what it had signed before is signed')

  // From before a conflict said which unit it was.
  const old = await taken()
  for (const [what, unit] of [[{ act: 'sign' }, 'drainage'], [SAFE, 'urban-management']] as const) t.equal(await does(old.id, old.known, what, Date.now(), unit), 'conflict')
  await owner.query(`update line_conflict set acts = (select jsonb_agg(a - 'unitId' - 'base' order by n) from jsonb_array_elements(acts) with ordinality x (a, n)) where decision is null`)
  t.same((await conflicts())[0]?.acts.map(({ unitId }) => unitId), ['drainage', 'urban-management'])
  await decide()
  t.match(await store.records.get(old.id), { unitId: 'drainage', state: 'signed', work: { safeAt: Number, arrivedAt: null } })
  t.same((await verifyHistories(store.pool)).faults, [])
})

t.test('what a county noted on paper while its line was cut keeps its time in the conflict, in the list and in the history: it was done on the ticket as the county knew it', async (t) => {
  const { store, open, act, does, version, conflicts, boss, dispatchedEarlier } = await city(t)
  const id = await open({ category: 'manhole-cover' })
  await act(id, 'dispatch', { unitId: 'drainage' })
  const known = await version(id)
  // Given an hour ago, signed on paper half an hour ago, given to another now.
  await dispatchedEarlier(id, 1)
  await act(id, 'reassign', { unitId: 'municipal-works' })
  const signed = Date.now() - 30 * MINUTE
  t.equal(await does(id, known, { act: 'sign', paper: { doneAt: signed, by: '李村长' } }), 'conflict')
  const [one] = await conflicts()
  t.match(one?.acts, [{ at: signed, act: { act: 'sign', paper: { doneAt: signed, by: '李村长' } } }])
  t.match((await store.records.history(id)).at(-1), { act: 'conflict', at: signed })
  await store.lines.decide(one?.id ?? '', boss, 'county', '县里先签收')
  t.equal((await store.records.get(id)).work.signedAt, signed)
  t.match((await store.records.history(id)).find((row) => row.act === 'sign'), { at: signed, changes: { paper: [null, '李村长'] } })
  // No word of a county counts for a time before it was given the ticket.
  const other = await open({ category: 'manhole-cover' })
  await act(other, 'dispatch', { unitId: 'drainage' })
  const dispatched = (await store.records.get(other)).dispatchedAt ?? 0
  const before = await version(other)
  await act(other, 'reassign', { unitId: 'municipal-works' })
  t.equal(await does(other, before, { act: 'sign', paper: { doneAt: signed, by: '李村长' } }), 'conflict')
  const at = (await conflicts()).find(({ ticketId }) => ticketId === other)?.acts[0]?.at ?? 0
  t.ok(at >= dispatched && at < dispatched + MINUTE)
})

t.test('a conflict that nobody has decided on holds up what hangs on it, and nothing else', async (t) => {
  const { store, open, act, does, version, conflicts, boss } = await city(t, 'urban-management')
  const taken = async (assist: readonly string[] = []): Promise<{ id: string; known: number }> => {
    const id = await open({ category: 'manhole-cover' })
    await act(id, 'dispatch', { unitId: 'drainage', assist })
    const known = await version(id)
    await act(id, 'reassign', { unitId: 'municipal-works' })
    t.equal(await does(id, known, { act: 'sign' }), 'conflict')
    return { id, known }
  }
  const decide = async (side: 'city' | 'county'): Promise<void> => store.lines.decide((await conflicts())[0]?.id ?? '', boss, side, '裁定')
  const [again, other] = [await taken(), await taken(['urban-management'])]
  t.equal(await does(other.id, other.known, SAFE, Date.now(), 'urban-management'), 'applied', 'another unit of the county, that helps whoever leads')
  t.match(await store.records.get(other.id), { unitId: 'municipal-works', work: { safeAt: Number } })
  await decide('city')

  // The hall gives it to the county again.
  await act(again.id, 'reassign', { unitId: 'drainage' })
  t.equal(await does(again.id, again.known, { act: 'progress', step: 'arrived', photos: [] }), 'conflict', 'from before it heard of that')
  t.equal(await does(again.id, again.known, SAFE), 'applied', 'that it is safe is not from before anything')
  const fresh = await version(again.id)
  for (const one of [{ act: 'sign' }, { act: 'progress', step: 'repaired', photos: [] }]) t.equal(await does(again.id, fresh, one), 'applied', one.act)
  t.match((await conflicts())[0]?.acts, [{ act: { act: 'sign' } }, { act: { act: 'progress', step: 'arrived' } }])
  await decide('county')
  t.match(await store.records.get(again.id), { unitId: 'drainage', state: 'in-progress', work: { safeAt: Number } })

  // Reported anew before anybody decided on what was before.
  const done = await taken()
  await act(done.id, 'reassign', { unitId: 'drainage' })
  const given = await version(done.id)
  for (const one of [{ act: 'sign' }, SAFE, { act: 'report', result: 'done', photos: [], note: '二次处置完毕' }]) t.equal(await does(done.id, given, one), 'applied')
  await t.rejects(decide('county'), { code: 'conflict.overtaken' })
  await decide('city')
  t.match(await store.records.get(done.id), { state: 'reported', work: { report: { note: '二次处置完毕' } } }, 'nothing of it is lost')

  // What does not go on the ticket as it is now holds up what follows on it.
  const same = await taken()
  await act(same.id, 'reassign', { unitId: 'drainage' })
  const base = await version(same.id)
  t.equal(await does(same.id, base, { act: 'report', result: 'done', photos: [] }), 'conflict', 'it was not signed')
  t.equal(await does(same.id, base, { act: 'sign' }), 'conflict')
  t.same((await verifyHistories(store.pool)).faults, [])
})

t.test('what is decided for a county counts as of when it was done; the hall’s clocks begin when it is decided', async (t) => {
  const { store, owner, open, act, does, version, conflicts, boss, dispatchedEarlier } = await city(t)
  const hall = async (id: string, clock: string): Promise<{ began: number; left: number } | undefined> => (await owner.query<{ began: number; left: number }>(`select extract(epoch from clock_timestamp() - started_at)::float8 as began, extract(epoch from next_at - clock_timestamp())::float8 as left from ticket_clock where ticket_id = $1 and clock = $2 and ended_at is null`, [id, clock])).rows[0]
  const at = Date.now() - 6 * HOUR
  const id = await open()
  await act(id, 'dispatch', { unitId: 'drainage' })
  await store.hall.delivered(id, 'drainage', randomUUID())
  await owner.query(`update ticket set dispatched_at = dispatched_at - interval '8 hours', opened_at = opened_at - interval '8 hours' where id = $1`, [id])
  await dispatchedEarlier(id, 8)
  const known = await version(id)
  await act(id, 'reassign', { unitId: 'municipal-works' })
  await owner.query(`update ticket set dispatched_at = dispatched_at - interval '7 hours' where id = $1`, [id])
  t.equal(await does(id, known, { act: 'sign' }, at - MINUTE), 'conflict')
  t.equal(await does(id, known, { act: 'report', result: 'done', photos: [] }, at), 'conflict')
  await store.lines.decide((await conflicts())[0]?.id ?? '', boss, 'county', '县里先到')
  t.match(await store.records.get(id), { state: 'reported', unitId: 'drainage', work: { report: { at } } })
  const review = await hall(id, 'review')
  t.ok((review?.began ?? 1e9) < 60, `the hall has looked at it for ${Math.round(review?.began ?? -1)} s`)
  t.ok((review?.left ?? -1) > 0, 'and is not warned of what it could not know')

  // A report that came over the line at once, of an hour ago: the hall heard of it now.
  const late = await open()
  await act(late, 'dispatch', { unitId: 'drainage' })
  await owner.query(`update ticket set dispatched_at = dispatched_at - interval '3 hours', opened_at = opened_at - interval '3 hours' where id = $1`, [late])
  await does(late, await version(late), { act: 'sign' }, Date.now() - 2 * HOUR)
  t.equal(await does(late, await version(late), { act: 'report', result: 'done', photos: [] }, Date.now() - HOUR), 'applied')
  const told = await store.records.get(late)
  t.ok(Math.abs((told.work.report?.at ?? 0) - (Date.now() - HOUR)) < MINUTE)
  t.ok(((await hall(late, 'review'))?.began ?? 1e9) < 60)
})

t.test('what a county had of a ticket before the line was cut it has again when it is decided for it', async (t) => {
  const { store, owner, open, act, does, tell, version, conflicts, boss, dispatchedEarlier } = await city(t)
  const id = await open()
  await act(id, 'dispatch', { unitId: 'drainage' })
  await owner.query(`update ticket set dispatched_at = dispatched_at - interval '8 hours', opened_at = opened_at - interval '8 hours' where id = $1`, [id])
  await dispatchedEarlier(id, 8)
  const deliveredAt = Date.now() - 4 * HOUR
  t.equal(await tell({ kind: 'receipt', ticketId: id, noticeId: randomUUID(), unitId: 'drainage', at: deliveredAt }), 'applied')
  // What was done in an earlier cut, and taken over.
  const [signedAt, arrivedAt, reportedAt] = [Date.now() - 3 * HOUR, Date.now() - 2 * HOUR, Date.now() - HOUR]
  t.equal(await does(id, await version(id), { act: 'sign' }, signedAt), 'applied')
  t.equal(await does(id, await version(id), { act: 'progress', step: 'arrived', photos: [] }, arrivedAt), 'applied')
  const had = (await store.records.get(id)).work
  t.match(had, { deliveredAt, signedAt, arrivedAt })
  const known = await version(id)
  await act(id, 'reassign', { unitId: 'municipal-works' })
  await owner.query(`update ticket set dispatched_at = dispatched_at - interval '2 hours' where id = $1`, [id])
  t.equal(await does(id, known, { act: 'report', result: 'done', photos: [] }, reportedAt), 'conflict')
  await store.lines.decide((await conflicts())[0]?.id ?? '', boss, 'county', '县里先到')
  const { work, state, unitId } = await store.records.get(id)
  t.match({ state, unitId, report: work.report }, { state: 'reported', unitId: 'drainage', report: { at: reportedAt } })
  t.same([work.deliveredAt, work.signedAt, work.arrivedAt], [deliveredAt, signedAt, arrivedAt])
  await owner.query(`update ticket set opened_at = opened_at + interval '8 hours' where id = $1`, [id])
  await dispatchedEarlier(id, -8)
  t.same((await verifyHistories(store.pool)).faults, [])
})

t.test('who sends a ticket back to a county begins anew: nothing is older than that, and no clock is blamed for it', async (t) => {
  const { store, owner, open, act, does, version } = await city(t)
  const id = await open()
  await act(id, 'dispatch', { unitId: 'drainage' })
  await does(id, await version(id), { act: 'sign' })
  await does(id, await version(id), { act: 'report', result: 'done', photos: [] })
  await owner.query(`update ticket set dispatched_at = dispatched_at - interval '3 hours', opened_at = opened_at - interval '3 hours' where id = $1`, [id])
  const known = await version(id)
  await act(id, 'redo')
  const redone = (await store.records.history(id)).at(-1)?.at ?? 0
  t.equal(await does(id, known, { act: 'progress', step: 'note', photos: [] }, Date.now() - HOUR), 'applied')
  const last = (await store.records.history(id)).at(-1)
  t.match(last, { act: 'progress', at: redone })
  t.notOk('clockOff' in (last?.changes ?? {}), 'its clock is right')
  const { rows } = await owner.query<{ ran: number }>(`select extract(epoch from ended_at - started_at)::float8 as ran from ticket_clock where ticket_id = $1 and ended_at is not null`, [id])
  t.same(rows.filter(({ ran }) => ran < 0), [])
})

t.test('a ticket is locked before its conflict, whoever comes from where', async (t) => {
  const { store, owner, open, act, does, version, conflicts, boss } = await city(t)
  const id = await open()
  await act(id, 'dispatch', { unitId: 'drainage' })
  const known = await version(id)
  await act(id, 'reassign', { unitId: 'municipal-works' })
  await does(id, known, { act: 'sign' })
  const [conflict] = await conflicts()
  const holder = await owner.connect()
  await holder.query('begin')
  await holder.query('select 1 from ticket where id = $1 for update', [id])
  const deciding = store.lines.decide(conflict?.id ?? '', boss, 'city', '市里的算')
  try {
    await until('it to wait for the ticket', async () => (await owner.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock' and state = 'active' and datname = current_database()`)).rowCount !== 0)
    // As a county's act does, that has the ticket.
    await holder.query('select 1 from line_conflict where id = $1 for update nowait', [conflict?.id])
  } finally {
    await holder.query('rollback')
    holder.release()
    await deciding
  }
  t.same(await conflicts(), [])
})

t.test('a county that is behind holds back its own limits, and not for a moment its danger', async (t) => {
  const { store, owner, open, act, tell, said } = await city(t)
  const id = await open({ category: 'manhole-cover' })
  await act(id, 'dispatch', { unitId: 'drainage' })
  await store.hall.delivered(id, 'drainage', randomUUID())
  await tell({ kind: 'of-a-later-version', ticketId: id })
  await store.lines.heard('yanshi', 0, said())
  const shift = async (clock: string, ms: number): Promise<void> => {
    await owner.query(`update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(case when c ->> 'clock' = $2 then jsonb_set(c, '{at,warn}', to_jsonb($3::bigint)) else c end) from jsonb_array_elements(work -> 'clocks') c)) where id = $1`, [id, clock, ms])
    await owner.query(`update ticket_clock set next_at = to_timestamp($3::float8 / 1000) where ticket_id = $1 and clock = $2 and ended_at is null`, [id, clock, ms])
  }
  const come = async (): Promise<string[]> => (await owner.query<{ clock: string }>(`select distinct changes -> 'clock' ->> 1 as clock from ticket_history where ticket_id = $1 and changes ? 'clock'`, [id])).rows.map(({ clock }) => clock)
  // Longer than what follows takes on a busy machine.
  const soon = 2_000
  const now = await store.hall.now()
  await shift('safe', now + soon)
  await shift('sign', now)
  const { next } = await store.clocks.fireDue()
  t.ok(next !== null && next <= soon, 'it is looked at again when its danger comes to a stage')
  await owner.query('select pg_sleep($1)', [(soon + 20) / 1_000])
  await store.clocks.fireDue()
  t.same(await come(), ['safe'], 'which is not put aside with what waits')
})

t.test('what a unit did that was taken off the line meanwhile is a conflict; whatever else is refused, the line says that it is in trouble', async (t) => {
  const { store, owner, open, act, does, version, conflicts, boss, tell } = await city(t, 'telecom')
  const trouble = async (): Promise<string | undefined> => {
    const { rows: [row] } = await owner.query<{ trouble: string }>('select trouble from line')
    await owner.query(`update line set trouble = ''`)
    return row?.trouble
  }
  const id = await open()
  await act(id, 'dispatch', { unitId: 'telecom' })
  t.equal(await does(id, await version(id), { act: 'sign' }, Date.now(), 'telecom'), 'applied')
  const base = await version(id)
  await owner.query(`update line set units = '{drainage}'`)
  await store.refreshRules()
  t.equal(await does(id, base, { act: 'report', result: 'done', photos: [], note: '已修好' }, Date.now(), 'telecom'), 'conflict')
  t.match(await conflicts(), [{ unitId: 'telecom', acts: [{ act: { note: '已修好' }, why: { zh: 'telecom 已不在线路 yanshi 上' } }] }])
  t.equal(await trouble(), '')
  await store.lines.decide((await conflicts())[0]?.id ?? '', boss, 'county', '确已修好')
  t.match(await store.records.get(id), { state: 'reported', work: { report: { note: '已修好' } } })
  // Nobody's word is taken for a unit that never had the ticket, nor for one that is not there: perhaps the city was restored from a backup.
  t.match(await does(id, await version(id), { act: 'progress', step: 'note', photos: [] }, Date.now(), 'gas-company'), /^refused: gas-company is not a unit/)
  t.equal(await trouble(), 'refused')
  t.match(await does(randomUUID(), 3, { act: 'sign' }), /^refused: yanshi does not have that ticket/)
  t.equal(await trouble(), 'refused')
  t.match(await tell({ kind: 'receipt', ticketId: id, noticeId: randomUUID(), unitId: 'gas-company', at: Date.now() }), /^refused/)
  t.equal((await owner.query<{ trouble: string }>('select trouble from line')).rows[0]?.trouble, 'refused')

  // What had to do with the ticket then is no trouble: who helped is heard, photos that a report names come, and so does word of who looked at a number.
  const person = { id: randomUUID(), name: '张' }
  const picture = (ticketId: string, photoId: string): Parameters<typeof tell>[0] => ({ kind: 'photo', ticketId, id: photoId, unitId: 'telecom', by: person, at: Date.now(), type: 'image/jpeg', width: 10, height: 10, bytes: 100, sha256: 'a'.repeat(64), thumbnail: null })
  t.equal(await tell({ kind: 'receipt', ticketId: id, noticeId: randomUUID(), unitId: 'telecom', at: Date.now() }), 'known')
  t.equal(await tell({ kind: 'reveal', ticketId: id, by: person, unitId: 'telecom', reason: '回电核实', at: Date.now() }), 'applied')
  t.equal((await owner.query(`select 1 from audit where act = 'caller.reveal' and subject = $1`, [id])).rowCount, 1)
  t.equal(await tell(picture(id, randomUUID())), 'applied')
  t.match(await tell(picture(randomUUID(), randomUUID())), /^refused/)
  t.equal(await trouble(), 'refused')
  await owner.query(`update line set units = '{drainage,telecom}'`)
  await store.refreshRules()
  const helped = await open({ category: 'manhole-cover' })
  await act(helped, 'dispatch', { unitId: 'municipal-works', assist: ['telecom'] })
  const then = await version(helped)
  await owner.query(`update line set units = '{drainage}'`)
  await store.refreshRules()
  t.equal(await does(helped, then, { act: 'progress', step: 'made-safe', note: '已围挡', photos: [] }, Date.now(), 'telecom'), 'conflict')
  await store.lines.decide((await conflicts()).find(({ ticketId }) => ticketId === helped)?.id ?? '', boss, 'county', '确已围挡')
  t.ok((await store.records.get(helped)).work.safeAt !== null)

  // What was refused is shown for a day, what was not understood until it was.
  for (const [word, age, left] of [['refused', '1 hour', 'refused'], ['refused', '25 hours', ''], ['not-understood', '1 hour', '']] as const) {
    await owner.query(`update line set trouble = $1, troubled_at = now() - $2::interval`, [word, age])
    t.equal(await tell({ kind: 'receipt', ticketId: id, noticeId: randomUUID(), unitId: 'telecom', at: Date.now() }), 'known')
    t.equal(await trouble(), left, `${word} ${age}`)
  }
  // … since the last of it.
  await owner.query(`update line set trouble = 'refused', troubled_at = now() - interval '25 hours'`)
  await tell({ kind: 'receipt', ticketId: id, noticeId: randomUUID(), unitId: 'gas-company', at: Date.now() })
  t.equal(await tell({ kind: 'receipt', ticketId: id, noticeId: randomUUID(), unitId: 'telecom', at: Date.now() }), 'known')
  t.equal(await trouble(), 'refused')
  // Every message that ever came stands in the inbox, and an exchange is made each second.
  const { rows } = await owner.query<{ 'QUERY PLAN': string }>(`explain ${TROUBLE_OVER}`, ['yanshi'])
  t.notMatch(rows.map((row) => row['QUERY PLAN']).join('\n'), /line_inbox/)
})
