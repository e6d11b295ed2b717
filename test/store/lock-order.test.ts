import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TicketAct } from '../../src/contracts/acts.js'
import { verifyHistories } from '../../src/store/audit.js'
import { blame, isDeadlock, tagged } from '../../src/store/blame.js'
import type { Pen } from '../../src/store/ticket-pen.js'
import { withPen } from '../../src/store/with-pen.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome, until } from '../helpers/database.js'

t.setTimeout(200_000)

t.test('whoever lost to another one tries again, and PostgreSQL is not away', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act, operator } = await startCaseWork(store)
  const opened = async (place: string): Promise<string> => { const id = await open({ category: 'road', place }); await act(id, 'edit', { changes: { kind: 'joint-service' } }); return id }
  const isHeld = async (id: string): Promise<boolean> => (await owner.query('select 1 from ticket where id = $1 for update skip locked', [id])).rowCount === 0
  const waiters = async (): Promise<number> => (await owner.query(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).rowCount ?? 0
  const withLocks = <T>(work: (pen: Pen) => Promise<T>): Promise<T> => withPen(store.pool, store.rules, work)
  const actOf = async (id: string, name: TicketAct['act'], more: object = {}): Promise<TicketAct> => ({ actId: randomUUID(), act: name, baseVersion: (await store.records.get(id)).version, note: '说明', ...more }) as TicketAct

  await t.test('two that take two tickets in two orders', async (t) => {
    const [one, other] = [await opened('甲'), await opened('乙')]
    let runs = 0
    const both = (first: string, second: string): Promise<void> => withLocks(async (pen) => {
      runs += 1
      await pen.lock(first)
      if (runs <= 2) await until('both to hold one', async () => await isHeld(one) && await isHeld(other))
      await pen.lock(second)
    })
    await Promise.all([both(one, other), both(other, one)])
    t.equal(runs, 3, 'one of them ran again')
    t.same(store.records.status(), { database: 'up', journal: 0, rejected: 0 })
  })

  await t.test('a caller is taken out of an incident, while that becomes part of another one, which closes', async (t) => {
    const [former, main, caller] = [await opened('甲'), await opened('乙'), await opened('甲')]
    await act(caller, 'merge', { into: former })
    const [merge, reopen, settle] = [await actOf(former, 'merge', { into: main }), await actOf(caller, 'reopen'), await actOf(main, 'settle', { outcome: 'other' })]
    let commit = (): void => undefined
    const committed = new Promise<void>((resolve) => { commit = resolve })
    const merging = withLocks(async (pen) => {
      await pen.act(former, merge, operator, Date.now(), false)
      await committed
    })
    await until('both incidents to be in hand', async () => await isHeld(main) && await isHeld(former))
    const reopening = store.records.act(caller, reopen, operator)
    await until('who reopens to wait for the incident', async () => await waiters() === 1)
    const closing = withLocks(async (pen) => {
      await pen.lock(main)
      // Whoever goes from the caller to its incident has the caller by then.
      await new Promise((resolve) => { setTimeout(resolve, 300) })
      await pen.act(main, { ...settle, baseVersion: (await pen.lock(main)).version }, operator, Date.now(), false)
    })
    await until('who closes to wait for the other', async () => await waiters() === 2)
    commit()
    await Promise.all([merging, closing])
    const reopened = await reopening.then(({ stored }) => stored, (error: unknown) => (error as { readonly code: string }).code)
    t.ok(['database', 'ticket.conflict'].includes(reopened), reopened)
    t.same(store.records.status(), { database: 'up', journal: 0, rejected: 0 })
    t.match([await store.records.get(former), await store.records.get(main)], [{ state: 'closed', work: { mergedInto: main } }, { state: 'closed', work: { members: reopened === 'database' ? 1 : 2 } }])
    t.same((await verifyHistories(owner)).faults, [])
  })

  const deadlock = Object.assign(new Error('deadlock detected'), { code: '40P01' })
  t.same([isDeadlock(deadlock), isDeadlock(tagged(deadlock)), blame(deadlock), blame(tagged(deadlock))], [true, true, 'us', 'us'])
  t.equal(blame(Object.assign(new Error('conflict with recovery'), { code: '40001' })), 'server')
})
