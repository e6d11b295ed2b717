import type { IntakeDeps } from './deps.js'
import type { Loop } from './loop.js'
import type { NativeAgents } from './native-agents.js'

/** What was heard of another node is believed for so long without news, ms; while the database, by which the nodes hear of one another, is away: until it is back. */
const BELIEVED = 10_000

/** The other nodes of the site: whether they have operators, and callers passed on to them. */
export interface Neighbours {
  /** A caller is well here: somebody takes calls, or will before long, and no other node has whom we lack. */
  takes(): boolean
  /**
   * Tells the others about us and hears of them. Who waits here, where nobody can take him, while another node has somebody or nobody can sign in here,
   * is sent on: his place goes with him. Rejects when the database does not answer.
   */
  beat(): Promise<void>
  /** We stop: who waits and is rung for by nobody goes to another node, if one has operators; his place goes with him. Only once we do not listen any more, or he comes back to us. */
  handOver(): void
}

export interface NeighboursDeps extends Pick<IntakeDeps, 'presence' | 'switchboard' | 'monotonic' | 'logger' | 'database' | 'settings'> {
  readonly agents: Pick<NativeAgents, 'mine' | 'heard'>
}

/** @param draining true once this node takes no more calls. */
export function makeNeighbours(loop: Loop, { presence, switchboard, monotonic, logger, database, settings, agents }: NeighboursDeps, draining: () => boolean): Neighbours {
  /** When another node was last heard to have operators; -Infinity: the last word was that none has. */
  let heardAt = -Infinity
  /** The last beat came to nothing. */
  let deaf = false
  const able = (): number => loop.room().able
  const elsewhere = (): boolean => heardAt > -Infinity && (deaf || monotonic() - heardAt < BELIEVED)
  /** Sessions live in the database: without it nobody signs in, and there are those only whose desks are here. */
  const staffable = (): boolean => database().database === 'up' || loop.room().operators.some(({ attached }) => attached)
  /** Nobody here can take a caller, and he does better elsewhere: at a node that has somebody, or in the switch's own queue, whose telephones ring without us. */
  const useless = (): boolean => able() === 0 && (elsewhere() || !staffable())

  function passOn(why: string): void {
    if (!switchboard.up) return
    const waiting = loop.room().waiting.values().filter((call) => call.held && !call.away && call.offer === null).map((call) => call.callId)
    if (waiting.length === 0) return
    logger.info({ waiting: waiting.length }, `${why}: callers go on`)
    for (const callId of waiting) loop.feed({ type: 'call.passed', callId })
    switchboard.passOn(waiting)
  }

  return {
    takes: () => able() > 0 || (settings.whenUnstaffed === 'wait' && !useless()),
    async beat() {
      const mine = draining() ? 0 : able()
      const before = useless()
      try {
        const heard = await presence.beat(mine, draining() ? {} : agents.mine())
        deaf = false
        heardAt = heard.elsewhere ? monotonic() : -Infinity
        agents.heard(heard.seats)
      } catch (error) {
        deaf = true
        throw error
      } finally {
        // Known since the last beat at least: by now we do not listen any more, and he does not come back to us.
        if (mine === 0 && before && useless()) passOn('nobody is here to take calls')
      }
    },
    handOver() { if (elsewhere()) passOn('this node stops') },
  }
}
