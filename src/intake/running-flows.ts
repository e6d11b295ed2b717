import { basename, join, resolve } from 'node:path'
import type { Category, FlowProblem } from '../contracts/flow.js'
import { bindFlow } from '../flow/engine.js'
import { baseName, fileProblem, waitOnlyFlow } from '../flow/library.js'
import { readFlowSource } from '../flow/load/flow-source.js'
import { versionWith } from '../flow/load/link.js'
import { loadEntries } from '../flow/side-files.js'
import type { Flow, FlowStep } from '../flow/types.js'
import { CODE_BOOK, ENTRIES, FLOW_FILE, LINES, loadEdition, OF_PROMPTS, shortHash, SIDE_FILES, type Edition, type EditionContent, type EditionTape } from './edition.js'
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
  /** Of each flow every file that it was judged with: its own, those of its parts, the code book, the lines. With another text of one of them nobody has judged it. */
  readonly madeOf: ReadonlyMap<string, EditionContent['files']>
  /** The files beside the flows that callers go by. */
  readonly sides: EditionContent['files']
}

/** What was found right, as it is kept for the next start. Plain JSON. */
export interface KeptFiles {
  /** All files of each flow, by the flow's name. */
  readonly flows: Readonly<Record<string, EditionContent['files']>>
  readonly sides: EditionContent['files']
  readonly tapes: readonly EditionTape[]
}

export const NOTHING_JUDGED: Judged = { flows: new Map(), entries: new Map(), categories: [], lines: [], tapes: [], madeOf: new Map(), sides: {} }

/** What of it the next start needs. */
export const toKeep = ({ madeOf, sides, tapes }: Judged): KeptFiles => ({ flows: Object.fromEntries(madeOf), sides, tapes })

/**
 * What was found right in a directory before this process began, as far as this program can run it: its rules may be newer. They are asked of what is on the
 * disk now; from callers they take nothing that they are in. Each flow runs with the very files that it was judged with. `present`: flows whose files are there
 * now (null: not known); of the others those go on that are asked for: by a number, by the settings (`entered`), or as a part of one that goes on.
 */
export function judgedBefore({ flows: kept, sides, tapes }: KeptFiles, { present, entered }: { readonly present: ReadonlySet<string> | null; readonly entered: readonly string[] }): Judged {
  const all = new Map(Object.entries(kept).flatMap(([name, files]): [string, Flow][] => {
    const flow = loadEdition({ files, tapes }).flows.get(name)
    return flow === undefined ? [] : [[name, { ...flow, version: versionOf(flow, files) }]]
  }))
  const { categories, lines } = loadEdition({ files: without(sides, ENTRIES), tapes: [] })
  const numbers = sides[ENTRIES]
  const entries = numbers === undefined ? null : loadEntries(ENTRIES, numbers, all, [...all.keys()]).value
  const asked = new Set([...entered, ...entries?.values() ?? []])
  const goOn = [...all].filter(([name]) => present === null || present.has(name) || asked.has(name))
  const parts = new Set(goOn.flatMap(([, flow]) => [...flow.parts.keys()]))
  const flows = new Map([...all].filter(([name]) => parts.has(name) || goOn.some(([one]) => one === name)))
  return { flows, entries: entries ?? new Map(), categories, lines, tapes, madeOf: new Map([...flows.keys()].map((name) => [name, kept[name] ?? {}])), sides }
}

const without = (files: EditionContent['files'], name: string): EditionContent['files'] => Object.fromEntries(Object.entries(files).filter(([one]) => one !== name))

/** The file of a flow: of two of one name the first is meant. */
const fileOf = (files: EditionContent['files'], flow: string): string | undefined => Object.keys(files).find((file) => FLOW_FILE.test(file) && !SIDE_FILES.has(file) && baseName(file) === flow)

/** A flow's version by its file and those of its parts, as `flow check` has it. */
const versionOf = ({ name, parts }: Flow, files: EditionContent['files']): string =>
  versionWith(shortHash(files[fileOf(files, name) ?? ''] ?? ''), [...parts.values()].map((part) => ({ name: part.name, version: versionOf(part, files) })))

/** Those of some files that are there. */
const among = (files: EditionContent['files'], names: readonly (string | undefined)[]): EditionContent['files'] =>
  Object.fromEntries(names.flatMap((name) => { const text = name === undefined ? undefined : files[name]; return name === undefined || text === undefined ? [] : [[name, text]] }))

