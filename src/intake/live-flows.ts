import { isDeepStrictEqual } from 'node:util'
import type { Category, FlowProblem } from '../contracts/flow.js'
import type { Line } from '../flow/side-files.js'
import type { Flow, FlowState, PromptRef } from '../flow/types.js'
import { within } from '../time/within.js'
import type { Jump } from './core/flow-watch.js'
import { AT_HAND, hashOfEdition, type Edition, type EditionContent } from './edition.js'
import { flowsPresent, readFlowDirectory } from './flow-files.js'
import type { EditionStore, Published, Surroundings, Who } from './flow-ports.js'
import type { Publishing } from './flow-publishing.js'
import type { RunnableFlow } from './flow-runner.js'
import { watchFlowFiles } from './flow-watcher.js'
import type { FlowsStatus } from './flows-status.js'
import { makeKeptEdition } from './kept-edition.js'
import { makeRateWatch } from './rate-watch.js'
import { directoryProblems, enterFlow, flowNamed, judgedBefore, judgedBy, loadInTurns, NOTHING_JUDGED, NOTHING_YET, readInTurns, runEdition, runJudged, tapeKey, toKeep, type Judged, type RunningFlows } from './running-flows.js'

export interface LiveFlowsOptions {
  readonly directory: string
  /** Where the edition that ran last is kept, with tapes that the directory does not have. */
  readonly home: string
  readonly node: string
  readonly store: EditionStore
  readonly publishing: Publishing
  readonly rules: { /** Files that change are published by themselves. */ readonly watch: boolean; readonly autoReturn: boolean; readonly autoReturnCalls: number; /** A second person has to approve. */ readonly approval: boolean; /** What flows have to fit here. */ readonly around: Surroundings }
  /** Where FreeSWITCH finds the prompts; empty: the same path as here. */
  readonly promptRoot: string
  /** Dialled number → flow, of this installation's own: while the flow runs, and as long as `entries.yaml` says nothing else of the number. */
  readonly numbers?: ReadonlyMap<string, string>
  /** Throws where callers cannot be taken with what there is: before anybody is told what this node runs by. */
  readonly ready?: (edition: Edition | null) => void
  readonly clock: () => number
  readonly logger: { info(fields: object, text: string): void; warn(fields: object, text: string): void; error(fields: object, text: string): void }
  readonly onReturned?: (jump: Jump) => void
  /** Between two looks at PostgreSQL, and at the rates, ms. */
  readonly pollEvery?: number
  readonly watchEvery?: number
  /** Callers stay in what runs for so long when the next edition's tapes are not to be had, ms. */
  readonly tapePatience?: number
}

export interface LiveFlows {
  /** Until the edition of a caller who comes back is read, or cannot be had; null: nothing has to be. */
  recall(version: string): Promise<unknown> | null
  /** The flow that whoever dials this number enters; a caller who comes back goes on in the edition he was in, if it is known. */
  enter(dialled: string, usual: string, from: FlowState | null): RunnableFlow
  /** Dialled number → flow, of all that have one of their own. */
  numbers(): ReadonlyMap<string, string>
  categories(): readonly Category[]
  /** The lines outside that can be dialled. */
  lines(): readonly Line[]
  /** Absolute path from the table of files that exist; undefined for everything else, whatever the name looks like. */
  promptPath(prompt: PromptRef): string | undefined
  /** What the prompt at an absolute path says. */
  promptText(path: string): string | undefined
  status(): FlowsStatus
  /** The flow that runs; one that only waits when there is none. */
  current(name: string): Flow
  edition(): Edition | null
  /** PostgreSQL says that something was switched: a hint. */
  nudge(): void
  close(): Promise<void>
}

const POLL = 2_000
const WATCH = 10_000
/** A node that lives says what it runs by so often, ms: who has not for a minute counts no longer. */
const RULE_EVERY = 15_000
/** Editions that calls in progress may still be in. */
const MOST_LOADED = 12
/** A start does not wait longer for PostgreSQL, ms. */
const PATIENCE = 3_000
/** A caller who comes back waits no longer for his edition, ms. */
const RECALL = 1_500
const TAPE_PATIENCE = 60_000

/**
 * The flows that callers enter: the published edition, the same on every node. PostgreSQL says which; NOTIFY hints, a poll makes sure. Until one is to be had:
 * the edition that ran last on this machine, else the files of the directory, each as it was when the gate last found it right; until it has, callers wait with music.
 * An edition that this program cannot run (it may be of an older one) never goes live: what runs stays, else one that ran before. One that it can run and would
 * not publish any more goes on: rules that are new do not take it from callers.
 * A switch changes one reference, when everything that is new is loaded and on this machine: there is one last good copy, the one that runs.
 */
