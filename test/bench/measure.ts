export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  const high = sorted[half] ?? NaN
  return sorted.length % 2 === 1 ? high : ((sorted[half - 1] ?? NaN) + high) / 2
}

/** The value below which `share` of all values are. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

export interface Compared { readonly ours: number; readonly baseline: number; readonly ratio: number }

/**
 * Measures both sides in turn, A B A B …, after rounds of warm-up that do not count. Which side begins changes with each round:
 * what the first leaves behind (garbage, a warm cache) falls on both alike.
 */
export async function interleave(ours: () => number | Promise<number>, baseline: () => number | Promise<number>, { rounds, warmUp = 2 }: { readonly rounds: number; readonly warmUp?: number }): Promise<Compared> {
  const a: number[] = []
  const b: number[] = []
  for (let round = -warmUp; round < rounds; round += 1) {
    const sides = [[ours, a], [baseline, b]] as const
    for (const [side, values] of round % 2 === 0 ? sides : [...sides].reverse()) {
      collect()
      const value = await side()
      if (round >= 0) values.push(value)
    }
  }
  return { ours: median(a), baseline: median(b), ratio: median(a.map((value, at) => value / (b[at] ?? NaN))) }
}

/** Old garbage is nobody's: it goes before a side begins. */
export function collect(): void {
  if (globalThis.gc === undefined) throw new Error('run by `npm run bench`: node needs --expose-gc')
  globalThis.gc()
}

/** The monotonic clock that all processes of this machine share, ms. */
export const hrtime = (): number => Number(process.hrtime.bigint()) / 1e6

/** ms that `work` takes. */
export function timed(work: () => void): number {
  const began = performance.now()
  work()
  return performance.now() - began
}
