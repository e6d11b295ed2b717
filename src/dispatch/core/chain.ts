/** One row of a ticket's history as the database has it. `at`: µs since the epoch; `changes`: jsonb as PostgreSQL prints it. */
export interface ChainRow {
  readonly ticketId: string
  readonly version: number
  readonly actId: string
  readonly act: string
  readonly at: string
  readonly by: string | null
  readonly changes: string
  readonly note: string
  readonly hash: string
}

/**
 * What a row's hash is made of: canonical JSON in jsonb's order of keys (shorter first, then by bytes), the hash of the row before in it.
 * Written once more here, without the database: a database that was taught to lie is still found out.
 */
export function canonical(row: ChainRow, previous: string): string {
  const text = (value: string | null): string => JSON.stringify(value)
  return `{"at": ${row.at}, "by": ${text(row.by)}, "act": ${text(row.act)}, "note": ${text(row.note)}, "prev": ${text(previous)}, "actId": ${text(row.actId)}, "ticket": ${text(row.ticketId)}, "changes": ${row.changes}, "version": ${row.version}}`
}

/** What is wrong with a ticket's history, of which `rows` is everything in order of versions. */
export type ChainFault =
  | { readonly type: 'hash'; readonly ticketId: string; readonly version: number }
  | { readonly type: 'gap'; readonly ticketId: string; readonly version: number }
  | { readonly type: 'short'; readonly ticketId: string; readonly version: number; readonly expected: number }
  | { readonly type: 'state'; readonly ticketId: string; readonly version: number; readonly expected: string; readonly found: string }

export interface TicketHead { readonly version: number; readonly state: string }

/** @param sha256 hexadecimal, of UTF-8. */
export function verifyChain(rows: readonly ChainRow[], head: TicketHead, sha256: (text: string) => string): ChainFault | null {
  let previous = ''
  let state = 'open'
  for (const [n, row] of rows.entries()) {
    if (row.version !== n + 1) return { type: 'gap', ticketId: row.ticketId, version: n + 1 }
    if (sha256(canonical(row, previous)) !== row.hash) return { type: 'hash', ticketId: row.ticketId, version: row.version }
    previous = row.hash
    const [, after] = (JSON.parse(row.changes) as { state?: [string, string] }).state ?? []
    state = after ?? state
  }
  const [first] = rows
  const ticketId = first?.ticketId ?? ''
  if (rows.length !== head.version) return { type: 'short', ticketId, version: rows.length, expected: head.version }
  // Tickets that were loaded as closed have no row that says so.
  if (rows.some(({ changes }) => changes.includes('"state"')) && state !== head.state) return { type: 'state', ticketId, version: head.version, expected: state, found: head.state }
  return null
}
