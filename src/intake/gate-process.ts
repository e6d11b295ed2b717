import { spawn } from 'node:child_process'
import { LiandongError } from '../contracts/errors.js'
import type { FlowProblem } from '../contracts/flow.js'
import { aimsOf, asksOf, type Asks } from '../flow/simulate/aims.js'
import type { CallerModel, Recording } from '../flow/simulate/callers.js'
import { simulate, type Simulated } from '../flow/simulate/simulate.js'
import type { FlowSurroundings, FlowVariables } from '../flow/types.js'
import { loadEdition, type Edition, type EditionContent } from './edition.js'
import type { Gated } from './flow-gate.js'
import type { Surroundings } from './flow-ports.js'

/** A check of thousands of nodes and all tapes takes seconds; this is for one that hangs, ms. */
const LIMIT = 120_000
const MOST_BYTES = 64_000_000

/**
 * Checks a directory in a process of its own: the one that serves calls must not stand still for it.
 * @param program `bin/liandong.js`
 * @param around of the nodes, else of this process by its settings
 */
export const gateInProcess = (program: string, directory: string, { entries, services, delays }: Surroundings): Promise<Gated> =>
  askProcess<Gated>(program, ['flow', 'check', directory, '--edition', '--entry', entries.join(','), '--services', services.join(','), '--delays', `${delays.skill},${delays.speech}`], {})

/** The same of an edition that is kept, by its own files. */
export const judgeInProcess = (program: string, wish: JudgeWish): Promise<readonly FlowProblem[]> => askProcess<readonly FlowProblem[]>(program, ['flow', 'check', '--beside'], { input: wish })

export interface JudgeWish {
  readonly content: EditionContent
  /** What problems name in place of a directory. */
  readonly shown: string
  readonly around: Surroundings
}

/** Thousands of calls, likewise; null: the new edition has no such flow, or its file has problems. */
export const simulateInProcess = (program: string, wish: SimulationWish): Promise<SimulationAnswer | null> => askProcess<SimulationAnswer | null>(program, ['flow', 'simulate', '--beside'], { input: wish })

export interface SimulationWish {
  readonly flow: string
  readonly old: EditionContent | null
  readonly new: EditionContent
  readonly model?: CallerModel
  /** Recorded calls in place of made-up ones, each once. */
  readonly recordings?: readonly Recording[]
  readonly calls: number
  readonly seed: number
  readonly startAt: number
  /** What the flow is started with. */
  readonly vars?: FlowVariables
  readonly surroundings?: Omit<FlowSurroundings, 'now'>
}
export interface SimulationAnswer { readonly asks: Asks; readonly old: Simulated | null; readonly new: Simulated }

/** Old and new with the same callers, who are after whatever either of them has; null: the new one has no such flow. */
export function simulateBoth({ flow: name, old, new: fresh, model, recordings, calls, seed, startAt, vars, surroundings }: SimulationWish): SimulationAnswer | null {
  const [before, now] = [old, fresh].map((content) => (content === null ? null : loadEdition(content)))
  const intents = aimsOf([before, now].flatMap((edition) => edition?.flows.get(name) ?? []))
  const run = (edition: Edition | null | undefined): Simulated | null => {
    const flow = edition?.flows.get(name)
    return flow === undefined ? null : simulate(flow, { duration: ({ language, name: prompt }) => edition?.tapes.get(language)?.get(prompt)?.duration ?? 0, calls, seed, startAt, intents, ...(surroundings !== undefined && { surroundings }), ...(vars !== undefined && { vars }), ...(model !== undefined && { model }), ...(recordings !== undefined && { recordings }) })
  }
  const simulated = run(now)
  return simulated === null ? null : { asks: asksOf(intents), old: run(before), new: simulated }
}

function askProcess<T>(program: string, args: readonly string[], { input }: { readonly input?: object }): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'], timeout: LIMIT })
    const out: Buffer[] = []
    let bytes = 0
    let said = ''
    const fail = (reason: string): void => { reject(new LiandongError('flow.gate', { reason })) }
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MOST_BYTES) child.kill()
      else out.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => { said = (said + chunk.toString()).slice(-400) })
    child.on('error', (error) => { fail(error.message) })
    child.stdin.on('error', () => undefined) // it ended before it had read; `close` tells
    child.stdin.end(input === undefined ? '' : JSON.stringify(input))
    child.on('close', () => {
      try {
        resolve(JSON.parse(Buffer.concat(out).toString('utf8')) as T)
      } catch {
        fail(said.trim().split('\n').at(-1) ?? 'no answer')
      }
    })
  })
}
