import { errorText, LiandongError } from '../contracts/errors.js'
import type { Bilingual } from '../contracts/primitives.js'
import type { FlowActed, FlowOutcome, FlowsView } from '../contracts/routes/flows.js'
import { within } from '../time/within.js'
import type { ActStore } from './flow-ports.js'

/** A node that still checks says so this often, ms: one that is silent for much longer is dead. */
const BEAT = 5_000

export interface FlowActsDeps {
  readonly store: ActStore
  readonly node: string
  /** Somebody is told that it is still being checked after so long, ms. */
  readonly patience: number
}
export type FlowActs = ReturnType<typeof makeFlowActs>

/**
 * A check with its tests takes seconds, of a city with many flows a minute: one at a time on all nodes, and nobody waits for it. What is being checked, and what became of
 * it, is in PostgreSQL: whichever node is asked knows it, also of a node that died over it.
 */
export function makeFlowActs({ store, node, patience }: FlowActsDeps) {
  return {
    /** What `act` comes to, or `judging` where that takes long. @throws LiandongError `flow.judging`: something else is being checked */
    async run(what: FlowActed['what'], edition: number | null, self: { readonly id: string; readonly displayName: string }, now: number, act: () => Promise<FlowOutcome>): Promise<FlowOutcome> {
      const begun = await store.beginAct({ what, edition, by: { id: self.id, name: self.displayName }, node, since: now })
      if (begun.id === null) throw new LiandongError('flow.judging', { by: begun.by, seconds: Math.max(1, Math.round((now - begun.since) / 1000)) })
      const { id } = begun
      const beating = setInterval(() => { void store.beatAct(id).catch(() => undefined) }, BEAT)
      beating.unref()
      const work = act().finally(() => { clearInterval(beating) })
      const late: FlowOutcome = { type: 'judging', ...(edition !== null && { number: edition }) }
      try {
        const first = await within(work, patience, () => late)
        if (first !== late) {
          await store.forgetAct(id).catch(() => undefined) // silent from now on, it counts as dead in a while
          return first
        }
      } catch (error) {
        await store.forgetAct(id).catch(() => undefined)
        throw error
      }
      const keep = (outcome: FlowOutcome | null, error: Bilingual | null): void => { void store.endAct(id, outcome, error).catch(() => undefined) }
      work.then((outcome) => { keep(outcome, null) }, (error: unknown) => {
        const { code, details } = error instanceof LiandongError ? error : new LiandongError('flow.gate', { reason: (error as Error).message })
        keep(null, textsOf(code, details))
      })
      return late
    },
    /** What is being checked, and what became of the last that took long, for somebody who looks. */
    async seen(self: { readonly id: string }): Promise<Pick<FlowsView, 'acting' | 'acted'>> {
      const { acting, acted } = await store.acts()
      return {
        acting,
        acted: acted === null ? null : { id: acted.id, what: acted.what, mine: acted.byId === self.id, outcome: acted.outcome, ...(acted.outcome === null && { error: acted.error ?? textsOf('flow.judge-died', { node: acted.node }) }) },
      }
    },
  }
}

const textsOf = (code: LiandongError['code'], details: LiandongError['details']): Bilingual => ({ zh: errorText(code, 'zh', details), en: errorText(code, 'en', details) })
