import { PARTY_MODES, PARTY_ROLES } from '../contracts/call.js'
import type { LiveCall, LiveParty, LiveRedial } from '../intake/ports.js'
import { CALL_HEADERS, microseconds, readCall } from './caller.js'
import type { Headers } from './esl/codec.js'
import { isUuid } from './esl/command.js'
import { CALL_VARIABLE as CALL, FAR_VARIABLE as FAR, HOLD_VARIABLE as HOLD, LINE_VARIABLE as LINE, MODE_VARIABLE as MODE, OPERATOR_VARIABLE as OPERATOR, OURS, PARTY_VARIABLE as PARTY, REDIAL_VARIABLE as REDIAL, type OurHeader } from './variables.js'

/** What is read of a channel here, beside variables of ours. */
const READ = [...CALL_HEADERS, 'Answer-State', 'Call-Direction', 'Caller-Channel-Answered-Time', 'Caller-Context', 'Other-Leg-Unique-ID', 'variable_signal_bond', 'variable_bridge_uuid', 'variable_cc_agent'] as const
export interface Channel { get(name: (typeof READ)[number] | OurHeader): string | undefined }

/** The dialplan has not taken this call yet; it takes it, or refuses it, at once. */
const isUntaken = (channel: Channel): boolean => ['ringing', 'early'].includes(channel.get('Answer-State') ?? '')

/** A citizen's own data do not change once he is answered, but that he hears music; an operator's leg is settled once it was answered and tied to a call. */
export function isSettled(channel: Channel | undefined): boolean {
  if (channel === undefined) return false
  if (channel.get('Call-Direction') === 'inbound') return !isUntaken(channel) && channel.get(`variable_${HOLD}`) !== 'true'
  return microseconds(channel.get('Caller-Channel-Answered-Time')) !== undefined && partnerOf(channel) !== undefined
}

const partnerOf = (leg: Channel): string | undefined => leg.get('Other-Leg-Unique-ID') ?? leg.get('variable_signal_bond') ?? leg.get('variable_bridge_uuid')

/**
 * The citizens' calls among these channels, each with its operator's leg: ours by its variable, the native queue's by its bridge.
 * An answered leg counts before a ringing one. A channel that did not come in by the citizens' context is a telephone's, not a citizen's;
 * one that was not answered is no call yet. `native`: channels that the native queue has.
 */
export function liveCalls(channels: ReadonlyMap<string, Channel>, context: string, native: ReadonlySet<string> = new Set()): LiveCall[] {
  const legs = new Map<string, NonNullable<LiveCall['leg']>>()
  const parties = new Map<string, LiveParty[]>()
  const ringing = new Map<string, string[]>()
  for (const [legId, channel] of channels) {
    const served = channel.get(`variable_${CALL}`)
    const party = served === undefined ? null : partyOf(legId, channel, served)
    if (served !== undefined && party !== null) parties.set(served, [...parties.get(served) ?? [], party])
    // A line that the flow hands a caller over to is no operator.
    if (channel.get('Call-Direction') !== 'outbound' || channel.get(`variable_${LINE}`) !== undefined) continue
    const leg = legOf(legId, channel)
    if (served !== undefined && party === null && leg.operatorId !== undefined && leg.answeredAt === undefined) ringing.set(served, [...ringing.get(served) ?? [], legId])
    for (const callId of new Set([served, partnerOf(channel)])) {
      if (callId === undefined) continue
      const hasHim = partnerOf(channel) === callId
      // A third telephone counts only once it has the citizen.
      if (channel.get(`variable_${PARTY}`) !== undefined && !hasHim) continue
      // Of two that were answered, the one that has him: the other was lifted too late.
      if (legs.get(callId)?.answeredAt === undefined || (leg.answeredAt !== undefined && hasHim)) legs.set(callId, leg.answeredAt === undefined || hasHim ? leg : { ...leg, alone: true })
    }
  }
  return [...channels.values()].flatMap((citizen) => {
    const call = citizen.get('Call-Direction') === 'inbound' && citizen.get('Caller-Context') === context && !isUntaken(citizen) ? readCall(citizen) : null
    if (call === null) return []
    const leg = legs.get(call.callId)
    return [{ call, ...(leg === undefined ? {} : { leg }), ringing: ringing.get(call.callId) ?? [], parties: parties.get(call.callId) ?? [], onHold: citizen.get(`variable_${HOLD}`) === 'true', ...(native.has(call.callId) ? { fallback: true } : {}) }]
  })
}

