import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { Outgoing, Sending } from '../../src/delivery/ports.js'
import { startSender } from '../../src/delivery/sender.js'
import { makeSms } from '../../src/delivery/sms.js'
import type { Store } from '../../src/store/store.js'
import { startCaseWork, type CaseWork } from '../helpers/case-work.js'
import { openTestStore, temporaryHome, until } from '../helpers/database.js'

t.setTimeout(400_000)

/** A city in which one unit has a webhook; what goes out is taken by hand. */
async function city(t: Test): Promise<{ readonly store: Store; readonly work: CaseWork; kinds(unitId: string): Promise<string[]> }> {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  await store.pool.query(`insert into unit_channel (unit_id, channel, address, secret) values ('municipal-works', 'webhook', 'https://unit.example/hook', 's')`)
  const work = await startCaseWork(store, { loginName: 'boss', displayName: '值班长', role: 'supervisor' })
  return { store, work, kinds: async (unitId) => (await store.hall.notices([unitId])).map(({ kind }) => kind) }
}

t.test('who no longer has a ticket is not sent to it by an old message', async (t) => {
  const { store, work, kinds } = await city(t)
  const boss = work.people.find(({ loginName }) => loginName === 'boss')
  const ticket = await work.open()
  await work.act(ticket, 'dispatch', { unitId: 'municipal-works', assist: ['drainage', 'gas-company'] })
  await work.act(ticket, 'urge', {}, boss)
  t.same(await kinds('municipal-works'), ['dispatch', 'urge'])
  const [first] = await store.outbox.take('webhook', 20, 1, [])
  t.equal(first?.kind, 'dispatch')
  await store.outbox.failed(first?.id ?? '', 'HTTP 503', 0)
  await work.act(ticket, 'reassign', { unitId: 'urban-management', assist: ['drainage'] })
  const parting = await store.outbox.take('webhook', 20, 1, [])
  t.same(parting.map(({ kind }) => kind), ['reassigned'], 'the webhook that was down hears only that it went elsewhere')
  const { number } = await store.records.get(ticket)
  const bare = { text: { zh: `工单已转出 ${number}`, en: `Given to another unit ${number}` }, number, place: '', category: null, hazard: false, dueAt: null }
  t.match(parting[0]?.body, bare, 'which one, and nothing of what it says')
  t.match((await store.hall.notices(['municipal-works']))[0], bare)
  t.match((await store.hall.notices(['urban-management']))[0], { place: '中州中路', category: 'noise' }, 'who has it now hears all')
  t.same(await kinds('municipal-works'), ['reassigned'], 'and so does its terminal next morning')
  t.same(await kinds('gas-company'), ['stood-down'], 'who assisted before, and does no more')
  t.same(await kinds('drainage'), ['dispatch', 'urge', 'dispatch'], 'who still assists')
  t.same(await kinds('urban-management'), ['dispatch'])
  t.match(await store.hall.outbox({ dead: true, limit: 10, offset: 0 }), { total: 0 }, 'no dead letter')
  t.equal(await store.hall.replay(first?.id ?? '', { id: randomUUID() } as never), false, 'nor is it replayed')

  for (const [how, more] of [['settle', { outcome: 'answered' }], ['void', {}]] as const) {
    const one = await work.open({ category: 'noise' })
    await work.act(one, 'dispatch', { unitId: 'taxi-office' })
    if (how === 'settle') await work.act(one, 'settle', more)
    else await work.act(one, 'void', more, boss)
    t.notOk((await kinds('taxi-office')).includes('dispatch'), how)
  }
  const [main, member] = [await work.open(), await work.open()]
  await work.act(member, 'dispatch', { unitId: 'transport-bureau' })
  await work.act(member, 'merge', { into: main })
  t.notOk((await kinds('transport-bureau')).includes('dispatch'), 'merge')
})

