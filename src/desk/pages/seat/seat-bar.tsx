import { CoffeeOutlined, PhoneOutlined, PoweroffOutlined, StepForwardOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { clockOf, numberOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { keepFocus } from '../../shell/keep-focus.js'
import type { Ask } from '../../shell/shell.js'
import { Keys } from '../../shell/shortcut-help.js'
import { useShortcut } from '../../shell/shortcuts.js'
import { categoryName, useDesk, useDeskState } from '../../store/desk.js'
import { useNow } from '../../store/now.js'
import { usePhone } from '../../phone/use-phone.js'
import { PhoneChoice } from './phone-choice.js'

/** How the exchange sees this seat, who is on the line, and what can be pressed now. */
export function SeatBar({ ask }: { readonly ask: Ask }) {
  const text = useText()
  const language = useLanguage()
  const { book, phone } = useDesk()
  const { view, talk } = usePhone()
  const me = useDeskState((state) => state.me)
  const call = useDeskState((state) => state.call)
  const gone = useDeskState((state) => state.gone)
  const skew = useDeskState((state) => state.skew)
  const practice = useDeskState((state) => state.practice)
  const seat = useDeskState((state) => state.seat)
  const now = useNow() + skew
  const presence = me?.presence ?? 'offline'
  const mine = seat === 'active'
  const callId = call?.callId ?? ''
  const ringing = presence === 'ringing' && call !== null
  const talking = presence === 'talking' && call !== null && call.endedAt === undefined
  const wrapUp = presence === 'wrap-up'

  // Where it rings: on the practice exchange's phone, in this browser, or on the table, where it is picked up by hand.
  const rings = ringing && (practice || talk === 'ringing')
  const answer = practice ? (): void => ask({ type: 'phone.answer', callId }) : phone.answer
  const decline = (): void => ask({ type: 'phone.reject', callId })
  const hangUp = (): void => ask({ type: 'call.hang-up', callId })
  const next = (): void => ask({ type: 'wrap-up.end' })
  useShortcut('answer', answer, mine && rings)
  useShortcut('decline', decline, mine && rings)
  useShortcut('hangUp', hangUp, mine && talking)
  useShortcut('endWrapUp', next, mine && wrapUp)

  const since = talking && call.answeredAt !== undefined ? call.answeredAt : me?.since ?? now
  // The clocks agree but for the way the message took: never more than it lasts as a whole.
  const until = me?.wrapUpUntil ?? me?.pausedUntil
  const left = me === null || until === undefined ? null : Math.max(0, Math.ceil(Math.min(until - now, until - me.since) / 1000))
  const urgent = call?.class === 'emergency' && (ringing || talking)
  const resting = presence === 'break' || presence === 'ready' || presence === 'missed'
  const note = resting && gone !== null && gone.reason !== 'ended' ? text.call.gone[gone.reason]
    : me?.redial !== undefined ? (me.redial.reached ? text.talk.redialReached : text.talk.redialling)
    : wrapUp && left !== null ? (me?.wantsReady === false ? text.seat.wrapUpLeftBreak(left) : text.seat.wrapUpLeft(left))
      : presence === 'paused' && left !== null ? text.seat.pausedLeft(left)
      : presence === 'talking' && me?.wantsReady === false ? text.seat.breakAfterOn : text.presenceNote[presence]
  return (
    <div className={`ld-seat-bar is-${presence}${urgent ? ' is-urgent' : ''}`} onMouseDown={keepFocus}>
      <div className="ld-seat-state">
        <div>
          <strong data-presence-name={presence}>{ringing && urgent ? text.call.emergency : presence === 'missed' && gone?.reason === 'rejected' ? text.declined : text.presence[presence]}</strong>
          {me !== null && <span className="ld-seat-clock ld-mono">{clockOf((now - since) / 1000)}</span>}
        </div>
      </div>
      {call !== null && (
        <div className="ld-seat-who">
          <span className="ld-seat-number">{numberOf(call.caller.number) || text.call.withheld}</span>
          {!ringing && <span className="ld-cut ld-soft">{call.context.knownName ?? call.caller.name}</span>}
          <span className="ld-seat-about">{categoryName(book, call.category, language)}</span>
        </div>
      )}
      <span className="ld-seat-note ld-cut">{note}</span>
      {/* More rows of buttons may stand here: the bar grows. */}
      <div className="ld-seat-actions">
        {rings && (
          <>
            <Button danger disabled={!mine} onClick={decline}>{text.seat.decline}<Keys name="decline" /></Button>
            <Button className="ld-answer" type="primary" icon={<PhoneOutlined />} disabled={!mine} onClick={answer}>{text.seat.answer}<Keys name="answer" /></Button>
          </>
        )}
        {ringing && !rings && <span className="ld-chip is-ring">{view.kind === 'desk' ? text.seat.onPhone : text.phone.answering}</span>}
        {!ringing && !talking && !wrapUp && <PhoneChoice disabled={!mine || talk !== 'none'} />}
        {(talking || wrapUp) && (
          <Button className={me?.wantsReady === false ? 'ld-wish is-on' : 'ld-wish'} aria-pressed={me?.wantsReady === false} disabled={!mine} icon={<CoffeeOutlined />} onClick={() => ask({ type: 'presence', ready: me?.wantsReady === false })}>
            {text.seat.breakAfter}<Keys name="ready" />
          </Button>
        )}
        {talking && <Button danger type="primary" icon={<PhoneOutlined rotate={135} />} disabled={!mine} onClick={hangUp}>{text.seat.hangUp}<Keys name="hangUp" /></Button>}
        {wrapUp && <Button type="primary" icon={<StepForwardOutlined />} disabled={!mine} onClick={next}>{me?.wantsReady === false ? text.seat.endWrapUp : text.seat.nextCall}<Keys name="endWrapUp" /></Button>}
        {(presence === 'ready' || presence === 'paused') && <Button icon={<CoffeeOutlined />} disabled={!mine} onClick={() => ask({ type: 'presence', ready: false })}>{text.seat.goBreak}<Keys name="ready" /></Button>}
        {(presence === 'break' || presence === 'missed' || presence === 'unreachable') && (
          <Button type="primary" icon={<PoweroffOutlined />} disabled={!mine} onClick={() => ask({ type: 'presence', ready: true })}>{text.seat.goReady}<Keys name="ready" /></Button>
        )}
      </div>
    </div>
  )
}
