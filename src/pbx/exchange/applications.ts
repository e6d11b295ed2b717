import type { Break, Channel, Order } from './channel.js'
import { durationOf } from './media.js'
import { startRecording } from './recording.js'
import { separated, type Fields } from './wire.js'

/** What applications need of the exchange. */
export interface ApplicationHost {
  /** ms of real time that `ms` of the caller's time take. */
  readonly scaled: (ms: number) => number
  /** ms of the caller's time that pass in `ms` of real time. */
  readonly elapsed: (ms: number) => number
  readonly answer: (channel: Channel) => void
  readonly hangUp: (channel: Channel, cause: string) => void
  readonly heard: (channel: Channel, sound: string) => void
  readonly schedule: (channel: Channel, seconds: number, extension: string, context: string) => void
  readonly unschedule: (uuid: string) => unknown
  readonly insecure: (what: string) => void
  readonly fire: (channel: Channel, name: string, more?: Fields) => void
  readonly obey: (channel: Channel, order: Order) => Promise<Break | null>
}

/** How an application ended: its Application-Response, or why it was cut. */
export interface Outcome { readonly response: string; readonly cut: Break | null }

const done = (response = '_none_'): Promise<Outcome> => Promise.resolve({ response, cut: null })

/**
 * Waits, unless the channel is taken away first. An order that comes meanwhile without `event-lock` in force runs at once, inside what runs,
 * which goes on after it (switch_core_session_read_frame parses private events at each frame).
 */
export function pause(host: ApplicationHost, channel: Channel, ms: number): Promise<Break | null> {
  return new Promise((resolve) => {
    let left = host.scaled(ms)
    let since = 0
    let timer: NodeJS.Timeout | undefined
    let nested = false
    let done = false
    const finish = (why: Break | null): void => {
      if (done) return
      done = true
      clearTimeout(timer)
      channel.cut = null
      channel.wake = () => undefined
      resolve(why)
    }
    const goOn = (): void => {
      channel.cut = finish
      channel.wake = nest
      since = performance.now()
      if (left !== Infinity) timer = setTimeout(finish, left, null)
    }
    const nest = (): void => {
      if (nested || done || channel.locked) return
      const order = channel.orders.shift()
      if (order === undefined) return
      nested = true
      clearTimeout(timer)
      left -= performance.now() - since
      const { onKey } = channel
      channel.onKey = null
      void host.obey(channel, order).then((cut) => {
        nested = false
        if (cut !== null && cut !== 'break') return finish(cut)
        channel.onKey = onKey
        goOn()
        if (channel.keys !== '') onKey?.()
        nest()
      })
    }
    goOn()
    nest()
  })
}

/**
 * `keys`: what is pressed meanwhile is taken from the line, and `playback_terminators` end it, without that variable `*` (mod_dptools.c on_dtmf).
 * Which key did is told, and those after it stay on the line.
 */
async function play(host: ApplicationHost, channel: Channel, sound: string, keys: boolean): Promise<Outcome> {
  if (keys) channel.variables.delete('playback_terminator_used')
  const length = durationOf(sound)
  if (length === null) return { response: 'FILE NOT FOUND', cut: null }
  host.heard(channel, sound)
  host.fire(channel, 'PLAYBACK_START', { 'Playback-File-Path': sound })
  const terminators = channel.variables.get('playback_terminators') ?? '*'
  const over = pause(host, channel, length)
  const take = (): void => {
    while (channel.keys !== '') {
      const key = channel.keys.charAt(0)
      channel.keys = channel.keys.slice(1)
      if (terminators === 'none' || (terminators !== 'any' && !terminators.includes(key))) continue
      channel.variables.set('playback_terminator_used', key)
      channel.onKey = null
      return channel.cut?.('break')
    }
  }
  if (keys) {
    channel.onKey = take
    take()
  }
  const cut = await over
  channel.onKey = null
  host.fire(channel, 'PLAYBACK_STOP', { 'Playback-File-Path': sound, 'Playback-Status': cut === null ? 'done' : 'break' })
  // A break is no error (mod_dptools.c, playback_function).
  return { response: cut === null || cut === 'break' ? 'FILE PLAYED' : 'PLAYBACK ERROR', cut }
}

/** mod_dptools.c: the wait for the first key is no shorter, ms. */
const LEAST_WAIT = 1_000

/**
 * mod_dptools.c `play_and_get_digits`: one or more tries of prompt, keys, pattern. A break ends the prompt, and not the wait for keys
 * (switch_ivr_collect_digits_count does not look for one).
 */
