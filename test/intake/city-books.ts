import { recordOf } from '../../src/intake/card.js'
import type { Call } from '../../src/intake/core/room.js'
import type { CallRecord, DeskMemory } from '../../src/intake/ports.js'
import type { OperatorView } from '../../src/contracts/ws.js'

/** What outlives a node, and, beside it, who truly talked with whom, which no node can look up. */
export interface Books {
  save(call: Call): void
  row(callId: string): CallRecord | null
  /** What a node reads when it starts. */
  unfinished(): ReadonlyMap<string, CallRecord>
  /** As `OPEN_TICKET` and `FILL_TICKET`: once for each call; an operator is filled in where there is none, or `insteadOf` another. */
  open(callId: string, operatorId: string | null, insteadOf?: string | null): void
  hasTicket(callId: string): boolean
  /** A desk keeps what it is shown of its operator (src/desk/store/memory.ts). */
  showMe(me: OperatorView): void
  memory(operatorId: string): DeskMemory
  talked(callId: string, operatorId: string): void
  everTalked(callId: string): boolean
  /** Whose ticket is not one of those who talked with him: null, nobody's. */
  wronged(): readonly { readonly callId: string; readonly operatorId: string | null; readonly talkers: readonly string[] }[]
}

/** Empty books. */
export function makeBooks(): Books {
  const rows = new Map<string, CallRecord>()
  const tickets = new Map<string, string | null>()
  const desks = new Map<string, DeskMemory>()
  const talks = new Map<string, Set<string>>()
  return {
    save(call) {
      const [before, record] = [rows.get(call.callId), recordOf(call)]
      rows.set(call.callId, { ...before, ...record, queuedAt: Math.min(before?.queuedAt ?? Infinity, record.queuedAt) })
    },
    row: (callId) => rows.get(callId) ?? null,
    unfinished: () => new Map([...rows].filter(([, { endedAt }]) => endedAt === undefined)),
    open(callId, operatorId, insteadOf = null) {
      const now = tickets.get(callId) ?? null
      tickets.set(callId, now === null || now === insteadOf ? operatorId : now)
    },
    hasTicket: (callId) => tickets.has(callId),
    showMe({ operatorId, wantsReady, presence, callId }) {
      if (wantsReady === undefined || presence === 'offline') return
      const busy = presence === 'talking' || presence === 'wrap-up'
      desks.set(operatorId, { ready: wantsReady, ...(busy && callId !== undefined && { callId }) })
    },
    memory: (operatorId) => desks.get(operatorId) ?? {},
    talked(callId, operatorId) { talks.set(callId, (talks.get(callId) ?? new Set()).add(operatorId)) },
    everTalked: (callId) => talks.has(callId),
    wronged: () => [...talks].flatMap(([callId, talkers]) => {
      const operatorId = tickets.get(callId)
      return operatorId === undefined || (operatorId !== null && talkers.has(operatorId)) ? [] : [{ callId, operatorId, talkers: [...talkers] }]
    }),
  }
}
