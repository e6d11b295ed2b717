import type { Place } from './place.js'
import { elementsOf, parseXml, type XmlElement } from './xml.js'

/** PIDF-LO: RFC 4119 (presence with location), 5139 (civic address), 5491 (shapes). */
const PIDF = 'urn:ietf:params:xml:ns:pidf'
const DATA_MODEL = 'urn:ietf:params:xml:ns:pidf:data-model'
const GEOPRIV = 'urn:ietf:params:xml:ns:pidf:geopriv10'
const CIVIC = 'urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr'
const GML = 'http://www.opengis.net/gml'
const SHAPES = 'http://www.opengis.net/pidflo/1.0'

/** WGS-84 with two and with three dimensions, latitude first (RFC 5491 §5.1). Any other reference system is not guessed at. */
const DIMENSIONS: ReadonlyMap<string, number> = new Map([['urn:ogc:def:crs:EPSG::4326', 2], ['urn:ogc:def:crs:EPSG::4979', 3]])
const METRE = 'urn:ogc:def:uom:EPSG::9001'
const DEGREE = 'urn:ogc:def:uom:EPSG::9102'
const RADIAN = 'urn:ogc:def:uom:EPSG::9101'

/** Wider than any cell: such a place says nothing, and a number that large would only mislead. */
const WIDEST = 1_000_000

type Point = NonNullable<Place['point']>
interface Position { readonly lat: number; readonly lon: number }

/**
 * The caller's place from a PIDF-LO document (or a HELD response with one in it); null when it has none that can be understood.
 * Shape and civic address may stand in different tuples: of each the first in RFC 5491's order counts (device, tuple, person).
 * @throws XmlError when it is no well-formed XML
 */
export function readPidf(xml: string): Place | null {
  const root = parseXml(xml)
  const [presence] = [...elementsOf(root, PIDF, 'presence')]
  if (presence === undefined) return null
  const holders = [
    ...presence.children.filter(({ namespace, name }) => namespace === DATA_MODEL && name === 'device'),
    ...presence.children.filter(({ namespace, name }) => namespace === PIDF && name === 'tuple'),
    ...presence.children.filter(({ namespace, name }) => namespace === DATA_MODEL && name === 'person'),
  ]
  const infos = holders.flatMap((holder) => [...elementsOf(holder, GEOPRIV, 'location-info')])
  const point = first(infos.flatMap(({ children }) => children), readShape)
  const text = first(infos.flatMap((info) => [...elementsOf(info, CIVIC, 'civicAddress')]), readCivic)
  return point === null && text === null ? null : { ...(point === null ? {} : { point }), ...(text === null ? {} : { text }) }
}

function first<T>(elements: readonly XmlElement[], read: (element: XmlElement) => T | null): T | null {
  for (const element of elements) {
    const found = read(element)
    if (found !== null) return found
  }
  return null
}

const childOf = (element: XmlElement, ...names: readonly string[]): XmlElement | undefined =>
  element.children.find(({ namespace, name }) => (namespace === GML || namespace === SHAPES) && names.includes(name))

const numbers = (text: string): readonly number[] => (text === '' ? [] : text.split(/\s+/).map((word) => (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(word) ? Number(word) : NaN)))

function positions(values: readonly number[], dimension: number): readonly Position[] | null {
  if (values.length === 0 || values.length % dimension !== 0) return null
  const found: Position[] = []
  for (let at = 0; at < values.length; at += dimension) {
    const [lat, lon] = [values[at] ?? NaN, values[at + 1] ?? NaN]
    if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return null
    found.push({ lat, lon })
  }
  return found
}

const centreOf = (shape: XmlElement, dimension: number): Position | null => {
  const found = positions(numbers(childOf(shape, 'pos')?.text ?? ''), dimension)
  return found?.length === 1 ? found[0] ?? null : null
}

function lengthOf(shape: XmlElement, name: string): number | null {
  const element = childOf(shape, name)
  const [value = NaN, more] = numbers(element?.text ?? '')
  if (element === undefined || more !== undefined || !(value >= 0) || (element.attributes.get('uom') ?? METRE) !== METRE) return null
  return value
}

function angleOf(shape: XmlElement, name: string): number | null {
  const element = childOf(shape, name)
  const [value = NaN, more] = numbers(element?.text ?? '')
  const unit = element?.attributes.get('uom') ?? DEGREE
  if (element === undefined || more !== undefined || Number.isNaN(value)) return null
  return unit === DEGREE ? (value * Math.PI) / 180 : unit === RADIAN ? value : null
}

function readShape(shape: XmlElement): Point | null {
  if (shape.namespace !== GML && shape.namespace !== SHAPES) return null
  const dimension = DIMENSIONS.get(shape.attributes.get('srsName') ?? '')
  if (dimension === undefined) return null
  const around = (centre: Position | null, uncertainty: number | null): Point | null =>
    centre === null || uncertainty === null || uncertainty > WIDEST ? null : { ...centre, uncertainty }
  switch (`${shape.namespace === GML ? 'gml' : 'gs'}:${shape.name}`) {
    case 'gml:Point': return centreOf(shape, dimension)
    case 'gs:Circle':
    case 'gs:Sphere': return around(centreOf(shape, dimension), lengthOf(shape, 'radius'))
    // The longer axis: the circle that holds the ellipse.
    case 'gs:Ellipse':
    case 'gs:Ellipsoid': {
      const [major, minor] = [lengthOf(shape, 'semiMajorAxis'), lengthOf(shape, 'semiMinorAxis')]
      return around(centreOf(shape, dimension), major === null || minor === null ? null : Math.max(major, minor))
    }
    case 'gs:ArcBand': return arcBand(shape, dimension)
    case 'gml:Polygon': return polygon(shape, dimension)
    case 'gs:Prism': {
      const base = childOf(shape, 'base')
      const inner = base === undefined ? undefined : [...elementsOf(base, GML, 'Polygon')][0]
      return inner === undefined ? null : polygon(inner, dimension)
    }
    default: return null
  }
}

