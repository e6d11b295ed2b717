import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EslEvent } from './esl/codec.js'
import type { EslLink } from './esl/link.js'

/** How long a FreeSWITCH that begins, and then what it recovers, is waited for, ms: whatever comes later goes on from a later snapshot. */
const PATIENCE = 10_000
const AGAIN = 100
/** … and our own socket, ms; a node that takes no callers waits for it in vain. */
const LISTENS = 3_000

/** What a FreeSWITCH that died left behind. */
export interface Recovery {
  /** The link is up, to a FreeSWITCH that has begun anew. Resolves when what can live on is there again, or when that was waited for long enough. Never rejects. */
  up(): Promise<void>
  /** BACKGROUND_JOB. */
  onJob(event: EslEvent): void
  down(): void
}

export interface RecoveryDeps {
  readonly link: () => Pick<EslLink, 'up' | 'api' | 'request'>
  /** Callers' sockets are taken: whoever is recovered before that finds nobody here. */
  readonly listens: () => boolean
  /** Monotonic, ms. */
  readonly monotonic: () => number
}

/**
 * `sofia recover` as soon as FreeSWITCH and we are there. It would do so by itself (`api_on_startup` in sip/freeswitch/vars.xml), so that talks
 * live on without us; but only callers who come back after us find us, and their places. Before FreeSWITCH is ready it takes no calls up;
 * what a SIP profile that is not there yet should have, it keeps for the next time. Several nodes may ask.
 */
export function makeRecovery({ link, listens, monotonic }: RecoveryDeps): Recovery {
  let done: { readonly jobId: string; readonly resolve: () => void } | null = null

  async function isReady(until: number): Promise<boolean> {
    while (link().up && monotonic() < until) {
      const { text } = await link().api({ api: 'status' })
      if (/ is ready\b/.test(text)) return true
      await sleep(AGAIN)
    }
    return false
  }

  async function recover(): Promise<void> {
    if (!await isReady(monotonic() + PATIENCE)) return
    for (const until = monotonic() + LISTENS; !listens() && monotonic() < until;) await sleep(AGAIN)
    const jobId = randomUUID()
    const over = new Promise<void>((resolve) => { done = { jobId, resolve } })
    const { ok } = await link().request({ verb: 'bgapi', jobId, call: { api: 'sofia_recover' } })
    if (!ok) return
    const patience = new AbortController()
    await Promise.race([over, sleep(PATIENCE, undefined, { signal: patience.signal }).catch(() => undefined)])
    patience.abort()
  }

  return {
    up: () => recover().catch(() => undefined),
    onJob(event) { if (event.get('Job-UUID') === done?.jobId) done?.resolve() },
    down() { done?.resolve() },
  }
}
