import { Button } from 'antd'
import { useEffect, useState } from 'react'
import type { TicketSummary } from '../../contracts/call.js'
import type { Ticket } from '../../contracts/ticket.js'
import { call } from '../api/endpoints.js'
import { whenOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import { useDeskState } from '../store/desk.js'

/** So many of those that follow are shown at once. */
const AT_ONCE = 20

type Line = Pick<TicketSummary, 'id' | 'number' | 'place' | 'description' | 'openedAt'>

/** A ticket's number, by which it is opened. */
function NumberLink({ id, number, onOpen }: { readonly id: string; readonly number: string; readonly onOpen: (ticketId: string) => void }) {
  return <Button type="link" size="small" className="ld-mono ld-link" data-ticket-link={id} onClick={() => onOpen(id)}>{number}</Button>
}

/** The ticket that this one follows, as it stands now. One of it for each `id`. */
export function MainTicket({ id, onOpen }: { readonly id: string; readonly onOpen: (ticketId: string) => void }) {
  const text = useText()
  const welcomes = useDeskState((state) => state.welcomes)
  const told = useDeskState(({ changed }) => (changed?.ticketId === id ? changed.version : 0))
  const [main, setMain] = useState<Ticket | null>(null)
  /** The newest version that was told of: that another ticket changed since is no news of this one. */
  const [newest, setNewest] = useState(told)
  if (told > newest) setNewest(told)
  useEffect(() => {
    const abort = new AbortController()
    call('ticket', { params: { id } }, { signal: abort.signal }).then(setMain, () => undefined)
    return () => abort.abort()
  }, [id, newest, welcomes])
  // Its number may not be had at this moment; it is opened all the same.
  return <><NumberLink id={id} number={main?.number ?? text.unit.open} onOpen={onOpen} />{main !== null && <span className="ld-faint">{text.ticket.states[main.state]} · {main.fields.place || '—'}</span>}</>
}

/** How many follow this ticket, which, and what each said: each caller is told, and asked afterwards. @param onOpen left out: at a unit, which sees what they said and no more */
export function Followers({ ticket: { id, version, work: { members } }, onOpen }: { readonly ticket: Ticket; readonly onOpen?: (ticketId: string) => void }) {
  const text = useText()
  const words = text.hall.standing
  const now = Date.now() + useDeskState((state) => state.skew)
  const welcomes = useDeskState((state) => state.welcomes)
  const [open, setOpen] = useState(false)
  const [most, setMost] = useState(AT_ONCE)
  const [lines, setLines] = useState<readonly Line[] | null>(null)
  useEffect(() => {
    if (!open) return
    const abort = new AbortController()
    const pages = Array.from({ length: Math.ceil(most / AT_ONCE) }, (_, page) => page * AT_ONCE)
    Promise.all(pages.map((offset) => call('tickets', { query: { mergedInto: id, limit: AT_ONCE, offset } }, { signal: abort.signal })))
      .then((found) => setLines([...new Map(found.flatMap(({ tickets }) => tickets).map((one) => [one.id, one])).values()]), () => undefined)
    return () => abort.abort()
  }, [id, version, open, most, welcomes])
  return (
    <details open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)} data-members={members}>
      <summary>{onOpen === undefined ? text.unit.members(members) : words.members(members)}</summary>
      {lines === null ? <p className="ld-faint" role="status">{text.loading}</p> : lines.length === 0 ? <p className="ld-faint">{words.elsewhere}</p> : (
        <ul>
          {lines.map((one) => <li key={one.id} data-follower={one.id}>{onOpen === undefined ? <span className="ld-mono ld-faint">{one.number} </span> : <NumberLink id={one.id} number={one.number} onOpen={onOpen} />}<span className="ld-faint">{whenOf(one.openedAt, now, text)} · {one.place || '—'}</span>{one.description !== '' && <p>{one.description}</p>}</li>)}
          {members > lines.length && lines.length >= most && <li><Button size="small" onClick={() => setMost(most + AT_ONCE)}>{words.more(members - lines.length)}</Button></li>}
        </ul>
      )}
    </details>
  )
}
