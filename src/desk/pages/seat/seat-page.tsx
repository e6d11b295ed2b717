import { useState } from 'react'
import { useText } from '../../i18n/language.js'
import type { Ask } from '../../shell/shell.js'
import { useDeskState } from '../../store/desk.js'
import { TicketDrawer } from '../../ticket/ticket-drawer.js'
import { CallControls } from './call-controls.js'
import { IdleView } from './idle-view.js'
import { RingingView } from './ringing-view.js'
import { SeatBar } from './seat-bar.js'
import { WorkView } from './work-view.js'

/** An operator's place: waiting, ringing, talking, finishing. */
export default function SeatPage({ ask }: { readonly ask: Ask }) {
  const presence = useDeskState((state) => state.me?.presence)
  const call = useDeskState((state) => state.call)
  const text = useText()
  const [opened, setOpened] = useState<{ readonly ticketId: string; readonly callId: string | undefined } | null>(null)
  const ringing = presence === 'ringing'
  // A call that comes or goes takes the drawer off the screen: nothing may lie over a caller.
  const earlier = opened !== null && opened.callId === call?.callId ? opened.ticketId : null
  const setEarlier = (ticketId: string): void => setOpened({ ticketId, callId: call?.callId })
  return (
    <div className="ld-seat" data-presence={presence}>
      <SeatBar ask={ask} />
      {call !== null && presence === 'talking' && <CallControls call={call} ask={ask} />}
      {call === null && presence === undefined && <div className="ld-splash">{text.loading}</div>}
      {call === null && presence !== undefined && <IdleView onOpen={setEarlier} />}
      {call !== null && ringing && <RingingView call={call} onOpen={setEarlier} />}
      {call !== null && !ringing && <WorkView key={call.callId} call={call} onOpen={setEarlier} />}
      <TicketDrawer id={earlier} onClose={() => setOpened(null)} />
    </div>
  )
}
