import type { OperatorView } from '../../contracts/ws.js'

const KEY = 'liandong.seat'

/** What the operator last asked for (ready or break), and the call whose talk or paper work he had. */
export interface SeatMemory {
  readonly ready?: boolean
  readonly callId?: string
}

/**
 * Kept over reloads in this tab's sessionStorage: a server that restarted, or that had taken him for gone, puts him back where he was, and the
 * next citizen need not wait for a click, nor come in the middle of his paper work. Signing out forgets it.
 */
export function keepSeat(me: OperatorView | null): void {
  // `offline` is what we were taken for, not what he asked for.
  if (me?.wantsReady === undefined || me.presence === 'offline') return
  const busy = me.presence === 'talking' || me.presence === 'wrap-up'
  const text = JSON.stringify({ operatorId: me.operatorId, ready: me.wantsReady, ...(busy && { callId: me.callId }) })
  if (sessionStorage.getItem(KEY) !== text) sessionStorage.setItem(KEY, text)
}

/** What this tab remembers of this operator; empty when it does not. */
export function seatOf(operatorId: string): SeatMemory {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as { operatorId?: unknown; ready?: unknown; callId?: unknown } | null
    if (kept?.operatorId !== operatorId) return {}
    return { ...(typeof kept.ready === 'boolean' && { ready: kept.ready }), ...(typeof kept.callId === 'string' && { callId: kept.callId }) }
  } catch {
    return {}
  }
}

/** At log-out: the next one has his own. */
export const forgetSeat = (): void => { sessionStorage.removeItem(KEY) }
