import type { NativeAgent, Standings } from '../ports.js'
import { takesCalls, type Operator } from './room.js'

/** How one who is signed in stands to the next call: `ready` takes it, `able` will by himself in a moment (paper work, a pause), `away` only when he asks for it. */
export function standingOf(operator: Operator): Standings[string] | null {
  if (!operator.attached) return null
  if (!takesCalls(operator)) return operator.presence === 'unreachable' && operator.wantsReady ? 'able' : 'away'
  // Who talks or is rung is left alone by his leg itself (callcenter_track), which also ends it when we are dead by then.
  return operator.presence === 'wrap-up' || operator.presence === 'paused' ? 'able' : 'ready'
}

/** Operators of this node by extension. Of two with one telephone the one who is nearer to a call counts. */
export function standingsOf(operators: readonly Operator[]): Standings {
  const all: Record<string, Standings[string]> = {}
  for (const operator of operators) {
    const standing = standingOf(operator)
    if (standing !== null) all[operator.profile.extension] = nearer(all[operator.profile.extension], standing)
  }
  return all
}

const ORDER = ['ready', 'able', 'away'] as const
const nearer = (one: Standings[string] | undefined, other: Standings[string]): Standings[string] =>
  ORDER.find((standing) => standing === one || standing === other) ?? other

/** Who is said to be where. */
export interface Known {
  /** Signed in at this node. */
  readonly mine: Standings
  /** Signed in at other nodes, as last heard. */
  readonly others: Standings
  /** Nobody has been seen at this extension, at any node, for so long that he is taken for gone. */
  readonly isGone: (extension: string) => boolean
  /** FreeSWITCH has this telephone registered. */
  readonly hasPhone: (extension: string) => boolean
}

/**
 * What the native queue's agents should be. It serves when we do not, and it may be for long: so whoever only does his paper work is rung after
 * all who are ready instead of never, and where nobody would be rung those on a break are, and where nobody is signed in at all every telephone:
 * those that are registered first, since mod_callcenter tries one after the other, several a second, and begins with whoever never took a call;
 * a city's accounts are many, and with some forty of them away it would begin anew before it came to a telephone that is there.
 * Who sits at another node is left to that one; of whom nothing is known yet stays what he is.
 */
export function agentsWanted(agents: readonly NativeAgent[], { mine, others, isGone, hasPhone }: Known): readonly NativeAgent[] {
  const all = [...Object.values(mine), ...Object.values(others)]
  const someoneAble = all.some((standing) => standing !== 'away')
  return agents.map((agent) => {
    const { extension } = agent
    const standing = mine[extension]
    if (standing === undefined) {
      if (extension in others || !isGone(extension)) return agent
      return all.length === 0 ? { extension, status: 'Available', level: hasPhone(extension) ? 1 : 2 } : { extension, status: 'Logged Out', level: 1 }
    }
    if (standing === 'away') return someoneAble ? { extension, status: 'On Break', level: 1 } : { extension, status: 'Available', level: 2 }
    return { extension, status: 'Available', level: standing === 'ready' ? 1 : 2 }
  })
}
