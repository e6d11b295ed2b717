import type { Ticket } from '../../contracts/ticket.js'
import { useLanguage, useText } from '../i18n/language.js'
import { unitName, useDesk, useDeskState } from '../store/desk.js'
import { saidOf } from './said.js'

/** What the unit said, above what the hall does about it. */
export function SaidLine({ ticket }: { readonly ticket: Ticket }) {
  const text = useText()
  const language = useLanguage()
  const { book } = useDesk()
  const skew = useDeskState((state) => state.skew)
  const said = saidOf(ticket, (unitId) => unitName(book, unitId, language), text, Date.now() + skew)
  if (said === null) return null
  return (
    <div className="ld-said" data-said={said.kind}>
      <p>{said.head}</p>
      {said.note !== '' && <blockquote className="ld-soft">{said.note}</blockquote>}
    </div>
  )
}
