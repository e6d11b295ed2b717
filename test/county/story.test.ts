import t from 'tap'
import type { Conflict, LineView } from '../../src/contracts/county.js'
import type { HistoryRow, Ticket } from '../../src/contracts/ticket.js'
import { verifyHistories } from '../../src/store/audit.js'
import { until } from '../helpers/database.js'
import { openCounties, type CountyWorld } from './world.js'

t.setTimeout(400_000)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
let w: CountyWorld

t.before(async () => { w = await openCounties(t) })

const ticket = async (id: string): Promise<Ticket> => (await w.hall.get(`/api/tickets/${id}`)).body as Ticket
const history = async (id: string, by = w.hall): Promise<HistoryRow[]> => ((await by.get(`/api/tickets/${id}/history`)).body as { history: HistoryRow[] }).history
const conflicts = async (): Promise<Conflict[]> => ((await w.hall.get('/api/conflicts')).body as { conflicts: Conflict[] }).conflicts
const line = async (): Promise<LineView | undefined> => ((await w.chief.get('/api/lines')).body as { lines: LineView[] }).lines[0]
const quiet = (): Promise<unknown> => until('nothing to be on its way', async () => (await Promise.all([w.city, w.county].map(({ rows }) => rows<{ n: number }>('select count(*)::int as n from line_outbox where acked_at is null')))).every(([row]) => row?.n === 0), 40_000)

