import type { Pool } from 'pg'
import { gather, handOf, type ClusterRule, type Spot } from '../dispatch/core/cluster.js'
import type { TicketState } from '../contracts/life-cycle.js'
import type { Ticket } from '../contracts/ticket.js'
import { blame } from './blame.js'
import { inTransaction } from './pool.js'
import type { TicketActs } from './ticket-acts.js'
import { BUSY_CATEGORIES, READ_CLUSTER_RULES, SPOTS, TRY_CLUSTER_LOCK } from './sql/cluster.js'

interface SpotRow { id: string; lat: number | null; lon: number | null; uncertainty: number | null; place: string; opened_at: Date; members: number; latest_at: Date; state: TicketState; now: Date }
interface RuleRow { category: string | null; metres: number; minutes: number; burst: number | null; burst_minutes: number }

/** Looks for many calls about one thing, and makes one incident of them. One node at a time; what it gathers is written ticket by ticket with its history. What cannot be gathered is said, and holds up no other. */
export function makeClusters(pool: Pool, acts: Pick<TicketActs, 'gather'>, onTrouble: (fields: object, text: string) => void): { look(): Promise<readonly Ticket[]> } {
  async function ruleFor(category: string, rules: readonly ClusterRule[]): Promise<readonly Ticket[]> {
    const rule = rules.find((one) => one.category === category) ?? rules.find((one) => one.category === null)
    if (rule === undefined || rule.burst === null) return []
    const { rows } = await pool.query<SpotRow>(SPOTS, [category, rule.burstMinutes])
    const spots = rows.map(({ opened_at, latest_at, state, ...row }): Spot => ({ ...row, hand: handOf(state), openedAt: opened_at.getTime(), latestAt: latest_at.getTime() }))
    const moved: Ticket[] = []
    for (const gathering of gather(spots, rule, rows[0]?.now.getTime() ?? 0)) {
      try {
        moved.push(...await acts.gather(gathering))
      } catch (error) {
        if (blame(error) === 'server') throw error
        onTrouble({ err: error, ticketId: gathering.main, category }, 'calls about one thing could not be gathered')
      }
    }
    return moved
  }

  return {
    async look() {
      // The lock is held while others write what it finds.
      return inTransaction(pool, async (client) => {
        const { rows: [lock] } = await client.query<{ mine: boolean }>(TRY_CLUSTER_LOCK)
        if (lock?.mine !== true) return []
        const { rows } = await client.query<RuleRow>(READ_CLUSTER_RULES)
        const rules = rows.map(({ burst_minutes, ...rule }): ClusterRule => ({ ...rule, burstMinutes: burst_minutes }))
        const { rows: busy } = await client.query<{ category: string }>(BUSY_CATEGORIES, [Math.max(1, ...rules.map(({ burstMinutes }) => burstMinutes))])
        const moved: Ticket[] = []
        for (const { category } of busy) moved.push(...await ruleFor(category, rules))
        return moved
      })
    },
  }
}
