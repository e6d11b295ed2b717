import type { FlowProblem } from '../../contracts/flow.js'
import type { Language } from '../../contracts/primitives.js'
import { openReport } from '../load/report.js'
import { readYaml } from '../load/yaml-source.js'
import { loadPromptTexts, speechText } from '../prompt-texts.js'
import type { Tape } from '../wav.js'
import { faultsOf, measureTape, type Measured } from './tape.js'

/** A tape as the reader of the directory hands it over. */
export interface TapeFile {
  readonly name: string
  /** File name beside `texts.yaml`. */
  readonly file: string
  /** Null when it is no PCM WAV: that is told when the directory is read. */
  readonly tape: Tape | null
  /** Content hash, as `hashOf` in the reader makes it. */
  readonly hash: string
}

export interface TapeReport { readonly name: string; readonly file: string; readonly language: Language; readonly measured: Measured; readonly text: string | null }

/** Everything wrong with the tapes of one folder, at the line of `texts.yaml` that says what they should say; and what they measure. `prefix`: what prompts of that folder are called by. */
export function lintTapes(texts: { readonly path: string; readonly text: string }, { language, prefix }: { readonly language: Language; readonly prefix: string }, tapes: readonly TapeFile[]): { problems: readonly FlowProblem[]; tapes: readonly TapeReport[] } {
  const { report, problems } = openReport(texts.path, texts.text)
  // What is wrong with the file itself is told when the directory is read.
  const source = readYaml(texts.text, () => undefined)
  const { texts: wanted } = loadPromptTexts(texts.path, texts.text, language)
  const reports: TapeReport[] = []
  for (const { name, file, tape, hash } of tapes) {
    const span = source?.keyAt([name]) ?? { start: 0, end: 1 }
    const text = wanted?.get(name)
    const which = { name: `${prefix}${name}`, file, language }
    if (text === undefined) report('prompt.no-text', span, which)
    if (tape === null) continue
    const named = hashIn(file)
    if (named !== null && named !== hash) report('prompt.hash', span, which)
    if (tape.info.text === undefined) report('prompt.unknown-text', span, which)
    else if (text !== undefined && tape.info.text !== speechText(text)) report('prompt.text', source?.at([name]) ?? span, { ...which, said: tape.info.text })
    const measured = measureTape(tape)
    if (measured === null) continue
    reports.push({ ...which, measured, text: tape.info.text ?? null })
    for (const fault of faultsOf(measured)) report(fault.code, span, { ...which, ...('details' in fault && fault.details) })
  }
  return { problems: problems(), tapes: reports }
}

const TAPE_NAME = /^([a-z][a-z0-9-]{0,47})(?:\.([0-9a-f]{8}))?\.wav$/

/** `greeting.3f2a9c1b.wav` and `greeting.wav` → `greeting`; null for other files. */
export const promptNameIn = (file: string): string | null => TAPE_NAME.exec(file)?.[1] ?? null
/** `greeting.3f2a9c1b.wav` → `3f2a9c1b`. */
export const hashIn = (file: string): string | null => TAPE_NAME.exec(file)?.[2] ?? null
