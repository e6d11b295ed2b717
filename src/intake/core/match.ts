import { QUEUE_CLASSES } from '../../contracts/call.js'
import { takesCalls, type Call, type Operator, type Room, type RoomSettings } from './room.js'

export interface Match { readonly callId: string; readonly operatorId: string }

const CLASSES = QUEUE_CLASSES.length

/** By the number that he dialled, then by what he called about: a key of somebody who dialled another number costs nobody of an emergency number his place. Who is demoted is the last of all. */
const rankOf = ({ class: own, arriving }: Call): number => (own === 'demoted' || arriving.yields !== true ? 0 : CLASSES) + (own === 'demoted' ? 2 * CLASSES : QUEUE_CLASSES.indexOf(own))

/** Operators are reserved against these: of the last ranks, and no emergency by their keys. */
export const isHeldBack = ({ class: own, arriving }: Call): boolean => own === 'demoted' || (own === 'standard' && arriving.yields === true)

/** Who is offered first comes first. */
export const byUrgency = (a: Call, b: Call): number =>
  rankOf(a) - rankOf(b) || b.priority - a.priority || a.queuedSince - b.queuedSince || (a.callId < b.callId ? -1 : 1)

const byIdle = (a: Operator, b: Operator): number => a.idleSince - b.idleSince || (a.operatorId < b.operatorId ? -1 : 1)

/** The caller's place among those who wait, from 1. */
export function positionOf({ calls, waiting }: Room, callId: string): number {
  const own = calls.get(callId)
  if (own === undefined) return 1
  let before = 0
  waiting.each((call) => { if (call !== own && byUrgency(call, own) < 0) before += 1 })
  return before + 1
}

/** Of whom a match is made: `queued` and `ready` are the calls and operators of `live` and `operators` that can be matched. */
export type Floor = Pick<Room, 'queued' | 'ready' | 'live' | 'operators'>

/**
 * Who is offered which of the queued calls now: callers of an emergency number first, of these the emergency class, then seniority; of the able and ready operators the longest idle.
 * A skill is a wish, not a gate: whoever knows what a call of the standard class is about goes before who does not, and where nobody of them is ready,
 * anybody else takes it. Only where `skillOverflow` says so does it wait for one, so long at most, and not at all when nobody at a desk has the skill:
 * the proof counts that time as one in which a ready operator cannot speak to the caller.
 * Most often one operator has become ready: the most urgent caller is looked for, and nobody is sorted.
 */
export function match(floor: Floor, mono: number, settings: RoomSettings): Match[] {
  if (floor.ready.size === 0) return []
  const ready = [...floor.ready.values()].sort(byIdle)
  const taken = new Set<string>()
  const matches: Match[] = []
  const present = new Map<string, boolean>()
  /** Whether anybody who takes calls, or will by himself, has this skill. */
  function isPresent(category: string): boolean {
    let known = present.get(category)
    if (known === undefined) present.set(category, known = floor.operators.some((operator) => takesCalls(operator) && hasSkill(operator, category)))
    return known
  }
  /** The longest idle of those who can take the call, by place in `ready`; -1: nobody. */
  function whoFor(call: Call): number {
    const category = call.skill ?? call.category
    if (category === null || call.class === 'emergency') return 0
    const able = ready.findIndex((operator) => hasSkill(operator, category))
    if (able >= 0) return able
    return mono - call.queuedSince < settings.skillOverflow && isPresent(category) ? -1 : 0
  }
  // A flood of demoted calls, or the callers of the city's other numbers, never occupy the last operators; a single one serves them when nobody else waits. Counted when one is to be offered.
  let room: number | null = null
  while (ready.length > 0) {
    let next: Call | null = null
    let by = -1
    floor.queued.each((call) => {
      if (mono < call.notBefore || taken.has(call.callId) || (next !== null && byUrgency(next, call) < 0)) return
      const able = whoFor(call)
      if (able >= 0) [next, by] = [call, able]
    })
    const call = next as Call | null // the compiler does not follow what `each` writes
    const [operator] = call === null ? [] : ready.splice(by, 1)
    if (call === null || operator === undefined) break
    if (isHeldBack(call)) {
      room ??= roomForHeldBack(floor, settings)
      if (room <= 0) break // the last ranks: all that are left are of them
      room -= 1
    }
    taken.add(call.callId)
    matches.push({ callId: call.callId, operatorId: operator.operatorId })
  }
  return matches
}

/** Of the operators who take calls, or have one, all but the reserved ones, less those who are occupied by callers that are held back; of one alone nobody is kept away. */
function roomForHeldBack({ operators, live }: Floor, { reservedOperators }: RoomSettings): number {
  let [present, occupied] = [0, 0]
  operators.each((operator) => {
    if (!operator.attached || (operator.callId === null && !takesCalls(operator))) return
    present += 1
    const call = operator.callId === null ? undefined : live.get(operator.callId)
    if (call !== undefined && call.ended === null && isHeldBack(call)) occupied += 1
  })
  return Math.max(1, present - reservedOperators) - occupied
}

const hasSkill = (operator: Operator, category: string): boolean => operator.profile.skills.length === 0 || operator.profile.skills.includes(category)
