import { cardOf, recordOf } from './card.js'
import type { ContextAsker } from './context-asker.js'
import type { Command } from './core/command.js'
import type { IntakeDeps } from './deps.js'
import type { FlowStarter } from './flow-starter.js'
import type { Loop } from './loop.js'
import type { CitizenLeg } from './ports.js'
import type { TicketOpener } from './ticket-opener.js'
import { operatorView } from './views.js'

/** What each command of the room does. A command without an effect does not compile. */
export type Effects = { readonly [T in Command['type']]: (command: Extract<Command, { type: T }>) => void }

export interface EffectDeps extends Pick<IntakeDeps, 'switchboard' | 'records' | 'desk' | 'metrics' | 'clock' | 'monotonic'> {
  readonly leg: (callId: string) => CitizenLeg | undefined
  readonly flows: FlowStarter
  readonly contexts: ContextAsker
  readonly tickets: TicketOpener
  readonly recall: (callId: string) => void
  readonly queueChanged: () => void
  /** The room forgot the call. */
  readonly forget: (callId: string) => void
}

/** The effects of the room's commands: thin, each one call or write. Nothing in them waits. */
export function makeEffects(loop: Loop, { switchboard, records, desk, metrics, clock, monotonic, ...deps }: EffectDeps): Effects {
  return {
    // The telephone.
    offer({ request }) {
      metrics.offered()
      switchboard.offer(request)
    },
    'end-leg': ({ legId, cause }) => { switchboard.endLeg(legId, cause) },
    'end-call': ({ callId }) => { switchboard.endCall(callId) },
    hold: ({ callId, on }) => { switchboard.hold(callId, on) },
    mute: ({ legId, on }) => { switchboard.mute(legId, on) },
    join: ({ request }) => { switchboard.join(request) },
    mode: ({ legId, mode }) => { switchboard.mode(legId, mode) },
    take: ({ legId, callId }) => { switchboard.take(legId, callId) },
    requeue: ({ callId }) => { switchboard.requeue(callId) },
    redial: ({ request }) => { switchboard.redial(request) },
    'clear-switch': ({ callId }) => { switchboard.clearSwitch(callId) },
    'take-back': ({ callId }) => { switchboard.takeBack(callId) },
    reconcile: () => { switchboard.reconcile() },
    mirror: ({ callId, facts }) => { deps.leg(callId)?.mirror(facts) },
    'run-flow': ({ callId, resume }) => { deps.flows.start(callId, resume) },

    // Records.
    'look-up': ({ callId }) => { deps.contexts.ask(callId) },
    recall: ({ callId }) => { deps.recall(callId) },
    save({ callId }) {
      const call = loop.room().calls.get(callId)
      if (call !== undefined) loop.background(callId, 'call not saved', records.saveCall(recordOf(call)))
    },
    note: ({ event }) => { loop.background(event.callId, 'event of a call not kept', records.noteCall(event)) },
    'open-ticket': ({ callId, callBack }) => { deps.tickets.open(callId, callBack) },
    'credit-ticket': ({ callId, operatorId, insteadOf }) => { deps.tickets.credit(callId, operatorId, insteadOf) },
    'mark-call-back': ({ callId, at }) => { loop.background(callId, 'call-back not marked', deps.tickets.markCallBack(callId, at)) },

    // Desks.
    'show-me'({ operatorId }) {
      const operator = loop.room().operators.get(operatorId)
      if (operator !== undefined) desk.send(operatorId, { type: 'me', me: operatorView(loop.room(), operator) })
    },
    'show-call'({ operatorId, callId }) {
      const call = loop.room().calls.get(callId)
      if (call !== undefined) desk.send(operatorId, { type: 'call', call: cardOf(call, { now: clock(), mono: monotonic() }) })
    },
    'show-gone': ({ operatorId, callId, reason }) => { desk.send(operatorId, { type: 'call.gone', callId, reason }) },
    'show-ticket': ({ operatorId, ticket }) => { desk.send(operatorId, { type: 'ticket', ticket }) },
    'queue-changed': () => { deps.queueChanged() },

    forget({ callId, abandoned }) {
      if (abandoned) metrics.abandoned()
      deps.forget(callId)
    },
  }
}

/** Carries out one command. */
export function perform(effects: Effects, command: Command): void {
  // The compiler does not see that the effect of a command's own type takes that command.
  const effect = effects[command.type] as (command: Command) => void
  effect(command)
}
