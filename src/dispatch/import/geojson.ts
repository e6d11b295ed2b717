import type { CellProblem } from './csv.js'

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const cell = (value: unknown): string => `"${(typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)).replaceAll('"', '""')}"`

/** Columns of a sheet that come from a feature's properties, by either name. */
const COLUMNS = { places: [['code', '编号'], ['name', '名称'], ['kind', '类型'], ['aliases', '别名']], districts: [['id', '代码'], ['name', '名称'], ['nameEn', '英文名称']] } as const

/**
 * A GeoJSON FeatureCollection (RFC 7946) as the same sheet that a CSV would be: row 2 is the first feature. Points for places, polygons for districts.
 * Null: the text is no GeoJSON, it is a table.
 */
export function sheetOfGeoJson(kind: 'places' | 'districts', text: string): { readonly text: string } | { readonly problem: CellProblem } | null {
  if (!/^\ufeff?\s*\{/.test(text)) return null
  const wrong = (zh: string, en: string): { readonly problem: CellProblem } => ({ problem: { row: 1, column: 'A', problem: { zh, en } } })
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    return wrong(`不是 JSON：${(error as Error).message}`, `not JSON: ${(error as Error).message}`)
  }
  if (!isObject(value) || value['type'] !== 'FeatureCollection' || !Array.isArray(value['features'])) return wrong('应为 GeoJSON FeatureCollection', 'must be a GeoJSON FeatureCollection')
  const columns = COLUMNS[kind]
  const rows = (value['features'] as unknown[]).map((feature) => {
    const properties = isObject(feature) && isObject(feature['properties']) ? feature['properties'] : {}
    const geometry = isObject(feature) && isObject(feature['geometry']) ? feature['geometry'] : {}
    const { type, coordinates } = geometry as { readonly type?: unknown; readonly coordinates?: unknown }
    const own = columns.map(([en, zh]) => cell(properties[en] ?? properties[zh]))
    const id = isObject(feature) ? feature['id'] : undefined
    if (own[0] === '""' && id !== undefined) own[0] = cell(typeof id === 'number' ? String(id) : id)
    if (kind === 'places') return [...own, ...(type === 'Point' && Array.isArray(coordinates) ? [cell(coordinates[1]), cell(coordinates[0])] : ['""', '""'])]
    return [...own, cell(type === 'Polygon' ? [coordinates] : type === 'MultiPolygon' ? coordinates : undefined)]
  })
  const head = [...columns.map(([en]) => en), ...(kind === 'places' ? ['lat', 'lon'] : ['outline'])]
  return { text: [head.join(','), ...rows.map((row) => row.join(','))].join('\r\n') }
}
