import { App as AntApp } from 'antd'
import { useRef, useState, type RefObject } from 'react'
import type { Ticket } from '../../contracts/ticket.js'
import { ApiError } from '../api/endpoints.js'
import { textOfError } from '../api/error-text.js'
import { useLanguage, useText } from '../i18n/language.js'
import type { SendFailure } from '../outbox/keeper.js'
import { useDesk } from '../store/desk.js'
import { focusFirst } from '../widgets/dialog.js'
import type { Order } from './act-parts.js'

/** Says why an act was refused, by what the outbox rejects with. */
export function useRefusal(): (error: unknown) => void {
  const text = useText()
  const language = useLanguage()
  const { message } = AntApp.useApp()
  return (error) => {
    const { code, text: said, details } = error as SendFailure
    void message.error(textOfError(new ApiError(code, said, 409, details), language, text))
  }
}

/** Sends an act through the outbox, so that a bad line loses nothing, and says how it went. → whether it was done */
export function useAct(): (ticketId: string, order: Order) => Promise<boolean> {
  const text = useText()
  const { keeper } = useDesk()
  const refused = useRefusal()
  const { message } = AntApp.useApp()
  return (ticketId, order) => keeper.act(ticketId, order).then(() => {
    void message.success(text.unit.done(text.ticket.acts[order.act] ?? order.act))
    return true
  }, (error: unknown) => {
    refused(error)
    return false
  })
}

export interface Sending {
  send(): void
  readonly busy: boolean
  /** He has tried to send it: what is missing is shown from now on. */
  readonly tried: boolean
  /** What is missing, said in the dialog itself once he tried. */
  readonly missing: string
  /** Around the fields of the form. */
  readonly fields: RefObject<HTMLDivElement | null>
  /** The first field has the focus, not the button that closes the dialog, where the dialog itself would put it. */
  toFirst(open: boolean): void
}

/** The form of an act. `order`: what it says, or what is still missing; `after`: it was done. */
export function useSending(ticket: Ticket, order: () => Order | string, after: () => void): Sending {
  const act = useAct()
  const [busy, setBusy] = useState(false)
  const [tried, setTried] = useState(false)
  const fields = useRef<HTMLDivElement>(null)
  const lacks = tried ? order() : null
  return {
    busy, tried, fields,
    missing: typeof lacks === 'string' ? lacks : '',
    send() {
      const made = order()
      if (typeof made === 'string') return setTried(true)
      setBusy(true)
      void act(ticket.id, made).then((done) => {
        if (done) after()
        else setBusy(false)
      })
    },
    toFirst(open) {
      if (open) focusFirst(fields.current)
    },
  }
}
