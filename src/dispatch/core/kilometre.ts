import type { Place } from '../../contracts/routes/places.js'

/** A place on a road, as people say it: `G30 连霍高速 K812+300`, `连霍高速812公里300米`. */
export interface Mark {
  /** `G30`; empty: not said. */
  readonly roadCode: string
  readonly roadName: string
  /** From the road's beginning. */
  readonly metres: number
}

/** `roads`: what else its road is called, as `roadsOf` gives it. */
export interface KnownMark extends Mark { readonly code: string; readonly name: string; readonly lat: number; readonly lon: number; readonly roads?: readonly string[] }

const CODE = /^[GSXYCZ]\d{1,4}(?!\d)/i
const KILOMETRES = /^(.*?)(?:K\s*(\d{1,4})(?:\s*\+\s*(\d{1,3})|\.(\d{1,3}))?|(?<![\d.])(\d{1,4})(?:\.(\d{1,3}))?\s*(?:公里|千米|km)(?:\s*\+?\s*(\d{1,3})\s*米?)?)\s*(?:处|附近)?$/iu
/** Marks further apart say too little about what lies between them, metres. */
const MOST_APART = 20_000

/** As it is read: full width is half width, and nothing stands around it. */
const plainMark = (text: string): string => text.normalize('NFKC').trim()

/** The name of a place, if it is a mark on a road that it names; else null. */
export const readMark = (text: string): Mark | null => markOf(plainMark(text))

function markOf(plain: string): Mark | null {
  const [, road = '', kilometres, plus, decimals, spoken, spokenDecimals, spokenPlus] = KILOMETRES.exec(plain) ?? []
  const whole = kilometres ?? spoken
  if (whole === undefined) return null
  const roadCode = CODE.exec(road.trim())?.[0].toUpperCase() ?? ''
  const roadName = road.trim().slice(roadCode.length).replace(/\s+/g, '')
  if (roadCode === '' && roadName.length < 2) return null
  const fraction = decimals ?? spokenDecimals
  return { roadCode, roadName, metres: Number(whole) * 1000 + (fraction === undefined ? Number(plus ?? spokenPlus ?? 0) : Number(fraction.padEnd(3, '0'))) }
}

/** What people say behind a mark, or between it and the road: on which side of it, and where they are going. */
const SIDE = '\\(?(?:[上下]行线?|双向|[东南西北]向[东南西北]|[往向去朝至]?\\p{Script=Han}{1,8}方向|[东南西北左右][侧幅])\\)?'
const BEHIND = new RegExp(`(?:\\s*(?:处|附近|${SIDE}))+$`, 'u')
const BEFORE = new RegExp(`(?<=[路速道线\\d\\s])${SIDE}\\s*(?=K?\\s*\\d+(?:\\D|$))`, 'iu')
const plainRoad = (name: string): string => name.replace(/公路$/, '')

/** What alone is a road, not a place on one: a number, or a name that ends as roads do. */
const ROAD = /^(?:[GSXYCZ]\d{1,4}|.+(?:高速|公路|[国省县乡]道|快速路?|环线|大道|路|线))$/iu

/** What else a road is called, from the other names of a mark on it, each a mark again (`连霍高速K810`) or a road (`连霍高速`, `G30`). → numbers and names; in SQL: migration 0193 */
export function roadsOf(aliases: string): readonly string[] {
  const roads = aliases.split(/[；;、,，]/).map(plainMark).flatMap((alias) => {
    const mark = markOf(alias) ?? (ROAD.test(alias) ? markOf(`${alias} K0`) : null)
    return mark === null ? [] : [mark.roadCode, plainRoad(mark.roadName)]
  })
  return [...new Set(roads.filter((road) => road.length >= 2))].sort()
}

/** A road that is said with a number alone is said with its kilometre: `连霍高速812`, `G30 812`. A street is not: there it is a house. */
const BARE = /^(.*(?:高速(?:公路)?|公路|[国省]道)|[GSXYCZ]\d{1,4}(?=\s))\s*(\d{1,4}(?:\s*\+\s*\d{1,3}|\.\d{1,3})?)$/iu

/** A mark as an operator types what a caller says: the side that he names is no part of it, and 连霍高速公路 is 连霍高速. Null: none. */
export function typedMark(text: string): Mark | null {
  const plain = plainMark(text).replace(BEHIND, '').replace(BEFORE, '')
  const mark = markOf(plain) ?? markOf(plain.replace(BARE, '$1 K$2'))
  if (mark === null) return null
  const roadName = plainRoad(mark.roadName)
  return mark.roadCode === '' && (roadName.length < 2 || /(?:方向|[上下]行线?)$/.test(roadName)) ? null : { ...mark, roadName }
}

/** `K812+050` */
export const markLabel = (metres: number): string => `K${Math.floor(metres / 1000)}+${String(metres % 1000).padStart(3, '0')}`

const namesOf = ({ roadCode, roadName, roads = [] }: KnownMark): readonly string[] => [roadCode, plainRoad(roadName), ...roads].filter((name) => name !== '')
const sameRoad = (one: KnownMark, other: KnownMark): boolean => (one.roadCode !== '' && other.roadCode !== '' ? one.roadCode === other.roadCode : namesOf(one).some((name) => namesOf(other).includes(name)))
const isCode = (road: string): boolean => CODE.test(road)
/** By its number and its name, as far as any name of it says them. */
const roadOf = ({ roadCode, roadName, roads = [] }: KnownMark): string => [roadCode || (roads.find(isCode) ?? ''), roadName || (roads.find((road) => !isCode(road)) ?? '')].filter((part) => part !== '').join(' ')

/**
 * Where a mark is, from the nearest known ones before and behind it on the same road: on a straight line between them. A known mark is itself; beyond the last one nothing is guessed.
 * `marks`: known ones near it, in any order, of one road or of several whose names fit. One place for each road.
 */
export function placeMarks(wanted: Mark, marks: readonly KnownMark[]): readonly Place[] {
  const roads: KnownMark[][] = []
  for (const mark of marks) {
    const own = roads.find(([first]) => first !== undefined && sameRoad(first, mark))
    if (own === undefined) roads.push([mark])
    else own.push(mark)
  }
  return roads.flatMap((own) => {
    const before = own.filter(({ metres }) => metres <= wanted.metres).sort((a, b) => b.metres - a.metres)[0]
    const behind = own.filter(({ metres }) => metres >= wanted.metres).sort((a, b) => a.metres - b.metres)[0]
    if (before === undefined || behind === undefined) return []
    if (before.metres === wanted.metres) return [{ code: before.code, name: before.name, kind: 'kilometre', lat: before.lat, lon: before.lon }]
    const apart = behind.metres - before.metres
    if (apart > MOST_APART) return []
    const share = (wanted.metres - before.metres) / apart
    const between = (from: number, to: number): number => Math.round((from + (to - from) * share) * 1e6) / 1e6
    return [{ code: `${before.code}..${behind.code}@${wanted.metres}`, name: `${roadOf(before)} ${markLabel(wanted.metres)}`, kind: 'kilometre', lat: between(before.lat, behind.lat), lon: between(before.lon, behind.lon), between: [markLabel(before.metres), markLabel(behind.metres)] }]
  })
}
