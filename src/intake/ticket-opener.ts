import { recordOf } from './card.js'
import { switchTime, type Call } from './core/room.js'
import type { IntakeDeps } from './deps.js'
import type { Loop } from './loop.js'
import type { TicketOpening } from './ports.js'

/** Opens the ticket of an answered call, and keeps what is written on tickets behind their opening. */
export interface TicketOpener {
  /** The moment of answering. The room hears of the ticket as `call.ticket`. */
  open(callId: string, callBack: boolean): void
  /** It is this operator's, if it is `insteadOf`'s now, who lifted and never had the caller; null: if it is nobody's. */
  credit(callId: string, operatorId: string, insteadOf: string | null): void
  /** Somebody must call him back: marked on the ticket, if there is one. Resolves once durable. */
  markCallBack(callId: string, at: number): Promise<void>
}

/**
 * Every node hears of every answer; one counts it: the one that had the citizen's socket last. Where no node ever had it (the mirror on his channel
 * says so), that is the one at which the operator's desk is.
 */
const counts = ({ ours, arriving }: Call, here: boolean): boolean => ours || (here && arriving.mirror.queuedAt === undefined)

/** @param onAnswer told when each call was answered, monotonic, ms. */
export function makeTicketOpener(loop: Loop, { records, metrics, monotonic }: Pick<IntakeDeps, 'records' | 'metrics' | 'monotonic'>, onAnswer: (at: number) => void): TicketOpener {
  /** Tickets that are being opened. */
  const openings = new Map<string, Promise<unknown>>()
  /** Writes it, and tells the room. */
  function write(call: Call, answer: NonNullable<Call['answer']>, here: boolean, more: Pick<TicketOpening, 'callBack' | 'insteadOf'>): Promise<void> {
    const { callId } = call
    const opened = records.openTicket({
      record: recordOf(call),
      operatorId: answer.operatorId ?? '',
      here,
      answeredAt: answer.at,
      // Where he is, if the call says so. Where he lives is offered beside it (`knownAddress`): seldom the place of what he reports.
      place: call.arriving.locationText ?? '',
      callerName: call.context.knownName ?? '',
      ...more,
    }).then((ticket) => { loop.feed({ type: 'call.ticket', ticket }) })
    openings.set(callId, opened)
    loop.background(callId, 'ticket not opened', opened.finally(() => { if (openings.get(callId) === opened) openings.delete(callId) }))
    return opened
  }
  const isHere = (operatorId: string | null): boolean => loop.room().operators.get(operatorId ?? '')?.attached === true

  return {
    open(callId, callBack) {
      const call = loop.room().calls.get(callId)
      if (call?.answer == null) return
      const { answer } = call
      const here = isHere(answer.operatorId)
      const startedAt = monotonic()
      if (counts(call, here)) metrics.answered(Math.max(0, answer.at - call.queuedAt))
      onAnswer(startedAt - Math.max(0, switchTime(call, startedAt) - answer.at))
      void write(call, answer, here, { callBack }).then(() => { metrics.ticketOpened(monotonic() - startedAt) }, () => undefined)
    },
    credit(callId, operatorId, insteadOf) {
      const call = loop.room().calls.get(callId)
      if (call?.answer != null) void write(call, { ...call.answer, operatorId }, isHere(operatorId), { callBack: false, insteadOf }).catch(() => undefined)
    },
    async markCallBack(callId, at) {
      // The mark must not overtake the ticket: they go over different connections.
      await openings.get(callId)?.catch(() => undefined)
      await records.markCallBack(callId, at)
    },
  }
}
