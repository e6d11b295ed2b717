import t from 'tap'
import type { TicketQuery } from '../../src/dispatch/ports.js'
import { listTickets, NEWEST } from '../../src/store/sql/list.js'
import { asOwner, openTestStore, temporaryHome } from '../helpers/database.js'

/** One more than is looked at first, by far. */
const TICKETS = NEWEST + 1_500

t.test('what is looked for is found whole and in its order, be it among the newest tickets, among the old, or nowhere', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  // The higher its number the newer it is, as in a city; two at a time at the same instant. Power cuts are everywhere, dust is old, a manhole by the school is one of both, and the two never meet.
  await owner.query(`insert into ticket (id, number, state, version, category, place, description, caller_name, number_called_from, number_verified, opened_at, answered_at, unit_id, due_at, work)
    select gen_random_uuid(), ticket_label(100000 + n), case when n % 10 = 0 then 'dispatched' else 'closed' end, 1, 'other', case when n % 2 = 0 then '中州中路' else '开元大道' end,
      case when n < 200 then '扬尘污染' when n % 3 = 0 then '整栋楼停电' else '路灯不亮' end || case when n in (50, ${TICKETS - 50}) then '，小学门口井盖' else '' end, case when n = 77 then '欧阳若兰' else '' end,
      case when n < 4000 then '13900' || lpad(n::text, 6, '0') else '100' || lpad(n::text, 8, '0') end, true, now() - (${TICKETS} - n) / 2 * interval '1 minute', now(), case when n % 10 = 0 then 'municipal-works' end, case when n % 10 = 0 then now() + (n % 700 - 300) * interval '1 minute' end,
      case when n % 1000 = 78 then '{"privacy": "anonymous"}'::jsonb else '{}' end
    from generate_series(0, ${TICKETS - 1}) n`)
  await owner.query('vacuum analyze ticket')
  const { rows: all } = await owner.query<{ id: string; number: string; place: string; description: string; caller_name: string; number_called_from: string; anonymous: boolean; state: string; due_at: Date | null }>(
    'select id, number, place, description, caller_name, number_called_from, anonymous, state, due_at from ticket order by opened_at desc, id')
  type Row = typeof all[number]
  const has = (...words: string[]) => (row: Row): boolean => words.every((word) => `${row.place} ${row.description} ${row.anonymous ? '' : row.caller_name}`.includes(word))
  const begins = (with_: string, named = true) => (row: Row): boolean => row.number.replace('-', '').startsWith(with_) || (named && !row.anonymous && row.number_called_from.startsWith(with_))
  for (const [query, fits] of [
    [{ text: '停电' }, has('停电')], [{ text: '扬尘污染' }, has('扬尘污染')], [{ text: '井盖' }, has('井盖')], [{ text: '停电 扬尘' }, () => false], [{ text: '开元大道 停电' }, has('开元大道', '停电')],
    [{ text: '欧阳若兰' }, has('欧阳若兰')], [{ text: '欧阳若兰', unnamed: true }, () => false], [{ text: '扬尘', class: 'waiting' }, (row) => has('扬尘')(row) && row.state === 'dispatched'],
    [{ text: '停电', unitId: 'municipal-works', unnamed: true }, (row) => has('停电')(row) && row.state === 'dispatched'],
    [{ text: '10' }, () => false], [{ text: '100-' }, begins('100')], [{ text: '10000' }, begins('10000')], [{ text: '100', unnamed: true }, begins('100', false)], [{ text: '13900000' }, begins('13900000')], [{ text: '１３９０００００' }, begins('13900000')], [{ text: '13900000078' }, begins('13900000078')], [{ text: '无此内容' }, () => false],
  ] as readonly [Partial<TicketQuery>, (row: Row) => boolean][]) {
    const wanted = all.filter(fits).map(({ id }) => id)
    for (const offset of [0, 40, 4_980]) {
      const { tickets, total, more } = await store.records.list({ ...query, limit: 50, offset })
      t.same([tickets.map(({ id }) => id), total, more], [wanted.slice(offset, offset + 50), wanted.length, undefined], `${JSON.stringify(query)} from ${offset}: ${wanted.length}`)
    }
  }
  const inHand = all.filter(({ state }) => state === 'dispatched').sort((a, b) => Number(a.due_at) - Number(b.due_at) || (a.id < b.id ? -1 : 1)).map(({ id }) => id)
  t.same((await store.records.list({ class: 'waiting', sort: 'due', limit: 50, offset: 50 })).tickets.map(({ id }) => id), inHand.slice(50, 100))

  const plan = async (text: string | null, values: readonly unknown[]): Promise<string> => (await store.pool.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${text ?? ''}`, [...values])).rows.map((row) => row['QUERY PLAN']).join('\n')
  const page = [50, 0]
  const due = listTickets({ class: 'waiting', sort: 'due' })
  t.match(await plan(due.page, [...due.values, ...page]), /Index Scan using ticket_in_hand/, 'what is due first is read first')
  const words = listTickets({ text: '扬尘污染' })
  t.match(await plan(words.newest, [...words.values, ...page]), /Index Scan using ticket_opened/)
  t.notMatch(await plan(words.newest, [...words.values, ...page]), /Seq Scan/)
  t.match(await plan(words.page, [...words.values, ...page]), /Bitmap Index Scan on ticket_search/, 'however few PostgreSQL expects, it does not walk through all')
  const number = listTickets({ text: '1000999' })
  t.match(await plan(number.count, number.values), /ticket_number_plain[^]*ticket_caller/, 'each by its own')
  t.notMatch(await plan(number.count, number.values), /Seq Scan/)
})
