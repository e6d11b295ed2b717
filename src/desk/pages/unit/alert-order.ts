import type { Notice } from '../../../contracts/dispatch.js'

/** What was told about one ticket, the newest first. */
export type Alert = readonly [Notice, ...Notice[]]

/** A line for each ticket, in the order in which somebody should look: the newest work before all, then danger, then the newest. Pure. */
export function alertsOf(notices: readonly Notice[]): readonly Alert[] {
  const byTicket = new Map<string, [Notice, ...Notice[]]>()
  for (const notice of [...notices].sort((a, b) => b.at - a.at)) {
    const before = byTicket.get(notice.ticketId)
    if (before === undefined) byTicket.set(notice.ticketId, [notice])
    else before.push(notice)
  }
  const alerts = [...byTicket.values()]
  const danger = (alert: Alert): number => Number(alert.some(({ hazard }) => hazard))
  const newest = alerts.find((alert) => alert.some(({ kind }) => kind === 'dispatch'))
  return [...alerts].sort((a, b) => Number(b === newest) - Number(a === newest) || danger(b) - danger(a))
}
