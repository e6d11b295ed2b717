import { Select } from 'antd'
import { LIFE_CYCLE } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import { loosens, PRIVACIES, type Privacy } from '../../contracts/work.js'
import { useText } from '../i18n/language.js'
import { useDesk } from '../store/desk.js'
import { useRefusal } from './use-sending.js'

/** What the complainant wants kept back. An act of its own: it counts at once. To show more again is for the form, which asks why. */
export function PrivacySelect({ ticket, id, disabled }: { readonly ticket: Ticket; readonly id: string; readonly disabled: boolean }) {
  const text = useText()
  const { keeper } = useDesk()
  const refused = useRefusal()
  const pick = (privacy: Privacy): void => { keeper.act(ticket.id, { act: 'protect', baseVersion: ticket.version, privacy, note: '' }).catch(refused) }
  return <Select<Privacy> id={id} value={ticket.work.privacy} disabled={disabled || LIFE_CYCLE[ticket.state].acts.protect === undefined} onChange={pick} options={PRIVACIES.map((value) => ({ value, label: text.privacy.names[value], disabled: loosens(ticket.work.privacy, value) }))} popupMatchSelectWidth={false} />
}
