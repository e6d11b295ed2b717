import type { IntakeDeps } from './deps.js'
import type { Loop } from './loop.js'
import type { NativeAgents } from './native-agents.js'

/** What was heard of another node is believed for so long without news, ms. */
const BELIEVED = 10_000

/** The other nodes of the site: whether they have operators, and callers passed on to them. */
export interface Neighbours {
  /** Operators here who take calls. */
  able(): number
  /** Another node has operators, as far as was heard lately. */
  elsewhere(): boolean
  /** Tells the others about us and hears of them. Who waits here, where nobody can take him, while another node has somebody, is sent there: his place goes with him. */
  beat(): Promise<void>
  /** We stop: who waits and is rung for by nobody goes to another node, if one has operators; his place goes with him. Only once we do not listen any more, or he comes back to us. */
  handOver(): void
}

/** @param draining true once this node takes no more calls. */
export function makeNeighbours(loop: Loop, { presence, switchboard, monotonic, logger, agents }: Pick<IntakeDeps, 'presence' | 'switchboard' | 'monotonic' | 'logger'> & { readonly agents: Pick<NativeAgents, 'mine' | 'heard'> }, draining: () => boolean): Neighbours {
  let heardAt = -Infinity
  const able = (): number => loop.room().able
  const elsewhere = (): boolean => monotonic() - heardAt < BELIEVED

  function passOn(why: string): void {
    if (!elsewhere() || !switchboard.up) return
    const waiting = loop.room().waiting.values().filter((call) => call.held && !call.away && call.offer === null).map((call) => call.callId)
    if (waiting.length === 0) return
    logger.info({ waiting: waiting.length }, `${why}: callers go to another node`)
    for (const callId of waiting) loop.feed({ type: 'call.passed', callId })
    switchboard.passOn(waiting)
  }

  return {
    able,
    elsewhere,
    async beat() {
      const mine = draining() ? 0 : able()
      const before = elsewhere()
      const heard = await presence.beat(mine, draining() ? {} : agents.mine())
      heardAt = heard.elsewhere ? monotonic() : -Infinity
      agents.heard(heard.seats)
      // Known since the last beat at least: by now we do not listen any more, and he does not come back to us.
      if (mine === 0 && able() === 0 && before) passOn('nobody is here to take calls')
    },
    handOver() { passOn('this node stops') },
  }
}
