import { useSyncExternalStore } from 'react'

/** Widths from which a page has room for a third column, as in seat.css and tickets.css. */
const ROOMY = { seat: 1560, tickets: 1700 } as const

const ROOMS = {
  seat: window.matchMedia(`(min-width: ${ROOMY.seat}px)`),
  tickets: window.matchMedia(`(min-width: ${ROOMY.tickets}px)`),
}

/** Room for a third column. */
export function useWide(page: keyof typeof ROOMS): boolean {
  const query = ROOMS[page]
  return useSyncExternalStore((listener) => {
    query.addEventListener('change', listener)
    return () => query.removeEventListener('change', listener)
  }, () => query.matches)
}
