import { EditOutlined } from '@ant-design/icons'
import { App as AntApp, Button, Checkbox, Input, InputNumber } from 'antd'
import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import type { CallCard, Hint } from '../../../contracts/call.js'
import type { CallerFacts } from '../../../contracts/routes/callers.js'
import { textOfError } from '../../api/error-text.js'
import { ApiError, call as ask } from '../../api/endpoints.js'
import { numberOf, whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { Keys } from '../../shell/shortcut-help.js'
import { useShortcut } from '../../shell/shortcuts.js'
import { readCallerDraft, writeCallerDraft } from '../../ticket/draft.js'
import { Dialog } from '../../widgets/dialog.js'
import { plainOf } from '../../widgets/plain.js'

/** One line of each kind is written here; hints of a kind that has more (an import's) keep the others. */
type Kind = Hint['kind']
interface Marks { readonly name: string; readonly address: string; readonly on: readonly Kind[]; readonly texts: Readonly<Record<Kind, string>>; readonly score: number | null }

const NO_TEXTS: Marks['texts'] = { 'deaf': '', 'foreign-language': '', 'nuisance': '', 'note': '' }

function marksOf({ name, address, hints }: Pick<CallerFacts, 'name' | 'address' | 'hints'>): Marks {
  const first = (kind: Kind): Hint | undefined => hints.find((hint) => hint.kind === kind)
  const texts = Object.fromEntries((Object.keys(NO_TEXTS) as Kind[]).map((kind) => [kind, first(kind)?.text ?? ''])) as Record<Kind, string>
  return { name, address, texts, on: hints.map(({ kind }) => kind), score: first('nuisance')?.score ?? null }
}

/** What was changed in the form, and nothing else: what nobody touched stays as whoever wrote it last left it. */
interface Touched { readonly name?: string; readonly address?: string; readonly on?: Partial<Record<Kind, boolean>>; readonly texts?: Partial<Record<Kind, string>>; readonly score?: number | null }

const withTouched = (marks: Marks, { on = {}, texts = {}, ...rest }: Touched): Marks =>
  ({ ...marks, ...rest, texts: { ...marks.texts, ...texts }, on: (Object.keys(NO_TEXTS) as Kind[]).filter((kind) => on[kind] ?? marks.on.includes(kind)) })

function hintsOf({ on, texts, score }: Marks, before: readonly Hint[]): Hint[] {
  const firsts = (Object.keys(NO_TEXTS) as Kind[]).flatMap((kind): Hint[] => (kind === 'note' ? texts.note.trim() !== '' : on.includes(kind)) ? [{ kind, text: texts[kind].trim(), ...(kind === 'nuisance' && score !== null ? { score } : {}) }] : [])
  const others = before.filter((hint, index) => before.findIndex(({ kind }) => kind === hint.kind) !== index && firsts.some(({ kind }) => kind === hint.kind))
  return [...firsts, ...others]
}

/** The call whose form is open: it stays so when he is answered meanwhile, and gives way to the next call. */
let openFor: string | null = null

/** What is written in the form of this number and not saved yet. */
function draftOf(number: string): Touched {
  try {
    return JSON.parse(readCallerDraft(number) ?? '{}') as Touched
  } catch {
    return {}
  }
}

/** Name, address, note, and what warns at his next call: written down by his number while he is on the line or just was. */
export function CallerEdit({ call, nameOnTicket = '' }: { readonly call: CallCard; readonly nameOnTicket?: string }) {
  const text = useText()
  const [open, setOpen] = useState(openFor === call.callId)
  const before = useRef<Element | null>(null)
  const { number, name } = call.caller
  function show(shown: boolean): void {
    openFor = shown ? call.callId : null
    if (shown) before.current = document.activeElement
    setOpen(shown)
  }
  // Whoever was writing goes on where he was.
  useEffect(() => { if (!open && before.current instanceof HTMLElement && before.current.isConnected) before.current.focus() }, [open])
  useShortcut('caller', () => { if (!open) show(true) }, number !== '')
  if (number === '') return null
  return (
    <div>
      <Button size="small" icon={<EditOutlined />} onClick={() => show(true)}>{text.caller.edit} <Keys name="caller" /></Button>
      {open && <CallerForm number={number} suggested={nameOnTicket || (call.context.knownName ?? name)} onClose={() => show(false)} />}
    </div>
  )
}

/** `suggested`: his name as the ticket or his line has it, where none is written down yet. */
function CallerForm({ number, suggested, onClose }: { readonly number: string; readonly suggested: string; readonly onClose: () => void }) {
  const text = useText()
  const words = text.caller
  const language = useLanguage()
  const { message } = AntApp.useApp()
  const [facts, setFacts] = useState<CallerFacts | null>(null)
  const [touched, setTouched] = useState<Touched>(() => draftOf(number))
  const [busy, setBusy] = useState(false)
  const failed = (error: unknown): void => { void message.error(textOfError(error, language, text)) }
  function take(found: CallerFacts): void {
    setFacts(found)
    setTouched({})
    writeCallerDraft(number, null)
  }
  function close(): void {
    writeCallerDraft(number, null)
    onClose()
  }

  useEffect(() => {
    const abort = new AbortController()
    ask('caller', { query: { number } }, { signal: abort.signal }).then(
      setFacts,
      (error: unknown) => { if (!abort.signal.aborted) { failed(error); onClose() } },
    )
    return () => abort.abort()
    // Read once, when it opens: what is typed is not to be overwritten.
  }, [])
  const marks = facts === null ? null : withTouched(marksOf({ ...facts, name: facts.name === '' ? suggested : facts.name }), touched)

  function change(part: Touched): void {
    const next = { ...touched, ...part }
    setTouched(next)
    writeCallerDraft(number, JSON.stringify(next))
  }
  const write = (kind: Kind, value: string): void => change({ texts: { ...touched.texts, [kind]: value } })
  const mark = (kind: Kind, on: boolean): void => change({ on: { ...touched.on, [kind]: on } })

  function save(): void {
    if (facts === null || marks === null || busy) return
    setBusy(true)
    ask('saveCaller', { body: { number, baseVersion: facts.version, name: marks.name.trim(), address: marks.address.trim(), hints: hintsOf(marks, facts.hints) } }).then(
      () => { void message.success(words.saved); close() },
      (error: unknown) => {
        setBusy(false)
        failed(error)
        // What the other one wrote is shown; it is for the operator to say what holds.
        if (error instanceof ApiError && error.code === 'caller.changed') ask('caller', { query: { number } }).then(take, failed)
      },
    )
  }
  const onEnter = (event: KeyboardEvent): void => { if (!event.nativeEvent.isComposing) save() }

  return (
    <Dialog open title={words.title(numberOf(number))} okText={words.save} cancelText={words.cancel} okButtonProps={{ disabled: marks === null, loading: busy }} onOk={save} onCancel={close} destroyOnHidden>
      {marks === null ? <p className="ld-empty" role="status">{text.loading}</p> : (
        <div className="ld-caller-form">
          <label htmlFor="ld-caller-name">{words.name}</label>
          <Input id="ld-caller-name" autoFocus value={marks.name} maxLength={64} onChange={({ target }) => change({ name: target.value })} onPressEnter={onEnter} />
          <label htmlFor="ld-caller-address">{words.address}</label>
          <Input id="ld-caller-address" value={marks.address} maxLength={200} onChange={({ target }) => change({ address: target.value })} onPressEnter={onEnter} />
          <label htmlFor="ld-caller-note">{words.note}</label>
          <Input id="ld-caller-note" value={marks.texts.note} maxLength={200} onChange={({ target }) => write('note', target.value)} onPressEnter={onEnter} />
          {([['deaf', words.deaf, words.deafHint], ['foreign-language', words.foreign, words.foreignHint], ['nuisance', words.nuisance, words.nuisanceHint]] as const).map(([kind, label, hint]) => (
            <div key={kind} className="ld-caller-mark" data-mark={kind}>
              <Checkbox checked={marks.on.includes(kind)} onChange={({ target }) => mark(kind, target.checked)}>{label}</Checkbox>
              <Input value={marks.texts[kind]} maxLength={200} disabled={!marks.on.includes(kind)} placeholder={hint} aria-label={`${label}: ${hint}`} onChange={({ target }) => write(kind, target.value)} onPressEnter={onEnter} />
              {kind === 'nuisance' && <label className="ld-check">{words.score}<InputNumber<number | string> value={marks.score} min={0} max={100} precision={0} parser={(typed) => plainOf(typed ?? '').replace(/[^0-9]+/g, '')} placeholder="0–100" disabled={!marks.on.includes(kind)} onChange={(score) => change({ score: score === null || score === '' ? null : Number(score) })} onPressEnter={onEnter} /></label>}
            </div>
          ))}
          <p className="ld-faint">{words.warns}</p>
          {facts?.updatedAt !== undefined && <p className="ld-faint">{words.last(facts.updatedBy ?? words.imported, whenOf(facts.updatedAt, Date.now(), text))}</p>}
        </div>
      )}
    </Dialog>
  )
}