function legOf(legId: string, leg: Channel): NonNullable<LiveCall['leg']> {
  const operatorId = leg.get(`variable_${OPERATOR}`)
  // A third telephone outside our desks has a number, and nobody's extension.
  const extension = leg.get(`variable_${PARTY}`) !== undefined ? undefined : /^([0-9]{2,8})(?:$|[@%])/.exec(leg.get('variable_cc_agent') ?? leg.get('Caller-Destination-Number') ?? '')?.[1]
  const answeredAt = microseconds(leg.get('Caller-Channel-Answered-Time'))
  return {
    legId,
    ...(operatorId === undefined ? {} : { operatorId }),
    ...(extension === undefined ? {} : { extension }),
    ...(answeredAt === undefined ? {} : { answeredAt }),
  }
}

/** A third telephone, rung for a call or in it; null: the citizen's own operator, or nothing of ours. */
function partyOf(legId: string, leg: Channel, callId: string): LiveParty | null {
  if (partnerOf(leg) === callId) return null
  const [role, line = '-'] = leg.get(`variable_${PARTY}`)?.split(':') ?? []
  const known = PARTY_ROLES.find((one) => one === role)
  if (known === undefined) return null
  const operatorId = leg.get(`variable_${OPERATOR}`)
  const answeredAt = microseconds(leg.get('Caller-Channel-Answered-Time'))
  return {
    legId, role: known, mode: PARTY_MODES.find((mode) => mode === leg.get(`variable_${MODE}`)) ?? 'listen', number: leg.get('Caller-Destination-Number') ?? '',
    createdAt: microseconds(leg.get('Caller-Channel-Created-Time')) ?? 0,
    ...(operatorId === undefined ? {} : { operatorId }), ...(line === '-' ? {} : { line }), ...(answeredAt === undefined ? {} : { answeredAt }),
  }
}

/** Calls back among these channels, by what stands on the operator's legs. */
export function liveRedials(channels: ReadonlyMap<string, Channel>): LiveRedial[] {
  return [...channels].flatMap(([legId, leg]) => {
    const [ticketId = '', farLegId = '', operatorId = ''] = [leg.get(`variable_${REDIAL}`), leg.get(`variable_${FAR}`), leg.get(`variable_${OPERATOR}`)]
    if (leg.get('Call-Direction') !== 'outbound' || ![ticketId, farLegId, operatorId].every(isUuid)) return []
    const reachedAt = microseconds(channels.get(farLegId)?.get('Caller-Channel-Answered-Time'))
    return [{ ticketId, legId, farLegId, operatorId, ...(reachedAt === undefined ? {} : { reachedAt }) }]
  })
}

/** `show channels as json`: `{"row_count":n,"rows":[{uuid,application,…}]}`; without rows there is no `rows`. `native`: it is in the native queue. */
export function channelRows(text: string): { readonly uuid: string; readonly native: boolean }[] {
  try {
    const { rows = [] } = JSON.parse(text) as { rows?: { uuid?: unknown; application?: unknown }[] }
    return rows.flatMap(({ uuid, application }) => (typeof uuid === 'string' && isUuid(uuid) ? [{ uuid, native: application === 'callcenter' }] : []))
  } catch {
    return []
  }
}

/** The reply of `uuid_dump … json` as headers; null when it is no JSON. Of a value given several times the first counts. */
export function jsonHeaders(text: string): Headers | null {
  const fields = fieldsOf(text)
  return fields === null ? null : { get: (name) => firstOf(fields, name) }
}

function fieldsOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : null
  } catch {
    return null
  }
}

function firstOf(fields: Record<string, unknown>, name: string): string | undefined {
  const value: unknown = Object.hasOwn(fields, name) ? fields[name] : undefined
  const one: unknown = Array.isArray(value) ? value[0] : value
  return typeof one === 'string' ? one : undefined
}

/** What is read of a channel, out of the reply of `uuid_dump … json`; null when it is no JSON. It is kept as long as the channel lives, and its two hundred other headers are not. */
export function channelOf(text: string): Channel | null {
  const fields = fieldsOf(text)
  if (fields === null) return null
  const kept = new Map<string, string>()
  const keep = (name: string): void => {
    const value = firstOf(fields, name)
    if (value !== undefined) kept.set(name, value)
  }
  for (const name of READ) keep(name)
  for (const name in fields) if (name.startsWith(OURS)) keep(name)
  return kept
}
