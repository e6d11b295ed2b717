import { writeFileSync } from 'node:fs'
import type { ApplicationHost } from './applications.js'
import type { Channel } from './channel.js'

const RATE = 8_000

/**
 * `uuid_record <uuid> start <path> <limit> {RECORD_…}` as switch_ivr_async.c does it: beside whatever the caller hears, into a WAV,
 * until silence, the limit, a stop or the end of the channel; then RECORD_STOP says how long it is and why it ended.
 */
export function startRecording(host: ApplicationHost, channel: Channel, [path = '', limit = '0', brackets = '']: readonly string[]): string {
  if (channel.stopRecording !== null) return '+OK Success\n'
  const silence = Number(/RECORD_FINAL_TIMEOUT_MS=(\d+)/.exec(brackets)?.[1] ?? 0)
  const since = Date.now()
  const elapsed = (): number => host.elapsed(Date.now() - since)
  try {
    writeFileSync(path, wav(0))
  } catch {
    return '-ERR Cannot record session!\n'
  }
  channel.spoke = 0
  host.fire(channel, 'RECORD_START', { 'Record-File-Path': path })
  const stop: NonNullable<Channel['stopRecording']> = (cause) => {
    const spoke = channel.spoke > since
    // Whoever hangs up counts as silent from then on; whoever stops it, as the limit (switch_ivr_async.c, record_callback).
    const why = cause ?? (channel.hungUp === 0 ? 'success-maxtime' : spoke ? 'success-silence' : 'no-input-timeout')
    clearInterval(timer)
    channel.stopRecording = null
    const ms = Math.round(elapsed())
    writeFileSync(path, wav(ms))
    channel.variables.set('record_ms', String(ms)).set('record_seconds', String(Math.floor(ms / 1000)))
    host.fire(channel, 'RECORD_STOP', { 'Record-File-Path': path, 'Record-Completion-Cause': why })
  }
  const timer = setInterval(() => {
    const quiet = host.elapsed(Date.now() - Math.max(since, channel.spoke))
    if (channel.hungUp > 0) stop()
    else if (silence > 0 && quiet >= silence) stop(channel.spoke > since ? 'success-silence' : 'no-input-timeout')
    else if (Number(limit) > 0 && elapsed() >= Number(limit) * 1000) stop('success-maxtime')
  }, 20)
  channel.stopRecording = stop
  return '+OK Success\n'
}

/** Silence of so many ms. */
function wav(ms: number): Buffer {
  const bytes = Math.round(ms * RATE / 1000) * 2
  const file = Buffer.alloc(44 + bytes)
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE(36 + bytes, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(RATE, 24)
  file.writeUInt32LE(RATE * 2, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(bytes, 40)
  return file
}