t.test('a county with its line cut for two hours', async (t) => {
  const [dug, lost, urged, shut] = [await w.given(), await w.given(), await w.given(), await w.given()]
  const number = (await ticket(dug)).number
  t.equal(((await w.zhang.get(`/api/tickets/${dug}`)).body as Ticket).number, number, 'one number on both sides')
  t.match((await w.zhang.get(`/api/tickets/${dug}`)).body, { caller: { number: /^139\*{4}/ }, unitId: 'yanshi', work: { deliveredAt: Number } })
  t.ok((await history(dug, w.zhang)).some(({ act, note }) => act === 'dispatch' && note === '请速到场'), 'the hall’s words came with it')
  await quiet()

  w.wire.cut(true)
  const cutAt = w.now()
  await w.later(5 * MINUTE)
  const signedAt = w.now()
  // In the county work goes on as always.
  await w.zhang.act(dug, { act: 'sign', note: '' })
  await w.zhang.act(dug, { act: 'progress', step: 'arrived', note: '已到顾县镇', photos: [] })
  await w.zhang.act(lost, { act: 'sign', note: '我们去' })
  await w.zhang.act(lost, { act: 'progress', step: 'arrived', note: '到了', photos: [] })
  await w.zhang.act(shut, { act: 'report', result: 'done', note: '坑已填平', photos: [] }).catch(() => undefined)
  await w.zhang.act(shut, { act: 'sign', note: '' })
  await w.zhang.act(shut, { act: 'report', result: 'done', note: '坑已填平', photos: [] })
  await t.rejects(w.zhang.act(dug, { act: 'dispatch', unitId: 'mengjin', note: '' }), /auth\.forbidden/, 'a county gives its tickets to nobody: nothing is dispatched twice')
  // At the city too.
  await w.hall.act(lost, { act: 'reassign', unitId: 'municipal-works', note: '联系不上县里' })
  await w.hall.act(urged, { act: 'urge', note: '请回话' })
  await w.hall.act(shut, { act: 'settle', outcome: 'answered', note: '市民来电说已好' })
  const dark = await w.taken()
  await w.hall.act(dark, { act: 'dispatch', unitId: 'yanshi', note: '断线中派出' })
  await w.later(50_000)
  await w.hall.hears('undelivered', dark)
  await w.hall.act(dark, { act: 'deliver', how: 'phone', note: '电话告知张' })
  const onPaper = w.now() + 10 * MINUTE

  await w.later(30 * MINUTE)
  await w.zhang.act(urged, { act: 'progress', step: 'note', note: '在调压路机', photos: [] })
  await until('the city to urge by its clocks', async () => (await w.city.rows(`select 1 from ticket_history where ticket_id = $1 and act = 'urge-clock'`, [dug])).length > 0)
  t.equal((await ticket(dug)).state, 'dispatched', 'it knows no better yet')
  await w.later(60 * MINUTE)
  const reportedAt = w.now()
  await w.zhang.act(dug, { act: 'report', result: 'done', note: '已回填压实', photos: [] })
  await w.later(cutAt + 2 * HOUR - w.now())
  t.ok(w.now() - cutAt >= 2 * HOUR)
  t.match(await line(), { up: false, name: 'yanshi' })
  t.match((await w.zhang.get('/api/lines')).body, { lines: [{ peer: 'city', up: false, waiting: 8 }] }, 'what waits is counted')

  w.wire.cut(false)
  await quiet()
  // What went together, as if the line had been there: at the times at which it was done.
  const done = await ticket(dug)
  t.match(done, { state: 'reported', unitId: 'yanshi', work: { report: { result: 'done', note: '已回填压实' } } })
  t.ok(Math.abs((done.work.signedAt ?? 0) - signedAt) < 20_000, 'signed when it was signed')
  t.ok(Math.abs((done.work.report?.at ?? 0) - reportedAt) < 20_000)
  const [row] = (await history(dug)).filter(({ act }) => act === 'sign')
  t.match(row, { by: { displayName: '偃师值班员张' }, changes: { county: [null, 'yanshi'] } })
  t.ok((row?.recordedAt ?? 0) - (row?.at ?? 0) > 100 * MINUTE, 'both times stand in the history')
  t.match(await w.city.rows(`select met, ended_at <= due_at as in_time from ticket_clock where ticket_id = $1 and clock = 'sign'`, [dug]), [{ met: true, in_time: true }], 'the limit is judged by the time of the signing')
  t.match(await ticket(urged), { state: 'in-progress', unitId: 'yanshi' }, 'an urge stands in nobody’s way')
  await until('the urge to be told in the county', async () => (await w.county.rows(`select 1 from ticket_history where ticket_id = $1 and act = 'urge' and note = '请回话'`, [urged])).length > 0)
  await w.zhang.hears('urge', urged)
  await w.zhang.hears('dispatch', dark)
  t.match(await ticket(dark), { state: 'dispatched', unitId: 'yanshi', work: { deliveredAt: Number } })

  // What did not: one unit has it, and both sides are there for who decides.
  t.match(await ticket(lost), { state: 'dispatched', unitId: 'municipal-works', attention: true })
  t.equal((await w.city.rows(`select 1 from ticket_clock where ticket_id = $1 and clock = 'delivery' and ended_at is null`, [lost])).length, 1, 'given once, to one')
  await w.hall.hears('conflict', lost)
  await w.zhang.hears('conflict', lost)
  const both = await conflicts()
  t.equal(both.length, 2)
  const [theirs, closed] = [both.find(({ ticketId }) => ticketId === lost), both.find(({ ticketId }) => ticketId === shut)]
  t.match(theirs, { line: 'yanshi', unitId: 'yanshi', acts: [{ act: { act: 'sign', note: '我们去' }, by: '偃师值班员张' }, { act: { act: 'progress', step: 'arrived' } }], city: [{ act: 'reassign', by: '接警员小周', note: '联系不上县里' }] }, 'who, when and what, of both sides')
  t.match(closed, { acts: [{ act: { act: 'sign' } }, { act: { act: 'report', note: '坑已填平' } }], city: [{ act: 'settle', note: '市民来电说已好' }] })
  t.ok((await history(lost)).some(({ act, note, by }) => act === 'conflict' && note === '我们去' && by?.displayName === '偃师值班员张'), 'nothing is dropped')
  t.equal((await w.zhang.get(`/api/tickets/${lost}`)).status, 404, 'the county has it no more')

  await t.rejects(w.hall.decide(theirs?.id ?? '', 'county', '县里先到'), /auth\.forbidden/, 'not anybody decides')
  await w.chief.decide(theirs?.id ?? '', 'county', '县里先到')
  t.match(await ticket(lost), { state: 'in-progress', unitId: 'yanshi', work: { arrivedAt: Number } })
  t.ok(Math.abs(((await ticket(lost)).work.signedAt ?? 0) - signedAt) < 20_000, 'as of the time of the signing')
  await w.zhang.hears('decided', lost)
  await until('the county to have it again', async () => (await w.county.rows(`select 1 from ticket where id = $1 and unit_id = 'yanshi'`, [lost])).length > 0)
  await w.chief.decide(closed?.id ?? '', 'city', '以市民来电为准')
  t.match(await ticket(shut), { state: 'closed', outcome: 'answered' })
  t.same(await conflicts(), [])
  await t.rejects(w.chief.decide(closed?.id ?? '', 'county', '再想想'), /conflict\.decided/)

  // Paper mode: it was done in the dark, with a pen.
  const entered = await w.zhang.act(dark, { act: 'progress', step: 'arrived', note: '手电照明', photos: [], paper: { doneAt: onPaper, by: '李站长' } })
  t.equal(entered.work.arrivedAt, onPaper)
  await until('the city to hear of it', async () => (await w.city.rows(`select 1 from ticket where id = $1 and state = 'in-progress'`, [dark])).length > 0)
  const [noted] = (await history(dark)).filter(({ act }) => act === 'progress')
  t.match(noted, { at: onPaper, by: { displayName: '偃师值班员张' }, changes: { paper: [null, '李站长'] } }, 'who did it and who entered it')
  t.ok((noted?.recordedAt ?? 0) - onPaper > HOUR)
  t.match(await ticket(dark), { work: { signedAt: onPaper, arrivedAt: onPaper } })
  await t.rejects(w.zhang.act(dark, { act: 'report', result: 'done', note: '好了', photos: [], paper: { doneAt: w.now() + HOUR, by: '李站长' } }), /ticket\.illegal.*纸质/, 'nothing is done before it was done')

  await quiet()
  for (const { rows } of [w.city, w.county]) t.match(await rows('select count(*)::int as left from line_inbox where applied_at is null or result like \'refused%\''), [{ left: 0 }])
  for (const { node } of [w.city, w.county]) t.same((await verifyHistories(node.store.pool)).faults, [])
})

t.test('the line is closed and nothing is left', async () => { await w.close() })
