import { agentsWanted, standingsOf } from './core/agents.js'
import type { IntakeDeps } from './deps.js'
import type { Loop } from './loop.js'
import type { NativeAgent, Standings } from './ports.js'

/** The list is read anew this often, ms: FreeSWITCH's configuration, another node or a person at its console may have changed it. */
const LOOK = 10_000
/** Nobody is signed out in the native queue before this, ms: after a restart, of ours or of another node's, desks are on their way back. */
const GONE = 60_000

/** The native queue's agents, kept as our operators are. */
export interface NativeAgents {
  /** Somebody's presence changed, or a telephone came or went: the next `tick` looks. */
  changed(): void
  /** Several times a second; does something when there is something to do. */
  tick(): void
  /** What the other nodes said of their operators. */
  heard(others: Standings): void
  /** What this node tells the others. */
  mine(): Standings
}

/** @param leaving true once this node takes no more calls: what the native queue knows then stays, since it serves from now on. */
export function makeNativeAgents(loop: Loop, { switchboard, directory, monotonic, logger }: Pick<IntakeDeps, 'switchboard' | 'directory' | 'monotonic' | 'logger'>, leaving: () => boolean): NativeAgents {
  let startedAt: number | null = null
  /** When somebody was last signed in with a telephone, here or elsewhere. */
  const seenAt = new Map<string, number>()
  let others: Standings = {}
  /** As FreeSWITCH has them, to our knowledge. Null: to be read. */
  let known: readonly NativeAgent[] | null = null
  let readAt = -Infinity
  let reading = false
  let due = true
  let missing = false

  const mine = (): Standings => standingsOf(loop.room().operators.values())
  /** Who left this node by himself is gone at once. */
  function goneOf(): (extension: string) => boolean {
    const left = new Set(loop.room().operators.values().filter(({ attached, presence }) => !attached && presence === 'offline').map(({ profile }) => profile.extension))
    return (extension) => left.has(extension) || monotonic() - (seenAt.get(extension) ?? startedAt ?? monotonic()) >= GONE
  }

  function see(standings: Standings): void { for (const extension of Object.keys(standings)) seenAt.set(extension, monotonic()) }

  /** Everybody who may ever sit here, as PostgreSQL last said, and who does by now. */
  let operators: readonly string[] = []

  async function read(): Promise<void> {
    operators = await directory.extensions().catch(() => operators)
    const agents = await switchboard.nativeAgents([...new Set([...operators, ...Object.keys(mine()), ...Object.keys(others)])])
    readAt = monotonic()
    if (agents === null && !missing) logger.warn({}, 'the native queue is not there: nobody answers while we are away (liandong doctor)')
    missing = agents === null
    known = agents ?? []
    due = true
  }

  function tell(agents: readonly NativeAgent[]): void {
    const here = mine()
    see(here)
    see(others)
    const wanted = agentsWanted(agents, { mine: here, others, isGone: goneOf(), hasPhone: switchboard.hasPhone })
    const changes = wanted.filter((agent, at) => agent.status !== agents[at]?.status || agent.level !== agents[at].level)
    if (changes.length > 0) switchboard.setNativeAgents(changes)
    known = wanted
  }

  return {
    changed() { due = true },
    heard(standings) { others = standings; due = true },
    mine,
    tick() {
      startedAt ??= monotonic()
      if (leaving()) return
      if (!switchboard.up) { known = null; return }
      if (reading) return
      if (known === null || monotonic() - readAt >= LOOK) {
        reading = true
        return loop.background('', 'the native queue was not read', read().finally(() => { reading = false }))
      }
      if (!due) return
      due = false
      tell(known)
    },
  }
}
