import { Pool, type PoolClient, type PoolConfig } from 'pg'
import { blame, isDeadlock, tagged } from './blame.js'

type Asks = (...args: never[]) => unknown

/** Lets what a method promises fail with a tagged error. Its callbacks, which only the driver itself uses, are left alone. */
function tagging(owner: object, name: 'query' | 'connect'): void {
  const own = owner as Record<typeof name, Asks>
  const bare = own[name].bind(owner)
  own[name] = (...args) => {
    const asked = bare(...args)
    return asked instanceof Promise ? asked.catch((error: unknown) => { throw tagged(error) }) : asked
  }
}

/**
 * Connections to PostgreSQL. Whoever asks over them hears of an outage in one way: LiandongError `database.down`, with what the driver said as its cause.
 * A connection that is cut is told by the next query on it; without listeners the process would end.
 */
export function makePool(config: PoolConfig): Pool {
  const pool = new Pool({ keepAlive: true, keepAliveInitialDelayMillis: 10_000, connectionTimeoutMillis: 2_000, ...config })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => {
    client.on('error', () => undefined)
    tagging(client, 'query')
  })
  tagging(pool, 'query')
  tagging(pool, 'connect')
  return pool
}

/** All of it or nothing, on a connection of its own. What fails is rolled back; one that did not answer may never do so again, and is not used again. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let fit = false
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    fit = true
    return result
  } catch (error) {
    if (blame(error) === 'facts' || isDeadlock(error)) fit = await client.query('rollback').then(() => true, () => false)
    throw error
  } finally {
    client.release(!fit)
  }
}
