import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { ApplicationHost } from './applications.js'
import type { Channel } from './channel.js'
import { joinSound, soundOf, WAV_HEAD, type Sound } from './sound.js'

/** What is being recorded on a channel, by path. `cause` absent: somebody hung up or stopped it. */
export interface Recorder {
  /** ms of sound so far. */
  readonly kept: number
  stop(cause?: Cause): void
}
type Cause = 'success-silence' | 'no-input-timeout' | 'success-maxtime'

/** How often it looks at what is heard, ms. */
const FRAME = 20

const listOf = (brackets: string): ReadonlyMap<string, string> => new Map((/^\{(.*)\}$/.exec(brackets)?.[1] ?? '').split(',').filter((pair) => pair.includes('=')).map((pair) => {
  const at = pair.indexOf('=')
  return [pair.slice(0, at), pair.slice(at + 1)] as const
}))

/**
 * `uuid_record <uuid> start <path> <limit> {RECORD_…}` as switch_ivr_async.c does it: beside whatever the caller hears, into a WAV,
 * until silence, the limit, a stop or the end of the channel; then RECORD_STOP says how long it is and why it ended. What is not said in
 * brackets the channel's variables say: RECORD_STEREO (the channel's own side left, what it hears right), RECORD_BRIDGE_REQ (only while it is
 * bridged), RECORD_APPEND (on at the end of the file that is there).
 */
export function startRecording(host: ApplicationHost, channel: Channel, [path = '', limit = '0', brackets = '']: readonly string[]): string {
  if (channel.recorders.has(path)) return '+OK Success\n'
  const given = listOf(brackets)
  const said = (name: string): string => given.get(name) ?? channel.variables.get(name) ?? ''
  const [stereo, bridged, append] = ['RECORD_STEREO', 'RECORD_BRIDGE_REQ', 'RECORD_APPEND'].map((name) => said(name) === 'true') as [boolean, boolean, boolean]
  const silence = Number(said('RECORD_FINAL_TIMEOUT_MS') || 0)
  const began = Date.now()
  let looked = began
  const sound: Sound[] = []
  let kept = 0
  let before: Buffer
  try {
    before = append ? soundIn(path) : Buffer.alloc(0)
    writeFileSync(path, joinSound(before, [], stereo))
  } catch {
    channel.variables.set('record_completion_cause', 'uri-failure')
    return '-ERR Cannot record session!\n'
  }
  const more = Object.fromEntries([...given].map(([name, value]) => [`Recording-Variable-${name}`, value]))
  const about = { 'Record-File-Path': path, ...more }
  host.fire(channel, 'RECORD_START', about)
  const look = (): void => {
    const ms = host.elapsed(Date.now() - looked)
    looked = Date.now()
    if (bridged && channel.partner === null) return
    kept += ms
    soundOf(sound, channel, ms)
  }
  const stop: Recorder['stop'] = (cause) => {
    clearInterval(timer)
    channel.recorders.delete(path)
    look()
    const spoke = silence === 0 ? kept > 0 : channel.spoke > began
    let why: string = cause ?? (channel.hungUp === 0 ? 'success-maxtime' : spoke ? 'success-silence' : 'no-input-timeout')
    const ms = Math.round(kept)
    if (ms === 0 && !append) {
      channel.variables.set('RECORD_DISCARDED', 'true')
      rmSync(path, { force: true })
      why = 'empty-file'
    } else {
      try {
        writeFileSync(path, joinSound(before, sound, stereo))
      } catch {
        why = 'uri-failure'
      }
    }
    channel.variables.set('record_ms', String(ms)).set('record_seconds', String(Math.floor(ms / 1000))).set('record_completion_cause', why)
    host.fire(channel, 'RECORD_STOP', { ...about, 'Record-Completion-Cause': why })
  }
  const timer = setInterval(() => {
    look()
    const quiet = host.elapsed(Date.now() - Math.max(began, channel.spoke))
    if (channel.hungUp > 0) stop()
    else if (silence > 0 && quiet >= silence) stop(channel.spoke > began ? 'success-silence' : 'no-input-timeout')
    else if (Number(limit) > 0 && host.elapsed(Date.now() - began) >= Number(limit) * 1000) stop('success-maxtime')
  }, FRAME)
  channel.recorders.set(path, { stop, get kept() { return kept } })
  return '+OK Success\n'
}

/** `uuid_record <uuid> stop <path>|all` */
export function stopRecording(channel: Channel, path: string): string {
  const found = path === 'all' ? [...channel.recorders.values()] : [channel.recorders.get(path) ?? []].flat()
  for (const recorder of found) recorder.stop()
  return found.length === 0 ? '-ERR Cannot stop record session!\n' : '+OK Success\n'
}

function soundIn(path: string): Buffer {
  try {
    return readFileSync(path).subarray(WAV_HEAD)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}
