import type { CallRecord } from '../intake/ports.js'
import type { Self } from '../contracts/people.js'
import type { ActResult, HistoryRow, Ticket, TicketAct, TicketList, Unit } from '../contracts/ticket.js'

export interface TicketQuery {
  /** Tickets that this operator opened or last changed. */
  readonly mine?: string
  readonly unitId?: string
  readonly state?: string
  /** Number, provisional number, caller's number or text. */
  readonly text?: string
  readonly callBack?: boolean
  readonly attention?: boolean
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
  units(): Promise<readonly Unit[]>
  calls(who: Self, query: { readonly number?: string; readonly mine?: boolean; readonly limit: number; readonly offset: number }): Promise<{ readonly calls: readonly CallRecord[]; readonly total: number }>
  /** Told after each durable change, on any node. */
  onChanged(listener: (ticketId: string, version: number) => void): void
}
