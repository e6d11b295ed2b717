import { Pool } from 'pg'
import t from 'tap'
import { makeDrain, type DrainDeps } from '../../src/store/drain.js'
import { silent } from '../helpers/database.js'

t.test('PostgreSQL does not answer and the journal is empty: it is away, and nobody hears that it is back', async (t) => {
  const told: string[] = []
  const pool = new Pool({ connectionString: 'postgres://nobody@127.0.0.1:1/nowhere' })
  t.teardown(() => pool.end())
  const drain = makeDrain({
    pool, deadline: 1_000, logger: silent, recovery: undefined,
    journal: { records: [] } as unknown as DrainDeps['journal'],
    writes: {} as DrainDeps['writes'],
    needed: () => true, clock: Date.now,
    setUp: (up) => told.push(up ? 'up' : 'away'),
    status: () => told.push('drained'),
    onReached: () => told.push('what waits tries again'),
    onDrained: () => undefined,
  })
  await drain()
  t.same(told, ['away', 'what waits tries again'])
})
