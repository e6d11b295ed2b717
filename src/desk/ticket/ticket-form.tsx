import { HistoryOutlined } from '@ant-design/icons'
import { Button, Checkbox, Tooltip } from 'antd'
import { useEffect, useId } from 'react'
import { LIFE_CYCLE } from '../../contracts/life-cycle.js'
import type { Ticket, TicketFields } from '../../contracts/ticket.js'
import { whenOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import { changesAny, shownFields } from '../outbox/outbox.js'
import { goTo } from '../shell/route.js'
import { Keys } from '../shell/shortcut-help.js'
import { useShortcut } from '../shell/shortcuts.js'
import { useDesk, useOutbox } from '../store/desk.js'
import type { Advice } from './advice.js'
import { CategorySelect } from './category-select.js'
import { Field, TextField } from './field.js'
import { Handling } from './handling.js'
import { KindPicker } from './kind-picker.js'
import { PlaceField } from './place-field.js'
import { PrivacySelect } from './privacy-select.js'
import { SaveLight } from './save-light.js'
import { Standing } from './standing.js'
import { Trouble } from './trouble.js'

interface TicketFormProps {
  readonly ticket: Ticket
  readonly advice: Advice
  /** Opens the history; absent where it is on the screen anyway. */
  readonly onHistory?: (() => void) | undefined
  /** Opens another ticket, one with this: where it is laid over something it takes its place, elsewhere it has the page. */
  readonly onOpen?: ((ticketId: string) => void) | undefined
}

/** A ticket as people work on it. What is typed goes through the outbox; no button saves. */
export function TicketForm({ ticket, advice, onHistory, onOpen = (id) => goTo('tickets', id) }: TicketFormProps) {
  const text = useText()
  const { keeper, self } = useDesk()
  const box = useOutbox(ticket.id)
  const category = useId()
  const privacy = useId()
  const fields = shownFields(ticket.fields, box)
  const mayAct = self.role !== 'unit'
  const locked = !mayAct || LIFE_CYCLE[ticket.state].acts.edit === undefined

  /** What the form says already is no change, by what is so now: a key may be pressed twice before it is drawn anew. */
  const type = (changes: Partial<TicketFields>): void => {
    if (changesAny(shownFields(ticket.fields, keeper.get(ticket.id)), changes)) keeper.type(ticket.id, changes, ticket.version)
  }
  const save = (): void => keeper.flush(ticket.id)
  /** Choices are whole edits: nothing more is coming, so they go out at once. */
  const choose = (changes: Partial<TicketFields>): void => {
    type(changes)
    save()
  }
  useShortcut('saveNow', save, !locked)
  useShortcut('callBack', () => choose({ callBack: !fields.callBack }), !locked)
  useShortcut('log', () => onHistory?.(), onHistory !== undefined)
  // Another ticket takes this one's place: what was typed here goes out now.
  useEffect(() => () => keeper.flush(ticket.id), [keeper, ticket.id])

  return (
    <section className="ld-ticket" aria-label={`${text.ticket.one} ${ticket.number}`}>
      <header className="ld-ticket-head">
        <Tooltip title={ticket.provisional ? '' : text.ticket.numberHint}><span className="ld-ticket-number ld-mono" data-ticket-number>{ticket.number}</span></Tooltip>
        {ticket.provisional && <Tooltip title={text.ticket.provisionalHint}><span className="ld-chip is-ring">{text.ticket.provisional}</span></Tooltip>}
        {ticket.provisionalNumber !== undefined && <span className="ld-faint ld-mono">{text.ticket.was(ticket.provisionalNumber)}</span>}
        <span className={`ld-chip is-${{ open: 'ring', waiting: 'talk', closed: 'ready' }[LIFE_CYCLE[ticket.state].class]}`} data-ticket-state={ticket.state}>{text.ticket.states[ticket.state]}</span>
        {ticket.attention === true && <span className="ld-chip is-ring">{text.list.attention}</span>}
        <span className="ld-row-end">{text.ticket.openedAt} {whenOf(ticket.openedAt, Date.now(), text)}</span>
        {mayAct ? <SaveLight ticketId={ticket.id} /> : <span className="ld-save">{text.list.readOnly}</span>}
        {onHistory !== undefined && <Button type="text" size="small" icon={<HistoryOutlined />} onClick={onHistory}>{text.ticket.history}<Keys name="log" /></Button>}
      </header>
      <Trouble ticketId={ticket.id} />
      {mayAct && <Standing ticket={ticket} onOpen={onOpen} />}
      <div className="ld-form">
        {ticket.state === 'closed' && mayAct && <p className="ld-faint">{text.ticket.closedHint}</p>}
        <KindPicker value={fields.kind} disabled={locked} onPick={(kind) => choose({ kind })} />
        <div className="ld-form-row is-three">
          <Field label={text.ticket.fields.category} shortcut={!locked && 'category'} htmlFor={category}>
            <CategorySelect id={category} value={fields.category} disabled={locked} onPick={(picked) => choose({ category: picked })} />
          </Field>
          <TextField
            label={text.ticket.fields.callerName} shortcut="callerName" value={fields.callerName} maxLength={64} placeholder={text.ticket.placeholder.callerName} disabled={locked}
            onType={(callerName) => type({ callerName })} onLeave={save}
          />
          <Field label={text.privacy.title} htmlFor={privacy}><PrivacySelect id={privacy} ticket={ticket} disabled={!mayAct} /></Field>
          <label className="ld-check"><Checkbox disabled={locked} checked={fields.callBack} onChange={({ target }) => choose({ callBack: target.checked })} />{text.ticket.fields.callBack}{!locked && <Keys name="callBack" />}</label>
        </div>
        <PlaceField ticket={ticket} fields={fields} locked={locked} onType={type} onChoose={choose} onLeave={save} />
        <TextField
          label={text.ticket.fields.description} shortcut="description" value={fields.description} maxLength={4000} placeholder={text.ticket.placeholder.description} disabled={locked} multiline
          onType={(description) => type({ description })} onLeave={save}
        />
        {mayAct && <Handling key={ticket.id} ticket={ticket} advice={advice} kind={fields.kind} category={fields.category} placed={fields.place.trim() !== '' || fields.point !== null} disabled={false} />}
      </div>
    </section>
  )
}
