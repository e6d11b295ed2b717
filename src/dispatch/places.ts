import type { Self } from '../contracts/people.js'
import type { MapTicket, Place } from '../contracts/routes/places.js'
import type { District } from './core/geo.js'

export interface PlaceStore {
  /** At most a dozen, the best first. */
  find(text: string): Promise<readonly Place[]>
  tickets(unitId: string | null): Promise<readonly MapTicket[]>
}

export interface Places {
  find(text: string): Promise<readonly Place[]>
  /** What the map shows: the districts and, of the tickets, those that this reader may see. */
  map(who: Self): Promise<{ readonly districts: readonly District[]; readonly tickets: readonly MapTicket[]; readonly tiles: string }>
}

/** The gazetteer as one types, and what the map shows to whom. `tiles`: URL pattern of a tile server, empty for none. */
export const makePlaces = ({ store, districts, tiles }: { readonly store: PlaceStore; readonly districts: () => readonly District[]; readonly tiles: string }): Places => ({
  find: (text) => (text.trim() === '' ? Promise.resolve([]) : store.find(text.trim())),
  map: async (who) => ({ districts: districts(), tickets: await store.tickets(who.role === 'unit' ? who.unitId ?? '' : null), tiles }),
})
