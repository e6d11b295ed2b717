import type { LineView } from '../../contracts/county.js'
import { LiandongError } from '../../contracts/errors.js'
import { MOST_SKEW } from '../core/county.js'
import { mayRule } from '../core/refusal.js'
import type { Rules } from '../core/rules.js'
import { opened, spoken, taken } from './exchange.js'
import type { Counties, LineStore } from './ports.js'

/** A county that was not heard for so long is cut off, ms: it speaks each second. */
const SILENT = 15_000
/** What slipped past the acts is looked for this often, ms. */
const CATCH_UP = 15_000
/** Open conflicts that are looked at for what is new, as many as a desk shows. */
const MARKED = 50

export interface CountiesDeps {
  readonly store: LineStore
  readonly rules: () => Rules
}

/** The city's side of its counties: it answers them, shows how their lines stand, and has conflicts decided by the persons named for rulings. */
export function makeCounties({ store, rules }: CountiesDeps): Counties {
  const caughtUp = new Map<string, number>()
  const all = async (): Promise<LineView[]> => (await store.views()).map(({ silent, ...view }) => ({ ...view, up: silent !== null && silent < SILENT, skewed: Math.abs(view.skew) > MOST_SKEW }))
  return {
    async answer(name, exchange) {
      const line = await store.line(name)
      if (line?.peer !== 'county') throw new LiandongError('line.unknown', { name })
      const said = opened(exchange, line)
      if (!await store.takeTurn(name, said.state.turn)) throw new LiandongError('line.turn', { turn: said.state.turn })
      await taken(store, line, said)
      const now = performance.now()
      if (now - (caughtUp.get(name) ?? -Infinity) > CATCH_UP) {
        caughtUp.set(name, now)
        await store.catchUp(name)
      }
      return spoken(store, line, said.state.turn, said.state)
    },
    async lines(who) {
      return (await all()).filter(({ units, peer }) => who.role !== 'unit' || peer === 'city' || units.includes(who.unitId ?? ''))
    },
    async mark() {
      const lines = await all()
      const open = lines.some(({ conflicts }) => conflicts > 0) ? await store.conflicts({ all: false, limit: MARKED, offset: 0 }) : []
      // When a line that is up was last heard, and by how little its clock is off, nobody is shown.
      return JSON.stringify([lines.map((line) => ({ ...line, heardAt: line.up ? null : line.heardAt, skew: line.skewed ? Math.round(line.skew / 1000) : 0 })), open.map(({ id, acts, city }) => [id, acts.length, city.length])])
    },
    conflicts: (query) => store.conflicts(query),
    async decide(who, conflictId, side, note) {
      if (!mayRule(rules(), who)) throw new LiandongError('auth.forbidden', { role: who.role })
      await store.decide(conflictId, who, side, note)
    },
  }
}
