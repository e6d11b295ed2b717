import type { SwitchEvent } from '../intake/ports.js'
import { microseconds } from './caller.js'
import type { EslEvent, Headers } from './esl/codec.js'
import { WORD_EVENT } from './esl/command.js'
import { isExtension } from './registrations.js'
import { CALL_VARIABLE as CALL, LINE_VARIABLE as LINE, OPERATOR_VARIABLE as OPERATOR, OURS, PARTY_VARIABLE as PARTY, REDIAL_VARIABLE as REDIAL } from './variables.js'

/** What we read, and nothing else: a flood of events we do not need would stall FreeSWITCH (F9). */
export const EVENTS = ['CHANNEL_PROGRESS', 'CHANNEL_PROGRESS_MEDIA', 'CHANNEL_ANSWER', 'CHANNEL_BRIDGE', 'CHANNEL_HANGUP_COMPLETE', 'DTMF', 'RECORD_START', 'RECORD_STOP', 'BACKGROUND_JOB', 'HEARTBEAT', 'RELOADXML'] as const
export const CUSTOM = ['sofia::register', 'sofia::unregister', 'sofia::expire', 'callcenter::info', WORD_EVENT] as const

/** FreeSWITCH's time of an event, ms; `now` when it does not say. */
export const timeOf = (event: Headers, now: number): number => microseconds(event.get('Event-Date-Timestamp')) ?? now

