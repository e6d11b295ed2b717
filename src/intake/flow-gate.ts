import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import type { FlowProblem } from '../contracts/flow.js'
import { baseName, checkEntry } from '../flow/library.js'
import { toldOnce } from '../flow/load/report.js'
import { checkFlows } from '../flow/proof/check.js'
import { checkTested, loadScenarios } from '../flow/scenario/file.js'
import { runScenarios } from '../flow/scenario/run.js'
import { loadEdition, TEST_FILE, type Edition, type EditionContent, type EditionTape } from './edition.js'
import { readFlowDirectory } from './flow-files.js'
import type { Surroundings } from './flow-ports.js'
import { lintPrompts } from './prompt-files.js'
import type { Language } from '../contracts/primitives.js'

/** What stands between the files and the callers: an edition made of a directory, and everything that speaks against it. */
export interface Gated {
  readonly content: EditionContent
  readonly problems: readonly FlowProblem[]
  /** What the nodes were set to that it was checked by; null: none said. */
  readonly around?: Surroundings | null
  /** Files of flows that could not be read, by name. */
  readonly unreadable?: readonly string[]
}

/** Makes an edition of a directory as it is now, with every tape in it. */
export async function editionOf(directory: string, shown: string): Promise<Gated> {
  const read = await readFlowDirectory(directory, shown)
  const tapes: EditionTape[] = []
  for (const [language, shelf] of read.prompts) {
    for (const [name, { path, duration, text }] of shelf) {
      const sound = await readFile(path).catch(() => null)
      if (sound === null) continue // told by the reading of the directory
      tapes.push({ language, name, file: relative(join(directory, 'prompts'), path), hash: soundHash(sound), duration, ...(text !== undefined && { text }) })
    }
  }
  return { content: { files: read.texts, tapes }, problems: read.problems, unreadable: read.files.flatMap((file) => (file.unreadable === true ? [basename(file.path)] : [])) }
}

/** The file of a tape below a directory, where it is still the one with this hash. */
export async function soundOnDisk(directory: string, tapes: readonly EditionTape[], hash: string): Promise<Uint8Array | null> {
  for (const { file } of tapes.filter((tape) => tape.hash === hash)) {
    const sound = await readFile(join(directory, 'prompts', file)).catch(() => null)
    if (sound !== null && soundHash(sound) === hash) return sound
  }
  return null
}

/** SHA-256 of a tape's bytes, in hex: tapes of editions are told apart by it. */
export const soundHash = (sound: Uint8Array): string => createHash('sha256').update(sound).digest('hex')

/** Everything that keeps a directory from being published: `flow check`, and the tests beside the flows. What was judged is what is returned. */
export async function gate(directory: string, shown: string, around: Surroundings): Promise<Gated> {
  const { content, problems, unreadable } = await editionOf(directory, shown)
  const [judged, tapes] = [judgeEdition(content, shown, around, unreadable), await lintPrompts(directory, shown)]
  return { content, problems: toldOnce([...problems, ...judged, ...tapes.problems]) }
}

/** What is wrong with an edition by its own files: loading, proof, tests. */
export function judgeEdition(content: EditionContent, shown: string, { entries, services, delays }: Surroundings, unreadable: readonly string[] = []): FlowProblem[] {
  const edition = loadEdition(content, { shown, unreadable })
  const length = (language: Language, name: string): number => edition.tapes.get(language)?.get(name)?.duration ?? 0
  const checked = checkFlows(edition, edition.texts, { services, lengthOf: length, delays })
  return [...edition.problems, ...entries.flatMap((entry) => checkEntry(entry, join(shown, `${entry}.yaml`), edition.texts, edition.flows)), ...checked.problems, ...runTests(content, edition, shown, length)]
}

function runTests({ files }: EditionContent, { flows, texts }: Edition, shown: string, length: (language: Language, name: string) => number): FlowProblem[] {
  return Object.entries(files).flatMap(([name, text]) => {
    if (!TEST_FILE.test(name)) return []
    const scenarios = loadScenarios({ path: join(shown, name), text })
    const flow = flows.get(scenarios.flow)
    if (flow !== undefined) runScenarios(scenarios, flow, ({ language, name: prompt }) => length(language, prompt))
    checkTested(scenarios, flows, texts.map(({ path }) => baseName(path)))
    return scenarios.problems()
  })
}
