import { randomUUID } from 'node:crypto'
import { Pool } from 'pg'
import type { Self } from '../../src/contracts/people.js'
import { startClockwork } from '../../src/dispatch/clockwork.js'
import { districtOf, type District } from '../../src/dispatch/core/geo.js'
import { makeHall } from '../../src/dispatch/hall.js'
import { makePeople } from '../../src/people/people.js'
import type { Store } from '../../src/store/store.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'
import type { Bench, Figure } from './figure.js'
import { interleave, quantile } from './measure.js'

const CONCURRENT = 8
const ACTS = 400
const CLOCKS = 10_000
/** `LIANDONG_BENCH_TICKETS` for a smaller machine. */
const TICKETS = Number(process.env['LIANDONG_BENCH_TICKETS'] ?? 1_000_000)
const OPEN = TICKETS / 10
const ASKED = 60

async function person(store: Store): Promise<Self> {
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  await people.addPerson({ loginName: 'op1', displayName: '接警员', role: 'operator', extension: '1001' }, 'correct horse battery')
  const [op] = await people.list()
  if (op === undefined) throw new Error('nobody')
  return op
}

/** Tickets as a year of calls makes them, the newest with the highest number; the triggers that tell desks are left out, the constraints are not. */
async function fill(pool: Pool, count: number, open: number, tell: (line: string) => void): Promise<void> {
  const places = `array['中州中路','开元大道','景华路','龙门大道','滨河南路','唐宫东路','凯旋西路','九都路','太康路','王城大道','南昌路','西苑路','牡丹大道','古城路','关林路','丽景路']`
  const words = `array['井盖缺失','夜间施工噪声扰民','整栋楼停电','路灯不亮','路面塌陷','自来水浑浊','出租车拒载','拖欠工资','垃圾堆积','燃气异味','占道经营','树枝折断','下水道堵塞','扬尘污染','电梯故障','违章停车']`
  const categories = `array['manhole-cover','noise','power-repair','street-light','road','water','ride-dispute','wage-claim','environment','gas','other']`
  await pool.query('alter table ticket disable trigger say_changed')
  // Built once at the end, as a restore does.
  const { rows: [search] } = await pool.query<{ definition: string }>(`select pg_get_indexdef('ticket_search'::regclass) as definition`)
  await pool.query('drop index ticket_search')
  for (let from = 0; from < count; from += 50_000) {
    tell(`${from} of ${count} tickets`)
    await pool.query(`insert into ticket (id, number, state, version, kind, category, place, lat, lon, description, number_called_from, number_verified, opened_at, answered_at, unit_id, due_at)
      select gen_random_uuid(), ticket_label(nextval('ticket_number')), case when n % ($2::int / $3::int) = 0 then (array['open', 'dispatched', 'signed', 'in-progress', 'reported'])[1 + (n / 7) % 5] else 'closed' end, 1, 'joint-service',
        (${categories})[1 + (n::bigint * 7919) % 11], (${places})[1 + (n::bigint * 104729) % 16] || ((n * 31) % 400)::text || '号', 34.6 + (n % 1000) * 0.0001, 112.4 + (n % 777) * 0.0001,
        (${words})[1 + (n::bigint * 15485863) % 16] || '，' || (${places})[1 + (n::bigint * 611953) % 16] || '附近，第' || (n % 5000)::text || '次反映', '139' || lpad((n % 90000000)::text, 8, '0'), true,
        now() - ($2::int - n) * interval '20 seconds', now() - ($2::int - n) * interval '20 seconds', (array['municipal-works','power-supply','urban-management','sanitation','gas-company'])[1 + n % 5],
        case when n % ($2::int / $3::int) = 0 then now() + ((n % 2000) - 1000) * interval '1 minute' end
      from generate_series($1::int, least($1::int + 49999, $2::int - 1)) n`, [from, count, open])
  }
  tell('the index of words')
  await pool.query(search?.definition ?? '')
  await pool.query('alter table ticket enable trigger say_changed')
  await pool.query('vacuum analyze ticket')
}

