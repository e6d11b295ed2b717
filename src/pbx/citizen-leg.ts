import { setTimeout as sleep } from 'node:timers/promises'
import { SHORTEST_MESSAGE } from '../contracts/call.js'
import type { GatherCommand, PromptRef, WaitCommand } from '../flow/types.js'
import type { ArrivingCall, CitizenLeg, LegCommand, LegResult, Mirror } from '../intake/ports.js'
import { within } from '../time/within.js'
import type { EslEvent } from './esl/codec.js'
import type { ChannelSocket } from './esl/outbound.js'
import type { OnRefused } from './esl/refused.js'
import { MIRROR_VARIABLES } from './caller.js'
import { makeLegControl, type Completion } from './leg-control.js'
import { speechText, type SpeechEngine } from './speech.js'

export interface LegSettings {
  /** Absolute path of a prompt, or undefined when there is no such file. */
  readonly promptPath: (prompt: PromptRef) => string | undefined
  /** Played while the flow has nothing to say. A path or stream as FreeSWITCH knows it; from settings, never from a caller. */
  readonly holdMusic: string
  /** Where FreeSWITCH writes messages: an absolute directory of its machine; absent or empty = it cannot. */
  readonly messages?: string
  /** The speech recognition that FreeSWITCH has; absent or null = none. */
  readonly speech?: SpeechEngine | null
  /** Ends it for a caller whom we hold no longer: somebody talks with him. */
  readonly hush?: (callId: string) => void
  /** He may press a key from now on, until the returned is called: it is to be told at once. */
  readonly awaitKey?: (callId: string, wake: () => void) => () => void
  readonly onRefused: OnRefused
}

/** Slack on top of what prompts and time-outs can take, ms: FreeSWITCH answers, or the command is taken for lost. */
const SLACK = 60_000

/** A short tone every four seconds: a caller who hears nothing takes the line for dead. */
const HOLD_TONE = 'tone_stream://%(200,3800,425)'

const DIGITS = 'liandong_digits'
/** Set by FreeSWITCH (switch_types.h SWITCH_READ_TERMINATOR_USED_VARIABLE). */
const TERMINATOR = 'read_terminator_used'
/** … and by `playback`: the key that ended it. */
const ENDED_BY = 'playback_terminator_used'
const silence = (ms: number): string => `silence_stream://${Math.max(10, Math.round(ms))}`
const SILENCE = silence(0)
/** What says that recording begins: 0.4 s of 800 Hz. */
const TONE = 'tone_stream://%(400,0,800)'

/** How long after an application ended without result FreeSWITCH may still say that the channel was taken away, ms (measured: 1–20). */
const SETTLE = 50
/** What takes no longer is not worth music, ms. */
const AT_ONCE = 300
/** FreeSWITCH ends what was cut within this, ms. */
const CUT = 1_000
/** A cut that came before FreeSWITCH had begun what it was to cut is lost (switch_core_session.c clears it at each beginning): it is said again, ms. */
const AGAIN = 200
/** An engine that heard nothing is asked to go on no sooner than so long after the last time, ms. */
const LISTEN_AGAIN = 500
/** FreeSWITCH reports the end of a recording within this, ms. */
const RECORD_STOP = 3_000

