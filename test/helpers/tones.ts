/** Telephone sound of tests, samples a second. */
export const RATE = 8_000
/** How loud telephones here hum. */
export const LEVEL = 8_000

/** Share of a tone in a signal, by Goertzel's algorithm: 1 when the signal is this tone at `level`. */
export function share(samples: ArrayLike<number>, hz: number, level = LEVEL): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / RATE)
  let [one, two] = [0, 0]
  for (let at = 0; at < samples.length; at += 1) [one, two] = [(samples[at] ?? 0) + coefficient * one - two, one]
  const power = one * one + two * two - coefficient * one * two
  return samples.length === 0 ? 0 : Math.sqrt(power) / (samples.length / 2) / level
}

/** A block that holds whole periods of every tone of the tests, samples. */
const BLOCK = RATE / 5

/**
 * The same for a signal that breaks off and goes on, as two talks one behind the other or with a frame that came too late: each block by
 * itself, since over the whole the tone before and the tone after may cancel each other out.
 */
export function shareInPieces(samples: Int16Array, hz: number): number {
  const blocks = Array.from({ length: Math.floor(samples.length / BLOCK) }, (_, n) => share(samples.subarray(n * BLOCK, (n + 1) * BLOCK), hz))
  return blocks.reduce((sum, one) => sum + one, 0) / Math.max(1, blocks.length)
}

/** A piece this long is looked for, samples: a quarter of a second. */
const PIECE = 2_000
/** So alike are two signals when one is the other with hold music or a voice over it. */
const ALIKE = 0.4

/** How often a tape is in a signal: its loudest piece is looked for by correlation. */
export function timesIn(tape: ArrayLike<number>, signal: ArrayLike<number>): number {
  const at = (of: ArrayLike<number>, index: number): number => of[index] ?? 0
  const energy = (of: ArrayLike<number>, from: number): number => { let sum = 0; for (let k = 0; k < PIECE; k += 1) sum += at(of, from + k) ** 2; return sum }
  let loudest = 0
  for (let from = 0; from + PIECE <= tape.length; from += PIECE / 4) if (energy(tape, from) > energy(tape, loudest)) loudest = from
  const own = energy(tape, loudest)
  let [times, after] = [0, 0]
  for (let from = 0, mine = energy(signal, 0); from + PIECE <= signal.length; mine += at(signal, from + PIECE) ** 2 - at(signal, from) ** 2, from += 1) {
    if (from < after || mine < own / 4) continue
    let product = 0
    for (let k = 0; k < PIECE; k += 1) product += at(tape, loudest + k) * at(signal, from + k)
    if (product < ALIKE * Math.sqrt(own * mine)) continue
    times += 1
    after = from + PIECE
  }
  return times
}
