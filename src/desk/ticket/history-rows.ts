import type { HistoryRow } from '../../contracts/ticket.js'

/** What was learnt of within so long of the row before came with it, ms. */
const TOGETHER = 60_000

/** Who did it, as far as the row says: `hall`, somebody at the city, whom a county knows by name only. */
export function doerOf({ by, changes }: Pick<HistoryRow, 'by' | 'changes'>): { readonly name: string; readonly hall: boolean } | null {
  if (by !== null) return { name: by.displayName, hall: false }
  const hall = changes['hall']?.[1]
  return typeof hall === 'string' && hall !== '' ? { name: hall, hall: true } : null
}

const isNothing = (value: unknown): boolean => value === null || value === undefined || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)

/** What changed, for a reader: not who did it, which stands in the head, nor nothing that became nothing. */
export const shownChanges = ({ changes }: Pick<HistoryRow, 'changes'>): readonly (readonly [string, readonly [unknown, unknown]])[] =>
  Object.entries(changes).filter(([field, [before, after]]) => field !== 'attention' && field !== 'hall' && !(isNothing(before) && isNothing(after)))

/** How a row that was learnt of later came here: written on paper and entered, or brought in; null: at once, or together with the row before it. `before`: that row. */
export function laterOf({ recordedAt, changes }: HistoryRow, before: HistoryRow | undefined): 'paper' | 'brought' | null {
  if (recordedAt === undefined) return null
  if ('paper' in changes) return 'paper'
  return before?.recordedAt !== undefined && Math.abs(recordedAt - before.recordedAt) < TOGETHER ? null : 'brought'
}
