import { useEffect, useId, useState, type KeyboardEvent } from 'react'
import type { Point } from '../../contracts/primitives.js'
import type { Place } from '../../contracts/routes/places.js'
import { call } from '../api/endpoints.js'
import { useText } from '../i18n/language.js'
import { keepFocus } from '../shell/keep-focus.js'
import type { Combobox } from './field.js'
import { samePoint } from './place-point.js'

/** Between the last key and the search, ms. */
const REST = 180
/** What the last words say counts: `路口北，kydd`. */
const LAST = /[^，,；;\s]{2,}$/u
/** A kilometre mark is said with its road, and may have blanks in it: `G30 连霍高速 K812+300`, `G30 812`. */
const MARK = /[^，,；;]*(?:k\s*\d|\d\s*(?:公里|千米)|(?:高速|公路|[国省]道|[gsxycz]\d{1,4})\s+\d)[^，,；;]*$/iu
const lastOf = (typed: string): RegExp => (MARK.test(typed) ? MARK : LAST)

/** Latin letters at the end may be the initials of a place: `kydd`. */
const INITIALS = /[a-z]+$/iu

/** Places of the gazetteer for what is being typed, the best first. `fresh`: for that, not for what was typed before it. */
function usePlaces(typed: string): { readonly places: readonly Place[]; readonly fresh: boolean } {
  const wanted = lastOf(typed.trim()).exec(typed.trim())?.[0].trim() ?? ''
  const [found, setFound] = useState<{ readonly wanted: string; readonly places: readonly Place[] }>({ wanted: '', places: [] })
  useEffect(() => {
    if (wanted === '') return
    const abort = new AbortController()
    const timer = setTimeout(() => { call('places', { query: { text: wanted } }, { signal: abort.signal, timeout: 3_000 }).then(({ places }) => setFound({ wanted, places }), () => undefined) }, REST)
    return () => { clearTimeout(timer); abort.abort() }
  }, [wanted])
  return { places: wanted === '' ? [] : found.places, fresh: wanted !== '' && found.wanted === wanted }
}

interface PlaceListState {
  readonly id: string
  readonly places: readonly Place[]
  /** The highlighted one, −1: none. */
  readonly at: number
  readonly combobox: Combobox
  readonly pick: (place: Place) => void
  /** What stands in the field is perhaps only looked for: a place is shown for it, or may be. */
  readonly searching: boolean
  /** Enter was pressed on it, and the gazetteer knows no such place. */
  readonly unknown: boolean
  /** Until something else is typed. */
  readonly close: () => void
}

/**
 * Places under what is being typed: the arrows go through them, Enter takes the highlighted one, Escape puts them away. `onPick` gets the whole
 * text with the place's name in it. Whoever typed the whole name still chooses the place for its position, until that is the one that stands there (`point`).
 * With none highlighted Enter keeps what was typed (`onKeep`); where only places are of use (`only`) it takes the best, as soon as it is found.
 */
export function usePlaceList(typed: string, { enabled = true, only = false, point = null, onPick, onKeep }: { readonly enabled?: boolean; readonly only?: boolean; readonly point?: Point | null; readonly onPick: (text: string, place: Place) => void; readonly onKeep?: () => void }): PlaceListState {
  const id = useId()
  const { places: found, fresh } = usePlaces(enabled ? typed : '')
  /** Enter was pressed on this before anything was found for it. */
  const [entered, setEntered] = useState<string | null>(null)
  /** What stood in the field when the list was put away or gone through. */
  const [away, setAway] = useState<string | null>(null)
  const [mark, setMark] = useState({ typed: '', at: -1 })
  const whole = ({ name }: Place): boolean => typed.trim().endsWith(name)
  const places = away === typed ? [] : found.filter((place) => !whole(place) || !samePoint(point, { lat: place.lat, lon: place.lon })).slice(0, 6)
  const at = mark.typed === typed && mark.at < places.length ? mark.at : -1
  const close = (): void => setAway(typed)
  const keep = (): void => { close(); onKeep?.() }
  const pick = (place: Place): void => {
    const text = whole(place) ? typed.trim() : typed.trim().replace(lastOf(typed.trim()), place.name)
    setAway(text)
    onPick(text, place)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing || event.altKey || event.ctrlKey || event.metaKey) return
    const chosen = places[at]
    if (event.key === 'ArrowDown' && places.length === 0) return setAway(null)
    if (event.key === 'Enter' && only && chosen === undefined) return setEntered(typed)
    if (places.length === 0) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      // −1, what was typed, is one of the stations.
      const step = event.key === 'ArrowDown' ? 1 : -1
      const stations = places.length + 1
      setMark({ typed, at: ((at + 1 + step + stations) % stations) - 1 })
    } else if (event.key === 'Enter') {
      if (chosen === undefined) keep()
      else pick(chosen)
    } else if (event.key === 'Escape') keep()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const best = entered === typed && fresh ? found[0] : undefined
  useEffect(() => {
    if (best === undefined) return
    setEntered(null)
    pick(best)
  }, [best])
  const unknown = entered === typed && typed.trim() !== '' && (fresh ? found.length === 0 : lastOf(typed.trim()).exec(typed.trim()) === null)
  const searching = places.some((place) => !whole(place)) || (away !== typed && INITIALS.test(typed))
  const combobox: Combobox = { listId: id, activeId: at < 0 ? undefined : `${id}-${at}`, expanded: places.length > 0, onKeyDown }
  return { id, places, at, combobox, pick, close, searching, unknown }
}

/** The list of `usePlaceList`, as long as the field has the focus. */
export function PlaceList({ list: { id, places, at, pick } }: { readonly list: PlaceListState }) {
  const text = useText()
  if (places.length === 0) return null
  return (
    <ul className="ld-place-hints" id={id} role="listbox" aria-label={text.map.hints}>
      {places.map((place, index) => (
        <li key={place.code} id={`${id}-${index}`} role="option" aria-selected={index === at} data-place={place.code} onMouseDown={keepFocus} onClick={() => pick(place)}>
          {place.name} <small className="ld-faint">{place.between === undefined ? text.map.kinds[place.kind] ?? place.kind : text.map.between(place.between[0] ?? '', place.between[1] ?? '')}</small>
        </li>
      ))}
    </ul>
  )
}
