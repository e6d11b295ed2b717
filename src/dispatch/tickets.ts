import type { TicketAct } from '../contracts/acts.js'
import type { TicketSummary } from '../contracts/call.js'
import { errorText, LiandongError } from '../contracts/errors.js'
import { ACTS, classOf } from '../contracts/life-cycle.js'
import type { Self } from '../contracts/people.js'
import type { ActResult, HistoryRow, Ticket, TicketList, Unit } from '../contracts/ticket.js'
import type { CallRecord } from '../intake/ports.js'
import { concerns } from './core/acts.js'
import { historyShownTo, outletOf, partedFrom, SHOWN, shownTo } from './core/privacy.js'
import { idFrom } from './ids.js'
import type { TicketQuery, Tickets } from './ports.js'

/** What tickets need of the database. */
export interface TicketStore {
  get(ticketId: string): Promise<Ticket>
  /** Durable when it resolves; idempotent by `act.actId`. */
  act(ticketId: string, act: TicketAct, who: Self): Promise<ActResult>
  /** Where this person's act is kept; null: he did none of this id. */
  did(ticketId: string, actId: string, personId: string): Promise<ActResult['stored'] | null>
  list(query: TicketQuery): Promise<TicketList>
  history(ticketId: string): Promise<readonly HistoryRow[]>
  units(): Promise<readonly Unit[]>
  calls(query: { readonly number?: string; readonly operatorId?: string; readonly limit: number; readonly offset: number }): Promise<{ readonly calls: readonly CallRecord[]; readonly total: number }>
}

/** What stands beside tickets: their photos, and who looked at a complainant's number. */
export interface TicketSide {
  /** Those of `ids` that are photos of this ticket. */
  photosOf(ticketId: string, ids: readonly string[]): Promise<readonly string[]>
  noteReveal(who: Self, ticketId: string, reason: string): Promise<void>
}

export interface TicketsDeps {
  readonly store: TicketStore
  readonly side: TicketSide
  readonly knowsCategory: (category: string) => boolean
  /** After an act of this node. */
  readonly onActed: (ticket: Ticket) => void
  readonly clock?: () => number
}

/** What else was said of a unit's ticket: of one that follows it what it is about, when and where; whom it belonged to before is not its business. */
const saidOfIt = ({ id, number, state, kind, category, place, description, openedAt }: TicketSummary): TicketSummary => ({ id, number, state, kind, category, place, description, openedAt, unitId: null, callBack: false })

/** How long the list of units is used before it is read again, ms. */
const UNITS_FRESH = 60_000

/** Who may see and do what, and checks that need more than the ticket itself. */
export function makeTickets({ store, side, knowsCategory, onActed, clock = Date.now }: TicketsDeps): Tickets & { changed(ticketId: string, version: number): void } {
  const listeners: ((ticketId: string, version: number) => void)[] = []
  let units: { readonly list: readonly Unit[]; readonly at: number } | null = null

  async function visible(who: Self, ticketId: string): Promise<Ticket> {
    const ticket = await store.get(ticketId)
    // Another unit's ticket does not exist for a unit: its number must not even be guessed at.
    if (who.role === 'unit' && !concerns(ticket, who.unitId)) throw new LiandongError('ticket.not-found', { id: ticketId })
    return shownTo(ticket, outletOf(who.role))
  }

  /** A city enters telephone numbers while we run; and a ticket must find its unit while PostgreSQL is away. */
  async function allUnits(): Promise<readonly Unit[]> {
    const now = clock()
    if (units !== null && now - units.at < UNITS_FRESH) return units.list
    try {
      units = { list: await store.units(), at: now }
    } catch (error) {
      if (units === null) throw error
      units = { list: units.list, at: now }
    }
    return units.list
  }

  const tickets: Tickets & { changed(ticketId: string, version: number): void } = {
    get: visible,
    async list(who, query) {
      if (who.role !== 'unit') return store.list(query)
      const { mergedInto, limit, offset } = query
      if (mergedInto === undefined) return store.list({ ...query, unitId: who.unitId ?? '', own: true, unnamed: true })
      await visible(who, mergedInto)
      const { tickets: followers, ...rest } = await store.list({ mergedInto, limit, offset, unnamed: true })
      return { ...rest, tickets: followers.map(saidOfIt) }
    },
    async history(who, ticketId) {
      const { work } = await visible(who, ticketId)
      return historyShownTo(await store.history(ticketId), work.privacy, outletOf(who.role))
    },
    async act(who, ticketId, act) {
      if (!ACTS[act.act].roles.includes(who.role)) throw new LiandongError('auth.forbidden', { role: who.role })
      if (who.role === 'unit') {
        const ticket = await store.get(ticketId)
        if (!concerns(ticket, who.unitId)) {
          // It is sent again and was done: by it, or since, the unit had no more to do with the ticket.
          const stored = await store.did(ticketId, act.actId, who.id)
          if (stored !== null) return { ticket: partedFrom(ticket), stored }
          throw new LiandongError('ticket.not-found', { id: ticketId })
        }
      }
      if (act.act === 'edit' && act.changes.category != null && !knowsCategory(act.changes.category)) throw new LiandongError('ticket.category-unknown', { category: act.changes.category })
      for (const unitId of [...('unitId' in act ? [act.unitId] : []), ...('assist' in act ? act.assist ?? [] : [])]) {
        if (!(await allUnits()).some((unit) => unit.id === unitId)) throw new LiandongError('ticket.unit-unknown', { unitId })
      }
      const photos = 'photos' in act ? act.photos : []
      if (photos.length > 0) {
        const known = await side.photosOf(ticketId, photos)
        for (const id of photos) if (!known.includes(id)) throw new LiandongError('ticket.photo-unknown', { id })
      }
      const result = await store.act(ticketId, act, who)
      onActed(result.ticket)
      for (const listener of listeners) listener(ticketId, result.ticket.version)
      return { ...result, ticket: shownTo(result.ticket, outletOf(who.role)) }
    },
    async urgeMany(who, { actId, ids, note }) {
      const urged: string[] = []
      const refused: { id: string; code: string; text: string }[] = []
      for (const id of ids) {
        try {
          await tickets.act(who, id, { actId: idFrom(`${actId} ${id}`), act: 'urge', baseVersion: 0, note })
          urged.push(id)
        } catch (error) {
          if (!(error instanceof LiandongError)) throw error
          refused.push({ id, code: error.code, text: errorText(error.code, who.language === 'en' ? 'en' : 'zh', error.details) })
        }
      }
      return { urged, refused }
    },
    async reveal(who, ticketId, reason) {
      await visible(who, ticketId)
      const { caller, fields, work, state } = await store.get(ticketId)
      const shown = SHOWN[work.privacy][outletOf(who.role)]
      if (shown.number === 'none') throw new LiandongError('ticket.confidential')
      // What it needed it for is done.
      if (who.role === 'unit' && classOf(state) === 'closed') throw new LiandongError('ticket.over')
      // Noted before it is shown: what cannot be noted is not shown.
      await side.noteReveal(who, ticketId, reason)
      return { number: caller.number, name: shown.name ? fields.callerName : '' }
    },
    units: allUnits,
    calls(who, { mine, ...query }) {
      if (who.role === 'unit') throw new LiandongError('auth.forbidden', { role: who.role })
      return store.calls({ ...query, ...(mine === true ? { operatorId: who.id } : {}) })
    },
    onChanged(listener) { listeners.push(listener) },
    changed(ticketId, version) { for (const listener of listeners) listener(ticketId, version) },
  }
  return tickets
}
