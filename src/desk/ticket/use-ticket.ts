import { useEffect, useRef, useState } from 'react'
import type { Ticket } from '../../contracts/ticket.js'
import { ApiError, call } from '../api/endpoints.js'
import { useDesk, useDeskState } from '../store/desk.js'

const AGAIN = 3_000

/** A ticket opened by hand, kept as fresh as the websocket tells: read again when its version grows somewhere, when a notice speaks of it (who loses it hears of it so) and after the socket was away. `missing`: it is not, or no longer, to be seen. */
export function useTicket(id: string | null): { readonly ticket: Ticket | null; readonly missing: boolean } {
  const { store } = useDesk()
  const opened = useDeskState((state) => state.opened)
  const changed = useDeskState((state) => state.changed)
  const [missing, setMissing] = useState<string | null>(null)
  const [turn, setTurn] = useState(0)
  const welcomes = useDeskState((state) => state.welcomes)
  /** The welcome after which it was read last. */
  const read = useRef(welcomes)
  const told = useDeskState((state) => state.notices.find(({ ticketId }) => ticketId === id)?.id)
  const heard = useRef(told)
  /** It was asked for and has not come yet: what else changes meanwhile does not end that. */
  const due = useRef(false)
  const newest = changed?.ticketId === id ? changed.version : 0

  useEffect(() => {
    if (id === null) return
    const known = store.get().opened
    if (!due.current && known?.id === id && newest <= known.version && welcomes === read.current && (told === undefined || told === heard.current)) return
    read.current = welcomes
    heard.current = told
    due.current = true
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    call('ticket', { params: { id } }, { signal: abort.signal }).then(
      (ticket) => {
        due.current = false
        setMissing(null)
        store.dispatch({ type: 'opened', ticket })
      },
      (error: unknown) => {
        if (abort.signal.aborted) return
        if (!(error instanceof ApiError) || error.passing) timer = setTimeout(() => setTurn((count) => count + 1), AGAIN)
        else {
          due.current = false
          if (error.status === 404 || known?.id !== id) setMissing(id)
        }
      },
    )
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [id, newest, told, turn, store, welcomes])

  // What was opened is forgotten with the page: a citizen's matter does not linger.
  useEffect(() => () => store.dispatch({ type: 'opened', ticket: null }), [store, id])

  return { ticket: opened !== null && opened.id === id ? opened : null, missing: missing !== null && missing === id }
}
