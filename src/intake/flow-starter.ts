import { SHORTEST_MESSAGE } from '../contracts/call.js'
import { placeOf } from '../flow/engine.js'
import type { FlowEvent, FlowState, FlowSurroundings, WaitCommand } from '../flow/types.js'
import type { QueueView } from '../contracts/ws.js'
import { positionOf } from './core/match.js'
import { isWaiting } from './core/room.js'
import type { IntakeDeps } from './deps.js'
import { runFlow } from './flow-runner.js'
import type { Loop } from './loop.js'
import type { ArrivingCall, CallRecord, CitizenLeg } from './ports.js'
import type { TicketOpener } from './ticket-opener.js'

/** A flow is told of a load that is at most so old, ms: in a busy room many flows ask, and everybody is counted for it. */
const LOAD_AGE = 100

export interface FlowStarterDeps extends Pick<IntakeDeps, 'switchboard' | 'records' | 'flow' | 'recallFlow' | 'trace' | 'flowFacts' | 'lines' | 'lookUp' | 'settings' | 'clock' | 'newId'> {
  readonly leg: (callId: string) => CitizenLeg | undefined
  /** What the database knew of a call when we started. */
  readonly remembered: (callId: string) => CallRecord | null
  /** Until that of a caller of another node is read; null: it is not being read. */
  readonly recalling: (callId: string) => Promise<unknown> | null
  /** Until when what is known of a caller is still being looked up; null: it is known, as far as it can be. */
  readonly callerPending: (callId: string) => Promise<void> | null
  readonly queueView: () => QueueView
  /** How long somebody at this place of the queue will probably wait. */
  readonly estimate: (position: number) => FlowSurroundings['queue']
  readonly markCallBack: TicketOpener['markCallBack']
}

/** The flows that run beside the queue. */
export interface FlowStarter {
  /** Runs the flow on a caller's leg; `resume`: where he was, as far as that is known. One that still runs for him gives way. */
  start(callId: string, resume: boolean): void
  /** He was at another node since: where he stood here says nothing any more. */
  elsewhere(callId: string): void
  forget(callId: string): void
}

