import { basename, join, resolve } from 'node:path'
import type { Category, FlowProblem } from '../contracts/flow.js'
import { bindFlow } from '../flow/engine.js'
import { baseName, fileProblem, waitOnlyFlow } from '../flow/library.js'
import { readYaml } from '../flow/load/yaml-source.js'
import type { Flow, FlowStep } from '../flow/types.js'
import { FLOW_FILE, loadEdition, shortHash, type Edition } from './edition.js'
import { loadDirectory, type FlowDirectory } from './flow-files.js'
import type { Gated } from './flow-gate.js'
import type { RunnableFlow } from './flow-runner.js'
import type { Line } from './ports.js'

/** What callers enter: an edition with its tapes on this machine, or the files of a directory as far as they are right. */
export interface RunningFlows {
  /** Edition's hash, or `disk`. */
  readonly version: string
  /** Null: the files of the directory. */
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
  /** Files of an edition's tapes that could not be brought onto this machine: nobody hears them. */
  readonly missing: readonly string[]
}

/** How `paths` names a tape: a language has one tape of a name. */
export const tapeKey = (language: string, name: string): string => `${language}/${name}`

/** Before anything could be read: callers wait with music. */
export const NOTHING_YET: RunningFlows = { version: 'disk', edition: null, flows: new Map(), entries: new Map(), categories: [], lines: [], paths: new Map(), said: new Map(), missing: [] }

/** An edition with its tapes, as far as they have been found (`paths`, by `tapeKey`). */
export function runEdition(edition: Edition, paths: ReadonlyMap<string, string>): RunningFlows {
  const { hash, flows, entries, categories, lines, tapes } = edition
  const said = new Map<string, string>()
  const missing: string[] = []
  for (const [language, shelf] of tapes) {
    for (const [name, { file, text }] of shelf) {
      const path = paths.get(tapeKey(language, name))
      if (path === undefined) missing.push(file)
      if (path !== undefined && text !== undefined) said.set(path, text)
    }
  }
  return { version: hash, edition, flows, entries, categories, lines, paths, said, missing }
}

/** The flows of a directory that the gate (check, proof, tests) found right, each with how it and its parts were written then. */
export type Proven = ReadonlyMap<string, string>

/** A flow with its parts, by what their files say. */
const writtenAs = ({ name, parts }: Flow, texts: ReadonlyMap<string, string>): string => [name, ...parts.keys()].sort().map((one) => `${one} ${texts.get(one) ?? ''}`).join()

/** A problem in a flow's file, or in that of its tests, speaks against the flow and all that it is a part of. */
export function provenBy({ content, problems }: Gated): Proven {
  const blamed = new Set(problems.map(({ file }) => basename(file).replace(/(\.test)?\.ya?ml$/, '')))
  const texts = new Map(Object.entries(content.files).flatMap(([name, text]) => (FLOW_FILE.test(name) ? [[baseName(name), shortHash(text)] as const] : [])))
  return new Map([...loadEdition(content).flows].flatMap(([name, flow]) => ([name, ...flow.parts.keys()].some((one) => blamed.has(one)) ? [] : [[name, writtenAs(flow, texts)]])))
}

/**
 * The files of a directory over what ran before: what is broken, or gone, stays as it was when it was last right, and is a problem. Callers enter no flow
 * that the gate has not found right as it stands there; whoever has none waits with music.
 */
export function runDirectory(directory: string, read: FlowDirectory, before: RunningFlows, proven: Proven): { readonly running: RunningFlows; readonly problems: readonly FlowProblem[] } {
  const shown = basename(resolve(directory))
  const categories = read.categories ?? before.categories
  const library = loadDirectory(read, shown, categories.length === 0 ? null : categories)
  const present = new Set(read.files.map(({ path }) => baseName(path)))
  const gone = [...before.flows.keys()].filter((name) => !present.has(name)).flatMap((name) => fileProblem(join(shown, `${name}.yaml`), 'flow.gone', { name }))
  const texts = new Map(read.files.map(({ path, version }) => [baseName(path), version]))
  const flows = new Map(before.flows)
  for (const [name, flow] of library.flows) if (proven.get(name) === writtenAs(flow, texts)) flows.set(name, flow)
  const paths = new Map<string, string>()
  const said = new Map<string, string>()
  for (const [language, shelf] of read.prompts) {
    for (const [name, { path, text }] of shelf) {
      paths.set(tapeKey(language, name), path)
      if (text !== undefined) said.set(path, text)
    }
  }
  return {
    running: {
      version: 'disk', edition: null, flows, entries: library.entries ?? before.entries,
      categories, lines: read.lines ?? before.lines, paths, said, missing: [],
    },
    problems: [...read.problems, ...library.problems, ...gone],
  }
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
