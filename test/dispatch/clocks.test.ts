import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { Self } from '../../src/contracts/people.js'
import { startClockwork } from '../../src/dispatch/clockwork.js'
import { makePeople } from '../../src/people/people.js'
import { stageActId } from '../../src/store/ticket-acts.js'
import type { Store } from '../../src/store/store.js'
import { openTestStore, temporaryHome, until } from '../helpers/database.js'
import { SOURCES } from '../helpers/sources.js'

t.setTimeout(400_000)

interface World { readonly store: Store; readonly op: Self; readonly unit: Self; opened(category?: string): Promise<string> }

let shared: Promise<World> | null = null
/** One PostgreSQL for the file. */
const world = (): Promise<World> => (shared ??= (async () => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  await people.addPerson({ loginName: 'op1', displayName: '接警员', role: 'operator', extension: '1001' }, 'correct horse battery')
  await people.addPerson({ loginName: 'unit1', displayName: '值班员', role: 'unit', unitId: 'municipal-works' }, 'correct horse battery')
  const [op, unit] = (await people.list()) as [Self, Self]
  return {
    store, op, unit,
    async opened(category = 'manhole-cover') {
      const callId = randomUUID()
      const now = Date.now()
      const record = { callId, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'answered', class: 'standard', category, language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } as const
      await store.records.openTicket({ record, operatorId: op.id, answeredAt: now, callBack: false, place: '中州中路', callerName: '' })
      return callId
    },
  }
})())

/** Clocks of one ticket as the database has them. */
const clocks = async ({ store }: World, id: string): Promise<Record<string, { started: number; due: number; stage: string | null; ended: boolean; met: boolean | null }>> => {
  const { rows } = await store.pool.query<{ clock: string; started: string; due: string; stage: string | null; ended: boolean; met: boolean | null }>(
    `select clock, extract(epoch from started_at) * 1000 as started, extract(epoch from due_at) * 1000 as due, next_stage as stage, ended_at is not null as ended, met from ticket_clock where ticket_id = $1 order by started_at`, [id])
  return Object.fromEntries(rows.map(({ clock, started, due, ...row }) => [clock, { ...row, started: Number(started), due: Number(due) }]))
}
const acts = async ({ store }: World, id: string): Promise<string[]> => (await store.records.history(id)).map(({ act }) => act)

/** Moves every running clock of a ticket so that its next stage comes so many ms from now: the test does not wait for an hour. */
async function hasten({ store }: World, ids: readonly string[], from: number, spread = 0): Promise<void> {
  // The ticket's own value is what decides; the row only wakes.
  for (const [n, id] of ids.entries()) {
    const at = from + (ids.length === 1 ? 0 : (spread * n) / ids.length)
    await store.pool.query(
      `with moved as (update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(jsonb_set(c, '{at}', jsonb_build_object(
           'warn', (extract(epoch from clock_timestamp()) * 1000 + $2)::bigint, 'urge', (extract(epoch from clock_timestamp()) * 1000 + $2 + 200)::bigint,
           'supervise', (extract(epoch from clock_timestamp()) * 1000 + $2 + 400)::bigint, 'notice', (extract(epoch from clock_timestamp()) * 1000 + $2 + 600)::bigint))) from jsonb_array_elements(work -> 'clocks') c)) where id = $1 returning id, work)
       update ticket_clock k set next_at = timestamptz 'epoch' + (c -> 'at' ->> 'warn')::bigint * interval '1 ms' from moved, jsonb_array_elements(work -> 'clocks') c where k.ticket_id = moved.id and k.clock = c ->> 'clock' and k.ended_at is null`, [id, at])
  }
}

