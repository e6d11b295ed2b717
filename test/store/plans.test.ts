import t from 'tap'
import { DONE_CALL_BACK_LIST } from '../../src/store/sql/call-account.js'
import { OF_CHANNEL } from '../../src/store/sql/citizen.js'
import { BUSY_CATEGORIES, NEARBY, SPOTS } from '../../src/store/sql/cluster.js'
import { DEAD_MARK, listOutbox, NOTICES_OF_HALL, NOTICES_OF_UNITS, writeAct } from '../../src/store/sql/dispatch.js'
import { listTickets } from '../../src/store/sql/list.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome, until } from '../helpers/database.js'

interface Plan { readonly 'Node Type': string; readonly 'Relation Name'?: string; readonly 'Actual Rows': number; readonly 'Actual Loops': number; readonly Plans?: readonly Plan[] }
/** What a statement read of which table. */
const readsOf = (plan: Plan | undefined): { readonly table: string; readonly by: string; readonly rows: number }[] => (plan === undefined ? [] : [
  ...plan['Relation Name'] === undefined ? [] : [{ table: plan['Relation Name'], by: plan['Node Type'], rows: plan['Actual Rows'] * plan['Actual Loops'] }],
  ...(plan.Plans ?? []).flatMap(readsOf),
])

t.test('what is asked often, or of a table that grows for ever, is found by an index', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  await owner.query(`insert into person (id, login_name, display_name, role) select gen_random_uuid(), 'o' || n, 'o', 'operator' from generate_series(1, 40) n`)
  const { rows: people } = await owner.query<{ id: string }>(`select id from person where login_name like 'o%' order by login_name`)
  const client = await owner.connect()
  try {
    // The rows are what counts, not how they came.
    await client.query('set session_replication_role = replica')
    await client.query(`insert into ticket (id, number, state, version, category, place, description, number_called_from, number_verified, opened_at, answered_at, tags, operator_id)
      select gen_random_uuid(), ticket_label(nextval('ticket_number')), case when n % 10 = 0 then 'dispatched' else 'closed' end, 1, case when n % 3 = 0 then 'noise' else 'road' end, '', '', '', false,
        now() - n * interval '1 minute', now(), case when n % 6000 = 7 then '[{"key":"channel","value":"rare"}]'::jsonb when n % 100 = 3 then '[{"key":"channel","value":"other"}]'::jsonb else '[]'::jsonb end, ($1::uuid[])[1 + n % 30]
      from generate_series(1, 30000) n`, [people.map(({ id }) => id)])
    await client.query(`insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes, note, hash) select id, 1, gen_random_uuid(), 'open', opened_at, operator_id, '{}', '', '\\x00' from ticket`)
    // A unit that is told by its own system alone leaves its terminal's notices unread, for years.
    await client.query(`insert into ticket_clock (ticket_id, clock, started_at, unit_id, due_at, ended_at, met) select id, 'delivery', opened_at, 'telecom', opened_at, case when n % 1000 > 0 then opened_at end, case when n % 1000 > 0 then true end from (select id, opened_at, row_number() over () as n from ticket) numbered`)
    await client.query(`insert into outbox (kind, audience, channel, unit_id, ticket_id, body, created_at) select told.kind, case when unit is null then 'hall' else 'unit' end, 'terminal', unit, id, '{}', opened_at - interval '300 days' from ticket, (values ('dispatch', 'telecom'), ('undelivered', null)) told (kind, unit)`)
    // What was sent to a unit's own system and was over before it got there.
    await client.query(`insert into outbox (kind, audience, channel, unit_id, address, ticket_id, body, created_at, next_at, dead_at, error) select 'urge', 'unit', 'webhook', 'telecom', 'https://x.example', id, '{}', opened_at, null, opened_at, 'over' from ticket`)
    // Years of people who were called back.
    await client.query(`insert into call_back_task (call_id, number, reason, since, state, outcome, done_at) select id, '', 'abandoned', opened_at, 'done', 'reached', opened_at from ticket`)
  } finally {
    client.release(true)
  }
  await owner.query('vacuum analyze ticket, ticket_history, ticket_clock, outbox, call_back_task')
  const mine = people[39]?.id ?? ''
  const { page, count, values } = listTickets({ mine })
  for (const [what, text, given] of [
    ['requests of a channel', OF_CHANNEL, ['rare', null, null, null, null, null, 100, 0]], ['what a person had to do with', page, [...values, 50, 0]], ['and how many', count, values],
    ['categories to look at', BUSY_CATEGORIES, [120]], ['the spots of one', SPOTS, ['noise', 60]], ['what may be about the same, and what else is in hand nearby', NEARBY, [mine, 'noise', 34.6, 112.4, '中州路', null, 5]],
    ['what a unit’s terminal is told', NOTICES_OF_UNITS, [['telecom']]], ['and the hall’s', NOTICES_OF_HALL, []],
  ] as const) {
    const { rows } = await store.pool.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${text}`, [...given])
    t.notMatch(rows.map((row) => row['QUERY PLAN']).join('\n'), /Seq Scan on (ticket|outbox)/, what)
  }
  for (const [what, text, given] of [['dead letters', listOutbox(true), [null, 20, 0]], ['and whether they are others', DEAD_MARK, []]] as const) {
    const { rows } = await store.pool.query<{ 'QUERY PLAN': string }>(`explain (analyze, costs off, timing off, summary off) ${text}`, [...given])
    t.notMatch(rows.map((row) => row['QUERY PLAN']).join('\n'), /Removed by Filter|Seq Scan/, `${what}: what is over is not looked through`)
  }
  const { rows: [done] } = await store.pool.query<{ 'QUERY PLAN': readonly { readonly Plan: Plan }[] }>(`explain (analyze, costs off, timing off, summary off, format json) ${DONE_CALL_BACK_LIST}`, [100, 0])
  const read = readsOf(done?.['QUERY PLAN'][0]?.Plan).filter(({ rows }) => rows > 1_000)
  t.same(read, [{ table: 'call_back_task', by: 'Index Only Scan', rows: 30_000 }], 'who was called back: all are counted by the index, and those looked up that are shown')
})

t.test('an act that changes no word does not read them again', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const { open, act } = await startCaseWork(store)
  const id = await open()
  // From here on nobody can read words.
  await asOwner(t, store).query(`create or replace function ticket_words(content text) returns tsvector language plpgsql immutable as $$ begin raise exception 'words are read'; end $$`)
  t.equal((await act(id, 'dispatch', { unitId: 'urban-management' })).state, 'dispatched')
  t.match(await act(id, 'urge'), { work: { urged: 1 } })
  t.match(store.records.status(), { database: 'up', journal: 0 }, 'PostgreSQL wrote both')
  await t.rejects(store.pool.query(`update ticket set description = '路灯不亮' where id = $1`, [id]), /words are read/, 'who changes one does')
})

t.test('an act’s statement names what the act needs, whichever it is, and nothing else', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const parts = ['words', 'clocks', 'runs', 'over', 'told', 'alone'] as const
  // Clocks that begin or end move.
  const wanted = Array.from({ length: 64 }, (_, n) => Object.fromEntries(parts.map((part, bit) => [part, (n >> bit) % 2 === 1])) as Record<typeof parts[number], boolean>).filter(({ clocks, runs }) => clocks || !runs)
  const client = await store.pool.connect()
  try {
    for (const [n, one] of wanted.entries()) {
      await client.query(`prepare act_${n} as ${writeAct(one).text}`)
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (costs off) execute act_${n} (${Array.from({ length: one.alone ? 35 : 34 }, () => 'null').join(', ')})`)
      const written = new Set([...rows.map((row) => row['QUERY PLAN']).join('\n').matchAll(/(Update|Insert) on (\w+)/g)].map(([, how, table]) => `${how} ${table}`))
      t.same(written, new Set([
        'Update ticket', 'Insert ticket_history', ...one.clocks ? ['Update ticket_clock'] : [], ...one.runs ? ['Insert ticket_clock'] : [], ...one.over ? ['Update outbox'] : [], ...one.told ? ['Insert outbox'] : [],
      ]), writeAct(one).name)
    }
  } finally {
    client.release(true)
  }
})

t.test('an act that moves a ticket nowhere is written where the ticket is, and no index hears of it', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const { open, act } = await startCaseWork(store)
  const ids: string[] = []
  for (let n = 0; n < 60; n += 1) ids.push(await open())
  for (const id of ids) await act(id, 'dispatch', { unitId: 'urban-management' })
  const owner = asOwner(t, store)
  /** Each connection tells what it counted when it rests. */
  const written = (least: number): Promise<{ readonly all: number; readonly beside: number }> => until(`${least} writes to be told of`, async () => {
    await store.pool.query('select pg_stat_force_next_flush()')
    const { rows: [told] } = await owner.query<{ all: number; beside: number }>(`select n_tup_upd::int as all, n_tup_hot_upd::int as beside from pg_stat_user_tables where relname = 'ticket'`)
    return told !== undefined && told.all >= least ? told : null
  })
  const before = await written(ids.length)
  for (const id of ids) await act(id, 'urge')
  const after = await written(before.all + ids.length)
  t.equal(after.all - before.all, ids.length)
  t.ok(after.beside - before.beside > ids.length * 0.85, `${after.beside - before.beside} of ${ids.length}`)
})
