import { randomUUID } from 'node:crypto'
import type { TicketAct } from '../../../src/contracts/acts.js'
import { logIn } from '../../helpers/desk-bot.js'

/** Between two lines of one ticket, ms: a person may send 600 acts a minute, and the loop types into several tickets at a time. */
const PAUSE = 250

type Order<T> = T extends TicketAct ? Omit<T, 'actId' | 'baseVersion'> : never

/** People who write while things break. What the server acknowledged is remembered: it must be there afterwards. */
export interface Writers {
  /** Types into this ticket until told to stop. Each line is sent again, under its own id, until the server has said something about it. */
  type(ticketId: string): void
  /** As `type`, once. */
  act(ticketId: string, order: Order<TicketAct>): void
  /** How many acts the server has acknowledged so far. */
  acknowledged(): number
  /** The last lines are acknowledged. → ids of all acts by ticket; what was refused, and how. */
  stop(): Promise<{ readonly acknowledged: ReadonlyMap<string, readonly string[]>; readonly refused: readonly string[] }>
}

export async function openPen(url: () => string, loginName: string, password: string): Promise<() => Writers> {
  const cookie = await logIn(url(), loginName, password)
  return () => {
    const acknowledged = new Map<string, string[]>()
    const refused: string[] = []
    const lanes = new Map<string, Promise<void>>()
    let stopped = false

    async function send(ticketId: string, order: Order<TicketAct>): Promise<void> {
      const act = { actId: randomUUID(), baseVersion: 1, ...order }
      for (const began = Date.now(); Date.now() - began < 60_000;) {
        const answer = await fetch(`${url()}/api/tickets/${ticketId}/acts`, { method: 'POST', headers: { cookie, 'origin': url(), 'content-type': 'application/json' }, body: JSON.stringify(act), signal: AbortSignal.timeout(4_000) }).catch(() => null)
        if (answer?.ok === true) {
          acknowledged.set(ticketId, [...acknowledged.get(ticketId) ?? [], act.actId])
          return
        }
        // Faster than anybody types: told to wait, as a desk's outbox is, he does.
        if (answer !== null && answer.status < 500 && answer.status !== 401 && answer.status !== 429) { refused.push(`${act.act} ${answer.status} ${await answer.text()}`); return }
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      refused.push(`${act.act}: no answer`)
    }

    function inTurn(ticketId: string, work: () => Promise<void>): void {
      lanes.set(ticketId, (lanes.get(ticketId) ?? Promise.resolve()).then(work))
    }

    return {
      type(ticketId) {
        inTurn(ticketId, async () => {
          for (let n = 1; !stopped; n += 1) {
            await send(ticketId, { act: 'edit', changes: { description: `第 ${n} 行` } })
            await new Promise((resolve) => setTimeout(resolve, PAUSE))
          }
        })
      },
      act(ticketId, order) { inTurn(ticketId, () => send(ticketId, order)) },
      acknowledged: () => [...acknowledged.values()].flat().length,
      async stop() {
        stopped = true
        await Promise.all(lanes.values())
        return { acknowledged, refused }
      },
    }
  }
}