/** The citizen's leg: one outbound socket turned into the telephone that the flow plays on. */
export function makeCitizenLeg(socket: ChannelSocket, call: ArrivingCall, settings: LegSettings): CitizenLeg {
  const control = makeLegControl(socket, call.callId, settings.onRefused)
  const { messages = '', speech = null } = settings

  /** What a key may end. */
  async function attended<T>(work: Promise<T>): Promise<T> {
    const release = settings.awaitKey?.(call.callId, () => { socket.connection.wake() })
    try {
      return await work
    } finally {
      release?.()
    }
  }

  /** How an application ended, once it is certain that it was not the whole call. */
  async function resultOf(event: Completion, gather: GatherCommand | null, keys = false): Promise<LegResult> {
    if (event === null) return { type: 'gone' }
    if (event === 'refused' || event === 'untold') return control.over ? { type: 'gone' } : { type: 'failed', reason: event }
    const response = event.get('Application-Response') ?? ''
    const digits = gather === null ? '' : event.get(`variable_${DIGITS}`) ?? ''
    // An operator's answer ends the application as if it had failed or run out; only the next events say that the channel is gone.
    if (digits === '' && response !== 'FILE PLAYED') await sleep(SETTLE)
    if (control.over || event.get('Answer-State') === 'hangup') return { type: 'gone' }
    if (response.includes('FILE NOT FOUND') || response.startsWith('PLAYBACK ERROR')) return { type: 'failed', reason: response }
    if (gather === null) {
      const key = keys ? event.get(`variable_${ENDED_BY}`) ?? '' : ''
      return key === '' ? { type: 'played' } : { type: 'digits', digits: key }
    }
    const terminator = event.get(`variable_${TERMINATOR}`)
    if (digits.length < gather.min) return { type: 'timeout', digits }
    return { type: 'digits', digits, ...(terminator === undefined || terminator === '' ? {} : { terminator }) }
  }

  /** FreeSWITCH's own: `*` (mod_dptools.c on_dtmf). Of this channel, whatever plays on it later. */
  let terminators: string | null = null
  /**
   * A sound to its end, or until one of `keys` or `until`. All other keys are taken from the line and lost. Where one key is an answer this is
   * better than a gather: that waits a second more (mod_dptools.c), and nothing but a key ends its wait.
   */
  async function play(sound: string, keys: 'none' | 'any' | '#' = 'none', { until, open = false }: { readonly until?: Promise<unknown>; readonly open?: boolean } = {}): Promise<LegResult> {
    if (terminators !== keys) control.post([{ verb: 'api', call: { api: 'uuid_setvar', uuid: call.callId, name: 'playback_terminators', value: keys } }])
    terminators = keys
    const runs: { still: boolean; again?: NodeJS.Timeout } = { still: true }
    const cut = (): void => {
      if (!runs.still) return
      control.cut()
      runs.again = setInterval(control.cut, AGAIN)
    }
    void until?.then(cut, cut)
    const playing = control.execute('playback', sound, SLACK * 20, open)
    const event = await (keys === 'none' ? playing : attended(playing))
    runs.still = false
    clearInterval(runs.again)
    return resultOf(event, null, keys !== 'none')
  }
  const gather = async (command: GatherCommand, sound: string): Promise<LegResult> => resultOf(await attended(control.execute('play_and_get_digits', gatherArgument(command, sound), SLACK * 10 + command.timeout)), command)

  /** Music for a while. FreeSWITCH's music may be shorter than that, so it begins again; a key ends it where keys are asked for. A clock that is set meanwhile changes nothing. */
  async function hold({ duration, keys }: Extract<WaitCommand, { type: 'hold' }>): Promise<LegResult> {
    const until = performance.now() + duration
    let sound = settings.holdMusic
    for (let left = duration; left > 0; left = until - performance.now()) {
      let timer: NodeJS.Timeout | undefined
      const over = new Promise<void>((resolve) => { timer = setTimeout(resolve, left) })
      const result = await play(sound, keys ? 'any' : 'none', { until: over })
      clearTimeout(timer)
      if (result.type === 'gone' || result.type === 'digits') return result
      // Without music he still waits, in silence, and is not asked a hundred times a second.
      if (result.type === 'failed') sound = silence(until - performance.now())
    }
    return control.over ? { type: 'gone' } : { type: 'played' }
  }

  /** Music until `work` is done. Not `endless_playback`: nothing but another leg ends that (mod_dptools.c). */
  async function meanwhile<T>(work: Promise<T>): Promise<T | { readonly type: 'gone' }> {
    const state = { done: false }
    const finished = work.finally(() => { state.done = true })
    // What is done at once needs no music, and a cut must not come before what it cuts.
    await within(finished, AT_ONCE, () => undefined)
    let sound = settings.holdMusic
    const music = async (): Promise<void> => {
      while (!state.done && !control.over) if ((await play(sound, 'none', { until: finished })).type === 'failed') sound = silence(SLACK)
    }
    const playing = state.done ? null : music()
    const result = await finished
    if (playing !== null) await within(playing, CUT, () => undefined)
    return control.over ? { type: 'gone' } : result
  }

  /**
   * A message. Not by the application `record`: it hangs the caller up when the file cannot be written (mod_dptools.c).
   * FreeSWITCH itself ends it at silence or at the limit; so does an operator's leg at the answer (`uuid_record … stop all`). Hanging up is how
   * most people end one: its length is told between CHANNEL_HANGUP and CHANNEL_HANGUP_COMPLETE, when the rest of the flow is over.
   */
  async function record(command: Extract<WaitCommand, { type: 'record' }>, sound: string, messageId: string): Promise<LegResult> {
    if (messages === '') return { type: 'failed', reason: 'messages cannot be kept' }
    for (const one of [sound, TONE]) {
      const result = await play(one)
      if (result.type !== 'played') return result
    }
    // Not among the events that `myevents` brings.
    control.post([{ verb: 'event', names: ['RECORD_STOP'], custom: [] }])
    const path = `${messages}/${messageId}.wav`
    const heard: { stop: EslEvent | null } = { stop: null }
    let told: () => void = () => undefined
    const stop = new Promise<void>((resolve) => { told = resolve })
    /** It is over, or our hold on the channel is. */
    const ended = new Promise<void>((resolve) => {
      control.listenTo((event) => {
        if (event !== null && (event.name !== 'RECORD_STOP' || event.get('Record-File-Path') !== path)) return
        heard.stop ??= event
        if (event !== null) told()
        resolve()
      })
    })
    if (!await control.api({ api: 'uuid_record', uuid: call.callId, action: 'start', path, maxSeconds: Math.ceil(command.maxDuration / 1000), silence: command.silence })) {
      control.listenTo(() => undefined)
      return control.over ? { type: 'gone' } : { type: 'failed', reason: 'cannot be recorded' }
    }
    // Only `#` ends it; a cheek on the keys does not.
    const result = await play(silence(command.maxDuration + RECORD_STOP), '#', { until: ended })
    if (result.type !== 'gone') void control.api({ api: 'uuid_record', uuid: call.callId, action: 'stop', path })
    await within(control.over ? stop : ended, RECORD_STOP, () => undefined)
    // He hung up while that was waited for: its length may follow yet.
    if (control.over && heard.stop === null) await within(stop, RECORD_STOP, () => undefined)
    control.listenTo(() => undefined)
    if (!control.over) return { type: 'recorded', duration: keptIn(heard.stop, command.silence) }
    // What an operator's answer cut short is no message: they talk.
    return heard.stop?.get('Answer-State') === 'hangup' ? { type: 'gone', recorded: lengthOf(heard.stop) } : { type: 'gone' }
  }

  /**
   * A question of one key beside which FreeSWITCH's own speech interface listens. It begins without the engine, which is asked for inside it: the
   * keys are there from the first. FreeSWITCH opens the engine on the caller's own thread, where nothing goes on meanwhile; so one that
   * keeps a caller waiting is left alone for a while. It reports silence by itself after a few seconds and hears nothing more then, unless it is told to.
   */
  async function listen(command: GatherCommand, sound: string): Promise<LegResult> {
    if (speech === null || !speech.ready()) return gather(command, sound)
    const said = { text: '' }
    let told: () => void = () => undefined
    const words = new Promise<void>((resolve) => { told = resolve })
    let resumed = -Infinity
    let resuming: NodeJS.Timeout | undefined
    const again = (): void => {
      clearTimeout(resuming)
      resuming = setTimeout(() => { resumed = performance.now(); void control.execute('detect_speech', 'resume', SLACK, true) }, Math.max(0, resumed + LISTEN_AGAIN - performance.now()))
    }
    control.listenTo((event) => {
      if (event?.name !== 'DETECTED_SPEECH' || event.get('Speech-Type') !== 'detected-speech') return
      const text = speechText(event.get('_body') ?? '', event.get('ASR-Completion-Cause'))
      if (said.text !== '') return
      if (text === '') return again()
      said.text = text
      told()
    })
    const asked = play(sound, 'any', { until: words, open: true })
    // FreeSWITCH tells a socket of words only where that is said (switch_ivr_async.c); otherwise what plays takes them.
    control.post([{ verb: 'api', call: { api: 'uuid_setvar', uuid: call.callId, name: 'fire_asr_events', value: 'true' } }])
    speech.asked(control.execute('detect_speech', speech.order, SLACK))
    let result = await asked
    if (result.type === 'played' && said.text === '') result = await play(silence(command.timeout), 'any', { until: words, open: true })
    control.listenTo(() => undefined)
    clearTimeout(resuming)
    if (control.over) {
      settings.hush?.(call.callId)
      return { type: 'gone' }
    }
    void control.execute('detect_speech', 'stop', SLACK)
    if (result.type !== 'played') return result
    return said.text === '' ? { type: 'timeout', digits: '' } : { type: 'heard', text: said.text }
  }

  async function perform(command: LegCommand, messageId = call.callId): Promise<LegResult> {
    if (command.type === 'hold') return hold(command)
    const prompts = command.type === 'listen' ? command.gather.prompts : command.prompts
    const files = prompts.map(settings.promptPath)
    const missing = files.indexOf(undefined)
    if (missing >= 0) return { type: 'failed', reason: `prompt ${prompts[missing]?.name ?? ''} is missing` }
    const sound = files.length === 0 ? SILENCE : files.length === 1 ? (files[0] ?? '') : `file_string://${files.join('!')}`
    switch (command.type) {
      case 'play': return play(sound, command.keys === true ? 'any' : 'none')
      case 'gather': return gather(command, sound)
      case 'listen': return listen(command.gather, sound)
      case 'record': return record(command, sound, messageId)
    }
  }

  return {
    call,
    perform,
    meanwhile,
    holdMusic() {
      void control.execute('endless_playback', settings.holdMusic, 24 * 60 * SLACK).then((event) => {
        if (event === null || event === 'refused' || event === 'untold' || event.get('Application-Response') !== 'FILE NOT FOUND') return
        settings.onRefused(`no such hold music: ${settings.holdMusic} (pbx.holdMusic); callers hear a tone`, call.callId)
        void control.execute('endless_playback', HOLD_TONE, 24 * 60 * SLACK)
      })
    },
    mirror(facts) {
      control.post(Object.entries(facts).map(([name, value]) => ({
        verb: 'api', call: { api: 'uuid_setvar', uuid: call.callId, name: MIRROR_VARIABLES[name as keyof Mirror], value: String(value) },
      })))
    },
    onClose: control.onOver,
    release() { socket.connection.destroy('released') },
  }
}

