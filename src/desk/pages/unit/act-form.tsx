import { Checkbox, Input, Modal, Radio, Select } from 'antd'
import { useEffect, useState } from 'react'
import type { DutyRule } from '../../../contracts/dispatch.js'
import type { Ticket, TicketAct } from '../../../contracts/ticket.js'
import { putOffFrom } from '../../../contracts/work.js'
import { call } from '../../api/endpoints.js'
import { whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { categoryName, unitName, useDesk, useDeskState } from '../../store/desk.js'
import { Chooser } from '../../widgets/chooser.js'
import { DayInput } from '../../widgets/day-input.js'
import { ExtensionLimits } from '../../ticket/extension-limits.js'
import { Line, PaperLine, readPaper, type Order, type PaperEntry } from '../../ticket/act-parts.js'
import { useSending } from '../../ticket/use-sending.js'
import { PhotoPicker, type Sending } from './photos.js'

export const FORMS = ['progress', 'report', 'ask-extension', 'assign', 'dispute', 'return', 'refer'] as const
/** `sign`: from paper only; otherwise signing needs no words and is one press. */
export type FormName = (typeof FORMS)[number] | 'sign'

const STEPS = ['note', 'arrived', 'made-safe', 'repaired'] as const
const RESULTS = ['done', 'settled-on-the-spot', 'not-done'] as const
const BODIES = ['arbitration', 'court', 'other'] as const
/** By how much a limit may be asked to move, hours. */
const LONGER = [2, 4, 8, 24, 48, 72, 168]
const HOUR = 3_600_000

/** What an act needs to be told; sent through the outbox, so that a bad line loses nothing. */
export function ActForm({ ticket, form, onClose, onDone }: { readonly ticket: Ticket; readonly form: FormName; readonly onClose: () => void; /** It was sent. */ readonly onDone: () => void }) {
  const text = useText()
  const words = text.unit
  const language = useLanguage()
  const { book, self } = useDesk()
  const skew = useDeskState((state) => state.skew)
  const [note, setNote] = useState('')
  const [step, setStep] = useState<(typeof STEPS)[number] | null>(null)
  const [result, setResult] = useState<(typeof RESULTS)[number]>('done')
  /** A report of work done says that it is safe, at its own time: that is ticked, not taken for granted. */
  const [safe, setSafe] = useState(false)
  const unsafe = form === 'report' && result !== 'not-done' && ticket.work.hazard && ticket.work.safeAt === null
  const [duty, setDuty] = useState<string | null>(null)
  const [hours, setHours] = useState(24)
  const [personId, setPersonId] = useState<string | null>(assigneeOf(ticket, self.unitId))
  const [body, setBody] = useState<(typeof BODIES)[number]>('arbitration')
  const [name, setName] = useState('')
  const [day, setDay] = useState('')
  const [photos, setPhotos] = useState<readonly Sending[]>([])
  const [duties, setDuties] = useState<readonly DutyRule[]>([])
  const [people, setPeople] = useState<readonly { id: string; displayName: string }[]>([])
  const [paper, setPaper] = useState<PaperEntry | null>(form === 'sign' ? { at: '', by: '' } : null)

  useEffect(() => {
    const abort = new AbortController()
    if (form === 'return' || form === 'dispute') call('duties', {}, { signal: abort.signal }).then(({ duties: found }) => setDuties(found.filter(({ unitId }) => unitId !== self.unitId)), () => undefined)
    if (form === 'assign') call('colleagues', {}, { signal: abort.signal }).then(({ people: found }) => setPeople(found), () => undefined)
    return () => abort.abort()
  }, [form, self.unitId])

  const due = Math.max(Date.now() + skew, putOffFrom(ticket.work)[0]?.at.urge ?? 0)
  const noted = form === 'report' || form === 'return' || form === 'dispute' || form === 'ask-extension'
  const waiting = photos.some(({ id, failed }) => id === null && !failed)

  function order(): Order | string {
    const written = paper === null ? null : readPaper(paper)
    if (paper !== null && written === null) return words.paper.needed
    const base = { baseVersion: ticket.version, note: note.trim(), ...(written === null ? {} : { paper: written }) }
    const missed = [...((form === 'return' || form === 'dispute') && duty === null ? [words.dutyNeeded] : []), ...(noted && base.note === '' ? [words.noteNeeded] : [])]
    if (missed.length > 0) return missed.join(language === 'en' ? ' ' : '')
    if (waiting) return words.uploading
    const ids = photos.flatMap(({ id }) => id ?? [])
    switch (form) {
      case 'sign': return { ...base, act: form }
      case 'progress': return step === null ? words.stepNeeded : step === 'note' && base.note === '' && ids.length === 0 ? words.noteNeeded : { ...base, act: form, step, photos: ids }
      case 'report': return unsafe && !safe ? words.safeNeeded : { ...base, act: form, result, photos: ids }
      case 'return':
      case 'dispute': return duty === null ? words.dutyNeeded : form === 'return' ? { ...base, act: form, duty } : { baseVersion: base.baseVersion, note: base.note, act: form, duty }
      case 'ask-extension': return { ...base, act: form, until: due + hours * HOUR }
      case 'assign': return { baseVersion: ticket.version, act: form, personId }
      case 'refer': return name.trim() === '' || day === '' ? words.bodyName : { baseVersion: base.baseVersion, note: base.note, act: form, body, name: name.trim(), nextAt: Date.parse(`${day}T12:00:00Z`) }
    }
  }
  const { send, busy, tried, missing, fields, toFirst } = useSending(ticket, order, () => { onDone(); onClose() })

  // Rules about this kind of thing first; those about another say nothing of it.
  const { category: kind } = ticket.fields
  const rules = duties.filter(({ category }) => kind === null || category === null || category === kind).sort((a, b) => Number(b.category === kind) - Number(a.category === kind) || a.code.localeCompare(b.code))
  return (
    <Modal open title={`${text.ticket.acts[form] ?? form} · ${ticket.number}`} onCancel={onClose} onOk={send} okText={words.submit} cancelText={words.cancel} confirmLoading={busy} width={560} className="ld-act-form" mask={{ closable: false }} afterOpenChange={toFirst}>
      <div ref={fields}>
        {form === 'progress' && <Line label={words.step}><Radio.Group optionType="button" buttonStyle="solid" value={step} onChange={({ target }) => setStep(target.value as typeof step)} options={STEPS.filter((one) => one !== 'made-safe' || ticket.work.hazard).map((value) => ({ value, label: words.steps[value] }))} /></Line>}
        {form === 'report' && <Line label={words.result}><Radio.Group optionType="button" buttonStyle="solid" value={result} onChange={({ target }) => setResult(target.value as typeof result)} options={RESULTS.map((value) => ({ value, label: words.results[value] }))} /></Line>}
        {unsafe && <Line label={words.steps['made-safe']}><Checkbox checked={safe} onChange={({ target }) => setSafe(target.checked)}>{words.safeHint}</Checkbox></Line>}
        {(form === 'return' || form === 'dispute') && (
          <>
            <p className="ld-faint">{form === 'return' ? words.returnHint : words.disputeHint}</p>
            <Line label={words.duty}>
              <Chooser className={`ld-act-duty${tried && duty === null ? ' ant-select-status-error' : ''}`} value={duty} onPick={setDuty} allowClear={false} {...(rules.length === 0 && { noMatch: words.dutyNone })} name={words.duty}
                choices={rules.map(({ code, category, unitId, basis }) => ({ value: code, label: `${code} ${categoryName(book, category, language)} → ${unitName(book, unitId, language)}${basis === '' ? '' : ` · ${basis}`}` }))} />
            </Line>
          </>
        )}
        {form === 'ask-extension' && (
          <>
            <p className="ld-faint">{words.extensionHint}</p>
            <Line label={words.until}><Select<number> value={hours} onChange={setHours} aria-label={words.until} options={LONGER.map((value) => ({ value, label: `+ ${words.hours(value)} · ${whenOf(due + value * HOUR, Date.now() + skew, text)}` }))} /></Line>
            <Line label={words.limits.title}><ExtensionLimits ticket={ticket} until={due + hours * HOUR} /></Line>
          </>
        )}
        {form === 'assign' && <Line label={words.person}><Select<string> value={personId ?? ''} onChange={(picked) => setPersonId(picked === '' ? null : picked)} aria-label={words.person} options={[{ value: '', label: words.personNone }, ...people.map(({ id, displayName }) => ({ value: id, label: displayName }))]} /></Line>}
        {form === 'assign' && people.length < 2 && <p className="ld-faint">{words.personHint}</p>}
        {form === 'refer' && (
          <>
            <Line label={words.referTo}><Radio.Group optionType="button" buttonStyle="solid" value={body} onChange={({ target }) => setBody(target.value as typeof body)} options={BODIES.map((value) => ({ value, label: words.bodies[value] }))} /></Line>
            <Line label={words.bodyName}><Input value={name} maxLength={100} onChange={({ target }) => setName(target.value)} /></Line>
            <Line label={words.nextDay}><DayInput name={words.nextDay} value={day} onChange={setDay} /></Line>
          </>
        )}
        {form !== 'assign' && <Line label={words.note}><Input.TextArea autoFocus={form === 'progress'} value={note} maxLength={1000} rows={4} aria-label={words.note} aria-invalid={tried && noted && note.trim() === ''} {...(tried && noted && note.trim() === '' && { status: 'error' as const })} onChange={({ target }) => setNote(target.value)} /></Line>}
        {ON_PAPER.has(form) && <PaperLine paper={paper} now={Date.now() + skew} always={form === 'sign'} onChange={setPaper} />}
        {(form === 'progress' || form === 'report') && <Line label={words.photos}><PhotoPicker ticketId={ticket.id} photos={photos} onChange={setPhotos} /></Line>}
        {missing !== '' && <p className="ld-chip is-alarm" role="alert">{missing}</p>}
      </div>
    </Modal>
  )
}

/** Who has it at this unit, whether it leads or assists. */
export const assigneeOf = ({ unitId, work }: Ticket, own: string | undefined): string | null => (unitId === own ? work.assignee : work.assignees?.[own ?? ''] ?? null)

/** Acts that may have been written on paper before they are entered here. */
const ON_PAPER: ReadonlySet<FormName> = new Set(['sign', 'progress', 'report', 'return', 'ask-extension'])

/** Signing needs no words. */
export const signOrder = (ticket: Ticket): Extract<Order, { act: TicketAct['act'] & 'sign' }> => ({ act: 'sign', baseVersion: ticket.version, note: '' })