/** Mean radius of the earth, metres: good to 0.5 %, far below what a cell is uncertain by. */
const EARTH = 6_371_008.8
const toRadians = Math.PI / 180

/** A position `north` and `east` metres from another. */
export function moved(from: Position, north: number, east: number): Position {
  const lat = from.lat + north / EARTH / toRadians
  const lon = from.lon + east / (EARTH * Math.cos(from.lat * toRadians)) / toRadians
  return { lat, lon: ((lon + 540) % 360) - 180 }
}

/** Great-circle distance, metres. */
export function distance(a: Position, b: Position): number {
  const h = Math.sin(((b.lat - a.lat) * toRadians) / 2) ** 2 + Math.cos(a.lat * toRadians) * Math.cos(b.lat * toRadians) * Math.sin(((b.lon - a.lon) * toRadians) / 2) ** 2
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** A sector of a ring around a cell mast, angles clockwise from north: the middle of the band, and how far its farthest corner is. */
function arcBand(shape: XmlElement, dimension: number): Point | null {
  const mast = centreOf(shape, dimension)
  const [inner, outer, start, opening] = [lengthOf(shape, 'innerRadius'), lengthOf(shape, 'outerRadius'), angleOf(shape, 'startAngle'), angleOf(shape, 'openingAngle')]
  if (mast === null || inner === null || outer === null || start === null || opening === null || outer < inner || outer > WIDEST) return null
  if (Math.abs(opening) >= Math.PI * 1.5) return { ...mast, uncertainty: outer }
  const at = (radius: number, angle: number): Position => moved(mast, radius * Math.cos(angle), radius * Math.sin(angle))
  const centre = at((inner + outer) / 2, start + opening / 2)
  const edge = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [at(inner, start + opening * share), at(outer, start + opening * share)])
  return { ...centre, uncertainty: Math.max(...edge.map((corner) => distance(centre, corner))) }
}

function polygon(shape: XmlElement, dimension: number): Point | null {
  const ring = [...elementsOf(shape, GML, 'LinearRing')][0]
  if (ring === undefined) return null
  const listed = childOf(ring, 'posList')
  const text = listed === undefined ? ring.children.filter(({ namespace, name }) => namespace === GML && name === 'pos').map((pos) => pos.text).join(' ') : listed.text
  const corners = positions(numbers(text), dimension)
  if (corners === null || corners.length < 4) return null
  const [start, end] = [corners[0], corners[corners.length - 1]]
  if (start === undefined || start.lat !== end?.lat || start.lon !== end.lon) return null
  const distinct = corners.slice(0, -1)
  // Longitudes as differences from the first corner: a polygon may lie across 180°.
  const mean = (of: (corner: Position) => number): number => distinct.reduce((sum, corner) => sum + of(corner), 0) / distinct.length
  const offset = mean(({ lon }) => ((lon - start.lon + 540) % 360) - 180)
  const centre = { lat: mean(({ lat }) => lat), lon: ((start.lon + offset + 540) % 360) - 180 }
  const uncertainty = Math.max(...distinct.map((corner) => distance(centre, corner)))
  return uncertainty > WIDEST ? null : { ...centre, uncertainty }
}

/** Largest to smallest, as an address is written in China; elsewhere smallest to largest with commas. */
const LARGE = ['A1', 'A2', 'A3', 'A4', 'A5', 'A6'] as const
const STREET = ['PRD', 'RD', 'A6', 'RDSEC', 'RDBR', 'POD', 'STS'] as const
const SMALL = ['LMK', 'NAM', 'BLD', 'UNIT', 'FLR', 'ROOM', 'LOC'] as const

function readCivic(civic: XmlElement): string | null {
  const value = (name: string): string => civic.children.find((child) => child.namespace === CIVIC && child.name === name)?.text.replace(/\s+/g, ' ').slice(0, 100) ?? ''
  const house = `${value('HNO')}${value('HNS')}`
  const pieces = (names: readonly string[]): string[] => [...new Set(names.map(value))].filter((piece) => piece !== '')
  const chinese = value('country').toUpperCase() === 'CN' || /\p{Script=Han}/u.test([...LARGE, 'RD'].map(value).join(''))
  const street = pieces(STREET.filter((name) => name !== 'A6'))
  const text = chinese
    ? [...pieces(LARGE), ...street, house, ...pieces(SMALL)].join('')
    : [[house, ...street].filter((piece) => piece !== '').join(' '), ...pieces(SMALL), ...pieces(LARGE).reverse()].filter((piece) => piece !== '').join(', ')
  return text === '' ? null : [...text].slice(0, 256).join('')
}
