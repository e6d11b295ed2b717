import { AudioMutedOutlined, AudioOutlined, CheckOutlined, CloseOutlined, PauseOutlined, PlayCircleOutlined, SwapOutlined, TeamOutlined } from '@ant-design/icons'
import { Button, Segmented, Tooltip } from 'antd'
import { useState } from 'react'
import type { CallCard, Party, PartyMode } from '../../../contracts/call.js'
import { clockOf } from '../../i18n/format.js'
import { useText } from '../../i18n/language.js'
import type { Ask } from '../../shell/shell.js'
import { Keys } from '../../shell/shortcut-help.js'
import { useShortcut } from '../../shell/shortcuts.js'
import { useDesk, useDeskState } from '../../store/desk.js'
import { useNow } from '../../store/now.js'
import { keyMeaning } from './key-meaning.js'
import { PhoneBook } from './phone-book.js'

const MODES: readonly PartyMode[] = ['listen', 'whisper', 'all']

/** What can be done with a talk: by its operator, by a guest, by a supervisor who is in it. */
export function CallControls({ call, ask }: { readonly call: CallCard; readonly ask: Ask }) {
  const { self } = useDesk()
  const mine = useDeskState((state) => state.seat === 'active')
  const party = call.parties.find(({ operatorId }) => operatorId === self.id)
  if (call.endedAt !== undefined) return null
  if (party !== undefined) return <PartyControls call={call} party={party} mine={mine} ask={ask} />
  return call.holder === self.id ? <HolderControls call={call} mine={mine} ask={ask} /> : null
}

function HolderControls({ call, mine, ask }: { readonly call: CallCard; readonly mine: boolean; readonly ask: Ask }) {
  const text = useText()
  const [book, setBook] = useState(false)
  const { callId, onHold, muted } = call
  const guest = call.parties.find(({ role }) => role !== 'supervisor')
  const joined = guest?.role === 'guest' && guest.joinedAt !== undefined
  const hold = (): void => ask({ type: 'call.hold', callId, on: !onHold })
  const mute = (): void => ask({ type: 'call.mute', callId, on: !muted })
  const conference = (): void => ask({ type: 'call.conference', callId })
  const complete = (): void => ask({ type: 'call.complete', callId })
  const drop = (): void => { if (guest !== undefined) ask({ type: 'call.drop', callId, legId: guest.legId }) }
  useShortcut('hold', hold, mine)
  useShortcut('mute', mute, mine)
  useShortcut('phoneBook', () => setBook((open) => !open), mine && guest === undefined)
  useShortcut('conference', conference, mine && joined && guest.mode !== 'all')
  useShortcut('complete', complete, mine && joined)
  useShortcut('drop', drop, mine && guest !== undefined)
  return (
    <section className={`ld-controls${onHold ? ' is-held' : ''}`} aria-label={text.talk.passOn}>
      <Button aria-pressed={onHold} disabled={!mine} type={onHold ? 'primary' : 'default'} icon={onHold ? <PlayCircleOutlined /> : <PauseOutlined />} onClick={hold}>{onHold ? text.talk.resume : text.talk.hold}<Keys name="hold" /></Button>
      <Button aria-pressed={muted} disabled={!mine} type={muted ? 'primary' : 'default'} icon={muted ? <AudioMutedOutlined /> : <AudioOutlined />} onClick={mute}>{muted ? text.talk.unmute : text.talk.mute}<Keys name="mute" /></Button>
      {guest === undefined && <Button disabled={!mine} icon={<SwapOutlined />} onClick={() => setBook(true)}>{text.talk.passOn}<Keys name="phoneBook" /></Button>}
      {joined && guest.mode !== 'all' && <Button disabled={!mine} type="primary" icon={<TeamOutlined />} onClick={conference}>{text.talk.conference}<Keys name="conference" /></Button>}
      {joined && <Button disabled={!mine} icon={<CheckOutlined />} onClick={complete}>{text.talk.complete}<Keys name="complete" /></Button>}
      {guest !== undefined && <Button danger disabled={!mine} icon={<CloseOutlined />} onClick={drop}>{text.talk.drop}<Keys name="drop" /></Button>}
      <div className="ld-controls-state" role="status">
        {call.keys.length > 0 && (
          <span className="ld-chip is-accent" title={text.talk.keysHint} data-keys={call.keys.map(({ key }) => key).join('')}>
            {text.talk.keys} {call.keys.slice(-5).map(({ key, at }) => <KeySaid key={`${at} ${key}`} pressed={key} at={at} answeredAt={call.answeredAt} />)}
          </span>
        )}
        {onHold && <span className="ld-chip is-ring">{text.talk.onHold}</span>}
        {muted && <span className="ld-chip is-ring">{text.talk.muted}</span>}
        {call.parties.map((party) => <PartyChip key={party.legId} party={party} />)}
      </div>
      <PhoneBook callId={callId} open={book && guest === undefined} ask={ask} onClose={() => setBook(false)} />
    </section>
  )
}