t.test('a dead letter is not sent again to a unit that has the ticket no more, whenever it died', async (t) => {
  const { store, work } = await city(t)
  const boss = work.people.find(({ loginName }) => loginName === 'boss')
  if (boss === undefined) return t.fail('nobody')
  const dead = async (): Promise<string[]> => (await store.hall.outbox({ dead: true, limit: 10, offset: 0 })).messages.map(({ id }) => id)
  const dying = async (): Promise<{ ticket: string; letter: string }> => {
    const ticket = await work.open()
    await work.act(ticket, 'dispatch', { unitId: 'municipal-works' })
    const [first] = await store.outbox.take('webhook', 20, 1, [])
    await store.outbox.failed(first?.id ?? '', 'HTTP 404', null)
    return { ticket, letter: first?.id ?? '' }
  }
  const [gone, stays, closed, old] = [await dying(), await dying(), await dying(), await dying()]
  t.same((await dead()).sort(), [gone, stays, closed, old].map(({ letter }) => letter).sort())
  await work.act(gone.ticket, 'reassign', { unitId: 'urban-management' })
  await work.act(closed.ticket, 'settle', { outcome: 'answered' })
  // Taken from it by a program that did not look at dead letters.
  await store.pool.query(`update ticket set unit_id = 'urban-management' where id = $1`, [old.ticket])
  t.same((await dead()).sort(), [stays, old].map(({ letter }) => letter).sort(), 'whose ticket went elsewhere is over, and in nobody’s list')
  for (const { letter } of [gone, closed, old]) t.equal(await store.hall.replay(letter, boss), false)
  t.equal(await store.hall.replay(stays.letter, boss), true)
  const out = await store.outbox.take('webhook', 20, 1, [])
  t.same(out.filter(({ kind }) => kind === 'dispatch').map(({ id }) => id), [stays.letter], 'no crew is sent out beside the one that has it')
})

t.test('messages about one ticket reach one address in their order, also when the first is on its way for long', async (t) => {
  const { store, work } = await city(t)
  const seen: string[] = []
  let hang = (): void => undefined
  let answer: () => Promise<Sending> = () => new Promise((resolve) => { hang = () => { resolve({ type: 'again', why: 'HTTP 503', after: 0 }) } })
  const webhook = { send({ kind }: Outgoing): Promise<Sending> { seen.push(kind); return kind === 'dispatch' ? answer() : Promise.resolve({ type: 'received' }) } }
  const dead: string[] = []
  const open = () => startSender({ store: store.outbox, channels: { webhook, email: webhook, sms: webhook }, onReceived: () => Promise.resolve(), onDead: ({ kind }) => { dead.push(kind) }, onError: (error) => { throw error } })
  const senders = [open(), open()]
  const ticket = await work.open()
  await work.act(ticket, 'dispatch', { unitId: 'municipal-works' })
  await until('the dispatch to be on its way', () => seen.length === 1)
  await work.act(ticket, 'reassign', { unitId: 'urban-management' })
  // The other sender looks meanwhile.
  const other = await work.open()
  await work.act(other, 'dispatch', { unitId: 'municipal-works' })
  answer = () => Promise.resolve({ type: 'received' })
  await until('another ticket’s, which waits for nothing', () => { for (const one of senders) one.nudge(); return seen.length === 2 })
  t.same(seen, ['dispatch', 'dispatch'])
  hang()
  await until('that it went elsewhere', () => { for (const one of senders) one.nudge(); return seen.length === 3 })
  for (const one of senders) await one.close()
  t.same(seen, ['dispatch', 'dispatch', 'reassigned'], 'the first is not tried again: it is over')
  t.same(dead, [])
})

t.test('a relay that hangs holds up mails only; a unit’s system that hangs its own messages only; work goes first', async (t) => {
  const { store } = await city(t)
  const put = async (kind: string, channel: string, address: string, count: number, body: object = {}): Promise<void> => {
    await store.pool.query(`insert into outbox (kind, audience, channel, address, body) select $1, 'person', $2, $3, $4::jsonb || '{"text": {"zh": "", "en": ""}}' from generate_series(1, $5)`, [kind, channel, address, JSON.stringify(body), count])
  }
  await put('warn', 'webhook', 'https://a.example/', 6)
  await put('dispatch', 'webhook', 'https://b.example/', 1)
  await put('dispatch', 'webhook', 'https://c.example/', 1, { priority: 'emergency' })
  const take = async (most: number, busy: readonly string[]): Promise<string[]> => (await store.outbox.take('webhook', most, 0, busy)).map(({ address }) => address).sort()
  t.same(await take(2, []), ['https://b.example/', 'https://c.example/'], 'work before word')
  t.same(await take(1, []), ['https://c.example/'], 'an emergency before all')
  t.same(await take(20, ['https://b.example/']), [...Array<string>(4).fill('https://a.example/'), 'https://c.example/'], 'a few to each address')
  await store.pool.query('update outbox set next_at = null')

  await put('warn', 'email', 'chief@unit.example', 60)
  await put('dispatch', 'webhook', 'https://hangs.example/', 60, { priority: 'emergency' })
  await put('closed', 'webhook', 'https://well.example/', 7)
  await put('told', 'sms', '13900000101', 7)
  const held: (() => void)[] = []
  const hangs = (): Promise<Sending> => new Promise((resolve) => { held.push(() => { resolve({ type: 'sent' }) }) })
  const seen: string[] = []
  const well = (one: Outgoing): Promise<Sending> => { seen.push(one.channel); return Promise.resolve({ type: 'received' }) }
  const sender = startSender({ store: store.outbox, channels: { email: { send: hangs }, webhook: { send: (one) => (one.address === 'https://hangs.example/' ? hangs() : well(one)) }, sms: { send: well } }, onReceived: () => Promise.resolve(), onDead: () => undefined, onError: (error) => { throw error } })
  let over = false
  const end = async (): Promise<void> => {
    void sender.close().then(() => { over = true })
    await until('those under way to be let go', () => { for (const go of held.splice(0)) go(); return over })
  }
  try {
    await until('whatever does not hang', () => seen.length === 14)
    t.equal(seen.filter((channel) => channel === 'webhook').length, 7)
    t.ok(held.length > 0, 'while the others hang')
  } finally {
    await end()
  }
})

