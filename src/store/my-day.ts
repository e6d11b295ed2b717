import type { Pool } from 'pg'
import { LIFE_CYCLE, TICKET_STATES } from '../contracts/life-cycle.js'
import type { MyDay } from '../contracts/routes/intake.js'
import { startOfDay } from './lookups.js'
import * as sql from './sql/my-day.js'

const OPEN = TICKET_STATES.filter((state) => LIFE_CYCLE[state].class === 'open')

/** What one person did since the city's midnight. */
export const makeMyDay = ({ pool, timeZone, clock }: { readonly pool: Pool; readonly timeZone: string; readonly clock: () => number }) => async (personId: string): Promise<MyDay> => {
  const day = startOfDay(clock(), timeZone)
  const [{ rows: [row] }, { rows: matters }] = await Promise.all([
    pool.query<Omit<MyDay, 'matters'>>(sql.MY_DAY, [personId, day, OPEN]),
    pool.query<MyDay['matters'][number]>(sql.MY_MATTERS, [personId, day]),
  ])
  return { answered: row?.answered ?? 0, open: row?.open ?? 0, dispatched: row?.dispatched ?? 0, closed: row?.closed ?? 0, matters }
}
