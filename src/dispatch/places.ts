import type { Self } from '../contracts/people.js'
import type { MapTicket, Place } from '../contracts/routes/places.js'
import type { District } from './core/geo.js'
import { placeMarks, typedMark, type KnownMark, type Mark } from './core/kilometre.js'

export interface PlaceStore {
  /** At most a dozen, the best first. */
  find(text: string): Promise<readonly Place[]>
  /** Known kilometre marks around one, of each road that fits. */
  marks(wanted: Mark): Promise<readonly KnownMark[]>
  /** The most urgent first; `more`: there are others besides. */
  tickets(unitId: string | null): Promise<{ readonly tickets: readonly MapTicket[]; readonly more: boolean }>
}

export interface Places {
  find(text: string): Promise<readonly Place[]>
  /** What the map shows: the districts and, of the tickets, those that this reader may see. */
  map(who: Self): Promise<{ readonly districts: readonly District[]; readonly tickets: readonly MapTicket[]; readonly more: boolean; readonly tiles: string }>
}

/** The gazetteer as one types, and what the map shows to whom. `tiles`: URL pattern of a tile server, empty for none. */
export const makePlaces = ({ store, districts, tiles }: { readonly store: PlaceStore; readonly districts: () => readonly District[]; readonly tiles: string }): Places => ({
  async find(text) {
    const typed = text.trim()
    if (typed === '') return []
    const mark = typedMark(typed)
    if (mark === null) return store.find(typed)
    const [worked, listed] = await Promise.all([store.marks(mark), store.find(typed)])
    const here = placeMarks(mark, worked)
    return [...here, ...listed.filter(({ code }) => !here.some((one) => one.code === code))].slice(0, 12)
  },
  map: async (who) => ({ districts: districts(), ...await store.tickets(who.role === 'unit' ? who.unitId ?? '' : null), tiles }),
})
