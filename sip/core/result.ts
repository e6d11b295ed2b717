import type { Outcome } from './ledger.js'
import type { PoolEvent } from './pool.js'

export interface Tried {
  /** Pool targets in the order in which they were to be tried. */
  readonly order: readonly string[]
  /** The sorry service, after all of them. */
  readonly sorry: string
  /** Who answered, in order, and with which final code. */
  readonly answers: readonly { readonly id: string; readonly status: number }[]
}

/** What a proxied call's end says about the call and about the pool. */
export function judge({ order, sorry, answers }: Tried): { readonly outcome: Outcome; readonly pool: readonly PoolEvent[] } {
  const statusOf = new Map(answers.map(({ id, status }) => [id, status]))
  // Those before the last one that answered were tried as well; if the sorry service was reached, all were.
  const tried = statusOf.has(sorry) ? order : order.slice(0, order.findLastIndex((id) => statusOf.has(id)) + 1)
  // A caller who hung up may have done so before a target could answer: that says nothing about it.
  const cancelled = answers.some(({ status }) => status === 487)
  const pool = tried.flatMap((id): readonly PoolEvent[] => {
    const status = statusOf.get(id)
    if (status === undefined) return cancelled ? [] : [{ type: 'bad', id }]
    // A 503 to one call (no channel left for its rank, too many in this second) is not one to all: OPTIONS tells that.
    return status === 500 || status === 408 ? [{ type: 'bad', id }] : []
  })
  if (answers.some(({ status }) => status >= 200 && status < 300)) return { outcome: { type: 'delivered' }, pool }
  if (cancelled) return { outcome: { type: 'cancelled' }, pool }
  // The caller gets the best of them (RFC 3261 §16.7): a 4xx or 6xx of a target counts before any 5xx.
  const own = answers.some(({ id, status }) => id !== sorry && ((status >= 400 && status < 500 && status !== 408) || status >= 600))
  return { outcome: { type: 'refused', cause: own ? 'by-target' : 'targets-failed' }, pool }
}
