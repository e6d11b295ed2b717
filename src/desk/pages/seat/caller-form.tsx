import { EditOutlined } from '@ant-design/icons'
import { App as AntApp, Button, Checkbox, Input, InputNumber, Modal } from 'antd'
import { useEffect, useState, type KeyboardEvent } from 'react'
import type { CallCard, Hint } from '../../../contracts/call.js'
import type { CallerFacts } from '../../../contracts/routes/callers.js'
import { textOfError } from '../../api/error-text.js'
import { ApiError, call as ask } from '../../api/endpoints.js'
import { numberOf, whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { Keys } from '../../shell/shortcut-help.js'
import { useShortcut } from '../../shell/shortcuts.js'

/** One line of each kind is written here; hints of a kind that has more (an import's) keep the others. */
type Kind = Hint['kind']
interface Marks { readonly name: string; readonly address: string; readonly on: ReadonlySet<Kind>; readonly texts: Readonly<Record<Kind, string>>; readonly score: number | null }

const NO_TEXTS: Marks['texts'] = { 'deaf': '', 'foreign-language': '', 'nuisance': '', 'note': '' }

function marksOf({ name, address, hints }: Pick<CallerFacts, 'name' | 'address' | 'hints'>): Marks {
  const first = (kind: Kind): Hint | undefined => hints.find((hint) => hint.kind === kind)
  const texts = Object.fromEntries((Object.keys(NO_TEXTS) as Kind[]).map((kind) => [kind, first(kind)?.text ?? ''])) as Record<Kind, string>
  return { name, address, texts, on: new Set(hints.map(({ kind }) => kind)), score: first('nuisance')?.score ?? null }
}

function hintsOf({ on, texts, score }: Marks, before: readonly Hint[]): Hint[] {
  const firsts = (Object.keys(NO_TEXTS) as Kind[]).flatMap((kind): Hint[] => (kind === 'note' ? texts.note.trim() !== '' : on.has(kind)) ? [{ kind, text: texts[kind].trim(), ...(kind === 'nuisance' && score !== null ? { score } : {}) }] : [])
  const others = before.filter((hint, index) => before.findIndex(({ kind }) => kind === hint.kind) !== index && firsts.some(({ kind }) => kind === hint.kind))
  return [...firsts, ...others]
}

/** Name, address, note, and what warns at his next call: written down by his number while he is on the line or just was. */
export function CallerEdit({ call, nameOnTicket = '' }: { readonly call: CallCard; readonly nameOnTicket?: string }) {
  const text = useText()
  const [open, setOpen] = useState(false)
  const { number } = call.caller
  useShortcut('caller', () => setOpen(true), number !== '')
  if (number === '') return null
  return (
    <div>
      <Button size="small" icon={<EditOutlined />} onClick={() => setOpen(true)}>{text.caller.edit} <Keys name="caller" /></Button>
      {open && <CallerForm number={number} nameOnTicket={nameOnTicket} onClose={() => setOpen(false)} />}
    </div>
  )
}

function CallerForm({ number, nameOnTicket, onClose }: { readonly number: string; readonly nameOnTicket: string; readonly onClose: () => void }) {
  const text = useText()
  const words = text.caller
  const language = useLanguage()
  const { message } = AntApp.useApp()
  const [facts, setFacts] = useState<CallerFacts | null>(null)
  const [marks, setMarks] = useState<Marks | null>(null)
  const [busy, setBusy] = useState(false)
  const failed = (error: unknown): void => { void message.error(textOfError(error, language, text)) }
  const take = (found: CallerFacts): void => { setFacts(found); setMarks(marksOf(found)) }

  useEffect(() => {
    const abort = new AbortController()
    ask('caller', { query: { number } }, { signal: abort.signal }).then(
      (found) => { setFacts(found); setMarks(marksOf({ ...found, name: found.name === '' ? nameOnTicket : found.name })) },
      (error: unknown) => { if (!abort.signal.aborted) { failed(error); onClose() } },
    )
    return () => abort.abort()
    // Read once, when it opens: what is typed is not to be overwritten.
  }, [])

  const change = (part: Partial<Marks>): void => { if (marks !== null) setMarks({ ...marks, ...part }) }
  const write = (kind: Kind, value: string): void => { if (marks !== null) change({ texts: { ...marks.texts, [kind]: value } }) }
  const mark = (kind: Kind, on: boolean): void => { if (marks !== null) change({ on: new Set(on ? [...marks.on, kind] : [...marks.on].filter((other) => other !== kind)) }) }

  function save(): void {
    if (facts === null || marks === null || busy) return
    setBusy(true)
    ask('saveCaller', { body: { number, baseVersion: facts.version, name: marks.name.trim(), address: marks.address.trim(), hints: hintsOf(marks, facts.hints) } }).then(
      () => { void message.success(words.saved); onClose() },
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
    <Modal open title={words.title(numberOf(number))} okText={words.save} cancelText={words.cancel} okButtonProps={{ disabled: marks === null, loading: busy }} onOk={save} onCancel={onClose} destroyOnHidden>
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
              <Checkbox checked={marks.on.has(kind)} onChange={({ target }) => mark(kind, target.checked)}>{label}</Checkbox>
              <Input value={marks.texts[kind]} maxLength={200} disabled={!marks.on.has(kind)} placeholder={hint} aria-label={`${label}: ${hint}`} onChange={({ target }) => write(kind, target.value)} onPressEnter={onEnter} />
              {kind === 'nuisance' && <InputNumber value={marks.score} min={0} max={100} precision={0} disabled={!marks.on.has(kind)} aria-label={words.score} title={words.score} onChange={(score) => change({ score })} onPressEnter={onEnter} />}
            </div>
          ))}
          <p className="ld-faint">{words.warns}</p>
          {facts?.updatedAt !== undefined && <p className="ld-faint">{words.last(facts.updatedBy ?? words.imported, whenOf(facts.updatedAt, Date.now(), text))}</p>}
        </div>
      )}
    </Modal>
  )
}