t.test('the clock starts from delivery, not from signing', async (t) => {
  const w = await world()
  const id = await w.opened()
  await w.store.records.act(id, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'municipal-works', note: '' }, w.op)
  const { openedAt } = await w.store.records.get(id)
  t.match(await clocks(w, id), { safe: { ended: false, started: openedAt }, reassign: { ended: true, met: true, started: openedAt }, delivery: { ended: false } }, 'the hall found a unit; the danger is the hall’s until that has it')
  t.same((await w.store.records.get(id)).work.clocks.map(({ clock, unitId }) => `${clock} ${unitId ?? 'hall'}`), ['safe hall', 'delivery municipal-works'], 'nothing of the unit’s runs until it has it')
  const [notice] = await w.store.hall.notices(['municipal-works'])
  t.match(notice, { kind: 'dispatch', ticketId: id, unitId: 'municipal-works', hazard: true, text: { zh: /【险情】新工单/ } })
  t.match(await w.store.hall.confirm(notice?.id ?? '', 'municipal-works'), { kind: 'dispatch', first: true })
  t.same(await w.store.hall.confirm(notice?.id ?? '', 'municipal-works'), { kind: 'dispatch', unitId: 'municipal-works', ticketId: id, first: false }, 'a receipt that comes again says of what: who died before the clocks ran is made up for')
  const delivered = await w.store.hall.delivered(id, 'municipal-works', notice?.id ?? '')
  const now = delivered?.work.deliveredAt ?? 0
  t.match(await clocks(w, id), {
    delivery: { ended: true, met: true }, sign: { due: now + 10 * 60_000 }, safe: { due: now + 60 * 60_000 }, repair: { due: now + 24 * 60 * 60_000 }, report: { due: now + 26 * 60 * 60_000 },
  }, 'a hazard carries two clocks: make safe, repair')
  t.equal(await w.store.hall.delivered(id, 'municipal-works', notice?.id ?? ''), null, 'a second receipt changes nothing')
  t.equal(await w.store.hall.confirm(notice?.id ?? '', 'gas-company'), null, 'nor can another unit confirm it')
  await w.store.records.act(id, { actId: randomUUID(), act: 'sign', baseVersion: 3, note: '' }, w.unit)
  t.match(await clocks(w, id), { sign: { ended: true, met: true, due: now + 10 * 60_000 }, safe: { ended: false, due: now + 60 * 60_000 } }, 'signing moves nothing')
  await w.store.records.act(id, { actId: randomUUID(), act: 'progress', baseVersion: 4, step: 'made-safe', note: '已围挡', photos: [] }, w.unit)
  t.match(await clocks(w, id), { safe: { ended: true, met: true }, repair: { ended: false } }, 'two clocks, one after the other')
  await w.store.records.act(id, { actId: randomUUID(), act: 'report', baseVersion: 5, result: 'not-done', note: '缺井盖', photos: [] }, w.unit)
  t.match(await clocks(w, id), { repair: { ended: true, met: false }, report: { ended: true, met: true } }, 'who says that it is not done has mended nothing')
})

t.test('danger that goes to the next unit is that unit’s from its own delivery, and the hall’s until then: the first is charged with no more, and none is urged who has it no more', async (t) => {
  const w = await world()
  const id = await w.opened()
  await w.store.records.act(id, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'municipal-works', note: '' }, w.op)
  const { openedAt } = await w.store.records.get(id)
  const began = (await w.store.hall.delivered(id, 'municipal-works', randomUUID()))?.work.deliveredAt ?? 0
  await w.store.records.act(id, { actId: randomUUID(), act: 'reassign', baseVersion: 3, unitId: 'drainage', note: '改派' }, w.op)
  const next = (await w.store.hall.delivered(id, 'drainage', randomUUID()))?.work.deliveredAt ?? 0
  const { rows } = await w.store.pool.query(`select unit_id as unit, extract(epoch from started_at)::float8 * 1000 as began, extract(epoch from due_at - started_at)::int as seconds, ended_at is null as runs, met from ticket_clock where ticket_id = $1 and clock = 'safe' order by unit_id, started_at`, [id])
  t.same(rows, [{ unit: 'drainage', began: next, seconds: 3_600, runs: true, met: null }, { unit: 'municipal-works', began, seconds: 3_600, runs: false, met: false }, { unit: null, began: openedAt, seconds: 3_600, runs: false, met: true }, { unit: null, began, seconds: 3_600, runs: false, met: true }])
  const count = async (): Promise<number> => (await w.store.pool.query(`select 1 from outbox where ticket_id = $1 and unit_id = 'municipal-works'`, [id])).rows.length
  const before = await count()
  await hasten(w, [id], -1_000)
  await until('the ladder to be used up', async () => { await w.store.clocks.fireDue(); return (await acts(w, id)).filter((act) => act === 'notice-clock').length === 4 })
  t.equal(await count(), before)
})

