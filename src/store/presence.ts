import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { errorText, LiandongError } from '../contracts/errors.js'
import type { NodePresence, Standings } from '../intake/ports.js'

/** How long what a node said counts. */
const FRESH = `at > now() - interval '10 seconds'`

/** In `seats`, beside the extensions, a node of before migration 0178 says which FreeSWITCH rings them. Digits never say that. */
const CORE = 'core'
/** It is rung by the same FreeSWITCH as this node's, as far as either of them knows its own. */
const WITH_US = `($9 = '' or coalesce(nullif(core, ''), seats->>'${CORE}', '') in ('', $9))`

/**
 * $1 node, $2 its operators who can take calls now, $3 process, $4 its machine, $5 its number there, $6 how its operators stand, $7 how many acts it keeps that PostgreSQL does not have, $8 those who have nobody to be offered, $9 its FreeSWITCH, or '', $10 whether that knows of callers who are brought there.
 * → whether another node of this FreeSWITCH has any, how many are free there by the last two beats, and how theirs stand, by what they said within the last ten seconds; whether another FreeSWITCH has any, by the last two beats, and whether one that has does not know of callers who are brought there;
 * and another process that said something under the same name since then.
 */
export const BEAT = `
with mine as (
  insert into node_presence (node, able, at, process, host, pid, seats, kept, free, core, halls) values ($1, $2, now(), $3, $4, $5, $6, $7, $8, $9, $10)
  on conflict (node) do update set able = excluded.able, at = excluded.at, process = excluded.process, host = excluded.host, pid = excluded.pid, seats = excluded.seats, kept = excluded.kept, free = excluded.free, core = excluded.core, halls = excluded.halls
), rival as (select host, pid from node_presence where node = $1 and process is distinct from $3 and ${FRESH})
select exists (select from node_presence where node <> $1 and able > 0 and ${FRESH} and ${WITH_US}) as elsewhere,
  exists (select from node_presence where node <> $1 and able > 0 and at > now() - interval '5 seconds' and not ${WITH_US}) as apart,
  exists (select from node_presence where node <> $1 and able > 0 and halls = false and at > now() - interval '5 seconds' and not ${WITH_US}) as closed,
  (select coalesce(sum(free), 0)::int from node_presence where node <> $1 and at > now() - interval '5 seconds' and ${WITH_US}) as free,
  (select coalesce(json_object_agg(seat.key, seat.value), '{}') from node_presence, jsonb_each(seats) seat where node <> $1 and seat.key <> '${CORE}' and ${FRESH} and ${WITH_US}) as seats, (select row_to_json(rival) from rival) as rival`
/** Nodes that live, and what they say of their FreeSWITCH, also where the schema is of before they did. */
export const READ_NODES = `select node, coalesce(to_jsonb(p)->>'host', '') as host, coalesce(to_jsonb(p)->>'core', '') as core, (to_jsonb(p)->>'halls')::boolean as halls from node_presence p where ${FRESH} order by node`
/** Who has said something under a name lately. $1 node */
export const WHO_BEATS = `select process, host, pid, at::text as at from node_presence where node = $1 and ${FRESH}`
/** $1 operator, $2 process: his desk came up at its node. A hint: who does not hear it waits for him for the grace of a desk. */
export const SEATED = `select pg_notify('operator_seated', $1 || ' ' || $2)`
/** $1 operator, $2 process, $3 whether he wanted calls: his last desk at its node is gone. Where another one stands by it is his seat now. */
export const LEFT = `select pg_notify('operator_left', $1 || ' ' || $2 || ' ' || $3)`
/** $1 node, $2 process */
export const LEAVE = `delete from node_presence where node = $1 and process = $2`

/** A process that lives has spoken again within this, ms: it does so every two seconds. */
const PATIENCE = 5_000
const LOOK = 200

