import { Input } from 'antd'
import { useEffect, useId, useState } from 'react'
import type { Ticket } from '../../../contracts/ticket.js'
import { useText } from '../../i18n/language.js'
import { useDesk } from '../../store/desk.js'
import { readEarly, writeEarly } from '../../ticket/draft.js'
import { Field } from '../../ticket/field.js'

/** What is written between the answer and the ticket (a slow database makes it long); it becomes the ticket's description. */
export interface Early {
  readonly text: string
  /** The ticket is there and nothing waits to be put into it. */
  readonly over: boolean
  readonly type: (text: string) => void
  readonly compose: (composing: boolean) => void
}

/** What is written before the ticket is there, and its way into the ticket. */
export function useEarly(callId: string, ticket: Ticket | null): Early {
  const { keeper } = useDesk()
  const [text, setText] = useState(() => readEarly(callId))
  const [composing, setComposing] = useState(false)
  const type = (next: string): void => {
    writeEarly(callId, next)
    setText(next)
  }
  useEffect(() => {
    // A word that an input method is still composing is waited for.
    if (ticket === null || composing || text === '') return
    const before = ticket.fields.description
    keeper.type(ticket.id, { description: before === '' ? text : `${before}\n${text}` }, ticket.version)
    keeper.flush(ticket.id)
    writeEarly(callId, '')
    setText('')
  }, [keeper, callId, ticket, composing, text])
  return { text, over: ticket !== null && !composing && text === '', type, compose: setComposing }
}

/** The one field that cannot wait for the ticket. */
export function EarlyText({ early }: { readonly early: Early }) {
  const text = useText()
  const id = useId()
  return (
    <section className="ld-ticket">
      <header className="ld-ticket-head"><span className="ld-soft" role="status">{text.ticket.opening}</span></header>
      <div className="ld-form">
        <Field label={text.ticket.fields.description} htmlFor={id} tall>
          <Input.TextArea
            id={id} value={early.text} maxLength={4000} placeholder={text.ticket.placeholder.description}
            onChange={({ target }) => early.type(target.value)} onCompositionStart={() => early.compose(true)} onCompositionEnd={() => early.compose(false)}
          />
        </Field>
      </div>
    </section>
  )
}