async function playAndGetDigits(host: ApplicationHost, channel: Channel, argument: string): Promise<Outcome> {
  const [min = '1', max = '1', tries = '1', timeout = '5000', terminators = '#', sound = '', , variable = '', pattern = '', between] = separated(argument)
  const patience = Math.max(LEAST_WAIT, Number(timeout))
  channel.variables.delete(variable)
  channel.variables.delete('read_terminator_used')
  const length = durationOf(sound)
  if (length === null) return { response: 'FILE NOT FOUND', cut: null }
  for (let left = Number(tries); left > 0; left -= 1) {
    host.heard(channel, sound)
    host.fire(channel, 'PLAYBACK_START', { 'Playback-File-Path': sound })
    const prompt = { plays: true }
    const stop = (status: string): void => {
      if (prompt.plays) host.fire(channel, 'PLAYBACK_STOP', { 'Playback-File-Path': sound, 'Playback-Status': status })
      prompt.plays = false
    }
    let digits = ''
    let waitFor = length
    for (;;) {
      if (channel.keys === '') {
        const since = performance.now()
        const woken = new Promise<void>((resolve) => { channel.onKey = resolve })
        const cut = await Promise.race([pause(host, channel, waitFor), woken.then(() => 'key' as const)])
        channel.onKey = null
        if (cut === null && prompt.plays) { // the prompt is over, now he has his time
          stop('done')
          waitFor = patience
          continue
        }
        if (cut === null) break
        if (cut === 'break') {
          waitFor = prompt.plays ? patience : Math.max(0, waitFor - host.elapsed(performance.now() - since))
          stop('break')
          continue
        }
        stop('break')
        if (cut !== 'key') {
          channel.variables.set('read_result', 'failure')
          return { response: '_none_', cut }
        }
        channel.cut?.('break')
      }
      stop('break')
      const key = channel.keys[0] ?? ''
      channel.keys = channel.keys.slice(1)
      if (terminators !== 'none' && terminators.includes(key)) { channel.variables.set('read_terminator_used', key); break }
      digits += key
      waitFor = between === undefined ? patience : Number(between)
      if (digits.length >= Number(max)) break
    }
    // What he pressed is told, also where it is too little (switch_ivr_read).
    if (digits !== '') channel.variables.set(variable, digits)
    if (digits.length < Number(min)) continue
    if (new RegExp(`^(?:${pattern || '.*'})$`).test(digits)) {
      channel.variables.set('read_result', 'success')
      return { response: '_none_', cut: null }
    }
    channel.variables.delete(variable)
  }
  channel.variables.set('read_result', 'failure')
  return { response: '_none_', cut: null }
}

/** What a recogniser that hangs takes until it gives up, ms. */
const SLOW_ENGINE = 3_000

/** sofia_glue_sip_cause_to_freeswitch */
const REFUSALS: Readonly<Record<string, string>> = { 404: 'UNALLOCATED_NUMBER', 503: 'NORMAL_TEMPORARY_FAILURE' }

const KNOWN = new Set(['answer', 'respond', 'set', 'unset', 'sched_transfer', 'hangup', 'sched_cancel', 'transfer', 'log', 'record_session', 'playback', 'loop_playback', 'displace_session', 'stop_displace_session', 'endless_playback', 'play_and_get_digits', 'sleep', 'park', 'detect_speech', 'system', 'bgsystem', 'lua', 'eval'])

/** Applications that the exchange knows. FreeSWITCH hangs a citizen up for any other (F15): so does the exchange. */
export const isApplication = (name: string): boolean => KNOWN.has(name)

/** Runs one of them until it ends or is cut. */
export async function run(host: ApplicationHost, channel: Channel, application: string, argument: string): Promise<Outcome> {
  // `${…}` that reaches an application was let through by the app: FreeSWITCH would expand it (injection I2).
  if (argument.includes('${')) host.insecure(`${application} ${argument}`)
  switch (application) {
    case 'answer': host.answer(channel); return done()
    case 'set': {
      const at = argument.indexOf('=')
      channel.variables.set(argument.slice(0, at), argument.slice(at + 1))
      return done()
    }
    case 'unset': channel.variables.delete(argument); return done()
    case 'sched_transfer': {
      const [after = '', extension = '', , context = ''] = argument.split(' ')
      host.schedule(channel, Number(after.replace('+', '')), extension, context)
      return done()
    }
    case 'respond': host.hangUp(channel, REFUSALS[argument.slice(0, 3)] ?? 'NORMAL_UNSPECIFIED'); return { response: '_none_', cut: 'hangup' }
    case 'hangup': host.hangUp(channel, argument); return { response: '_none_', cut: 'hangup' }
    case 'sched_cancel': host.unschedule(channel.uuid); return done()
    case 'transfer': {
      const [extension = '', , context = channel.context] = argument.split(' ')
      channel.transferTo = `${extension} ${context}`
      return { response: '_none_', cut: 'transfer' }
    }
    case 'record_session': startRecording(host, channel, [argument]); return done()
    case 'playback': return play(host, channel, argument, true)
    case 'loop_playback': {
      const [times = '1', sound = ''] = argument.replace('+', '').split(' ')
      for (let left = Number(times); left > 0; left -= 1) {
        const outcome = await play(host, channel, sound, true)
        if (outcome.cut !== null) return outcome
      }
      return done('FILE PLAYED')
    }
    // As our dialplan uses it, with `m`: heard over what he hears anyway, which goes on.
    case 'displace_session': {
      const [sound = ''] = argument.split(' ')
      channel.overlaid.push(sound)
      host.heard(channel, sound)
      return done()
    }
    case 'stop_displace_session': channel.displaced = false; return done()
    case 'endless_playback': {
      for (;;) {
        const outcome = await play(host, channel, argument, false)
        // uuid_break ends one turn of it, and the next begins.
        if (outcome.response !== 'FILE PLAYED') return outcome
      }
    }
    case 'play_and_get_digits': return playAndGetDigits(host, channel, argument)
    case 'sleep': return { response: '_none_', cut: await pause(host, channel, Number(argument)) }
    case 'park': return { response: '_none_', cut: await pause(host, channel, Infinity) }
    // A recogniser that hears every word that the practice caller says (`say`). FreeSWITCH opens it on the channel's own thread; `slow` takes its time.
    case 'detect_speech': {
      // After a result, of silence too, it hears nothing more until it is told to go on.
      if (argument !== 'resume') channel.variables.set('practice_listens', String(argument !== 'stop'))
      if (argument.includes(' ')) channel.variables.set('practice_engine', argument.slice(0, argument.indexOf(' ')))
      else if (channel.variables.get('practice_listens') === 'paused') channel.variables.set('practice_listens', 'true')
      return { response: '_none_', cut: argument.startsWith('slow ') ? await pause(host, channel, SLOW_ENGINE) : null }
    }
    case 'system': case 'bgsystem': case 'lua': case 'eval': host.insecure(`${application} ${argument}`); return done()
    default: return done() // `log`
  }
}
