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
