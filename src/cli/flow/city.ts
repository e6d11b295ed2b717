import { relative, resolve } from 'node:path'
import type { Category, FlowProblem } from '../../contracts/flow.js'
import type { Language } from '../../contracts/primitives.js'
import type { FlowText } from '../../flow/library.js'
import type { Flow } from '../../flow/types.js'
import { loadDirectory, readFlowDirectory } from '../../intake/flow-files.js'
import type { Prompts } from '../../intake/prompt-files.js'

export const DIRECTORY = './ivr-flows'
export const TIME_ZONE = 'Asia/Shanghai'

/** A directory of flows as the commands use it. */
export interface City {
  readonly directory: string
  /** As problems name it. */
  readonly shown: string
  readonly flows: ReadonlyMap<string, Flow>
  readonly files: readonly FlowText[]
  readonly prompts: Prompts
  readonly categories: readonly Category[]
  readonly problems: readonly FlowProblem[]
}

export async function loadCity(directory: string): Promise<City> {
  const shown = relative(process.cwd(), resolve(directory)) || '.'
  const read = await readFlowDirectory(directory, shown)
  const { flows, problems } = loadDirectory(read, shown)
  return { directory, shown, flows, files: read.files, prompts: read.prompts, categories: read.categories ?? [], problems: [...read.problems, ...problems] }
}

/** Length of a prompt in ms; 0 when there is none. */
export const lengthIn = ({ prompts }: Pick<City, 'prompts'>) => (language: Language, name: string): number => prompts.get(language)?.get(name)?.duration ?? 0
