import type { Target } from '../contracts/call.js'
import { LiandongError } from '../contracts/errors.js'
import type { HealthView, QueueView } from '../contracts/ws.js'
import type { Clocks } from './card.js'
import type { ContextAsker } from './context-asker.js'
import { refusal, type Control } from './core/controls.js'
import type { Callee } from './core/event.js'
import type { Operator, Redial } from './core/room.js'
import type { IntakeDeps } from './deps.js'
import type { Loop } from './loop.js'
import type { IntakeDesk } from './ports.js'
import { within } from '../time/within.js'
import { deskSnapshot, phoneBook, talksNow } from './views.js'

export interface DeskDeps extends Pick<IntakeDeps, 'switchboard' | 'phones' | 'lines' | 'numbers' | 'settings' | 'clock' | 'monotonic'> {
  readonly contexts: ContextAsker
  readonly queueView: () => QueueView
  readonly healthView: () => HealthView
}

/** PostgreSQL is asked for a number so long, ms: somebody waits for the telephone to ring. */
const ASK = 1_500

/** What desks ask of the intake. Each wish is done, or refused with the reason. */
export function makeDesk(loop: Loop, { switchboard, phones, lines, numbers, settings, clock, monotonic, contexts, queueView, healthView }: DeskDeps): IntakeDesk {
  const clocks = (): Clocks => ({ now: clock(), mono: monotonic() })

  /** The operator's own call, or the error that says why not. */
  function ownCall(operatorId: string, callId: string): Operator {
    const operator = loop.room().operators.get(operatorId)
    if (operator?.callId !== callId) throw new LiandongError(loop.room().calls.has(callId) ? 'call.not-yours' : 'call.gone')
    return operator
  }

  /** The call-back under way at this operator, if it is of this ticket. */
  const callBackOf = (operatorId: string, ticketId: string): Redial | undefined => loop.room().redials.values().find((redial) => redial.operatorId === operatorId && redial.ticketId === ticketId)

  function needPbx(): void {
    if (!switchboard.up) throw new LiandongError('pbx.down')
  }

  function needTrunk(): void {
    if (!settings.trunk) throw new LiandongError('call.trunk-off')
  }

  /** Does it, or says why not. */
  function act(event: Control): void {
    needPbx()
    const why = refusal(loop.room(), event)
    if (why !== null) throw new LiandongError(why.code, why.details)
    loop.feed(event)
  }

  function callee(target: Exclude<Target, { type: 'queue' }>): Callee {
    if (target.type === 'operator') return { operatorId: target.operatorId }
    const line = lines().find(({ code }) => code === target.code)
    if (line === undefined) throw new LiandongError('call.line-unknown', { code: target.code })
    needTrunk()
    return { line: line.code, number: line.number }
  }

  async function redial(operatorId: string, ticketId: string): Promise<void> {
    // While PostgreSQL is away: where he called from, if he has only just done so.
    const number = await within(numbers.numberOf(ticketId), ASK, () => null).catch(() => null) ?? loop.room().calls.get(ticketId)?.arriving.caller.number
    if (number === undefined || !/^\+?[0-9]{3,15}$/.test(number)) throw new LiandongError('call.no-number')
    act({ type: 'operator.redial', operatorId, ticketId, number })
  }

  return {
    attach(profile, memory) {
      loop.feed({ type: 'operator.attached', profile, memory })
      return deskSnapshot(loop.room(), profile.operatorId, clocks())
    },
    detach(operatorId) { loop.feed({ type: 'operator.detached', operatorId }) },
    snapshot: (operatorId) => deskSnapshot(loop.room(), operatorId, clocks()),
    setReady(operatorId, ready) { loop.feed({ type: 'operator.ready', operatorId, ready }) },
    endWrapUp(operatorId) { loop.feed({ type: 'operator.wrap-up-end', operatorId }) },
    answerPhone(operatorId, callId) {
      const operator = callBackOf(operatorId, callId) === undefined ? ownCall(operatorId, callId) : loop.room().operators.get(operatorId)
      if (operator === undefined) throw new LiandongError('call.gone')
      if (phones === null) throw new LiandongError('phone.not-practice')
      needPbx()
      if (!phones.answer(operator.profile.extension)) throw new LiandongError('call.gone')
    },
    rejectPhone(operatorId, callId) {
      ownCall(operatorId, callId)
      needPbx()
      loop.feed({ type: 'operator.reject', operatorId, callId })
    },
    hangUp(operatorId, callId) {
      const callBack = callBackOf(operatorId, callId)
      if (callBack === undefined) ownCall(operatorId, callId)
      needPbx()
      if (callBack !== undefined) return switchboard.endLeg(callBack.legId, 'NORMAL_CLEARING')
      loop.feed({ type: 'operator.hang-up', operatorId, callId })
    },
    phoneGone(operatorId) {
      const operator = loop.room().operators.get(operatorId)
      if (operator !== undefined) loop.feed({ type: 'phone.unregistered', extension: operator.profile.extension, at: clock() })
    },
    phoneLost(operatorId, callId) {
      ownCall(operatorId, callId)
      needPbx()
      loop.feed({ type: 'operator.phone-lost', operatorId, callId })
    },
    hold(operatorId, callId, on) { act({ type: 'operator.hold', operatorId, callId, on }) },
    mute(operatorId, callId, on) { act({ type: 'operator.mute', operatorId, callId, on }) },
    transfer(operatorId, callId, target) { act({ type: 'operator.transfer', operatorId, callId, to: target.type === 'queue' ? null : callee(target) }) },
    consult(operatorId, callId, target) {
      if (target.type === 'queue') throw new LiandongError('request.invalid', { where: 'target', problem: 'queue' })
      act({ type: 'operator.consult', operatorId, callId, to: callee(target) })
    },
    conference(operatorId, callId) { act({ type: 'operator.conference', operatorId, callId }) },
    complete(operatorId, callId) { act({ type: 'operator.complete', operatorId, callId }) },
    drop(operatorId, callId, legId) { act({ type: 'operator.drop', operatorId, callId, legId }) },
    listen(operatorId, callId, mode) { act({ type: 'supervisor.listen', operatorId, callId, mode }) },
    take(operatorId, callId) { act({ type: 'supervisor.take', operatorId, callId }) },
    redial(operatorId, ticketId) {
      needTrunk()
      return redial(operatorId, ticketId)
    },
    phoneBook: () => phoneBook(loop.room(), lines()),
    talks: () => talksNow(loop.room(), clocks()),
    ticketChanged(ticket) { loop.feed({ type: 'call.ticket', ticket }) },
    callerChanged(number) { for (const { callId, arriving } of loop.room().calls.values()) if (arriving.caller.number === number) contexts.ask(callId, true) },
    queueView,
    healthView,
  }
}
