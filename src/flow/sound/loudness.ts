/**
 * Loudness as EBU R 128 counts it: ITU-R BS.1770-4, for mono, at any sampling rate. The standard tabulates its filter at
 * 48 kHz only; these are the analogue prototypes behind the table, warped to the rate at hand (as libebur128 does it), so that
 * at 48 kHz they are the table.
 */

/** A second-order filter; a0 = 1. */
export interface Biquad { readonly b: readonly [number, number, number]; readonly a: readonly [number, number] }

/** The two stages of K-weighting at `rate` Hz: the head's high shelf, then the high pass. */
export function kWeighting(rate: number): readonly [shelf: Biquad, highPass: Biquad] {
  const shelf = (() => {
    const k = Math.tan(Math.PI * 1681.974450955533 / rate)
    const q = 0.7071752369554196
    const high = 10 ** (3.999843853973347 / 20)
    const band = high ** 0.4996667741545416
    const a0 = 1 + k / q + k * k
    return {
      b: [(high + band * k / q + k * k) / a0, 2 * (k * k - high) / a0, (high - band * k / q + k * k) / a0],
      a: [2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0],
    } as const
  })()
  const k = Math.tan(Math.PI * 38.13547087602444 / rate)
  const q = 0.5003270373238773
  const a0 = 1 + k / q + k * k
  return [shelf, { b: [1, -2, 1], a: [2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0] }]
}

/** In place: this runs over millions of samples, and everything that is allocated for each of them costs more than the sum. */
function filter(samples: Float64Array, { b: [b0, b1, b2], a: [a1, a2] }: Biquad): Float64Array {
  let x1 = 0
  let x2 = 0
  let y1 = 0
  let y2 = 0
  for (let at = 0; at < samples.length; at += 1) {
    const x = samples[at] as number
    const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
    samples[at] = y
    x2 = x1
    x1 = x
    y2 = y1
    y1 = y
  }
  return samples
}

const BLOCK = 0.4
const STEP = 0.1
const ABSOLUTE_GATE = -70
const RELATIVE_GATE = -10

const loudnessOf = (meanSquare: number): number => -0.691 + 10 * Math.log10(meanSquare)
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * Integrated loudness in LUFS of 16-bit mono samples: blocks of 400 ms every 100 ms, what is below −70 LUFS and then what is
 * 10 LU below the rest does not count. −Infinity for silence. Shorter than a block: the whole is one.
 */
export function integratedLoudness(samples: Int16Array, rate: number): number {
  const weighted = new Float64Array(samples.length)
  for (let at = 0; at < samples.length; at += 1) weighted[at] = (samples[at] as number) / 32768
  for (const stage of kWeighting(rate)) filter(weighted, stage)
  const block = Math.round(BLOCK * rate)
  const step = Math.round(STEP * rate)
  const squares = new Float64Array(weighted.length + 1)
  for (let at = 0; at < weighted.length; at += 1) squares[at + 1] = (squares[at] as number) + (weighted[at] as number) ** 2
  const energy = (from: number, to: number) => ((squares[to] ?? 0) - (squares[from] ?? 0)) / Math.max(1, to - from)
  const blocks: number[] = []
  if (weighted.length < block) blocks.push(energy(0, weighted.length))
  else for (let from = 0; from + block <= weighted.length; from += step) blocks.push(energy(from, from + block))
  const heard = blocks.filter((mean) => loudnessOf(mean) > ABSOLUTE_GATE)
  if (heard.length === 0) return -Infinity
  const gate = loudnessOf(meanOf(heard)) + RELATIVE_GATE
  return loudnessOf(meanOf(heard.filter((mean) => loudnessOf(mean) > gate)))
}

const PHASES = 4
const TAPS = 24

/** Windowed sinc (Blackman) for each quarter between two samples. */
const INTERPOLATION = Array.from({ length: PHASES }, (_, phase) => Float64Array.from({ length: TAPS }, (_one, tap) => {
  const x = tap - TAPS / 2 + 1 - phase / PHASES
  const window = 0.42 + 0.5 * Math.cos(2 * Math.PI * x / TAPS) + 0.08 * Math.cos(4 * Math.PI * x / TAPS)
  return (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)) * window
}))

/** How far a value between samples can be above its neighbours, whatever they are. */
const OVERSHOOT = Math.max(...INTERPOLATION.map((taps) => taps.reduce((sum, tap) => sum + Math.abs(tap), 0)))
const STRETCH = 64

/** The largest of these, whatever its sign. */
function largestOf(samples: Float64Array, from: number, to: number): number {
  let most = 0
  for (let at = from; at < to; at += 1) most = Math.max(most, Math.abs(samples[at] as number))
  return most
}

/** Highest level between samples too, dBTP, from fourfold oversampling (BS.1770-4 annex 2). */
export function truePeak(samples: Int16Array): number {
  // Silence before and after: sample n is at n + TAPS.
  const padded = new Float64Array(samples.length + 2 * TAPS)
  padded.set(samples, TAPS)
  let highest = largestOf(padded, TAPS, TAPS + samples.length)
  for (let from = 0; from < samples.length; from += STRETCH) {
    const to = Math.min(from + STRETCH, samples.length)
    // Quiet stretches cannot hold the peak.
    if (largestOf(padded, from, to + 2 * TAPS) * OVERSHOOT <= highest) continue
    for (let at = from; at < to; at += 1) {
      for (const taps of INTERPOLATION) {
        let value = 0
        for (let tap = 0; tap < TAPS; tap += 1) value += (taps[tap] as number) * (padded[at + tap + TAPS / 2 + 1] as number)
        highest = Math.max(highest, Math.abs(value))
      }
    }
  }
  return 20 * Math.log10(highest / 32768)
}
