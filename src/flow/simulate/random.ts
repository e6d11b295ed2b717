/** Seeded chance (mulberry32): the same seed is the same callers, so that two files meet the same people. */
export interface Chance {
  /** 0 ≤ x < 1 */
  next(): number
  /** True with this probability. */
  is(probability: number): boolean
  between(from: number, to: number): number
  /** Exponential, with this mean. */
  around(mean: number): number
  oneOf<T>(list: readonly T[]): T | undefined
}

/** Chance by a seed (mulberry32): the same seed gives the same calls. */
export function makeChance(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    is: (probability) => next() < probability,
    between: (from, to) => from + (to - from) * next(),
    around: (mean) => -mean * Math.log(1 - next()),
    oneOf: (list) => list[Math.floor(next() * list.length)],
  }
}
