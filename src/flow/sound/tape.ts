import { PROMPT_FORMAT, samplesOf, type Tape } from '../wav.js'
import { integratedLoudness, truePeak } from './loudness.js'

/** What prompts are held to: EBU R 128 (−23 LUFS, true peak −1 dBTP), and what a telephone and a caller's patience need. */
export const TAPE_LIMITS = {
  loudness: -23,
  /** R 128 allows ±1 LU where the level cannot be set afterwards; ours can, but a recorded voice may keep its life. */
  tolerance: 1,
  peak: -1,
  /** Less and a jitter buffer eats the first sound; more and the caller waits for nothing. ms */
  silence: { least: 40, most: 500 },
  /** ms */
  length: { least: 150, most: 20_000 },
} as const

/** Frames below this are silence, dBFS RMS. */
const SILENT = -50
const FRAME = 0.01
/** So many samples in a row at full deflection are not a voice. */
const CLIPPED_RUN = 3
const FULL = 32_700

/** What a tape sounds like. Levels in dB, times in ms. */
export interface Measured {
  readonly duration: number
  /** LUFS; −Infinity when nothing is to be heard. */
  readonly loudness: number
  readonly peak: number
  /** Places where the recording was too loud for its equipment. */
  readonly clipped: number
  readonly silence: { readonly start: number; readonly end: number }
}

export type Fault =
  | { readonly code: 'prompt.empty' }
  | { readonly code: 'prompt.length'; readonly details: { readonly seconds: string; readonly least: string; readonly most: string } }
  | { readonly code: 'prompt.loudness'; readonly details: { readonly found: string; readonly wanted: string; readonly off: string } }
  | { readonly code: 'prompt.peak'; readonly details: { readonly found: string; readonly most: string } }
  | { readonly code: 'prompt.clipped'; readonly details: { readonly places: number } }
  | { readonly code: 'prompt.silence-start' | 'prompt.silence-end'; readonly details: { readonly found: number; readonly least: number; readonly most: number } }

/** Measures a tape in the prompts' format; null for another one, which must be converted first. */
export function measureTape(tape: Tape): Measured | null {
  if (tape.sampleRate !== PROMPT_FORMAT.sampleRate || tape.channels !== PROMPT_FORMAT.channels || tape.bits !== PROMPT_FORMAT.bits) return null
  const samples = samplesOf(tape)
  return {
    duration: tape.duration,
    loudness: integratedLoudness(samples, tape.sampleRate),
    peak: truePeak(samples),
    clipped: clippedRuns(samples),
    silence: silenceOf(samples, tape.sampleRate),
  }
}

/** Everything in which a tape differs from `TAPE_LIMITS`. */
export function faultsOf({ duration, loudness, peak, clipped, silence }: Measured): Fault[] {
  const { length, silence: ends } = TAPE_LIMITS
  if (loudness === -Infinity) return [{ code: 'prompt.empty' }]
  const faults: Fault[] = []
  if (duration < length.least || duration > length.most) faults.push({ code: 'prompt.length', details: { seconds: (duration / 1000).toFixed(1), least: String(length.least / 1000), most: String(length.most / 1000) } })
  const off = loudness - TAPE_LIMITS.loudness
  if (Math.abs(off) > TAPE_LIMITS.tolerance) faults.push({ code: 'prompt.loudness', details: { found: loudness.toFixed(1), wanted: String(TAPE_LIMITS.loudness), off: `${off > 0 ? '+' : ''}${off.toFixed(1)}` } })
  if (clipped > 0) faults.push({ code: 'prompt.clipped', details: { places: clipped } })
  // What is clipped is too high as well.
  else if (peak > TAPE_LIMITS.peak) faults.push({ code: 'prompt.peak', details: { found: peak.toFixed(1), most: String(TAPE_LIMITS.peak) } })
  for (const [code, found] of [['prompt.silence-start', silence.start], ['prompt.silence-end', silence.end]] as const) {
    if (found < ends.least || found > ends.most) faults.push({ code, details: { found, least: ends.least, most: ends.most } })
  }
  return faults
}

/** Fewer places at the very same height are chance. */
const CUT_PLACES = 3
/** What never comes near full deflection is not cut off by equipment. */
const LOUD = 8_000

/**
 * Places where a recording, as its equipment wrote it, stays at its own greatest height: clipped, though it was turned down afterwards. To be asked before
 * another rate makes peaks of the flat places.
 */
export function cutOffRuns(samples: Int16Array): number {
  const top = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  const runs = top < LOUD ? 0 : clippedRuns(samples, top - 1)
  return runs < CUT_PLACES ? 0 : runs
}

function clippedRuns(samples: Int16Array, height = FULL): number {
  let runs = 0
  let run = 0
  let last = 0
  for (const sample of samples) {
    run = Math.abs(sample) >= height && sample === last ? run + 1 : 1
    last = sample
    if (run === CLIPPED_RUN) runs += 1
  }
  return runs
}

/** First sample of the first frame with sound, and the one after the last. Equal when there is none. */
function voiceIn(samples: Int16Array, frame: number): { readonly from: number; readonly to: number } {
  const frames = Math.ceil(samples.length / frame)
  const loud = (index: number) => {
    const part = samples.subarray(index * frame, (index + 1) * frame)
    return 10 * Math.log10(part.reduce((sum, sample) => sum + (sample / 32768) ** 2, 0) / part.length) > SILENT
  }
  let start = 0
  while (start < frames && !loud(start)) start += 1
  let end = frames
  while (end > start && !loud(end - 1)) end -= 1
  return { from: Math.min(start * frame, samples.length), to: Math.min(end * frame, samples.length) }
}

function silenceOf(samples: Int16Array, rate: number): Measured['silence'] {
  const { from, to } = voiceIn(samples, Math.round(FRAME * rate))
  return { start: Math.round(from / rate * 1000), end: Math.round((samples.length - to) / rate * 1000) }
}

/** The voice with `margin` ms of silence at each end, whatever there was. */
export function trim(samples: Int16Array, rate: number, margin: number): Int16Array {
  const { from, to } = voiceIn(samples, Math.round(FRAME * rate))
  const edge = Math.round(margin / 1000 * rate)
  const whole = new Int16Array(to - from + 2 * edge)
  whole.set(samples.subarray(from, to), edge)
  return whole
}

/** Brings samples to `TAPE_LIMITS`: the loudness by one gain; peaks that would be too high are rounded off rather than clipped. */
export function level(samples: Int16Array, rate: number): Int16Array {
  const ceiling = 10 ** ((TAPE_LIMITS.peak - 0.5) / 20)
  const knee = ceiling * 0.7
  let levelled = samples
  let gain = 1
  // Rounding peaks off takes a little loudness away: a second and third look give it back.
  for (let look = 0; look < 4; look += 1) {
    const loudness = integratedLoudness(levelled, rate)
    if (loudness === -Infinity || Math.abs(loudness - TAPE_LIMITS.loudness) < 0.05) break
    gain *= 10 ** ((TAPE_LIMITS.loudness - loudness) / 20)
    levelled = samples.map((sample) => {
      const value = sample / 32768 * gain
      const soft = Math.abs(value) < knee ? value : Math.sign(value) * (knee + (ceiling - knee) * Math.tanh((Math.abs(value) - knee) / (ceiling - knee)))
      return Math.round(soft * 32767)
    })
  }
  return levelled
}