const act = async (store: Store, op: Self, id: string): Promise<void> => { await store.records.act(id, { actId: randomUUID(), act: 'urge', baseVersion: 0, note: '请速办' }, op) }

/** The least that any program would have to write for the same: row, history, outbox, in one transaction. */
async function bare(pool: Pool, op: Self, id: string): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query({ name: 'bare-lock', text: 'select version from ticket where id = $1 for update', values: [id] })
    await client.query({ name: 'bare-write', text: `with after as (update ticket set version = version + 1, work = jsonb_set(work, '{urged}', to_jsonb(coalesce((work ->> 'urged')::int, 0) + 1)) where id = $1 returning *),
      history as (insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes, note) select id, version, $2, 'urge', clock_timestamp(), $3, '{}', '请速办' from after)
      insert into outbox (kind, audience, channel, unit_id, ticket_id, body) select 'urge', 'unit', 'terminal', unit_id, id, jsonb_build_object('number', number, 'place', place) from after`, values: [id, randomUUID(), op.id] })
    await client.query('commit')
  } finally {
    client.release()
  }
}

async function transitions(store: Store, op: Self): Promise<Figure> {
  const pool = new Pool({ connectionString: store.url, max: CONCURRENT })
  const ids: string[] = []
  for (let n = 0; n < ACTS; n += 1) {
    const callId = randomUUID()
    const now = Date.now()
    await store.records.openTicket({ operatorId: op.id, answeredAt: now, callBack: false, place: '中州中路', callerName: '', record: { callId, caller: { number: '', name: '', verified: true }, calledNumber: '110', state: 'ended', class: 'standard', category: 'noise', language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } })
    await store.records.act(callId, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'urban-management', note: '' }, op)
    ids.push(callId)
  }
  const all = async (one: (id: string) => Promise<void>): Promise<number> => {
    const queue = [...ids]
    const began = performance.now()
    await Promise.all(Array.from({ length: CONCURRENT }, async () => { for (let id = queue.pop(); id !== undefined; id = queue.pop()) await one(id) }))
    return ACTS / ((performance.now() - began) / 1000)
  }
  const { ours, baseline, ratio } = await interleave(() => all((id) => act(store, op, id)), () => all((id) => bare(pool, op, id)), { rounds: 7 })
  await pool.end()
  return { name: { zh: `工单动作（锁、规则、历史哈希链、外发，一个事务，${CONCURRENT} 路并发）`, en: `act on a ticket (lock, rules, hash-chained history, outbox; one transaction, ${CONCURRENT} at once)` }, unit: 'acts/s', ours, baseline: { name: 'bare SQL of the same rows', value: baseline }, ratio, goal: { least: 0.6, of: 'ratio' } }
}

/** From here to the first deadline, ms: so long the tickets may take to be made ready. */
const LEAD = 60_000

