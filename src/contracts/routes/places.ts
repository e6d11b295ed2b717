import { Type, type Static } from 'typebox'
import { CategoryCode, Uuid } from '../primitives.js'
import { EVERYONE, strict, type Route } from '../route.js'

export const Place = strict({
  code: Type.String(), name: Type.String(), kind: Type.String(), lat: Type.Number(), lon: Type.Number(),
  /** It stands in no list: worked out from these two marks. */
  between: Type.Optional(Type.Array(Type.String(), { minItems: 2, maxItems: 2 })),
})
export type Place = Static<typeof Place>

export const MapTicket = strict({ id: Uuid, number: Type.String(), state: Type.String(), category: Type.Union([CategoryCode, Type.Null()]), lat: Type.Number(), lon: Type.Number(), hazard: Type.Boolean(), late: Type.Boolean() })
export type MapTicket = Static<typeof MapTicket>

/** [lon, lat]; an array, because Fastify's serializer refuses tuples of numbers. */
const Outline = Type.Array(Type.Array(Type.Array(Type.Unsafe<readonly [number, number]>(Type.Array(Type.Number(), { minItems: 2 })))))
export const MapDistrict = strict({ id: Type.String(), name: Type.String(), nameEn: Type.String(), outline: Outline })

export const PLACE_ROUTES = {
  places: { method: 'GET', path: '/api/places', roles: EVERYONE, summary: { zh: '地名（可用拼音首字母）', en: 'Places (also by pinyin initials)' }, query: strict({ text: Type.String({ maxLength: 100 }) }), response: strict({ places: Type.Array(Place) }) },
  map: { method: 'GET', path: '/api/map', roles: EVERYONE, summary: { zh: '地图：区划与在办工单', en: 'Map: districts and tickets in hand' }, response: strict({ districts: Type.Array(MapDistrict), tickets: Type.Array(MapTicket), more: Type.Boolean(), tiles: Type.String() }) },
} as const satisfies Record<string, Route>
