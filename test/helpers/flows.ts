import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import type { FlowProblem } from '../../src/contracts/flow.js'
import { hashOfEdition, type EditionContent } from '../../src/intake/edition.js'
import { makeFlowDesk, type FlowDesk } from '../../src/intake/flow-desk.js'
import { NO_DELAYS } from '../../src/flow/proof/prove.js'
import { gate, judgeEdition, type Gated } from '../../src/intake/flow-gate.js'
import type { EditionStore, Surroundings } from '../../src/intake/flow-ports.js'
import { makePublishing, type Publishing } from '../../src/intake/flow-publishing.js'
import { servicesOf } from '../../src/intake/look-ups.js'
import { openLiveFlows, type LiveFlows, type LiveFlowsOptions } from '../../src/intake/live-flows.js'
import { silent } from './database.js'
import { keptGate } from './kept-gate.js'

export const CITY = fileURLToPath(new URL('../../ivr-flows', import.meta.url))
/** What flows have to fit where a test says nothing else. */
export const AROUND = { entries: ['110'], services: servicesOf([]).sort(), delays: NO_DELAYS }
const PROGRAM = fileURLToPath(new URL('../../bin/liandong.js', import.meta.url))

export interface TestFlowsOptions extends Partial<Omit<LiveFlowsOptions, 'rules' | 'store' | 'directory' | 'home'>> {
  readonly store: EditionStore
  /** A directory that is there; the city's flows are copied into it when it is empty. */
  readonly directory: string
  readonly home: string
  readonly watch?: boolean
  readonly approval?: boolean
  readonly autoReturnCalls?: number
}

const changed = new Map<string, Gated>()
/** What is known of editions, by the settings of the tests. */
const judged = new Map<string, readonly FlowProblem[]>()

/** An edition that is kept, judged in this process. */
export function judgeHere(content: EditionContent, nodes: Surroundings | null): Promise<readonly FlowProblem[]> {
  if (nodes !== null && !isDeepStrictEqual(nodes, AROUND)) return Promise.resolve(judgeEdition(content, 'ivr-flows', nodes))
  const problems = judged.get(hashOfEdition(content)) ?? judgeEdition(content, 'ivr-flows', AROUND)
  judged.set(hashOfEdition(content), problems)
  return Promise.resolve(problems)
}

/** A node with its flows, checked in this process; its loops turn fast. */
export async function openTestFlows({ store, directory, home, watch = true, approval = false, autoReturnCalls = 100, node = 'test', ...more }: TestFlowsOptions): Promise<{ live: LiveFlows; publishing: Publishing; desk: FlowDesk }> {
  const kept = keptGate(directory, (what) => gate(what, basename(what), AROUND), changed)
  const publishing = makePublishing({ store, directory, approval, judge: judgeHere, gate: (nodes) => (nodes === null || isDeepStrictEqual(nodes, AROUND) ? kept() : gate(directory, basename(directory), nodes)) })
  const live = await openLiveFlows({
    directory, home, node, store, publishing, rules: { watch, approval, around: AROUND, autoReturn: true, autoReturnCalls }, promptRoot: '', clock: Date.now, logger: silent, pollEvery: 50, watchEvery: 50, ...more,
  })
  const desk = makeFlowDesk({ live, store, publishing, directory, node, program: PROGRAM, watch, entry: '110', timeZone: 'Asia/Shanghai', calendar: () => ({ holidays: {}, workdays: [] }), standing: () => [], patience: 60_000 })
  const close = async (): Promise<void> => {
    desk.close()
    await live.close()
  }
  return { live: { ...live, close }, publishing, desk }
}

/** The city's flows, to be changed. */
export function copyCity(directory: string): string {
  const to = join(directory, 'ivr-flows')
  cpSync(CITY, to, { recursive: true })
  return to
}

/** The menu of the tests of calls: the city's, but 1 is a police matter, so that there is an emergency to prefer. */
export function callMenu(directory: string): void {
  cpSync(CITY, directory, { recursive: true })
  const menu = readFileSync(join(CITY, '110.yaml'), 'utf8').replace('"1": { tag: { category: manhole-cover }, goto: noted }', '"1": { tag: { category: police }, goto: noted }')
  writeFileSync(join(directory, '110.yaml'), menu)
  // They are of the city's menu, and callers enter nothing that its tests refuse.
  rmSync(join(directory, '110.test.yaml'))
}
