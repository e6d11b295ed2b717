/** Telephone prompts: what every FreeSWITCH plays without resampling. */
export const PROMPT_FORMAT = { sampleRate: 8000, channels: 1, bits: 16 } as const

export interface WavInfo {
  readonly sampleRate: number
  readonly channels: number
  readonly bits: number
  readonly duration: number
}

/** What a tape says of itself, in its LIST/INFO chunk. */
export interface TapeInfo {
  /** ICMT: what was recorded. */
  readonly text?: string
  /** ISFT: by what it was made. */
  readonly maker?: string
}

export interface Tape extends WavInfo {
  /** The sound itself, as it stands in the file. */
  readonly data: Uint8Array
  readonly info: TapeInfo
}

interface Chunk { readonly id: string; readonly body: number; readonly size: number }

function* chunksOf(bytes: Uint8Array, from: number, to: number): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = from; at + 8 <= to;) {
    const size = view.getUint32(at + 4, true)
    yield { id: idAt(bytes, at), body: at + 8, size }
    at += 8 + size + size % 2
  }
}

const idAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4))

function scan(bytes: Uint8Array, fileSize: number): { readonly format: WavInfo; readonly data: Chunk; readonly list: Chunk | null } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 12 || idAt(bytes, 0) !== 'RIFF' || idAt(bytes, 8) !== 'WAVE') return null
  let format: Omit<WavInfo, 'duration'> | null = null
  let data: Chunk | null = null
  let list: Chunk | null = null
  for (const chunk of chunksOf(bytes, 12, bytes.length)) {
    const { id, body } = chunk
    if (id === 'fmt ' && body + 16 <= bytes.length) {
      if (view.getUint16(body, true) !== 1) return null
      format = { channels: view.getUint16(body + 2, true), sampleRate: view.getUint32(body + 4, true), bits: view.getUint16(body + 14, true) }
    } else if (id === 'data') data ??= chunk
    else if (id === 'LIST' && body + 4 <= bytes.length && idAt(bytes, body) === 'INFO') list ??= chunk
  }
  if (format === null || data === null) return null
  const perSecond = format.sampleRate * format.channels * format.bits / 8
  // A header that promises more than the file holds is cut off.
  return perSecond > 0 ? { format: { ...format, duration: Math.round(Math.min(data.size, fileSize - data.body) / perSecond * 1000) }, data, list } : null
}

/**
 * Reads the header of a PCM WAV file; `duration` in ms. Null when it is none.
 * `bytes` may be just the beginning of a file of `fileSize` bytes.
 */
export function readWav(bytes: Uint8Array, fileSize = bytes.length): WavInfo | null {
  return scan(bytes, fileSize)?.format ?? null
}

/** Where the sound of a PCM WAV file begins, and how many bytes of it the header promises. Null when it is none. */
export function soundBytes(bytes: Uint8Array): { readonly at: number; readonly size: number } | null {
  const found = scan(bytes, bytes.length)
  return found === null ? null : { at: found.data.body, size: found.data.size }
}

/** Reads a whole PCM WAV file, with what it says of itself. Null when it is none. */
export function readTape(bytes: Uint8Array): Tape | null {
  const found = scan(bytes, bytes.length)
  if (found === null) return null
  const { format, data, list } = found
  const notes = list === null ? new Map<string, string>() : new Map([...chunksOf(bytes, list.body + 4, Math.min(list.body + list.size, bytes.length))]
    .map(({ id, body, size }) => [id, new TextDecoder().decode(bytes.subarray(body, body + size)).replace(/\0.*$/s, '')] as const))
  const [text, maker] = [notes.get('ICMT'), notes.get('ISFT')]
  return {
    ...format,
    data: bytes.subarray(data.body, Math.min(data.body + data.size, bytes.length)),
    info: { ...(text !== undefined && { text }), ...(maker !== undefined && { maker }) },
  }
}

/** 16-bit samples of a tape. */
export function samplesOf({ data }: Pick<Tape, 'data'>): Int16Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const samples = new Int16Array(data.length >> 1)
  for (let at = 0; at < samples.length; at += 1) samples[at] = view.getInt16(at * 2, true)
  return samples
}

/** Writes 16-bit mono samples at the prompts' rate. What the tape says of itself comes last: naive players count on the sound at byte 44. */
export function writeWav(samples: Int16Array, info: TapeInfo = {}): Uint8Array {
  const { sampleRate, channels, bits } = PROMPT_FORMAT
  const frame = channels * bits / 8
  const words = (...values: readonly number[]) => Uint8Array.from(values.flatMap((value) => [value & 255, value >> 8 & 255, value >> 16 & 255, value >>> 24]))
  const sound = new Uint8Array(samples.length * frame)
  const view = new DataView(sound.buffer)
  samples.forEach((sample, index) => view.setInt16(index * frame, sample, true))
  const format = joined([words(1 | channels << 16, sampleRate, sampleRate * frame, frame | bits << 16)])
  const notes = ([['ICMT', info.text], ['ISFT', info.maker]] as const).flatMap(([id, text]) => (text === undefined ? [] : [chunk(id, new TextEncoder().encode(`${text}\0`))]))
  const list = notes.length === 0 ? [] : [chunk('LIST', joined([ascii('INFO'), ...notes]))]
  return chunk('RIFF', joined([ascii('WAVE'), chunk('fmt ', format), chunk('data', sound), ...list]))

  function chunk(id: string, body: Uint8Array): Uint8Array {
    return joined([ascii(id), words(body.length), body, new Uint8Array(body.length % 2)])
  }
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
