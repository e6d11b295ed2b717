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

export interface CountiesDeps {
  readonly store: LineStore
  readonly rules: () => Rules
}

/** The city's side of its counties: it answers them, shows how their lines stand, and has conflicts decided by the persons named for rulings. */
export function makeCounties({ store, rules }: CountiesDeps): Counties {
  const caughtUp = new Map<string, number>()
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
      const views = await store.views()
      return views.filter(({ units, peer }) => who.role !== 'unit' || peer === 'city' || units.includes(who.unitId ?? ''))
        .map(({ silent, ...view }): LineView => ({ ...view, up: silent !== null && silent < SILENT, skewed: Math.abs(view.skew) > MOST_SKEW }))
    },
    conflicts: (query) => store.conflicts(query),
    async decide(who, conflictId, side, note) {
      if (!mayRule(rules(), who)) throw new LiandongError('auth.forbidden', { role: who.role })
      await store.decide(conflictId, who, side, note)
    },
  }
}
