import type { Command } from '../../src/intake/core/command.js'
import type { RoomEvent } from '../../src/intake/core/event.js'
import { emptyRoom, type Call, type Env, type Room } from '../../src/intake/core/room.js'
import { step } from '../../src/intake/core/step.js'
import type { LiveCall, SwitchEvent } from '../../src/intake/ports.js'
import type { Ticket } from '../../src/contracts/ticket.js'

/** A seeded generator (mulberry32): the same seed is the same world. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`

export const arriving = (callId: string, at: number, mirror: LiveCall['call']['mirror'] = {}): LiveCall['call'] => ({
  callId, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', createdAt: at, recovered: false, mirror,
})

export const settings = { offerTimeout: 15_000, offerGrace: 3_000, wrapUp: 5_000, skillOverflow: 20_000, reservedOperators: 1, keepEnded: 60_000, goneWindow: 2_000 }

export interface Faults { readonly drop: number; readonly double: number; readonly late: number }

interface Truth { alive: boolean; bridgedTo: string | null; answeredEver: boolean; ringing: string | null }
interface Leg { callId: string; operatorId: string; alive: boolean; answered: number | null }

/**
 * A small city in virtual time: FreeSWITCH as it really is (`truth`, `legs`), and the room that only hears of it through
 * events that may be lost, doubled or late. What is true of FreeSWITCH is checked, not what the room believes.
 */
