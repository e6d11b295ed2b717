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

/** Fields that somebody types, and what goes with one of them by itself: a position with its place. */
const TYPED: ReadonlySet<string> = new Set(['place', 'description', 'callerName', 'point'])
/** Who rests for longer has begun anew, ms. */
const SITTING = 10 * 60_000

const plain = (value: unknown): string => JSON.stringify(value ?? null)
const typedIn = ({ act, note, recordedAt, changes }: HistoryRow): readonly string[] | null => {
  const fields = Object.keys(changes)
  return act === 'edit' && note === '' && recordedAt === undefined && fields.length > 0 && fields.every((field) => TYPED.has(field)) ? fields.filter((field) => field !== 'point') : null
}

/** One went on typing where the other stopped: the same person, in the same fields, from what stood there. */
function goesOn(before: HistoryRow, after: HistoryRow): boolean {
  const [one, other] = [typedIn(before), typedIn(after)]
  return one !== null && other !== null && before.by?.id === after.by?.id && after.at - before.at <= SITTING && other.every((field) => one.includes(field)) && (other.length > 0 || one.includes('place'))
    && Object.entries(after.changes).every(([field, [from]]) => before.changes[field] === undefined || plain(before.changes[field][1]) === plain(from))
}

/**
 * What somebody typed is kept at every pause, so that nothing is lost; people read it as one thing: from what stood there to what stands there, at the time of the last word. What came to
 * nothing, typed and taken back, is no row. The history itself has every row.
 * @param rows oldest first
 */
export function foldTyping(rows: readonly HistoryRow[]): readonly HistoryRow[] {
  const folded: HistoryRow[] = []
  for (const row of rows) {
    const last = folded.at(-1)
    if (last === undefined || !goesOn(last, row)) { folded.push(row); continue }
    const changes = { ...last.changes, ...Object.fromEntries(Object.entries(row.changes).map(([field, [from, to]]) => [field, [last.changes[field]?.[0] ?? from, to] as [unknown, unknown]])) }
    const left = Object.fromEntries(Object.entries(changes).filter(([, [from, to]]) => plain(from) !== plain(to)))
    folded.pop()
    if (Object.keys(left).length > 0) folded.push({ ...row, changes: left })
  }
  return folded
}
