import { readdirSync, readFileSync } from 'node:fs'
import type { Category } from '../../src/contracts/flow.js'
import type { Language } from '../../src/contracts/primitives.js'
import { everyPiece, READ_OUTS, type ReadOutKind } from '../../src/flow/say/read-out.js'
import { loadFlow, type LoadedFlow, type PromptListing } from '../../src/flow/library.js'
import type { Flow, FlowSurroundings } from '../../src/flow/types.js'

/** Everything that can be read out has been recorded. */
const pieces = (language: Language): string[] => (Object.keys(READ_OUTS) as ReadOutKind[]).flatMap((kind) => everyPiece(kind, language))

export const PROMPTS: PromptListing = new Map([
  ['zh-CN', new Set(['hello', 'again', 'sorry', 'only-zh', ...pieces('zh-CN')])],
  ['en', new Set(['hello', 'again', 'sorry', 'only-en', ...pieces('en')])],
])
export const CATEGORIES: readonly Category[] = ['noise', 'water'].map((code) => ({ code, zh: code, en: code, class: 'standard', units: [] }))

/** What the fixtures set. */
const TAGS = new Map<string, readonly string[] | null>([['period', ['night']], ['asked', ['yes']], ['known-outage', ['yes']], ['row', ['1', '2']], ['meter', null], ['n', null], ['x', null], ['flag', null], ['number', null]])

/** Monday 2026-01-05 12:00 in the city. */
export const MONDAY_NOON = Date.parse('2026-01-05T12:00:00+08:00')
export const HOUR = 3_600_000

export function surroundings(changes: { now?: number; timeZone?: string; caller?: Partial<FlowSurroundings['caller']>; load?: Partial<FlowSurroundings['load']>; queue?: Partial<FlowSurroundings['queue']>; calendar?: FlowSurroundings['calendar']; modes?: FlowSurroundings['modes'] } = {}): FlowSurroundings {
  return {
    now: changes.now ?? MONDAY_NOON,
    timeZone: changes.timeZone ?? 'Asia/Shanghai',
    caller: { number: '13900001234', verified: false, earlierCalls: 0, hints: [], ...changes.caller },
    load: { waiting: 0, ready: 0, longestWaitSeconds: 0, present: 1, ...changes.load },
    queue: { position: 1, expectedWaitSeconds: 60, ...changes.queue },
    calendar: changes.calendar ?? { holidays: {}, workdays: [] },
    modes: changes.modes ?? {},
  }
}

export const load = (text: string, name = 'test'): LoadedFlow => loadFlow({ path: `${name}.yaml`, text, version: 'v1' }, PROMPTS, CATEGORIES, { lines: ['water-company'], tags: TAGS })

/** A flow of these nodes (YAML, indented by two), starting at `a`. */
export function flowOf(nodes: string, version = 'v1'): Flow {
  const text = `flow: test\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n${nodes}`
  const { flow, problems } = loadFlow({ path: 'test.yaml', text, version }, PROMPTS, CATEGORIES)
  if (flow === null) throw new Error(problems.map(({ line, col, problem }) => `${line}:${col} ${problem.en}`).join('\n'))
  return flow
}

export interface Fixture { readonly file: string; readonly text: string; /** `code line:col+length` as its `#!` lines say. */ readonly expected: readonly string[] }

export function fixtures(kind: 'good' | 'bad'): Fixture[] {
  const directory = new URL(`./fixtures/${kind}/`, import.meta.url)
  return readdirSync(directory).map((file) => {
    const text = readFileSync(new URL(file, directory), 'utf8')
    return { file, text, expected: [...text.matchAll(/^#! (.+)$/gm)].map(([, line]) => line ?? '') }
  })
}