export function makeWorld(seed: number, faults: Faults, operators = 4) {
  const random = seeded(seed)
  let now = 1_000_000
  let ids = 1
  let room: Room = emptyRoom
  const truth = new Map<string, Truth>()
  const legs = new Map<string, Leg>()
  const tickets = new Map<string, { opened: number; callBack: boolean }>()
  const violations: string[] = []
  const log: string[] = []
  let agenda: { at: number; order: number; run: () => void }[] = []
  let order = 0
  const hungUpByOperator = new Set<string>()
  const env = (): Env => ({ now, mono: now, newId: () => uuid(0xf00000 + ids++), settings, remembered: () => null, classOf: (category) => (category === 'fire' ? 'emergency' : 'standard') })
  const later = (delay: number, run: () => void): void => { agenda.push({ at: now + delay, order: order++, run }) }

  function hear(event: SwitchEvent): void {
    if (random() < faults.drop) return
    later(random() < faults.late ? random() * 2_000 : 5 + random() * 30, () => { feed(event) })
    if (random() < faults.double) later(random() * 3_000, () => { feed(event) })
  }

  function feed(event: RoomEvent): void {
    log.push(`${now} ${JSON.stringify(event)}`)
    const result = step(room, event, env())
    room = result.room
    check()
    for (const command of result.commands) perform(command)
  }

  function perform(command: Command): void {
    log.push(`${now}   → ${JSON.stringify(command)}`)
    switch (command.type) {
      case 'offer': {
        const { callId, operatorId, legId } = command.request
        for (const [id, leg] of legs) if (leg.alive && leg.operatorId === operatorId && truth.get(leg.callId)?.bridgedTo === id) violations.push(`offer of ${callId} to ${operatorId}, who is talking with ${leg.callId}`)
        legs.set(legId, { callId, operatorId, alive: true, answered: null })
        hear({ type: 'leg.ringing', legId, callId, operatorId, at: now })
        const chance = random()
        if (chance < 0.7) later(500 + random() * 8_000, () => { pickUp(legId) })
        else if (chance < 0.85) later(300, () => { endLeg(legId, 'CALL_REJECTED') })
        else if (chance < 0.9) later(50, () => { endLeg(legId, 'USER_NOT_REGISTERED') })
        else if (chance < 0.95) later(50, () => { endLeg(legId, random() < 0.5 ? 'USER_BUSY' : 'SWITCH_CONGESTION') })
        later(15_000, () => { if (legs.get(legId)?.answered === null) endLeg(legId, 'NO_ANSWER') })
        return
      }
      case 'end-leg':
        return later(10, () => { endLeg(command.legId, command.cause) })
      case 'end-call':
        if (!hungUpByOperator.has(command.callId) && truth.get(command.callId)?.alive === true) violations.push(`we hung up ${command.callId}`)
        return later(10, () => { endCall(command.callId, 'NORMAL_CLEARING') })
      case 'open-ticket': {
        const { callId, callBack } = command
        const before = tickets.get(callId)
        if (before === undefined) tickets.set(callId, { opened: now, callBack })
        later(5 + random() * 50, () => { feed({ type: 'call.ticket', ticket: { id: callId, number: '1', version: 1 } as unknown as Ticket }) })
        return
      }
      case 'mark-call-back': {
        const ticket = tickets.get(command.callId)
        if (ticket !== undefined) ticket.callBack = true
        return
      }
      case 'reconcile':
        return reconcile()
      default:
    }
  }

  function pickUp(legId: string): void {
    const leg = legs.get(legId)
    if (leg === undefined || !leg.alive) return
    leg.answered = now
    hear({ type: 'leg.answered', legId, callId: leg.callId, operatorId: leg.operatorId, at: now })
    const call = truth.get(leg.callId)
    if (call === undefined || !call.alive) return later(40, () => { endLeg(legId, 'NORMAL_CLEARING') })
    if (call.bridgedTo !== null) violations.push(`${legId} takes a caller who talks with ${call.bridgedTo}`)
    call.bridgedTo = legId
    call.answeredEver = true
    hear({ type: 'call.bridged', callId: leg.callId, legId, at: now + 60, answeredAt: now })
    if (random() < 0.1) later(20 + random() * 100, () => { endCall(leg.callId, 'NORMAL_CLEARING') })
    else if (random() < 0.5) later(1_000 + random() * 20_000, () => { hungUpByOperator.add(leg.callId); endLeg(legId, 'NORMAL_CLEARING') })
    else later(1_000 + random() * 20_000, () => { endCall(leg.callId, 'NORMAL_CLEARING') })
  }

  function endLeg(legId: string, cause: string): void {
    const leg = legs.get(legId)
    if (leg === undefined || !leg.alive) return
    leg.alive = false
    hear({ type: 'leg.ended', legId, callId: leg.callId, operatorId: leg.operatorId, cause, at: now, ...(leg.answered === null ? {} : { answeredAt: leg.answered }) })
    const call = truth.get(leg.callId)
    // `hangup_after_bridge` in the dialplan: a talk that the operator ends is over for the citizen too.
    if (call?.bridgedTo === legId) later(20, () => { endCall(leg.callId, 'NORMAL_CLEARING') })
  }

  function endCall(callId: string, cause: string): void {
    const call = truth.get(callId)
    if (call?.alive !== true) return
    call.alive = false
    hear({ type: 'call.ended', callId, cause, at: now })
    if (call.bridgedTo !== null) endLeg(call.bridgedTo, 'NORMAL_CLEARING')
  }

  function reconcile(): void {
    const at = now
    const calls: LiveCall[] = []
    for (const [callId, call] of truth) {
      if (!call.alive) continue
      const own = [...legs].find(([legId, leg]) => leg.alive && leg.callId === callId && (call.bridgedTo === null || call.bridgedTo === legId))
      calls.push({
        call: arriving(callId, 0),
        ...(own === undefined ? {} : { leg: { legId: own[0], operatorId: own[1].operatorId, ...(own[1].answered === null ? {} : { answeredAt: own[1].answered }) } }),
      })
    }
    later(20, () => { feed({ type: 'resync', calls, at, restarted: false }) })
  }

  function check(): void {
    const seats = new Map<string, string>()
    for (const call of room.calls.values()) {
      if (call.offer !== null && call.offer.cancelling === null) {
        const other = seats.get(call.offer.operatorId)
        if (other !== undefined) violations.push(`${call.offer.operatorId} is offered ${other} and ${call.callId}`)
        seats.set(call.offer.operatorId, call.callId)
      }
    }
    for (const operator of room.operators.values()) {
      if ((operator.presence === 'ringing' || operator.presence === 'talking') && operator.callId === null) violations.push(`${operator.operatorId} ${operator.presence} without a call`)
      if (operator.presence === 'ready' && operator.callId !== null) violations.push(`${operator.operatorId} ready with a call`)
    }
  }

  function run(until: number): void {
    while (agenda.length > 0) {
      agenda.sort((a, b) => a.at - b.at || a.order - b.order)
      const [next] = agenda
      if (next === undefined || next.at > until) break
      agenda = agenda.slice(1)
      now = next.at
      next.run()
    }
    now = until
  }

  return {
    get room() { return room }, get now() { return now }, truth, legs, tickets, violations, log, random, feed, later, run, endCall, reconcile,
    staff(): void {
      feed({ type: 'resync', calls: [], at: now, restarted: false })
      for (let n = 1; n <= operators; n += 1) {
        feed({ type: 'operator.attached', profile: { operatorId: uuid(n), displayName: `op${n}`, extension: `100${n}`, skills: n % 2 === 0 ? ['noise'] : [] } })
        feed({ type: 'operator.ready', operatorId: uuid(n), ready: true })
      }
    },
    arrive(n: number): string {
      const callId = uuid(0xc0000 + n)
      truth.set(callId, { alive: true, bridgedTo: null, answeredEver: false, ringing: null })
      feed({ type: 'call.arrived', call: arriving(callId, now) })
      return callId
    },
    call: (callId: string): Call | undefined => room.calls.get(callId),
  }
}
