import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { LiandongError } from '../contracts/errors.js'
import { placeIn, type FlowDrawing } from '../contracts/flow-drawing.js'
import type { FlowDifference, FlowEdition, FlowJump, FlowLive, FlowOutcome, FlowSummary, FlowsView, FlowTried } from '../contracts/routes/flows.js'
import { diffLines } from '../flow/diff.js'
import type { Simulated } from '../flow/simulate/simulate.js'
import { surroundedBy } from '../flow/surroundings.js'
import type { Calendar } from '../flow/types.js'
import { within } from '../time/within.js'
import { approvalOf } from './core/flow-approval.js'
import { changesBetween, comparedWith, hashOfEdition, spokenBetween, type EditionContent } from './edition.js'
import { makeFlowActs } from './flow-acts.js'
import { editionOf, soundOnDisk } from './flow-gate.js'
import type { CallTrace, EditionStore } from './flow-ports.js'
import type { Outcome, Publishing } from './flow-publishing.js'
import { makeFlowSide, summaryOf } from './flow-side.js'
import { needParameters, switchesOf, type TryWish } from './flow-try.js'
import { simulateInProcess, type SimulationWish } from './gate-process.js'
import type { LiveFlows } from './live-flows.js'

export interface FlowDeskDeps {
  readonly live: LiveFlows
  readonly store: EditionStore
  readonly publishing: Publishing
  readonly directory: string
  readonly node: string
  /** `bin/liandong.js` */
  readonly program: string
  readonly watch: boolean
  readonly entry: string
  readonly timeZone: string
  /** The city's calendar. */
  readonly calendar: () => Calendar
  /** Somebody who publishes or approves is told that it is still being checked after so long, ms; what became of it the view says. */
  readonly patience?: number
  /** Where callers stand at this moment. */
  readonly standing: () => readonly { readonly flow: string; /** Of the edition that he entered. */ readonly version: string; /** Nodes he came by, those of parts as `part/node`. */ readonly path: readonly string[] }[]
}

type NodeCounts = Awaited<ReturnType<EditionStore['nodeCounts']>>
type Which = number | 'files' | undefined
/** What simulated calls meet; without it nobody waits, one operator is at his desk, no switch is on. `startAt`: when they come; absent: now. */
type Around = Pick<TryWish, 'waiting' | 'ready' | 'present' | 'modes' | 'ends' | 'number' | 'hints'> & { readonly startAt?: number }
interface Person { readonly id: string; readonly displayName: string }

const SHOWN = 40
/** ms */
const LISTING = 2_000
const PATIENCE = 1_500
const TRACES = 40

export type FlowDesk = ReturnType<typeof makeFlowDesk>

