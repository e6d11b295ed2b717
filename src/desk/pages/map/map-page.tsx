import { AimOutlined, MinusOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Input } from 'antd'
import { useEffect, useMemo, useRef, useState, type PointerEvent } from 'react'
import type { ResponseOf } from '../../../contracts/http.js'
import type { Place } from '../../../contracts/routes/places.js'
import { call } from '../../api/endpoints.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { goTo } from '../../shell/route.js'
import { categoryName, useDesk, useDeskState } from '../../store/desk.js'
import { useThrottled } from '../../store/use-throttled.js'
import { comboboxProps } from '../../ticket/field.js'
import { PlaceList, usePlaceList } from '../../ticket/place-hints.js'
import { fit, tilesOf, worldX, worldY, zoomed, type View } from './projection.js'

const CHANGES = 3_000
const AGAIN = 4_000
/** A city without anything on its map yet. */
const NOWHERE: View = { ...fit([[112.2, 34.5], [112.7, 34.8]], 900, 600) }
const HERE_ZOOM = 16

type Found = ResponseOf<'map'>

/** Districts, tickets in hand and the gazetteer, drawn by ourselves: it needs no internet. A tile server of the city's own goes underneath, where there is one. */
export default function MapPage() {
  const text = useText()
  const words = text.map
  const language = useLanguage()
  const { book } = useDesk()
  const changes = useThrottled(useDeskState((state) => state.changed?.count ?? 0), CHANGES)
  const welcomes = useDeskState((state) => state.welcomes)
  const box = useRef<HTMLDivElement>(null)
  const drag = useRef<{ readonly x: number; readonly y: number; readonly view: View } | null>(null)
  const [size, setSize] = useState({ width: 900, height: 600 })
  const [found, setFound] = useState<Found | null>(null)
  const [view, setView] = useState<View | null>(null)
  const [typed, setTyped] = useState('')
  const [here, setHere] = useState<Place | null>(null)
  const [turn, setTurn] = useState(0)

  useEffect(() => {
    const node = box.current
    if (node === null) return
    const watch = new ResizeObserver(() => setSize({ width: Math.max(1, node.clientWidth), height: Math.max(1, node.clientHeight) }))
    watch.observe(node)
    return () => watch.disconnect()
  }, [])
  useEffect(() => {
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    call('map', {}, { signal: abort.signal }).then(setFound, () => { if (!abort.signal.aborted) timer = setTimeout(() => setTurn((count) => count + 1), AGAIN) })
    return () => { clearTimeout(timer); abort.abort() }
  }, [changes, welcomes, turn])

  const whole = useMemo((): View => {
    const points = found === null ? [] : [...found.districts.flatMap(({ outline }) => outline.flat(2)), ...(found.districts.length > 0 ? [] : found.tickets.map(({ lon, lat }) => [lon, lat] as const))]
    return points.length === 0 ? NOWHERE : fit(points, size.width, size.height, found?.tiles !== '')
  }, [found, size])
  const { x, y, zoom } = view ?? whole
  const [left, top] = [x - size.width / 2, y - size.height / 2]
  const at = ([lon, lat]: readonly [number, number]): readonly [number, number] => [worldX(lon, zoom) - left, worldY(lat, zoom) - top]
  const scale = (by: number, dx = 0, dy = 0): void => setView((before) => zoomed(before ?? whole, by, dx, dy))
  // React's own wheel listener may not prevent the page from scrolling.
  useEffect(() => {
    const node = box.current
    const wheel = (event: WheelEvent): void => {
      event.preventDefault()
      const { left: boxLeft, top: boxTop, width, height } = (node as HTMLElement).getBoundingClientRect()
      scale(event.deltaY < 0 ? 1 : -1, event.clientX - boxLeft - width / 2, event.clientY - boxTop - height / 2)
    }
    node?.addEventListener('wheel', wheel, { passive: false })
    return () => node?.removeEventListener('wheel', wheel)
  })
  const down = (event: PointerEvent): void => { drag.current = { x: event.clientX, y: event.clientY, view: { x, y, zoom } } }
  const move = (event: PointerEvent): void => {
    const began = drag.current
    if (began !== null && event.buttons === 1) setView({ ...began.view, x: began.view.x - (event.clientX - began.x), y: began.view.y - (event.clientY - began.y) })
  }
  const list = usePlaceList(typed, {
    only: true,
    onPick(words, place) {
      setTyped(words)
      setHere(place)
      setView({ x: worldX(place.lon, HERE_ZOOM), y: worldY(place.lat, HERE_ZOOM), zoom: HERE_ZOOM })
    },
  })
  // The ring of what was found before is no answer to this.
  useEffect(() => { if (list.unknown) setHere(null) }, [list.unknown])
  const open = (id: string): void => goTo('tickets', id)

  return (
    <section className="ld-panel ld-map" aria-label={words.title}>
      <header className="ld-panel-head">
        <span className="ld-place-search">
          <Input allowClear value={typed} maxLength={100} autoComplete="off" placeholder={words.search} aria-label={words.search} onChange={({ target }) => { setTyped(target.value); if (target.value === '') setHere(null) }} onBlur={list.close} {...(list.unknown && { status: 'warning' as const })} {...comboboxProps(list.combobox)} />
          <PlaceList list={list} />
          {list.unknown && <p className="ld-place-none" role="alert">{words.unknown(typed.trim())}</p>}
        </span>
        <span className="ld-soft">{found !== null && (found.tickets.length === 0 ? words.none : (found.more ? words.most : words.shown)(found.tickets.length))}</span>
        {found?.districts.length === 0 && <span className="ld-faint">{words.noDistricts}</span>}
        <span className="ld-map-legend">{(['open', 'unit', 'late', 'hazard'] as const).map((one) => <span key={one}><i className={`is-${one}`} />{words.legend[one]}</span>)}</span>
        <span className="ld-spring" />
        <Button aria-label={words.zoomIn} icon={<PlusOutlined />} onClick={() => scale(1)} />
        <Button aria-label={words.zoomOut} icon={<MinusOutlined />} onClick={() => scale(-1)} />
        <Button icon={<AimOutlined />} onClick={() => setView(null)}>{words.whole}</Button>
      </header>
      <div ref={box} className="ld-map-box" onPointerDown={down} onPointerMove={move} onPointerUp={() => { drag.current = null }}>
        <svg width={size.width} height={size.height} role="img" aria-label={words.title}>
          {tilesOf(found?.tiles ?? '', { x, y, zoom }, size.width, size.height).map(({ key, url, left: tileLeft, top: tileTop }) => <image key={key} href={url} x={tileLeft} y={tileTop} width={256.5} height={256.5} />)}
          {found?.districts.map(({ id, name, nameEn, outline }) => {
            const ring = outline[0]?.[0] ?? []
            // In its upper part: what happens in a district crowds around its middle.
            const lats = ring.map(([, lat]) => lat)
            const [middleX, middleY] = at([ring.reduce((sum, [lon]) => sum + lon, 0) / Math.max(1, ring.length), Math.max(...lats) - (Math.max(...lats) - Math.min(...lats)) * 0.3])
            return (
              <g key={id} data-district={id}>
                <path d={outline.flat().map((one) => `M${one.map((position) => at(position).map((value) => value.toFixed(1)).join(',')).join('L')}Z`).join('')} fillRule="evenodd" />
                <text x={middleX} y={middleY}>{language === 'en' && nameEn !== '' ? nameEn : name}</text>
              </g>
            )
          })}
          {found?.tickets.map(({ id, number, category, lat, lon, late, hazard, state }) => {
            const [cx, cy] = at([lon, lat])
            return (
              <circle key={id} cx={cx} cy={cy} r={hazard ? 8 : 6} className={late ? 'is-late' : state === 'open' ? 'is-open' : ''} data-hazard={hazard} data-ticket={id} tabIndex={0} role="link" onClick={() => open(id)} onKeyDown={({ key }) => { if (key === 'Enter') open(id) }}>
                <title>{`${number} ${categoryName(book, category, language)} · ${text.ticket.states[state as keyof typeof text.ticket.states]}`}</title>
              </circle>
            )
          })}
          {here !== null && (() => { const [cx, cy] = at([here.lon, here.lat]); return <g data-here={here.code} className="ld-map-here"><circle cx={cx} cy={cy} r={13} /><text x={cx} y={cy - 18}>{here.name}</text></g> })()}
        </svg>
      </div>
    </section>
  )
}
