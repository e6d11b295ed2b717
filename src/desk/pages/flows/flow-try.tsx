import { FastForwardOutlined, PhoneOutlined, MutedOutlined, SoundOutlined } from '@ant-design/icons'
import { Button, Input, InputNumber, Select } from 'antd'
import { useEffect, useMemo, useRef, useState } from 'react'
import { HINT_KINDS } from '../../../contracts/call.js'
import type { FlowEdition, TryNote } from '../../../contracts/routes/flows.js'
import { textOfError } from '../../api/error-text.js'
import { clockOf, instantOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { categoryName, useDesk } from '../../store/desk.js'
import { useNow } from '../../store/now.js'
import { DayInput } from '../../widgets/day-input.js'
import { givenOf, ParameterFields } from './parameter-fields.js'
import { useTrial, type Around } from './use-trial.js'

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const

interface FlowTryProps { readonly name: string; readonly editions: readonly FlowEdition[]; /** Switches that the flow asks for. */ readonly modes: readonly string[]; /** What it is started with. */ readonly parameters: readonly string[] }

/** A conversation with a flow: hears its prompts, presses keys, speaks, sees what the operator would see; as `liandong flow try` on the command line. */
export function FlowTry({ name, editions, modes, parameters }: FlowTryProps) {
  const text = useText()
  const language = useLanguage()
  const words = text.flows.try
  const { book } = useDesk()
  const [which, setWhich] = useState<number | 'files' | 'current'>('current')
  const [waiting, setWaiting] = useState(3)
  const [ready, setReady] = useState(0)
  const [present, setPresent] = useState(1)
  const [when, setWhen] = useState('')
  const [on, setOn] = useState<string[]>([])
  const [until, setUntil] = useState<Record<string, string>>({})
  const [vars, setVars] = useState<Record<string, string>>({})
  const [number, setNumber] = useState('')
  const [hints, setHints] = useState<(typeof HINT_KINDS)[number][]>([])
  const [said, setSaid] = useState('')
  const [quiet, setQuiet] = useState(false)
  const around = useMemo((): Around => ({ which: which === 'current' ? undefined : which, at: instantOf(when), waiting, ready, present, modes: on, ends: endsOf(on, until), vars: givenOf(vars), number, hints }), [which, when, waiting, ready, present, on, until, vars, number, hints])
  const trial = useTrial(name, around, quiet)
  const { tried } = trial
  useNow(250)
  const going = tried !== null && tried.waitingFor !== 'nothing'

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
      <div className="ld-try-phone">
        <div className="ld-try-set">
          <label>{words.which} <Select<number | 'files' | 'current'> size="small" popupMatchSelectWidth={false} value={which} disabled={going} aria-label={words.which} onChange={setWhich} options={[{ value: 'current', label: text.flows.diff.current }, { value: 'files', label: text.flows.diff.files }, ...editions.map(({ number }) => ({ value: number, label: text.flows.edition(number) }))]} /></label>
          <label>{words.waiting} <InputNumber size="small" min={0} max={500} value={waiting} disabled={going} onChange={(value) => setWaiting(value ?? 0)} /></label>
          <label>{words.ready} <InputNumber size="small" min={0} max={500} value={ready} disabled={going} onChange={(value) => setReady(value ?? 0)} /></label>
          <label>{words.present} <InputNumber size="small" min={0} max={500} value={present} disabled={going} onChange={(value) => setPresent(value ?? 0)} /></label>
          <label>{words.when} <DayInput minutes name={words.when} placeholder={words.now} value={when} disabled={going} onChange={setWhen} /></label>
          {modes.length > 0 && <label>{words.modes} <Select<string[]> mode="multiple" size="small" popupMatchSelectWidth={false} value={on} disabled={going} aria-label={words.modes} onChange={setOn} options={modes.map((value) => ({ value, label: switchName(value, words.disaster) }))} /></label>}
          {on.map((mode) => <label key={mode}>{words.until(switchName(mode, words.disaster))} <DayInput minutes name={words.until(switchName(mode, words.disaster))} placeholder={words.open} value={until[mode] ?? ''} disabled={going} onChange={(value) => setUntil({ ...until, [mode]: value })} /></label>)}
          <ParameterFields names={parameters} vars={vars} disabled={going} onChange={setVars} />
          <label>{words.number} <Input size="small" inputMode="tel" maxLength={21} value={number} disabled={going} onChange={({ target }) => setNumber(target.value.replace(/(?!^\+)[^0-9]/g, ''))} /></label>
          <label>{words.hints} <Select<(typeof HINT_KINDS)[number][]> mode="multiple" size="small" popupMatchSelectWidth={false} value={hints} disabled={going} aria-label={words.hints} onChange={setHints} options={HINT_KINDS.map((value) => ({ value, label: text.hints[value] }))} /></label>
        </div>
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
          <Button type="primary" icon={<PhoneOutlined />} onClick={trial.start}>{tried === null ? words.start : words.again}</Button>
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

const switchName = (mode: string, disaster: string): string => (mode === 'disaster' ? disaster : mode)

/** When switches that are on end, where it is filled in. */
const endsOf = (on: readonly string[], until: Readonly<Record<string, string>>): Record<string, number> =>
  Object.fromEntries(on.flatMap((mode) => { const at = instantOf(until[mode] ?? ''); return at === null ? [] : [[mode, at]] }))

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
