import type { Pool } from 'pg'
import type { MapTicket, Place } from '../contracts/routes/places.js'
import type { KnownMark } from '../dispatch/core/kilometre.js'
import type { PlaceStore } from '../dispatch/places.js'
import * as sql from './sql/place.js'

/** Gazetteer and the map's tickets in PostgreSQL. */
export function makePlaceStore(pool: Pool): PlaceStore {
  return {
    async find(text) { return (await pool.query<Place>(sql.FIND_PLACES, [text])).rows },
    async marks({ roadCode, roadName, metres }) { return (await pool.query<KnownMark>(sql.MARKS_NEAR, [roadCode, roadName, metres])).rows },
    async tickets(unitId) {
      const { rows } = await pool.query<MapTicket>(sql.MAP_TICKETS, [unitId])
      return { tickets: rows.slice(0, sql.MOST_ON_MAP), more: rows.length > sql.MOST_ON_MAP }
    },
  }
}