/** Starts flows on callers' legs and hands what they say to the room and the records. */
export function makeFlowStarter(loop: Loop, deps: FlowStarterDeps): FlowStarter {
  const { switchboard, records, clock } = deps
  const states = new Map<string, FlowState>()
  /** Flows started on each call, so that an older one knows that it is over. */
  const runs = new Map<string, number>()

  let known: { readonly at: number; readonly load: FlowSurroundings['load'] } | null = null
  function loadNow(): FlowSurroundings['load'] {
    const at = clock()
    // A clock that was put back makes nothing old.
    if (known !== null && at >= known.at && at - known.at < LOAD_AGE) return known.load
    const { waiting, ready, longestWaitSeconds, talking, wrapUp } = deps.queueView()
    known = { at, load: { waiting, ready, longestWaitSeconds, present: ready + talking + wrapUp } }
    return known.load
  }

  /** `onEarly`: a flow asks for what is not looked up yet. */
  function surroundings(callId: string, onEarly: (known: Promise<void>) => void): FlowSurroundings {
    const call = loop.room().calls.get(callId)
    const facts = deps.flowFacts()
    function lookedUp<T>(value: T): T {
      const pending = deps.callerPending(callId)
      if (pending !== null) onEarly(pending)
      return value
    }
    return {
      now: clock(),
      timeZone: deps.settings.timeZone,
      caller: {
        number: call?.arriving.caller.number ?? '',
        verified: call?.arriving.caller.verified ?? false,
        get earlierCalls() { return lookedUp(call?.context.earlierCalls.length ?? 0) },
        get hints() { return lookedUp(call?.context.hints.map((hint) => hint.kind) ?? []) },
      },
      // Counted only for a node that asks: most do not, and a busy room is long.
      get load() { return loadNow() },
      get queue() { return deps.estimate(positionOf(loop.room(), callId)) },
      calendar: facts.calendar,
      modes: toldModes(facts.modes, clock(), () => { deps.trace?.switched(callId) }),
    }
  }

  function start(callId: string, resume: boolean): void {
    const leg = deps.leg(callId)
    if (leg === undefined) return
    const turn = (runs.get(callId) ?? 0) + 1
    runs.set(callId, turn)
    /** Goes on once that is known, if he is still here. */
    const after = (known: Promise<unknown> | null, next: () => void): void => {
      if (known === null) return next()
      loop.background(callId, 'flow failed', known.then(() => { if (runs.get(callId) === turn && deps.leg(callId) === leg) next() }))
    }
    const from = (): FlowState | null => (resume ? states.get(callId) ?? mirroredState(leg.call, deps.remembered(callId)) : null)
    // He goes on by the tags that he had, in the edition that he was in.
    after(resume && !states.has(callId) ? deps.recalling(callId) : null, () => {
      const version = from()?.version
      after(version === undefined ? null : deps.recallFlow?.(version) ?? null, () => { run(callId, from(), leg, turn) })
    })
  }

  /** @param from where he was; null: he begins. */
  function run(callId: string, from: FlowState | null, leg: CitizenLeg, turn: number): void {
    const call = loop.room().calls.get(callId)
    if (call === undefined || !isWaiting(call)) return
    const record = (what: string, work: Promise<unknown>): void => { loop.background(callId, what, work) }
    const { number } = call.arriving.caller
    const wish = (reason: 'asked' | 'message', to: string): void => { record('call-back not recorded', records.wishCallBack({ callId, number: to, reason, at: clock() }).then(() => deps.markCallBack(callId, clock()))) }
    const begun = new Map<string, number>()
    // Somebody has talked with him: no greeting and no menu again, only music.
    if (call.answer !== null) return leg.holdMusic()
    deps.trace?.begin(callId, from?.path ?? [])
    const running = runFlow(leg, from, {
      flow: deps.flow(call.arriving.calledNumber, from),
      onAnswer(fits) { deps.trace?.answered(callId, fits) },
      onFault() { deps.trace?.failed(callId) },
      surroundings: (onEarly) => surroundings(callId, onEarly),
      onTag(tag, keyed) { loop.feed({ type: 'call.tagged', callId, tag, keyed }) },
      onNote(note, keyed) {
        if (note.type === 'call-back') wish('asked', note.number ?? number)
        else loop.feed({ ...note, type: 'call.queue', callId, keyed })
      },
      beginMessage() {
        const messageId = deps.newId()
        begun.set(messageId, clock())
        record('message not recorded', records.saveMessage({ messageId, callId, begunAt: begun.get(messageId) ?? clock(), duration: null }))
        return messageId
      },
      keepMessage(messageId, duration) {
        record('message not recorded', records.saveMessage({ messageId, callId, begunAt: begun.get(messageId) ?? clock(), duration }))
        if (duration >= SHORTEST_MESSAGE) wish('message', number)
      },
      lookUp: deps.lookUp,
      transfer: (command) => transfer(callId, command, () => runs.get(callId) === turn),
      hangUp() { loop.feed({ type: 'call.settled', callId, how: 'SETTLED' }) },
      onState(state) {
        states.set(callId, state)
        deps.trace?.at(callId, state)
        loop.feed({ type: 'call.flow', callId, flow: { name: state.flow, version: state.version }, path: state.path, language: state.language, node: placeOf(state) })
      },
    }, () => {
      const now = loop.room().calls.get(callId)
      return runs.get(callId) !== turn || deps.leg(callId) !== leg || now === undefined || !isWaiting(now)
    })
    // A flow that throws is a defect of ours; the caller is in the queue all the same, with music.
    record('flow failed', running.catch((error: unknown) => { leg.holdMusic(); throw error }).finally(() => { if (runs.get(callId) === turn || !runs.has(callId)) deps.trace?.done(callId) }))
  }

  /** @param current whether this is still his flow: one of before he came anew says nothing of the line that another one rings for him. */
  async function transfer(callId: string, command: Extract<WaitCommand, { type: 'transfer' }>, current: () => boolean): Promise<Extract<FlowEvent, { type: 'transferred' | 'failed' }>> {
    const line = deps.lines().find(({ code }) => code === command.line)
    const call = loop.room().calls.get(callId)
    if (line === undefined) return { type: 'failed', reason: `no line ${command.line}` }
    // A phone of ours that rings for him comes first: two legs must never race for one caller.
    if (call === undefined || call.offer !== null || !isWaiting(call)) return { type: 'failed', reason: 'an operator is about to answer' }
    if (call.away) return { type: 'failed', reason: 'he is being brought to another FreeSWITCH' }
    loop.feed({ type: 'call.away', callId, away: true })
    const taken = await switchboard.transfer({ callId, legId: deps.newId(), line: command.line, number: line.number, timeout: command.timeout, callerNumber: call.arriving.caller.number })
    if (taken) loop.feed({ type: 'call.settled', callId, how: 'TRANSFERRED' })
    else if (current()) loop.feed({ type: 'call.away', callId, away: false })
    return taken ? { type: 'transferred' } : { type: 'failed', reason: 'nobody answered' }
  }

  return {
    start,
    elsewhere(callId) { states.delete(callId) },
    forget(callId) {
      states.delete(callId)
      runs.delete(callId)
    },
  }
}

/** Switches that tell when the flow asks for one that is on. */
function toldModes(modes: FlowSurroundings['modes'], now: number, onAsked: () => void): FlowSurroundings['modes'] {
  const told = {}
  for (const [name, mode] of Object.entries(modes)) {
    Object.defineProperty(told, name, { enumerable: true, get() {
      if (mode.until === undefined || now < mode.until) onAsked()
      return mode
    } })
  }
  return told
}

/** Where a caller was by the variables of his channel and the row of before; null when they do not say. */
function mirroredState(call: ArrivingCall, record: CallRecord | null): FlowState | null {
  const [flow, version, node] = call.mirror.flow?.split(':') ?? []
  if (flow === undefined || version === undefined || node === undefined) return null
  const { category, language = 'zh-CN' } = call.mirror
  const tags = record?.tags ?? (category === undefined ? [] : [{ key: 'category', value: category, node, at: call.createdAt }])
  // No node: the flow had come to its end; he goes on with music.
  return { flow, version, node: node === '' ? null : node, language, memory: {}, tags, vars: {}, stack: [], path: record?.path ?? [] }
}
