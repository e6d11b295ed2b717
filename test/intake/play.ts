import type { Command } from '../../src/intake/core/command.js'
import type { RoomEvent } from '../../src/intake/core/event.js'
import { emptyRoom, type Env, type Room } from '../../src/intake/core/room.js'
import { step } from '../../src/intake/core/step.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { arriving, settings, uuid } from './world.js'

/** `mono`: where the monotonic clock stands, if the wall clock was set. */
export const env = (now: number, mono = now): Env => {
  let n = 0
  return { now, mono, newId: () => uuid(0xf000 + now + n++), settings, remembered: () => null, classOf: (category) => (category === 'fire' ? 'emergency' : 'standard') }
}
/** Plays events at their monotonic times; the wall clock is `ahead` of them. */
export const play = (events: readonly (readonly [number, RoomEvent])[], from: Room = emptyRoom, ahead = 0) => {
  let room = from
  const commands: Command[] = []
  for (const [now, event] of events) {
    const result = step(room, event, env(now + ahead, now))
    room = result.room
    commands.push(...result.commands)
  }
  return { room, commands, of: <T extends Command['type']>(type: T) => commands.filter((command): command is Extract<Command, { type: T }> => command.type === type) }
}
export const A = uuid(1)
export const B = uuid(2)
export const C1 = uuid(101)
export const C2 = uuid(102)
export const up: Extract<RoomEvent, { type: 'resync' }> = { type: 'resync', calls: [], at: 0, restarted: false }
export const attach = (operatorId: string, skills: string[] = []): Extract<RoomEvent, { type: 'operator.attached' }> => ({ type: 'operator.attached', profile: { operatorId, displayName: '', extension: '1001', skills } })
export const ready = (operatorId: string, wish = true): RoomEvent => ({ type: 'operator.ready', operatorId, ready: wish })
export const arrive = (callId: string, at = 10): RoomEvent => ({ type: 'call.arrived', call: arriving(callId, at) })
export const tag = (callId: string, value: string): RoomEvent => ({ type: 'call.tagged', callId, tag: { key: 'category', value, node: 'menu', at: 20 }, keyed: true })
export const legOf = (room: Room, callId: string): string => room.calls.get(callId)?.offer?.legId ?? 'none'
export const ticket = (id: string, version = 1): RoomEvent => ({ type: 'call.ticket', ticket: { id, number: '1000-0018', version } as unknown as Ticket })
