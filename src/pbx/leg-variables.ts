import type { CarryRequest, LineRequest, OfferRequest } from '../intake/ports.js'
import { recordingFile } from './esl/command.js'
import { afterTalk, RECOVER } from './talk.js'
import { leftAlone } from './native-queue.js'
import { DEAD_AFTER, untilLifted } from './ringing.js'
import { CALL_VARIABLE, LINE_VARIABLE, OPERATOR_VARIABLE } from './variables.js'

/** What the citizen whom a leg takes comes from. */
export interface Taking {
  /** The citizens' dialplan context. */
  readonly context: string
  /** Where FreeSWITCH records talks; absent or empty: it does not. */
  readonly recordings?: string
  /** A speech engine may be listening to him. */
  readonly speech?: boolean
}

/**
 * The operator's leg frees the caller from us at the instant of answering, without us (design.md, "The call"):
 * `socket_resume` off, so that our death does not tear the talk; the dead-man's switch off, and off once more when a renewal that was on its
 * way then has come, whether or not we live to do it; and where he goes when this leg is over (`after-talk` in the dialplan).
 */
export function offerVariables(request: OfferRequest, from: Taking): Record<string, string> {
  return { ...takingVariables(request, from), ...leftAlone(request.extension), [CALL_VARIABLE]: request.callId, [OPERATOR_VARIABLE]: request.operatorId }
}

/** As an operator's leg, but that it is none: nothing of it may look like an operator's answer, and the caller's record says who took him. */
export function lineVariables(request: LineRequest, from: Taking): Record<string, string> {
  return { ...takingVariables(request, from), media_timeout: DEAD_AFTER.line, [LINE_VARIABLE]: request.line, api_on_answer_7: `uuid_setvar ${request.callId} ${LINE_VARIABLE} ${request.line}` }
}

/** What a citizen's record says of the line that took him, where that is another FreeSWITCH. */
const HALL = 'hall'

/**
 * As a line's leg. The edge believes of this FreeSWITCH, as of a carrier, what it says of its caller (RFC 3325): his number, if it was vouched for, whence he comes, so that
 * he is not brought back here, and where he is. @param core Core-UUID of this FreeSWITCH @param secret shared with the edge, by which it knows that it is this FreeSWITCH which says so; null: none that an edge could have
 */
export function carryVariables({ callId, legId, timeout, call: { caller, location } }: CarryRequest, from: Taking, core: string, secret: string | null): Record<string, string> {
  const { number, verified } = caller
  const place = location === undefined ? [] : [location.lat.toFixed(7), location.lon.toFixed(7), ...(location.uncertaintyMetres === undefined ? [] : [location.uncertaintyMetres.toFixed(1)])]
  return {
    ...lineVariables({ callId, legId, timeout, callerNumber: number, line: HALL, number: '' }, from),
    // A FreeSWITCH is never silent for long: it plays while he waits, and passes on what a telephone sends. Where it died he must not wait for its voice as for a line's.
    media_timeout: DEAD_AFTER.phone,
    // No display name: the number alone.
    origination_caller_id_name: '_undef_',
    sip_cid_type: verified && number !== '' ? 'pid' : 'none',
    'sip_h_X-Carried': [core, ...place].join(':'),
    ...(secret === null ? {} : { [`sip_h_X-${secret}-Brought`]: 'true' }),
  }
}

/** Of a leg that takes a waiting caller from us by answering. */
function takingVariables({ callId, legId, callerNumber, timeout }: Pick<OfferRequest, 'callId' | 'legId' | 'callerNumber' | 'timeout'>, { context, recordings = '', speech = false }: Taking): Record<string, string> {
  const file = recordings === '' ? null : recordingFile(recordings, callId)
  return {
    origination_uuid: legId,
    origination_caller_id_name: '110',
    origination_caller_id_number: callerNumber === '' ? 'anonymous' : callerNumber,
    originate_timeout: String(Math.max(1, Math.ceil(timeout / 1000))),
    park_timeout: '3',
    media_timeout: DEAD_AFTER.phone,
    ignore_early_media: 'true',
    // It may ring on after we died. Who lifts it when the caller talks with somebody else by then takes him from nobody: `intercept` fails, this leg ends.
    intercept_unbridged_only: 'true',
    ...untilLifted(legId),
    api_on_answer_1: `uuid_setvar ${callId} socket_resume false`,
    api_on_answer_2: `sched_del ${callId}`,
    api_on_answer_3: `sched_api +2 ${legId} sched_del ${callId}`,
    api_on_answer_4: `uuid_setvar ${callId} ${RECOVER} ${afterTalk(context)}`,
    // A message that he is just leaving ends here; what they say to each other is none.
    api_on_answer_5: `uuid_record ${callId} stop all`,
    // … and what they say is recorded from here on (`recorded` in the dialplan says how), whether or not we live.
    ...(file === null ? {} : { api_on_answer_6: `uuid_record ${callId} start ${file}` }),
    // No recogniser hears a talk: FreeSWITCH ends it as the talk begins (switch_ivr_bridge.c), behind whatever the citizen's channel is still busy with.
    ...(speech ? { api_on_answer_8: `uuid_setvar ${callId} bridge_pre_execute_app detect_speech`, api_on_answer_9: `uuid_setvar ${callId} bridge_pre_execute_data stop` } : {}),
  }
}
