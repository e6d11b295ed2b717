import { basename, join, resolve } from 'node:path'
import type { Category, FlowProblem } from '../contracts/flow.js'
import { bindFlow } from '../flow/engine.js'
import { baseName, fileProblem, waitOnlyFlow } from '../flow/library.js'
import { readYaml } from '../flow/load/yaml-source.js'
import type { Flow, FlowStep } from '../flow/types.js'
import { CODE_BOOK, ENTRIES, FLOW_FILE, LINES, loadEdition, OF_PROMPTS, shortHash, type Edition, type EditionContent, type EditionTape } from './edition.js'
import { loadDirectory, type FlowDirectory } from './flow-files.js'
import type { Gated } from './flow-gate.js'
import type { RunnableFlow } from './flow-runner.js'
import type { Line } from './ports.js'

/** What callers enter: an edition with its tapes on this machine, or what was right in the files of a directory. */
export interface RunningFlows {
  /** Edition's hash, or `disk`. */
  readonly version: string
  /** Null: files of the directory, as they were judged. */
  readonly edition: Edition | null
  readonly flows: ReadonlyMap<string, Flow>
  /** Dialled number → flow. */
  readonly entries: ReadonlyMap<string, string>
  readonly categories: readonly Category[]
  readonly lines: readonly Line[]
  /** Where each tape is, by `tapeKey`. A table of files that exist: whatever a name looks like, it is no path. */
  readonly paths: ReadonlyMap<string, string>
  /** What the tape at a path says. */
  readonly said: ReadonlyMap<string, string>
  /** Files of tapes that are not on this machine (any more): nobody hears them. */
  readonly missing: readonly string[]
}

/** How `paths` names a tape: a language has one tape of a name. */
export const tapeKey = (language: string, name: string): string => `${language}/${name}`

/** Before anything could be read: callers wait with music. */
export const NOTHING_YET: RunningFlows = { version: 'disk', edition: null, flows: new Map(), entries: new Map(), categories: [], lines: [], paths: new Map(), said: new Map(), missing: [] }

/** An edition with its tapes, as far as they have been found (`paths`, by `tapeKey`). */
export function runEdition(edition: Edition, paths: ReadonlyMap<string, string>): RunningFlows {
  const { hash, content, flows, entries, categories, lines } = edition
  return { version: hash, edition, flows, entries, categories, lines, paths, ...tapesFound(content.tapes, paths) }
}

/** What tapes say where they are, and the files of those that are nowhere. */
function tapesFound(tapes: readonly EditionTape[], paths: ReadonlyMap<string, string>): Pick<RunningFlows, 'said' | 'missing'> {
  const said = new Map<string, string>()
  const missing: string[] = []
  for (const { language, name, file, text } of tapes) {
    const path = paths.get(tapeKey(language, name))
    if (path === undefined) missing.push(file)
    else if (text !== undefined) said.set(path, text)
  }
  return { said, missing }
}

/** What the gate (check, proof, tests) found right in a directory, as it was then: what is written to the directory since is no part of it. */
export interface Judged extends Pick<RunningFlows, 'flows' | 'entries' | 'categories' | 'lines'> {
  readonly tapes: readonly EditionTape[]
  /** The files that all of it is made of, by name: for the next start. */
  readonly files: EditionContent['files']
}

export const NOTHING_JUDGED: Judged = { flows: new Map(), entries: new Map(), categories: [], lines: [], tapes: [], files: {} }

/**
 * What was found right in a directory before this process began, as far as this program can run it: its rules may be newer. They are asked of what is on the
 * disk now; from callers they take nothing that they are in.
 */
export function judgedBefore(content: EditionContent): Judged {
  const { flows, entries, categories, lines } = loadEdition(content)
  return { flows: new Map([...flows].map(([name, flow]) => [name, { ...flow, version: shortHash(content.files[fileOf(content.files, name) ?? ''] ?? '') }])), entries, categories, lines, tapes: content.tapes, files: content.files }
}

/** The file of a flow. */
const fileOf = (files: EditionContent['files'], flow: string): string | undefined => Object.keys(files).find((file) => FLOW_FILE.test(file) && baseName(file) === flow)

const keyed = (tapes: readonly EditionTape[]): ReadonlyMap<string, string> => new Map(tapes.map(({ language, name, hash }) => [tapeKey(language, name), hash]))

/**
 * What the gate gave back, over what it gave back before: a flow that is broken, or gone, stays as it was when it was last right. Seconds were proven with
 * the tapes of then, so tapes are exchanged for all flows that run at once: where one of them did not pass, or something is wrong with the tapes themselves,
 * nothing is taken over that has other tapes than what runs. One whose file is gone, and that nothing asks for, is no reason: it ends with its tapes.
 */
