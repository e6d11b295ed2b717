import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { Outgoing, Sending } from '../../src/delivery/ports.js'
import { startSender } from '../../src/delivery/sender.js'
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
  const due = async (): Promise<string[]> => (await store.outbox.take(20, 1)).map(({ kind }) => kind)

  const ticket = await work.open()
  await work.act(ticket, 'dispatch', { unitId: 'municipal-works', assist: ['drainage', 'gas-company'] })
  await work.act(ticket, 'urge', {}, boss)
  t.same(await kinds('municipal-works'), ['dispatch', 'urge'])
  const [first] = await store.outbox.take(20, 1)
  t.equal(first?.kind, 'dispatch')
  await store.outbox.failed(first?.id ?? '', 'HTTP 503', 0)
  await work.act(ticket, 'reassign', { unitId: 'urban-management', assist: ['drainage'] })
  t.same(await due(), ['reassigned'], 'the webhook that was down hears only that it went elsewhere')
  t.same(await kinds('municipal-works'), ['reassigned'], 'and so does its terminal next morning')
  t.same(await kinds('gas-company'), [], 'who assisted before, and does no more')
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
