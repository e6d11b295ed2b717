import { Type, type Static } from 'typebox'
import { EpochMs } from './primitives.js'

const Count = Type.Integer({ minimum: 0 })

/**
 * What the SIP edge counted on one day: `invites = delivered + cancelled + refused + unseen + pending`.
 * `delivered`: FreeSWITCH answered; from there on the intake accounts for the call (answered, abandoned, native queue).
 * `cancelled`: the caller hung up before that. `unseen`: the outcome never reached the edge (its link broke, it was restarted).
 */
export const EdgeCounts = Type.Object({
  invites: Count,
  delivered: Count,
  cancelled: Count,
  /** By cause, see `sip/core/ledger.ts`. */
  refused: Type.Record(Type.String(), Count),
  /** The same by `cause class status`; absent in counts of before version 0.3. */
  refusals: Type.Optional(Type.Record(Type.String(), Count)),
  unseen: Count,
  pending: Count,
  /** Of all these: calls that were served last because their source calls too often. */
  demoted: Count,
}, { additionalProperties: false })
export type EdgeCounts = Static<typeof EdgeCounts>

/** One file a day in the edge's directory (`edge-2026-11-25.json`), and what `GET /counts/2026-11-25` answers. */
export const EdgeDay = Type.Object({
  edge: Type.String(),
  day: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
  writtenAt: EpochMs,
  counts: EdgeCounts,
}, { additionalProperties: false })
export type EdgeDay = Static<typeof EdgeDay>
