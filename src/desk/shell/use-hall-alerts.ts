import { useMemo } from 'react'
import { isUrgent, type Notice } from '../../contracts/dispatch.js'
import { alertsOf } from '../alerts/alert-order.js'
import { useDeskState } from '../store/desk.js'

/** What the hall was told and what is neither settled nor put away: on how many tickets, and how many of them are alarms. */
interface HallAlerts { readonly tickets: number; readonly alarmed: number; /** Newest first. */ readonly alarms: readonly Notice[] }

/** The same count at the menu's entry of the board, in the window's title and on its badge. */
export function useHallAlerts(): HallAlerts {
  const notices = useDeskState((state) => state.notices)
  return useMemo(() => {
    const alarms = notices.filter(isUrgent).sort((a, b) => b.at - a.at)
    return { tickets: alertsOf(notices).length, alarmed: new Set(alarms.map(({ ticketId }) => ticketId)).size, alarms }
  }, [notices])
}
