import { createHash, timingSafeEqual } from 'node:crypto'
import { LiandongError } from '../../contracts/errors.js'
import type { ACCOUNT_ROUTES, CallBack, DayAccount, EdgeCounts } from '../../contracts/routes/account.js'
import type { CallRecord, IntakeRecords } from '../../intake/ports.js'
import type { HandlersOf } from '../app.js'

export interface AccountDeps {
  readonly account: {
    list(state: 'open' | 'done', limit: number, offset: number): Promise<{ callBacks: CallBack[]; total: number }>
    claim(callId: string, personId: string): Promise<CallRecord | null>
    settle(callId: string, personId: string, outcome: string, note: string): Promise<void>
    count(counts: EdgeCounts): Promise<void>
    account(day: string | undefined, expected: boolean): Promise<DayAccount>
  }
  readonly openTicket: IntakeRecords['openTicket']
  /** Empty: no edge may report. */
  readonly edgeToken: string
  readonly clock: () => number
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Calls back, the day's account, counts of the edges. */
export const accountHandlers = ({ account, openTicket, edgeToken, clock }: AccountDeps): HandlersOf<typeof ACCOUNT_ROUTES> => ({
  callBacks: ({ query: { state, limit, offset } }) => account.list(state, limit, offset),
  /** Whoever takes the task gets its ticket: the one of that call, opened now if nobody had answered it. */
  async claimCallBack({ self, params }) {
    const record = await account.claim(params.id, self.id)
    // Nobody telephoned: it is the ticket itself of which he was not told.
    if (record === null) return { ticketId: params.id }
    const ticket = await openTicket({ record, operatorId: self.id, answeredAt: clock(), callBack: true, place: record.locationText ?? '', callerName: '' })
    return { ticketId: ticket.id }
  },
  async settleCallBack({ self, params, body }) {
    await account.settle(params.id, self.id, body.outcome, body.note)
    return {}
  },
  dayAccount: ({ query }) => account.account(query.day, edgeToken !== ''),
  async edgeCounts({ request, body }) {
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (edgeToken === '' || !timingSafeEqual(digest(given), digest(edgeToken))) throw new LiandongError('edge.token')
    await account.count(body)
    return {}
  },
})
