import type { CallCard } from '../contracts/call.js'
import { switchTime, type Call } from './core/room.js'
import type { CallRecord } from './ports.js'

/** A desk's clock is set by ours, ms since epoch; `mono`: the monotonic one, for how long he has waited. */
export interface Clocks { readonly now: number; readonly mono: number }

/** How far our clock is ahead of FreeSWITCH's, in whole seconds' ms: two that agree differ by nothing. */
const ahead = (call: Call, { now, mono }: Clocks): number => Math.round((now - switchTime(call, mono)) / 1000) * 1000

/** The screen-pop of a call as it stands now. Its times are by our clock, for desks count from them. */
export function cardOf(call: Call, clocks: Clocks): CallCard {
  const { arriving, ticket, answer } = call
  const skew = ahead(call, clocks)
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
    queuedAt: call.queuedAt + skew,
    ...(answer === null ? {} : { answeredAt: answer.at + skew }),
    ...(call.ended === null ? {} : { endedAt: call.ended.at + skew }),
    waitedSeconds: Math.max(0, Math.floor(((answer?.at ?? call.ended?.at ?? switchTime(call, clocks.mono)) - call.queuedAt) / 1000)),
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
    ...(arriving.edge === undefined ? {} : { edge: arriving.edge }),
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
    ...(call.ours ? { heldAt: arriving.toldAt ?? arriving.createdAt } : {}),
  }
}
