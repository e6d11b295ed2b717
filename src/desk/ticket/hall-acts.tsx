import { DownOutlined } from '@ant-design/icons'
import { Button, Dropdown } from 'antd'
import { useState } from 'react'
import type { Duplicate, Proposal } from '../../contracts/dispatch.js'
import { actsFor } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import { useLanguage, useText } from '../i18n/language.js'
import { unitName, useDesk } from '../store/desk.js'
import { HALL_FORMS, HallActForm, unheardOf, type HallForm } from './hall-act-form.js'

/** What this ticket itself leaves to be done, of what the table allows. */
function fits(form: HallForm, ticket: Ticket): boolean {
  if (form === 'deliver') return unheardOf(ticket).length > 0
  // It stands beside what it answers.
  if (form === 'answer-dispute') return false
  if (form === 'answer-extension') return ticket.work.extension?.state === 'asked'
  return true
}

/** What is next, by where it stands: a button of its own. */
const NEXT: ReadonlySet<HallForm> = new Set(['deliver', 'close', 'visit', 'redo', 'answer-extension', 'rule', 'confirm-receipt'])

/** Whatever else the hall may do to a ticket: what is next as buttons, the rest in a menu. */
export function HallActs({ ticket, duplicates }: { readonly ticket: Ticket; readonly duplicates: readonly Duplicate[] }) {
  const text = useText()
  const { self } = useDesk()
  const [form, setForm] = useState<HallForm | null>(null)
  const legal = new Set<string>(actsFor(ticket.state, self.role))
  const forms = HALL_FORMS.filter((one) => legal.has(one) && fits(one, ticket))
  const rest = forms.filter((one) => !NEXT.has(one))
  // Beside it stands the other way to close: without a report, or against it.
  const nameOf = (one: HallForm): string => (one === 'close' ? text.hall.asReported : text.ticket.acts[one] ?? one)
  return (
    <div className="ld-hall-acts" role="group" aria-label={text.hall.more}>
      {duplicates.length > 0 && legal.has('merge') && <Button size="small" onClick={() => setForm('merge')} data-duplicates={duplicates.length}>{text.hall.duplicates(duplicates.length)}</Button>}
      {forms.filter((one) => NEXT.has(one)).map((one) => <Button key={one} size="small" onClick={() => setForm(one)} data-act={one}>{nameOf(one)}</Button>)}
      {rest.length > 0 && (
        <Dropdown trigger={['click']} menu={{ items: rest.map((one) => ({ key: one, label: <span data-act={one}>{nameOf(one)}</span>, danger: one === 'void', onClick: () => setForm(one) })) }}>
          <Button size="small" data-more>{text.hall.more}<DownOutlined /></Button>
        </Dropdown>
      )}
      {form !== null && <HallActForm key={`${ticket.id} ${form}`} ticket={ticket} form={form} duplicates={duplicates} onClose={() => setForm(null)} />}
    </div>
  )
}

/** The proposal, each unit with its reason: one click takes it, another leaves it out. */
export function ProposalLine({ proposal: { lead, assist, safe, others }, unitId, helpers, disabled, onTake, onHelpers }: {
  readonly proposal: Proposal
  readonly unitId: string | null
  readonly helpers: readonly string[]
  readonly disabled: boolean
  /** The whole proposal is taken. */
  readonly onTake: (unitId: string, helpers: readonly string[]) => void
  readonly onHelpers: (units: readonly string[]) => void
}) {
  const text = useText()
  const words = text.hall
  const language = useLanguage()
  const { book } = useDesk()
  const said = language === 'zh-CN' ? 'zh' : 'en'
  const nameOf = (id: string): string => unitName(book, id, language)
  if (lead === null) return others.length === 0 ? null : <p className="ld-proposal ld-faint">{words.nobody}</p>
  const toggle = (id: string): void => onHelpers(helpers.includes(id) ? helpers.filter((one) => one !== id) : [...helpers, id])
  const helping = [...(safe === null ? [] : [{ ...safe, as: words.safe }]), ...assist.filter((one) => one.unitId !== safe?.unitId).map((one) => ({ ...one, as: words.assist }))]
  return (
    <div className="ld-proposal" data-proposal>
      <span className="ld-label">{words.proposed}</span>
      <button type="button" className="ld-chip is-talk" aria-pressed={unitId === lead.unitId} disabled={disabled} title={lead.why[said]} data-proposed={lead.unitId} onClick={() => onTake(lead.unitId, helping.map((one) => one.unitId))}>{nameOf(lead.unitId)}</button>
      <span className="ld-faint ld-cut" title={lead.why[said]}>{lead.why[said]}</span>
      {helping.map((one) => <button key={one.unitId} type="button" className="ld-chip" aria-pressed={helpers.includes(one.unitId)} disabled={disabled} title={one.why[said]} data-helper={one.unitId} onClick={() => toggle(one.unitId)}>{one.as} {nameOf(one.unitId)}</button>)}
      {others.length > 0 && (
        <details>
          <summary className="ld-faint">{words.considered(others.length)}</summary>
          <ul>{others.map((one) => <li key={`${one.unitId} ${one.duties.join()}`}>{nameOf(one.unitId)} · {one.why[said]}</li>)}</ul>
        </details>
      )}
    </div>
  )
}