t.test('a clock that ends and begins again in one and the same minute, from paper, fires each time', async (t) => {
  const w = await world()
  const id = await w.opened('noise')
  await w.store.records.act(id, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'municipal-works', note: '' }, w.op)
  await w.store.hall.delivered(id, 'municipal-works', randomUUID())
  const paper = { doneAt: Math.ceil(((await w.store.records.get(id)).dispatchedAt ?? 0)), by: '王某' }
  const report = { act: 'report' as const, result: 'done' as const, note: '已劝停', photos: [] as string[], paper }
  await w.store.records.act(id, { actId: randomUUID(), act: 'sign', baseVersion: 3, note: '', paper }, w.unit)
  await w.store.records.act(id, { actId: randomUUID(), baseVersion: 4, ...report }, w.unit)
  await w.store.records.act(id, { actId: randomUUID(), act: 'redo', baseVersion: 5, note: '仍在施工' }, w.op)
  await t.rejects(w.store.records.act(id, { actId: randomUUID(), baseVersion: 6, ...report }, w.unit), { code: 'ticket.illegal' }, 'nothing is older than the sending back')
  await w.store.records.act(id, { actId: randomUUID(), baseVersion: 6, ...report, paper: { ...paper, doneAt: Math.ceil((await w.store.records.history(id)).at(-1)?.at ?? 0) } }, w.unit)
  t.match((await w.store.records.get(id)).work.clocks, [{ clock: 'review' }])
  t.same((await w.store.pool.query(`select ended_at is null as runs, next_at is null as silent from ticket_clock where ticket_id = $1 and clock = 'review' order by id`, [id])).rows, [{ runs: false, silent: true }, { runs: true, silent: false }])
})

t.test('a ticket whose stage cannot be written holds up nobody else’s, and is said once', async (t) => {
  const w = await world()
  const id = await w.opened('noise')
  await w.store.records.act(id, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'municipal-works', note: '' }, w.op)
  await hasten(w, [id], -700)
  // More than are taken at once, all of them due before it; their history lacks its beginning, so that nothing can be added to it.
  await w.store.pool.query(`with moment as (select (extract(epoch from clock_timestamp()) * 1000)::bigint - 60000 as at), broken as (insert into ticket (id, number, state, version, place, description, number_called_from, number_verified, opened_at, answered_at, unit_id, work)
      select gen_random_uuid(), ticket_label(nextval('ticket_number')), 'dispatched', 5, '', '没有历史', '', false, now(), now(), 'municipal-works', jsonb_build_object('clocks', jsonb_build_array(jsonb_build_object('clock', 'report', 'unitId', 'municipal-works', 'startedAt', at, 'next', 'warn',
        'at', jsonb_build_object('warn', at, 'urge', at, 'supervise', at, 'notice', at)))) from moment, generate_series(1, 60) returning id)
    insert into ticket_clock (ticket_id, clock, started_at, unit_id, due_at, next_stage, next_at) select id, 'report', timestamptz 'epoch' + at * interval '1 ms', 'municipal-works', now(), 'warn', timestamptz 'epoch' + at * interval '1 ms' from broken, moment`)
  const { fired, failed, next } = await w.store.clocks.fireDue()
  t.ok(fired.some((ticket) => ticket.id === id), 'it was urged in time')
  t.equal(failed.length, 60)
  t.ok(next === null || next > 0, 'and nobody looks again and again')
  t.equal((await w.store.clocks.fireDue()).failed.length, 0, 'said once')
  await w.store.pool.query(`delete from ticket_clock where ticket_id in (select id from ticket where description = '没有历史')`)
})

