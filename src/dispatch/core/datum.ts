import type { Outline } from './geo.js'

/** Where a table's positions were taken from: WGS-84 as everything here is, GCJ-02 (Amap, Tencent), BD-09 (Baidu). */
export const DATUMS = ['wgs84', 'gcj02', 'bd09'] as const
export type Datum = (typeof DATUMS)[number]
/** Degrees. */
interface Spot { readonly lat: number; readonly lon: number }

// Krasovsky 1940, on which the published formula of GCJ-02 stands: semi-major axis in metres, eccentricity squared.
const AXIS = 6_378_245
const ECCENTRICITY = 0.006_693_421_622_965_943
const { PI, abs, sin, cos, sqrt, atan2 } = Math

/** So far GCJ-02 moves a spot of WGS-84. Outside of China's box it moves nothing. */
function shift({ lat, lon }: Spot): Spot {
  if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return { lat: 0, lon: 0 }
  const [x, y] = [lon - 105, lat - 35]
  const waves = (along: number, one: number, two: number): number => (20 * sin(6 * x * PI) + 20 * sin(2 * x * PI) + 20 * sin(along * PI) + 40 * sin(along / 3 * PI) + one * sin(along / 12 * PI) + two * sin(along / 30 * PI)) * 2 / 3
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves(y, 160, 320)
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves(x, 150, 300)
  const phi = lat / 180 * PI
  const magic = 1 - ECCENTRICITY * sin(phi) ** 2
  return { lat: north * 180 / (AXIS * (1 - ECCENTRICITY) / (magic * sqrt(magic)) * PI), lon: east * 180 / (AXIS / sqrt(magic) * cos(phi) * PI) }
}

/** The spot that is moved there: each step comes a hundred times nearer. */
function fromGcj(gcj: Spot): Spot {
  let spot = gcj
  for (let n = 0; n < 5; n += 1) { const by = shift(spot); spot = { lat: gcj.lat - by.lat, lon: gcj.lon - by.lon } }
  return spot
}

function gcjOf({ lat, lon }: Spot): Spot {
  const [x, y] = [lon - 0.0065, lat - 0.006]
  const z = sqrt(x * x + y * y) - 0.000_02 * sin(y * PI * 3000 / 180)
  const theta = atan2(y, x) - 0.000_003 * cos(x * PI * 3000 / 180)
  return { lon: z * cos(theta), lat: z * sin(theta) }
}

/** → WGS-84: within a metre from GCJ-02, within some ten from BD-09, of which nobody outside of Baidu has the exact formula. */
export const toWgs84 = (spot: Spot, datum: Datum): Spot => (datum === 'wgs84' ? spot : fromGcj(datum === 'bd09' ? gcjOf(spot) : spot))
/** Every corner of an outline. */
export const outlineToWgs84 = (outline: Outline, datum: Datum): Outline =>
  outline.map((polygon) => polygon.map((ring) => ring.map(([lon, lat]) => { const spot = toWgs84({ lat, lon }, datum); return [spot.lon, spot.lat] as const })))
