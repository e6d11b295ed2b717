import { useEffect, useState } from 'react'
import type { TicketSummary } from '../../contracts/call.js'
import type { Duplicate, Proposal } from '../../contracts/dispatch.js'
import { LIFE_CYCLE } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import { ApiError, call } from '../api/endpoints.js'

/** Somebody who types changes it every second: it is asked when he rests, ms. */
const REST = 500
/** What could not be read is read again after this, ms. */
const AGAIN = 4_000

/** What is known of a ticket besides itself. `nearby`: what of its category is in hand at its place, what may be the same among it; null: nobody looked. */
export interface Advice { readonly proposal: Proposal | null; readonly duplicates: readonly Duplicate[]; readonly nearby: readonly TicketSummary[] | null; /** The last look came to nothing: PostgreSQL is away, or the server, or it is one that does not say. */ readonly failed: boolean }
const NONE: Advice = { proposal: null, duplicates: [], nearby: null, failed: false }

/** Whom to give the ticket to and why, what looks like the same, and what else is near: one question for the form and the caller's card, asked anew whenever the ticket changes. Nobody waits for it. */
export function useAdvice(ticket: Ticket | null): Advice {
  const [advice, setAdvice] = useState<{ readonly of: string; readonly advice: Advice }>({ of: '', advice: NONE })
  const [turn, setTurn] = useState(0)
  const id = ticket === null || ticket.provisional ? null : ticket.id
  // What is over is not looked for anew: what was found stands.
  const wanted = ticket !== null && LIFE_CYCLE[ticket.state].acts.reopen === undefined
  useEffect(() => {
    if (id === null || !wanted) return
    const abort = new AbortController()
    const params = { id }
    let timer = setTimeout(() => {
      Promise.all([call('proposal', { params }, { signal: abort.signal }), call('duplicates', { params }, { signal: abort.signal })]).then(
        // An older node does not say what else is near: nobody looked.
        ([proposal, { duplicates, nearby = null }]) => setAdvice({ of: id, advice: { proposal, duplicates, nearby, failed: nearby === null } }),
        (error: unknown) => {
          if (abort.signal.aborted) return
          setAdvice((before) => ({ of: id, advice: { ...NONE, proposal: before.of === id ? before.advice.proposal : null, failed: true } }))
          if (!(error instanceof ApiError) || error.passing) timer = setTimeout(() => setTurn((count) => count + 1), AGAIN)
        },
      )
    }, REST)
    return () => { clearTimeout(timer); abort.abort() }
  }, [id, ticket?.version, wanted, turn])
  if (ticket?.provisional === true) return { ...NONE, failed: true }
  return ticket !== null && advice.of === ticket.id ? advice.advice : NONE
}
