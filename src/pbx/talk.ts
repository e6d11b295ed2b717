import type { PartyMode } from '../contracts/call.js'
import type { JoinRequest, RedialRequest } from '../intake/ports.js'
import { leftAlone } from './native-queue.js'
import { legSound, recordingFile, type Command, type Originate } from './esl/command.js'
import { DEAD_AFTER, untilLifted } from './ringing.js'
import { CALL_VARIABLE as CALL, FAR_VARIABLE as FAR, MODE_VARIABLE as MODE, OPERATOR_VARIABLE as OPERATOR, PARTY_VARIABLE as PARTY, REDIAL_VARIABLE as REDIAL } from './variables.js'

/**
 * A talk with more than two in it. The bridge between citizen and operator is never taken apart for it: hold is music laid over the citizen's
 * leg, a third telephone is an `eavesdrop` on the operator's leg that is heard by nobody, by the operator alone, or by both. So whatever we
 * set up goes on without us, and the operator's hanging up still ends what he began.
 */
export interface TalkSettings {
  readonly operatorDial: string
  readonly trunkDial: string
  /** The citizens' dialplan context. */
  readonly context: string
  readonly holdSound: string
  /** Where FreeSWITCH records talks; empty: it does not. */
  readonly recordings: string
  /** FreeSWITCH's path of the announcement that a talk is recorded; empty: not known. */
  readonly recordedSound: string
}

/** switch_ivr_async.c, `switch_ivr_eavesdrop_session`: 2 is mixed into what the tapped leg hears, 3 also into what it says. */
export const MODE_KEY = { listen: '0', whisper: '2', all: '3' } as const satisfies Record<PartyMode, string>

/** Where the citizen's leg goes when the operator hangs up while somebody else is there to have him (switch_ivr_bridge.c). */
export const RECOVER = 'transfer_after_bridge'
const REJOIN = 'rejoin'
/** Where he goes after a talk of two: the end, or back to the queue when the operator's telephone died. */
export const afterTalk = (context: string): string => `after-talk:XML:${context}`

/** The dial string of a number outside (`pbx.trunkDial`). */
export const lineDial = (trunkDial: string, number: string): string => trunkDial.replaceAll('{number}', number)

/** Rings a third telephone, after what must be set on the citizen's leg for it. */
export function joinCommands(request: JoinRequest, settings: TalkSettings): { readonly before: readonly Command[]; readonly call: Originate } {
  const { callId, role, mode, operatorId, line, number } = request
  if (operatorId === null && settings.trunkDial === '') throw new Error('no outside line (pbx.trunkDial)')
  const dial = operatorId === null ? lineDial(settings.trunkDial, number) : settings.operatorDial.replaceAll('{extension}', number)
  const variables = {
    origination_uuid: request.legId,
    origination_caller_id_name: '110',
    origination_caller_id_number: operatorId === null || request.callerNumber === '' ? '110' : request.callerNumber,
    originate_timeout: String(Math.max(1, Math.ceil(request.timeout / 1000))),
    ignore_early_media: 'true',
    media_timeout: operatorId === null ? DEAD_AFTER.line : DEAD_AFTER.phone,
    ...untilLifted(request.legId),
    [CALL]: callId,
    [PARTY]: `${role}:${line ?? '-'}`,
    [MODE]: mode,
    ...(operatorId === null ? {} : { ...leftAlone(number), [OPERATOR]: operatorId }),
  }
  if (role === 'supervisor') return { before: [], call: { api: 'originate', dial, eavesdrop: request.tapLegId, variables: { ...variables, ...heardFrom(mode) } } }
  const before: Command[] = [{ verb: 'api', call: { api: 'uuid_setvar', uuid: callId, name: RECOVER, value: `${REJOIN}:XML:${settings.context}` } }]
  // Nobody else is there to have him (any more).
  const free = `uuid_setvar ${callId} ${RECOVER} ${afterTalk(settings.context)}`
  if (role === 'guest') return { before, call: { api: 'originate', dial, eavesdrop: request.tapLegId, rejoin: callId, variables: { ...variables, ...heardFrom(mode), api_hangup_hook: free } } }
  return { before, call: { api: 'originate', dial, intercept: callId, variables: { ...variables, park_timeout: '3', api_on_answer_1: free, api_on_answer_2: `uuid_displace ${callId} stop ${settings.holdSound}`, api_hangup_hook: free } } }
}

/** What its own keys would do: the citizen would hear a whisper (1, 3), a guest would be silent (0) or have the citizen (`*`). So it obeys nobody but us. */
const heardFrom = (mode: PartyMode): Record<string, string> =>
  ({ eavesdrop_enable_dtmf: 'false', ...(mode === 'listen' ? {} : { eavesdrop_whisper_bleg: 'true', ...(mode === 'all' ? { eavesdrop_whisper_aleg: 'true' } : {}) }) })

/** Calls a citizen back: the operator's telephone, then his. */
export function redialCommand({ ticketId, legId, farLegId, operatorId, extension, number, timeout }: RedialRequest, settings: TalkSettings): Originate {
  if (settings.trunkDial === '') throw new Error('no outside line (pbx.trunkDial)')
  const seconds = String(Math.max(1, Math.ceil(timeout / 1000)))
  const file = settings.recordings === '' ? null : recordingFile(settings.recordings, farLegId)
  const told = legSound(settings.recordedSound)
  // From his answer on, and told so over the first words, as in the native queue. Who could not be told is not recorded.
  const recorded = file === null || told === null ? {} : { RECORD_STEREO: 'true', execute_on_answer_1: `record_session:${file}`, execute_on_answer_2: `displace_session:${told} m` }
  return {
    api: 'originate', dial: settings.operatorDial.replaceAll('{extension}', extension),
    variables: { origination_uuid: legId, origination_caller_id_name: '110', origination_caller_id_number: number, originate_timeout: '30', ignore_early_media: 'true', media_timeout: DEAD_AFTER.phone, hangup_after_bridge: 'true', ...leftAlone(extension), [REDIAL]: ticketId, [FAR]: farLegId, [OPERATOR]: operatorId },
    bridge: { dial: lineDial(settings.trunkDial, number), variables: { origination_uuid: farLegId, origination_caller_id_number: '110', originate_timeout: seconds, media_timeout: DEAD_AFTER.line, [REDIAL]: ticketId, ...recorded } },
  }
}