export function judgedBy({ content, problems }: Gated, before: Judged): Judged {
  // A problem in a flow's file, or in that of its tests, speaks against the flow and all that it is a part of.
  const blamed = new Set(problems.map(({ file }) => basename(file).replace(/(\.test)?\.ya?ml$/, '')))
  const loaded = loadEdition(content)
  const versions = new Map(Object.entries(content.files).flatMap(([name, text]) => (FLOW_FILE.test(name) ? [[baseName(name), shortHash(text)] as const] : [])))
  const passed = new Map([...loaded.flows].filter(([name, flow]) => ![name, ...flow.parts.keys()].some((one) => blamed.has(one))).map(([name, flow]): [string, Flow] => [name, { ...flow, version: versions.get(name) ?? flow.version }]))
  const [old, now] = [keyed(before.tapes), keyed(content.tapes)]
  const exchanged = [...old].some(([key, hash]) => now.get(key) !== hash)
  const badTapes = problems.some(({ file }) => OF_PROMPTS.test(file)) && (exchanged || now.size > old.size)
  const asked = [...(blamed.has('entries') ? before : loaded).entries.values()]
  /** Goes on as it was: its file is broken, or it is gone and something still asks for it. */
  const stays = (name: string): boolean => !passed.has(name) && (versions.has(name) || blamed.has(name) || asked.includes(name))
  if (before.flows.size > 0 && (badTapes || (exchanged && [...before.flows.keys()].some(stays)))) return before
  // With other tapes, what is gone and nothing asks for is gone.
  const flows = exchanged ? passed : new Map([...before.flows, ...passed])
  const entries = blamed.has('entries') || (before.flows.size > 0 && [...loaded.entries.values()].some((name) => !flows.has(name))) ? before.entries : loaded.entries
  const kept = (side: string, old: boolean): EditionContent['files'] => { const text = (old ? before.files : content.files)[side]; return text === undefined ? {} : { [side]: text } }
  return {
    flows, entries, tapes: content.tapes,
    categories: loaded.categories.length === 0 ? before.categories : loaded.categories,
    lines: blamed.has('lines') ? before.lines : loaded.lines,
    files: {
      ...Object.fromEntries([...flows.keys()].flatMap((name) => { const from = passed.has(name) ? content.files : before.files; const file = fileOf(from, name); return file === undefined ? [] : [[file, from[file] ?? '']] })),
      ...kept(CODE_BOOK, loaded.categories.length === 0), ...kept(LINES, blamed.has('lines')), ...kept(ENTRIES, entries === before.entries),
    },
  }
}

/** What was judged, with its tapes as far as they have been found (`paths`, by `tapeKey`). */
export function runJudged({ flows, entries, categories, lines, tapes }: Judged, paths: ReadonlyMap<string, string>): RunningFlows {
  return { version: 'disk', edition: null, flows, entries, categories, lines, paths, ...tapesFound(tapes, paths) }
}

/** What is wrong with the files of a directory at a first look; what runs in spite of its file being gone, too. */
export function directoryProblems(directory: string, read: FlowDirectory, { flows, categories }: RunningFlows): readonly FlowProblem[] {
  const shown = basename(resolve(directory))
  const book = read.categories ?? categories
  const present = new Set(read.files.map(({ path }) => baseName(path)))
  const gone = [...flows.keys()].filter((name) => !present.has(name)).flatMap((name) => fileProblem(join(shown, `${name}.yaml`), 'flow.gone', { name }))
  return [...read.problems, ...loadDirectory(read, shown, book.length === 0 ? null : book).problems, ...gone]
}

/** A flow by its name; one that only waits when there is none. */
export const flowNamed = ({ flows }: RunningFlows, name: string): Flow => flows.get(name) ?? waitOnlyFlow(name)

/** A flow for one call: one that citizens may enter, whatever bears the name; the others may hang up on them. */
export const enterFlow = (running: RunningFlows, name: string): RunnableFlow => {
  const named = flowNamed(running, name)
  const flow = named.kind === 'entry' ? named : waitOnlyFlow(name)
  return running.edition === null ? bindFlow(flow) : stamped(flow, running.version)
}

/** Reading is most of the work, and is remembered: one file a turn, so that calls are served meanwhile. */
export async function readInTurns(texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    readYaml(text, () => undefined)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
}

/** An edition loaded so. */
export async function loadInTurns(content: EditionContent, hash: string): Promise<Edition> {
  await readInTurns(Object.values(content.files))
  return loadEdition(content, { hash })
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
