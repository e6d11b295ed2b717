import type { Pool } from 'pg'
import type { BoardCell, Duplicate, Notice, OutboxLine } from '../contracts/dispatch.js'
import { plainPlace } from '../dispatch/core/cluster.js'
import type { HallStore } from '../dispatch/hall.js'
import { noticeOf, summaryOf, type NoticeRow, type TicketRow } from './rows.js'
import * as sql from './sql/dispatch.js'
import { NEARBY } from './sql/cluster.js'

interface OutboxRow { id: string; kind: Notice['kind']; channel: string; unit_id: string | null; address: string; audience: string; ticket_id: string | null; created_at: Date; tries: number; sent_at: Date | null; receipt_at: Date | null; dead_at: Date | null; error: string; total: number }

const ms = (at: Date | null): number | null => at?.getTime() ?? null

/** So many that may be about the same, or are near, are shown in the form. */
const MOST_ALIKE = 20

/** Tickets whose district is worked out in one statement: on a machine that is busy with something else, too, it must be over in time. */
const PLACED_AT_ONCE = 250

/** The half of the dispatch room's questions that are not about one ticket. */
export function makeHallStore(pool: Pool): Omit<HallStore, 'delivered'> {
  return {
    async board(unitId) {
      const { rows } = await pool.query<{ state: string; unit_id: string | null; total: number; late: number; soon: number }>(unitId === null ? sql.BOARD : sql.BOARD_OF_UNIT, unitId === null ? [] : [unitId])
      return rows.map(({ unit_id, ...cell }): BoardCell => ({ ...cell, unitId: unit_id }))
    },
    async areas(unitId, { key, of }) {
      const held: string[] = []
      for (let more = true; more;) {
        const { rows } = await pool.query<{ id: string; version: number; lat: number | null; lon: number | null; place: string }>(sql.UNPLACED, [key, held, PLACED_AT_ONCE])
        const placed = rows.map(({ id, version, lat, lon, place }) => ({ id, version, area: of(lat === null || lon === null ? null : { lat, lon }, place) }))
        const done = new Set(placed.length === 0 ? [] : (await pool.query<{ id: string }>(sql.PLACE_AREAS, [key, JSON.stringify(placed)])).rows.map(({ id }) => id))
        held.push(...placed.filter(({ id }) => !done.has(id)).map(({ id }) => id))
        more = rows.length === PLACED_AT_ONCE
      }
      return (await pool.query<{ area: string | null; total: number; late: number }>(sql.AREAS(unitId !== null), unitId === null ? [key] : [key, unitId])).rows
    },
    async alike({ id, fields: { category, point, place } }) {
      if (category === null) return { duplicates: [], nearby: [] }
      const { rows } = await pool.query<TicketRow & { distance: number | null; fresh: boolean }>(NEARBY, [id, category, point?.lat ?? null, point?.lon ?? null, plainPlace(place), point?.uncertaintyMetres ?? null, MOST_ALIKE])
      const duplicates = rows.filter(({ fresh }) => fresh).map((row): Duplicate => ({ id: row.id, number: row.number, state: row.state, place: row.place, description: row.description, openedAt: row.opened_at.getTime(), distanceMetres: row.distance === null ? null : Math.round(row.distance), members: row.members }))
      return { duplicates, nearby: rows.map((row) => summaryOf(row)) }
    },
    async notices(units) {
      const { rows } = units === null ? await pool.query<NoticeRow>(sql.NOTICES_OF_HALL) : await pool.query<NoticeRow>(sql.NOTICES_OF_UNITS, [units])
      return rows.map(noticeOf)
    },
    async confirm(noticeId, unitId) {
      const { rows: [row] } = await pool.query<{ kind: string; unit_id: string | null; ticket_id: string | null }>(sql.CONFIRM_NOTICE, [noticeId, unitId])
      const found = row ?? (await pool.query<{ kind: string; unit_id: string | null; ticket_id: string | null }>(sql.NOTICE_KNOWN, [noticeId, unitId])).rows[0]
      return found === undefined ? null : { kind: found.kind, unitId: found.unit_id, ticketId: found.ticket_id, first: row !== undefined }
    },
    async deadMark() { return (await pool.query<{ mark: string }>(sql.DEAD_MARK)).rows[0]?.mark ?? '' },
    async outbox(query) {
      const { rows } = await pool.query<OutboxRow>(sql.listOutbox(query.dead === true), [query.ticketId ?? null, query.limit, query.offset])
      return {
        total: rows[0]?.total ?? 0,
        messages: rows.map((row): OutboxLine => ({
          id: row.id, kind: row.kind, channel: row.channel, unitId: row.unit_id, to: row.audience === 'citizen' ? row.address.replace(/\d(?=\d{4})/g, '*') : row.address, ticketId: row.ticket_id,
          createdAt: row.created_at.getTime(), tries: row.tries, sentAt: ms(row.sent_at), receiptAt: ms(row.receipt_at), deadAt: ms(row.dead_at), error: row.error,
        })),
      }
    },
    async replay(messageId, who) {
      const { rowCount } = await pool.query(sql.REPLAY_OUTBOX, [messageId])
      if (rowCount === 0) return false
      await pool.query(`insert into audit (person_id, act, subject) values ($1, 'outbox.replay', $2)`, [who.id, messageId])
      return true
    },
    async now() {
      const { rows: [row] } = await pool.query<{ now: Date }>('select clock_timestamp() as now')
      return row?.now.getTime() ?? 0
    },
  }
}
