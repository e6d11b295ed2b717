import type { Pool, PoolConfig } from 'pg'
import { makePool } from './pool.js'

/** A list may take longer: nobody's answer waits for it. */
const READ = 8_000
/** One statement of the clocks and the outbox. */
const WORK = 20_000
/** The first rows of an export: all of it may have to be put in order. */
const EXPORT = 60_000
/** One statement of a job. */
const JOB = 120_000

/** Connections by what they are for, so that what takes long never stands before an answer. */
export type Pools = ReturnType<typeof openPools>

/** Opens nothing yet: each connects when it is asked. @param deadline of a statement on the call path, and of having a connection for any, ms */
export function openPools(connectionString: string, node: string, deadline: number) {
  // `query_timeout` besides `statement_timeout`: a server behind a dead network does not end anything. The connection goes with it.
  const settings = (statement: number): PoolConfig => ({ connectionString, connectionTimeoutMillis: deadline, statement_timeout: statement, query_timeout: statement + 500, idle_in_transaction_session_timeout: 10_000, application_name: `liandong ${node}` })
  return {
    /** Calls and tickets. Lists and look-ups have their own, so that a long one never stands before an answer. */
    call: makePool({ ...settings(deadline), max: 8 }),
    read: makePool({ ...settings(READ), max: 6 }),
    people: makePool({ ...settings(deadline), max: 4 }),
    jobs: makePool({ connectionString, connectionTimeoutMillis: deadline, query_timeout: JOB, max: 4 }),
    /** Exports: few, long, and no faster than their reader, who may rest for half a minute. */
    exports: makePool({ ...settings(EXPORT), max: 2, idle_in_transaction_session_timeout: 30_000 }),
    /** Clocks and the outbox. */
    work: makePool({ ...settings(WORK), max: 4 }),
  }
}

/** Ends all of them. */
export const endPools = async (pools: Readonly<Record<string, Pool>>): Promise<void> => { await Promise.all(Object.values(pools).map((pool) => pool.end())) }
