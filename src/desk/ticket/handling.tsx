import { Button, Checkbox, Input, App as AntApp, type InputRef } from 'antd'
import { useEffect, useId, useRef, useState } from 'react'
import { actsFor, LIFE_CYCLE, SETTLE_OUTCOMES, type SettleOutcome } from '../../contracts/life-cycle.js'
import { UNTOLD_OUTCOMES, type Ticket, type TicketKind, type TicketOutcome } from '../../contracts/ticket.js'
import { whenOf } from '../i18n/format.js'
import { useLanguage, useText } from '../i18n/language.js'
import { Keys } from '../shell/shortcut-help.js'
import { runShortcut, useShortcut, type ShortcutName } from '../shell/shortcuts.js'
import { unitName, useDesk, useDeskState, useOutbox } from '../store/desk.js'
import { Chooser } from '../widgets/chooser.js'
import { useDraft } from './draft.js'
import { Field } from './field.js'
import type { Advice } from './advice.js'
import { HallActs, ProposalLine } from './hall-acts.js'
import { SaidLine } from './said-line.js'
import { UnitSelect } from './unit-select.js'
import { useRefusal } from './use-sending.js'

/** An outcome that says by itself what kind the call was. */
const IMPLIED: Partial<Record<TicketOutcome, TicketKind>> = { nuisance: 'invalid', silent: 'invalid', misdial: 'invalid', answered: 'consultation' }

/** Enter that chooses a word of an input method is not an order. */
const whenComposed = (act: () => void) => ({ nativeEvent }: { readonly nativeEvent: KeyboardEvent }): void => { if (!nativeEvent.isComposing) act() }

/** What an act still lacks: said once at a time, and no longer than it is lacking. */
const LACKS = 'lacks'

/** Handed over to a service that goes at once. */
const EMERGENCIES: ReadonlySet<TicketKind | null> = new Set<TicketKind | null>(['police', 'fire', 'medical'])

/** A second click of a double click is no second order. */
const whenSingle = (act: () => void) => ({ detail }: { readonly detail: number }): void => { if (detail < 2) act() }

