import { MAX_NUMBER } from './grammar.js'

/** How long pieces one after the other last, ms. */
export type Measure = (pieces: readonly string[]) => number

/** The one that lasts longest. */
export const longestOf = (readings: readonly (readonly string[])[], ms: Measure): readonly string[] =>
  readings.reduce((longest, one) => (ms(one) > ms(longest) ? one : longest), readings[0] ?? [])

interface Found { readonly value: number; readonly ms: number }

/**
 * The number from 1 to `MAX_NUMBER` that takes longest to read, without reading them all. A number is read block by block (each 10,000 in Chinese, each 1,000 in
 * English), and what a block adds depends on the others only by whether one stands before it and one after it: so the longest block of each place makes it.
 */
export function longestNumber(read: (value: number) => readonly string[], block: number, ms: Measure): number {
  const time = (value: number): number => ms(read(value))
  /** The longest for this place and those below it. `head`: something stands before it, `first` of the next place. */
  function from(place: number, head: boolean): Found | null {
    if (place < 0) return null
    const unit = block ** place
    const first = head ? unit * block : 0
    // A 1 that ends the number stands for every end that it can have: it is taken off again, or is the end itself.
    const before = head ? time(first + 1) : 0
    const below = from(place - 1, true)
    let best = from(place - 1, head)
    const consider = (found: Found): void => { if (best === null || found.ms > best.ms) best = found }
    for (let digits = 1; digits < block && digits * unit <= MAX_NUMBER; digits += 1) {
      const value = digits * unit
      consider({ value, ms: time(first + value) - before })
      if (below !== null) consider({ value: value + below.value, ms: time(first + value + 1) - before + below.ms })
    }
    return best
  }
  let places = 0
  while (block ** places <= MAX_NUMBER) places += 1
  return from(places - 1, false)?.value ?? 1
}
