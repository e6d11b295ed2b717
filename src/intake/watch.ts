import type { HealthView, QueueView } from '../contracts/ws.js'
import { isBalking } from './core/room.js'
import type { IntakeDeps } from './deps.js'
import type { Loop } from './loop.js'
import type { NativeAgents } from './native-agents.js'
import type { DayCounters } from './ports.js'

/** How often the loop that serves calls looks after itself, ms. */
const TICK = 250
/** The dead-man's switch is renewed this often; FreeSWITCH acts after 4 s without (design.md "The call"). */
const RENEW = 1_500
/** A tick this late means that our event loop stood still: let the switch run out rather than promise what we cannot keep. */
const SICK_LAG = 1_000
const RECONCILE = 10_000
const COUNTERS = 5_000
/** A busy room changes with every tick, and each change is a message to every desk: nobody reads faster than this, ms. */
const QUEUE_SHOWN = 500
/** One look in vain, in a busy moment, is no news. */
const WORTH_TELLING = 2
/** How often the nodes tell one another whether they have operators, and FreeSWITCH. */
const BEAT = 2_000

export interface WatchDeps extends Pick<IntakeDeps, 'switchboard' | 'records' | 'desk' | 'monotonic' | 'logger'> {
  readonly beat: () => Promise<void>
  readonly say: () => void
  /** Calls are well here just now: somebody takes them. */
  readonly serves: () => boolean
  readonly agents: Pick<NativeAgents, 'changed' | 'tick'>
  readonly queueView: () => QueueView
  readonly healthView: () => HealthView
}

/** What the intake does by the clock. */
export interface Watch {
  start(): void
  stop(): void
  /** The queue is shown anew within half a second: a busy room changes many times in it. */
  queueChanged(): void
  /** As last counted by the database. */
  today(): DayCounters
}

/** Ticks the room, renews the dead-man's switch, reconciles, keeps the native queue's agents, and tells the desks how things stand. */
export function makeWatch(loop: Loop, deps: WatchDeps): Watch {
  const { switchboard, monotonic, logger } = deps
  let timer: NodeJS.Timeout | null = null
  let today: DayCounters = { answered: 0, answeredInTime: 0, promised: 0, abandoned: 0 }
  let failures = 0
  let lastTick = -Infinity
  let lastHealth = ''
  let changed = false
  let beating = false
  let balking = false

  /** True at most once in `every` ms. */
  function pace(every: number): () => boolean {
    let last = -Infinity
    return () => {
      const due = monotonic() - last >= every
      if (due) last = monotonic()
      return due
    }
  }
  const renewalDue = pace(RENEW)
  const reconcileDue = pace(RECONCILE)
  const beatDue = pace(BEAT)
  const wordDue = pace(BEAT)
  const signDue = pace(BEAT)
  const countersDue = pace(COUNTERS)
  const queueDue = pace(QUEUE_SHOWN)

  /** Said once when the counters cannot be read, and once when they can again: while the database is away nothing is new every 5 s. */
  async function count(): Promise<void> {
    try {
      const counted = await deps.records.today()
      // A call that ended is counted after its end moved the queue: the desks are told once more.
      changed ||= counted.answered !== today.answered || counted.answeredInTime !== today.answeredInTime || counted.promised !== today.promised || counted.abandoned !== today.abandoned
      today = counted
      if (failures >= WORTH_TELLING) logger.info({}, 'counters are read again')
      failures = 0
    } catch (error) {
      failures += 1
      if (failures === WORTH_TELLING) logger.warn({ err: error }, 'counters not read')
    }
  }

  function tick(): void {
    const now = monotonic()
    const lag = lastTick === -Infinity ? 0 : now - lastTick - TICK
    lastTick = now
    loop.feed({ type: 'tick' })
    const { waiting } = loop.room()
    const balks = isBalking(loop.room(), now)
    if (balks !== balking) {
      balking = balks
      if (balks) logger.error({ waiting: waiting.size }, 'FreeSWITCH refuses to ring anybody for us (its allow-list, or pbx.operatorDial): callers are left to its own queue')
      else logger.info({}, 'callers are taken again')
    }
    // Reached only when the step above went well, on a loop that is on time, over a link that is up, and while offers come to something: this is the switch's watchman.
    if (lag < SICK_LAG && switchboard.up && !balks && renewalDue()) {
      const held = waiting.values().filter((call) => call.held).map((call) => call.callId)
      if (held.length > 0) switchboard.renewSwitch(held)
    }
    if (lag < SICK_LAG && deps.serves() && signDue()) switchboard.sayAble()
    if (switchboard.up && reconcileDue()) switchboard.reconcile()
    deps.agents.tick()
    if (wordDue()) deps.say()
    if (!beating && beatDue()) {
      beating = true
      // Without the database the last word of other nodes stands.
      loop.background('', 'other nodes not heard', deps.beat().catch(() => undefined).finally(() => { beating = false }))
    }
    if (countersDue()) {
      loop.background('', 'counters not read', count())
      // Time alone makes the longest wait longer.
      changed ||= waiting.size > 0
    }
    if (changed && queueDue()) {
      deps.desk.broadcast({ type: 'queue', queue: deps.queueView() })
      changed = false
    }
    const health = deps.healthView()
    const shown = JSON.stringify(health)
    if (shown !== lastHealth) {
      lastHealth = shown
      deps.desk.broadcast({ type: 'health', health })
    }
  }

  return {
    start() {
      timer = setInterval(() => {
        try {
          tick()
        } catch (error) {
          // The switch is not renewed then, and callers fall through to the native queue: better than a queue that does not move.
          logger.error({ err: error }, 'tick failed')
        }
      }, TICK)
    },
    stop() {
      if (timer !== null) clearInterval(timer)
      timer = null
    },
    queueChanged() {
      changed = true
      deps.agents.changed()
    },
    today: () => today,
  }
}
