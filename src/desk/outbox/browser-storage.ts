import type { OutboxStorage, StoredOutbox } from './keeper.js'

/** Another tab's text counts as left behind when it was not touched for this long: a living tab would have sent it, ms. */
const LEFT_BEHIND = 10_000

interface Kept { readonly box: StoredOutbox; readonly at: number }

/**
 * Unacknowledged text in localStorage, one key for each person, tab and ticket. Nothing stays after the acknowledgement:
 * it is a citizen's matter on a workstation that several people use.
 */
export function browserStorage(storage: Storage, personId: string, tabId: string, clock: () => number): OutboxStorage {
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
      for (const key of keys) {
        const kept = read(key)
        const mine = key.startsWith(`${own}${tabId}.`)
        if (kept === null || (!mine && clock() - kept.at < LEFT_BEHIND)) continue
        const other = found.get(kept.box.ticketId)
        // Two tabs left text on one ticket: both are sent, the older first.
        found.set(kept.box.ticketId, other === undefined ? kept.box : { ...kept.box, acts: [...other.acts, ...kept.box.acts], typed: { ...other.typed, ...kept.box.typed } })
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