/** Dispatch, settle, reopen: the acts that move a ticket on. `placed`: it says where. */
export function Handling({ ticket, advice, kind, category, placed, disabled }: { readonly ticket: Ticket; readonly advice: Advice; readonly kind: TicketKind | null; readonly category: string | null; readonly placed: boolean; readonly disabled: boolean }) {
  const text = useText()
  const language = useLanguage()
  const { keeper, book, self } = useDesk()
  const { message } = AntApp.useApp()
  const [draft, setDraft] = useDraft(ticket.id)
  const box = useOutbox(ticket.id)
  const played = useDeskState((state) => state.playsUnits)
  const reason = useRef<InputRef>(null)
  const unitNote = useRef<InputRef>(null)
  const outcomeNote = useRef<InputRef>(null)
  const [asked, setAsked] = useState(false)
  const unitField = useId()
  const outcomeField = useId()
  const { acts } = LIFE_CYCLE[ticket.state]
  const closed = acts.reopen !== undefined
  // Who has it keeps it until it is given to another.
  const give = acts.dispatch !== undefined ? 'dispatch' : acts.reassign !== undefined ? 'reassign' : null
  const end = actsFor(ticket.state, self.role).includes('settle')
  // Another unit goes on with what was reported: whether the danger is away nobody knows unless somebody says so.
  const asksSafe = give === 'reassign' && LIFE_CYCLE[ticket.state].clocks.includes('review') && ticket.work.hazard && ticket.work.safeAt !== null
  // Who has it, or had it, is told why another gets it.
  const mustSayWhy = give === 'reassign' || ticket.state === 'dispatched'
  const report = useRefusal()
  const busy = (act: string): boolean => box?.acts.some((waiting) => waiting.act === act) ?? false
  const unitId = draft.unitId ?? ticket.unitId
  // Nobody finds what stands nowhere: one question, one key. Where seconds count it is said afterwards.
  const urgent = EMERGENCIES.has(kind) || ticket.work.priority === 'emergency' || book.categories.some(({ code, class: queue }) => code === category && queue === 'emergency')
  const asks = asked && !placed

  const baseVersion = ticket.version
  const lacks = (words: string, where?: ShortcutName): void => {
    void message.warning({ key: LACKS, content: words })
    if (where !== undefined) runShortcut(where)
  }
  // Whatever was lacking: he has just chosen or written it.
  useEffect(() => () => { message.destroy(LACKS) }, [message, unitId, kind, draft.outcome, draft.unitNote, draft.note])

  function dispatch(): void {
    if (unitId === null || give === null) return lacks(text.ticket.chooseUnit, 'unit')
    if (unitId === ticket.unitId && ticket.state === 'dispatched') return void message.info(text.ticket.withIt)
    if (mustSayWhy && draft.unitNote.trim() === '') {
      unitNote.current?.focus()
      return lacks(text.ticket.needsReassignReason)
    }
    if (!placed && !urgent && !asked) return setAsked(true)
    // A unit handles joint service; an operator who already said otherwise is not corrected.
    if (kind === null) keeper.type(ticket.id, { kind: 'joint-service' }, baseVersion)
    keeper.act(ticket.id, { act: give, baseVersion, unitId, note: draft.unitNote, ...(draft.assist === null ? {} : { assist: draft.assist.filter((one) => one !== unitId) }), ...(asksSafe && draft.stillSafe ? { stillSafe: true } : {}) }).then(
      () => {
        setDraft({ unitId: null, unitNote: '', assist: null, stillSafe: false })
        setAsked(false)
        if (placed) void message.success((played ? text.ticket.dispatchedPlayed : text.ticket.dispatched)(unitName(book, unitId, language)))
        else void message.warning(text.ticket.dispatchedNowhere(unitName(book, unitId, language)))
      },
      report,
    )
  }
  function settle(): void {
    if (draft.outcome === null) return lacks(text.ticket.chooseOutcome, 'outcome')
    const outcome = draft.outcome as SettleOutcome
    const implied = IMPLIED[outcome]
    if (kind === null && implied === undefined) return lacks(text.ticket.chooseKind, 'kind')
    if (kind === null && implied !== undefined) keeper.type(ticket.id, { kind: implied }, baseVersion)
    keeper.act(ticket.id, { act: 'settle', baseVersion, outcome, note: draft.note, ...(draft.told && draft.note.trim() !== '' && { told: true }) }).then(() => setDraft({ outcome: null, note: '', told: false }), report)
  }
  function reopen(): void {
    if (draft.note.trim() === '') {
      reason.current?.focus()
      return lacks(text.ticket.needsReason)
    }
    keeper.act(ticket.id, { act: 'reopen', baseVersion, note: draft.note }).then(() => setDraft({ note: '' }), report)
  }

  useShortcut('dispatch', dispatch, !disabled && !closed && give !== null && !busy('dispatch') && !busy('reassign'))
  useShortcut('settle', closed ? reopen : settle, !disabled && (closed || end) && !busy('settle') && !busy('reopen'))

  if (closed) {
    return (
      <div className="ld-handling">
        <SaidLine ticket={ticket} />
        <div className="ld-act">
          <Field label={text.ticket.outcome}>
            <div className="ld-done">
              <span className="ld-chip is-ready">{ticket.outcome === null ? text.ticket.states[ticket.state] : text.ticket.outcomes[ticket.outcome]}</span>
              {ticket.unitId !== null && <span className="ld-cut">{unitName(book, ticket.unitId, language)}</span>}
              {ticket.closedAt !== null && <span className="ld-faint">{whenOf(ticket.closedAt, Date.now(), text)}</span>}
            </div>
          </Field>
        </div>
        <div className="ld-act">
          <Field label={text.ticket.reopen}>
            <div className="ld-act-last">
              <Input ref={reason} disabled={disabled} value={draft.note} maxLength={1000} placeholder={text.ticket.placeholder.reopenNote} onChange={({ target }) => setDraft({ note: target.value })} onPressEnter={whenComposed(reopen)} />
              <Button disabled={disabled} loading={busy('reopen')} onClick={reopen}>{text.ticket.reopen}<Keys name="settle" /></Button>
            </div>
          </Field>
        </div>
      </div>
    )
  }
  return (
    <div className="ld-handling">
      <SaidLine ticket={ticket} />
      <div className="ld-handling-top">
        {ticket.unitId === null && give !== null && advice.proposal !== null && (
          <ProposalLine proposal={advice.proposal} unitId={unitId} helpers={draft.assist ?? ticket.work.assist} disabled={disabled} onTake={(picked, assist) => setDraft({ unitId: picked, assist })} onHelpers={(assist) => setDraft({ assist })} />
        )}
        {!disabled && <HallActs ticket={ticket} duplicates={advice.duplicates} />}
      </div>
      <div className="ld-act">
        <Field
          label={text.ticket.unit} shortcut="unit" htmlFor={unitField}
          more={ticket.unitId === null ? null : <span className="ld-chip is-talk"><span className="ld-cut">{text.ticket.dispatched(unitName(book, ticket.unitId, language))}</span></span>}
        >
          <UnitSelect id={unitField} value={unitId} category={category} disabled={disabled || give === null} onPick={(picked) => setDraft({ unitId: picked })} onNext={() => unitNote.current?.focus()} />
        </Field>
        {asks && <p className="ld-ask" role="alert">{text.ticket.noPlace}<span><Keys name="place" /> {text.ticket.addPlace}</span><span><Keys name="dispatch" /> {text.ticket.dispatchAnyway}</span></p>}
        {asksSafe && <Checkbox disabled={disabled} checked={draft.stillSafe} onChange={({ target }) => setDraft({ stillSafe: target.checked })}>{text.hall.stillSafe}</Checkbox>}
        <div className="ld-act-last">
          <Input ref={unitNote} disabled={disabled || give === null} value={draft.unitNote} maxLength={1000} aria-label={text.ticket.note} placeholder={mustSayWhy && unitId !== ticket.unitId ? text.ticket.placeholder.reassignNote : text.ticket.placeholder.note} onChange={({ target }) => setDraft({ unitNote: target.value })} onPressEnter={whenComposed(dispatch)} />
          <Button type="primary" disabled={disabled || give === null} loading={busy('dispatch') || busy('reassign')} danger={asks} onClick={whenSingle(dispatch)}>{asks ? text.ticket.dispatchAnyway : ticket.unitId === null ? text.ticket.dispatch : text.ticket.redispatch}<Keys name="dispatch" /></Button>
        </div>
      </div>
      <div className="ld-act">
        <Field label={text.ticket.outcome} shortcut="outcome" htmlFor={outcomeField}>
          <Chooser
            id={outcomeField} value={draft.outcome} disabled={disabled || !end} shortcut="outcome" placeholder={text.ticket.placeholder.outcome} placement="topLeft" listHeight={320}
            choices={SETTLE_OUTCOMES.map((value) => ({ value, label: text.ticket.outcomes[value] }))}
            onPick={(outcome) => setDraft({ outcome })} onNext={() => outcomeNote.current?.focus()}
          />
        </Field>
        {draft.outcome !== null && !UNTOLD_OUTCOMES.has(draft.outcome as TicketOutcome) && draft.note.trim() !== '' && <Checkbox disabled={disabled || !end} checked={draft.told} onChange={({ target }) => setDraft({ told: target.checked })}>{text.hall.told}</Checkbox>}
        <div className="ld-act-last">
          <Input ref={outcomeNote} disabled={disabled || !end} value={draft.note} maxLength={1000} aria-label={text.ticket.note} placeholder={ticket.work.hazard && ticket.work.safeAt === null ? text.ticket.placeholder.settleUnsafe : text.ticket.placeholder.settleNote} onChange={({ target }) => setDraft({ note: target.value })} onPressEnter={whenComposed(settle)} />
          <Button disabled={disabled || !end} loading={busy('settle')} onClick={settle}>{text.ticket.settle}<Keys name="settle" /></Button>
        </div>
      </div>
    </div>
  )
}