/** 10,000 tickets of which each has one stage due within the same minute. */
async function clocks(store: Store, pool: Pool, tell: (line: string) => void): Promise<Figure[]> {
  tell(`${CLOCKS} deadlines in one minute`)
  // The clocks of the tickets acted on before are others of the run: they are not counted here.
  await pool.query(`update ticket_clock set next_stage = null, next_at = null, ended_at = clock_timestamp(), met = false where ended_at is null`)
  // The minute begins when all of them are ready: ten thousand rows of a big table take seconds to write, and what is written after its deadline was never due in time.
  const { rows: [began] } = await pool.query<{ begins: string }>(`with begins as materialized (select (extract(epoch from clock_timestamp()) * 1000)::bigint + $2 as at),
      picked as (select id from ticket where state = 'closed' limit $1), numbered as (select id, row_number() over () as n from picked), times as (
      select id, begins.at + (n * 60000 / $1)::bigint as at from numbered, begins), moved as (
      update ticket t set state = 'dispatched', work = jsonb_build_object('clocks', jsonb_build_array(jsonb_build_object('clock', 'report', 'unitId', t.unit_id, 'startedAt', times.at - 1000, 'next', 'notice',
        'at', jsonb_build_object('warn', times.at - 3, 'urge', times.at - 2, 'supervise', times.at - 1, 'notice', times.at)))) from times where t.id = times.id returning t.id, t.unit_id, times.at), first as (
      insert into ticket_history (ticket_id, version, act_id, act, at, changes) select id, 1, gen_random_uuid(), 'open', now(), '{}' from moved), ready as (
      insert into ticket_clock (ticket_id, clock, started_at, unit_id, due_at, next_stage, next_at) select id, 'report', timestamptz 'epoch' + (at - 1000) * interval '1 ms', unit_id, timestamptz 'epoch' + (at - 2) * interval '1 ms', 'notice', timestamptz 'epoch' + at * interval '1 ms' from moved)
    select at::text as begins from begins`, [CLOCKS, LEAD])
  const { rows: [ready] } = await pool.query<{ ahead: number }>('select ($1::bigint - extract(epoch from clock_timestamp()) * 1000)::int as ahead', [began?.begins])
  if ((ready?.ahead ?? 0) < 1_000) throw new Error('the tickets were not ready when their minute began')
  const late: number[] = []
  let failure: unknown = null
  const clockwork = startClockwork({ store: store.clocks, onFired: () => undefined, onLate: (ms) => { late.push(ms) }, onError: (error) => { failure = error } })
  const until = performance.now() + LEAD + 120_000
  while (late.length < CLOCKS && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 200))
  await clockwork.close()
  if (failure !== null || late.length !== CLOCKS) throw new Error(`${late.length} of ${CLOCKS} stages were fired: ${String(failure)}`)
  return [{ name: { zh: '一分钟内 10,000 个时限：最迟', en: '10,000 deadlines in one minute: the latest' }, unit: 'ms', ours: Math.max(...late), goal: { most: 1_000, of: 'ours' }, note: `p50 ${Math.round(quantile(late, 0.5))} ms, p99 ${Math.round(quantile(late, 0.99))} ms` }]
}

