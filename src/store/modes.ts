import type { Pool } from 'pg'
import type { FlowMode } from '../flow/types.js'
import * as sql from './sql/flow.js'

/** The switches of the flows, by name: those that are on. */
export type Modes = Readonly<Record<string, FlowMode>>

/** The switches that were set, by name; `until` in ms since epoch. */
export async function readModes(pool: Pool): Promise<Modes> {
  const { rows } = await pool.query<{ name: string; until: Date | null }>(sql.READ_MODES)
  return Object.fromEntries(rows.map(({ name, until }) => [name, until === null ? {} : { until: until.getTime() }]))
}

/** `until`: ms since epoch when it ends by itself; null: until it is taken off. */
export async function setMode(pool: Pool, name: string, until: number | null, by: string): Promise<void> {
  await pool.query(sql.SET_MODE, [name, until === null ? null : new Date(until), by])
}

/** @returns whether it was on. */
export async function clearMode(pool: Pool, name: string): Promise<boolean> {
  return ((await pool.query(sql.CLEAR_MODE, [name])).rowCount ?? 0) > 0
}

/** The switches as the flows of this node see them: read anew every `every` ms; while PostgreSQL is away, as last seen. */
export function watchModes(pool: Pool, every: number) {
  let modes: Modes = {}
  let reading: Promise<void> | null = null
  const read = (): Promise<void> => (reading ??= readModes(pool).then((found) => { modes = found }, () => undefined).finally(() => { reading = null }))
  void read()
  const timer = setInterval(() => void read(), every)
  return {
    current: (): Modes => modes,
    async close(): Promise<void> {
      clearInterval(timer)
      await reading
    },
  }
}
