import { randomUUID } from 'node:crypto'
import t from 'tap'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome } from '../helpers/database.js'

const HOUR = 3_600_000
t.test('my day counts what its words say: calls that I picked up, tickets that I gave to a unit, tickets that I closed', async (t) => {
  const home = temporaryHome()
  let later = 0
  const store = await openTestStore(home.path, { clock: () => Date.now() + later })
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open: opened, act, operator, people } = await startCaseWork(store, { loginName: 'sup1', displayName: '值班长', role: 'supervisor', extension: '1009' }, { loginName: 'unit1', displayName: '值班员', role: 'unit', unitId: 'municipal-works' })
  const who = (name: string) => { const found = people.find(({ loginName }) => loginName === name); if (found === undefined) throw new Error(name); return found }
  const [boss, unit] = [who('sup1'), who('unit1')]
  /** A call that was answered, and its ticket. */
  const open = async (call: Parameters<typeof opened>[0] = {}): Promise<string> => {
    const id = await opened(call)
    await owner.query(`insert into call (id, number, caller_name, verified, called_number, state, class, language, created_at, queued_at, answered_at) values ($1, '', '', true, '110', 'talking', 'standard', 'zh-CN', now(), now(), now())`, [id])
    return id
  }
  const picked = (callId: string, personId: string, at = Date.now()): Promise<unknown> => owner.query(`insert into call_event (id, call_id, at, act, operator_id) values ($1, $2, $3, 'answered', $4)`, [randomUUID(), callId, new Date(at), personId])
  const day = (who: { readonly id: string }) => store.myDay(who.id)
  const NOTHING = { answered: 0, open: 0, dispatched: 0, closed: 0, matters: [] }
  t.same(await day(operator), NOTHING)

  const [main, member, asked] = [await open(), await open(), await open({ category: 'water' })]
  for (const id of [main, member, asked]) await picked(id, operator.id)
  t.match(await day(operator), { answered: 3, open: 3, dispatched: 0, closed: 0 })
  await act(member, 'merge', { into: main })
  t.match(await day(operator), { answered: 3, open: 2, dispatched: 0 }, 'what follows another ticket was given to nobody')
  await act(main, 'dispatch', { unitId: 'municipal-works' })
  await act(main, 'dispatch', { unitId: 'drainage' })
  await act(main, 'dispatch', { unitId: 'municipal-works' })
  t.match(await day(operator), { answered: 3, open: 1, dispatched: 1, closed: 0 }, 'a ticket counts once')
  await act(main, 'sign', {}, unit)
  await act(main, 'report', { result: 'done', photos: [] }, unit)
  await act(main, 'close', {}, boss)
  t.match(await day(boss), { ...NOTHING, closed: 1 }, 'who closes has not answered')
  t.match(await day(operator), { answered: 3, dispatched: 1, closed: 0 })
  await act(asked, 'edit', { changes: { kind: 'consultation' } })
  await act(asked, 'settle', { outcome: 'answered' })
  t.same(await day(operator), { answered: 3, open: 0, dispatched: 1, closed: 1, matters: [{ category: 'noise', kind: 'joint-service', count: 1 }, { category: 'noise', kind: null, count: 1 }, { category: 'water', kind: 'consultation', count: 1 }] })

  // Taken over: whose the call is by now has not picked it up. Where nobody noted who did, it was his.
  const taken = await open()
  await picked(taken, operator.id)
  await owner.query('update call set operator_id = $2 where id = $1', [taken, boss.id])
  t.match([await day(operator), await day(boss)], [{ answered: 4 }, { answered: 0 }])
  const found = await open()
  await owner.query('update call set operator_id = $2 where id = $1', [found, boss.id])
  t.match(await day(boss), { answered: 1 })

  later = 24 * HOUR
  t.same([await day(operator), await day(boss)], [NOTHING, NOTHING], 'the next day begins with nothing')
})