/** The nodes of a site, as one of them is among them. */
export interface NodeRegister extends NodePresence {
  /** Takes the node's name for this process. A predecessor's is free at once when he has left, or is known to be dead; otherwise when he stays silent. @throws LiandongError `node.taken` when another process lives under it */
  claim(): Promise<void>
  /** Gives the name up, for whoever comes next. */
  leave(): Promise<void>
  /** This operator's desk came up here. False: nobody was told of it. Never rejects. */
  seated(operatorId: string): Promise<boolean>
  /** Whose desk came up at another node, out of the payload of `operator_seated`; null: at this one. */
  seatedElsewhere(payload: string): string | null
  /** The last desk of this operator here is gone. @param ready he wanted calls. False: nobody was told of it. Never rejects. */
  left(operatorId: string, ready: boolean): Promise<boolean>
  /** Whose was gone from another node, out of the payload of `operator_left`; null: from this one. */
  leftElsewhere(payload: string): { readonly operatorId: string; readonly ready: boolean } | null
}

interface Beating { readonly process: string | null; readonly host: string; readonly pid: number; readonly at: string }
export interface Here { readonly host: string; readonly pid: number }

/** How the nodes of a site hear of one another: by a row each. @param onRival another process took to the same name while PostgreSQL could not be asked. @param kept how many acts its journal has */
export function makePresence(pool: Pool, node: string, onRival: (text: string) => void = () => undefined, here: Here = { host: hostname(), pid: process.pid }, kept: () => number = () => 0): NodeRegister {
  const self = randomUUID()
  let claimed = false
  let told = false
  const taken = ({ host, pid }: Here): LiandongError => new LiandongError('node.taken', { node, host: host === '' ? '—' : host, pid: pid === 0 ? '—' : pid })
  const beating = async (): Promise<Beating | null> => (await pool.query<Beating>(WHO_BEATS, [node])).rows[0] ?? null

  const hint = (statement: string, values: readonly string[]): Promise<boolean> => pool.query(statement, [...values]).then(() => true, () => false)

  async function beat(able: number, seats: Standings, free = 0, core: string | null = null, halls: boolean | null = null): ReturnType<NodePresence['beat']> {
    const { rows: [row] } = await pool.query<{ elsewhere: boolean; apart: boolean; closed: boolean; free: number; seats: Standings; rival: Here | null }>({ name: 'node-presence', text: BEAT, values: [node, able, self, here.host, here.pid, JSON.stringify(seats), kept(), free, core ?? '', halls] })
    const rival = claimed ? row?.rival ?? null : null
    claimed = true
    if (rival === null) told = false
    else if (!told) {
      told = true
      const { details } = taken(rival)
      onRival(`${errorText('node.taken', 'zh', details)} / ${errorText('node.taken', 'en', details)}`)
    }
    return { elsewhere: row?.elsewhere ?? false, apart: row?.apart ?? false, closed: row?.closed ?? false, free: row?.free ?? 0, seats: row?.seats ?? {} }
  }

  return {
    beat,
    async claim() {
      const first = await beating()
      const until = performance.now() + PATIENCE
      for (let now = first; now !== null && now.process !== self && !isDead(now, here); now = await beating()) {
        if (now.at !== first?.at) throw taken(now)
        if (performance.now() >= until) break
        await sleep(LOOK)
      }
      await beat(0, {})
    },
    async leave() { await pool.query(LEAVE, [node, self]) },
    seated: (operatorId) => hint(SEATED, [operatorId, self]),
    left: (operatorId, ready) => hint(LEFT, [operatorId, self, String(ready)]),
    seatedElsewhere(payload) {
      const [operatorId = '', process = ''] = payload.split(' ')
      return process === self || operatorId === '' ? null : operatorId
    },
    leftElsewhere(payload) {
      const [operatorId = '', process = '', ready = ''] = payload.split(' ')
      return process === self || operatorId === '' ? null : { operatorId, ready: ready === 'true' }
    },
  }
}

/** Certain of a process of this machine only; one that has its number by chance is waited for. */
function isDead({ host, pid }: Here, here: Here): boolean {
  if (host !== here.host || pid === 0) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
