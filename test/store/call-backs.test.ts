import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import type { CallBackWish, CallRecord } from '../../src/intake/ports.js'
import { makePeople } from '../../src/people/people.js'
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

t.test('the service level is measured against everybody who was promised it: answered, gone after more than 15 s, waiting for longer', async (t) => {
  const home = temporaryHome()
  const { records, pool, close } = await openTestStore(home.path)
  t.teardown(async () => { await close(); home.remove() })
  const now = Date.now()
  const call = (state: CallRecord['state'], waited: number): Promise<unknown> => {
    const queued = now - waited * 1000
    return pool.query(`insert into call (id, number, caller_name, verified, called_number, language, state, class, created_at, queued_at, answered_at, ended_at) values ($1, '13900000091', '', true, '110', 'zh-CN', $2, 'standard', now(), $3, $4, $5)`,
      [randomUUID(), state, new Date(queued), state === 'ended' || state === 'talking' ? new Date(now) : null, state === 'ended' || state === 'abandoned' ? new Date(now) : null])
  }
  await call('ended', 8)
  await call('talking', 15)
  await call('ended', 40)
  for (let n = 0; n < 6; n += 1) await call('abandoned', 30)
  await call('abandoned', 6)
  await call('queued', 60)
  await call('offered', 5)
  t.same(await records.today(), { answered: 3, answeredInTime: 2, promised: 3 + 6 + 1, abandoned: 7 })
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

t.test('whom a flow served, or somebody answered, is nobody’s task, although another node had said that he gave up; who comes back and gives up then is', async (t) => {
  const home = temporaryHome()
  const { records, pool, close } = await openTestStore(home.path)
  t.teardown(async () => { await close(); home.remove() })
  const at = 1_767_600_000_000
  const record = (callId: string, more: Partial<CallRecord>): CallRecord => ({
    callId, caller: { number: `139${callId.replace(/\D/g, '').slice(0, 8)}`, name: '', verified: true }, calledNumber: '110', state: 'queued', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: at, queuedAt: at, ...more,
  })
  const task = async (callId: string): Promise<unknown> => (await pool.query('select state, reason, outcome from call_back_task where call_id = $1', [callId])).rows[0]
  const gone = (callId: string): Promise<void> => records.saveCall(record(callId, { state: 'abandoned', endedAt: at + 5_000 }))
  const opening = (callId: string, callBack: boolean) => ({ record: record(callId, { state: 'ended', answeredAt: at + 2_000, endedAt: at + 5_000 }), operatorId: '', answeredAt: at + 2_000, callBack, place: '', callerName: '' })
  const [served, answered, spoke, asked, back] = [randomUUID(), randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  for (const callId of [served, answered, spoke, asked, back]) {
    await gone(callId)
    t.match(await task(callId), { state: 'open', reason: 'abandoned' })
  }

  await records.saveCall(record(served, { state: 'ended', endedAt: at + 4_900, hangupCause: 'SETTLED', heldAt: at }))
  t.same(await task(served), { state: 'done', reason: 'abandoned', outcome: 'not-needed' }, 'the flow hung up')
  await gone(served)
  t.match(await task(served), { state: 'done' }, 'a replay')

  for (const [callId, order] of [[answered, ['ticket', 'row']], [spoke, ['row', 'ticket']]] as const) {
    for (const what of order) await (what === 'ticket' ? records.openTicket(opening(callId, false)) : records.saveCall(opening(callId, false).record))
    t.same(await task(callId), { state: 'done', reason: 'abandoned', outcome: 'not-needed' }, `answered: ${order[0]} first`)
  }
  await records.openTicket(opening(asked, true))
  await records.saveCall(opening(asked, true).record)
  t.match(await task(asked), { state: 'open' }, 'gone in the instant of the answer: he is to be called')

  await records.saveCall(record(back, { state: 'ended', endedAt: at + 4_900, hangupCause: 'SETTLED', heldAt: at }))
  await records.saveCall(record(back, { state: 'queued', heldAt: at + 60_000 }))
  t.match(await task(back), { state: 'done' })
  await records.saveCall(record(back, { state: 'abandoned', heldAt: at + 60_000, endedAt: at + 90_000, hangupCause: 'ORIGINATOR_CANCEL' }))
  t.same(await task(back), { state: 'open', reason: 'abandoned', outcome: null })
})

t.test('a call back that is promised, withdrawn, and promised once more is to be done', async (t) => {
  const home = temporaryHome()
  const { records, account, people: store, pool, close } = await openTestStore(home.path)
  t.teardown(async () => { await close(); home.remove() })
  const people = makePeople(store, { sessionHours: 1, clock: Date.now })
  await people.addPerson({ loginName: 'op1', displayName: '甲', role: 'operator', extension: '1001' }, 'correct horse')
  const [me] = (await people.list('operator')) as [Self]
  const callId = randomUUID()
  const record: CallRecord = { callId, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'ended', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: 1, queuedAt: 1, answeredAt: 2, endedAt: 9 }
  await records.saveCall(record)
  let { version } = await records.openTicket({ record, operatorId: me.id, answeredAt: 2, callBack: false, place: '', callerName: '' })
  const promise = async (callBack: boolean): Promise<unknown> => {
    ({ ticket: { version } } = await records.act(callId, { actId: randomUUID(), act: 'edit', baseVersion: version, changes: { callBack } }, me))
    return (await pool.query('select state, reason, outcome from call_back_task where call_id = $1', [callId])).rows[0]
  }
  t.match(await promise(true), { state: 'open', reason: 'asked' })
  t.match(await promise(false), { state: 'done', outcome: 'not-needed' })
  t.same(await promise(true), { state: 'open', reason: 'asked', outcome: null })
  await account.settle(callId, me.id, 'reached', '')
  await promise(false)
  t.same(await promise(true), { state: 'open', reason: 'asked', outcome: null }, 'also where the first was kept')
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
  await store.pool.query(`insert into citizen (number, name) values ('13900000002', '周先生')`)
  t.same((await open()).callBacks.map(({ name }) => name), ['', '周先生', '', ''], 'whom the number is known as')
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
