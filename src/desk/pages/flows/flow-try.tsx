import { FastForwardOutlined, PhoneOutlined, MutedOutlined, SoundOutlined } from '@ant-design/icons'
import { App as AntApp, Button, Input } from 'antd'
import { useEffect, useRef, useState } from 'react'
import type { FlowEdition, FlowSummary, TryNote } from '../../../contracts/routes/flows.js'
import { textOfError } from '../../api/error-text.js'
import { clockOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { categoryName, useDesk } from '../../store/desk.js'
import { useNow } from '../../store/now.js'
import { NEW_TRIAL } from './trial-fields.js'
import { TrialSettings } from './trial-settings.js'
import { useTrialFields } from './use-trial-fields.js'
import { useTrial, type Around } from './use-trial.js'

/** Where what is typed cannot be called with, nobody calls. */
const NOTHING_AROUND: Around = { which: undefined, at: null, waiting: 0, ready: 0, present: 0, modes: [], ends: {}, vars: {}, number: '', hints: [] }
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const

interface FlowTryProps { readonly name: string; readonly editions: readonly FlowEdition[]; /** Switches that the flow asks for. */ readonly modes: FlowSummary['modes']; /** What it is started with. */ readonly parameters: readonly string[] }

/** A conversation with a flow: hears its prompts, presses keys, speaks, sees what the operator would see; as `liandong flow try` on the command line. */
export function FlowTry({ name, editions, modes, parameters }: FlowTryProps) {
  const text = useText()
  const language = useLanguage()
  const words = text.flows.try
  const { book } = useDesk()
  const { message } = AntApp.useApp()
  const { fields, setFields, around, right, onWrongTime } = useTrialFields(NEW_TRIAL)
  const [said, setSaid] = useState('')
  const [quiet, setQuiet] = useState(false)
  const trial = useTrial(name, around ?? NOTHING_AROUND, quiet)
  const { tried } = trial
  useNow(250)
  const going = tried !== null && tried.waitingFor !== 'nothing'

  const start = (): void => {
    // What was typed is called with, or nothing is.
    if (!right) return void message.warning({ key: 'trial', content: words.putRight })
    trial.start()
  }

  const press = useRef(trial.press)
  press.current = trial.press
  useEffect(() => {
    const typed = (event: KeyboardEvent): void => {
      const into = event.target as HTMLElement
      if (event.ctrlKey || event.altKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(into.tagName) || into.isContentEditable) return
      if (/^[0-9*#]$/.test(event.key)) press.current(event.key)
    }
    window.addEventListener('keydown', typed)
    return () => window.removeEventListener('keydown', typed)
  }, [])
  const log = useRef<HTMLOListElement>(null)
  useEffect(() => { log.current?.scrollTo({ top: log.current.scrollHeight }) }, [tried])

  const tags = tried?.notes.filter(({ type }) => type === 'tagged') ?? []
  return (
    <div className="ld-panel-body ld-try">
      <TrialSettings
        fields={fields} editions={editions} modes={modes} parameters={parameters} disabled={going} onChange={setFields} onWrongTime={onWrongTime}
      />
      <div className="ld-try-phone">
        <div className="ld-try-screen" role="status">
          <strong className="ld-mono">{clockOf(trial.elapsed() / 1000)}</strong>
          {tried === null && <p className="ld-soft">{words.idle}</p>}
          {tried !== null && going && (
            <>
              <span className="ld-chip is-talk">{tried.promptsLeft > 0 && tried.playing.length > 0 ? words.plays : words.waits}</span>
              {tried.playing.map((prompt, index) => <p key={`${prompt.name} ${index}`}>{prompt.text ?? prompt.name}</p>)}
            </>
          )}
          {tried !== null && !going && <p>{tried.notes.at(-1)?.text === 'hung-up' ? words.hungUp : words.over}</p>}
          {trial.failed !== null && <p className="ld-chip is-alarm" role="alert">{textOfError(trial.failed, language, text)}</p>}
        </div>
        <div className="ld-keypad" role="group" aria-label={words.keypad}>
          {KEYS.map((key) => <Button key={key} disabled={!going} onClick={() => trial.press(key)}>{key}</Button>)}
        </div>
        <span className="ld-faint">{words.keypad}</span>
        <Input.Search value={said} maxLength={200} disabled={!going} aria-label={words.say} placeholder={words.say} enterButton={words.speak} onChange={({ target }) => setSaid(target.value)} onSearch={(spoken) => { if (spoken.trim() !== '') { trial.say(spoken.trim()); setSaid('') } }} />
        <div className="ld-try-acts">
          <Button type="primary" icon={<PhoneOutlined />} onClick={start}>{tried === null ? words.start : words.again}</Button>
          <Button icon={<FastForwardOutlined />} disabled={!going} onClick={trial.ahead}>{words.ahead}</Button>
          <Button disabled={!going} danger onClick={trial.hangUp}>{words.hangUp}</Button>
          <Button type="text" aria-pressed={quiet} aria-label={quiet ? words.quiet : words.sound} icon={quiet ? <MutedOutlined /> : <SoundOutlined />} onClick={() => setQuiet(!quiet)} />
        </div>
      </div>
      <div className="ld-try-log">
        <h3>{words.known}</h3>
        <p>{tags.length === 0 ? <span className="ld-faint">{text.call.noTag}</span> : tags.map(({ text: tag, at }) => <span key={`${tag} ${at}`} className="ld-chip is-accent">{tag.startsWith('category = ') ? categoryName(book, tag.slice(11), language) : tag} · {clockOf(at / 1000)}</span>)}</p>
        <h3>{words.path}</h3>
        <ol ref={log} tabIndex={0}>{tried?.notes.map((note, index) => <Note key={index} note={note} />)}</ol>
      </div>
    </div>
  )
}

function Note({ note: { at, type, text: said, title, prompt, cutAfter } }: { readonly note: TryNote }) {
  const words = useText().flows.try
  const called = title?.[useLanguage() === 'en' ? 'en' : 'zh']
  return (
    <li className={`is-${type}`}>
      <time>{clockOf(at / 1000)}</time>
      <span className="ld-faint">{words.notes[type]}</span>
      <span>{type === 'ended' ? (said === 'hung-up' ? words.hungUp : words.over) : prompt?.text ?? called ?? said}{called !== undefined && <code className="ld-faint"> {said}</code>}{cutAfter !== undefined && <em> {words.cut}</em>}</span>
    </li>
  )
}
