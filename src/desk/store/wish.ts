import type { OperatorView } from '../../contracts/ws.js'

const KEY = 'liandong.wish'

/**
 * What the operator last asked for (ready or break), kept over reloads in this tab's sessionStorage: a server that restarted, or that had
 * taken him for gone, puts him back where he was, and the next citizen need not wait for a click. Signing out forgets it.
 */
export function keepWish(me: OperatorView | null): void {
  // `offline` is what we were taken for, not what he asked for.
  if (me?.wantsReady === undefined || me.presence === 'offline') return
  const text = JSON.stringify({ operatorId: me.operatorId, ready: me.wantsReady })
  if (sessionStorage.getItem(KEY) !== text) sessionStorage.setItem(KEY, text)
}

/** Whether this operator had asked to be ready, as this tab remembers; undefined when it does not. */
export function wishOf(operatorId: string): boolean | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as { operatorId?: unknown; ready?: unknown } | null
    return kept?.operatorId === operatorId && typeof kept.ready === 'boolean' ? kept.ready : undefined
  } catch {
    return undefined
  }
}

/** At log-out: the next one has his own. */
export const forgetWish = (): void => { sessionStorage.removeItem(KEY) }
