export interface Loop {
  /** There is something to do: look now, or again at once when a look is under way. */
  nudge(): void
  /** Resolves when the last look is over. */
  close(): Promise<void>
}

export interface LoopDeps {
  /** Does what there is to do. → ms until the next look, when it knows better than `every`. */
  readonly look: (closed: () => boolean) => Promise<number | undefined>
  readonly every: number
  /** PostgreSQL away, mostly: no hurry, ms. */
  readonly afterFailure: number
  readonly onError: (error: unknown) => void
}

/** Looks again and again, one look at a time, with a monotonic wait between two; hints make it look sooner, and a lost hint costs one wait. */
export function startLoop({ look, every, afterFailure, onError }: LoopDeps): Loop {
  let closed = false
  let timer: NodeJS.Timeout | null = null
  let busy: Promise<void> | null = null
  let again = false

  async function turn(): Promise<void> {
    let wait = every
    try {
      wait = await look(() => closed) ?? every
    } catch (error) {
      wait = afterFailure
      if (!closed) onError(error)
    }
    busy = null
    if (closed) return
    timer = setTimeout(begin, again ? 0 : wait)
    again = false
  }
  function begin(): void {
    timer = null
    busy = turn()
  }

  begin()
  return {
    nudge() {
      if (closed) return
      if (busy !== null) { again = true; return }
      if (timer !== null) clearTimeout(timer)
      begin()
    },
    async close() {
      closed = true
      if (timer !== null) clearTimeout(timer)
      await busy
    },
  }
}