/** Waits for PostgreSQL's own vacuum of the tickets; by itself, else it would be measured with a help that no city has. */
async function settled(owner: Pool, tell: (line: string) => void): Promise<void> {
  const last = async (): Promise<number> => Number((await owner.query<{ at: string | null }>(`select extract(epoch from last_autovacuum) * 1000 as at from pg_stat_user_tables where relname = 'ticket'`)).rows[0]?.at ?? 0)
  const before = await last()
  const began = performance.now()
  while (await last() === before) {
    if (performance.now() - began > 300_000) return tell('it did not within five minutes')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

type Ask = Parameters<Store['records']['list']>[0]

/** The least that any program would ask for the same page: by the same indexes, without a count, nothing left out for whoever may not find it. */
const BARE: Readonly<Record<'words' | 'number' | 'board', string>> = {
  words: `select id, number, state, place, description, opened_at from ticket where words @@ ticket_query($1) order by opened_at desc limit 50`,
  number: `select id, number, state, place, description, opened_at from ticket where replace(number, '-', '') like $1 || '%' or number_called_from like $1 || '%' order by opened_at desc limit 50`,
  board: `select id, number, state, place, description, opened_at from ticket where state not in ('closed', 'void') order by due_at nulls last limit 50`,
}

/** Each question to both, one after the other, the first of the two in turn. → p95 of each, ms */
async function compare(asks: readonly Ask[], store: Store, bare: (ask: Ask) => Promise<unknown>): Promise<{ readonly ours: number; readonly baseline: number; readonly ratio: number }> {
  const [ours, baseline]: [number[], number[]] = [[], []]
  const sides = [[ours, (ask: Ask) => store.records.list(ask)], [baseline, bare]] as const
  for (const [n, ask] of asks.entries()) {
    for (const [took, side] of n % 2 === 0 ? sides : [...sides].reverse()) {
      const began = performance.now()
      await side(ask)
      took.push(performance.now() - began)
    }
  }
  const [a, b] = [quantile(ours, 0.95), quantile(baseline, 0.95)]
  return { ours: a, baseline: b, ratio: a / b }
}

async function lists(store: Store, op: Self, owner: Pool, tell: (line: string) => void): Promise<Figure[]> {
  const pool = new Pool({ connectionString: store.url, max: 1 })
  const bare = (name: keyof typeof BARE, values: unknown[] = []): Promise<unknown> => pool.query({ name: `bare-${name}`, text: BARE[name], values })
  const page = { limit: 50, offset: 0 }
  const words = ['井盖缺失', '开元大道', '第1234次反映', '中州中路7号', '停电', '噪声扰民', '夜间施工 景华路', '燃气异味', '139000', '100-', '无此内容', '唐宫东路 电梯']
  const search = await compare(Array.from({ length: ASKED }, (_, n) => ({ ...page, text: words[n % words.length] ?? '' })), store, ({ text = '' }) => (/^[0-9-]+$/.test(text) ? bare('number', [text.replaceAll('-', '')]) : bare('words', [text])))
  const board = await compare(Array.from({ length: ASKED }, (_, n) => [{ ...page, sort: 'due' as const, class: 'waiting' as const }, { ...page, late: true, sort: 'due' as const }, { ...page, unitId: 'municipal-works', class: 'waiting' as const, sort: 'due' as const }, { ...page, class: 'open' as const, category: 'noise' }][n % 4] ?? page), store, () => bare('board'))
  await pool.end()
  const counts: number[] = []
  // Nine districts beside one another; the first request places what is in hand.
  const ring = (west: number): District['outline'] => [[[[west, 34.5], [west + 0.01, 34.5], [west + 0.01, 34.8], [west, 34.8], [west, 34.5]]]]
  const districts = Array.from({ length: 9 }, (_, n): District => ({ id: `d${n}`, name: `第${n + 1}区`, nameEn: `District ${n + 1}`, outline: ring(112.4 + n * 0.01) }))
  const hall = makeHall({ store: store.hall, tickets: { get: (_who, id) => store.records.get(id) }, rules: () => ({ ...store.rules(), districts }), areaOf: (point, place) => districtOf(districts, point, place), onDelivered: () => undefined })
  const placing = performance.now()
  await hall.board(op)
  const placed = performance.now() - placing
  // A hundred thousand rows were written at once, as on the day on which a city gets other districts; each day else each ticket is placed as it comes. PostgreSQL looks after them
  // within the minute, by itself and because the table says so: what is counted is what a hall sees from then on.
  tell('PostgreSQL looks after what was written')
  await settled(owner, tell)
  for (let n = 0; n < 20; n += 1) { const began = performance.now(); await hall.board(op); counts.push(performance.now() - began) }
  return [
    { name: { zh: `全文检索，${TICKETS.toLocaleString('en')} 张工单，p95`, en: `full-text search, ${TICKETS.toLocaleString('en')} tickets, p95` }, unit: 'ms', ours: search.ours, baseline: { name: 'bare query, no count, by the same index', value: search.baseline }, ratio: search.ratio, goal: { most: 300, of: 'ours' } },
    { name: { zh: `看板列表，${OPEN.toLocaleString('en')} 张在办，p95`, en: `board list, ${OPEN.toLocaleString('en')} not closed, p95` }, unit: 'ms', ours: board.ours, baseline: { name: 'bare query of the first page', value: board.baseline }, ratio: board.ratio, goal: { most: 300, of: 'ours' } },
    { name: { zh: '看板计数（含区划），p95', en: 'board counts, districts included, p95' }, unit: 'ms', ours: quantile(counts, 0.95), goal: { most: 300, of: 'ours' }, note: `${Math.round(placed)} ms the first time, when every ticket is placed` },
  ]
}

export const bench: Bench = async (tell) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  const pool = new Pool({ connectionString: store.ownerUrl, max: 1 })
  try {
    const op = await person(store)
    const first = await transitions(store, op)
    await fill(pool, TICKETS, OPEN, tell)
    const found = await lists(store, op, pool, tell)
    // Told as they come: the minute of deadlines is still to follow.
    for (const { name, ours, unit } of found) tell(`${name.en}: ${ours.toFixed(1)} ${unit}`)
    return { figures: [first, ...found, ...await clocks(store, pool, tell)] }
  } finally {
    await pool.end()
    await store.close()
    home.remove()
  }
}