function KeySaid({ pressed, at, answeredAt }: { readonly pressed: string; readonly at: number; readonly answeredAt: number | undefined }) {
  const text = useText()
  const meant = keyMeaning(pressed, at, answeredAt)
  return <kbd data-meant={meant}>{pressed}{meant === null ? '' : ` ${text.talk[meant]}`}</kbd>
}

function PartyControls({ call, party, mine, ask }: { readonly call: CallCard; readonly party: Party; readonly mine: boolean; readonly ask: Ask }) {
  const text = useText()
  const { callId } = call
  const supervisor = party.role === 'supervisor'
  if (party.joinedAt === undefined) return null
  return (
    <section className="ld-controls is-party" aria-label={text.talk.youAre[party.role]}>
      <span className="ld-chip is-accent">{text.talk.youAre[party.role]}</span>
      {supervisor ? (
        <>
          <ModeSwitch value={party.mode} disabled={!mine} onChange={(mode) => ask({ type: 'call.listen', callId, mode })} />
          <Button danger disabled={!mine} icon={<SwapOutlined />} onClick={() => ask({ type: 'call.take', callId })}>{text.talk.take}</Button>
          <span className="ld-soft">{text.talk.modeHints[party.mode]}</span>
        </>
      ) : <span className="ld-soft">{text.talk.guestModes[party.mode]}</span>}
      <div className="ld-controls-state">
        {call.onHold && <span className="ld-chip is-ring">{text.talk.onHold}</span>}
        {call.parties.filter((other) => other !== party).map((other) => <PartyChip key={other.legId} party={other} />)}
      </div>
    </section>
  )
}

/** Who hears a third telephone: nobody, the operator, both. */
export function ModeSwitch({ value, disabled, onChange }: { readonly value: Party['mode'] | undefined; readonly disabled: boolean; readonly onChange: (mode: Party['mode']) => void }) {
  const text = useText()
  return (
    <Segmented<PartyMode | ''>
      value={value ?? ''} disabled={disabled} onChange={(mode) => { if (mode !== '') onChange(mode) }}
      options={MODES.map((mode) => ({ value: mode, label: <Tooltip title={text.talk.modeHints[mode]}><span>{text.talk.modes[mode]}</span></Tooltip> }))}
    />
  )
}

/** Somebody else in the talk: who, as what, for how long. */
export function PartyChip({ party }: { readonly party: Party }) {
  const text = useText()
  const skew = useDeskState((state) => state.skew)
  const now = useNow() + skew
  const how = party.joinedAt === undefined ? text.talk.rings : party.role === 'supervisor' ? text.talk.modes[party.mode] : text.talk.guestModes[party.mode]
  return (
    <span className={`ld-chip ${party.joinedAt === undefined ? 'is-ring' : party.mode === 'all' ? 'is-talk' : 'is-accent'}`} data-party={party.role}>
      {party.label} · {how} <span className="ld-mono">{clockOf((now - (party.joinedAt ?? party.since)) / 1000)}</span>
    </span>
  )
}
