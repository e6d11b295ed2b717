import { setTimeout as sleep } from 'node:timers/promises'
import type { HealthView, QueueView } from '../contracts/ws.js'
import { makeContextAsker } from './context-asker.js'
import type { RoomEvent } from './core/event.js'
import { emptyRoom, isBalking, type Env, type Room } from './core/room.js'
import { step } from './core/step.js'
import type { IntakeDeps } from './deps.js'
import { makeDesk } from './desk.js'
import { makeEffects, perform } from './effects.js'
import { makeFlowStarter } from './flow-starter.js'
import { makeBackground, type Loop } from './loop.js'
import { makeNativeAgents } from './native-agents.js'
import { makeNeighbours } from './neighbours.js'
import type { CitizenLeg, IntakeDesk, SwitchEvent } from './ports.js'
import { makeReconciliation } from './reconciliation.js'
import { makeTicketOpener } from './ticket-opener.js'
import { queueView as viewOfQueue } from './views.js'
import { makeWaitEstimate } from './wait-estimate.js'
import { makeWatch } from './watch.js'

/** No tick for so long, ms (four a second are due): the loop stood still, or the process was stopped. */
const STALL = 1_500

/** How often a stop looks whether anybody still waits, ms. */
const DRAIN_LOOK = 100

export interface Intake {
  /** FreeSWITCH connected a citizen's socket. */
  onArrival(leg: CitizenLeg): void
  /** A call that is over, from its CDR file. */
  onPast(event: Extract<SwitchEvent, { type: 'past' }>): void
  /** False while it is no use to a caller whatever its operators do: the link is down, FreeSWITCH rings nobody for it, or it is stopping. */
  isWell(): boolean
  /** False: refuse the socket, so that FreeSWITCH tries the next node or the native queue. */
  canServe(): boolean
  readonly desk: IntakeDesk
  /** Reads what was in hand before a restart; then the loop runs. */
  start(): Promise<void>
  /**
   * Refuses new calls; resolves when nobody waits any more or the deadline (ms from now) has passed. Whom nobody here is rung for goes to another node
   * that has operators, as soon as this one does not listen any more (`deaf`); who waits to the last, to the next action of the dialplan.
   */
  drain(deadline: number, deaf: () => boolean): Promise<void>
  close(): Promise<void>
  /** For metrics and tests. */
  room(): Room
}

/**
 * The loop around the room: events in, commands out. It holds no decision of its own, and nothing in it waits for SQL.
 */
export function makeIntake(deps: IntakeDeps): Intake {
  const { switchboard, settings, clock, monotonic } = deps
  let room: Room = emptyRoom
  let draining = false
  const legs = new Map<string, CitizenLeg>()
  const leg = (callId: string): CitizenLeg | undefined => legs.get(callId)
  const background = makeBackground(deps.logger)
  const loop: Loop = { room: () => room, feed, background: background.run }
  const queueView = (): QueueView => viewOfQueue(room, watch.today(), monotonic())
  /** FreeSWITCH rings nobody for us. */
  const balks = (): boolean => isBalking(room, monotonic())
  const healthView = (): HealthView => ({ ...deps.database(), pbx: !switchboard.up ? 'down' : balks() ? 'refuses' : 'up' })

  const estimate = makeWaitEstimate()
  const rows = makeReconciliation(loop, background, deps)
  const contexts = makeContextAsker(loop, deps.contexts)
  const tickets = makeTicketOpener(loop, deps, estimate.answered)
  const flows = makeFlowStarter(loop, { ...deps, leg, remembered: rows.remembered, recalling: rows.recalling, callerPending: contexts.pending, queueView, estimate: estimate.of, markCallBack: tickets.markCallBack })
  const agents = makeNativeAgents(loop, deps, () => draining)
  const neighbours = makeNeighbours(loop, { ...deps, agents }, () => draining)
  const isWell = (): boolean => !draining && switchboard.up && !balks()
  const watch = makeWatch(loop, { ...deps, agents, beat: neighbours.beat, say: neighbours.say, serves: () => isWell() && room.able > 0, queueView, healthView })
  const effects = makeEffects(loop, {
    ...deps, leg, flows, contexts, tickets, recall: rows.recall, queueChanged: watch.queueChanged,
    forget(callId) {
      legs.delete(callId)
      for (const part of [flows, contexts, rows]) part.forget(callId)
    },
  })
  const env = (): Env => ({ now: clock(), mono: monotonic(), newId: deps.newId, settings, classOf: deps.classOf, remembered: rows.remembered })

  /** When the loop last turned, monotonic; -Infinity: not started yet. */
  let turned = -Infinity

  function feed(event: RoomEvent): void {
    const now = monotonic()
    const stalled = now - turned > STALL && turned > -Infinity
    if (event.type === 'tick' || stalled) turned = now
    if (stalled) take({ type: 'stalled' })
    take(event)
  }

  function take(event: RoomEvent): void {
    const result = step(room, event, env())
    room = result.room
    for (const command of result.commands) perform(effects, command)
  }

  /** UUIDs of all calls and legs that the room takes for alive. */
  const believed = (): readonly string[] => [...room.redials.values().map(({ legId }) => legId), ...room.live.values().filter(({ ended }) => ended === null).flatMap((call) =>
    [call.callId, call.offer?.legId ?? '', call.answer?.legId ?? '', ...call.parties.map(({ legId }) => legId)].filter((uuid) => uuid !== ''))]

  /** This leg holds its caller no more, unless another one does. */
  function lost(leg: CitizenLeg): void {
    const { callId } = leg.call
    if (legs.get(callId) !== leg) return
    legs.delete(callId)
    feed({ type: 'call.released', callId })
  }

  switchboard.onEvent((event) => {
    if (event.type === 'call.key') deps.trace?.pressed(event.callId, event.key)
    if (event.type === 'phone.registered' || event.type === 'phone.unregistered') agents.changed()
    rows.take(event)
  }, believed)

  return {
    onPast: rows.take,
    onArrival(arrived) {
      const { call } = arrived
      // He comes anew before the socket of before has closed (recovered on another host): that one is dead, and holds him no more.
      const former = legs.get(call.callId)
      if (former !== undefined) {
        lost(former)
        former.release()
      }
      legs.set(call.callId, arrived)
      if (call.mirror.queuedAt !== undefined && room.calls.get(call.callId)?.ours !== true) {
        rows.recall(call.callId)
        flows.elsewhere(call.callId)
      }
      arrived.onClose(() => { lost(arrived) })
      feed({ type: 'call.arrived', call })
    },
    isWell,
    canServe: () => isWell() && neighbours.takes(),
    desk: makeDesk(loop, { ...deps, contexts, queueView, healthView }),
    async start() {
      await rows.readRows()
      watch.start()
    },
    async drain(deadline, deaf) {
      draining = true
      // Who was sent to another node is on his way as long as we have his socket: closed by us, it would send him to the native queue instead.
      const waiting = (): boolean => room.waiting.some((call) => call.held) || legs.size > 0
      const until = monotonic() + deadline
      while (waiting() && monotonic() < until) {
        if (deaf()) neighbours.handOver()
        await sleep(DRAIN_LOOK)
      }
      for (const one of legs.values()) one.release()
    },
    async close() {
      watch.stop()
      await background.settled()
    },
    room: () => room,
  }
}
