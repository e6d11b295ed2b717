import type { CallCard } from '../contracts/call.js'
import type { OperatorView, QueueView } from '../contracts/ws.js'
import { cardOf, type Clocks } from './card.js'
import { isReachable } from './core/controls.js'
import type { Operator, Room } from './core/room.js'
import type { DayCounters, DeskSnapshot, Line, PhoneBook } from './ports.js'

/** Who waits and who is there, for the queue strip. `mono`: the monotonic clock, ms. */
export function queueView(room: Room, today: DayCounters, mono: number): QueueView {
  const waiting = room.waiting.size
  let waitingEmergency = 0
  let oldest = Infinity
  room.waiting.each((call) => {
    if (call.class === 'emergency') waitingEmergency += 1
    oldest = Math.min(oldest, call.queuedSince)
  })
  const counts = { ready: 0, ringing: 0, talking: 0, 'wrap-up': 0, break: 0 }
  room.operators.each(({ presence, attached }) => {
    if (presence === 'talking' || presence === 'ringing') counts[presence] += 1
    else if (attached && (presence === 'ready' || presence === 'wrap-up')) counts[presence] += 1
    else if (attached) counts.break += 1
  })
  return {
    waiting, waitingEmergency,
    longestWaitSeconds: waiting === 0 ? 0 : Math.max(0, Math.floor((mono - oldest) / 1000)),
    ready: counts.ready, ringing: counts.ringing, talking: counts.talking, wrapUp: counts['wrap-up'], onBreak: counts.break,
    answeredToday: today.answered, answeredInTimeToday: today.answeredInTime, promisedToday: today.promised, abandonedToday: today.abandoned,
  }
}

/** An operator as his own desk shows him. */
export function operatorView(room: Room, operator: Operator): OperatorView {
  const redial = room.redials.values().find(({ operatorId }) => operatorId === operator.operatorId)
  return {
    operatorId: operator.operatorId,
    presence: operator.presence,
    since: operator.since,
    wantsReady: operator.wantsReady,
    ...(operator.wrapUp === null ? {} : { wrapUpUntil: operator.wrapUp.until }),
    ...(operator.pause === null ? {} : { pausedUntil: operator.pause.until }),
    ...(operator.callId === null ? {} : { callId: operator.callId }),
    ...(redial === undefined ? {} : { redial: { ticketId: redial.ticketId, reached: redial.reachedAt !== null } }),
  }
}

/** All that an operator's desk must show now. */
export function deskSnapshot(room: Room, operatorId: string, clocks: Clocks): DeskSnapshot {
  const operator = room.operators.get(operatorId)
  const call = operator?.callId == null ? undefined : room.calls.get(operator.callId)
  return {
    me: operator === undefined ? { operatorId, presence: 'offline', since: clocks.now } : operatorView(room, operator),
    call: call === undefined ? null : cardOf(call, clocks),
    ticket: call?.ticket ?? null,
  }
}

/** Whom a call can be passed to: operators at a desk, by extension, and the lines outside. */
export function phoneBook(room: Room, lines: readonly Line[]): PhoneBook {
  return {
    operators: room.operators.values().filter(({ attached }) => attached).map((operator) => ({
      operatorId: operator.operatorId, displayName: operator.profile.displayName, extension: operator.profile.extension, presence: operator.presence, reachable: isReachable(operator),
    })).sort((a, b) => a.extension.localeCompare(b.extension)),
    lines,
  }
}

/** Talks in progress, for supervisors. */
export const talksNow = (room: Room, clocks: Clocks): readonly CallCard[] =>
  room.live.values().filter((call) => call.ended === null && call.answer !== null && call.bridged).map((call) => cardOf(call, clocks))
