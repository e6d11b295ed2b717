import { Checkbox, Input, Modal, Radio, Select } from 'antd'
import { useEffect, useState } from 'react'
import type { Duplicate, DutyRule } from '../../contracts/dispatch.js'
import { LEADERS } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import { loosens, PRIORITIES, PRIVACIES, REFERRAL_BODIES, VISIT_RESULTS, type Dispute } from '../../contracts/work.js'
import { call } from '../api/endpoints.js'
import { whenOf } from '../i18n/format.js'
import { useLanguage, useText } from '../i18n/language.js'
import { unitName, useDesk, useDeskState } from '../store/desk.js'
import { Chooser } from '../widgets/chooser.js'
import { DayInput } from '../widgets/day-input.js'
import { Line, PaperLine, readPaper, type Order, type PaperEntry } from './act-parts.js'
import { citedText } from './cited.js'
import { Contested, useOver } from './contested.js'
import { ExtensionLimits } from './extension-limits.js'
import { IntoField } from './into-field.js'
import { SaidLine } from './said-line.js'
import { UnitSelect } from './unit-select.js'
import { useSending } from './use-sending.js'

/** Acts of the hall that want more than a line of the ticket's form; in the order in which they are offered. */
export const HALL_FORMS = ['deliver', 'close', 'visit', 'redo', 'answer-extension', 'answer-dispute', 'rule', 'confirm-receipt', 'urge', 'supervise', 'assist', 'prioritise', 'protect', 'refer', 'merge', 'void'] as const
export type HallForm = (typeof HALL_FORMS)[number]

const HOWS = ['phone', 'radio', 'paper'] as const
/** Acts that say why. */
const SAYS_WHY: ReadonlySet<HallForm> = new Set(['redo', 'supervise', 'answer-dispute', 'rule', 'void'])
/** What ends it over a citizen who is not satisfied. */
const OVER_CITIZEN: ReadonlySet<HallForm> = new Set(['close', 'refer', 'merge'])

/** What is done about what a unit said: that is read first. */
const SAID_FIRST: ReadonlySet<HallForm> = new Set(['close', 'visit', 'redo', 'rule'])

/** The units on a ticket that nothing has said to have it yet. */
export function unheardOf({ unitId, work }: Ticket): readonly string[] {
  const waiting = work.clocks.flatMap((clock) => (clock.clock === 'delivery' && clock.unitId !== null ? [clock.unitId] : []))
  return [...new Set([...(unitId !== null && work.deliveredAt === null ? [unitId] : []), ...waiting])]
}

const NO_DUPLICATES: readonly Duplicate[] = []

