import type { LiveCall } from '../../src/intake/ports.js'

/** A seeded generator (mulberry32): the same seed is the same world. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`

export const arriving = (callId: string, at: number, mirror: LiveCall['call']['mirror'] = {}): LiveCall['call'] => ({
  callId, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', createdAt: at, recovered: false, mirror,
})

export const settings = { offerTimeout: 15_000, offerGrace: 3_000, wrapUp: 5_000, skillOverflow: 20_000, reservedOperators: 1, keepEnded: 60_000, goneWindow: 2_000 }
