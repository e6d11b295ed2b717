import { randomUUID } from 'node:crypto'
import t from 'tap'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome, until } from '../helpers/database.js'

t.test('who shows what was given up hears of it when there is more or less of it, and not of what is over with its ticket', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open } = await startCaseWork(store)
  const id = await open()
  const heard: string[] = []
  store.onList((list) => heard.push(list))
  await until('it to listen', async () => (await owner.query(`select 1 from pg_stat_activity where datname = current_database() and query like 'listen ticket_changed%'`)).rowCount === 1)
  const letter = async (channel: string): Promise<string> => (await owner.query<{ id: string }>(`insert into outbox (kind, audience, channel, unit_id, address, ticket_id, body) values ('urge', 'unit', $2, 'drainage', 'https://x.example', $1, '{}') returning id`, [id, channel])).rows[0]?.id ?? ''
  const end = (one: string, error: string): Promise<unknown> => owner.query(`update outbox set dead_at = coalesce(dead_at, clock_timestamp()), next_at = null, error = $2 where id = $1`, [one, error])
  const marks = [await store.hall.deadMark()]
  await end(await letter('terminal'), 'over')
  await end(await letter('webhook'), 'over')
  await end(await letter('sms'), 'not a mobile number')
  marks.push(await store.hall.deadMark())
  const dead = await letter('webhook')
  await end(dead, 'HTTP 503')
  await until('word of one', () => heard.length > 0)
  t.same(heard, ['dead-letters'], 'the first word is of the first that can be sent again')
  marks.push(await store.hall.deadMark())
  await end(dead, 'over')
  await until('word that it is over', () => heard.length > 1)
  marks.push(await store.hall.deadMark())
  t.same(marks.map((mark) => mark.split(' ')[0]), ['0', '0', '1', '0'])
  t.equal((await store.hall.outbox({ dead: true, limit: 5, offset: 0 })).total, 0)
  t.equal((await store.hall.outbox({ ticketId: id, limit: 5, offset: 0 })).total, 3, 'a ticket’s own account has all of it')
})

t.test('who shows whom to call back hears of each who is to be, is taken, is let go, is done', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act, operator } = await startCaseWork(store)
  let heard = 0
  store.onList((list) => { if (list === 'call-backs') heard += 1 })
  await until('it to listen', async () => (await owner.query(`select 1 from pg_stat_activity where datname = current_database() and query like 'listen ticket_changed%'`)).rowCount === 1)
  const marks = [await store.account.mark()]
  /** @param told somebody says so; time alone says nothing */
  const next = async (what: string, work: () => Promise<unknown>, told = true): Promise<void> => {
    const before = heard
    await work()
    if (told) await until(`word of ${what}`, () => heard > before)
    marks.push(await store.account.mark())
    t.not(marks.at(-1), marks.at(-2), what)
  }
  const [caller, asked] = [randomUUID(), await open({ number: '13900000002' })]
  await next('who gave up', () => owner.query(`insert into call_back_task (call_id, number, reason, since) values ($1, '13900000001', 'abandoned', now())`, [caller]))
  await next('who asked for it', () => act(asked, 'edit', { changes: { callBack: true } }))
  await next('one that is taken', () => store.account.claim(asked, operator.id))
  await next('one that was taken long ago', () => owner.query(`update call_back_task set claimed_at = claimed_at - interval '11 minutes' where call_id = $1`, [asked]))
  await next('what he wants', () => act(asked, 'edit', { changes: { place: '龙门大道 88 号' } }), false)
  await next('one that is done', () => store.account.settle(asked, operator.id, 'not-reached', ''))
  await next('one that was never seen open', () => owner.query(`insert into call_back_task (call_id, number, reason, since, state, outcome, done_at) values ($1, '13900000003', 'abandoned', now(), 'done', 'called-again', now())`, [randomUUID()]))
  const before = heard
  await act(asked, 'edit', { changes: { description: '井盖缺失' } })
  t.equal(await store.account.mark(), marks.at(-1), 'nobody is another')
  await next('the other', () => store.account.settle(caller, operator.id, 'no-number', ''))
  t.equal(heard, before + 1, 'and nobody said so')
})
