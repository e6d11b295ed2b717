import { STATE_CLASSES, TICKET_STATES, type StateClass, type TicketState } from '../../../contracts/life-cycle.js'

/** What the board is narrowed by; stands in its link, so that a link shows the same to whoever opens it. */
export interface BoardFilter {
  readonly state?: TicketState; readonly class?: StateClass; readonly unitId?: string; readonly category?: string; readonly late?: boolean; readonly soon?: boolean; /** Neither over nor following another. */ readonly inHand?: boolean; /** Of the unit: what it leads. */ readonly leads?: boolean; readonly from?: string; readonly to?: string; readonly text?: string; readonly sort?: 'newest' | 'due'; readonly page?: number
}

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Where tickets are, of one kind at a time: a state, as the tiles have it, all, all in hand; or whose turn it is, which a link may ask for. */
export type BoardPlace = 'all' | 'hand' | TicketState | 'class open' | 'class waiting'

/** Those that are always to be chosen from. */
const PLACES: readonly BoardPlace[] = ['all', 'hand', 'open', 'dispatched', 'closed']

/**
 * Tiles and the choice below them say the same: `here` is what the list is narrowed to, whoever narrowed it, `places` what is to be chosen from (that among it), `only` what makes it another.
 */
export function placesOf({ state, class: turn, inHand }: BoardFilter): { readonly here: BoardPlace; readonly places: readonly BoardPlace[]; readonly only: (place: string) => { readonly state: TicketState | undefined; readonly class: StateClass | undefined; readonly inHand: true | undefined } } {
  const here: BoardPlace = state ?? (turn === 'closed' ? 'closed' : turn !== undefined ? `class ${turn}` : inHand === true ? 'hand' : 'all')
  return {
    here, places: PLACES.includes(here) ? PLACES : [...PLACES.slice(0, -1), here, ...PLACES.slice(-1)],
    only: (place) => ({ state: TICKET_STATES.find((one) => one === place && one !== 'closed'), class: STATE_CLASSES.find((one) => place === (one === 'closed' ? one : `class ${one}`)), inHand: place === 'hand' ? true : undefined }),
  }
}

/** From a link; what it does not understand it leaves out. */
export function readFilter(text: string): BoardFilter {
  const given = new URLSearchParams(text)
  const one = <T extends string>(name: string, known: readonly T[]): T | undefined => known.find((value) => value === given.get(name))
  const plain = (name: string, pattern: RegExp): string | undefined => { const value = given.get(name) ?? ''; return pattern.test(value) ? value : undefined }
  const yes = (name: string): true | undefined => (given.get(name) === '1' ? true : undefined)
  const page = Number(given.get('page') ?? 1)
  return Object.fromEntries(Object.entries({
    state: one('state', TICKET_STATES), class: one('class', STATE_CLASSES), unitId: plain('unit', /^[a-z0-9-]{2,32}$/), category: plain('category', /^[a-z][a-z0-9-]{1,31}$/), late: yes('late'), soon: yes('soon'), inHand: yes('hand'), leads: given.has('unit') ? yes('lead') : undefined,
    from: plain('from', DAY), to: plain('to', DAY), text: plain('text', /^.{1,100}$/), sort: one('sort', ['newest', 'due']), page: Number.isInteger(page) && page > 1 && page <= 200 ? page : undefined,
  }).filter(([, value]) => value !== undefined))
}

/** What of a link says nothing to the board: names that it does not know, and values that cannot be. */
export function notRead(text: string): readonly string[] {
  const known = new URLSearchParams(writeFilter(readFilter(text)))
  return [...new URLSearchParams(text)].filter(([name, value]) => value !== '' && name !== 'page' && known.get(name) !== value.trim()).map(([name, value]) => `${name}=${value}`)
}

/** A filter as the query of a link; `readFilter` reads it back. */
export function writeFilter({ state, class: place, unitId, category, late, soon, inHand, leads, from, to, text, sort, page }: BoardFilter): string {
  const parts = new URLSearchParams()
  for (const [name, value] of Object.entries({ state, class: place, unit: unitId, lead: leads === true && unitId !== undefined ? '1' : undefined, category, hand: inHand === true ? '1' : undefined, late: late === true ? '1' : undefined, soon: soon === true ? '1' : undefined, from, to, text: text?.trim(), sort, page: page === 1 ? undefined : page })) if (value !== undefined && value !== '') parts.set(name, String(value))
  return parts.toString()
}

/** What the server is asked. Days are the city's, which the desk shows: midnight to midnight. */
export function queryOf({ from, to, state, class: place, unitId, category, late, soon, inHand, leads, text, sort = 'due' }: BoardFilter, midnight: (day: string) => number) {
  return { state, class: place, unitId, leads, category, inHand, late, soon, text, sort, ...(from === undefined ? {} : { from: midnight(from) }), ...(to === undefined ? {} : { to: midnight(to) + 86_400_000 }) }
}
