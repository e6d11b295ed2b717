import { AudioOutlined, LockOutlined, PlayCircleOutlined, UnlockOutlined } from '@ant-design/icons'
import { App as AntApp, Button, Input, Popover } from 'antd'
import { useState } from 'react'
import type { Recording, RecordingPlay } from '../../contracts/routes/recordings.js'
import { textOfError } from '../api/error-text.js'
import { call } from '../api/endpoints.js'
import { clockOf, whenOf } from '../i18n/format.js'
import { useLanguage, useText } from '../i18n/language.js'
import { useDesk } from '../store/desk.js'
import { Dialog } from '../widgets/dialog.js'
import { usePolled } from '../widgets/use-polled.js'

const FRESH = 10_000
const HEARD: Readonly<Partial<Record<Recording['state'], true>>> = { kept: true, cut: true }

type Asking = { readonly what: 'play' | 'hold' | 'release'; readonly recording: Recording }

/** The recordings of a ticket's talks: heard for a reason, held by a supervisor. */
export function Recordings({ callId }: { readonly callId: string }) {
  const { self } = useDesk()
  return self.role === 'unit' ? null : <List callId={callId} />
}

function List({ callId }: { readonly callId: string }) {
  const text = useText()
  const words = text.recording
  const language = useLanguage()
  const { message } = AntApp.useApp()
  const { value, failed, again } = usePolled((signal) => call('recordings', { params: { id: callId } }, { signal }), FRESH, callId)
  const [asking, setAsking] = useState<Asking | null>(null)
  const [reason, setReason] = useState('')
  const [playing, setPlaying] = useState<{ readonly id: string; readonly playId: string } | null>(null)
  if (value === null || value.recordings.length === 0) return failed && value === null ? <p className="ld-faint">{words.failed}</p> : null

  const trouble = (error: unknown): void => { void message.error(textOfError(error, language, text)); again() }
  const close = (): void => { setAsking(null); setReason('') }
  const confirm = (): void => {
    if (asking === null) return
    const { what, recording: { id } } = asking
    const given = { params: { id }, body: { reason: reason.trim() } }
    if (what === 'play') call('playRecording', given).then(({ playId }) => { setPlaying({ id, playId }); close(); again() }, trouble)
    else call('holdRecording', { params: { id }, body: { on: what === 'hold', reason: reason.trim() } }).then(() => { close(); again() }, trouble)
  }
  const dialog = asking === null ? null : { play: [words.askTitle, words.askHint, words.askWhy, words.ok], hold: [words.holdTitle, words.holdHint, words.holdWhy, words.hold], release: [words.releaseTitle, words.holdHint, words.releaseWhy, words.release] }[asking.what]
  return (
    <section className="ld-recordings" aria-label={words.title}>
      <h3><AudioOutlined /> {words.title}</h3>
      {failed && <p className="ld-faint">{words.failed}</p>}
      <ul>
        {value.recordings.map((recording) => (
          <li key={recording.id} data-recording={recording.id} data-state={recording.state}>
            <Line recording={recording} fresh={!failed} mayHold={value.mayHold} />
            <div className="ld-recording-acts">
              {value.mayPlay && HEARD[recording.state] && recording.durationMs !== undefined && <Button size="small" type="primary" ghost icon={<PlayCircleOutlined />} onClick={() => setAsking({ what: 'play', recording })}>{words.listen}</Button>}
              {value.mayHold && recording.state !== 'deleted' && (recording.held === undefined
                ? <Button size="small" icon={<LockOutlined />} onClick={() => setAsking({ what: 'hold', recording })}>{words.hold}</Button>
                : <Button size="small" icon={<UnlockOutlined />} onClick={() => setAsking({ what: 'release', recording })}>{words.release}</Button>)}
            </div>
            {playing?.id === recording.id && (
              <div className="ld-recording-player">
                <audio controls autoPlay preload="metadata" src={`/api/recordings/${playing.id}/sound?play=${playing.playId}`} aria-label={words.title} onError={() => { void message.error(words.broken); setPlaying(null) }} />
                <span className="ld-faint">{words.channels}</span>
              </div>
            )}
          </li>
        ))}
      </ul>
      {!value.mayPlay && <p className="ld-faint">{words.notYours}</p>}
      {dialog !== null && (
        <Dialog open title={dialog[0]} okText={dialog[3]} cancelText={words.cancel} okButtonProps={{ disabled: reason.trim().length < 2 }} onOk={confirm} onCancel={close} destroyOnHidden>
          <Input value={reason} maxLength={200} placeholder={dialog[1]} aria-label={dialog[1]} onChange={({ target }) => setReason(target.value)} onPressEnter={() => { if (reason.trim().length >= 2) confirm() }} />
          <p className="ld-faint ld-recording-why">{dialog[2]}</p>
        </Dialog>
      )}
    </section>
  )
}

/** What it is: when, how long, in which state, until when it is kept, how often it was heard. What is not `fresh` may have ended meanwhile. */
function Line({ recording, fresh, mayHold }: { readonly recording: Recording; readonly fresh: boolean; readonly mayHold: boolean }) {
  const text = useText()
  const words = text.recording
  const now = Date.now()
  const { state, held } = recording
  const hint = words.hints[state as keyof typeof words.hints] as string | undefined
  return (
    <div className="ld-recording-line">
      <time className="ld-mono" dateTime={new Date(recording.beganAt).toISOString()}>{whenOf(recording.beganAt, now, text)}</time>
      {recording.durationMs !== undefined && <span className="ld-mono">{clockOf(recording.durationMs / 1000)}</span>}
      {state !== 'kept' && (fresh || state !== 'recording') && <span className={`ld-chip${state === 'recording' ? ' is-talk' : state === 'deleted' ? '' : ' is-ring'}`} title={hint}>{words.states[state]}</span>}
      {held !== undefined && <span className="ld-chip is-ready" title={held.reason}>{words.held(held.by)}</span>}
      {held === undefined && recording.keptUntil !== undefined && <span className="ld-faint">{words.keptUntil(whenOf(recording.keptUntil, now, text).split(' ')[0] ?? '')}</span>}
      {mayHold && recording.plays > 0 ? <Plays id={recording.id} count={recording.plays} /> : <span className="ld-faint">{words.plays(recording.plays)}</span>}
    </div>
  )
}

/** Who heard it and why, on demand. */
function Plays({ id, count }: { readonly id: string; readonly count: number }) {
  const text = useText()
  const [plays, setPlays] = useState<readonly RecordingPlay[]>([])
  const look = (open: boolean): void => { if (open) call('recordingPlays', { params: { id } }).then((answer) => setPlays(answer.plays), () => undefined) }
  const list = <ol className="ld-recording-plays">{plays.map(({ at, by, reason }) => <li key={`${at} ${by}`}><time className="ld-mono">{whenOf(at, Date.now(), text)}</time> <strong>{by}</strong> <span>{reason}</span></li>)}</ol>
  return <Popover title={text.recording.playsTitle} content={list} trigger="click" onOpenChange={look}><Button size="small" type="link">{text.recording.plays(count)}</Button></Popover>
}
