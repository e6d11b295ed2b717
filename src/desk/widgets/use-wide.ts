import { useSyncExternalStore } from 'react'

/** As in seat.css and tickets.css. */
const query = window.matchMedia('(min-width: 1700px)')

const subscribe = (listener: () => void): (() => void) => {
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}

/** Room for a third column. */
export const useWide = (): boolean => useSyncExternalStore(subscribe, () => query.matches)
