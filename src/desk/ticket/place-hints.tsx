import { useEffect, useState } from 'react'
import type { Place } from '../../contracts/routes/places.js'
import type { Point } from '../../contracts/primitives.js'
import { call } from '../api/endpoints.js'
import { useText } from '../i18n/language.js'
import { keepFocus } from '../shell/keep-focus.js'

/** Between the last key and the search, ms. */
const REST = 180
/** What the last words say counts: `路口北，kydd`. */
const LAST = /[^，,；;\s]{2,}$/u

/** Places of the gazetteer for what is being typed, the best first. */
export function usePlaces(typed: string): readonly Place[] {
  const wanted = LAST.exec(typed.trim())?.[0] ?? ''
  const [found, setFound] = useState<{ readonly wanted: string; readonly places: readonly Place[] }>({ wanted: '', places: [] })
  useEffect(() => {
    if (wanted === '') return
    const abort = new AbortController()
    const timer = setTimeout(() => { call('places', { query: { text: wanted } }, { signal: abort.signal, timeout: 3_000 }).then(({ places }) => setFound({ wanted, places }), () => undefined) }, REST)
    return () => { clearTimeout(timer); abort.abort() }
  }, [wanted])
  return wanted === '' ? [] : found.places
}

/** Under the place while it is being typed: a click, or Tab and Enter, takes name and position. */
export function PlaceHints({ typed, onPick }: { readonly typed: string; readonly onPick: (place: string, point: Point) => void }) {
  const text = useText()
  const places = usePlaces(typed).filter(({ name }) => !typed.endsWith(name)).slice(0, 6)
  if (places.length === 0) return null
  return (
    <ul className="ld-place-hints" aria-label={text.map.hints}>
      {places.map(({ code, name, kind, lat, lon }) => (
        <li key={code}><button type="button" data-place={code} onMouseDown={keepFocus} onClick={() => onPick(typed.trim().replace(LAST, name), { lat, lon })}>{name} <small className="ld-faint">{text.map.kinds[kind] ?? kind}</small></button></li>
      ))}
    </ul>
  )
}
