import { randomUUID } from 'node:crypto'
import type { TicketOpening } from '../../src/intake/ports.js'

/** A ticket as the answer of a call writes it; the telephone part has tests of its own. */
export async function openAnswered(records: { openTicket(opening: TicketOpening): Promise<unknown> }, number: string, at: number): Promise<string> {
  const callId = randomUUID()
  await records.openTicket({
    operatorId: '', answeredAt: at, callBack: false, place: '', callerName: '李女士',
    record: { callId, caller: { number, name: '', verified: true }, calledNumber: '110', state: 'ended', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: at, queuedAt: at, answeredAt: at },
  })
  return callId
}
