import type { Notice } from '../../contracts/dispatch.js'
import { STAGES } from '../../contracts/life-cycle.js'

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

/** A stage of a time limit, to which it came. */
export const isStage = ({ kind, clock }: Pick<Notice, 'kind' | 'clock'>): boolean => clock !== undefined && STAGES.some((stage) => stage === kind)

/** What a line says of a ticket, the oldest first: of each time limit the stage to which it came last, of the rest each thing once; who reported wants no more time. Pure. */
export function newsOf(alert: Alert): readonly Notice[] {
  const said = new Map<string, Notice>()
  for (const notice of alert) {
    const what = isStage(notice) ? `${notice.clock ?? ''} ${notice.about ?? ''}` : notice.kind
    if (!said.has(what)) said.set(what, notice)
  }
  return [...said.values()].filter(({ kind, at }) => kind !== 'extension-asked' || !alert.some((one) => one.kind === 'reported' && one.at >= at)).reverse()
}

/** What is said beside its title: its text stands by itself in a short message, and says the title once more. @param said the text */
export function aboutOf(said: string, { number }: Pick<Notice, 'number'>): string {
  const at = said.indexOf(number)
  return at < 0 ? said : said.slice(at)
}
