import { NO_WORK, type HistoryRow, type Ticket } from '../../contracts/ticket.js'
import type { Privacy } from '../../contracts/work.js'

/** Who looks, or through what something goes out. The hall: operators, supervisors, administrators at the city. */
export const OUTLETS = ['operator', 'supervisor', 'unit', 'county', 'message', 'public'] as const
export type Outlet = (typeof OUTLETS)[number]

/** How much of the complainant's number is shown. `reason`: masked, in full for a reason that is noted. */
export type NumberShown = 'full' | 'reason' | 'none'

export interface Shown { readonly number: NumberShown; readonly name: boolean }

const ALL: Shown = { number: 'full', name: true }
const FOR_A_REASON: Shown = { number: 'reason', name: true }
const NAME_ONLY: Shown = { number: 'none', name: true }
const NOTHING: Shown = { number: 'none', name: false }

/**
 * The complainant's wish against whoever looks: the one table that every way out asks. An anonymous complainant's number is kept for the law's sake and shown
 * to supervisors alone, for a reason; operators call him back through the desk, which dials without showing it.
 * `county`: a county's database, which answers to its own units; `message`: webhook, e-mail, text message to a unit or a named person, export; `public`: GeoReport, the citizen's own question.
 */
export const SHOWN: Readonly<Record<Privacy, Readonly<Record<Outlet, Shown>>>> = {
  'open': { operator: ALL, supervisor: ALL, unit: FOR_A_REASON, county: ALL, message: NOTHING, public: NOTHING },
  'number-hidden': { operator: ALL, supervisor: ALL, unit: NAME_ONLY, county: NAME_ONLY, message: NOTHING, public: NOTHING },
  'identity-hidden': { operator: ALL, supervisor: ALL, unit: NOTHING, county: NOTHING, message: NOTHING, public: NOTHING },
  'anonymous': { operator: NOTHING, supervisor: { number: 'reason', name: false }, unit: NOTHING, county: NOTHING, message: NOTHING, public: NOTHING },
}

/** The outlet that a person's role is. */
export const outletOf = (role: 'operator' | 'supervisor' | 'unit' | 'admin'): Outlet => (role === 'admin' ? 'supervisor' : role)

/** `139****0001`: enough to know him again, too little to call him. */
export const maskedNumber = (number: string): string => (number.length < 7 ? number.replace(/./g, '*') : `${number.slice(0, 3)}${'*'.repeat(number.length - 7)}${number.slice(-4)}`)

const numberFor = (number: string, shown: NumberShown): string => (shown === 'full' ? number : shown === 'reason' ? maskedNumber(number) : '')

/** What a caller's keys say of what he wants. Whatever else he keyed may be a telephone or an identity number: it is for who may see the complainant's own. */
const OF_THE_MATTER: ReadonlySet<string> = new Set(['category', 'language', 'channel'])

/** A ticket as this outlet may see it. Pure; whatever is not the complainant's stays as it is. */
export function shownTo(ticket: Ticket, outlet: Outlet): Ticket {
  const shown = SHOWN[ticket.work.privacy][outlet]
  const { caller, fields, tags } = ticket
  if (shown.number === 'full' && shown.name) return ticket
  return {
    ...ticket,
    caller: { ...caller, number: numberFor(caller.number, shown.number), name: shown.name ? caller.name : '' },
    fields: shown.name ? fields : { ...fields, callerName: '' },
    tags: tags.filter(({ key }) => OF_THE_MATTER.has(key)),
  }
}

/** A history as this outlet may see it: a name that was typed stands there too; and outside the hall, what was taken out of the words for his sake. The ticket has them as they are now. */
export function historyShownTo(rows: readonly HistoryRow[], privacy: Privacy, outlet: Outlet): readonly HistoryRow[] {
  if (SHOWN[privacy][outlet].name) return rows
  const hidden = outlet === 'operator' || outlet === 'supervisor' ? ['callerName'] : ['callerName', 'description', 'place']
  return rows.map((row) => ({ ...row, changes: Object.fromEntries(Object.entries(row.changes).filter(([field]) => !hidden.includes(field))) }))
}

/** What a unit reads of a ticket that it has to do with no more: its number, and where it stands. Pure. */
export const partedFrom = (ticket: Ticket): Ticket => ({
  ...ticket, fields: { kind: null, category: null, place: '', point: null, description: '', callerName: '', callBack: false }, outcome: null, unitId: null, operatorId: null,
  caller: { number: '', name: '', verified: false }, tags: [], dispatchedAt: null, closedAt: null, work: NO_WORK,
})
