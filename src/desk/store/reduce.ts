import type { QueueView, ServerMessage, TrendPoint } from '../../contracts/ws.js'
import { newerTicket } from '../../contracts/newer-ticket.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { DeskState, Link } from './state.js'

/** Everything that changes the desk's state. `now`: the workstation's clock, ms. */
export type DeskEvent =
  | { readonly type: 'message'; readonly message: ServerMessage; readonly now: number }
  | { readonly type: 'link'; readonly link: Link }
  /** An act's answer carries the ticket; it may be newer than what the websocket brought. */
  | { readonly type: 'acted'; readonly ticket: Ticket }
  /** A ticket was opened by hand, or put away. */
  | { readonly type: 'opened'; readonly ticket: Ticket | null }

/** ms. */
export const TREND_SPAN = 30 * 60_000

/** The desk's state after an event of the link, the server or the user. Pure; the same object when nothing changed. */
export function reduce(state: DeskState, event: DeskEvent): DeskState {
  switch (event.type) {
    case 'link':
      return state.link === event.link ? state : { ...state, link: event.link, gap: event.link === 'open' ? state.gap : false }
    case 'acted':
      return {
        ...state,
        ticket: state.ticket?.id === event.ticket.id ? newerTicket(state.ticket, event.ticket) : state.ticket,
        opened: state.opened?.id === event.ticket.id ? newerTicket(state.opened, event.ticket) : state.opened,
      }
    case 'opened':
      return { ...state, opened: event.ticket === null ? null : newerTicket(state.opened, event.ticket) }
    case 'message':
      return receive(state, event.message, event.now)
  }
}

/** The sequence of one operator's messages: each is applied once and in order; a hole asks for a replay. */
function receive(state: DeskState, message: ServerMessage, now: number): DeskState {
  if (!('seq' in message)) return apply(state, message, now)
  if (message.type === 'snapshot') return apply({ ...state, seq: message.seq, gap: false }, message, now)
  if (message.seq <= state.seq || state.gap) return state
  if (message.seq > state.seq + 1) return { ...state, gap: true }
  return apply({ ...state, seq: message.seq }, message, now)
}

function apply(state: DeskState, message: ServerMessage, now: number): DeskState {
  switch (message.type) {
    case 'welcome':
      return {
        ...state,
        seat: message.seat,
        practice: message.practice,
        skew: message.serverTime - now,
        gap: false,
        welcomes: state.welcomes + 1,
        trend: message.trend?.map(({ at, waiting }) => ({ at: at - message.serverTime + now, waiting })) ?? state.trend,
        ...(message.epoch === state.epoch ? {} : { epoch: message.epoch, seq: 0 }),
      }
    case 'seat':
      return { ...state, seat: message.seat }
    case 'snapshot': {
      const { me, call, ticket } = message.snapshot
      return { ...state, me, call, ticket: ticket === null ? null : newerTicket(state.ticket, ticket), gone: call !== null ? null : state.call === null ? state.gone : { callId: state.call.callId, reason: 'lost' } }
    }
    case 'me':
      return { ...state, me: message.me }
    case 'call':
      return {
        ...state,
        call: message.call,
        // The ticket of an earlier call leaves the screen when another call comes.
        ticket: state.ticket?.id === message.call.callId ? state.ticket : null,
        gone: null,
      }
    case 'call.gone':
      if (state.call?.callId !== message.callId) return state
      return { ...state, call: null, ticket: null, gone: { callId: message.callId, reason: message.reason } }
    case 'ticket':
      return {
        ...state,
        ticket: newerTicket(state.ticket, message.ticket),
        opened: state.opened?.id === message.ticket.id ? newerTicket(state.opened, message.ticket) : state.opened,
        changed: bump(state, message.ticket.id, message.ticket.version),
      }
    case 'queue':
      return { ...state, queue: message.queue, trend: trend(state.trend, message.queue, now) }
    case 'health':
      return { ...state, health: message.health }
    case 'ticket.changed':
      return { ...state, changed: bump(state, message.ticketId, message.version) }
    case 'notice':
    case 'refused':
    case 'done':
      // Answers to requests belong to the socket that asked; notices to the terminal's own page.
      return state
  }
}

const bump = (state: DeskState, ticketId: string, version: number): NonNullable<DeskState['changed']> => ({ count: (state.changed?.count ?? 0) + 1, ticketId, version })

function trend(points: readonly TrendPoint[], queue: QueueView, now: number): readonly TrendPoint[] {
  if (points.at(-1)?.waiting === queue.waiting) return points
  // The last one before the span still holds at its beginning.
  const first = Math.max(0, points.findLastIndex(({ at }) => at <= now - TREND_SPAN))
  return [...points.slice(first), { at: now, waiting: queue.waiting }]
}
