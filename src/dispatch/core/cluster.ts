import type { TicketState } from '../../contracts/life-cycle.js'

/** How near and how recent two requests of a category must be to be about one thing. */
export interface ClusterRule {
  readonly category: string | null
  readonly metres: number
  readonly minutes: number
  /** So many within `burstMinutes` raise an umbrella incident; null: never by itself. */
  readonly burst: number | null
  readonly burstMinutes: number
}

/** What of a ticket decides whether it belongs to an incident. */
export interface Spot {
  readonly id: string
  readonly lat: number | null
  readonly lon: number | null
  /** How far the position may be off, metres; null, or left out: it is where somebody says. */
  readonly uncertainty?: number | null
  readonly place: string
  readonly openedAt: number
  /** How many follow it already; 0: it leads nobody. */
  readonly members: number
  /** When the latest call about it was taken: its own, or that of one that follows it. */
  readonly latestAt: number
  readonly hand: Hand
}

/** Whose work would be lost if it followed another. `nobody`: it may follow by itself; `unit`: it is being worked on, or was, and waits for the next unit: it may lead; `done`: it counts, and that is all. */
export type Hand = 'nobody' | 'unit' | 'done'
const DONE: ReadonlySet<TicketState> = new Set(['reported', 'visited', 'referred'])
/** Whose hands a ticket in this state is in. */
export const handOf = (state: TicketState): Hand => (state === 'open' ? 'nobody' : DONE.has(state) ? 'done' : 'unit')

export interface Gathering {
  readonly main: string
  /** They follow by themselves. */
  readonly members: readonly string[]
  /** Units work on them, or the one that they would follow is said to be done: what they are is for a person to say. */
  readonly beside: readonly string[]
  /** It was no incident before. */
  readonly raised: boolean
}

const RADIUS = 6_371_000
const rad = (degrees: number): number => (degrees * Math.PI) / 180

/** Metres on the sphere. */
export function metresBetween(a: { readonly lat: number; readonly lon: number }, b: { readonly lat: number; readonly lon: number }): number {
  const h = Math.sin(rad(a.lat - b.lat) / 2) ** 2 + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(rad(a.lon - b.lon) / 2) ** 2
  return 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** White space and the usual marks say nothing about where it is. */
export const plainPlace = (place: string): string => place.replace(/[\s,，。.、()（）-]/g, '')

/** Where it is, as far as that says more than the metres that are asked about: all who call from one cell of the mobile network have the same point, wherever they are. */
const pointOf = ({ lat, lon, uncertainty = null }: Spot, metres: number): { readonly lat: number; readonly lon: number } | null => (lat === null || lon === null || (uncertainty !== null && uncertainty > metres) ? null : { lat, lon })

/** Two requests of one category at one place: by metres where both have a position that is near enough, by words where they have not. */
export function samePlace(a: Spot, b: Spot, metres: number): boolean {
  const [one, other] = [pointOf(a, metres), pointOf(b, metres)]
  if (one !== null && other !== null) return metresBetween(one, other) <= metres
  const place = plainPlace(a.place)
  return place.length >= 2 && place === plainPlace(b.place)
}

/**
 * Which tickets of one category belong together: where as many as the rule's burst lie within its metres, whatever became of each, the one that leads already does, else the
 * oldest that a unit has, else the oldest. Who is with nobody yet follows it; what other units work on is put before a person, so that no unit's work is dropped.
 * Who leads already must have been called about within the rule's minutes, and count with those that follow it: two tickets that a person merged are not an incident
 * that takes in whoever calls from there. Nor is one that is said to be done: who calls then says that it is not, or that it is another, and is put before a person. A category without a burst is never gathered by itself. Pure; the order of `spots` does not matter.
 * @param now ms
 */
export function gather(spots: readonly Spot[], rule: ClusterRule, now: number): readonly Gathering[] {
  const { metres, minutes } = rule
  if (rule.burst === null) return []
  const burst: number = rule.burst
  const byAge = (a: Spot, b: Spot): number => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1)
  const alone = spots.filter(({ members }) => members === 0).sort(byAge)
  const found: Gathering[] = []
  const taken = new Set<string>()
  function raise(main: Spot, near: readonly Spot[]): void {
    const ids = (hand: Hand): string[] => near.filter((spot) => spot !== main && spot.hand === hand).map(({ id }) => id)
    const [members, beside] = [ids('nobody'), ids('unit')]
    if (members.length + beside.length === 0) return
    for (const id of [main.id, ...members, ...beside]) taken.add(id)
    found.push({ main: main.id, members, beside, raised: main.members === 0 || 1 + main.members + near.length - members.length < burst })
  }
  const around = (spot: Spot): Spot[] => alone.filter((other) => !taken.has(other.id) && samePlace(spot, other, metres))
  const led = spots.filter(({ members, latestAt }) => members > 0 && latestAt > now - minutes * 60_000).sort(byAge)
  for (const main of led.filter(({ hand }) => hand === 'done')) {
    const near = around(main)
    const again = near.filter(({ hand }) => hand === 'nobody').map(({ id }) => id)
    // They may all the same be many enough to be one of their own.
    if (again.length > 0 && 1 + main.members + near.length >= burst) found.push({ main: main.id, members: [], beside: again, raised: false })
  }
  for (const main of led.filter(({ hand }) => hand !== 'done')) {
    const near = around(main)
    if (1 + main.members + near.length >= burst) raise(main, near)
  }
  for (const spot of alone) {
    if (taken.has(spot.id)) continue
    const near = around(spot)
    if (near.length < burst) continue
    // The one in the middle was tried; one of its circle leads.
    const main = near.find(({ hand }) => hand === 'unit') ?? near.find(({ hand }) => hand === 'nobody')
    if (main !== undefined) raise(main, near)
  }
  return found
}
