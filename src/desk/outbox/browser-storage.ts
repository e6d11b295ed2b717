import type { OutboxStorage, StoredOutbox } from './keeper.js'

/** Another tab's text counts as left behind when it was not touched for this long: a living tab would have sent it, ms. */
const LEFT_BEHIND = 10_000

/** What of the browser's `Storage` is used: tests know no DOM. */
export interface Shelf {
  readonly length: number
  key(index: number): string | null
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

interface Kept { readonly box: StoredOutbox; readonly at: number }

/**
 * Unacknowledged text in localStorage, one key for each person, tab and ticket. Nothing stays after the acknowledgement:
 * it is a citizen's matter on a workstation that several people use.
 */
export function browserStorage(storage: Shelf, personId: string, tabId: string, clock: () => number): OutboxStorage {
  const own = `liandong.outbox.${personId}.`
  const keyOf = (ticketId: string): string => `${own}${tabId}.${ticketId}`
  const read = (key: string): Kept | null => {
    try {
      return JSON.parse(storage.getItem(key) ?? 'null') as Kept | null
    } catch {
      return null
    }
  }
  return {
    load() {
      const found = new Map<string, StoredOutbox>()
      const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '').filter((key) => key.startsWith(own))
      const left = keys.flatMap((key) => {
        const kept = read(key)
        const mine = key.startsWith(`${own}${tabId}.`)
        return kept === null || (!mine && clock() - kept.at < LEFT_BEHIND) ? [] : [{ key, mine, ...kept }]
      })
      // Storage has no order of its own.
      for (const { key, mine, box } of left.sort((a, b) => a.at - b.at)) {
        const older = found.get(box.ticketId)
        found.set(box.ticketId, older === undefined ? box : both(older, box))
        if (!mine) storage.removeItem(key)
      }
      return [...found.values()]
    },
    save(ticketId, box) {
      try {
        if (box === null) storage.removeItem(keyOf(ticketId))
        else storage.setItem(keyOf(ticketId), JSON.stringify({ box, at: clock() } satisfies Kept))
      } catch {
        // Storage full or forbidden: the text is still in memory and on its way to the server.
      }
    },
  }
}

/** Two tabs left text on one ticket: both are sent, the older first. What the newer one had sealed already stands against what the older one was typing. */
function both(older: StoredOutbox, newer: StoredOutbox): StoredOutbox {
  const sealed = new Set(newer.acts.flatMap((act) => (act.act === 'edit' ? Object.keys(act.changes) : [])))
  const typed = Object.fromEntries(Object.entries(older.typed).filter(([field]) => !sealed.has(field))) as StoredOutbox['typed']
  const base = Object.keys(newer.typed).length > 0 ? newer : older
  return { ...newer, typedBase: base.typedBase, typedAt: base.typedAt, ...(base.window !== undefined && { window: base.window }), acts: [...older.acts, ...newer.acts], typed: { ...typed, ...newer.typed } }
}
