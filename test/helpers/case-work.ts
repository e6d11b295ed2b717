import { randomUUID } from 'node:crypto'
import type { TicketAct } from '../../src/contracts/acts.js'
import type { Self } from '../../src/contracts/people.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { makePeople } from '../../src/people/people.js'
import type { Store } from '../../src/store/store.js'

export interface CaseWork {
  readonly operator: Self
  readonly people: readonly Self[]
  /** A call that was answered. → its ticket's id */
  open(call?: { readonly category?: string; readonly place?: string; readonly number?: string }): Promise<string>
  /** On what the ticket is now; by the operator unless somebody else is named. */
  act(ticketId: string, act: TicketAct['act'], more?: object, who?: Self): Promise<Ticket>
}

/** An operator, whoever else is wanted, and what they do, for tests of what the store makes of it. */
export async function startCaseWork(store: Store, ...others: readonly Parameters<ReturnType<typeof makePeople>['addPerson']>[0][]): Promise<CaseWork> {
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  for (const one of [{ loginName: 'op1', displayName: '接警员', role: 'operator', extension: '1001' } as const, ...others]) await people.addPerson(one, 'correct horse battery')
  const list = (await people.list()) as Self[]
  const operator = list.find(({ loginName }) => loginName === 'op1')
  if (operator === undefined) throw new Error('nobody was added')
  return {
    operator, people: list,
    async open({ category = 'noise', place = '中州中路', number = '13900000001' } = {}) {
      const callId = randomUUID()
      const now = Date.now()
      await store.records.openTicket({ operatorId: operator.id, answeredAt: now, callBack: false, place, callerName: '', record: { callId, caller: { number, name: '', verified: true }, calledNumber: '110', state: 'answered', class: 'standard', category, language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } })
      return callId
    },
    async act(ticketId, act, more = {}, who = operator) {
      const { version } = await store.records.get(ticketId)
      return (await store.records.act(ticketId, { actId: randomUUID(), act, baseVersion: version, note: '说明', ...more } as TicketAct, who)).ticket
    },
  }
}