/** What an act of the hall needs to be told; sent through the outbox, so that a bad line loses nothing. */
export function HallActForm({ ticket, form, duplicates = NO_DUPLICATES, dispute, onClose }: { readonly ticket: Ticket; readonly form: HallForm; /** What may be about the same. */ readonly duplicates?: readonly Duplicate[]; /** Of `answer-dispute`: which one. */ readonly dispute?: Dispute; readonly onClose: () => void }) {
  const text = useText()
  const words = text.hall
  const language = useLanguage()
  const { book, self } = useDesk()
  const leads = LEADERS.some((role) => role === self.role)
  const skew = useDeskState((state) => state.skew)
  const unheard = unheardOf(ticket)
  const [note, setNote] = useState('')
  const [how, setHow] = useState<(typeof HOWS)[number]>('phone')
  const [unitId, setUnitId] = useState<string | null>(form === 'deliver' ? unheard[0] ?? null : null)
  const [paper, setPaper] = useState<PaperEntry | null>(null)
  const [stillSafe, setStillSafe] = useState(false)
  const [told, setTold] = useState(false)
  const [visit, setVisit] = useState<(typeof VISIT_RESULTS)[number]>('satisfied')
  const [granted, setGranted] = useState(true)
  const priority = useOver(ticket, 'priority')
  const hazard = useOver(ticket, 'hazard')
  const privacy = useOver(ticket, 'privacy')
  const assist = useOver(ticket, 'assist')
  const [body, setBody] = useState<(typeof REFERRAL_BODIES)[number]>('arbitration')
  const [name, setName] = useState('')
  const [day, setDay] = useState('')
  const [reference, setReference] = useState('')
  const [duty, setDuty] = useState<string | null>(null)
  const [duties, setDuties] = useState<readonly DutyRule[]>([])
  const [into, setInto] = useState<string | null>(null)
  const contested = [priority, hazard, privacy, assist].filter((one) => one.contested)
  const now = Date.now() + skew

  useEffect(() => {
    if (form !== 'rule') return
    const abort = new AbortController()
    call('duties', {}, { signal: abort.signal }).then(({ duties: found }) => setDuties(found), () => undefined)
    return () => abort.abort()
  }, [form])

  function order(): Order | string {
    const base = { baseVersion: ticket.version, note: note.trim() }
    const unsatisfied = ticket.work.visit?.result === 'not-satisfied' || ticket.work.visit?.result === 'partly'
    if ((SAYS_WHY.has(form) || (OVER_CITIZEN.has(form) && unsatisfied) || (form === 'protect' && loosens(ticket.work.privacy, privacy.value))) && base.note === '') return words.needed.note
    if (contested.length > 0) return text.save.conflictTitle
    switch (form) {
      case 'deliver': {
        const written = paper === null ? null : readPaper(paper)
        if (paper !== null && written === null) return text.unit.paper.needed
        return unitId === null ? words.needed.unit : { ...base, act: form, how, unitId, ...(written === null ? {} : { paper: written }) }
      }
      case 'redo': return { ...base, act: form, ...(stillSafe ? { stillSafe } : {}) }
      case 'visit': return { ...base, act: form, result: visit }
      case 'answer-extension': return { ...base, act: form, granted }
      case 'answer-dispute': return dispute === undefined ? words.needed.unit : { ...base, act: form, unitId: dispute.unitId, at: dispute.at }
      case 'prioritise': return { ...base, act: form, priority: priority.value, hazard: hazard.value }
      case 'protect': return { ...base, act: form, privacy: privacy.value }
      case 'assist': return { ...base, act: form, assist: [...assist.value] }
      case 'rule': return unitId === null ? words.needed.unit : duty === null ? words.needed.duty : { ...base, act: form, unitId, duty }
      case 'confirm-receipt': return reference.trim() === '' ? words.needed.reference : { ...base, act: form, reference: reference.trim() }
      case 'refer': return name.trim() === '' || day === '' ? words.needed.body : { ...base, act: form, body, name: name.trim(), nextAt: Date.parse(`${day}T12:00:00Z`) }
      case 'merge': return into === null ? words.needed.into : { ...base, act: form, into }
      case 'close': return { ...base, act: form, ...(told && base.note !== '' && { told }) }
      case 'urge': case 'supervise': case 'void': return { ...base, act: form }
    }
  }
  const { send, busy, missing, fields, toFirst } = useSending(ticket, order, onClose)
  const radio = <T extends string>(label: string, value: T, values: readonly T[], names: Readonly<Record<T, string>>, pick: (value: T) => void, not: (value: T) => boolean = () => false) =>
    <Line label={label}><Radio.Group optionType="button" buttonStyle="solid" value={value} onChange={({ target }) => pick(target.value as T)} options={values.map((one) => ({ value: one, label: names[one], disabled: not(one) }))} /></Line>
  const { extension } = ticket.work

  return (
    <Modal open title={`${text.ticket.acts[form] ?? form} · ${ticket.number}`} onCancel={onClose} onOk={send} okText={form === 'merge' || form === 'void' ? text.ticket.acts[form] : text.unit.submit} cancelText={text.unit.cancel} confirmLoading={busy} width={560} className="ld-act-form" mask={{ closable: false }} afterOpenChange={toFirst} {...(form === 'void' && { okButtonProps: { danger: true } })}>
      <div ref={fields} data-form={form}>
        <Contested fields={contested} />
        {SAID_FIRST.has(form) && <SaidLine ticket={ticket} />}
        {form === 'deliver' && (
          <>
            <p className="ld-faint">{words.deliverHint}</p>
            {radio(words.how, how, HOWS, words.hows, setHow)}
            <Line label={words.whom}><Select<string> value={unitId} onChange={setUnitId} aria-label={words.whom} options={unheard.map((value) => ({ value, label: unitName(book, value, language) }))} /></Line>
          </>
        )}
        {form === 'redo' && (
          <>
            <p className="ld-faint">{words.redoHint}</p>
            {ticket.work.hazard && ticket.work.safeAt !== null && <div className="ld-act-line"><Checkbox checked={stillSafe} onChange={({ target }) => setStillSafe(target.checked)}>{words.stillSafe}</Checkbox></div>}
          </>
        )}
        {form === 'visit' && radio(words.visited, visit, VISIT_RESULTS, words.visits, setVisit)}
        {form === 'answer-extension' && extension !== null && (
          <>
            <p>{words.asked(unitName(book, extension.unitId, language), whenOf(extension.until, now, text))}</p>
            <blockquote className="ld-soft">{extension.note}</blockquote>
            {radio(words.granted, granted ? 'yes' : 'no', ['yes', 'no'] as const, words.grants, (answer) => setGranted(answer === 'yes'))}
            <Line label={text.unit.limits.title}><ExtensionLimits ticket={ticket} until={granted ? extension.until : null} /></Line>
          </>
        )}
        {form === 'answer-dispute' && dispute !== undefined && (
          <>
            <p>{[unitName(book, dispute.unitId, language), citedText(dispute, (id) => unitName(book, id, language)), whenOf(dispute.at, now, text)].join(' · ')}</p>
            <blockquote className="ld-soft">{dispute.note}</blockquote>
            <p className="ld-faint">{words.dispute.hint}</p>
          </>
        )}
        {form === 'prioritise' && (
          <>
            {radio(words.level, priority.value, PRIORITIES, text.unit.priority, priority.pick)}
            <div className="ld-act-line"><Checkbox checked={hazard.value} onChange={({ target }) => hazard.pick(target.checked)}>{words.hazard}</Checkbox></div>
          </>
        )}
        {form === 'protect' && (
          <>
            <p className="ld-faint">{words.protectHint}</p>
            {radio(text.privacy.title, privacy.value, PRIVACIES, text.privacy.names, privacy.pick, (value) => !leads && loosens(ticket.work.privacy, value))}
          </>
        )}
        {form === 'assist' && <Line label={words.assist}><Select<string[]> mode="multiple" maxCount={16} value={[...assist.value]} onChange={assist.pick} aria-label={words.assist} showSearch={{ optionFilterProp: 'label' }} options={book.units.filter(({ id }) => id !== ticket.unitId).map(({ id }) => ({ value: id, label: unitName(book, id, language) }))} /></Line>}
        {form === 'rule' && (
          <>
            <Line label={words.unit}><UnitSelect id="ld-rule-unit" value={unitId} category={ticket.fields.category} disabled={false} onPick={(picked) => { setUnitId(picked); setDuty(null) }} onNext={() => undefined} /></Line>
            <Line label={words.duty}>
              <Chooser value={duty} onPick={setDuty} allowClear={false} name={words.duty} noMatch={words.dutyNone}
                choices={duties.filter((one) => one.unitId === unitId && (ticket.fields.category === null || one.category === null || one.category === ticket.fields.category)).map(({ code, basis }) => ({ value: code, label: `${code}${basis === '' ? '' : ` · ${basis}`}` }))} />
            </Line>
          </>
        )}
        {form === 'confirm-receipt' && <Line label={words.reference}><Input value={reference} maxLength={64} aria-label={words.reference} onChange={({ target }) => setReference(target.value)} /></Line>}
        {form === 'refer' && (
          <>
            {radio(text.unit.referTo, body, REFERRAL_BODIES, text.unit.bodies, setBody)}
            <Line label={text.unit.bodyName}><Input value={name} maxLength={100} aria-label={text.unit.bodyName} onChange={({ target }) => setName(target.value)} /></Line>
            <Line label={text.unit.nextDay}><DayInput name={text.unit.nextDay} value={day} onChange={setDay} /></Line>
          </>
        )}
        {form === 'merge' && <IntoField ticket={ticket} duplicates={duplicates} value={into} now={now} onPick={setInto} />}
        <Line label={text.unit.note}><Input.TextArea value={note} maxLength={1000} rows={3} aria-label={text.unit.note} onChange={({ target }) => setNote(target.value)} /></Line>
        {form === 'close' && <div className="ld-act-line"><Checkbox checked={told} disabled={note.trim() === ''} onChange={({ target }) => setTold(target.checked)}>{words.told}</Checkbox></div>}
        {form === 'deliver' && <PaperLine paper={paper} now={now} onChange={setPaper} />}
        {missing !== '' && <p className="ld-chip is-alarm" role="alert">{missing}</p>}
      </div>
    </Modal>
  )
}
