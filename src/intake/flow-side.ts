import { spawn, type ChildProcess } from 'node:child_process'
import type { FlowDrawing } from '../contracts/flow-drawing.js'
import { LiandongError } from '../contracts/errors.js'
import type { FlowSummary, FlowTried } from '../contracts/routes/flows.js'
import { layOut } from '../flow/draw/layout.js'
import { askedModes } from '../flow/surroundings.js'
import type { Flow } from '../flow/types.js'
import { loadEdition, type Edition, type EditionContent } from './edition.js'
import { tryOut, type TryWish } from './flow-try.js'

/** What is asked of the process beside: of an edition by its hash, whose content it is sent when it does not know it. */
export type SideWish =
  | { readonly what: 'flows' }
  | { readonly what: 'drawing'; readonly flow: string }
  | { readonly what: 'try'; readonly flow: string; readonly wish: TryWish }

type SideAnswer<W extends SideWish> = W extends { what: 'flows' } ? Omit<FlowSummary, 'entry'>[] : W extends { what: 'drawing' } ? FlowDrawing : FlowTried

interface Question { readonly id: number; readonly hash: string; readonly content?: EditionContent; readonly wish: SideWish }
type Reply =
  | { readonly id: number; readonly answer: unknown }
  /** It does not have the edition (any more). */
  | { readonly id: number; readonly unknown: true }
  | { readonly id: number; readonly error: Pick<LiandongError, 'code' | 'details'> | string }

/** What people look at in turn is loaded, and laid out, once. */
const MOST_LOADED = 6
const MOST_DRAWINGS = 60

/** What one flow of the list says, but for whether callers enter it. */
export const summaryOf = (flow: Flow): Omit<FlowSummary, 'entry'> => {
  const { name, title, kind, nodes, languages, parameters, parts } = flow
  return { name, title, kind, nodes: nodes.size, languages: [...languages], modes: askedModes([flow, ...parts.values()]), parameters: [...parameters] }
}

/** Answers of the process beside; pure but for what it keeps. */
export function makeSide() {
  const loaded = new Map<string, Edition>()
  const drawings = new Map<string, FlowDrawing>()
  const keep = <T>(shelf: Map<string, T>, key: string, thing: T, most: number): T => {
    shelf.delete(key)
    shelf.set(key, thing)
    const [oldest] = shelf.keys()
    if (shelf.size > most && oldest !== undefined) shelf.delete(oldest)
    return thing
  }
  return ({ id, hash, content, wish }: Question): Reply => {
    const edition = loaded.get(hash) ?? (content === undefined ? undefined : loadEdition(content, { hash }))
    if (edition === undefined) return { id, unknown: true }
    keep(loaded, hash, edition, MOST_LOADED)
    if (wish.what === 'flows') return { id, answer: [...edition.flows.values()].map(summaryOf) }
    const flow = edition.flows.get(wish.flow)
    if (flow === undefined) return { id, error: { code: 'flow.not-there', details: { flow: wish.flow } } }
    if (wish.what === 'try') return { id, answer: tryOut(edition, flow, wish.wish) }
    const key = `${hash} ${wish.flow}`
    return { id, answer: keep(drawings, key, drawings.get(key) ?? layOut(flow), MOST_DRAWINGS) }
  }
}

/** The process beside: answers one question after the other until whoever started it is gone. Resolves then. */
export function answerBeside(from: Pick<NodeJS.Process, 'on' | 'send'>): Promise<void> {
  const answer = makeSide()
  return new Promise((resolve) => {
    from.on('disconnect', resolve)
    from.on('message', (question) => {
      const { id } = question as Question
      let reply: Reply
      try {
        reply = answer(question as Question)
      } catch (error) {
        reply = { id, error: error instanceof LiandongError ? { code: error.code, details: error.details } : (error as Error).message }
      }
      from.send?.(reply)
    })
  })
}

/** Nothing that is looked at takes longer, ms: then it hangs. */
const LIMIT = 60_000
/** So long after the last question the process ends, ms. */
const IDLE = 300_000

export type FlowSide = ReturnType<typeof makeFlowSide>

/**
 * What the desk looks at is worked out in a process beside: laying out, loading and rehearsing a flow takes as long as the flow is large,
 * and the one that serves calls must not stand still for it (the dead-man's switch fires after 4 s). It is started when it is first asked.
 * @param program `bin/liandong.js`
 */
export function makeFlowSide(program: string, { limit = LIMIT, idle = IDLE }: { readonly limit?: number; readonly idle?: number } = {}) {
  let child: ChildProcess | null = null
  let resting: NodeJS.Timeout | undefined
  let last = 0
  const waiting = new Map<number, { readonly of: ChildProcess; readonly resolve: (reply: Reply) => void; readonly timer: NodeJS.Timeout }>()

  function end(): void {
    clearTimeout(resting)
    child?.kill()
    child = null
  }

  function started(): ChildProcess {
    if (child !== null) return child
    const one = spawn(process.execPath, [program, 'flow', 'beside'], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    let said = ''
    one.stderr?.on('data', (chunk: Buffer) => { said = (said + chunk.toString()).slice(-400) })
    const gone = (reason: string): void => {
      if (child === one) child = null
      for (const [id, { of, resolve }] of waiting) if (of === one) resolve({ id, error: reason })
    }
    one.on('error', (error) => { gone(error.message) })
    one.on('exit', () => { gone(said.trim().split('\n').at(-1) ?? 'it ended') })
    one.on('message', (reply) => { waiting.get((reply as Reply).id)?.resolve(reply as Reply) })
    one.unref()
    one.channel?.unref()
    child = one
    return one
  }

  function put(question: Omit<Question, 'id'>): Promise<Reply> {
    clearTimeout(resting)
    const to = started()
    const id = last += 1
    return new Promise<Reply>((resolve) => {
      const timer = setTimeout(() => {
        end() // it hangs, and so does all that waits behind it
        resolve({ id, error: `no answer within ${limit} ms` })
      }, limit)
      waiting.set(id, { of: to, resolve, timer })
      to.send({ id, ...question }, (error) => { if (error !== null) resolve({ id, error: error.message }) })
    }).finally(() => {
      clearTimeout(waiting.get(id)?.timer)
      waiting.delete(id)
      if (waiting.size === 0) resting = setTimeout(end, idle).unref()
    })
  }

  return {
    /** @param content of the edition, when the process does not know it. @throws LiandongError */
    async ask<W extends SideWish>(hash: string, content: () => Promise<EditionContent>, wish: W): Promise<SideAnswer<W>> {
      let reply = await put({ hash, wish })
      if ('unknown' in reply) reply = await put({ hash, wish, content: await content() })
      if ('answer' in reply) return reply.answer as SideAnswer<W>
      const error = 'error' in reply ? reply.error : 'it forgets'
      if (typeof error === 'string') throw new LiandongError('flow.gate', { reason: error })
      throw new LiandongError(error.code, error.details)
    },
    close: end,
  }
}
