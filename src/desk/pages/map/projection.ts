/** Web Mercator (EPSG:3857) in pixels of a world `256 · 2^zoom` wide, as tile servers count. */
export interface View { readonly x: number; readonly y: number; readonly zoom: number }

const TILE = 256
export const LEAST_ZOOM = 3
export const MOST_ZOOM = 18

/** Web Mercator (EPSG:3857): pixels from the left edge of the world at this zoom; `lon` in degrees. */
export const worldX = (lon: number, zoom: number): number => ((lon + 180) / 360) * TILE * 2 ** zoom
/** … and from its upper edge; `lat` in degrees, bounded to where the projection ends. */
export function worldY(lat: number, zoom: number): number {
  const bounded = Math.max(-85.05, Math.min(85.05, lat)) * (Math.PI / 180)
  return ((1 - Math.log(Math.tan(bounded) + 1 / Math.cos(bounded)) / Math.PI) / 2) * TILE * 2 ** zoom
}

/** The middle of what is to be seen, and the largest zoom at which all of it is in the picture; `whole`: tiles there are only of whole zooms. */
export function fit(points: readonly (readonly [number, number])[], width: number, height: number, whole = true): View {
  const [lons, lats] = [points.map(([lon]) => lon), points.map(([, lat]) => lat)]
  const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)]
  const exact = Math.log2(Math.min((width * 0.92) / (worldX(east, 0) - worldX(west, 0) || 1e-9), (height * 0.92) / (worldY(south, 0) - worldY(north, 0) || 1e-9)))
  const zoom = Math.max(LEAST_ZOOM, Math.min(15, whole ? Math.floor(exact) : exact))
  return { x: (worldX(west, zoom) + worldX(east, zoom)) / 2, y: (worldY(south, zoom) + worldY(north, zoom)) / 2, zoom }
}

/** The same place under the pointer (`dx`, `dy` from the middle) after a step of zoom. */
export function zoomed({ x, y, zoom }: View, by: number, dx = 0, dy = 0): View {
  const next = Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, zoom + by))
  const factor = 2 ** (next - zoom)
  return { x: (x + dx) * factor - dx, y: (y + dy) * factor - dy, zoom: next }
}

export interface Tile { readonly key: string; readonly url: string; readonly left: number; readonly top: number }

/** The tiles that a picture needs; `template` has `{z}`, `{x}`, `{y}`. */
export function tilesOf(template: string, { x, y, zoom }: View, width: number, height: number): readonly Tile[] {
  if (template === '') return []
  const [left, top, count] = [x - width / 2, y - height / 2, 2 ** zoom]
  const tiles: Tile[] = []
  for (let row = Math.floor(top / TILE); row * TILE < top + height; row += 1) {
    for (let column = Math.floor(left / TILE); column * TILE < left + width; column += 1) {
      if (row < 0 || row >= count) continue
      const wrapped = ((column % count) + count) % count
      tiles.push({ key: `${zoom} ${column} ${row}`, url: template.replace('{z}', String(zoom)).replace('{x}', String(wrapped)).replace('{y}', String(row)), left: column * TILE - left, top: row * TILE - top })
    }
  }
  return tiles
}
