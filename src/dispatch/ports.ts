import type { BoardArea, BoardCell, Duplicate, DutyRule, Notice, OutboxLine, Proposal } from '../contracts/dispatch.js'
import type { TicketAct } from '../contracts/acts.js'
import type { TicketSummary } from '../contracts/call.js'
import type { StateClass } from '../contracts/life-cycle.js'
import type { CallRecord } from '../intake/ports.js'
import type { Self } from '../contracts/people.js'
import type { ActResult, HistoryRow, Ticket, TicketList, Unit } from '../contracts/ticket.js'

export interface TicketQuery {
  /** Tickets that this operator opened or last changed. */
  readonly mine?: string
  /** Leads or assists. */
  readonly unitId?: string
  /** Of `unitId`: leads. */
  readonly leads?: boolean
  /** What is due is what is due of `unitId`: neither the hall's clocks count nor another unit's. */
  readonly own?: boolean
  readonly state?: string
  readonly class?: StateClass
  readonly category?: string
  /** Neither over nor following another. */
  readonly inHand?: boolean
  /** Past a due moment. */
  readonly late?: boolean
  /** Due within two hours. */
  readonly soon?: boolean
  readonly mergedInto?: string
  /** Opened from … to, ms. */
  readonly from?: number
  readonly to?: number
  /** Number, provisional number, caller's number or words. */
  readonly text?: string
  /** Who asks may not find a ticket by its caller. */
  readonly unnamed?: boolean
  readonly callBack?: boolean
  readonly attention?: boolean
  readonly sort?: 'newest' | 'due'
  readonly limit: number
  readonly offset: number
}

/** Tickets, as `http` uses them. Who may see or do what is decided here by role, not in the route. */
export interface Tickets {
  get(who: Self, ticketId: string): Promise<Ticket>
  list(who: Self, query: TicketQuery): Promise<TicketList>
  history(who: Self, ticketId: string): Promise<readonly HistoryRow[]>
  /** Resolves once durable (committed, or fsynced to the journal). Idempotent by `act.actId`. */
  act(who: Self, ticketId: string, act: TicketAct): Promise<ActResult>
  /** One act on many; each for itself. Idempotent by `actId`. */
  urgeMany(who: Self, order: { readonly actId: string; readonly ids: readonly string[]; readonly note: string }): Promise<{ urged: string[]; refused: { id: string; code: string; text: string }[] }>
  /** The complainant's number in full; noted with the reason. @throws LiandongError `ticket.confidential` */
  reveal(who: Self, ticketId: string, reason: string): Promise<{ readonly number: string; readonly name: string }>
  units(): Promise<readonly Unit[]>
  calls(who: Self, query: { readonly number?: string; readonly mine?: boolean; readonly limit: number; readonly offset: number }): Promise<{ readonly calls: readonly CallRecord[]; readonly total: number }>
  /** Told after each durable change, on any node. */
  onChanged(listener: (ticketId: string, version: number) => void): void
}

/** What may be about the same thing, by the rule of its category; and that and whatever else of it is in hand there. */
export interface Alike { readonly duplicates: readonly Duplicate[]; readonly nearby: readonly TicketSummary[] }

/** What hall and terminals ask beside single tickets. */
export interface Hall {
  proposal(who: Self, ticketId: string): Promise<Proposal>
  duplicates(who: Self, ticketId: string): Promise<Alike>
  board(who: Self): Promise<{ readonly cells: readonly BoardCell[]; readonly areas: readonly BoardArea[] }>
  duties(): Promise<readonly DutyRule[]>
  notices(who: Self): Promise<readonly Notice[]>
  /** A terminal has shown a notice; of a dispatch this is the delivery. */
  receipt(who: Self, noticeId: string): Promise<void>
  outbox(query: { readonly dead?: boolean; readonly ticketId?: string; readonly limit: number; readonly offset: number }): Promise<{ readonly messages: readonly OutboxLine[]; readonly total: number }>
  replay(who: Self, messageId: string): Promise<void>
}
