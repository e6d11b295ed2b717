import type { FreeSwitch } from '../pbx/harness/freeswitch.js'
import { startOther } from './process.js'

/** How a channel ended, by FreeSWITCH's own clock, which goes on every 20 ms; 0: that never happened. */
export interface Ended {
  readonly number: string
  readonly answeredAt: number
  readonly bridgedAt: number
  readonly endedAt: number
  readonly cause: string
  /** The dead-man's switch or the end of our socket led it to the native queue. */
  readonly fellBack: boolean
}

/** What was heard of a citizen's call; keys and prompts by the monotonic clock, ms. */
export interface CallSeen {
  /** When FreeSWITCH's application took each key (DTMF). */
  readonly keys: readonly number[]
  /** When it opened each file (PLAYBACK_START). */
  readonly prompts: readonly number[]
  readonly ended: Ended
}

export type Heard = 'ends' | 'keys'
export type WatchQuestion = { readonly hear: Heard } | { readonly count: string } | { readonly calls: string }

export interface Watch {
  /** Only how calls end, which costs FreeSWITCH next to nothing; or keys and prompts too, to the millisecond, which costs it some per cent of a core. */
  hear(what: Heard): Promise<void>
  /** Calls that have ended, of numbers that begin so. */
  count(prefix: string): Promise<number>
  calls(prefix: string): Promise<readonly CallSeen[]>
  end(): Promise<void>
}

/** A process of its own that hears by one link what FreeSWITCH itself says of calls, whatever runs on it. */
export function startWatch(freeswitch: Pick<FreeSwitch, 'eslPort' | 'password'>): Watch {
  const other = startOther('call-watcher.ts', [String(freeswitch.eslPort), freeswitch.password])
  const ask = <T>(question: WatchQuestion): Promise<T> => other.ask<T>(question)
  return { hear: (hear) => ask({ hear }), count: (count) => ask({ count }), calls: (calls) => ask({ calls }), end: () => other.end() }
}

/** From this key until the next prompt began, ms. Null: none did. Events of one call may arrive in another order than they happened in. */
export function untilPrompt({ prompts }: CallSeen, key: number): number | null {
  const later = prompts.filter((began) => began >= key)
  return later.length === 0 ? null : Math.min(...later) - key
}
