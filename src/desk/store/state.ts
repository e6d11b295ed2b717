import type { CallCard } from '../../contracts/call.js'
import type { Notice } from '../../contracts/dispatch.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { HealthView, ListName, OperatorView, QueueView, ServerMessageOf, TrendPoint } from '../../contracts/ws.js'

export type Seat = 'active' | 'standby'
/** `replaced`: another window opened with this tab's id; this one stays quiet until it is asked for. */
export type Link = 'connecting' | 'open' | 'lost' | 'replaced'

/** What the desk knows by the websocket. Ticket text that is being typed is not here but in the outbox. */
export interface DeskState {
  readonly link: Link
  readonly epoch: string | null
  /** Highest sequence number applied in this epoch. */
  readonly seq: number
  /** A message between `seq` and what arrived is missing: the socket must say hello again. */
  readonly gap: boolean
  /** How often the server welcomed this desk: what was read before may be old after each. */
  readonly welcomes: number
  readonly seat: Seat | null
  readonly practice: boolean
  /** Practice: units that nobody is signed in for are played. */
  readonly playsUnits: boolean
  /** Server's clock minus the workstation's, ms. */
  readonly skew: number
  readonly me: OperatorView | null
  readonly call: CallCard | null
  readonly ticket: Ticket | null
  /** The ticket opened by hand: in the detail of the ticket page, or in the drawer over a call. */
  readonly opened: Ticket | null
  /** How the last call left, until the next one comes. */
  readonly gone: { readonly callId: string; readonly reason: ServerMessageOf<'call.gone'>['reason'] | 'lost' | 'not-reached' } | null
  readonly queue: QueueView | null
  /** People waiting over the last half hour, by this workstation's clock; each point holds until the next. */
  readonly trend: readonly TrendPoint[]
  readonly health: HealthView | null
  /** What this terminal was told and nobody put away yet, newest first. */
  readonly notices: readonly Notice[]
  /** How often a ticket changed of which the hall was told something: that may be over. */
  readonly alarms: number
  /** Put away; told again they stay so. */
  readonly noticed: ReadonlySet<string>
  /** How often a list that is about no one ticket was another. */
  readonly lists: Readonly<Partial<Record<ListName, number>>>
  /** How often a photo came to a ticket while this desk was there. */
  readonly photos: Readonly<Record<string, number>>
  /** Versions of tickets that changed somewhere, for lists and open pages. */
  readonly changed: { readonly count: number; readonly ticketId: string; readonly version: number } | null
}

export const initialState: DeskState = {
  link: 'connecting', epoch: null, seq: 0, gap: false, welcomes: 0, seat: null, practice: false, playsUnits: false, skew: 0,
  me: null, call: null, ticket: null, opened: null, gone: null, queue: null, trend: [], health: null, changed: null, lists: {}, photos: {}, notices: [], alarms: 0, noticed: new Set(),
}