/** ms of a recording. */
function lengthOf(stopped: EslEvent | null): number {
  const kept = Math.round(Number(stopped?.get('variable_record_ms') ?? 0))
  return Number.isFinite(kept) && kept > 0 ? kept : 0
}

/**
 * ms of a recording; one that its silence ended is none where nobody spoke before it, or only coughed. FreeSWITCH says `no-input-timeout` of those
 * too who spoke from the first frame on (it looks for speech after silence), so how long it lasted decides. One that was ended by `#` or by hanging
 * up counts in any case: who spoke briefly is not told from who said nothing.
 */
function keptIn(stopped: EslEvent | null, silence: number): number {
  const kept = lengthOf(stopped)
  const cause = stopped?.get('Record-Completion-Cause')
  return (cause === 'no-input-timeout' || cause === 'success-silence') && kept - silence < SHORTEST_MESSAGE ? 0 : kept
}

/**
 * `play_and_get_digits <min> <max> <tries> <timeout> <terminators> <file> <invalid_file> <var> <regexp> <digit_timeout>` (mod_dptools.c).
 * Blanks part its words, but between quotes. One try: repeating is the flow's business. No regexp: FreeSWITCH would throw the digits away that do not match.
 */
function gatherArgument(command: GatherCommand, sound: string): string {
  const terminators = command.terminators === '' ? 'none' : command.terminators
  return [command.min, command.max, 1, command.timeout, terminators, sound.includes(' ') ? `'${sound}'` : sound, SILENCE, DIGITS, String.raw`[0-9*#]*`, command.interDigitTimeout].join(' ')
}
