import { Button } from 'antd'
import { Fragment, useState } from 'react'
import type { Ticket } from '../../contracts/ticket.js'
import type { TicketWork } from '../../contracts/work.js'
import { useLanguage, useText } from '../i18n/language.js'
import { useDesk } from '../store/desk.js'
import { fieldName, valueText } from './value-text.js'

type Fact = 'priority' | 'hazard' | 'privacy' | 'assist'

/** A fact of a ticket in a form that sets it. */
interface Over<T> {
  readonly field: Fact
  /** What the form says: his choice, else what is so at this moment. */
  readonly value: T
  readonly theirs: T
  /** Somebody else set it to another value after he chose. */
  readonly contested: boolean
  pick(value: T): void
  keepMine(): void
  takeTheirs(): void
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** What was not touched follows the ticket; what was chosen knows over what it was chosen. */
export function useOver<F extends Fact>({ work }: Ticket, field: F): Over<TicketWork[F]> {
  const theirs = work[field]
  const [mine, setMine] = useState<{ readonly value: TicketWork[F]; readonly over: TicketWork[F] } | null>(null)
  const pick = (value: TicketWork[F]): void => setMine({ value, over: theirs })
  return {
    field, theirs, pick, value: mine === null ? theirs : mine.value,
    contested: mine !== null && !same(mine.over, theirs) && !same(mine.value, theirs),
    keepMine: () => { if (mine !== null) pick(mine.value) },
    takeTheirs: () => setMine(null),
  }
}

/** Both values side by side, and the choice is the writer's, as with what is typed. */
export function Contested({ fields }: { readonly fields: readonly Omit<Over<unknown>, 'pick'>[] }) {
  const text = useText()
  const language = useLanguage()
  const { book } = useDesk()
  if (fields.length === 0) return null
  return (
    <div className="ld-trouble" role="alert">
      <strong>{text.save.conflictTitle}</strong>
      <dl>
        {fields.map(({ field, value, theirs }) => (
          <Fragment key={field}>
            <dt className="ld-soft">{fieldName(field, text)}</dt>
            <dd><span className="ld-faint">{text.save.minePrefix} </span>{valueText(field, value, book, language, text)}</dd>
            <dd><span className="ld-faint">{text.save.theirsPrefix} </span>{valueText(field, theirs, book, language, text)}</dd>
          </Fragment>
        ))}
      </dl>
      <div className="ld-trouble-buttons">
        <Button size="small" type="primary" onClick={() => { for (const one of fields) one.keepMine() }}>{text.save.mine}</Button>
        <Button size="small" onClick={() => { for (const one of fields) one.takeTheirs() }}>{text.save.theirs}</Button>
      </div>
    </div>
  )
}
