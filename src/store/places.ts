import type { Pool } from 'pg'
import { initialWords } from '../contracts/pinyin.js'
import type { MapTicket, Place } from '../contracts/routes/places.js'
import { readMark, roadsOf, type KnownMark } from '../dispatch/core/kilometre.js'
import type { PlaceRow } from '../dispatch/import/kinds.js'
import type { PlaceStore } from '../dispatch/places.js'
import * as sql from './sql/place.js'

/** By which initials a place is found: of its name and of its other names. */
export const initialsOf = (name: string, aliases: string): string => [name, ...aliases.split(/[；;、,，]/)].map(initialWords).filter((words) => words !== '').join(' ')

/** For `WRITE_PLACE`: how it is found by initials, and on which road it stands. */
export function placeValues({ code, name, kind, aliases: others, lat, lon }: PlaceRow): unknown[] {
  const aliases = others ?? ''
  const mark = kind === 'kilometre' ? readMark(name) : null
  return [code, name, kind, aliases, initialsOf(name, aliases), lat, lon, mark?.roadCode ?? '', mark?.roadName ?? '', mark?.metres ?? null, mark === null ? [] : roadsOf(aliases)]
}

/** At a time; each batch is a statement of its own. */
const RESPELLED = 1_000

/** Places whose characters are read otherwise since they were loaded get their initials anew. */
export async function respell(pool: Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ code: string; name: string; aliases: string }>(sql.TO_RESPELL, [RESPELLED])
    if (rows.length === 0) return
    await pool.query(sql.RESPELL, [rows.map(({ code }) => code), rows.map(({ name, aliases }) => initialsOf(name, aliases))])
  }
}

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
