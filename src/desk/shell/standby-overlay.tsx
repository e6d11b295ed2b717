import { DesktopOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useState } from 'react'
import { useText } from '../i18n/language.js'
import { useDesk, useDeskState } from '../store/desk.js'

/** Another tab of this operator holds the seat: this one watches until it is told to take over. */
export function StandbyOverlay() {
  const text = useText()
  const { socket } = useDesk()
  const seat = useDeskState((state) => state.seat)
  const link = useDeskState((state) => state.link)
  const [busy, setBusy] = useState(false)
  const replaced = link === 'replaced'
  if (seat !== 'standby' && !replaced) return null
  const take = (): void => {
    if (replaced) {
      socket.connect()
      return
    }
    setBusy(true)
    socket.ask({ type: 'seat.take' }).catch(() => undefined).finally(() => setBusy(false))
  }
  return (
    <div className="ld-overlay" role="dialog" aria-modal="true" aria-labelledby="standby-title">
      <div className="ld-overlay-card">
        <DesktopOutlined className="ld-overlay-icon" />
        <h2 id="standby-title">{text.trouble.standbyTitle}</h2>
        <p>{text.trouble.standbyText}</p>
        <Button type="primary" size="large" autoFocus loading={busy} onClick={take}>{text.trouble.takeOver}</Button>
      </div>
    </div>
  )
}
