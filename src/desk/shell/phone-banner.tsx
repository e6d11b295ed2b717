import { ApiOutlined, AudioMutedOutlined, PhoneOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useText } from '../i18n/language.js'
import { ringOf, troubleOf } from '../phone/state.js'
import { usePhone } from '../phone/use-phone.js'
import { useDesk, useDeskState } from '../store/desk.js'
import { Keys } from './shortcut-help.js'
import { useShortcut } from './shortcuts.js'

/** What the seat bar cannot say of the telephone in the browser: calls that the server does not show, and what is wrong with it. */
export function PhoneBanner() {
  const { phone } = useDesk()
  const text = useText()
  const state = usePhone()
  const linked = useDeskState(({ link }) => link === 'open')
  const seat = useDeskState(({ seat }) => seat)
  const rings = useDeskState((desk) => ringOf(state, desk) === 'phone')
  const talks = state.talk === 'talking' && !linked
  useShortcut('answer', phone.answer, rings)
  useShortcut('hangUp', phone.hangUp, talks)
  const trouble = seat === 'active' ? troubleOf(state) : null
  return (
    <>
      {(rings || talks) && (
        <div className="ld-banner is-warn" role="status" data-phone={state.talk}>
          <PhoneOutlined />
          <strong>{rings ? text.phone.incoming : text.phone.talking}</strong>
          <span>{rings ? text.phone.incomingHint : text.phone.talkingHint}</span>
          {rings && <Button type="primary" icon={<PhoneOutlined />} onClick={phone.answer}>{text.seat.answer}<Keys name="answer" /></Button>}
          <Button danger onClick={phone.hangUp}>{rings ? text.seat.decline : text.seat.hangUp}{talks && <Keys name="hangUp" />}</Button>
        </div>
      )}
      {trouble !== null && (
        <div className="ld-banner is-alarm" role="status" data-phone-trouble={trouble}>
          {trouble === 'line' ? <ApiOutlined /> : <AudioMutedOutlined />}
          <strong>{state.talk === 'talking' && trouble !== 'line' ? `${text.phone.quiet} · ${text.phone.trouble[trouble]}` : text.phone.trouble[trouble]}</strong>
          <span>{text.phone.hints[trouble]}</span>
          {trouble !== 'insecure' && <Button size="small" onClick={phone.again}>{text.phone.again}</Button>}
        </div>
      )}
    </>
  )
}
