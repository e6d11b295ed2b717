import type { Point } from '../../contracts/primitives.js'

/** [lon, lat], as GeoJSON has it. */
export type Position = readonly [number, number]
/** Polygons; of each the outline, then its holes. */
export type Outline = readonly (readonly (readonly Position[])[])[]
export interface District { readonly id: string; readonly name: string; readonly nameEn: string; readonly outline: Outline }

/** Even–odd rule: a ray to the east crosses the ring an odd number of times. A point on the southern or western edge is in, on the other edges out: of two neighbours one has it. */
function inRing(lon: number, lat: number, ring: readonly Position[]): boolean {
  let inside = false
  for (let n = 0, before = ring.length - 1; n < ring.length; before = n, n += 1) {
    const [x, y] = ring[n] as Position
    const [px, py] = ring[before] as Position
    if (y > lat !== py > lat && lon < ((px - x) * (lat - y)) / (py - y) + x) inside = !inside
  }
  return inside
}

/** Whether a point (WGS 84, degrees) lies in an outline: in a shell of it and in none of that shell's holes (GeoJSON, RFC 7946 §3.1.6). */
export const contains = (outline: Outline, { lat, lon }: Point): boolean =>
  outline.some(([shell, ...holes]) => shell !== undefined && inRing(lon, lat, shell) && !holes.some((hole) => inRing(lon, lat, hole)))

/** The district of a ticket: by its position; without one, by a district that its place names, the longest name first. Null: unknown. */
export function districtOf(districts: readonly District[], point: Point | null, place: string): string | null {
  if (point !== null) return districts.find(({ outline }) => contains(outline, point))?.id ?? null
  return districts.filter(({ name }) => name !== '' && place.includes(name)).sort((a, b) => b.name.length - a.name.length)[0]?.id ?? null
}
