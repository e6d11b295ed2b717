import type { FlowProblem } from '../contracts/flow.js'
import type { FlowNotice } from '../contracts/ws.js'
import type { Gated } from './flow-gate.js'
import type { Published } from './flow-ports.js'

/** What an administrator has to know about the flows that run. */
export interface FlowsStatus {
  /** published: from PostgreSQL; kept: one that ran before, kept on this machine or in PostgreSQL; disk: the files, as far as they are right. */
  readonly source: 'published' | 'kept' | 'disk'
  readonly current: Published | null
  /** Edition's hash, or `disk`. */
  readonly version: string
  /** Of the published edition that this program cannot run, then of the files. */
  readonly problems: readonly FlowProblem[]
  /** The published edition, when this program cannot run it: what it accepts has changed since. */
  readonly refused: number | null
  /** Tapes of the published edition that are not to be had: until they are, those of before are heard for a while, then none. */
  readonly missing: number
  /** An edition that waits for approval. */
  readonly waiting: number | null
  /** The files on this node's disk are right and not what runs. */
  readonly differs: boolean
  /** The files as they were last checked; null: not yet. */
  readonly onDisk: { readonly hash: string; readonly problems: readonly FlowProblem[]; readonly around: Gated['around'] } | null
}

/** What every desk of an administrator shows, if anything; the weightiest first, and what waits for him besides. */
export function noticeOf(status: FlowsStatus): { readonly flows?: FlowNotice } {
  const [first, { waiting }] = [weightiest(status), status]
  if (first === null) return waiting === null ? {} : { flows: { what: 'waiting', edition: waiting } }
  return { flows: { ...first, ...(waiting !== null && { waits: waiting }) } }
}

function weightiest({ source, current, problems, refused, missing }: FlowsStatus): FlowNotice | null {
  if (refused !== null) return { what: 'refused', edition: refused }
  if (missing > 0) return { what: 'tapes', count: missing }
  if (current?.reason === 'automatic') return { what: 'returned', edition: current.number }
  if (problems.length > 0) return { what: 'broken', count: problems.length }
  return source === 'kept' ? { what: 'kept' } : null
}