t.test('a unit that takes the id of its next stage for an act of its own is warned and urged all the same', async (t) => {
  const w = await world()
  const id = await w.opened('noise')
  await w.store.records.act(id, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'municipal-works', note: '' }, w.op)
  await w.store.hall.delivered(id, 'municipal-works', randomUUID())
  await hasten(w, [id], -1_000)
  const { work: { clocks: runs } } = await w.store.records.get(id)
  // As programs before this one took them, whatever id was sent.
  for (const run of runs) for (const stage of ['warn', 'supervise'] as const) await w.store.records.act(id, { actId: stageActId(id, run, stage), act: 'assign', baseVersion: 3, personId: null }, w.unit)
  const { failed } = await w.store.clocks.fireDue()
  t.same(failed, [])
  t.same((await acts(w, id)).filter((act) => act !== 'assign').slice(3).sort(), runs.flatMap(() => ['warn', 'urge-clock', 'supervise-clock', 'notice-clock']).sort(), 'each stage of each clock, once')
  t.equal((await w.store.clocks.fireDue()).fired.length, 0)
})

t.test('escalation: warning, urge, supervision, notice, each once, to whom it concerns', async (t) => {
  const w = await world()
  const id = await w.opened('noise')
  await w.store.pool.query(`insert into named_person (stage, unit_id, name, channel, address) values ('warn', 'urban-management', '班组长', 'sms', '13900000100'), ('urge', 'urban-management', '科长', 'sms', '13900000101'), ('supervise', null, '值班领导', 'sms', '13900000102'), ('notice', null, '分管领导', 'email', 'leader@city.example')`)
  await w.store.records.act(id, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'urban-management', note: '' }, w.op)
  await w.store.hall.delivered(id, 'urban-management', randomUUID())
  await hasten(w, [id], 100)
  const clockwork = startClockwork({ store: w.store.clocks, onFired: () => undefined, onLate: () => undefined, onError: (error) => { throw error } })
  t.teardown(() => clockwork.close())
  await until('the ladder to be used up', async () => (await acts(w, id)).filter((act) => act === 'notice-clock').length === 2)
  t.same((await acts(w, id)).slice(3).sort(), ['warn', 'warn', 'urge-clock', 'urge-clock', 'supervise-clock', 'supervise-clock', 'notice-clock', 'notice-clock'].sort(), 'sign and report, four stages each')
  t.match(await w.store.records.get(id), { work: { supervised: true } })
  const { rows } = await w.store.pool.query<{ kind: string; channel: string; address: string; unit_id: string | null }>(`select distinct kind, channel, address, unit_id from outbox where ticket_id = $1 and kind in ('warn', 'urge', 'supervise', 'notice') and channel <> 'terminal'`, [id])
  t.same(rows.map(({ kind, channel, address }) => `${kind} ${channel} ${address}`).sort(), ['notice email leader@city.example', 'supervise sms 13900000102', 'urge sms 13900000101', 'warn sms 13900000100'])
})

t.test('an undelivered dispatch: the hall is told within a minute', async (t) => {
  const w = await world()
  const id = await w.opened('noise')
  const before = Date.now()
  const { ticket } = await w.store.records.act(id, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'urban-management', note: '' }, w.op)
  const [clock] = ticket.work.clocks
  t.match(clock, { clock: 'delivery' })
  t.ok((clock?.at.urge ?? Infinity) - before <= 60_000, 'the alarm comes within 60 s')
  await hasten(w, [id], 0)
  await until('the alarm', async () => { await w.store.clocks.fireDue(); return (await acts(w, id)).includes('undelivered') })
  t.ok((await w.store.hall.notices(null)).some((notice) => notice.kind === 'undelivered' && notice.ticketId === id))
  // Somebody takes the telephone: the clock of the unit begins.
  await w.store.records.act(id, { actId: randomUUID(), act: 'deliver', baseVersion: 1, how: 'phone', note: '值班员王某接听' }, w.op)
  t.match(await clocks(w, id), { delivery: { ended: true, met: true }, sign: { ended: false } })
})

