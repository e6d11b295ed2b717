/** While somebody may press a key or lift a telephone the link is woken so often, ms. */
const EVERY = 4
/** A key is told first, then what it ended; both within this, ms. */
const SOON = 3
/** A telephone rings for no longer, ms: an end of which we never heard must not keep the link awake. */
const LONGEST = 120_000

/**
 * FreeSWITCH tells events late: the thread behind an event socket looks every 20 ms for something to tell, unless bytes come in
 * (mod_event_socket.c, read_packet: `switch_poll` of 20,000 µs). A lone newline is such bytes and is answered by nothing. So while a key or
 * an answer is waited for, the one link is woken every few milliseconds, and by what it tells the socket of the call concerned. Nothing is lost
 * where that does not happen; it comes up to 20 ms later, and what follows a key up to 40.
 */
export interface Attention {
  /** A caller may press a key from now on, until the returned is called. `wake`: his own socket. */
  key(callId: string, wake: () => void): () => void
  pressed(callId: string): void
  /** A telephone is asked to ring, until `over`. */
  rings(legId: string): void
  over(legId: string): void
  /** The link is down: what rang there is told anew. */
  forget(): void
}

/** `wake`: the link; `now`: monotonic, ms. */
export function makeAttention(wake: () => void, now: () => number): Attention {
  const keys = new Map<string, () => void>()
  const ringing = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined

  function look(): void {
    for (const [legId, since] of ringing) if (now() - since > LONGEST) ringing.delete(legId)
    if (keys.size + ringing.size > 0) return wake()
    clearInterval(timer)
    timer = undefined
  }
  const begin = (): void => { timer ??= setInterval(look, EVERY).unref() }

  return {
    key(callId, wakeHis) {
      keys.set(callId, wakeHis)
      begin()
      return () => { if (keys.get(callId) === wakeHis) keys.delete(callId) }
    },
    pressed(callId) {
      const wakeHis = keys.get(callId)
      if (wakeHis === undefined) return
      wakeHis()
      setTimeout(wakeHis, SOON)
    },
    rings(legId) { ringing.set(legId, now()); begin() },
    over(legId) { ringing.delete(legId) },
    forget() { ringing.clear() },
  }
}