/** What the desk shows of the flows, and what people do with them there. */
export function makeFlowDesk({ live, store, publishing, directory, node, program, watch, entry, timeZone, calendar, standing, patience = PATIENCE }: FlowDeskDeps) {
  const side = makeFlowSide(program)

  /** An edition by number, the files as they are now, or what runs. */
  async function contentOf(which: Which): Promise<EditionContent> {
    if (typeof which === 'number') return store.content(which)
    if (which === undefined) {
      const now = await store.current()
      if (now !== null) return store.content(now.number)
    }
    return (await editionOf(directory, basename(directory))).content
  }

  /** An edition as the process beside is asked of it. */
  async function editionFor(which: Which): Promise<{ readonly hash: string; readonly content: () => Promise<EditionContent> }> {
    const running = live.edition()
    if (which === undefined && running !== null) return { hash: running.hash, content: () => Promise.resolve(running.content) }
    const content = await contentOf(which)
    return { hash: hashOfEdition(content), content: () => Promise.resolve(content) }
  }

  /** The flows that run, as the list shows them. */
  async function listed(): Promise<readonly Omit<FlowSummary, 'entry'>[]> {
    const running = live.edition()
    if (running !== null) return [...running.flows.values()].map((flow) => summaryOf(flow, running))
    const { hash, content } = await editionFor(undefined)
    // Only in the first seconds of a start: the rest of the page does not wait for them.
    return within<readonly Omit<FlowSummary, 'entry'>[]>(side.ask(hash, content, { what: 'flows' }), LISTING, () => [])
  }

  const outcomeOf = (outcome: Outcome): FlowOutcome => {
    live.nudge()
    if (outcome.type === 'broken') return { type: 'broken', problems: [...outcome.problems] }
    return outcome.type === 'waiting' ? { type: 'waiting', number: outcome.number, more: outcome.more } : { type: 'running', number: outcome.number, ...(outcome.against !== undefined && { against: [...outcome.against] }) }
  }

  const acts = makeFlowActs({ store, node, patience })

  const fares = new Map<string, { readonly value: Promise<readonly [NodeCounts, readonly CallTrace[]]>; until: number }>()
  /** How callers fared. Of a week it takes seconds: asked again after ten times as long as it took, however many look on. */
  function faresOf({ flow: name, nodes }: FlowDrawing, version: string | null, hours: number, now: number): Promise<readonly [NodeCounts, readonly CallTrace[]]> {
    const begun = performance.now()
    for (const [key, { until }] of fares) if (until < begun) fares.delete(key)
    const key = `${name} ${version ?? ''} ${hours}`
    const known = fares.get(key)
    if (known !== undefined) return known.value
    const since = now - hours * 3_600_000
    const returning = nodes.flatMap(({ name: node, ending }) => (ending === 'returns' ? [node] : []))
    const one = { until: Infinity, value: Promise.all([store.nodeCounts(name, version, since, returning), store.lastTraces(name, version, since, TRACES)]) }
    fares.set(key, one)
    one.value.then(() => { one.until = performance.now() + 10 * (performance.now() - begun) }, () => { fares.delete(key) })
    return one.value
  }

  let tapesOfFiles: EditionContent['tapes'] | null = null
  /** A tape of the files, which nobody has published yet. The directory is read and hashed for the first of them, and again when one is not where it was. */
  async function soundOfFiles(hash: string): Promise<Uint8Array | null> {
    const known = tapesOfFiles === null ? null : await soundOnDisk(directory, tapesOfFiles, hash)
    if (known !== null) return known
    tapesOfFiles = (await editionOf(directory, basename(directory))).content.tapes
    return soundOnDisk(directory, tapesOfFiles, hash)
  }

  return {
    async view(self: Person): Promise<FlowsView> {
      const { source, version, problems, refused, differs, onDisk } = live.status()
      const approval = await publishing.approval()
      const [editions, now, pending, flows, { acting, acted }] = await Promise.all([store.history(SHOWN + 1), store.current(), approval ? store.waiting() : null, listed(), acts.seen(self)])
      const entries = new Set([entry, ...live.numbers().values()])
      return {
        acting, acted,
        // What was switched to a moment ago this node may still be loading: it is no difference to the files any more.
        source, version, current: now?.number ?? null, refused, differs: differs && now?.hash !== onDisk?.hash, problems: [...problems], watch, approval,
        waiting: pending?.number ?? null, handedIn: pending !== null && pending.hash === onDisk?.hash,
        flows: flows.map((flow) => ({ ...flow, entry: entries.has(flow.name) })),
        editions: editions.slice(0, SHOWN).map((edition, index): FlowEdition => {
          const { number, hash, author, wishers, note, at, approvals, switches, content, waits } = edition
          const before = comparedWith(editions, index, now?.number ?? null)
          const publishers = wishers.flatMap(({ id }) => (id === null ? [] : [id]))
          const { approvals: agreed, wanted } = approvalOf({ wishers: publishers, approvers: approvals.flatMap(({ id, counts }) => (counts ? [id] : [])) })
          return {
            number, hash, author: author.name, mine: publishers.includes(self.id), anew: wishers.flatMap(({ name }) => (name === author.name ? [] : [name])), approved: approvals.some(({ id, counts }) => counts && id === self.id), note, at, approvals: approvals.map(({ by, at: when }) => ({ by, at: when })),
            more: approval && (waits || switches.length === 0) ? Math.max(0, wanted - agreed) : 0,
            switches: switches.map(({ by, at: when, reason, details }) => ({ by, at: when, reason, ...(reason === 'automatic' && { jump: jumpOf(details) }) })),
            comparedWith: before?.number ?? null,
            changes: before === undefined ? [] : changesBetween(before.content, content),
          }
        }),
      }
    },
    async diff(from: number | undefined, to: Which): Promise<FlowDifference> {
      const [before, after] = [await contentOf(from), await contentOf(to ?? 'files')]
      const spoken = spokenBetween(before, after)
      return { files: changesBetween(before, after).map(({ name, change }) => {
        const tape = spoken.get(name)
        return { name, change, ...(tape !== undefined && { spoken: tape }), hunks: diffLines(before.files[name] ?? '', after.files[name] ?? '').map((hunk) => hunk.map((line) => ({ ...line }))) }
      }) }
    },
    async live(name: string, hours: number, number: number | undefined, now: number): Promise<FlowLive> {
      const { hash, content } = await editionFor(number)
      // Files that run before anything is published are of no edition: all that came through them.
      const version = number === undefined && live.edition() === null ? null : hash
      const drawing = await side.ask(hash, content, { what: 'drawing', flow: name })
      const [counts, traces] = await faresOf(drawing, version, hours, now)
      const here: Record<string, number> = {}
      for (const { flow: at, version: theirs, path } of standing()) {
        if (version !== null && theirs !== version) continue
        const place = at === name || path.some((node) => node.startsWith(`${name}/`)) ? placeIn(drawing, path) : undefined
        if (place !== undefined) here[place] = (here[place] ?? 0) + 1
      }
      return { drawing, counts, now: here, traces: traces.map((trace) => ({ ...trace, steps: trace.steps.map((step) => ({ ...step })) })) }
    },
    async publish(self: Person, note: string, now = Date.now()): Promise<FlowOutcome> {
      const found = live.status().onDisk
      // What is known to be wrong with these very files, as the nodes are set, is not checked again for seconds.
      if (found !== null && found.problems.length > 0 && isDeepStrictEqual(found.around, await publishing.nodes()) && hashOfEdition((await editionOf(directory, basename(directory))).content) === found.hash) return { type: 'broken', problems: [...found.problems] }
      return acts.run('publish', null, self, now, async () => outcomeOf(await publishing.publish({ id: self.id, name: self.displayName }, note)))
    },
    async approve(self: Person, number: number, over: number | null, now = Date.now()): Promise<FlowOutcome> { return acts.run('approve', number, self, now, async () => outcomeOf(await publishing.approve(number, { id: self.id, name: self.displayName }, over))) },
    async back(self: Person, number: number | undefined): Promise<FlowOutcome> { return outcomeOf(await publishing.back({ id: self.id, name: self.displayName }, number)) },
    async tryOut(wish: Omit<TryWish, 'timeZone' | 'calendar'> & { readonly flow: string; readonly which?: Which }): Promise<FlowTried> {
      const { flow, which, ...call } = wish
      const { hash, content } = await editionFor(which)
      return side.ask(hash, content, { what: 'try', flow, wish: { ...call, timeZone, calendar: calendar() } })
    },
    async simulate(wish: Pick<SimulationWish, 'flow' | 'model' | 'calls' | 'seed' | 'vars'> & { readonly old?: number; readonly new?: Which; readonly recorded?: boolean; readonly around?: Around }, now: number) {
      const flow = live.edition()?.flows.get(wish.flow)
      if (flow !== undefined) needParameters(flow, wish.vars ?? {})
      const fresh = await contentOf(wish.new)
      const old = wish.old === undefined ? null : await contentOf(wish.old)
      const recordings = wish.recorded === true ? await store.recordedKeys(wish.flow, wish.calls) : undefined
      const { around } = wish
      const surroundings = around === undefined ? undefined : surroundedBy({ ...around, timeZone, calendar: calendar(), modes: switchesOf(around.modes, around.ends ?? {}) })
      const answer = await simulateInProcess(program, {
        flow: wish.flow, old, new: fresh, calls: wish.calls, seed: wish.seed, startAt: around?.startAt ?? now, ...(surroundings !== undefined && { surroundings }), ...(wish.vars !== undefined && { vars: wish.vars }), ...(wish.model !== undefined && { model: wish.model }), ...(recordings !== undefined && { recordings }),
      })
      if (answer === null) throw new LiandongError('flow.not-there', { flow: wish.flow })
      const shown = ({ version, calls, known, tagged, correct, wrong, hungUp, timeToTag, keys, heard, tagSeconds }: Simulated) => ({ version, calls, known, tagged, correct, wrong, hungUp, timeToTag, keys, heard, tagSeconds: [...tagSeconds] })
      return { asks: answer.asks, new: shown(answer.new), old: answer.old === null ? null : shown(answer.old) }
    },
    /** The sound of a tape: of what runs, from the directory; as it was published; else of the files, which nobody has published yet. */
    async sound(hash: string): Promise<Uint8Array> {
      const sound = await soundOnDisk(directory, live.edition()?.content.tapes ?? [], hash) ?? await store.tape(hash)
        ?? await soundOfFiles(hash)
      if (sound === null) throw new LiandongError('request.not-found', { what: hash })
      return sound
    },
    /** Ends the process beside. */
    close(): void { side.close() },
  }
}

function jumpOf(details: Readonly<Record<string, unknown>>): FlowJump {
  const number = (name: string): number => Number(details[name] ?? 0)
  const [what, flow] = [details['what'], details['flow']]
  return { from: number('from'), ...(typeof flow === 'string' && { flow }), what: what === 'left' || what === 'failed' ? what : 'wrong', before: number('before'), now: number('now'), calls: number('calls') }
}
