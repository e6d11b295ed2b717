import type { Pool, PoolClient } from 'pg'
import { LiandongError } from '../contracts/errors.js'
import { approvalOf } from '../intake/core/flow-approval.js'
import type { Tally } from '../intake/core/flow-watch.js'
import type { EditionContent } from '../intake/edition.js'
import type { FlowTrace } from '../intake/flow-trace.js'
import type { CallTrace, EditionStore, Published, RecordedCall, StoredEdition, Surroundings, SwitchWish, Who } from '../intake/flow-ports.js'
import { inTransaction } from './pool.js'
import { makeActStore } from './flow-acts.js'
import * as sql from './sql/flow-edition.js'

interface CurrentRow { id: string; at: Date; by: string; reason: Published['reason']; details: Record<string, unknown>; number: number; hash: string }
interface HistoryRow {
  number: number; hash: string; author: string; author_id: string | null; note: string; created_at: Date; content: EditionContent; waits: boolean; wishers: Who[]
  approvals: { by: string; id: string; at: number; counts: boolean }[]; switches: { by: string; at: number; reason: Published['reason']; details: Record<string, unknown> }[]
}
interface StandingRow { wishers: string[]; approvers: string[]; ran: boolean; after: string | null }

/** Published flows in PostgreSQL. */
export function makeEditionStore(pool: Pool): EditionStore {
  async function standingOf(client: Pool | PoolClient, edition: number): Promise<StandingRow> {
    const { rows: [row] } = await client.query<StandingRow>(sql.STANDING, [edition])
    if (row === undefined) throw new LiandongError('flow.no-edition', { edition })
    return row
  }

  return {
    ...makeActStore(pool),
    async current() {
      const { rows: [row] } = await pool.query<CurrentRow>(sql.CURRENT)
      return row === undefined ? null : { switch: Number(row.id), at: row.at.getTime(), by: row.by, reason: row.reason, details: row.details, number: row.number, hash: row.hash }
    },
    async content(number) {
      const { rows: [row] } = await pool.query<{ content: EditionContent }>(sql.CONTENT, [number])
      if (row === undefined) throw new LiandongError('flow.no-edition', { edition: number })
      return row.content
    },
    async byHash(hash) {
      const { rows: [row] } = await pool.query<{ number: number; content: EditionContent }>(sql.CONTENT_BY_HASH, [hash])
      return row ?? null
    },
    async tape(hash) {
      const { rows: [row] } = await pool.query<{ sound: Buffer }>(sql.TAPE, [hash])
      return row?.sound ?? null
    },
    async tapesInUse(editions) { return new Set((await pool.query<{ hash: string }>(sql.TAPES_IN_USE, [editions])).rows.map(({ hash }) => hash)) },
    async keep({ hash, content, author, note }, sound) {
      const numberOf = async (): Promise<number | null> => (await pool.query<{ number: number }>(sql.CONTENT_BY_HASH, [hash])).rows[0]?.number ?? null
      const known = await numberOf()
      if (known !== null) {
        await pool.query(sql.WISH, [hash, author.id, author.name])
        return known
      }
      const wanted = [...new Set(content.tapes.map((tape) => tape.hash))]
      const { rows } = await pool.query<{ hash: string }>(sql.TAPES_THERE, [wanted])
      const there = new Set(rows.map((row) => row.hash))
      // One by one and outside of the transaction: a tape that belongs to no edition does no harm.
      for (const one of wanted) if (!there.has(one)) await pool.query(sql.KEEP_TAPE, [one, await sound(one)])
      await inTransaction(pool, async (client) => {
        await client.query(sql.ONE_AT_A_TIME)
        await client.query(sql.KEEP_EDITION, [hash, JSON.stringify(content), author.id, author.name, note])
        await client.query(sql.WISH, [hash, author.id, author.name])
      })
      const number = await numberOf()
      if (number === null) throw new Error('an edition that was kept is not there')
      return number
    },
    async approve(number, person) {
      const standing = await standingOf(pool, number)
      if (standing.wishers.includes(person.id)) throw new LiandongError('flow.own-approval')
      await pool.query(sql.APPROVE, [number, person.id, person.name])
    },
    async needed(number) {
      const { ran, after, ...standing } = await standingOf(pool, number)
      return { ...approvalOf(standing), ran, after: after === null ? null : Number(after) }
    },
    async switchTo(wish: SwitchWish) {
      return inTransaction(pool, async (client) => {
        await client.query(sql.ONE_AT_A_TIME)
        const { rows: [last] } = await client.query<{ id: string; edition: number }>(sql.LAST_SWITCH)
        if (wish.after !== undefined && Number(last?.id ?? 0) !== wish.after) return false
        if (last?.edition === wish.number) return false
        // Whoever switches, and however he is set: what the nodes run by holds.
        if ((wish.reason === 'published' || wish.reason === 'approved') && (await client.query<{ approval: boolean }>(sql.RULES)).rows.some(({ approval }) => approval)) {
          const { approvals, wanted } = approvalOf(await standingOf(client, wish.number))
          if (approvals < wanted) throw new LiandongError('flow.waits', { edition: wish.number, more: wanted - approvals })
        }
        await client.query(sql.SWITCH, [wish.number, wish.by.id, wish.by.name, wish.reason, JSON.stringify(wish.details ?? {})])
        return true
      })
    },
    async earlier(limit) { return (await pool.query<{ number: number; hash: string }>(sql.EARLIER, [limit])).rows },
    async goneBackFrom(hash) { return (await pool.query(sql.GONE_BACK_FROM, [hash])).rows.length > 0 },
    async waiting() { return (await pool.query<{ number: number; hash: string }>(sql.WAITING)).rows[0] ?? null },
    async history(limit) {
      const { rows } = await pool.query<HistoryRow>(sql.HISTORY, [limit])
      return rows.map((row): StoredEdition => ({
        number: row.number, hash: row.hash, author: { id: row.author_id, name: row.author }, wishers: row.wishers, note: row.note, at: row.created_at.getTime(), content: row.content, waits: row.waits,
        approvals: row.approvals.map(({ by, id, at, counts }) => ({ by, id, at: Math.round(at), counts })), switches: row.switches.map((one) => ({ ...one, at: Math.round(one.at) })),
      }))
    },
    async rules() { return (await pool.query<{ node: string; approval: boolean }>(sql.RULES)).rows },
    async arounds() { return (await pool.query<{ around: Surroundings }>(sql.AROUNDS)).rows.map(({ around }) => around) },
    async keepRule(node, { approval, around }) { await pool.query(sql.KEEP_RULE, [node, approval, JSON.stringify(around)]) },
    async seenOnDisk(node) {
      const { rows: [row] } = await pool.query<{ hash: string }>(sql.SEEN_ON_DISK, [node])
      return row?.hash ?? null
    },
    async seeOnDisk(node, hash) { await pool.query(sql.SEE_ON_DISK, [node, hash]) },
    async saveTraces(traces: readonly FlowTrace[]) { await pool.query(sql.SAVE_TRACES, [JSON.stringify(traces)]) },
    async reached(version, since, calls) { return (await pool.query<{ reached: boolean }>(sql.REACHED, [version, new Date(since), calls])).rows[0]?.reached === true },
    async tally(version, since, most) {
      const { rows } = await pool.query<Omit<Tally, 'left'> & { hung_up: number }>(sql.TALLY, [version, new Date(since), most])
      return rows.map(({ hung_up: left, ...row }) => ({ ...row, left }))
    },
    async nodeCounts(flow, version, since, returning = []) {
      const { rows } = await pool.query<{ node: string; came: number; hung_up: number; ms: number }>(sql.NODE_COUNTS, [flow, version, new Date(since), returning])
      return Object.fromEntries(rows.map(({ node, came, hung_up: left, ms }) => [node, { came, left, ms: Math.round(ms) }]))
    },
    async recordedKeys(flow, limit) {
      const { rows } = await pool.query<{ at: Date; keys: RecordedCall['keys']; category: string | null; answered_ms: number | null; left_ms: number | null }>(sql.RECORDED_KEYS, [flow, limit])
      return rows.map(({ at, keys, category, answered_ms: answered, left_ms: left }): RecordedCall => ({
        startAt: at.getTime(), keys, ...(answered !== null && { answeredAt: Math.max(0, Math.round(answered)) }), ...(answered === null && left !== null && { leftAt: Math.max(0, Math.round(left)) }), ...(category !== null && { category }),
      }))
    },
    async lastTraces(flow, version, since, limit) {
      const { rows } = await pool.query<{ call_id: string; at: Date; version: string; steps: CallTrace['steps']; wrong: number; over: boolean; category: string | null; state: string | null }>(sql.LAST_TRACES, [flow, version, new Date(since), limit])
      return rows.map(({ call_id: callId, at, version, steps, wrong, over, category, state }): CallTrace => ({ callId, at: at.getTime(), version, steps, wrong, over, ...(category === null ? {} : { category }), ...(state === null ? {} : { state }) }))
    },
  }
}
