import { addedTo } from '../flow/rehearsal.js'
import type { FlowState } from '../flow/types.js'

/** One caller's way through a flow, in one go: from when he entered (or came back) until it had nothing more to say, he was answered, or he left. */
export interface FlowTrace {
  readonly callId: string
  /** ms since epoch */
  readonly at: number
  readonly flow: string
  readonly version: string
  readonly steps: readonly { readonly node: string; readonly ms: number }[]
  readonly answers: number
  readonly wrong: number
  /** Prompts and recordings that could not be had. */
  readonly faults: number
  /** A switch that was on changed what he heard; or may have, before he came to this process. */
  readonly switched: boolean
  /** ms */
  readonly listened: number
  readonly over: boolean
  /** Keys he pressed, ms since `at`; null: he came back in the middle, so they say nothing of a call from its beginning. */
  readonly keys: readonly KeyPress[] | null
}

export interface KeyPress { readonly at: number; readonly key: string }

export interface TraceStore { saveTraces(traces: readonly FlowTrace[]): Promise<void> }

/** Notes how callers go through flows. Memory only, on the path of a call. */
export interface FlowTracer {
  /** He enters a flow, or comes back with the path he has behind him. */
  begin(callId: string, path: readonly string[]): void
  /** Where he stands after a step. */
  at(callId: string, state: FlowState): void
  answered(callId: string, fits: boolean): void
  /** What the flow wanted him to hear, or to have recorded, failed. */
  failed(callId: string): void
  /** The flow asked for a switch, and it was on. */
  switched(callId: string): void
  /** FreeSWITCH has a key of his. */
  pressed(callId: string, key: string): void
  /** The flow is done with him, for now. */
  done(callId: string): void
  close(): Promise<void>
}

interface Going {
  flow: string
  version: string
  readonly begun: number
  /** The same by the monotonic clock. */
  readonly since: number
  readonly keys: KeyPress[] | null
  readonly steps: { readonly node: string; readonly since: number; ms: number }[]
  path: readonly string[]
  answers: number
  wrong: number
  faults: number
  switched: boolean
  over: boolean
}

/** Traces are written together, this often, ms. */
const EVERY = 2_000
/** While PostgreSQL is away so many wait; then the oldest go: they are figures, each call's own row has its path. */
const MOST_WAITING = 20_000
const MOST_STEPS = 200
/** Of so many calls, the last ones, it is known that they began here. */
const MOST_BEGUN = 20_000
const MOST_KEYS = 200
/** The news of a key comes by another way than what it led to: so long after the flow it is still its own, ms. */
const LATE = 300

/** @param monotonic ms, for durations. */
export function makeFlowTracer({ store, clock, monotonic, every = EVERY }: { readonly store: TraceStore; readonly clock: () => number; readonly monotonic: () => number; readonly every?: number }): FlowTracer {
  const going = new Map<string, Going>()
  let waiting: FlowTrace[] = []
  /** Flows that have just ended, until nothing of them can be late any more. */
  const lately = new Map<string, Pick<Going, 'since' | 'keys'> & { readonly ended: number }>()
  /** Calls that entered the flow in this process. */
  const begunHere = new Set<string>()
  let writing: Promise<void> | null = null

  const write = (): Promise<void> => (writing ??= (async () => {
    const batch = waiting.splice(0, 500)
    if (batch.length === 0) return
    await store.saveTraces(batch).catch(() => { waiting = [...batch, ...waiting].slice(-MOST_WAITING) })
  })().finally(() => { writing = null }))
  const timer = setInterval(() => void write(), every)
  timer.unref()

  function leave(one: Going): void {
    const last = one.steps.at(-1)
    if (last !== undefined && !one.over) last.ms = Math.max(0, Math.round(monotonic() - last.since))
  }

  function done(callId: string): void {
    const one = going.get(callId)
    if (one === undefined) return
    going.delete(callId)
    leave(one)
    if (one.flow === '') return
    waiting.push({
      callId, at: one.begun, flow: one.flow, version: one.version, steps: one.steps.map(({ node, ms }) => ({ node, ms })), answers: one.answers, wrong: one.wrong, faults: one.faults, switched: one.switched,
      listened: one.steps.reduce((sum, { ms }) => sum + ms, 0), over: one.over, keys: one.keys,
    })
    for (const [other, { ended }] of lately) if (monotonic() - ended > LATE) lately.delete(other)
    lately.set(callId, { since: one.since, keys: one.keys, ended: monotonic() })
    if (waiting.length > MOST_WAITING) waiting.shift()
  }

  return {
    begin(callId, path) {
      done(callId)
      if (path.length === 0) begunHere.add(callId)
      const [oldest] = begunHere
      if (begunHere.size > MOST_BEGUN && oldest !== undefined) begunHere.delete(oldest)
      // What he heard in a process that died, whose traces died with it, may have been the notice of a disaster.
      const switched = path.length > 0 && !begunHere.has(callId)
      going.set(callId, { flow: '', version: '', begun: clock(), since: monotonic(), keys: path.length === 0 ? [] : null, steps: [], path, answers: 0, wrong: 0, faults: 0, switched, over: false })
    },
    at(callId, state) {
      const one = going.get(callId)
      if (one === undefined) return
      one.flow = state.flow
      one.version = state.version
      const entered = addedTo(one.path, state.path)
      one.path = state.path
      // Who comes back is at a node that he entered before.
      const nodes = entered.length === 0 && one.steps.length === 0 ? state.path.slice(-1) : entered
      for (const node of nodes) {
        leave(one)
        if (one.steps.length < MOST_STEPS) one.steps.push({ node, since: monotonic(), ms: 0 })
      }
      if (state.node !== null) return
      leave(one)
      one.over = true
    },
    answered(callId, fits) {
      const one = going.get(callId)
      if (one === undefined) return
      one.answers += 1
      if (!fits) one.wrong += 1
    },
    failed(callId) {
      const one = going.get(callId)
      if (one !== undefined) one.faults += 1
    },
    switched(callId) {
      const one = going.get(callId)
      if (one !== undefined) one.switched = true
    },
    pressed(callId, key) {
      const last = lately.get(callId)
      const one = going.get(callId) ?? (last !== undefined && monotonic() - last.ended <= LATE ? last : undefined)
      if (one?.keys != null && one.keys.length < MOST_KEYS) one.keys.push({ at: Math.max(0, Math.round(monotonic() - one.since)), key })
    },
    done,
    async close() {
      clearInterval(timer)
      for (const callId of [...going.keys()]) done(callId)
      await writing
      for (let before = Infinity; waiting.length > 0 && waiting.length < before;) {
        before = waiting.length
        await write()
      }
    },
  }
}
