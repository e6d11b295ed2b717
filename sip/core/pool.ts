/**
 * The FreeSWITCH pool as plain data: health with hysteresis, weights, drain, who is tried in which order.
 * Functions of (state, event, now): no clock, socket or chance of their own.
 */
export interface TargetSpec {
  /** `host:port`, as the telephony admin wrote it: also its name in metrics. */
  readonly id: string
  /** Share of new calls among healthy targets. */
  readonly weight: number
}

/** `unknown`: nothing heard yet; used only when no target is known to be up. `full`: the target itself refuses new calls (503 to OPTIONS). */
export type Health = 'unknown' | 'up' | 'full' | 'down'

export interface Target extends TargetSpec {
  readonly health: Health
  /** Since when, ms. */
  readonly since: number
  /** Results in a row that contradict `health`: hysteresis. */
  readonly against: number
  /** What those speak for: a target that is full may get better or worse, and results of both kinds are not added up. */
  readonly towards: Health
  /** Calls in a row that it took (100, 180) and never answered. What answers OPTIONS in FreeSWITCH is not what answers calls. */
  readonly stuck: number
  /** The last sign of life of a node of it where somebody takes calls, and since when it has been the last one, ms; null: it gives none (an older dialplan). */
  readonly sign: { readonly mark: string; readonly at: number } | null
  /** Nobody takes calls there: no node of it that lives has an operator. */
  readonly unstaffed: boolean
  /** Taken out by the admin. */
  readonly drained: boolean
}

/** A node of which somebody takes calls gives a new sign every 2 s, at most a second late (src/intake/watch.ts), ms. */
const ALIVE = 3_500

export type Pool = ReadonlyMap<string, Target>

export interface PoolRules {
  /** Failures in a row until a target is down. */
  readonly fall: number
  /** Good answers in a row until it is up again. */
  readonly rise: number
}

export type PoolEvent =
  /** It answered an OPTIONS in time. */
  | { readonly type: 'good'; readonly id: string }
  /** It answered a call. */
  | { readonly type: 'answered'; readonly id: string }
  /** It took a call and did not answer it in time. */
  | { readonly type: 'stuck'; readonly id: string }
  /** No answer in time, or a broken one. */
  | { readonly type: 'bad'; readonly id: string }
  /** 503 to OPTIONS: it is well but takes no new calls (draining, or all channels in use). No hysteresis: it knows best. */
  | { readonly type: 'full'; readonly id: string }
  /** Asked whether somebody takes calls there, it gave this sign; empty: none of its nodes ever had anybody. Null: it knows nothing of signs. */
  | { readonly type: 'sign'; readonly id: string; readonly mark: string | null }
  | { readonly type: 'drain'; readonly id: string; readonly drained: boolean }

/** The FreeSWITCHes of the settings, of whose health nothing is known yet. `now`: ms. */
export const makePool = (specs: readonly TargetSpec[], now: number): Pool =>
  new Map(specs.map((spec) => [spec.id, { ...spec, health: 'unknown', since: now, against: 0, towards: 'unknown', stuck: 0, sign: null, unstaffed: false, drained: false }]))

/** The pool after news of one of them; the same object when nothing changed. `now`: ms. */
export function stepPool(pool: Pool, event: PoolEvent, now: number, rules: PoolRules): Pool {
  const target = pool.get(event.id)
  if (target === undefined) return pool
  const next = event.type === 'drain' ? { ...target, drained: event.drained } : event.type === 'sign' ? signed(target, event.mark, now) : heard(target, event.type, now, rules)
  return next === target ? pool : new Map(pool).set(event.id, next)
}

/** No clock but ours has a part in it: a node that lives gives another sign than the last one, whatever it says. */
function signed(target: Target, mark: string | null, now: number): Target {
  if (mark === null) return target.sign === null ? target : { ...target, sign: null, unstaffed: false }
  if (mark !== target.sign?.mark) return { ...target, sign: { mark, at: now }, unstaffed: mark === '' }
  return target.unstaffed || now - target.sign.at < ALIVE ? target : { ...target, unstaffed: true }
}

function heard(target: Target, what: Exclude<PoolEvent['type'], 'drain' | 'sign'>, now: number, rules: PoolRules): Target {
  const become = (health: Health): Target => ({ ...target, health, since: now, against: 0, towards: health })
  const count = (needed: number, health: Health): Target => {
    const against = (target.towards === health ? target.against : 0) + 1
    return against >= needed ? become(health) : { ...target, against, towards: health }
  }
  const agrees = (): Target => (target.against === 0 ? target : { ...target, against: 0 })
  /** It answers no calls: whatever it answers to OPTIONS counts for nothing until it does. */
  const deaf = target.stuck >= rules.fall && target.health === 'down'
  if (deaf && (what === 'good' || what === 'full')) return target
  switch (what) {
    case 'answered': return target.stuck === 0 ? target : { ...target, stuck: 0 }
    case 'stuck': return { ...(target.stuck + 1 >= rules.fall && target.health !== 'down' ? become('down') : target), stuck: target.stuck + 1 }
    case 'full': return target.health === 'full' ? agrees() : become('full')
    case 'good':
      if (target.health === 'up') return agrees()
      // The first answer of all is believed: at start nothing is gained by waiting.
      return target.health === 'unknown' ? become('up') : count(rules.rise, 'up')
    case 'bad': return target.health === 'down' ? agrees() : count(rules.fall, 'down')
  }
}

/** Gets new calls. */
export const isUsable = (target: Target): boolean => !target.drained && (target.health === 'up' || target.health === 'unknown') && target.weight > 0

/** Whom a call tries before whom: a lower number first. That one did not answer its last call may be the load; where nobody sits, a caller waits for nobody knows how long. */
const placeOf = ({ health, unstaffed, stuck }: Target): number => (health === 'up' ? 0 : 4) + (unstaffed ? 2 : 0) + (stuck > 0 ? 1 : 0)

/**
 * Targets in the order in which a call tries them, by weighted chance among equals: those that are up, then those not yet heard of; of either those
 * first where somebody takes calls. None is left out for that: where all others fail, and where nobody sits anywhere, a FreeSWITCH still has its
 * native queue. Empty: the carrier must re-route. `random` gives numbers in [0, 1).
 */
export function order(pool: Pool, random: () => number): readonly Target[] {
  const left = [...pool.values()].filter(isUsable)
  const chosen: Target[] = []
  while (left.length > 0) {
    const first = Math.min(...left.map(placeOf))
    const among = left.filter((target) => placeOf(target) === first)
    let at = random() * among.reduce((sum, { weight }) => sum + weight, 0)
    const next = among.find(({ weight }) => (at -= weight) < 0) ?? among[among.length - 1]
    if (next === undefined) break
    chosen.push(next)
    left.splice(left.indexOf(next), 1)
  }
  return chosen
}
