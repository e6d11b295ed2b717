import { closeSync, openSync, readSync } from 'node:fs'

const known = new Map<string, number | null>()

/** How long a sound lasts, ms; null when FreeSWITCH would not find it; Infinity for endless streams. */
export function durationOf(sound: string): number | null {
  if (sound.startsWith('file_string://')) {
    const parts = sound.slice(14).split('!').map(durationOf)
    return parts.includes(null) ? null : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0)
  }
  if (sound.startsWith('silence_stream://')) {
    const length = Number(sound.slice(17).split(',')[0])
    return length < 0 ? Infinity : length
  }
  const tone = /^tone_stream:\/\/%\((\d+),(\d+)/.exec(sound)
  if (tone !== null) return Number(tone[1]) + Number(tone[2])
  if (sound.startsWith('local_stream://') || sound.startsWith('tone_stream://')) return Infinity
  let length = known.get(sound)
  if (length === undefined) {
    length = wavDuration(sound)
    known.set(sound, length)
  }
  return length
}

/** RIFF/WAVE: bytes of `data` by the byte rate of `fmt `. */
function wavDuration(path: string): number | null {
  try {
    const descriptor = openSync(path, 'r')
    const head = Buffer.alloc(4_096)
    const length = readSync(descriptor, head, 0, head.length, 0)
    closeSync(descriptor)
    let rate = 0
    for (let at = 12; at + 8 <= length;) {
      const chunk = head.toString('latin1', at, at + 4)
      const size = head.readUInt32LE(at + 4)
      if (chunk === 'fmt ') rate = head.readUInt32LE(at + 16)
      if (chunk === 'data') return rate === 0 ? null : (size / rate) * 1000
      at += 8 + size + (size % 2)
    }
    return null
  } catch {
    return null
  }
}
