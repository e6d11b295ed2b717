import type { Channel } from './channel.js'

const RATE = 8_000
export const WAV_HEAD = 44

/** So many ms in which each side of a channel is silent, speaks (a tone of its own), or hears music. */
export interface Sound { ms: number; readonly own: number; readonly heard: number }

/** Tones by which a listener tells the sides apart, Hz. */
const [CALLER, PARTNER, MUSIC] = [440, 620, 330]
const LOUD = 5_000

/** Adds what is to be heard on this channel now. Practice people hum: a recording of them can be listened to. */
export function soundOf(sound: Sound[], channel: Channel, ms: number): void {
  const { partner } = channel
  const own = channel.muted || channel.partner === null ? 0 : CALLER
  const heard = channel.displaced ? MUSIC : partner === null || partner.muted ? 0 : PARTNER
  const last = sound.at(-1)
  if (last?.own === own && last.heard === heard) last.ms += ms
  else sound.push({ ms, own, heard })
}

/** A WAV of 16 bits: the sound that was there, and the new one behind it. */
export function joinSound(before: Buffer, sound: readonly Sound[], stereo: boolean): Buffer {
  const channels = stereo ? 2 : 1
  const total = Math.round(sound.reduce((sum, { ms }) => sum + ms, 0) * RATE / 1000)
  const after = Buffer.alloc(total * channels * 2)
  let at = 0
  let until = 0
  for (const { ms, own, heard } of sound) {
    until += ms * RATE / 1000
    for (; at < Math.min(total, Math.round(until)); at += 1) {
      after.writeInt16LE(wave(own, at), at * channels * 2)
      if (stereo) after.writeInt16LE(wave(heard, at), at * 4 + 2)
    }
  }
  const bytes = before.length + after.length
  const head = Buffer.alloc(WAV_HEAD)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(WAV_HEAD - 8 + bytes, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(channels, 22)
  head.writeUInt32LE(RATE, 24)
  head.writeUInt32LE(RATE * channels * 2, 28)
  head.writeUInt16LE(channels * 2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(bytes, 40)
  return Buffer.concat([head, before, after])
}

const wave = (hz: number, at: number): number => (hz === 0 ? 0 : Math.round(LOUD * Math.sin(2 * Math.PI * hz * at / RATE)))
