import { isUrgent, MOST_NOTICES, type Notice } from '../../contracts/dispatch.js'
import type { OperatorView, QueueView, ServerMessage, TrendPoint } from '../../contracts/ws.js'
import { newerTicket } from '../../contracts/newer-ticket.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { DeskState, Link } from './state.js'

/** Everything that changes the desk's state. `now`: the workstation's clock, ms. */
export type DeskEvent =
  | { readonly type: 'message'; readonly message: ServerMessage; readonly now: number }
  | { readonly type: 'link'; readonly link: Link }
  /** An act's answer carries the ticket; it may be newer than what the websocket brought. */
  | { readonly type: 'acted'; readonly ticket: Ticket }
  /** The server's list of what nobody confirmed. `before`: what this desk had when it asked; what came since the server may not have known yet. */
  | { readonly type: 'noticesRead'; readonly notices: readonly Notice[]; readonly before: readonly Notice[] }
  /** A person put a notice away. */
  | { readonly type: 'noticed'; readonly id: string }
  /** A ticket was opened by hand, or put away. */
  | { readonly type: 'opened'; readonly ticket: Ticket | null }

/** ms. */
export const TREND_SPAN = 30 * 60_000

/** The desk's state after an event of the link, the server or the user. Pure; the same object when nothing changed. */
export function reduce(state: DeskState, event: DeskEvent): DeskState {
  switch (event.type) {
    case 'link':
      return state.link === event.link ? state : { ...state, link: event.link, gap: event.link === 'open' ? state.gap : false }
    case 'acted': {
      const known = state.opened?.id === event.ticket.id ? state.opened : state.ticket?.id === event.ticket.id ? state.ticket : null
      return {
        ...state,
        // Whoever gave it away is told of its changes no more: its lists hear of it here.
        ...(known !== null && known.unitId !== event.ticket.unitId && known.version < event.ticket.version ? bump(state, event.ticket.id, event.ticket.version) : {}),
        ticket: state.ticket?.id === event.ticket.id ? newerTicket(state.ticket, event.ticket) : state.ticket,
        opened: state.opened?.id === event.ticket.id ? newerTicket(state.opened, event.ticket) : state.opened,
      }
    }
    case 'opened':
      return { ...state, opened: event.ticket === null ? null : newerTicket(state.opened, event.ticket) }
    case 'noticesRead': {
      // An alarm that a unit does not hear is over with the delivery, a report when somebody looked at it, a time limit with its clock: what the hall is told stands as long as the server says so, not until each desk puts it away.
      const now = new Map(event.notices.map((notice) => [notice.id, notice]))
      const standing = state.notices.filter(({ id, unitId }) => unitId !== null || now.has(id) || !event.before.some((had) => had.id === id))
      // What stands may be a danger no more.
      const safer = standing.map((one) => { const { hazard } = now.get(one.id) ?? one; return hazard === one.hazard ? one : { ...one, hazard } })
      return [...event.notices].sort((a, b) => a.at - b.at).reduce(heard, safer.length === state.notices.length && safer.every((one, n) => one === state.notices[n]) ? state : { ...state, notices: safer })
    }
    case 'noticed':
      return { ...state, notices: state.notices.filter(({ id }) => id !== event.id), noticed: new Set([...state.noticed, event.id]) }
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

/** A call-back that is over: only that it reached nobody need be said. */
function callBackGone(before: DeskState['me'], now: OperatorView): DeskState['gone'] {
  if (before?.redial === undefined || now.redial !== undefined) return null
  return { callId: before.redial.ticketId, reason: before.redial.reached ? 'ended' : 'not-reached' }
}

function apply(state: DeskState, message: ServerMessage, now: number): DeskState {
  switch (message.type) {
    case 'welcome':
      return {
        ...state,
        seat: message.seat,
        practice: message.practice,
        playsUnits: message.playsUnits === true,
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
      // A server that restarted does not know this talk, or the call of this paper work, yet; form and caller stay on the screen.
      if (call === null && state.call !== null && state.call.callId === me.callId) return { ...state, me }
      return { ...state, me, call, ticket: ticket === null ? null : newerTicket(state.ticket, ticket), gone: call !== null ? null : state.call === null ? state.gone : { callId: state.call.callId, reason: 'lost' } }
    }
    case 'me':
      return { ...state, me: message.me, gone: callBackGone(state.me, message.me) ?? state.gone }
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
        ...bump(state, message.ticket.id, message.ticket.version),
      }
    case 'queue':
      return { ...state, queue: message.queue, trend: trend(state.trend, message.queue, now) }
    case 'health':
      return { ...state, health: message.health }
    case 'ticket.changed':
      return { ...state, ...bump(state, message.ticketId, message.version) }
    case 'photo.added':
      return { ...state, photos: { ...state.photos, [message.ticketId]: (state.photos[message.ticketId] ?? 0) + 1 } }
    case 'list.changed':
      return { ...state, lists: { ...state.lists, [message.list]: (state.lists[message.list] ?? 0) + 1 } }
    case 'notice':
      return heard(state, message.notice)
    case 'refused':
    case 'done':
      // Answers to requests belong to the socket that asked.
      return state
  }
}

const bump = (state: DeskState, ticketId: string, version: number): Pick<DeskState, 'changed' | 'alarms'> => ({
  changed: { count: (state.changed?.count ?? 0) + 1, ticketId, version },
  alarms: state.alarms + Number(state.notices.some((notice) => notice.unitId === null && notice.ticketId === ticketId)),
})

/** Told again until it is confirmed: shown once. One alarm about one ticket and the unit that does not hear of it: the newer says it all. */
function heard(state: DeskState, notice: Notice): DeskState {
  if (state.noticed.has(notice.id) || state.notices.some(({ id }) => id === notice.id)) return state
  const others = notice.kind === 'undelivered' ? state.notices.filter(({ kind, ticketId, about }) => kind !== 'undelivered' || ticketId !== notice.ticketId || about !== notice.about) : state.notices
  return { ...state, notices: [notice, ...fewer(others)] }
}

/** One place is free: more at once nobody reads. What is not urgent goes first, the oldest of it; what is not confirmed is told again. */
function fewer(notices: readonly Notice[]): readonly Notice[] {
  if (notices.length < MOST_NOTICES) return notices
  const news = notices.findLastIndex((notice) => !isUrgent(notice))
  return notices.filter((_, n) => n !== (news < 0 ? notices.length - 1 : news))
}

function trend(points: readonly TrendPoint[], queue: QueueView, now: number): readonly TrendPoint[] {
  if (points.at(-1)?.waiting === queue.waiting) return points
  // The last one before the span still holds at its beginning.
  const first = Math.max(0, points.findLastIndex(({ at }) => at <= now - TREND_SPAN))
  return [...points.slice(first), { at: now, waiting: queue.waiting }]
}