t.test('the alarm stands once however long it lasts, and is over with the delivery, not with the signature; the next unit’s is another', async (t) => {
  const w = await world()
  const id = await w.opened('noise')
  const order = async (act: object): Promise<unknown> => w.store.records.act(id, { actId: randomUUID(), baseVersion: (await w.store.records.get(id)).version, note: '', ...act } as Parameters<typeof w.store.records.act>[1], w.op)
  const alarms = async (): Promise<string[]> => (await w.store.hall.notices(null)).filter(({ kind, ticketId }) => kind === 'undelivered' && ticketId === id).map((notice) => notice.id)
  const unheard = async (stages: number): Promise<void> => {
    await hasten(w, [id], -1_000)
    await until('all stages', async () => { await w.store.clocks.fireDue(); return (await acts(w, id)).filter((act) => act === 'undelivered').length === stages })
  }
  await order({ act: 'dispatch', unitId: 'urban-management' })
  await unheard(3)
  t.equal((await alarms()).length, 1, 'due, supervised, noticed: one alarm')
  await order({ act: 'reassign', unitId: 'municipal-works', note: '不通' })
  t.same(await alarms(), [], 'another unit is asked: the first one’s silence is over')
  await unheard(6)
  const [second] = await alarms()
  t.equal((await alarms()).length, 1)
  t.match(await w.store.hall.confirm(second ?? '', null), { kind: 'undelivered', first: true })
  t.same(await alarms(), [], 'put away')
  await order({ act: 'reassign', unitId: 'gas-company', note: '不通' })
  await unheard(9)
  t.equal((await alarms()).length, 1)
  await w.store.hall.delivered(id, 'gas-company', randomUUID())
  t.equal((await w.store.records.get(id)).state, 'dispatched', 'nobody has signed')
  t.same(await alarms(), [])
})

t.test('a dispatch that nobody confirmed goes out again by the ways that are through with it, and stands at the terminal once', async (t) => {
  const w = await world()
  const id = await w.opened('noise')
  await w.store.pool.query(`insert into unit_channel (unit_id, channel, address, secret) values ('civil-affairs', 'email', 'duty@unit.example', ''), ('civil-affairs', 'webhook', 'https://unit.example/in', 'secret')`)
  await w.store.records.act(id, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'civil-affairs', note: '' }, w.op)
  // The relay took the letter over; the webhook is still being tried.
  await w.store.pool.query(`update outbox set sent_at = now(), next_at = null where ticket_id = $1 and channel = 'email'`, [id])
  await hasten(w, [id], 0)
  await until('the warning', async () => { await w.store.clocks.fireDue(); return (await acts(w, id)).includes('warn') })
  const { rows } = await w.store.pool.query<{ channel: string; n: number }>(`select channel, count(*)::int as n from outbox where ticket_id = $1 and kind = 'dispatch' group by channel order by channel`, [id])
  t.same(rows, [{ channel: 'email', n: 2 }, { channel: 'terminal', n: 1 }, { channel: 'webhook', n: 1 }])
  t.equal((await w.store.hall.notices(['civil-affairs'])).filter((notice) => notice.ticketId === id).length, 1, 'one new ticket')
})

/** Counts of stages by ticket and clock, and the latest of all, ms. */
async function fired({ store }: World, ids: readonly string[]): Promise<{ count: number; twice: number; late: number }> {
  const { rows: [row] } = await store.pool.query<{ count: number; twice: number; late: number }>(
    `with stages as (select h.ticket_id, h.act, h.changes -> 'clock' ->> 1 as clock, h.at,
        timestamptz 'epoch' + (c -> 'at' ->> replace(replace(h.act, '-clock', ''), 'undelivered', 'urge'))::bigint * interval '1 ms' as due
      from ticket_history h join ticket t on t.id = h.ticket_id cross join jsonb_array_elements(t.work -> 'clocks') c
      where h.ticket_id = any($1) and h.act in ('warn', 'urge-clock', 'supervise-clock', 'notice-clock') and c ->> 'clock' = h.changes -> 'clock' ->> 1)
     select count(*)::int as count, (count(*) - count(distinct (ticket_id, act, clock)))::int as twice, coalesce(max(extract(epoch from at - due) * 1000), 0)::float as late from stages`, [ids])
  return row ?? { count: 0, twice: 0, late: 0 }
}

