import { mkdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Category, FlowProblem } from '../contracts/flow.js'
import type { FlowNotice } from '../contracts/ws.js'
import { replaceFile } from '../disk/whole-file.js'
import { bindFlow } from '../flow/engine.js'
import { waitOnlyFlow } from '../flow/library.js'
import { readYaml } from '../flow/load/yaml-source.js'
import type { Line } from '../flow/side-files.js'
import type { Calendar, Flow, FlowState, FlowStep, PromptRef } from '../flow/types.js'
import { within } from '../time/within.js'
import { judge, nextLook, type Jump } from './core/flow-watch.js'
import { hashOfEdition, loadEdition, type Edition, type EditionContent, type EditionTape } from './edition.js'
import type { FlowFiles } from './flow-files.js'
import { soundHash } from './flow-gate.js'
import type { EditionStore, Published, Who } from './flow-ports.js'
import type { Publishing } from './flow-publishing.js'
import type { RunnableFlow } from './flow-runner.js'

export interface LiveFlowsOptions {
  readonly directory: string
  /** Where the edition that ran last is kept, with tapes that the directory does not have. */
  readonly home: string
  readonly node: string
  readonly store: EditionStore
  readonly publishing: Publishing
  readonly rules: { /** Files that change are published by themselves. */ readonly watch: boolean; readonly autoReturn: boolean; readonly autoReturnCalls: number }
  readonly openFiles: (onRead: () => void) => Promise<FlowFiles>
  /** Where FreeSWITCH finds the prompts; empty: the same path as here. */
  readonly promptRoot: string
  readonly clock: () => number
  readonly logger: { info(fields: object, text: string): void; warn(fields: object, text: string): void; error(fields: object, text: string): void }
  readonly onReturned?: (jump: Jump) => void
  /** Between two looks at PostgreSQL, and at the rates, ms. */
  readonly pollEvery?: number
  readonly watchEvery?: number
}

/** What an administrator has to know about the flows that run. */
export interface FlowsStatus {
  /** published: from PostgreSQL; kept: the edition that ran last, kept on this machine; disk: the files, as far as they are right. */
  readonly source: 'published' | 'kept' | 'disk'
  readonly current: Published | null
  /** Edition's hash, or `disk`. */
  readonly version: string
  readonly problems: readonly FlowProblem[]
  /** An edition that waits for approval. */
  readonly waiting: number | null
  /** The files on this node's disk are right and not what runs. */
  readonly differs: boolean
}

export interface LiveFlows extends Pick<FlowFiles, 'categories' | 'calendar' | 'lines' | 'promptText'> {
  /** The flow that whoever dials this number enters; a caller who comes back goes on in the edition he was in, if it is still known. */
  enter(dialled: string, usual: string, from: FlowState | null): RunnableFlow
  promptPath(prompt: PromptRef): string | undefined
  status(): FlowsStatus
  /** The flow of the running edition. */
  current(name: string): Flow
  edition(): Edition | null
  /** PostgreSQL says that something was switched: a hint. */
  nudge(): void
  close(): Promise<void>
}

interface Loaded { readonly edition: Edition; readonly paths: ReadonlyMap<string, string> }

const POLL = 2_000
const WATCH = 10_000
/** Editions that calls in progress may still be in. */
const MOST_LOADED = 12
/** How far back the rates of an earlier edition count, ms. */
const COMPARED = 14 * 86_400_000
/** A start does not wait longer for PostgreSQL, ms. */
const PATIENCE = 3_000

/**
 * The flows that callers enter: the published edition, the same on every node. PostgreSQL says which; NOTIFY hints, a poll makes sure.
 * A switch changes one reference, when everything that the new edition needs is loaded and on this machine.
 */
