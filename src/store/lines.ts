import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import type { BodyOfKind, Conflict, LineBody, LineMessage } from '../contracts/county.js'
import { boundFault, isKnown } from '../dispatch/county/message.js'
import { newSigner, type Signer } from '../dispatch/county/seal.js'
import type { Line, LineStore } from '../dispatch/county/ports.js'
import type { Rules } from '../dispatch/core/rules.js'
import { applyAtCity } from './line-city.js'
import { decideConflict } from './line-conflicts.js'
import { applyAtCounty, spared } from './line-county.js'
import { makeLinePhotos, type LinePhotoDeps } from './line-photos.js'
import { bodyFor, photoFor } from './line-told.js'
import * as sql from './sql/line.js'
import type { Pen } from './ticket-pen.js'
import { withPen } from './with-pen.js'
import { blame, isDeadlock } from './blame.js'

/** Messages of one exchange, and the characters in them. */
const MOST = 100
const MOST_CHARACTERS = 600_000
/** Messages that are made something of in one transaction. */
const AT_ONCE = 50

interface StateRow { readonly now: string; readonly have: string; readonly held: string[]; readonly tip: string | null; readonly last: string | null; readonly wants: { readonly id: string; readonly from: number } | null }
interface OutRow { readonly seq: string; readonly id: string; readonly at: string; readonly body: unknown }
interface InRow { readonly seq: string; readonly id: string; readonly payload: string; readonly received_at: Date; readonly known: boolean }
interface ViewRow { readonly name: string; readonly peer: 'city' | 'county'; readonly units: string[]; readonly heard_at: Date | null; readonly silent: string | null; readonly skew: string; readonly trouble: string; readonly waiting: number; readonly conflicts: number }
interface ConflictRow { readonly id: string; readonly line: string; readonly ticket_id: string; readonly number: string; readonly unit_id: string; readonly opened_at: Date; readonly acts: Conflict['acts']; readonly city: Conflict['city']; readonly decision: Conflict['decision']; readonly decided_at: Date | null; readonly decided_by: string | null; readonly note: string }