/** Tickets with two running clocks each. */
async function many(w: World, count: number): Promise<string[]> {
  const ids = await Promise.all(Array.from({ length: count }, () => w.opened('noise')))
  await Promise.all(ids.map((id) => w.store.records.act(id, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'urban-management', note: '' }, w.op)))
  await Promise.all(ids.map((id) => w.store.hall.delivered(id, 'urban-management', randomUUID())))
  return ids
}

interface Node { kill(): Promise<void>; readonly ready: Promise<void>; /** Its clock is set to be wrong by so many ms from now on. */ step(ms: number): void; /** By how much the machine made the least that it does late, ms. */ starved(): Promise<number> }
/** Another node: a process of its own, whose clock may be wrong. */
function startNode(test: Test, url: string, step: number): Node {
  const child = fork(fileURLToPath(new URL('clock-node.ts', import.meta.url)), [url, String(step)], { execArgv: ['--import', SOURCES], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const gone = new Promise<void>((resolve) => { child.once('exit', () => { resolve() }) })
  const node = {
    ready: new Promise<void>((resolve) => { child.once('message', () => { resolve() }) }),
    async kill() { child.kill('SIGKILL'); await gone },
    step(ms: number) { child.send(ms) },
    starved: () => new Promise<number>((resolve) => { child.once('message', (ms) => { resolve(Number(ms)) }); child.send('starved') }),
  }
  test.teardown(() => node.kill())
  return node
}

t.test('two nodes, one with its clock an hour ahead and one an hour behind, both stepped in the middle: each stage once, and on time', async (t) => {
  const w = await world()
  const ids = await many(w, 24)
  const nodes = [startNode(t, w.store.url, 3_600_000), startNode(t, w.store.url, -3_600_000)]
  await Promise.all(nodes.map(({ ready }) => ready))
  // Some thirty stages a second: how many a machine writes at most is for the bench, also when it does something else.
  await hasten(w, ids, 1_500, 6_000)
  await until('them to have begun', async () => (await fired(w, ids)).count > 40)
  for (const [n, node] of nodes.entries()) node.step(n === 0 ? -7_200_000 : 7_200_000)
  await until('all stages', async () => (await fired(w, ids)).count === 24 * 2 * 4)
  const { twice, late } = await fired(w, ids)
  t.equal(twice, 0)
  // What a bare timer and a bare question took beyond their time is the machine's own: a core that does something else makes everybody late.
  const starved = Math.max(...await Promise.all(nodes.map((node) => node.starved())))
  t.comment(`latest stage: ${Math.round(late)} ms; the machine alone: ${Math.round(starved)} ms`)
  t.ok(late < 1_000 + starved, `the latest came ${Math.round(late)} ms late, ${Math.round(starved)} of them the machine’s`)
})

t.test('what came due while no node ran is fired once by the next; a node that is killed in the middle leaves nothing undone', async (t) => {
  const w = await world()
  const ids = await many(w, 30)
  await hasten(w, ids, -1_000)
  for (let round = 0; round < 2; round += 1) {
    const node = startNode(t, w.store.url, 0)
    await node.ready
    await until('it to have begun', async () => (await fired(w, ids)).count > round * 40)
    await node.kill()
  }
  const last = startNode(t, w.store.url, 0)
  await until('all stages', async () => (await fired(w, ids)).count === 30 * 2 * 4)
  t.equal((await fired(w, ids)).twice, 0)
  await last.kill()
})
