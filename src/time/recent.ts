/** What began within the last so many ms, by key. */
export interface Recent<T> {
  /** @param now left out: however long ago it began */
  get(key: string, now?: number): T | undefined
  /** It stands behind all others from now on. */
  put(key: string, value: T): void
  delete(key: string): void
}

/** @param most keys that are kept: the one that was put first of all goes */
export function makeRecent<T extends { readonly since: number }>(within: number, most: number): Recent<T> {
  const kept = new Map<string, T>()
  return {
    get(key, now) {
      const found = kept.get(key)
      return found !== undefined && (now === undefined || now < found.since + within) ? found : undefined
    },
    put(key, value) {
      kept.delete(key)
      kept.set(key, value)
      for (const [first] of kept) { if (kept.size <= most) break; kept.delete(first) }
    },
    delete(key) { kept.delete(key) },
  }
}
