import { useSyncExternalStore } from 'react'

/** Widths from which a page has room for one more column, as in seat.css, tickets.css and unit.css: below that of the unit's terminal it is a telephone. */
const ROOMY = { seat: 1560, tickets: 1700, unit: 821 } as const

/** Height from which the board has room for one more notice, as in board.css. */
const TALL = 861

const ROOMS = {
  seat: window.matchMedia(`(min-width: ${ROOMY.seat}px)`),
  tickets: window.matchMedia(`(min-width: ${ROOMY.tickets}px)`),
  unit: window.matchMedia(`(min-width: ${ROOMY.unit}px)`),
  alerts: window.matchMedia(`(min-height: ${TALL}px)`),
}

/** Room for one more column. */
export function useWide(page: keyof typeof ROOMS): boolean {
  const query = ROOMS[page]
  return useSyncExternalStore((listener) => {
    query.addEventListener('change', listener)
    return () => query.removeEventListener('change', listener)
  }, () => query.matches)
}
