import type { CallLine, INTAKE_ROUTES, MyDay } from '../../contracts/routes/intake.js'
import type { Tickets } from '../../dispatch/ports.js'
import type { CallRecord, IntakeDesk } from '../../intake/ports.js'
import type { HandlersOf } from '../app.js'

export interface IntakeDeps { readonly tickets: Tickets; readonly intake: () => IntakeDesk; readonly myDay: (personId: string) => Promise<MyDay> }

const lineOf = (call: CallRecord): CallLine => ({
  callId: call.callId, at: call.createdAt, state: call.state, number: call.caller.number,
  waitedSeconds: Math.max(0, Math.floor(((call.answeredAt ?? call.endedAt ?? call.queuedAt) - call.queuedAt) / 1000)),
  ...(call.category === undefined ? {} : { category: call.category }),
  ...(call.operatorId === undefined ? {} : { operatorId: call.operatorId }),
})

/** Calls, and the queue. */
export const intakeHandlers = ({ tickets, intake, myDay }: IntakeDeps): HandlersOf<typeof INTAKE_ROUTES> => ({
  async calls({ self, query }) {
    const { calls, total } = await tickets.calls(self, query)
    return { calls: calls.map(lineOf), total }
  },
  myDay: ({ self }) => myDay(self.id),
  queue: () => Promise.resolve({ queue: intake().queueView(), health: intake().healthView() }),
})
