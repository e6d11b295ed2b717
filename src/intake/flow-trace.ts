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
  /** ms */
  readonly listened: number
  readonly over: boolean
}

export interface TraceStore { saveTraces(traces: readonly FlowTrace[]): Promise<void> }

/** Notes how callers go through flows. Memory only, on the path of a call. */
export interface FlowTracer {
  /** He enters a flow, or comes back with the path he has behind him. */
  begin(callId: string, path: readonly string[]): void
  /** Where he stands after a step. */
  at(callId: string, state: FlowState): void
  answered(callId: string, fits: boolean): void
  /** The flow is done with him, for now. */
  done(callId: string): void
  close(): Promise<void>
}

interface Going {
  flow: string
  version: string
  readonly begun: number
  readonly steps: { readonly node: string; readonly since: number; ms: number }[]
  path: readonly string[]
  answers: number
  wrong: number
  over: boolean
}

/** Traces are written together, this often, ms. */
const EVERY = 2_000
/** While PostgreSQL is away so many wait; then the oldest go: they are figures, each call's own row has its path. */
const MOST_WAITING = 20_000
const MOST_STEPS = 200

/** @param monotonic ms, for durations. */
export function makeFlowTracer({ store, clock, monotonic, every = EVERY }: { readonly store: TraceStore; readonly clock: () => number; readonly monotonic: () => number; readonly every?: number }): FlowTracer {
  const going = new Map<string, Going>()
  let waiting: FlowTrace[] = []
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
      callId, at: one.begun, flow: one.flow, version: one.version, steps: one.steps.map(({ node, ms }) => ({ node, ms })), answers: one.answers, wrong: one.wrong,
      listened: one.steps.reduce((sum, { ms }) => sum + ms, 0), over: one.over,
    })
    if (waiting.length > MOST_WAITING) waiting.shift()
  }

  return {
    begin(callId, path) {
      done(callId)
      going.set(callId, { flow: '', version: '', begun: clock(), steps: [], path, answers: 0, wrong: 0, over: false })
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
