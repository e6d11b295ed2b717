import { randomUUID } from 'node:crypto'
import type { Self } from '../../src/contracts/people.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import type { Store } from '../../src/store/store.js'

export interface OpenedCall { readonly category?: string; readonly place: string; readonly number: string; readonly name?: string }

/** What people did before a test's windows are opened, straight in the store: `op1` answered, and whoever is named acted. */
export async function deskTickets({ people, records }: Pick<Store, 'people' | 'records'>) {
  const all = await people.list()
  const who = (loginName: string): Self => { const found = all.find((one) => one.loginName === loginName); if (found === undefined) throw new Error(loginName); return found }
  const operator = who('op1')
  type Act = Parameters<typeof records.act>[1]
  return {
    who,
    /** Does one act on the ticket as it stands. */
    act: async (id: string, order: object, by = operator): Promise<Ticket> => (await records.act(id, { actId: randomUUID(), baseVersion: (await records.get(id)).version, note: '', ...order } as unknown as Act, by)).ticket,
    /** A call that is over; its ticket is open. */
    async opened({ category, place, number, name = '' }: OpenedCall): Promise<string> {
      const callId = randomUUID()
      const now = Date.now()
      const record = { callId, caller: { number, name, verified: true }, calledNumber: '110', state: 'ended', class: 'standard', ...(category !== undefined && { category }), language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } as const
      await records.openTicket({ record, operatorId: operator.id, answeredAt: now, callBack: false, place, callerName: name })
      return callId
    },
  }
}
