import { App as AntApp, Select } from 'antd'
import { LIFE_CYCLE } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { Privacy } from '../../contracts/work.js'
import { textOfError } from '../api/error-text.js'
import { ApiError } from '../api/endpoints.js'
import { useLanguage, useText } from '../i18n/language.js'
import type { SendFailure } from '../outbox/keeper.js'
import { useDesk } from '../store/desk.js'

const WISHES = ['open', 'number-hidden', 'identity-hidden', 'anonymous'] as const satisfies readonly Privacy[]

/** What the complainant wants kept back. An act of its own: it counts at once. */
export function PrivacySelect({ ticket, id, disabled }: { readonly ticket: Ticket; readonly id: string; readonly disabled: boolean }) {
  const text = useText()
  const language = useLanguage()
  const { keeper } = useDesk()
  const { message } = AntApp.useApp()
  const pick = (privacy: Privacy): void => {
    keeper.act(ticket.id, { act: 'protect', baseVersion: ticket.version, privacy, note: '' }).catch((error: unknown) => {
      const { code, text: said, details } = error as SendFailure
      void message.error(textOfError(new ApiError(code, said, 409, details), language, text))
    })
  }
  return <Select<Privacy> id={id} value={ticket.work.privacy} disabled={disabled || LIFE_CYCLE[ticket.state].acts.protect === undefined} onChange={pick} options={WISHES.map((value) => ({ value, label: text.privacy.names[value] }))} popupMatchSelectWidth={false} />
}
