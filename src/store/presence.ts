import type { Pool } from 'pg'
import type { NodePresence } from '../intake/ports.js'

/** $1 node, $2 its operators who can take calls now. → whether another node has any, by what it said within the last ten seconds. */
export const BEAT = `
with mine as (insert into node_presence (node, able, at) values ($1, $2, now()) on conflict (node) do update set able = excluded.able, at = excluded.at)
select exists (select from node_presence where node <> $1 and able > 0 and at > now() - interval '10 seconds') as elsewhere`

/** How the nodes of a site hear of one another: by a row each. */
export const makePresence = (pool: Pool, node: string): NodePresence => ({
  async beat(able) {
    const { rows: [row] } = await pool.query<{ elsewhere: boolean }>({ name: 'node-presence', text: BEAT, values: [node, able] })
    return row?.elsewhere ?? false
  },
})
