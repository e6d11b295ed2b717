import type { PLACE_ROUTES } from '../../contracts/routes/places.js'
import type { Places } from '../../dispatch/places.js'
import type { HandlersOf } from '../app.js'

export interface PlaceDeps { readonly places: Places }

/** Places as one types, and the map. */
export const placeHandlers = ({ places }: PlaceDeps): HandlersOf<typeof PLACE_ROUTES> => ({
  places: async ({ query }) => ({ places: [...await places.find(query.text)] }),
  async map({ self }) {
    const { districts, tickets, more, tiles } = await places.map(self)
    return { districts: districts.map(({ outline, ...district }) => ({ ...district, outline: outline.map((polygon) => polygon.map((ring) => [...ring])) })), tickets: [...tickets], more, tiles }
  },
})
