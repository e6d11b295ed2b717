import type { Pool } from 'pg'
import { LiandongError } from '../contracts/errors.js'
import { readPublic } from '../dispatch/county/seal.js'
import { inTransaction } from './pool.js'

export interface LineWish {
  /** Both sides call the line by it. */
  readonly name: string
  /** `county`: to a county, at the city; `city`: to the city, at a county. */
  readonly peer: 'county' | 'city'
  readonly url: string
  readonly units: readonly string[]
  /** Public keys of the other side, as `liandong county key` prints them there. */
  readonly keys: readonly string[]
}

const PUT_LINE = `
insert into line (name, peer, url, units, peer_keys) values ($1, $2, $3, $4, $5)
on conflict (name) do update set url = excluded.url, units = excluded.units, peer_keys = line.peer_keys || excluded.peer_keys, enabled = true, trouble = ''`

/**
 * Sets a line up, or changes it: keys are added to those that are known, so that one can be exchanged for another while messages are on their way.
 * @throws LiandongError `line.keys`, `line.taken`, `ticket.unit-unknown`, `line.unknown` (a county has one city)
 */
export async function putLine(pool: Pool, { name, peer, url, units, keys }: LineWish): Promise<void> {
  const known = keys.map(readPublic)
  await inTransaction(pool, async (client) => {
    const { rows: all } = await client.query<{ id: string }>('select id from unit')
    for (const unitId of units) if (!all.some(({ id }) => id === unitId)) throw new LiandongError('ticket.unit-unknown', { unitId })
    const { rows: others } = await client.query<{ name: string; peer: string; units: string[] }>('select name, peer, units from line where enabled and name <> $1', [name])
    for (const other of others) {
      const unit = other.units.find((one) => units.includes(one))
      if (unit !== undefined || other.peer === 'city' || peer === 'city') throw new LiandongError('line.taken', { unit: unit ?? '*', name: other.name })
    }
    const { rows: [same] } = await client.query<{ peer: string }>('select peer from line where name = $1', [name])
    if (same !== undefined && same.peer !== peer) throw new LiandongError('line.taken', { unit: '*', name })
    await client.query(PUT_LINE, [name, peer, url, units, JSON.stringify(Object.fromEntries(known.map(({ id, key }) => [id, key])))])
    await client.query('insert into line_out (line) values ($1) on conflict (line) do nothing', [name])
    await client.query('insert into line_in (line) values ($1) on conflict (line) do nothing', [name])
    await client.query(`insert into audit (act, subject, details) values ('line.put', $1, $2)`, [name, JSON.stringify({ peer, url, units, keys: known.map(({ id }) => id) })])
  })
}

/** Switches a line off: what waits in it stays. @throws LiandongError `line.unknown` */
export async function dropLine(pool: Pool, name: string): Promise<void> {
  const { rowCount } = await pool.query(`with noted as (insert into audit (act, subject) values ('line.off', $1)) update line set enabled = false where name = $1 and enabled`, [name])
  if (rowCount === 0) throw new LiandongError('line.unknown', { name })
}

/** A key of the other side counts no more. @throws LiandongError `line.keys` when the line has no such key, or no other. */
export async function dropKey(pool: Pool, name: string, key: string): Promise<void> {
  const { rowCount } = await pool.query(`with noted as (insert into audit (act, subject, details) values ('line.key-off', $1, jsonb_build_object('key', $2::text)))
    update line set peer_keys = peer_keys - $2 where name = $1 and peer_keys ? $2 and (select count(*) from jsonb_object_keys(peer_keys)) > 1`, [name, key])
  if (rowCount === 0) throw new LiandongError('line.keys', { key })
}
