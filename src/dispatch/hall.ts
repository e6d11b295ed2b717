import { createHash } from 'node:crypto'
import { DELIVERS, type BoardCell, type Notice, type OutboxLine } from '../contracts/dispatch.js'
import { LiandongError } from '../contracts/errors.js'
import type { Self } from '../contracts/people.js'
import type { Point } from '../contracts/primitives.js'
import type { Ticket } from '../contracts/ticket.js'
import type { District } from './core/geo.js'
import { propose } from './core/routing.js'
import type { Rules } from './core/rules.js'
import type { Alike, Hall, Tickets } from './ports.js'

/** What the hall needs of the database. */
export interface HallStore {
  board(unitId: string | null): Promise<readonly BoardCell[]>
  /** What is in hand in each district (null: in none), and late. Tickets keep their district; those that were not yet placed by these districts (`key`) are placed first. What somebody has his hands on in this instant is counted the next time. */
  areas(unitId: string | null, by: { readonly key: string; readonly of: HallDeps['areaOf'] }): Promise<readonly { readonly area: string | null; readonly total: number; readonly late: number }[]>
  alike(ticket: Ticket): Promise<Alike>
  /** Not confirmed yet. `units` null: those for the hall. */
  notices(units: readonly string[] | null): Promise<readonly Notice[]>
  /** Null: there is none for this reader. `first`: this receipt is the first. */
  confirm(noticeId: string, unitId: string | null): Promise<{ readonly kind: string; readonly unitId: string | null; readonly ticketId: string | null; readonly first: boolean } | null>
  outbox(query: { readonly dead?: boolean; readonly ticketId?: string; readonly limit: number; readonly offset: number }): Promise<{ readonly messages: readonly OutboxLine[]; readonly total: number }>
  /** Another text whenever the messages that were given up are others. */
  deadMark(): Promise<string>
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

/** Districts by their content: the same key after a restart and on every node. */
const keys = new WeakMap<readonly District[], string>()
function keyOf(districts: readonly District[]): string {
  const key = keys.get(districts) ?? createHash('sha256').update(JSON.stringify(districts)).digest('hex').slice(0, 16)
  keys.set(districts, key)
  return key
}

/** What dispatchers and units ask beside acts: proposals, duplicates, the board, notices, receipts, the outbox. */
export function makeHall({ store, tickets, rules, areaOf, onDelivered }: HallDeps): Hall {
  const unitOf = (who: Self): string | null => (who.role === 'unit' ? who.unitId ?? '' : null)
  return {
    async proposal(who, ticketId) {
      const { fields, work } = await tickets.get(who, ticketId)
      return propose({ category: fields.category, area: areaOf(fields.point, fields.place), priority: work.priority, hazard: work.hazard, returns: work.returns, now: await store.now() }, rules())
    },
    async duplicates(who, ticketId) { return store.alike(await tickets.get(who, ticketId)) },
    async board(who) {
      const districts = rules().districts ?? []
      const [cells, counts] = await Promise.all([store.board(unitOf(who)), districts.length === 0 ? [] : store.areas(unitOf(who), { key: keyOf(districts), of: areaOf })])
      const of = (id: string | null) => { const { total, late } = counts.find(({ area }) => area === id) ?? { total: 0, late: 0 }; return { total, late } }
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