export async function openLiveFlows(options: LiveFlowsOptions): Promise<LiveFlows> {
  const { directory, home, node, store, publishing, rules, clock, logger, promptRoot, pollEvery = POLL, watchEvery = WATCH } = options
  const loaded = new Map<string, Loaded>()
  let live: Loaded | null = null
  let source: FlowsStatus['source'] = 'disk'
  let current: Published | null = null
  let waiting: number | null = null
  let onDisk: { readonly hash: string; readonly problems: readonly FlowProblem[] } | null = null
  let closed = false
  // Both change while something is awaited, which the compiler does not see.
  const isClosed = (): boolean => closed
  const isLive = (): boolean => live !== null
  const kept = join(home, 'flows', 'edition.json')

  // ── Which edition ──────────────────────────────────────────────────────────────────────────────────────────

  async function load(content: EditionContent, hash: string): Promise<Loaded> {
    const known = loaded.get(hash)
    if (known !== undefined) return known
    // Reading is most of the work: one file a turn, so that calls are served meanwhile.
    for (const text of Object.values(content.files)) {
      readYaml(text, () => undefined)
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    const edition = loadEdition(content, { hash })
    for (const { file, line, problem } of edition.problems) logger.error({ file, line }, `published flow: ${problem.en}`)
    const one: Loaded = { edition, paths: await findTapes(content.tapes) }
    loaded.set(hash, one)
    const [oldest] = loaded.keys()
    if (loaded.size > MOST_LOADED && oldest !== undefined && oldest !== live?.edition.hash) loaded.delete(oldest)
    return one
  }

  async function follow(): Promise<void> {
    const now = await store.current()
    if (closed || now === null || (now.switch === current?.switch && source === 'published')) return
    const known = loaded.get(now.hash)
    const content = known === undefined ? await store.content(now.number) : null
    const next = known ?? await load(content ?? { files: {}, tapes: [] }, now.hash)
    if (isClosed()) return
    const before = live?.edition.hash ?? null
    live = next
    source = 'published'
    current = now
    if (waiting === now.number) waiting = null
    lookAt = rules.autoReturnCalls
    if (before !== now.hash) logger.info({ edition: now.number, version: now.hash, by: now.by, reason: now.reason }, 'flows switched')
    if (now.reason === 'automatic') logger.error({ edition: now.number, ...now.details }, 'flows went back by themselves to the edition before: wrong keys or hang-ups had jumped')
    if (content !== null) await keepHere({ number: now.number, hash: now.hash, content }).catch((error: unknown) => { logger.warn({ err: error }, 'the edition was not kept on this machine') })
  }

  async function keepHere(edition: { readonly number: number; readonly hash: string; readonly content: EditionContent }): Promise<void> {
    await mkdir(join(home, 'flows'), { recursive: true })
    await replaceFile(kept, JSON.stringify(edition))
  }

  /** What ran last on this machine, for a start without PostgreSQL. */
  async function fromKept(): Promise<boolean> {
    const read = await readFile(kept, 'utf8').then((text) => JSON.parse(text) as { hash: string; content: EditionContent }).catch(() => null)
    if (read === null || hashOfEdition(read.content) !== read.hash) return false
    live = await load(read.content, read.hash)
    source = 'kept'
    logger.error({ version: read.hash }, 'PostgreSQL is away: callers enter the edition of the flows that ran last on this machine')
    return true
  }

  // ── Tapes ──────────────────────────────────────────────────────────────────────────────────────────────────

  const key = (language: string, name: string): string => `${language}/${name}`

  /** Where each tape is: in the directory if it is the one that was published there, else a copy of our own. */
  async function findTapes(tapes: readonly EditionTape[]): Promise<Map<string, string>> {
    const paths = new Map<string, string>()
    for (const { language, name, file, hash } of tapes) {
      const path = join(directory, 'prompts', file)
      const sound = await readFile(path).catch(() => null)
      if (sound !== null && soundHash(sound) === hash) paths.set(key(language, name), promptRoot === '' ? path : join(promptRoot, file))
      else {
        const copy = await copyTape(file, hash).catch((error: unknown) => { logger.error({ file, err: error }, 'a published prompt is neither on this machine nor to be had from PostgreSQL'); return null })
        if (copy !== null) paths.set(key(language, name), copy)
      }
    }
    return paths
  }

  async function copyTape(file: string, hash: string): Promise<string> {
    const path = join(home, 'flows', 'tapes', `${basename(file, '.wav').split('.')[0] ?? 'tape'}.${hash.slice(0, 16)}.wav`)
    if (await stat(path).then(() => true, () => false)) return path
    const sound = await store.tape(hash)
    if (sound === null) throw new Error('not in PostgreSQL')
    await mkdir(join(home, 'flows', 'tapes'), { recursive: true })
    await replaceFile(path, sound)
    return path
  }

  // ── The directory ──────────────────────────────────────────────────────────────────────────────────────────

  const watcher: Who = { id: null, name: `files@${node}` }
  let gating: Promise<void> = Promise.resolve()
  let reads = 0

  /** Looks at the files, one look after the other, and publishes what changed if that is how it is set. */
  function consider(): Promise<void> {
    const first = reads === 0
    reads += 1
    gating = gating.then(async () => {
      if (closed) return
      const gated = await publishing.gate()
      if (isClosed()) return
      const hash = hashOfEdition(gated.content)
      onDisk = { hash, problems: gated.problems }
      if (gated.problems.length > 0) {
        logger.error({ problems: gated.problems.length, first: `${gated.problems[0]?.file ?? ''}:${gated.problems[0]?.line ?? 0} ${gated.problems[0]?.problem.en ?? ''}`, runs: live?.edition.hash ?? 'disk' }, 'the flow files have problems: what ran before goes on')
        return
      }
      const now = await store.current()
      const seen = await store.seenOnDisk(node)
      // Files that were changed, now or while this node was stopped. That they differ from what runs is no change: somebody may have gone back.
      const changed = first ? seen !== null && seen !== hash : seen !== hash
      if (now === null) report(await publishing.take(gated, watcher, { reason: 'start', after: 0 }))
      else if (rules.watch && changed && now.hash !== hash) report(await publishing.take(gated, watcher, {}))
      await store.seeOnDisk(node, hash)
      await follow()
    }).catch((error: unknown) => { if (!closed) logger.warn({ reason: (error as Error).message }, 'flow files were not looked at; trying again'); pendingLook = true })
    return gating
  }
  let pendingLook = false

  function report(outcome: Awaited<ReturnType<Publishing['take']>>): void {
    if (outcome.type !== 'waiting') return
    waiting = outcome.number
    logger.warn({ edition: outcome.number, more: outcome.more }, 'an edition of the flows waits for approval')
  }

  // ── Watch over a new edition ───────────────────────────────────────────────────────────────────────────────

  let lookAt = rules.autoReturnCalls
  async function watchRates(): Promise<void> {
    const now = current
    if (!rules.autoReturn || now === null || source !== 'published' || (now.reason !== 'published' && now.reason !== 'approved')) return
    const rule = { calls: rules.autoReturnCalls }
    const tally = await store.tally(now.hash, now.at)
    if (tally.calls < lookAt) return
    for (const earlier of await store.earlier(5)) {
      const before = await store.tally(earlier.hash, clock() - COMPARED)
      if (before.calls < rule.calls) continue
      lookAt = nextLook(tally.calls, rule)
      const jump = judge(before, tally, rule)
      if (jump === null) return
      const switched = await store.switchTo({ number: earlier.number, by: { id: null, name: 'automatic' }, reason: 'automatic', details: { from: now.number, ...jump }, after: now.switch })
      if (switched) options.onReturned?.(jump)
      return follow()
    }
  }

  // ── Loops ──────────────────────────────────────────────────────────────────────────────────────────────────

  let polling: Promise<void> | null = null
  const poll = (): Promise<void> => (polling ??= follow().then(async () => {
    if (pendingLook) { pendingLook = false; await consider() }
  }, () => undefined).finally(() => { polling = null }))
  let watching: Promise<void> | null = null

  // What is read before the published edition is known is looked at below.
  let started = false
  const files = await options.openFiles(() => { if (started) void consider() })
  const there = await within(follow().then(() => true, () => false), PATIENCE, () => false)
  if (!isLive() && !there) await fromKept()
  if (!isLive()) logger[there ? 'info' : 'warn']({ flows: files.names() }, 'no published flows are to be had: callers enter the files of the directory')
  started = true
  void consider()
  const timers = [setInterval(() => void poll(), pollEvery), setInterval(() => { watching ??= watchRates().catch(() => undefined).finally(() => { watching = null }) }, watchEvery)]
  for (const timer of timers) timer.unref()

  const flowOf = (name: string, from: Loaded | null): Flow => from?.edition.flows.get(name) ?? (live === null ? files.current(name) : waitOnlyFlow(name))

  return {
    enter(dialled, usual, from) {
      const then = from === null ? undefined : loaded.get(from.version)
      if (from !== null && then !== undefined) return stamped(flowOf(from.flow, then), from.version)
      const entry = (live === null ? files.entryOf(dialled) : live.edition.entries.get(dialled)) ?? usual
      return live === null ? bindFlow(files.current(entry)) : stamped(flowOf(entry, live), live.edition.hash)
    },
    promptPath: ({ language, name, edition }) => {
      const at = edition === undefined ? live : loaded.get(edition) ?? live
      return at === null ? files.promptPath({ language, name }) : at.paths.get(key(language, name))
    },
    promptText(path) {
      for (const { edition, paths } of loaded.values()) {
        for (const [at, one] of paths) if (one === path) return edition.tapes.get(at.slice(0, at.indexOf('/')))?.get(at.slice(at.indexOf('/') + 1))?.text
      }
      return files.promptText(path)
    },
    categories: (): readonly Category[] => (live === null || live.edition.categories.length === 0 ? files.categories() : live.edition.categories),
    calendar: (): Calendar => live?.edition.calendar ?? files.calendar(),
    lines: (): readonly Line[] => (live === null ? files.lines() : live.edition.lines),
    current: (name) => flowOf(name, live),
    edition: () => live?.edition ?? null,
    status: () => ({
      source, current, version: live?.edition.hash ?? 'disk', waiting,
      problems: onDisk?.problems ?? (live === null ? files.problems() : []),
      differs: onDisk !== null && onDisk.problems.length === 0 && live !== null && onDisk.hash !== live.edition.hash,
    }),
    nudge() { void poll() },
    async close() {
      closed = true
      for (const timer of timers) clearInterval(timer)
      files.close()
      await Promise.allSettled([gating, polling, watching])
    },
  }
}

/** What every desk of an administrator shows, if anything; the weightiest first. */
export function noticeOf({ source, current, problems, waiting }: FlowsStatus): { readonly flows?: FlowNotice } {
  if (current?.reason === 'automatic') return { flows: { what: 'returned', edition: current.number } }
  if (problems.length > 0) return { flows: { what: 'broken', count: problems.length } }
  if (source === 'kept') return { flows: { what: 'kept' } }
  if (waiting !== null) return { flows: { what: 'waiting', edition: waiting } }
  return {}
}

/** A flow whose prompts say which edition they are of: two editions may each have their own `greeting`. */
function stamped(flow: Flow, edition: string): RunnableFlow {
  const run = bindFlow(flow)
  const stamp = (step: FlowStep): FlowStep => ({ ...step, commands: step.commands.map((command) => {
    if (command.type === 'listen') return { ...command, gather: { ...command.gather, prompts: command.gather.prompts.map((prompt) => ({ ...prompt, edition })) } }
    return 'prompts' in command ? { ...command, prompts: command.prompts.map((prompt) => ({ ...prompt, edition })) } : command
  }) })
  return {
    start: (surroundings) => stamp(run.start(surroundings)),
    resume: (state, surroundings) => stamp(run.resume(state, surroundings)),
    step: (state, event, surroundings) => stamp(run.step(state, event, surroundings)),
  }
}

