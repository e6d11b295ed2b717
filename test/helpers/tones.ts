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
