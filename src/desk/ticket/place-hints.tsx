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
/** A kilometre mark is said with its road, and may have blanks in it: `G30 连霍高速 K812+300`. */
const MARK = /[^，,；;]*(?:k\s*\d|\d\s*(?:公里|千米))[^，,；;]*$/iu
const lastOf = (typed: string): RegExp => (MARK.test(typed) ? MARK : LAST)

/** Places of the gazetteer for what is being typed, the best first. */
export function usePlaces(typed: string): readonly Place[] {
  const wanted = lastOf(typed.trim()).exec(typed.trim())?.[0].trim() ?? ''
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
      {places.map(({ code, name, kind, lat, lon, between }) => (
        <li key={code}><button type="button" data-place={code} onMouseDown={keepFocus} onClick={() => onPick(typed.trim().replace(lastOf(typed.trim()), name), { lat, lon })}>{name} <small className="ld-faint">{between === undefined ? text.map.kinds[kind] ?? kind : text.map.between(between[0] ?? '', between[1] ?? '')}</small></button></li>
      ))}
    </ul>
  )
}
