import { LiandongError } from '../contracts/errors.js'

/** SQLSTATEs that speak of the server: connection, read-only, rolled back, permission or table missing after a failover, out of room, lock, operator, system. */
const SERVER = /^(08|25006|40|42|53|55P03|57|58)/
const NETWORK = /^(ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|EHOST|ENET|EAI_)/
/** What `pg` says without a code. */
const LOST = /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client was closed|connection error and is not queryable|no answer from PostgreSQL/

/**
 * Whose fault a failed write is. `facts`: it can never be stored as it is (bad text, broken constraint, an act that is not allowed).
 * `server`: PostgreSQL is away, slow, full or not itself; the same write will do later. `us`: anything else, so a defect of ours.
 */
export function blame(error: unknown): 'facts' | 'server' | 'us' {
  if (error instanceof LiandongError) return error.code === 'database.down' ? 'server' : 'facts'
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (typeof code === 'string') {
    if (NETWORK.test(code) || SERVER.test(code)) return 'server'
    if (/^(22|23)/.test(code)) return 'facts'
  }
  return typeof message === 'string' && LOST.test(message) ? 'server' : 'us'
}

/** PostgreSQL cannot be reached or is starting or stopping: worth waiting for. A wrong password or a schema that is too new is not. */
export const isOutOfReach = (error: unknown): boolean => blame(error) === 'server' && !/^(42|25)/.test(String((error as { code?: unknown }).code))

/** Waits for an answer so many ms. What was asked goes on: the pool's own time limit ends it. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([work, new Promise<never>((_, reject) => { timer = setTimeout(reject, ms, new Error(`no answer from PostgreSQL in ${ms} ms`)) })])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
