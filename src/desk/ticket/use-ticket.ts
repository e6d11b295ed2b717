import { useEffect, useRef, useState } from 'react'
import type { Ticket } from '../../contracts/ticket.js'
import { ApiError, call } from '../api/endpoints.js'
import { useDesk, useDeskState } from '../store/desk.js'

const AGAIN = 3_000

/** A ticket opened by hand, kept as fresh as the websocket tells: read again when its version grows somewhere and after the socket was away. */
export function useTicket(id: string | null): { readonly ticket: Ticket | null; readonly missing: boolean } {
  const { store } = useDesk()
  const opened = useDeskState((state) => state.opened)
  const changed = useDeskState((state) => state.changed)
  const [missing, setMissing] = useState<string | null>(null)
  const [turn, setTurn] = useState(0)
  const welcomes = useDeskState((state) => state.welcomes)
  /** The welcome after which it was read last. */
  const read = useRef(welcomes)
  const newest = changed?.ticketId === id ? changed.version : 0

  useEffect(() => {
    if (id === null) return
    const known = store.get().opened
    if (known?.id === id && newest <= known.version && turn === 0 && welcomes === read.current) return
    read.current = welcomes
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    call('ticket', { params: { id } }, { signal: abort.signal }).then(
      (ticket) => {
        setMissing(null)
        store.dispatch({ type: 'opened', ticket })
      },
      (error: unknown) => {
        if (abort.signal.aborted) return
        if (error instanceof ApiError && !error.passing) setMissing(id)
        else timer = setTimeout(() => setTurn((count) => count + 1), AGAIN)
      },
    )
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [id, newest, turn, store, welcomes])

  // What was opened is forgotten with the page: a citizen's matter does not linger.
  useEffect(() => () => store.dispatch({ type: 'opened', ticket: null }), [store, id])

  return { ticket: opened !== null && opened.id === id ? opened : null, missing: missing !== null && missing === id }
}