const keyed = (tapes: readonly EditionTape[]): ReadonlyMap<string, string> => new Map(tapes.map(({ language, name, hash }) => [tapeKey(language, name), hash]))

/**
 * What the gate gave back, over what it gave back before: a flow that is broken, or gone, stays as it was when it was last right. Seconds were proven with
 * the tapes of then, so tapes are exchanged for all flows that run at once: where one of them did not pass, or something is wrong with the tapes themselves,
 * nothing is taken over that has other tapes than what runs. One whose file is gone, and that nothing asks for, is no reason: it ends with its tapes.
 * A flow runs with the parts that it passed with: one that stays keeps those of then, and a part is exchanged when every flow that runs with it has passed.
 */
export function judgedBy({ content, problems }: Gated, before: Judged): Judged {
  // A problem in a flow's file, or in that of its tests, speaks against the flow and all that it is a part of.
  const blamed = new Set(problems.map(({ file }) => basename(file).replace(/(\.test)?\.ya?ml$/, '')))
  const loaded = loadEdition(content)
  const passed = new Map([...loaded.flows].filter(([name, flow]) => ![name, ...flow.parts.keys()].some((one) => blamed.has(one))).map(([name, flow]): [string, Flow] => [name, { ...flow, version: versionOf(flow, content.files) }]))
  const [old, now] = [keyed(before.tapes), keyed(content.tapes)]
  const exchanged = [...old].some(([key, hash]) => now.get(key) !== hash)
  const badTapes = problems.some(({ file }) => OF_PROMPTS.test(file)) && (exchanged || now.size > old.size)
  const asked = [...(blamed.has('entries') ? before : loaded).entries.values()]
  /** Goes on as it was: its file is broken, or it is gone and something still asks for it. */
  const stays = (name: string): boolean => !passed.has(name) && (fileOf(content.files, name) !== undefined || blamed.has(name) || asked.includes(name))
  if (before.flows.size > 0 && (badTapes || (exchanged && [...before.flows.keys()].some(stays)))) return before
  /** Parts of flows that go on as they were. */
  const heldParts = new Set([...before.flows].flatMap(([name, { parts }]) => (passed.has(name) ? [] : [...parts.keys()])))
  const taken = new Map([...passed].filter(([name, { kind }]) => kind !== 'part' || !heldParts.has(name) || !before.flows.has(name)))
  // With other tapes, what is gone and nothing asks for is gone.
  const flows = exchanged ? passed : new Map([...before.flows, ...taken])
  const entries = blamed.has('entries') || (before.flows.size > 0 && [...loaded.entries.values()].some((name) => !flows.has(name))) ? before.entries : loaded.entries
  const side = (name: string, old: boolean): EditionContent['files'] => among(old ? before.sides : content.files, [name])
  return {
    flows, entries, tapes: content.tapes,
    categories: loaded.categories.length === 0 ? before.categories : loaded.categories,
    lines: blamed.has('lines') ? before.lines : loaded.lines,
    madeOf: new Map([...flows].map(([name, flow]) => [name, flow === passed.get(name) ? among(content.files, [...[name, ...flow.parts.keys()].map((one) => fileOf(content.files, one)), CODE_BOOK, LINES]) : before.madeOf.get(name) ?? {}])),
    sides: { ...side(CODE_BOOK, loaded.categories.length === 0), ...side(LINES, blamed.has('lines')), ...side(ENTRIES, entries === before.entries) },
  }
}

/** What was judged, with its tapes as far as they have been found (`paths`, by `tapeKey`). */
export function runJudged({ flows, entries, categories, lines, tapes }: Judged, paths: ReadonlyMap<string, string>): RunningFlows {
  return { version: 'disk', edition: null, flows, entries, categories, lines, paths, ...tapesFound(tapes, paths) }
}

/** What is wrong with the files of a directory at a first look; what runs in spite of its file being gone, too. */
export function directoryProblems(directory: string, read: FlowDirectory, { flows, categories }: RunningFlows): readonly FlowProblem[] {
  const shown = basename(resolve(directory))
  // Where nobody knows what the code book lists, what it listed.
  const book = read.known.categories ?? (categories.length === 0 ? null : categories)
  const present = new Set(read.files.map(({ path }) => baseName(path)))
  const gone = [...flows.keys()].filter((name) => !present.has(name)).flatMap((name) => fileProblem(join(shown, `${name}.yaml`), 'flow.gone', { name }))
  return [...read.problems, ...loadDirectory(read, shown, book).problems, ...gone]
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
    readFlowSource(text, () => undefined)
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
