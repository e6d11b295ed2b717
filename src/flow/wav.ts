/** Telephone prompts: what every FreeSWITCH plays without resampling. */
export const PROMPT_FORMAT = { sampleRate: 8000, channels: 1, bits: 16 } as const

export interface WavInfo {
  readonly sampleRate: number
  readonly channels: number
  readonly bits: number
  readonly duration: number
}

/**
 * Reads the header of a PCM WAV file; `duration` in ms. Null when it is none.
 * `bytes` may be just the beginning of a file of `fileSize` bytes.
 */
export function readWav(bytes: Uint8Array, fileSize = bytes.length): WavInfo | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const id = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4))
  if (bytes.length < 12 || id(0) !== 'RIFF' || id(8) !== 'WAVE') return null
  let format: Omit<WavInfo, 'duration'> | null = null
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true)
    const body = at + 8
    if (id(at) === 'fmt ' && body + 16 <= bytes.length) {
      if (view.getUint16(body, true) !== 1) return null
      format = { channels: view.getUint16(body + 2, true), sampleRate: view.getUint32(body + 4, true), bits: view.getUint16(body + 14, true) }
    } else if (id(at) === 'data' && format !== null) {
      // A header that promises more than the file holds is cut off.
      const held = Math.min(size, fileSize - body)
      const perSecond = format.sampleRate * format.channels * format.bits / 8
      return perSecond > 0 ? { ...format, duration: Math.round(held / perSecond * 1000) } : null
    }
    at = body + size + size % 2
  }
  return null
}

/** Writes 16-bit mono samples at the prompts' rate. */
export function writeWav(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(44 + samples.length * 2)
  const view = new DataView(bytes.buffer)
  const text = (at: number, value: string) => { for (let index = 0; index < value.length; index += 1) bytes[at + index] = value.charCodeAt(index) }
  const { sampleRate, channels, bits } = PROMPT_FORMAT
  const frame = channels * bits / 8
  text(0, 'RIFF')
  view.setUint32(4, 36 + samples.length * frame, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, channels, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * frame, true)
  view.setUint16(32, frame, true)
  view.setUint16(34, bits, true)
  text(36, 'data')
  view.setUint32(40, samples.length * frame, true)
  samples.forEach((sample, index) => view.setInt16(44 + index * frame, sample, true))
  return bytes
}
