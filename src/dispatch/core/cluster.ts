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
  readonly place: string
  readonly openedAt: number
  /** How many follow it already; 0: it leads nobody. */
  readonly members: number
  /** When the latest call about it was taken: its own, or that of one that follows it. */
  readonly latestAt: number
  /** Nobody works on it yet: it may follow another. */
  readonly free: boolean
}

export interface Gathering { readonly main: string; readonly members: readonly string[]; /** It was no incident before. */ readonly raised: boolean }

const RADIUS = 6_371_000
const rad = (degrees: number): number => (degrees * Math.PI) / 180

/** Metres on the sphere. */
export function metresBetween(a: { readonly lat: number; readonly lon: number }, b: { readonly lat: number; readonly lon: number }): number {
  const h = Math.sin(rad(a.lat - b.lat) / 2) ** 2 + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(rad(a.lon - b.lon) / 2) ** 2
  return 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** White space and the usual marks say nothing about where it is. */
const plainPlace = (place: string): string => place.replace(/[\s,，。.、()（）-]/g, '')

/** Two requests of one category at one place: by metres where both have a position, by words where they have not. */
export function samePlace(a: Spot, b: Spot, metres: number): boolean {
  if (a.lat !== null && a.lon !== null && b.lat !== null && b.lon !== null) return metresBetween({ lat: a.lat, lon: a.lon }, { lat: b.lat, lon: b.lon }) <= metres
  const place = plainPlace(a.place)
  return place.length >= 2 && place === plainPlace(b.place)
}

/**
 * Which tickets of one category belong together: where as many as the rule's burst lie within its metres, the one that leads already does, else the oldest.
 * Who leads must have been called about within the rule's minutes, and count with those that follow it: two tickets that a person merged are not an incident
 * that takes in whoever calls from there. A category without a burst is never gathered by itself. Pure; the order of `spots` does not matter.
 * @param now ms
 */
export function gather(spots: readonly Spot[], rule: ClusterRule, now: number): readonly Gathering[] {
  const { burst } = rule
  if (burst === null) return []
  const byAge = (a: Spot, b: Spot): number => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1)
  const free = spots.filter((spot) => spot.free && spot.members === 0).sort(byAge)
  const found: Gathering[] = []
  const taken = new Set<string>()
  for (const main of spots.filter((spot) => spot.members > 0 && spot.latestAt > now - rule.minutes * 60_000).sort(byAge)) {
    const members = free.filter((spot) => !taken.has(spot.id) && samePlace(main, spot, rule.metres)).map(({ id }) => id)
    if (members.length === 0 || 1 + main.members + members.length < burst) continue
    for (const id of members) taken.add(id)
    found.push({ main: main.id, members, raised: 1 + main.members < burst })
  }
  for (const spot of free) {
    if (taken.has(spot.id)) continue
    const near = free.filter((other) => !taken.has(other.id) && samePlace(spot, other, rule.metres))
    if (near.length < burst) continue
    // The one in the middle was tried; the oldest of its circle leads.
    const [main, ...members] = near
    for (const { id } of near) taken.add(id)
    if (main !== undefined) found.push({ main: main.id, members: members.map(({ id }) => id), raised: true })
  }
  return found
}
