import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { CallBackWish } from '../../src/intake/ports.js'
import { openOldDatabase, openTestStore, temporaryHome } from '../helpers/database.js'

t.test('what flows had promised before there was one list is in it, and nothing twice', async (t) => {
  const { pool, finish } = await openOldDatabase(t, 41)
  const [asked, done, gaveUp, settled, known] = [randomUUID(), randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  await pool.query(`insert into call_back (call_id, number, reason, asked_at, done_at) values
    ($1, '37964321', 'asked', '2026-01-05T10:00Z', null), ($2, '13900000002', 'message', '2026-01-05T10:00Z', '2026-01-05T11:00Z'),
    ($3, '37964323', 'asked', '2026-01-05T10:00Z', null), ($4, '37964324', 'asked', '2026-01-05T10:00Z', null), ($5, '37964325', 'asked', '2026-01-05T10:00Z', null)`, [asked, done, gaveUp, settled, known])
  await pool.query(`insert into call_back_task (call_id, number, reason, since, state, outcome) values
    ($1, '13900000003', 'abandoned', '2026-01-05T10:01Z', 'open', null), ($2, '13900000004', 'abandoned', '2026-01-05T10:01Z', 'done', 'called-again'), ($3, '37964325', 'asked', '2026-01-05T10:00Z', 'claimed', null)`, [gaveUp, settled, known])
  t.ok((await finish()).includes(41))
  const { rows } = await pool.query<{ call_id: string }>('select call_id, number, reason, state, outcome from call_back_task')
  const task = (callId: string): unknown => rows.find(({ call_id }) => call_id === callId)
  t.equal(rows.length, 5)
  t.match(task(asked), { number: '37964321', reason: 'asked', state: 'open', outcome: null })
  t.match(task(done), { number: '13900000002', reason: 'message', state: 'done', outcome: 'reached' })
  t.match(task(gaveUp), { number: '37964323', reason: 'asked', state: 'open' }, 'the wish, to the number he keyed in')
  t.match(task(settled), { number: '13900000004', state: 'done', outcome: 'called-again' }, 'what is done stays done')
  t.match(task(known), { state: 'claimed' }, 'nobody takes it from who has it')
  await t.rejects(pool.query('select from call_back'), /does not exist/)
})

t.test('a wish: the number keyed in stands, a replay changes nothing, what is done stays done', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const callId = randomUUID()
  const wish = (more: Partial<CallBackWish>): Promise<void> => store.records.wishCallBack({ callId, number: '13900000001', reason: 'message', at: 1_767_600_000_000, ...more })
  const task = async (): Promise<unknown> => (await store.pool.query('select number, reason, since, state from call_back_task where call_id = $1', [callId])).rows[0]
  await store.pool.query(`insert into call_back_task (call_id, number, reason, since) values ($1, '', 'abandoned', now())`, [callId])
  await wish({})
  t.match(await task(), { number: '13900000001', reason: 'message' }, 'a wish counts more than that he gave up')
  await wish({ number: '37964321', reason: 'asked' })
  await wish({})
  t.match(await task(), { number: '37964321', reason: 'message', state: 'open' })
  await store.pool.query(`update call_back_task set state = 'done', outcome = 'not-needed' where call_id = $1 and state <> 'done'`, [callId])
  await wish({ number: '37964399', reason: 'asked' })
  t.match(await task(), { number: '37964321', state: 'done' })
})

t.test('the list has each number once, however often it gave up: taken first, promised next, else the oldest; settled once', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const id = { first: randomUUID(), second: randomUUID(), asked: randomUUID(), other: randomUUID(), hidden: randomUUID(), hidden2: randomUUID() }
  const me = randomUUID()
  await store.pool.query(`insert into person (id, login_name, display_name, role, extension) values ($1, 'op1', '接警员', 'operator', '1001')`, [me])
  const add = (callId: string, number: string, reason: string, minutes: number) => store.pool.query(`insert into call_back_task (call_id, number, reason, since, attempts) values ($1, $2, $3, now() - $4 * interval '1 minute', 1)`, [callId, number, reason, minutes])
  await add(id.first, '13900000001', 'abandoned', 30)
  await add(id.second, '13900000001', 'abandoned', 20)
  await add(id.other, '13900000002', 'abandoned', 25)
  await add(id.hidden, '', 'abandoned', 10)
  await add(id.hidden2, '', 'abandoned', 5)
  const open = async () => (await store.account.list('open', 100, 0))
  const shown = async (): Promise<string[]> => (await open()).callBacks.map(({ callId }) => callId)
  t.same(await shown(), [id.first, id.other, id.hidden, id.hidden2], 'who has no number is nobody else')
  t.match(await open(), { total: 4, callBacks: [{ number: '13900000001', calls: 2, attempts: 2 }, { calls: 1 }, {}, {}] })
  await add(id.asked, '13900000001', 'asked', 1)
  t.same(await shown(), [id.asked, id.other, id.hidden, id.hidden2], 'a promise is what he is called for, and he waits since his first call')
  await store.pool.query(`update call_back_task set state = 'claimed', claimed_by = $2, claimed_at = now() where call_id = $1`, [id.second, me])
  t.match((await open()).callBacks[0], { callId: id.second, state: 'claimed', claimedBy: { id: me, displayName: '接警员' }, calls: 3 })
  await store.pool.query(`update call_back_task set claimed_at = now() - interval '11 minutes' where call_id = $1`, [id.second])
  const lapsed = (await open()).callBacks[0]
  t.match([lapsed, lapsed?.claimedBy], [{ callId: id.asked, state: 'open' }, undefined], 'taken and left lying: anybody’s again')
  await store.pool.query(`update call_back_task set claimed_at = now() where call_id = $1`, [id.second])
  await store.account.settle(id.second, me, 'not-reached', '')
  t.same(await shown(), [id.other, id.hidden, id.hidden2], 'for all his calls')
  t.equal((await store.account.list('done', 100, 0)).total, 3, 'each call is accounted for')
  await store.account.settle(id.hidden, me, 'no-number', '')
  t.same(await shown(), [id.other, id.hidden2])
  await t.rejects(store.account.settle(id.second, me, 'reached', ''), { code: 'call-back.done' })
})