/** Lines to counties, or to the city, in PostgreSQL. @param node who dials */
export function makeLineStore(pool: Pool, rules: () => Rules, attachments: LinePhotoDeps['attachments'], onTrouble: (fields: object, text: string) => void, node = ''): LineStore {
  const inTransaction = <T>(work: (pen: Pen) => Promise<T>): Promise<T> => withPen(pool, rules, work)
  const one = async (text: string, values: unknown[]): Promise<Line | null> => (await pool.query<Line>(text, values)).rows[0] ?? null

  /** The next messages without a gap, in one transaction. → whether there may be more. */
  async function applySome(line: Line): Promise<boolean> {
    return inTransaction(async (pen) => {
      let have = Number((await pen.client.query<{ have: string }>(sql.LOCK_IN, [line.name])).rows[0]?.have ?? 0)
      let [n, fine] = [0, true]
      for (; n < AT_ONCE; n += 1) {
        const { rows: [row] } = await pen.client.query<InRow>(sql.NEXT_IN, [line.name, have + 1])
        if (row === undefined) break
        const message = JSON.parse(row.payload) as LineMessage
        const body = message.body as LineBody
        // A later version of the other side says what this one cannot read: it waits for the update, nothing is left out.
        if (!isKnown(body)) {
          await pen.client.query(sql.NOTE_TROUBLE, [line.name, 'not-understood'])
          return false
        }
        // What goes beyond its bounds no update will read: it stops nobody behind it.
        const fault = boundFault(body)
        const result = row.known ? 'known' : fault !== null ? await refused(pen, line, row, new Error(fault))
          : await carefully(pen, line, row, () => (line.peer === 'county' ? applyAtCity(pen, line, body, row.received_at.getTime()) : applyAtCounty(pen, line, body)))
        have += 1
        fine &&= !result.startsWith('refused')
        await pen.client.query(sql.APPLIED, [line.name, have, result, line.peer === 'city' && body.kind === 'ticket' ? JSON.stringify(spared(message)) : null])
      }
      if (fine) await pen.client.query(sql.TROUBLE_OVER, [line.name])
      return n === AT_ONCE
    })
  }

  /** A message that the database will not have does not stop those behind it: it stays in the inbox with the reason. */
  async function carefully(pen: Pen, line: Line, row: InRow, work: () => Promise<string>): Promise<string> {
    try {
      return await pen.attempt(work)
    } catch (error) {
      if (blame(error) === 'server' || isDeadlock(error)) throw error
      return refused(pen, line, row, error as Error)
    }
  }

  async function refused(pen: Pen, { name }: Line, { seq, id }: InRow, error: Error): Promise<string> {
    onTrouble({ err: error, line: name, seq: Number(seq), id }, 'a message of a line could not be made anything of; it stays in line_inbox')
    await pen.client.query(sql.NOTE_TROUBLE, [name, 'refused'])
    return `refused: ${error.message.slice(0, 300)}`
  }

  /** A county that is cut off counts by what the city counts by. */
  const tellRules = ({ name, units }: Line): Promise<void> => inTransaction(async (pen) => {
    const { rows: [own] } = await pen.client.query<Pick<BodyOfKind<'rules'>, 'clocks' | 'days' | 'years' | 'units'>>(sql.CITY_RULES, [units])
    if (own === undefined) return
    const { rowCount } = await pen.client.query(sql.RULES_TOLD, [name, createHash('sha256').update(JSON.stringify(own)).digest('hex')])
    if (rowCount === 1) await pen.tell(name, { kind: 'rules', ticketId: null, ...own })
  })

  const store: LineStore = {
    line: (name) => one(sql.READ_LINE, [name]),
    city: () => one(sql.READ_CITY, []),
    async signer() {
      const found = (await pool.query<Signer>(sql.READ_SIGNER)).rows[0]
      if (found !== undefined) return found
      const made = newSigner()
      await pool.query(sql.ADD_SIGNER, [made.id, made.privateKey])
      return made
    },
    async dial(name) {
      const { rows: [row] } = await pool.query<{ turn: string; acked: string | null }>(sql.DIAL, [name, node])
      return row === undefined ? null : { turn: Number(row.turn), acked: Number(row.acked ?? 0) }
    },
    async dialledSince(name, turn) { return (await pool.query(sql.DIALLED_SINCE, [name, turn])).rowCount === 1 },
    async stands(name, up) { return (await pool.query(sql.STANDS, [name, node, up])).rowCount === 1 },
    async standing(name) {
      const { rows: [row] } = await pool.query<{ up: boolean; since: string }>(sql.STANDING, [name])
      return { up: row?.up ?? false, since: Number(row?.since ?? 0) }
    },
    async takeTurn(name, turn) { return (await pool.query(sql.TAKE_TURN, [name, turn])).rowCount === 1 },
    async state(name) {
      const { rows: [row] } = await pool.query<StateRow>(sql.LINE_STATE, [name])
      return { now: Number(row?.now ?? 0), have: Number(row?.have ?? 0), held: (row?.held ?? []).map(Number), tip: row?.tip ?? null, last: Number(row?.last ?? 0), ...(row?.wants == null ? {} : { wants: row.wants }) }
    },
    async heard(name, skew, last) { await pool.query(sql.HEARD, [name, Math.round(skew), last]) },
    acknowledge: (name, have, tip) => inTransaction(async ({ client }) => {
      await client.query(sql.SHOWN_THERE, [name, have, tip])
      const { rows: [out] } = await client.query<{ last: string; acked: string }>(sql.LOCK_OUT, [name])
      const { rows: [own] } = await client.query<{ id: string }>(sql.OWN_AT, [name, have])
      if (have > 0 && tip !== null && own?.id !== tip) {
        await client.query(sql.RENUMBER_AWAY, [name])
        await client.query(sql.RENUMBER, [name, have])
        await client.query(sql.RENUMBERED, [name, have])
        onTrouble({ line: name, have, last: Number(out?.last ?? 0) }, 'the other side of a line has messages that are not here: one of both was restored from a backup; what is not confirmed is sent under new numbers')
        return
      }
      await client.query(sql.ACKED, [name, have])
      await client.query(sql.MOVE_ACK, [name, have])
    }),
    async outgoing(name, have, held) {
      const { rows } = await pool.query<OutRow>(sql.OUTGOING, [name, have, held, MOST])
      const taken: Omit<LineMessage, 'line' | 'from'>[] = []
      let characters = 0
      for (const { seq, id, at, body } of rows) {
        characters += JSON.stringify(body).length
        if (taken.length > 0 && characters > MOST_CHARACTERS) break
        taken.push({ seq: Number(seq), id, at: Number(at), body })
      }
      return taken
    },
    ...makeLinePhotos({ pool, attachments, onTrouble }),
    async receive(name, messages) {
      for (const { message: { seq, id }, text, key, signature } of messages) {
        const { rowCount } = await pool.query(sql.RECEIVE, [name, seq, id, text, key, signature])
        if (rowCount === 1) continue
        const known = (await pool.query<{ id: string }>(sql.RECEIVED_AT, [name, seq])).rows[0]
        if (known?.id !== id) onTrouble({ line: name, seq, id }, 'another message under a number that is taken: the other side was restored from a backup and will renumber')
      }
    },
    async apply(name) {
      const line = await one(sql.READ_LINE, [name])
      while (line !== null && await applySome(line));
    },
    async catchUp(name) {
      const line = await one(sql.READ_LINE, [name])
      if (line === null) return
      await tellRules(line)
      const { rows } = await pool.query<{ id: string }>(sql.UNTOLD, [name, line.units])
      for (const { id } of rows) {
        await inTransaction(async (pen) => {
          const ticket = await pen.lock(id)
          await pen.client.query(sql.LOCK_OUT, [name])
          const concerned = line.units.some((unitId) => ticket.unitId === unitId || ticket.work.assist.includes(unitId))
          await pen.tell(name, await bodyFor(pen.client, pen.rules, name, { after: ticket, act: 'from-city', note: '', by: null, at: (await pen.status(id)).now }, concerned))
        })
      }
      const { rows: photos } = await pool.query<{ id: string }>(sql.PHOTOS_UNTOLD, [name, line.units])
      for (const { id } of photos) {
        await inTransaction(async (pen) => {
          const body = await photoFor(pen.client, name, id, false)
          if (body !== null) await pen.tell(name, body)
        })
      }
    },
    async views() {
      const { rows } = await pool.query<ViewRow>(sql.LINE_VIEWS)
      return rows.map(({ heard_at, silent, skew, ...row }) => ({ ...row, heardAt: heard_at?.getTime() ?? null, silent: silent === null ? null : Number(silent), skew: Number(skew) }))
    },
    async conflicts({ all, limit, offset }) {
      const { rows } = await pool.query<ConflictRow>(sql.LIST_CONFLICTS, [all, limit, offset])
      return rows.map((row): Conflict => ({ id: row.id, line: row.line, ticketId: row.ticket_id, number: row.number, unitId: row.unit_id, openedAt: row.opened_at.getTime(), acts: row.acts, city: row.city, decision: row.decision, decidedAt: row.decided_at?.getTime() ?? null, decidedBy: row.decided_by, note: row.note }))
    },
    decide: (conflictId, who, side, note) => inTransaction((pen) => decideConflict(pen, conflictId, who, side, note)),
  }
  return store
}
