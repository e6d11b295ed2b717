import { DELIVERS, type BoardCell, type Duplicate, type Notice, type OutboxLine } from '../contracts/dispatch.js'
import { LiandongError } from '../contracts/errors.js'
import type { Self } from '../contracts/people.js'
import type { Point } from '../contracts/primitives.js'
import type { Ticket } from '../contracts/ticket.js'
import { propose } from './core/routing.js'
import type { Rules } from './core/rules.js'
import type { Hall, Tickets } from './ports.js'

/** What the hall needs of the database. */
export interface HallStore {
  board(unitId: string | null): Promise<readonly BoardCell[]>
  /** Where what is in hand is, and whether it is late. */
  standing(unitId: string | null): Promise<readonly { readonly point: Point | null; readonly place: string; readonly late: boolean }[]>
  duplicates(ticket: Ticket): Promise<readonly Duplicate[]>
  /** Not confirmed yet. `units` null: those for the hall. */
  notices(units: readonly string[] | null): Promise<readonly Notice[]>
  /** Null: there is none for this reader. `first`: this receipt is the first. */
  confirm(noticeId: string, unitId: string | null): Promise<{ readonly kind: string; readonly unitId: string | null; readonly ticketId: string | null; readonly first: boolean } | null>
  outbox(query: { readonly dead?: boolean; readonly ticketId?: string; readonly limit: number; readonly offset: number }): Promise<{ readonly messages: readonly OutboxLine[]; readonly total: number }>
  replay(messageId: string, who: Self): Promise<boolean>
  delivered(ticketId: string, unitId: string, receipt: string): Promise<Ticket | null>
  now(): Promise<number>
}

export interface HallDeps {
  readonly store: HallStore
  readonly tickets: Pick<Tickets, 'get'>
  readonly rules: () => Rules
  /** The district of a place; null when unknown. */
  readonly areaOf: (point: Point | null, place: string) => string | null
  /** After a delivery of this node. */
  readonly onDelivered: (ticket: Ticket) => void
}

/** What dispatchers and units ask beside acts: proposals, duplicates, the board, notices, receipts, the outbox. */
export function makeHall({ store, tickets, rules, areaOf, onDelivered }: HallDeps): Hall {
  const unitOf = (who: Self): string | null => (who.role === 'unit' ? who.unitId ?? '' : null)
  return {
    async proposal(who, ticketId) {
      const { fields, work } = await tickets.get(who, ticketId)
      return propose({ category: fields.category, area: areaOf(fields.point, fields.place), priority: work.priority, hazard: work.hazard, now: await store.now() }, rules())
    },
    async duplicates(who, ticketId) { return store.duplicates(await tickets.get(who, ticketId)) },
    async board(who) {
      const districts = rules().districts ?? []
      const [cells, standing] = await Promise.all([store.board(unitOf(who)), districts.length === 0 ? [] : store.standing(unitOf(who))])
      const count = new Map<string | null, { total: number; late: number }>()
      for (const { point, place, late } of standing) {
        const area = areaOf(point, place)
        const { total, late: before } = count.get(area) ?? { total: 0, late: 0 }
        count.set(area, { total: total + 1, late: before + Number(late) })
      }
      const of = (id: string | null) => count.get(id) ?? { total: 0, late: 0 }
      const elsewhere = of(null)
      return { cells, areas: [...districts.map(({ id, name, nameEn }) => ({ id, name, nameEn, ...of(id) })), ...(elsewhere.total > 0 ? [{ id: null, name: '', nameEn: '', ...elsewhere }] : [])] }
    },
    duties: () => Promise.resolve(rules().duties),
    notices(who) {
      const unitId = unitOf(who)
      return store.notices(unitId === null ? null : [unitId])
    },
    async receipt(who, noticeId) {
      const notice = await store.confirm(noticeId, unitOf(who))
      if (notice === null) throw new LiandongError('notice.not-found')
      if (!DELIVERS.has(notice.kind) || notice.unitId === null || notice.ticketId === null) return
      // Even when this is not the first receipt: the first one's sender may have died before its clocks ran.
      const ticket = await store.delivered(notice.ticketId, notice.unitId, noticeId)
      if (ticket !== null) onDelivered(ticket)
    },
    outbox: (query) => store.outbox(query),
    async replay(who, messageId) { if (!(await store.replay(messageId, who))) throw new LiandongError('notice.not-found') },
  }
}
