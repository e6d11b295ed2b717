import { QUEUE_CLASSES } from '../../contracts/call.js'
import type { Call, Operator, Room, RoomSettings } from './room.js'

export interface Match { readonly callId: string; readonly operatorId: string }

const byUrgency = (a: Call, b: Call): number =>
  QUEUE_CLASSES.indexOf(a.class) - QUEUE_CLASSES.indexOf(b.class) || b.priority - a.priority || a.queuedSince - b.queuedSince || (a.callId < b.callId ? -1 : 1)

const byIdle = (a: Operator, b: Operator): number => a.idleSince - b.idleSince || (a.operatorId < b.operatorId ? -1 : 1)

/** The caller's place among those who wait, from 1. */
export function positionOf({ calls, waiting }: Room, callId: string): number {
  const own = calls.get(callId)
  if (own === undefined) return 1
  let before = 0
  for (const call of waiting.values()) if (call !== own && byUrgency(call, own) < 0) before += 1
  return before + 1
}

/**
 * Who is offered which of the `queued` calls now, of those who are ready (`operators`: all; `live`: all calls that go on; asked only when it matters): emergency class first, then seniority; of the able and ready operators the longest idle.
 * Skills bind only a categorised call of the standard class, and only until `skillOverflow`, or not at all
 * when nobody at a desk has the skill: a caller is never left waiting for a specialist who is not there.
 */
export function match(queued: readonly Call[], idle: readonly Operator[], operators: () => readonly Operator[], live: () => readonly Call[], mono: number, settings: RoomSettings): Match[] {
  if (idle.length === 0) return []
  const ready = [...idle].sort(byIdle)
  let attached: readonly Operator[] | null = null
  const everyone = (): readonly Operator[] => attached ??= operators().filter((operator) => operator.attached)
  const waiting = [...queued].sort(byUrgency)
  const matches: Match[] = []
  // A flood of demoted calls never occupies the last operators; a single one serves it when nobody else waits.
  let room = waiting.at(-1)?.class === 'demoted' ? Math.max(1, everyone().length - settings.reservedOperators) - live().filter(occupiesDemoted).length : 0
  for (const call of waiting) {
    if (ready.length === 0 || (call.class === 'demoted' && room <= 0)) break
    const skilled = skillNeeded(call, everyone, mono, settings)
    const index = skilled === null ? 0 : ready.findIndex((operator) => isAble(operator, skilled))
    const [operator] = index < 0 ? [] : ready.splice(index, 1)
    if (operator === undefined) continue
    matches.push({ callId: call.callId, operatorId: operator.operatorId })
    if (call.class === 'demoted') room -= 1
  }
  return matches
}

const occupiesDemoted = (call: Call): boolean => call.class === 'demoted' && call.ended === null && (call.offer !== null || call.answer !== null)

const isAble = (operator: Operator, category: string): boolean => operator.profile.skills.length === 0 || operator.profile.skills.includes(category)

function skillNeeded(call: Call, everyone: () => readonly Operator[], mono: number, settings: RoomSettings): string | null {
  const category = call.skill ?? call.category
  if (category === null || call.class === 'emergency' || mono - call.queuedSince >= settings.skillOverflow) return null
  return everyone().some((operator) => operator.presence !== 'break' && operator.presence !== 'offline' && isAble(operator, category)) ? category : null
}
