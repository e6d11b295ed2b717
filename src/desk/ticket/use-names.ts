import { useEffect, useState } from 'react'
import { call } from '../api/endpoints.js'
import { useDesk } from '../store/desk.js'

/** Names of people of units, by their ids. A unit knows its own people alone; what cannot be asked stays without a name. @param units of which somebody is to be named */
export function useNames(units: readonly string[]): ReadonlyMap<string, string> {
  const { self } = useDesk()
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map())
  const asked = (self.role === 'unit' ? units.filter((unitId) => unitId === self.unitId) : units).join(' ')
  useEffect(() => {
    if (asked === '') return
    const abort = new AbortController()
    for (const unitId of asked.split(' ')) {
      // Of its own a unit need not say whose: an older node would not understand it.
      call('colleagues', self.role === 'unit' ? {} : { query: { unitId } }, { signal: abort.signal }).then(({ people }) => setNames((before) => new Map([...before, ...people.map((one) => [one.id, one.displayName] as const)])), () => undefined)
    }
    return () => abort.abort()
  }, [asked, self.role])
  return names
}
