import type { Pool } from 'pg'
import type { Bilingual } from '../contracts/primitives.js'
import type { FlowActed, FlowOutcome } from '../contracts/routes/flows.js'
import type { ActStore } from '../intake/flow-ports.js'
import { inTransaction } from './pool.js'
import * as sql from './sql/flow-edition.js'

interface ActRow { id: string; what: FlowActed['what']; edition: number | null; by_id: string; by: string; node: string; since: Date; outcome: FlowOutcome | null; error: Bilingual | null; under_way: boolean }

/** What is being checked for those at the desks, in PostgreSQL. */
export function makeActStore(pool: Pool): ActStore {
  return {
    beginAct: ({ what, edition, by, node, since }) => inTransaction(pool, async (client) => {
      await client.query(sql.ONE_AT_A_TIME)
      const { rows: [other] } = await client.query<{ by: string; since: Date }>(sql.ACT_UNDER_WAY)
      if (other !== undefined) return { id: null, by: other.by, since: other.since.getTime() }
      await client.query(sql.PRUNE_ACTS)
      const { rows: [begun] } = await client.query<{ id: string }>(sql.BEGIN_ACT, [what, edition, by.id, by.name, node, since])
      return { id: Number(begun?.id) }
    }),
    async beatAct(id) { await pool.query(sql.BEAT_ACT, [id]) },
    async forgetAct(id) { await pool.query(sql.FORGET_ACT, [id]) },
    async endAct(id, outcome, error) { await pool.query(sql.END_ACT, [id, outcome === null ? null : JSON.stringify(outcome), error === null ? null : JSON.stringify(error)]) },
    async acts() {
      const { rows } = await pool.query<ActRow>(sql.ACTS)
      const [acting, acted] = [true, false].map((one) => rows.find(({ under_way }) => under_way === one))
      return {
        acting: acting === undefined ? null : { what: acting.what, edition: acting.edition, by: acting.by, since: acting.since.getTime() },
        acted: acted === undefined ? null : { id: Number(acted.id), what: acted.what, byId: acted.by_id, node: acted.node, outcome: acted.outcome, error: acted.error },
      }
    },
  }
}