export async function openLiveFlows(options: LiveFlowsOptions): Promise<LiveFlows> {
  const { directory, home, node, store, publishing, rules, clock, logger, promptRoot, numbers: own = new Map<string, string>(), ready = () => undefined, onReturned = () => undefined, pollEvery = POLL, watchEvery = WATCH, tapePatience = TAPE_PATIENCE } = options
  /** Editions by hash, of calls in progress as well. */
  const loaded = new Map<string, RunningFlows>()
  let live = NOTHING_YET
  let source: FlowsStatus['source'] = 'disk'
  let current: Published | null = null
  let waiting: number | null = null
  /** The published edition that cannot run here. */
  let refused: { readonly switch: number; readonly number: number; readonly problems: readonly FlowProblem[] } | null = null
  /** What is missing of the edition switched to, and since when it is (monotonic). */
  let gap: { readonly switch: number; readonly since: number; readonly files: readonly string[] } | null = null
  /** The files, as the gate found them; null before it has. */
  let onDisk: FlowsStatus['onDisk'] = null
  /** What it found right of them, with their tapes: callers enter, and hear, nothing that has not passed. */
  let judged: Judged = NOTHING_JUDGED
  /** What was wrong with the files when callers entered them. */
  let diskProblems: readonly FlowProblem[] = []
  let closed = false
  // Both change while something is awaited, which the compiler does not see.
  const isClosed = (): boolean => closed
  const isOn = (which: FlowsStatus['source']): boolean => source === which
  const kept = makeKeptEdition({ directory, home, promptRoot, tape: (hash) => store.tape(hash) })
  const nowhere = promptRoot === ''
    ? 'neither on this machine nor in PostgreSQL; they are looked for again'
    : 'FreeSWITCH does not have them below pbx.promptRoot; put them there. They are looked for again'
  const rates = makeRateWatch({
    store, calls: rules.autoReturnCalls, clock, onReturned,
    onBarred(edition, flow, jump) { logger.error({ edition, ...(flow !== null && { lacks: flow }), ...jump }, 'wrong keys, hang-ups or failed prompts jumped under the edition that runs, and the one before cannot be gone back to: it lacks the flow that callers of a node enter (flows.entry), or this program cannot run it') },
  })

  // ── Which edition ──────────────────────────────────────────────────────────────────────────────────────────

  /** An edition with its tapes, as they are found now. */
  const withTapes = async (edition: Edition): Promise<RunningFlows> => runEdition(edition, await kept.findTapes(edition.content.tapes))

  /** An edition ready for callers, or what keeps it from them. */
  async function load(content: EditionContent, hash: string): Promise<RunningFlows | readonly FlowProblem[]> {
    const edition = await loadInTurns(content, hash)
    if (edition.faults.length > 0) return edition.faults
    const [first] = edition.problems
    if (first !== undefined) logger.warn({ version: hash, problems: edition.problems.length, first: `${first.file}:${first.line} ${first.problem.en}` }, 'an edition of the flows runs that this program would not publish: liandong flow check tells what to put right before the next one')
    const one = await withTapes(edition)
    loaded.set(hash, one)
    const [oldest] = loaded.keys()
    if (loaded.size > MOST_LOADED && oldest !== undefined && oldest !== live.version) loaded.delete(oldest)
    return one
  }

  /** The same edition with its tapes looked for again. */
  async function look(hash: string, one: RunningFlows): Promise<RunningFlows> {
    if (one.edition === null) return one
    const found = await withTapes(one.edition)
    if (loaded.has(hash)) loaded.set(hash, found)
    return found
  }

  async function follow(): Promise<void> {
    const now = await store.current()
    if (closed || now === null || now.switch === refused?.switch || (now.switch === current?.switch && source === 'published' && live.missing.length === 0)) return
    const known = loaded.get(now.hash)
    const next = known === undefined ? await load(await store.content(now.number), now.hash) : known.missing.length > 0 ? await look(now.hash, known) : known
    if (isClosed()) return
    if (!('flows' in next)) return refuse(now, next)
    if (lacking(now, next.missing) && !isOn('disk') && live.version !== now.hash) return // looked for again with the next poll
    const [before, fresh] = [live.version, now.switch !== current?.switch]
    live = next
    source = 'published'
    current = now
    refused = null
    if (!fresh) return
    rates.restart()
    if (before !== now.hash) logger.info({ edition: now.number, version: now.hash, by: now.by, reason: now.reason }, 'flows switched')
    if (now.reason === 'automatic') logger.error({ edition: now.number, ...now.details }, 'flows went back by themselves to the edition before: wrong keys, hang-ups or failed prompts had jumped')
    await remember()
  }

  let ruleSaidAt = -Infinity
  /** Says what this node runs by: whoever publishes, from wherever, goes by it. */
  async function sayRule(): Promise<void> {
    if (performance.now() - ruleSaidAt < RULE_EVERY) return
    await store.keepRule(node, { approval: rules.approval, around: rules.around })
    ruleSaidAt = performance.now()
  }

  /** What waits for approval, whoever published it and from wherever. */
  async function lookWaiting(): Promise<void> {
    const found = await publishing.approval() ? await store.waiting() : null
    if (found !== null && found.number !== waiting) logger.warn({ edition: found.number }, 'an edition of the flows waits for approval')
    waiting = found?.number ?? null
  }

  /** What `kept.last()` would say; null: not known. */
  let remembered: string | null = null
  let unkept: string | null = null
  let remembering: Promise<void> = Promise.resolve()
  /** Keeps what runs for a start without PostgreSQL, however it came to run: an edition that was gone back from is not what ran last. */
  function remember(): Promise<void> {
    remembering = remembering.then(async () => {
      const { edition } = live
      if (edition === null || edition.hash === remembered) return
      await kept.keep({ hash: edition.hash, content: edition.content })
      remembered = edition.hash
    }).catch((error: unknown) => {
      if (unkept !== live.version) logger.warn({ err: error }, 'the edition that runs was not kept on this machine: it is tried again')
      unkept = live.version
    })
    return remembering
  }

  let finding: Promise<void> = Promise.resolve()
  /** The tapes of editions are played from the directory as long as they lie there: where one was taken away, or has another content now, a copy takes its place. */
  function findAgain(): Promise<void> {
    finding = finding.then(async () => {
      for (const [hash, one] of [...loaded]) {
        if (closed || one.edition === null) continue
        const found = await withTapes(one.edition)
        if (loaded.get(hash) !== one || (found.paths.size === one.paths.size && [...found.paths].every(([key, path]) => one.paths.get(key) === path))) continue
        loaded.set(hash, found)
        if (live !== one) continue
        live = found
        if (found.missing.length > 0) logger.error({ version: hash, files: found.missing }, `prompts of the edition that runs are gone: ${nowhere}`)
        else if (gap?.switch === current?.switch) gap = null
      }
    }).catch((error: unknown) => { logger.warn({ err: error }, 'the prompts of what runs were not looked for') })
    return finding
  }

  /** Notes the tapes that could not be had. → whether they are worth waiting for */
  function lacking(now: Published, files: readonly string[]): boolean {
    const since = gap?.switch === now.switch ? gap.since : performance.now()
    if (files.length > 0 && gap?.files.length !== files.length) logger.error({ edition: now.number, files }, `published prompts are not to be had: ${nowhere}`)
    gap = files.length === 0 ? null : { switch: now.switch, since, files }
    return files.length > 0 && performance.now() - since < tapePatience
  }

  async function refuse({ switch: id, number, hash }: Published, problems: readonly FlowProblem[]): Promise<void> {
    for (const { file, line, problem } of problems) logger.error({ file, line }, `published flow: ${problem.en}`)
    if (isOn('disk') && !await runKept()) {
      for (const earlier of await store.earlier(AT_HAND)) if (await runInstead(await store.content(earlier.number), earlier.hash)) break
    }
    refused = { switch: id, number, problems }
    logger.error({ edition: number, version: hash, problems: problems.length, runs: live.version }, 'the published edition of the flows cannot run with this version of the program: put the files right and publish them')
  }

  /** The edition that ran last on this machine. → whether callers enter it */
  async function runKept(): Promise<boolean> {
    const last = await kept.last()
    return last !== null && await runInstead(last.content, last.hash)
  }

  /** An edition in place of the published one, while nothing but the files runs. → whether callers enter it */
  async function runInstead(content: EditionContent, hash: string): Promise<boolean> {
    const next = await load(content, hash)
    if (!isOn('disk') || !('flows' in next)) return false
    live = next
    source = 'kept'
    await remember()
    return true
  }

  const recalls = new Map<string, Promise<unknown>>()
  /** The edition of a call that began before this process did, or at another node. */
  function recall(version: string): Promise<unknown> | null {
    if (version === live.version || loaded.has(version)) return null
    const known = recalls.get(version) ?? store.byHash(version).then((found) => (found === null ? null : load(found.content, version)))
      .catch((error: unknown) => { logger.warn({ version, reason: (error as Error).message }, 'the edition of a caller who came back was not read: he goes on in the one that runs') })
      .finally(() => { recalls.delete(version) })
    recalls.set(version, known)
    return within<unknown>(known, RECALL, () => undefined)
  }

  // ── The directory ──────────────────────────────────────────────────────────────────────────────────────────

  async function runFiles(): Promise<void> {
    const read = await readFlowDirectory(directory)
    await readInTurns(read.files.map(({ text }) => text))
    const paths = await kept.findTapes(judged.tapes)
    if (isClosed() || !isOn('disk')) return
    // Those at the desks choose a category also before anything has passed.
    const running = runJudged(judged.categories.length === 0 ? { ...judged, categories: read.categories ?? [] } : judged, paths)
    const problems = directoryProblems(directory, read, running)
    for (const [name, { version }] of running.flows) if (live.flows.get(name)?.version !== version) logger.info({ flow: name, to: version }, 'flow switched')
    if (JSON.stringify(problems) !== JSON.stringify(diskProblems)) for (const { file, line, col, code, problem } of problems) logger.warn({ file, line, col, code }, `flow file: ${problem.en}`)
    live = running
    diskProblems = problems
  }

  /** What callers entered of the files before this process began, until it has looked at them itself: with a program whose rules are newer, for as long as it finds them wrong. */
  async function runJudgedBefore(): Promise<void> {
    const files = await kept.lastJudged()
    if (files === null) return
    await readInTurns([...new Set(Object.values(files.flows).flatMap((one) => Object.values(one)))])
    judged = judgedBefore(files, { present: await flowsPresent(directory), entered: rules.around.entries })
    logger.warn({ flows: [...judged.flows.keys()] }, 'nothing is published: callers enter the flow files as they were when they were last found right')
  }

  const watcher: Who = { id: null, name: `files@${node}` }
  let gating: Promise<void> = Promise.resolve()
  /** What the first look that found no problem saw: of a node that is new, its files are no change until they differ from that. Before, they may still have been on their way here. */
  let foundFirst: string | null = null

  let looks = 0
  /** What was refused by what the nodes were set to is looked at again once they are set otherwise: a node was restarted, or is no more. */
  async function lookAnew(): Promise<void> {
    if (looks > 0 || onDisk === null || onDisk.problems.length === 0) return
    const around = await publishing.nodes()
    // Null: nobody says any more.
    if (around !== null && !isDeepStrictEqual(around, onDisk.around)) void consider()
  }

  /** Looks at the files, one look after the other, and publishes what changed if that is how it is set. */
  function consider(): Promise<void> {
    looks += 1
    gating = gating.then(async () => {
      if (closed) return
      unjudged = true
      const before = await store.current().catch(() => null)
      const gated = await publishing.gate()
      unjudged = false
      if (isClosed()) return
      const hash = hashOfEdition(gated.content)
      onDisk = { hash, problems: gated.problems, around: gated.around }
      if (isOn('disk')) {
        await readInTurns(Object.values(gated.content.files))
        judged = judgedBy(gated, judged)
        await runFiles()
        if (judged.flows.size > 0) await kept.keepJudged(toKeep(judged)).catch((error: unknown) => { logger.warn({ err: error }, 'the flow files that callers enter were not kept on this machine: a start after an update of the program would have to find them right again') })
      }
      if (gated.problems.length > 0) {
        logger.error({ problems: gated.problems.length, first: `${gated.problems[0]?.file ?? ''}:${gated.problems[0]?.line ?? 0} ${gated.problems[0]?.problem.en ?? ''}`, runs: live.version }, 'the flow files have problems: what ran before goes on')
        return
      }
      foundFirst ??= hash
      const now = await store.current()
      // Files that were changed, now or while this node was stopped. That they differ from what runs is no change: somebody may have gone back.
      const changed = (await store.seenOnDisk(node) ?? foundFirst) !== hash
      if (now === null) await publishing.take(gated, watcher, { reason: 'start', after: 0 })
      else if (rules.watch && changed && now.hash !== hash) {
        // The second half of a deployment, say: what was gone back from comes again by a person only.
        if (await store.goneBackFrom(hash)) logger.warn({ version: hash, runs: live.version }, 'the flow files are those of an edition that was gone back from: they are not published by themselves')
        else await publishing.take(gated, watcher, before === null ? {} : { after: before.switch }).catch(async (error: unknown) => {
          // Who went back while this was checked knows something that the check does not.
          const since = await store.current()
          if ((error as { code?: string }).code !== 'flow.overtaken' || (since?.reason !== 'back' && since?.reason !== 'automatic')) throw error
          logger.warn({ version: hash, runs: since.hash, by: since.by }, 'callers were taken back to an earlier edition while changed flow files were checked: they are not published by themselves')
        })
      }
      await store.seeOnDisk(node, hash)
      await follow()
    }).catch((error: unknown) => { if (!closed) logger.warn({ reason: (error as Error).message }, 'flow files were not looked at; trying again'); pendingLook = true }).finally(() => { looks -= 1 })
    return gating
  }
  let pendingLook = false
  /** The gate itself gave no answer. */
  let unjudged = false

  // ── Loops ──────────────────────────────────────────────────────────────────────────────────────────────────

  let polling: Promise<void> | null = null
  /** Asked for while one was under way, which may have looked before what it is about. */
  let again = false
  function poll(): Promise<void> {
    again = polling !== null
    return polling ??= sayRule().then(follow).then(lookWaiting).then(lookAnew).then(remember).then(() => true, () => false).then((there) => {
      // What it said of the files stands while PostgreSQL is away; that it said nothing does not.
      if (pendingLook && (there || unjudged)) { pendingLook = false; void consider() }
    }).finally(() => {
      polling = null
      if (again && !closed) void poll()
    })
  }

  let watching: Promise<void> | null = null
  async function watchRates(): Promise<void> {
    const now = current
    // What FreeSWITCH has is not in the directory that is watched.
    if (promptRoot !== '') void findAgain()
    if (!rules.autoReturn || now === null || source !== 'published' || refused !== null || (now.reason !== 'published' && now.reason !== 'approved')) return
    if (await rates.look(now)) await follow()
  }

  /** The flow of a number that has one of its own: the file's word goes first. */
  function flowOf(dialled: string): string | undefined {
    const named = live.entries.get(dialled) ?? own.get(dialled)
    return named !== undefined && (live.entries.has(dialled) || live.flows.get(named)?.kind === 'entry') ? named : undefined
  }

  const there = await within(follow().then(() => true, () => false), PATIENCE, () => false)
  if (isOn('disk') && !there && await runKept()) logger.error({ version: live.version }, 'PostgreSQL is away: callers enter the edition of the flows that ran last on this machine')
  if (isOn('disk')) await runJudgedBefore()
  try {
    ready(live.edition)
  } catch (error) {
    closed = true
    await remembering
    throw error
  }
  // Before the first check, which goes by what the nodes say.
  if (there) await within(sayRule().catch(() => undefined), PATIENCE, () => undefined)
  const files = await watchFlowFiles(directory, { logger, async onChanged() {
    void findAgain()
    if (source === 'disk') await runFiles()
    void consider()
  } })
  // Before the first publishing that is how it is meant to be, and no news.
  if (isOn('disk') && !there) logger.warn({ directory }, 'no published flows are to be had: callers enter the files of the directory as soon as check, proof and tests pass')
  const timers = [setInterval(() => void poll(), pollEvery), setInterval(() => { watching ??= watchRates().catch(() => undefined).finally(() => { watching = null }) }, watchEvery)]
  for (const timer of timers) timer.unref()

  return {
    recall,
    enter(dialled, usual, from) {
      const then = from === null ? undefined : loaded.get(from.version)
      return from !== null && then !== undefined ? enterFlow(then, from.flow) : enterFlow(live, flowOf(dialled) ?? usual)
    },
    numbers: () => new Map([...own.keys(), ...live.entries.keys()].flatMap((dialled) => { const name = flowOf(dialled); return name === undefined ? [] : [[dialled, name] as const] })),
    promptPath: ({ language, name, edition }) => (edition === undefined ? live : loaded.get(edition) ?? live).paths.get(tapeKey(language, name)),
    promptText: (path) => [live, ...loaded.values()].find(({ said }) => said.has(path))?.said.get(path),
    categories: () => live.categories,
    lines: () => live.lines,
    current: (name) => flowNamed(live, name),
    edition: () => live.edition,
    status: () => ({
      source, current, version: live.version, waiting, refused: refused?.number ?? null, missing: (gap?.files ?? live.missing).length,
      // What stays in spite of its file being gone is not for the gate to know.
      problems: [...refused?.problems ?? [], ...(source === 'disk' ? diskProblems.filter(({ code }) => onDisk === null || code === 'flow.gone') : []), ...onDisk?.problems ?? []],
      differs: onDisk !== null && onDisk.problems.length === 0 && live.edition !== null && onDisk.hash !== live.version,
      onDisk,
    }),
    nudge() { void poll() },
    async close() {
      closed = true
      for (const timer of timers) clearInterval(timer)
      files.close()
      await Promise.allSettled([gating, polling, watching, remembering, finding])
    },
  }
}