/** What an event says of calls, legs and telephones; null: nothing to us. `now`: ms since epoch. */
export function switchEventOf(event: EslEvent, now: number): SwitchEvent | null {
  const ours = (): boolean => event.mentions(OURS)
  const at = timeOf(event, now)
  switch (event.name) {
    case 'CHANNEL_ANSWER': {
      if (!ours()) return null
      const legId = event.get('Unique-ID') ?? ''
      if (event.get(`variable_${REDIAL}`) !== undefined) return { type: 'redial.reached', farLegId: legId, at }
      if (event.get(`variable_${PARTY}`) !== undefined) return { type: 'party.answered', legId, callId: event.get(`variable_${CALL}`) ?? '', at }
      const leg = operatorLeg(event)
      return leg === null ? null : { type: 'leg.answered', ...leg, at }
    }
    // By 180, or by 183 with a sound of its own (mod_sofia.c: pre-answer).
    case 'CHANNEL_PROGRESS':
    case 'CHANNEL_PROGRESS_MEDIA': {
      const leg = ours() ? operatorLeg(event) : null
      return leg === null ? null : { type: 'leg.ringing', ...leg, at }
    }
    case 'CHANNEL_BRIDGE': return ours() ? bridge(event, at) : null
    case 'CHANNEL_HANGUP_COMPLETE': return (ours() ? legEnd(event, at) : null) ?? citizenGone(event, at)
    case 'DTMF': {
      const callId = event.get('Unique-ID')
      const key = event.get('DTMF-Digit') ?? ''
      return event.get('Call-Direction') === 'inbound' && callId !== undefined && /^[0-9*#]$/.test(key) ? { type: 'call.key', callId, key, at } : null
    }
    case 'CUSTOM': return custom(event, at)
    default: return null
  }
}

/**
 * The native queue's answer: who took the call shows in its channels only. mod_callcenter tells of it before it bridges (mod_callcenter.c,
 * outbound_agent_thread_run), so the bridge itself counts as well: the agent's leg has its variables and none of ours.
 */
export const isNativeAnswer = (event: EslEvent): boolean =>
  event.name === 'CUSTOM' ? event.get('Event-Subclass') === 'callcenter::info' && event.get('CC-Action') === 'bridge-agent-start'
  : event.name === 'CHANNEL_BRIDGE' && event.get('variable_cc_agent') !== undefined && event.get(`variable_${CALL}`) === undefined

/** The operator's leg that an event is about, by our variables on it. */
function operatorLeg(event: Headers): { legId: string; callId: string; operatorId: string } | null {
  const legId = event.get('Unique-ID')
  const callId = event.get(`variable_${CALL}`)
  const operatorId = event.get(`variable_${OPERATOR}`)
  return legId === undefined || callId === undefined || operatorId === undefined || event.get(`variable_${PARTY}`) !== undefined ? null : { legId, callId, operatorId }
}

function bridge(event: EslEvent, at: number): SwitchEvent | null {
  const a = event.get('Bridge-A-Unique-ID')
  const b = event.get('Bridge-B-Unique-ID')
  const callId = event.get(`variable_${CALL}`)
  if (a === undefined || b === undefined || callId === undefined || (a !== callId && b !== callId)) return null
  const leg = operatorLeg(event)
  const legId = a === callId ? b : a
  return { type: 'call.bridged', callId, legId, at, ...(leg?.legId === legId ? { operatorId: leg.operatorId } : {}), ...answered(event) }
}

const causeOf = (event: Headers): string => event.get('Hangup-Cause') ?? 'NORMAL_CLEARING'

/** The end of a channel that came in, and whom it was bridged with until then: a transfer begins a new profile, of no bridge yet. Another line that took the call is no operator. */
function citizenGone(event: EslEvent, at: number): SwitchEvent | null {
  const callId = event.get('Call-Direction') === 'inbound' ? event.get('Unique-ID') : undefined
  if (callId === undefined) return null
  const bridgedAt = event.get(`variable_${LINE}`) === undefined ? microseconds(event.get('Caller-Channel-Bridged-Time')) : undefined
  const legId = bridgedAt === undefined ? undefined : event.get('variable_bridge_uuid')
  if (bridgedAt === undefined || legId === undefined) return { type: 'call.ended', callId, cause: causeOf(event), at }
  const extension = event.get('variable_cc_agent_uuid') === legId ? event.get('variable_cc_agent') : undefined
  return { type: 'call.ended', callId, cause: causeOf(event), at, talk: { legId, at: bridgedAt, ...(extension !== undefined && isExtension(extension) && { extension }) } }
}

/** The end of an operator's, a party's or a call-back's leg. */
function legEnd(event: EslEvent, at: number): SwitchEvent | null {
  const id = event.get('Unique-ID')
  if (id === undefined) return null
  const cause = causeOf(event)
  if (event.get('Call-Direction') === 'outbound') {
    const callId = event.get(`variable_${CALL}`)
    if (event.get(`variable_${REDIAL}`) !== undefined) return { type: 'redial.ended', legId: id, cause, at }
    if (callId !== undefined && event.get(`variable_${PARTY}`) !== undefined) return { type: 'party.ended', legId: id, callId, cause, at }
  }
  const leg = operatorLeg(event)
  if (leg === null) return null
  const bridgedAt = microseconds(event.get('Caller-Channel-Bridged-Time'))
  return { type: 'leg.ended', ...leg, cause, at, ...answered(event), ...(bridgedAt === undefined ? {} : { bridgedAt }) }
}

/** When the leg was answered, as far as the event says so. */
function answered(event: Headers): { readonly answeredAt?: number } {
  const answeredAt = microseconds(event.get('Caller-Channel-Answered-Time'))
  return answeredAt === undefined ? {} : { answeredAt }
}

function custom(event: EslEvent, at: number): SwitchEvent | null {
  const subclass = event.get('Event-Subclass')
  if (subclass === 'callcenter::info') {
    const callId = event.get('CC-Member-Session-UUID')
    return event.get('CC-Action') === 'member-queue-start' && callId !== undefined ? { type: 'call.fallback', callId, at } : null
  }
  // Whom a call to it reaches: FreeSWITCH names the user of To so (sofia_reg.c), and lets nobody register another's (inbound-reg-force-matching-username).
  const extension = event.get('from-user') ?? event.get('username')
  if (extension === undefined || !isExtension(extension)) return null
  return { type: subclass === 'sofia::register' ? 'phone.registered' : 'phone.unregistered', extension, at }
}
