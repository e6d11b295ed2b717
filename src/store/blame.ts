import { LiandongError } from '../contracts/errors.js'
import { within } from '../time/within.js'

/** SQLSTATEs of a server that is gone, read-only after a failover, rolled us back, is out of room, locked, stopped by its operator, or ill. The same will do later. */
const AWAY = /^(08...|25006|40...|53...|55P03|57...|58...)$/
/** What Node says of the way to it. */
const NETWORK = /^(ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|EHOST|ENET|EAI_)/
/** What `pg` says without a code. */
const LOST = /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client was closed|not queryable/

interface Told { readonly code?: unknown; readonly message?: unknown }
const codeOf = (error: unknown): string => { const { code } = (error ?? {}) as Told; return typeof code === 'string' ? code : '' }

function isAway(error: unknown): boolean {
  const code = codeOf(error)
  if (code !== '') return AWAY.test(code) || NETWORK.test(code)
  const { message } = (error ?? {}) as Told
  return typeof message === 'string' && LOST.test(message)
}

/**
 * What the driver threw, as everybody outside of this room knows it: `database.down` when PostgreSQL is away, slow, full or not itself,
 * `database.refused` for a value that it cannot even read. Everything else stays as it is: a constraint is for whoever wrote the statement.
 */
export function tagged(error: unknown): Error {
  if (error instanceof LiandongError) return error
  if (isAway(error)) return new LiandongError('database.down', {}, { cause: error })
  if (/^22...$/.test(codeOf(error))) return new LiandongError('database.refused', { problem: (error as Error).message }, { cause: error })
  return error as Error
}

/** Others hold what was to be locked: the same will do later (SQLSTATE 55P03, lock_not_available). */
export const isLocked = (error: unknown): boolean => codeOf(error instanceof LiandongError ? error.cause : error) === '55P03'

/** PostgreSQL took one of two that waited for each other (SQLSTATE 40P01): it is well, and the same will do now. */
export const isDeadlock = (error: unknown): boolean => codeOf(error instanceof LiandongError ? error.cause : error) === '40P01'

/** A refusal of ours, by the life cycle or the rules: not of a value by PostgreSQL. */
export const isRefusal = (error: unknown): error is LiandongError => error instanceof LiandongError && error.code !== 'database.refused' && error.code !== 'database.down'

/**
 * Whose fault a failed write is. `facts`: it can never be stored as it is (bad text, broken constraint, an act that is not allowed).
 * `server`: PostgreSQL is away, slow, full or not itself; the same write will do later. `us`: anything else, so a defect of ours, and locks taken in two orders.
 */
export function blame(failed: unknown): 'facts' | 'server' | 'us' {
  if (isDeadlock(failed)) return 'us'
  const error = tagged(failed)
  if (error instanceof LiandongError) return error.code === 'database.down' ? 'server' : 'facts'
  const code = codeOf(error)
  // A permission or a table that is missing after a failover: the journal keeps what was written until somebody has mended it.
  if (code.startsWith('42')) return 'server'
  return code.startsWith('23') ? 'facts' : 'us'
}

/** Our own code could make nothing of what it was given, and never will: a person is told so, and nothing is acknowledged to him. */
export const cannotBeMade = (error: unknown): boolean => error instanceof RangeError || error instanceof TypeError

/** PostgreSQL cannot be reached or is starting or stopping: worth waiting for. A wrong password, one that may only be read or a schema that is too new is not. */
export function isOutOfReach(failed: unknown): boolean {
  const error = tagged(failed)
  return error instanceof LiandongError && error.code === 'database.down' && codeOf(error.cause) !== '25006'
}

/** Waits for an answer so many ms. What was asked goes on: the pool's own time limit ends it. @throws LiandongError `database.down` */
export const inTime = <T>(work: Promise<T>, ms: number): Promise<T> =>
  within<T, never>(work, ms, () => { throw new LiandongError('database.down', {}, { cause: new Error(`no answer from PostgreSQL in ${Math.round(ms)} ms`) }) })
