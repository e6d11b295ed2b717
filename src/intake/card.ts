import type { CallCard } from '../contracts/call.js'
import type { Call } from './core/room.js'
import type { CallRecord } from './ports.js'

/** The screen-pop of a call as it stands now. */
export function cardOf(call: Call, now: number): CallCard {
  const { arriving, ticket, answer } = call
  return {
    callId: call.callId,
    state: call.state,
    class: call.class,
    caller: arriving.caller,
    calledNumber: arriving.calledNumber,
    ...(arriving.location === undefined ? {} : { location: arriving.location }),
    ...(arriving.locationText === undefined ? {} : { locationText: arriving.locationText }),
    language: call.language,
    ...(call.category === null ? {} : { category: call.category }),
    tags: [...call.tags],
    path: [...call.path],
    ...(call.flow === null ? {} : { flow: call.flow }),
    queuedAt: call.queuedAt,
    ...(answer === null ? {} : { answeredAt: answer.at }),
    ...(call.ended === null ? {} : { endedAt: call.ended.at }),
    waitedSeconds: Math.max(0, Math.floor(((answer?.at ?? call.ended?.at ?? now) - call.queuedAt) / 1000)),
    context: call.context,
    ...(answer === null || answer.operatorId === null || call.ended !== null || call.endedLegs.includes(answer.legId) ? {} : { holder: answer.operatorId }),
    onHold: call.onHold,
    muted: call.muted,
    keys: [...call.keys],
    parties: call.parties.map(({ legId, role, mode, label, since, operatorId, line, joinedAt }) => ({
      legId, role, mode, label, since, ...(operatorId === null ? {} : { operatorId }), ...(line === null ? {} : { line }), ...(joinedAt === null ? {} : { joinedAt }),
    })),
    ...(ticket === null ? {} : { ticket: { id: ticket.id, number: ticket.number, provisional: ticket.provisional } }),
  }
}

/** The call as the database keeps it. */
export function recordOf(call: Call): CallRecord {
  const { arriving, answer, ended } = call
  return {
    callId: call.callId,
    caller: arriving.caller,
    calledNumber: arriving.calledNumber,
    ...(arriving.host === undefined ? {} : { host: arriving.host }),
    ...(arriving.location === undefined ? {} : { location: arriving.location }),
    ...(arriving.locationText === undefined ? {} : { locationText: arriving.locationText }),
    state: call.state,
    class: call.class,
    ...(call.category === null ? {} : { category: call.category }),
    language: call.language,
    tags: call.tags,
    path: call.path,
    ...(call.flow === null ? {} : { flow: call.flow }),
    createdAt: arriving.createdAt,
    queuedAt: call.queuedAt,
    ...(answer === null ? {} : { answeredAt: answer.at }),
    ...(answer === null || answer.operatorId === null ? {} : { operatorId: answer.operatorId }),
    ...(ended === null ? {} : { endedAt: ended.at, hangupCause: ended.cause }),
  }
}
