import { randomUUID } from 'node:crypto'
import type { FlowCommand, PromptRef } from '../flow/types.js'
import type { ArrivingCall, CitizenLeg, LegResult, Mirror } from '../intake/ports.js'
import type { EslEvent } from './esl/codec.js'
import type { Application } from './esl/command.js'
import type { OutboundSession } from './esl/outbound.js'
import { MIRROR_VARIABLES } from './caller.js'

export interface LegSettings {
  /** Absolute path of a prompt, or undefined when there is no such file. */
  readonly promptPath: (prompt: PromptRef) => string | undefined
  /** Played while the flow has nothing to say. A path or stream as FreeSWITCH knows it; from settings, never from a caller. */
  readonly holdMusic: string
  readonly onRefused: (text: string) => void
}

/** Slack on top of what prompts and time-outs can take, ms: FreeSWITCH answers, or the command is taken for lost. */
const SLACK = 60_000

/** A short tone every four seconds: a caller who hears nothing takes the line for dead. */
const HOLD_TONE = 'tone_stream://%(200,3800,425)'

const DIGITS = 'liandong_digits'
/** Set by FreeSWITCH (switch_types.h SWITCH_READ_TERMINATOR_USED_VARIABLE). */
const TERMINATOR = 'read_terminator_used'

/** How long after an application ended without result FreeSWITCH may still say that the channel was taken away, ms (measured: 1–20). */
const SETTLE = 50

/**
 * The channel left the `socket` application (intercepted by an operator, transferred by the dead-man's switch) or ended:
 * no completion comes any more (F14), and nothing may be played on it any more.
 */
const isTakenAway = (event: EslEvent): boolean =>
  event.name === 'CHANNEL_HANGUP' || event.name === 'CHANNEL_HANGUP_COMPLETE' || event.name === 'CHANNEL_UNPARK' || event.name === 'CHANNEL_BRIDGE' ||
  (event.name === 'CHANNEL_EXECUTE_COMPLETE' && event.get('Application') === 'socket')

/** The citizen's leg: one outbound socket turned into the telephone that the flow plays on. */
export function makeCitizenLeg(session: OutboundSession, call: ArrivingCall, settings: LegSettings): CitizenLeg {
  const { connection } = session
  const running = new Map<string, (event: EslEvent | null) => void>()
  let over = false
  let closed: () => void = () => undefined

  session.onEvent((event) => {
    if (event.name === 'CHANNEL_EXECUTE_COMPLETE') {
      const id = event.get('Application-UUID')
      if (id !== undefined) running.get(id)?.(event)
    }
    if (isTakenAway(event)) finish()
    // The last event we read. Without this the channel would linger in FreeSWITCH for its five seconds.
    if (event.name === 'CHANNEL_HANGUP_COMPLETE') connection.destroy('the call is over')
  })
  session.onClose(finish)

  /** The socket may live as long as the channel; our hold on it ends here. Who fell to the native queue must not be offered by us as well. */
  function finish(): void {
    if (over) return
    over = true
    for (const settle of [...running.values()]) settle(null)
    closed()
  }

  /** Runs an application; resolves with its completion, or null when there will be none. */
  function execute(application: Application, arg: string, deadline: number): Promise<EslEvent | null | 'refused'> {
    if (over) return Promise.resolve(null)
    const eventId = randomUUID()
    return new Promise((resolve) => {
      const settle = (event: EslEvent | null | 'refused'): void => {
        clearTimeout(timer)
        running.delete(eventId)
        resolve(event)
      }
      const timer = setTimeout(settle, deadline, null)
      running.set(eventId, settle)
      connection.request({ verb: 'execute', callId: call.callId, application, arg, eventId }).then(
        (reply) => { if (!reply.ok) { settings.onRefused(reply.text); settle('refused') } },
        (error: unknown) => { settings.onRefused((error as Error).message); settle('refused') },
      )
    })
  }

  async function perform(command: Extract<FlowCommand, { type: 'play' | 'gather' }>): Promise<LegResult> {
    const files = command.prompts.map(settings.promptPath)
    const missing = files.indexOf(undefined)
    if (missing >= 0) return { type: 'failed', reason: `prompt ${command.prompts[missing]?.name ?? ''} is missing` }
    const sound = files.length === 0 ? 'silence_stream://10' : files.length === 1 ? (files[0] ?? '') : `file_string://${files.join('!')}`
    const event = command.type === 'play'
      ? await execute('playback', sound, SLACK * 10)
      : await execute('play_and_get_digits', gatherArgument(command, sound), SLACK * 10 + command.timeout)
    if (event === null) return { type: 'gone' }
    if (event === 'refused') return over ? { type: 'gone' } : { type: 'failed', reason: 'refused' }
    const response = event.get('Application-Response') ?? ''
    const digits = command.type === 'gather' ? event.get(`variable_${DIGITS}`) ?? '' : ''
    // An operator's answer ends the application as if it had failed or run out; only the next events say that the channel is gone.
    if (digits === '' && response !== 'FILE PLAYED') await new Promise((resolve) => setTimeout(resolve, SETTLE))
    if (over || event.get('Answer-State') === 'hangup') return { type: 'gone' }
    if (response.includes('FILE NOT FOUND') || response.startsWith('PLAYBACK ERROR')) return { type: 'failed', reason: response }
    if (command.type === 'play') return { type: 'played' }
    const terminator = event.get(`variable_${TERMINATOR}`)
    if (digits.length < command.min) return { type: 'timeout', digits }
    return { type: 'digits', digits, ...(terminator === undefined || terminator === '' ? {} : { terminator }) }
  }

  return {
    call,
    perform,
    holdMusic() {
      void execute('endless_playback', settings.holdMusic, 24 * 60 * SLACK).then((event) => {
        if (event === null || event === 'refused' || event.get('Application-Response') !== 'FILE NOT FOUND') return
        settings.onRefused(`no such hold music: ${settings.holdMusic} (pbx.holdMusic); callers hear a tone`)
        void execute('endless_playback', HOLD_TONE, 24 * 60 * SLACK)
      })
    },
    mirror(facts: Mirror) {
      if (over) return
      connection.post(Object.entries(facts).map(([name, value]) => ({
        verb: 'api', call: { api: 'uuid_setvar', uuid: call.callId, name: MIRROR_VARIABLES[name as keyof Mirror], value: String(value) },
      })), settings.onRefused)
    },
    onClose(listener) { if (over) listener(); else closed = listener },
    release() { connection.destroy('released') },
  }
}

/**
 * `play_and_get_digits <min> <max> <tries> <timeout> <terminators> <file> <invalid_file> <var> <regexp> <digit_timeout>` (mod_dptools.c).
 * One try: repeating is the flow's business. No regexp: FreeSWITCH would throw the digits away that do not match.
 */
function gatherArgument(command: Extract<FlowCommand, { type: 'gather' }>, sound: string): string {
  const terminators = command.terminators === '' ? 'none' : command.terminators
  return [command.min, command.max, 1, command.timeout, terminators, sound, 'silence_stream://10', DIGITS, String.raw`[0-9*#]*`, command.interDigitTimeout].join(' ')
}
