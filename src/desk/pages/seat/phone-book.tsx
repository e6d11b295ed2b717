import { EnterOutlined, PhoneOutlined } from '@ant-design/icons'
import { Button, Input } from 'antd'
import { useEffect, useState } from 'react'
import type { Target } from '../../../contracts/call.js'
import type { ResponseOf } from '../../../contracts/http.js'
import { call as request } from '../../api/endpoints.js'
import type { Presence } from '../../../contracts/ws.js'
import { useLanguage, useText } from '../../i18n/language.js'
import type { Ask } from '../../shell/shell.js'
import { useDesk } from '../../store/desk.js'
import { Dialog } from '../../widgets/dialog.js'
import { plainOf } from '../../widgets/plain.js'

type Book = ResponseOf<'phoneBook'>
interface Entry { readonly key: string; readonly target: Target; readonly name: string; readonly number: string; readonly presence: Book['operators'][number]['presence'] | null; readonly reachable: boolean }

/** The same colours as in the seat's own bar. */
const TONES: Readonly<Record<Presence, string>> = { 'offline': '', 'break': '', 'ready': 'is-ready', 'ringing': 'is-ring', 'talking': 'is-talk', 'wrap-up': 'is-wrap', 'missed': 'is-ring', 'paused': 'is-ring', 'unreachable': 'is-alarm' }

/** How often presence is looked up while the book is open, ms. */
const FRESH = 3_000

/** Whom a call can be passed to: seats with their presence, lines of the short list. Arrows choose, Enter consults, Ctrl+Enter transfers. */
export function PhoneBook({ callId, open, ask, onClose }: { readonly callId: string; readonly open: boolean; readonly ask: Ask; readonly onClose: () => void }) {
  const text = useText()
  return (
    <Dialog open={open} onCancel={onClose} footer={null} title={text.talk.book.title} width={640} destroyOnHidden>
      <Entries callId={callId} ask={ask} onDone={onClose} />
    </Dialog>
  )
}

function Entries({ callId, ask, onDone }: { readonly callId: string; readonly ask: Ask; readonly onDone: () => void }) {
  const text = useText()
  const language = useLanguage()
  const { self } = useDesk()
  const [book, setBook] = useState<Book | null>(null)
  const [sought, setSought] = useState('')
  const [chosen, setChosen] = useState(0)

  useEffect(() => {
    const abort = new AbortController()
    const read = (): void => { request('phoneBook', {}, { signal: abort.signal }).then(setBook, () => undefined) }
    read()
    const timer = setInterval(read, FRESH)
    return () => { clearInterval(timer); abort.abort() }
  }, [])

  const wanted = plainOf(sought).toLowerCase()
  const fits = ({ name, number }: Entry): boolean => wanted === '' || name.toLowerCase().includes(wanted) || number.startsWith(wanted)
  const seats = (book?.operators ?? []).filter(({ operatorId }) => operatorId !== self.id)
    .map((one): Entry => ({ key: one.operatorId, target: { type: 'operator', operatorId: one.operatorId }, name: one.displayName, number: one.extension, presence: one.presence, reachable: one.reachable })).filter(fits)
  const lines = (book?.lines ?? [])
    .map((one): Entry => ({ key: one.code, target: { type: 'line', code: one.code }, name: language === 'en' ? one.name.en : one.name.zh, number: one.number, presence: null, reachable: book?.trunk === true })).filter(fits)
  const all = [...seats, ...lines]
  const at = Math.min(chosen, Math.max(0, all.length - 1))

  const pass = (entry: Entry | undefined, type: 'call.transfer' | 'call.consult'): void => {
    if (entry?.reachable !== true) return
    ask({ type, callId, target: entry.target })
    onDone()
  }
  const onKey = (event: React.KeyboardEvent): void => {
    // In the field: a button that has the focus does what it says.
    if (event.nativeEvent.isComposing || !(event.target instanceof HTMLInputElement)) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      setChosen(Math.max(0, Math.min(all.length - 1, at + (event.key === 'ArrowDown' ? 1 : -1))))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      pass(all[at], event.ctrlKey ? 'call.transfer' : 'call.consult')
    }
  }
  const row = (entry: Entry): React.ReactNode => (
    <li key={entry.key} className={`ld-book-row${all[at] === entry ? ' is-here' : ''}${entry.reachable ? '' : ' is-off'}`}>
      <span className="ld-mono ld-book-number">{entry.number}</span>
      <span className="ld-cut">{entry.name}</span>
      {entry.presence === null ? <span /> : <span className={`ld-chip ${TONES[entry.presence]}`} data-presence-of={entry.presence}>{text.presence[entry.presence]}</span>}
      <Button size="small" disabled={!entry.reachable} onClick={() => pass(entry, 'call.consult')}>{text.talk.book.consult}</Button>
      <Button size="small" disabled={!entry.reachable} icon={<PhoneOutlined />} onClick={() => pass(entry, 'call.transfer')}>{text.talk.book.transfer}</Button>
    </li>
  )
  return (
    <div className="ld-book" onKeyDown={onKey}>
      <Input allowClear placeholder={text.talk.book.search} value={sought} suffix={<span className="ld-faint"><EnterOutlined /> {text.talk.book.consult} · Ctrl+<EnterOutlined /> {text.talk.book.transfer}</span>} onChange={(event) => { setSought(event.target.value); setChosen(0) }} />
      <div className="ld-book-lists">
        {seats.length > 0 && <h3>{text.talk.book.operators}</h3>}
        <ul>{seats.map(row)}</ul>
        {lines.length > 0 && <h3>{text.talk.book.lines}</h3>}
        {book?.trunk === false && lines.length > 0 && <p className="ld-faint">{text.talk.book.noTrunk}</p>}
        <ul>{lines.map(row)}</ul>
        {book !== null && all.length === 0 && <p className="ld-empty">{text.talk.book.empty}</p>}
      </div>
      <footer>
        <p className="ld-faint">{text.talk.book.note}</p>
        <Button title={text.talk.book.toQueueHint} onClick={() => { ask({ type: 'call.transfer', callId, target: { type: 'queue' } }); onDone() }}>{text.talk.book.toQueue}</Button>
      </footer>
    </div>
  )
}
