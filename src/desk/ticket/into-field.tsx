import { Radio, Select } from 'antd'
import { useEffect, useState } from 'react'
import type { Duplicate } from '../../contracts/dispatch.js'
import type { Ticket } from '../../contracts/ticket.js'
import { call } from '../api/endpoints.js'
import { whenOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import { Line } from './act-parts.js'

/** Tickets that this one may follow, where none looks like the same or somebody looks for another: the newest of its category, or by words. */
function useOthers({ id: ticketId, fields: { category } }: Ticket, typed: string, wanted: boolean): readonly Duplicate[] {
  const [found, setFound] = useState<readonly Duplicate[]>([])
  const text = typed.trim()
  useEffect(() => {
    if (!wanted || (text === '' && category === null)) return setFound([])
    const abort = new AbortController()
    call('tickets', { query: { ...(text === '' ? { category: category ?? '' } : { text }), limit: 10, offset: 0 } }, { signal: abort.signal }).then(({ tickets }) => setFound(tickets
      .filter(({ id, state }) => id !== ticketId && state !== 'merged' && state !== 'closed' && state !== 'void')
      .map(({ id, number, state, place, description, openedAt, members = 0 }): Duplicate => ({ id, number, state, place, description, openedAt, members, distanceMetres: null }))), () => undefined)
    return () => abort.abort()
  }, [ticketId, category, text, wanted])
  return found
}

/** Into which ticket: what may be about the same thing lies open, each with what tells it from the others; another is looked for in the field, which shows the choice. */
export function IntoField({ ticket, duplicates, value, now, onPick }: { readonly ticket: Ticket; readonly duplicates: readonly Duplicate[]; readonly value: string | null; readonly now: number; readonly onPick: (id: string) => void }) {
  const text = useText()
  const words = text.hall
  const [typed, setTyped] = useState('')
  const [chosen, setChosen] = useState<Duplicate | null>(null)
  const others = useOthers(ticket, typed, typed.trim() !== '' || duplicates.length === 0)
  const offered = typed.trim() === '' && duplicates.length > 0 ? duplicates : others
  // What was chosen keeps its name, whatever is looked for after it.
  const options = [...new Map([...offered, ...(chosen === null ? [] : [chosen])].map((one) => [one.id, one])).values()]
  const pick = (id: string): void => { setChosen([...duplicates, ...options].find((one) => one.id === id) ?? null); onPick(id) }
  const stateOf = (state: string): string => (text.ticket.states as Readonly<Record<string, string>>)[state] ?? state
  return (
    <>
      <p className="ld-faint">{words.intoHint}</p>
      {duplicates.length > 0 && (
        <Line label={words.duplicates(duplicates.length)}>
          <Radio.Group className="ld-alike" value={value} aria-label={words.duplicates(duplicates.length)} onChange={({ target }) => pick(target.value as string)}>
            {duplicates.map(({ id, number, state, place, description, openedAt, distanceMetres, members }) => (
              <Radio key={id} value={id}>
                <span className="ld-alike-one" data-alike={id}>
                  <span className="ld-alike-head"><strong className="ld-mono">{number}</strong><span className="ld-chip">{stateOf(state)}</span>{members > 0 && <span className="ld-chip is-talk">+{members}</span>}<span className="ld-faint">{[whenOf(openedAt, now, text), ...(distanceMetres === null ? [] : [text.call.metres(distanceMetres)])].join(' · ')}</span></span>
                  <span>{place || '—'}</span>
                  {description !== '' && <span className="ld-faint">{description}</span>}
                </span>
              </Radio>
            ))}
          </Radio.Group>
        </Line>
      )}
      <Line label={words.into}>
        <Select<string> showSearch={{ filterOption: false, onSearch: setTyped }} value={value} onChange={pick} aria-label={words.into} notFoundContent={typed.trim() === '' ? words.intoNone : words.intoNothing} options={options.map(({ id, number, place, description, distanceMetres }) => ({ value: id, label: [number, place, ...(distanceMetres === null ? [] : [text.call.metres(distanceMetres)]), description].filter((part) => part !== '').join(' · ') }))} />
      </Line>
    </>
  )
}
