import type { LiveCall, LiveRedial, SwitchEvent } from '../intake/ports.js'
import { channelOf, channelRows, isSettled, liveCalls, liveRedials, type Channel } from './channels.js'
import { isUuid } from './esl/command.js'
import type { EslLink } from './esl/link.js'
import type { OnRefused } from './esl/refused.js'

/** `uuid_dump`s under way at a time. */
const DUMPS = 8

export interface ReconcilerDeps {
  readonly link: () => Pick<EslLink, 'up' | 'api'>
  /** The citizens' dialplan context. */
  readonly context: string
  /** UUIDs that somebody takes for alive, beside those that FreeSWITCH lists. */
  readonly believed: () => readonly string[]
  /** FreeSWITCH has no such channel. `restarted`: and it is another one than had it. */
  readonly onGone: (uuid: string, restarted: boolean) => void
  /** Where everything goes, in order. */
  readonly deliver: (event: SwitchEvent) => void
  readonly onRefused: OnRefused
  /** Monotonic, ms. */
  readonly monotonic: () => number
}

/** What really exists (F26): subscribe first, hold events back, snapshot, replay. */
export interface Reconciler {
  /** Delivers an event, after the snapshot if one is being taken since the link came up. */
  report(event: SwitchEvent): void
  /** The link is up: nothing of before is known any more. `restarted`: FreeSWITCH itself is another one. The snapshot is taken after `first`, which never rejects. */
  up(restarted: boolean, first?: Promise<void>): void
  down(): void
  /** Takes a snapshot and delivers it as `resync`; asked for again meanwhile, it takes another. */
  reconcile(): void
}

/** Takes snapshots of FreeSWITCH's channels, one at a time. */
export function makeReconciler(deps: ReconcilerDeps): Reconciler {
  const { deliver, onRefused } = deps
  /** Events that arrive while the first snapshot is being taken: reported after it. */
  let held: SwitchEvent[] | null = null
  /** Channels as last dumped. What cannot change any more is not dumped again: reconciling 500 calls must stay cheap. */
  const known = new Map<string, Channel>()
  /** When each was, monotonic. */
  const dumped = new Map<string, number>()
  let reconciling = false
  let again = false
  /** FreeSWITCH is another one, and no snapshot of it was delivered yet. */
  let restartSeen = false
  /** How often the link came up: a snapshot begun before that is of no use. */
  let ups = 0
  /** Host name of this FreeSWITCH; undefined: not asked yet, or not understood. */
  let host: string | undefined

  function reconcile(first?: Promise<void>): void {
    if (!deps.link().up) return
    if (reconciling) { again = true; return }
    reconciling = true
    const restarted = restartSeen
    const mine = ups
    const take = async (): Promise<Extract<SwitchEvent, { type: 'resync' }> | null> => {
      if (first !== undefined) await first
      const at = deps.monotonic()
      return mine === ups ? { type: 'resync', ...await snapshot(restarted), at, restarted } : null
    }
    take().then((resync) => { if (mine === ups) finish(resync) }, (error: unknown) => {
      onRefused(`reconciliation: ${(error as Error).message}`, null)
      if (mine === ups) finish(null)
    })
  }

  function finish(resync: Extract<SwitchEvent, { type: 'resync' }> | null): void {
    const late = held ?? []
    held = null
    reconciling = false
    if (!deps.link().up) return
    if (resync !== null) {
      restartSeen &&= !resync.restarted
      deliver(resync)
    }
    for (const event of late) deliver(event)
    if (again) { again = false; reconcile() }
  }

  async function snapshot(restarted: boolean): Promise<{ readonly calls: LiveCall[]; readonly redials: LiveRedial[]; readonly unsure: string[]; readonly host?: string }> {
    const link = deps.link()
    const began = deps.monotonic()
    host ??= hostOf((await link.api({ api: 'global_getvar', name: 'hostname' })).text)
    const listed = channelRows((await link.api({ api: 'show', what: 'channels' })).text)
    const rows = new Set(listed.map(({ uuid }) => uuid))
    const native = new Set(listed.flatMap((row) => (row.native ? [row.uuid] : [])))
    const asked = new Set([...rows, ...deps.believed()])
    for (const uuid of known.keys()) if (!asked.has(uuid)) { known.delete(uuid); dumped.delete(uuid) }
    const unsure: string[] = []
    const waiting = [...asked].filter((uuid) => !rows.has(uuid) || !isSettled(known.get(uuid)))
    // A few at a time: a thousand dumps at once would keep the link's own ping waiting beyond its deadline.
    await Promise.all(Array.from({ length: DUMPS }, async () => {
      for (let uuid = waiting.pop(); uuid !== undefined; uuid = waiting.pop()) {
        if (!isUuid(uuid)) { unsure.push(uuid); continue } // it cannot be asked about, which must not cost the others their snapshot
        const { ok, text } = await link.api({ api: 'uuid_dump', uuid })
        const channel = ok ? channelOf(text) : null
        if (channel !== null) {
          known.set(uuid, channel)
          dumped.set(uuid, deps.monotonic())
        }
        else if (ok || !text.includes('No such channel')) unsure.push(uuid) // what is not understood is not an end (V7)
        else {
          known.delete(uuid)
          deps.onGone(uuid, restarted)
        }
      }
    }))
    for (const uuid of unsure) onRefused(`uuid_dump ${uuid}: not understood`, uuid)
    const now = deps.monotonic()
    const calls = liveCalls(known, deps.context, native).map(({ onHold, ...live }): LiveCall => {
      const at = dumped.get(live.call.callId) ?? now
      // A dump that was kept says its own time: how long he has waited is counted from now. Of music it says nothing any more.
      const call = live.call.toldAt === undefined ? live.call : { ...live.call, toldAt: Math.round(live.call.toldAt + now - at) }
      return { ...live, call, ...(onHold === undefined || at < began ? {} : { onHold }) }
    })
    // A citizen who is there, in a context that is not ours (a wrong setting, a REFER from a telephone): that is no end either (V7).
    const ours = new Set(calls.map(({ call }) => call.callId))
    const elsewhere = deps.believed().filter((uuid) => !ours.has(uuid) && known.get(uuid)?.get('Call-Direction') === 'inbound')
    return { calls, redials: liveRedials(known), unsure: [...unsure, ...elsewhere], ...(host === undefined ? {} : { host }) }
  }

  return {
    report(event) {
      if (held === null) deliver(event)
      else held.push(event)
    },
    up(restarted, first) {
      ups += 1
      restartSeen ||= restarted
      reconciling = false
      known.clear()
      dumped.clear()
      host = undefined
      held = []
      reconcile(first)
    },
    down() {
      // What was told is told: of a call back, or a key, no later snapshot will say it.
      const late = held ?? []
      reconciling = false
      held = null
      for (const event of late) deliver(event)
    },
    reconcile: () => { reconcile() },
  }
}

/** A host name out of `global_getvar hostname`. */
const hostOf = (text: string): string | undefined => (/^[A-Za-z0-9._-]{1,255}$/.test(text.trim()) ? text.trim() : undefined)