t.test('whom no text message reaches is called', async (t) => {
  const { store, work } = await city(t)
  const sms = makeSms({ send: () => Promise.resolve() })
  const dead: string[] = []
  const sender = startSender({ store: store.outbox, channels: { webhook: sms, email: sms, sms }, onReceived: () => Promise.resolve(), onDead: ({ kind }) => { dead.push(kind) }, onError: (error) => { throw error } })
  t.teardown(() => sender.close())
  const tasks = async (): Promise<unknown[]> => (await store.account.list('open', 10, 0)).callBacks.map(({ callId, reason, number }) => ({ callId, reason, number }))
  const [landline, mobile] = [await work.open({ number: '037963211234' }), await work.open({ number: '13900000001' })]
  for (const one of [mobile, landline]) {
    await work.act(one, 'edit', { changes: { kind: 'joint-service' } })
    await work.act(one, 'settle', { outcome: 'settled-on-the-spot' })
  }
  await until('both to be dealt with', async () => { sender.nudge(); return (await store.pool.query(`select 1 from outbox where audience = 'citizen' and next_at is not null`)).rowCount === 0 })
  t.same(dead, ['closed'])
  t.same(await tasks(), [{ callId: landline, reason: 'untold', number: '037963211234' }])
  // A supervisor's list has what can be sent again, and what units were not told first.
  const letters = async (): Promise<(string | null)[]> => (await store.hall.outbox({ dead: true, limit: 10, offset: 0 })).messages.map(({ unitId }) => unitId)
  t.same(await letters(), [], 'a telephone that takes no text message takes none the next time')
  await store.pool.query(`insert into outbox (kind, audience, channel, unit_id, address, body, dead_at, error, created_at) values ('dispatch', 'unit', 'webhook', 'drainage', 'https://x.example', '{}', now(), 'HTTP 500', now() - interval '1 minute'), ('closed', 'citizen', 'sms', null, '13900000001', '{}', now(), 'no answer', now())`)
  t.same(await letters(), ['drainage', null])
  await store.account.settle(landline, work.operator.id, 'reached', '已告知')
  t.same(await tasks(), [])
  await work.act(landline, 'reopen')
  await work.act(landline, 'settle', { outcome: 'settled-on-the-spot' })
  await until('him to be called again', async () => { sender.nudge(); return (await tasks()).length === 1 })
})

t.test('a citizen reads the language that he chose as he called', async (t) => {
  const { store, work } = await city(t)
  const [chinese, english] = [await work.open({ number: '13900000001' }), await work.open({ number: '13900000002' })]
  for (const [id, language] of [[chinese, 'zh-CN'], [english, 'en']] as const) {
    await store.pool.query(`insert into call (id, number, caller_name, verified, called_number, language, state, class, created_at, queued_at) values ($1, '', '', true, '110', $2, 'ended', 'standard', now(), now()) on conflict (id) do update set language = excluded.language`, [id, language])
    await work.act(id, 'edit', { changes: { kind: 'joint-service' } })
    await work.act(id, 'settle', { outcome: 'settled-on-the-spot' })
  }
  const read: (readonly [string, string])[] = []
  const sms = makeSms({ send: ({ to, text }) => { read.push([to, text.slice(0, 5)]); return Promise.resolve() } })
  for (const message of await store.outbox.take('sms', 20, 1_000, [])) t.same(await sms.send(message), { type: 'sent' })
  t.same(read.sort(), [['13900000001', '【110联'], ['13900000002', '[110]']])
})
