import type { Ticket, TicketFields } from '../../contracts/ticket.js'

/** Field → [before, after]. */
export type Changes = Record<string, [unknown, unknown]>

/** What of a ticket itself only acts change. */
export const TRACKED = ['state', 'unitId', 'outcome'] as const
const TRACKED_WORK = ['priority', 'hazard', 'privacy', 'assist', 'deliveredAt', 'safeAt', 'assignee', 'assignees', 'binding', 'extension', 'referral', 'report', 'visit', 'told', 'supervised', 'mergedInto', 'members'] as const
/** What a ticket is by its own row, of everything that histories speak of. */
export function factsOf(ticket: Pick<Ticket, 'state' | 'unitId' | 'outcome' | 'fields' | 'work'>): Readonly<Record<string, unknown>> {
  return { ...ticket.fields, ...Object.fromEntries(TRACKED.map((field) => [field, ticket[field]])), ...Object.fromEntries(TRACKED_WORK.map((field) => [field, ticket.work[field] ?? null])) }
}

/** Of the same content. */
export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Of the same content, in whatever order PostgreSQL gave its keys; a point without how far it may be off, which not every row says. */
export const plain = (value: unknown): string => JSON.stringify(value, (_key, one: unknown) => (
  typeof one === 'object' && one !== null && !Array.isArray(one) ? Object.fromEntries(Object.entries(one).filter(([name]) => name !== 'uncertaintyMetres').sort(([a], [b]) => (a < b ? -1 : 1))) : one))

/** Field → [before, after] of everything a reader of the history cares about. */
export function difference(before: Ticket, after: Ticket): Changes {
  const changes: Changes = {}
  for (const field of TRACKED) if (before[field] !== after[field]) changes[field] = [before[field], after[field]]
  for (const field of TRACKED_WORK) if (!same(before.work[field] ?? null, after.work[field] ?? null)) changes[field] = [before.work[field] ?? null, after.work[field] ?? null]
  for (const field of Object.keys(after.fields) as (keyof TicketFields)[]) {
    if (!same(before.fields[field], after.fields[field])) changes[field] = [before.fields[field], after.fields[field]]
  }
  return changes
}
