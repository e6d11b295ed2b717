import type { EdgeCounts } from '../../src/contracts/edge.js'
import type { Rank } from './admission.js'

/**
 * What became of each INVITE: `invites = delivered + cancelled + refused + unseen + pending`, always.
 * The intake accounts for the delivered ones; a call nobody can account for shows as a difference.
 */
export const REFUSALS = [
  /** The dialled number is not served here. */
  'unknown-number',
  /** It carries a header that only an attacker sends. */
  'forbidden-header',
  /** Too large, or not readable. */
  'malformed',
  /** A standard line's source calls too often. */
  'source',
  /** The site is full for its rank. */
  'overload',
  /** This edge is being drained. */
  'draining',
  /** No FreeSWITCH takes calls. */
  'no-target',
  /** Every FreeSWITCH that was tried refused or was silent. */
  'targets-failed',
  /** A FreeSWITCH answered with a final code of its own (4xx, 6xx). */
  'by-target',
  /** drachtio could not hand it on and answered itself: Max-Forwards of nought (483), no transport to a target (500). */
  'by-drachtio',
] as const
export type Refusal = (typeof REFUSALS)[number]

export type Outcome =
  | { readonly type: 'delivered' }
  | { readonly type: 'cancelled' }
  /** `rank`: how urgent it counted, null where nobody had looked; `status`: what the carrier was told. */
  | { readonly type: 'refused'; readonly cause: Refusal; readonly rank?: Rank | null; readonly status?: number }
  /** The link to drachtio broke, or the edge was restarted, before the outcome was known here. The call itself goes on. */
  | { readonly type: 'unseen' }

export const emptyCounts: EdgeCounts = { invites: 0, delivered: 0, cancelled: 0, refused: {}, unseen: 0, pending: 0, demoted: 0 }

/** One more INVITE, not decided yet. */
export const invited = (counts: EdgeCounts): EdgeCounts => ({ ...counts, invites: counts.invites + 1, pending: counts.pending + 1 })

const oneMore = (counts: Readonly<Record<string, number>>, key: string): Record<string, number> => ({ ...counts, [key]: (counts[key] ?? 0) + 1 })

/** The end of one INVITE. */
export function settled(counts: EdgeCounts, outcome: Outcome, demoted: boolean): EdgeCounts {
  const rest = { ...counts, pending: counts.pending - 1, demoted: counts.demoted + (demoted ? 1 : 0) }
  switch (outcome.type) {
    case 'delivered': return { ...rest, delivered: rest.delivered + 1 }
    case 'cancelled': return { ...rest, cancelled: rest.cancelled + 1 }
    case 'unseen': return { ...rest, unseen: rest.unseen + 1 }
    case 'refused': {
      const as = `${outcome.cause} ${outcome.rank ?? 'standard'} ${outcome.status ?? 503}`
      return { ...rest, refused: oneMore(rest.refused, outcome.cause), refusals: oneMore(rest.refusals ?? {}, as) }
    }
  }
}

/** After a restart: what was pending then will never be settled here. */
export const resumed = (counts: EdgeCounts): EdgeCounts => ({ ...counts, pending: 0, unseen: counts.unseen + counts.pending })

/** INVITEs refused, whatever the cause. */
export const refusedOf = (counts: EdgeCounts): number => Object.values(counts.refused).reduce((sum, count) => sum + count, 0)

/** INVITEs that are accounted for nowhere: 0, or the edge is wrong. */
export const unaccounted = (counts: EdgeCounts): number => counts.invites - counts.delivered - counts.cancelled - refusedOf(counts) - counts.unseen - counts.pending
