import { randomUUID } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import t from 'tap'
import type { TicketAct } from '../../src/contracts/acts.js'
import { verifyHistories } from '../../src/store/audit.js'
import { makeTicketActs } from '../../src/store/ticket-acts.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome } from '../helpers/database.js'

/** Connections on which something else happens first, once, before an act is written. */
function overtaken(pool: Pool, first: () => Promise<unknown>): Pool {
  let waits = true
  const connect = async (): Promise<PoolClient> => new Proxy(await pool.connect(), {
    get(client, key) {
      const own: unknown = Reflect.get(client, key)
      if (key !== 'query') return typeof own === 'function' ? own.bind(client) as unknown : own
      return async (asked: string | { readonly name?: string }, ...rest: unknown[]): Promise<unknown> => {
        if (waits && typeof asked === 'object' && asked.name?.startsWith('write-act') === true) {
          waits = false
          await first()
        }
        return (client.query as (...args: unknown[]) => Promise<unknown>).call(client, asked, ...rest)
      }
    },
  })
  return { connect } as unknown as Pool
}

t.test('an act that others overtook between its reading and its writing leaves nothing behind, and is judged anew', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act, operator, people } = await startCaseWork(store, { loginName: 'unit1', displayName: '值班员', role: 'unit', unitId: 'urban-management' })
  const unit = people.find(({ role }) => role === 'unit')
  if (unit === undefined) throw new Error('nobody')
  const left = async (id: string): Promise<unknown> => (await owner.query(`select (select json_agg(c order by id) from ticket_clock c where ticket_id = $1) as clocks, (select json_agg(o order by created_at, id) from outbox o where ticket_id = $1) as outbox, (select json_agg(h order by version) from ticket_history h where ticket_id = $1) as history`, [id])).rows[0]

  const gone = await open()
  const { version } = await act(gone, 'dispatch', { unitId: 'urban-management' })
  await act(gone, 'deliver', { how: 'phone' })
  let after: unknown
  const sign = makeTicketActs(overtaken(store.pool, async () => { await act(gone, 'reassign', { unitId: 'power-supply' }); after = await left(gone) }), store.rules)
    .act(gone, { actId: randomUUID(), act: 'sign', baseVersion: version, note: '' }, unit, Date.now(), false)
  await t.rejects(sign, { code: 'ticket.not-found' }, 'it is another unit’s meanwhile')
  t.same(await left(gone), after, 'neither clocks nor messages nor history')

  const kept = await open()
  await act(kept, 'dispatch', { unitId: 'urban-management' })
  const twice = makeTicketActs(overtaken(store.pool, () => act(kept, 'urge')), store.rules)
  t.match(await twice.act(kept, { actId: randomUUID(), act: 'urge', baseVersion: 0, note: '请速办' }, operator, Date.now(), false), { ticket: { version: 4, work: { urged: 2 } } }, 'both count')

  const silent = await open()
  await act(silent, 'dispatch', { unitId: 'urban-management' })
  // What changes no version changes the row all the same.
  const marked = makeTicketActs(overtaken(store.pool, () => owner.query(`update ticket set number_called_from = '13900000009' where id = $1`, [silent])), store.rules)
  t.match(await marked.act(silent, { actId: randomUUID(), act: 'urge', baseVersion: 0, note: '' }, operator, Date.now(), false), { ticket: { version: 3, caller: { number: '13900000009' } } })
  const actId = randomUUID()
  const same = (pool: Pool): Promise<unknown> => makeTicketActs(pool, store.rules).act(silent, { actId, act: 'urge', baseVersion: 0, note: '' }, operator, Date.now(), false)
  t.match(await same(overtaken(store.pool, () => same(store.pool))), { ticket: { version: 4 }, also: [] }, 'the same act by another node is done once')
  t.same((await owner.query('select from outbox where ticket_id = $1 and kind = $2', [silent, 'urge'])).rowCount, 2)
})

t.test('many at few tickets at once: each act counts once, and their histories hold', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act, operator, people } = await startCaseWork(store, { loginName: 'sup1', displayName: '值班长', role: 'supervisor' })
  const chief = people.find(({ role }) => role === 'supervisor') ?? operator
  const [main, one, two] = [await open(), await open(), await open()]
  for (const id of [main, one, two]) await act(id, 'dispatch', { unitId: 'urban-management' })
  const other = await open()
  await act(other, 'merge', { into: main })
  // Two nodes.
  const nodes = [makeTicketActs(store.pool, store.rules), makeTicketActs(owner, store.rules)]
  const done = new Map<string, number>()
  const ways: readonly ((version: number) => TicketAct)[] = [
    () => ({ actId: randomUUID(), act: 'urge', baseVersion: 0, note: '请速办' }),
    () => ({ actId: randomUUID(), act: 'urge', baseVersion: 0, note: '再催' }),
    () => ({ actId: randomUUID(), act: 'deliver', baseVersion: 0, how: 'phone', note: '' }),
    (baseVersion) => ({ actId: randomUUID(), act: 'edit', baseVersion, changes: { description: `第${baseVersion}次` } }),
    (baseVersion) => ({ actId: randomUUID(), act: 'prioritise', baseVersion, priority: 'urgent', hazard: true, note: '' }),
  ]
  await Promise.all(Array.from({ length: 8 }, async (_, lane) => {
    for (let n = 0; n < 30; n += 1) {
      const id = [main, one, two][(lane + n) % 3] ?? ''
      const made = ways[(lane * 7 + n * 3) % ways.length]?.((await store.records.get(id)).version)
      if (made === undefined) continue
      try {
        await nodes[lane % 2]?.act(id, made, made.act === 'prioritise' ? chief : operator, Date.now(), false)
        if (made.act === 'urge') done.set(id, (done.get(id) ?? 0) + 1)
      } catch (error) {
        if (!/^ticket\./.test((error as { code?: string }).code ?? '')) throw error
      }
    }
  }))
  for (const id of [main, one, two]) {
    const { work, version } = await store.records.get(id)
    const { rows: [row] } = await owner.query<{ urged: number; told: number; rows: number; running: number }>(`select (select count(*)::int from ticket_history where ticket_id = $1 and act = 'urge') as urged,
      (select count(*)::int from outbox where ticket_id = $1 and kind = 'urge') as told, (select count(*)::int from ticket_history where ticket_id = $1) as rows, (select count(*)::int from ticket_clock where ticket_id = $1 and ended_at is null) as running`, [id])
    t.same(row, { urged: done.get(id), told: done.get(id), rows: version, running: work.clocks.length })
    t.equal(work.urged, done.get(id))
  }
  t.same((await verifyHistories(store.pool)).faults, [])
})
