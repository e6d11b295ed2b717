import { PhoneOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useState } from 'react'
import { useText } from '../i18n/language.js'
import { useDeskState } from '../store/desk.js'
import type { Ask } from './shell.js'
import { Keys } from './shortcut-help.js'
import { useShortcut } from './shortcuts.js'

/** A citizen is being called back from this seat, on whatever page: the own telephone rings first. On the practice exchange it is picked up here. */
export function CallBackBanner({ ask }: { readonly ask: Ask }) {
  const text = useText()
  const redial = useDeskState(({ me }) => me?.redial)
  const practice = useDeskState((state) => state.practice)
  const mine = useDeskState(({ seat }) => seat === 'active')
  const since = useDeskState(({ me }) => me?.since)
  /** Since when it has been picked up: each call-back has a time of its own. */
  const [pickedUp, setPickedUp] = useState<number | undefined>(undefined)
  const callId = redial?.ticketId ?? ''
  const rings = practice && mine && redial?.reached === false && pickedUp !== since
  const answer = (): void => { setPickedUp(since); ask({ type: 'phone.answer', callId }) }
  const hangUp = (): void => ask({ type: 'call.hang-up', callId })
  useShortcut('answer', answer, rings)
  useShortcut('hangUp', hangUp, mine && redial !== undefined)
  if (redial === undefined) return null
  return (
    <div className="ld-banner is-warn" role="status" data-call-back={redial.reached ? 'reached' : 'ringing'}>
      <PhoneOutlined />
      <strong>{redial.reached ? text.talk.redialReached : rings || !practice ? text.talk.redialling : text.talk.redialRings}</strong>
      {rings && <Button type="primary" icon={<PhoneOutlined />} onClick={answer}>{text.seat.answer}<Keys name="answer" /></Button>}
      <Button danger disabled={!mine} onClick={hangUp}>{text.seat.hangUp}<Keys name="hangUp" /></Button>
    </div>
  )
}
