import { LiandongError } from '../contracts/errors.js'
import type { FlowTag, QueueClass, Target } from '../contracts/call.js'
import type { CategoryCode } from '../contracts/primitives.js'
import type { HealthView, OperatorView, QueueView } from '../contracts/ws.js'
import { placeOf } from '../flow/engine.js'
import type { FlowEvent, FlowState, FlowSurroundings, WaitCommand } from '../flow/types.js'
import { makeWaitEstimate } from './wait-estimate.js'
import { cardOf, recordOf } from './card.js'
import { isReachable, refusal, type Control } from './core/controls.js'
import { positionOf } from './core/match.js'
import { emptyRoom, isAble, isWaiting, type Callee, type Command, type Env, type Operator, type Room, type RoomEvent, type RoomSettings } from './core/room.js'
import { step } from './core/step.js'
import { runFlow, type RunnableFlow } from './flow-runner.js'
import type {
  ArrivingCall, CallerContexts, CallNumbers, CallRecord, CitizenLeg, DeskPort, DeskSnapshot, IntakeDesk, IntakeRecords, Line, LiveCall, NodePresence, OperatorDirectory, PracticePhones,
  SwitchEvent, Switchboard,
} from './ports.js'

export interface IntakeLogger {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

export interface IntakeMetrics {
  readonly offered: () => void
  readonly answered: (waitedMs: number) => void
  readonly abandoned: () => void
  readonly ticketOpened: (tookMs: number) => void
}

export interface IntakeDeps {
  readonly switchboard: Switchboard
  readonly records: IntakeRecords
  readonly contexts: CallerContexts
  readonly desk: DeskPort
  readonly directory: OperatorDirectory
  readonly presence: NodePresence
  readonly numbers: CallNumbers
  readonly lines: readonly Line[]
  readonly phones: PracticePhones | null
  /** The flow that callers enter now; asked at each call, so that a published version is used from the next call on. */
  readonly flow: () => RunnableFlow
  /** What people have set for the flows: the city's calendar, switches that are on. Asked at each step; never waits. */
  readonly flowFacts: () => Pick<FlowSurroundings, 'calendar' | 'modes'>
  /** A line that callers may be transferred to, by its code. */
  readonly line: (code: string) => { readonly number: string } | undefined
  /** Asks a service of the settings' list. Never rejects, and ends within the command's time. */
  readonly lookUp: (command: Extract<WaitCommand, { type: 'look-up' }>) => Promise<FlowEvent>
  readonly classOf: (category: CategoryCode) => QueueClass
  readonly database: () => { readonly database: 'up' | 'down'; readonly journal: number }
  readonly settings: RoomSettings & { readonly whenUnstaffed: 'wait' | 'refuse'; readonly timeZone: string; readonly trunk: boolean }
  /** ms since epoch: for facts. */
  readonly clock: () => number
  /** Monotonic, ms: for durations. */
  readonly monotonic: () => number
  readonly newId: () => string
  readonly logger: IntakeLogger
  readonly metrics: IntakeMetrics
}

/** How often the loop that serves calls looks after itself, ms. */
const TICK = 250
/** The dead-man's switch is renewed this often; FreeSWITCH acts after 4 s without (design.md "The call"). */
const RENEW = 1_500
/** A tick this late means that our event loop stood still: let the switch run out rather than promise what we cannot keep. */
const SICK_LAG = 1_000
const RECONCILE = 10_000
const COUNTERS = 5_000
/** How often the nodes tell one another whether they have operators; what was heard is believed for so long without news. */
const BEAT = 2_000
const BELIEVED = 10_000
/** As the message node has it: less is a cough, not a message, ms. */
const SHORTEST_MESSAGE = 1_000

export interface Intake {
  /** FreeSWITCH connected a citizen's socket. */
  onArrival(leg: CitizenLeg): void
  /** A call that is over, from its CDR file. */
  onPast(event: Extract<SwitchEvent, { type: 'past' }>): void
  /** False while it is no use to a caller whatever its operators do: the link is down, or it is stopping. */
  isWell(): boolean
  /** False: refuse the socket, so that FreeSWITCH tries the next node or the native queue. */
  canServe(): boolean
  readonly desk: IntakeDesk
  /** Reads what was in hand before a restart; then the loop runs. */
  start(): Promise<void>
  /** Refuses new calls; resolves when nobody waits any more or the deadline has passed. Waiting callers go to the next action of the dialplan. */
  drain(deadline: number): Promise<void>
  close(): Promise<void>
  /** For metrics and tests. */
  room(): Room
}

/**
 * The loop around the room: events in, commands out. It holds no decision of its own, and nothing in it waits for SQL.
 */
export function makeIntake(deps: IntakeDeps): Intake {
  const { switchboard, records, settings, clock, monotonic, logger } = deps
  let room: Room = emptyRoom
  let draining = false
  let counters = { answered: 0, answeredInTime: 0, abandoned: 0 }
  let timer: NodeJS.Timeout | null = null
  const legs = new Map<string, CitizenLeg>()
  const flowStates = new Map<string, FlowState>()
  const remembered = new Map<string, CallRecord>()
  /** Writes under way, so that closing can wait for them. */
  const pending = new Set<Promise<unknown>>()
  /** Tickets that are being opened. */
  const openings = new Map<string, Promise<unknown>>()
  /** Flows started on each call, so that an older one knows that it is over. */
  const flowRuns = new Map<string, number>()
  /** Calls whose look-up is running, so that an older answer never overwrites a newer one. */
  const lookUps = new Map<string, number>()

  const estimate = makeWaitEstimate()

  const env = (): Env => ({ now: clock(), mono: monotonic(), newId: deps.newId, settings, classOf: deps.classOf, remembered: (callId) => remembered.get(callId) ?? null })

  function feed(event: RoomEvent): void {
    const result = step(room, event, env())
    room = result.room
    for (const command of result.commands) perform(command)
  }

  /** Writes of the event that is being fed, when somebody must know that they are durable. */
  let collecting: Promise<unknown>[] | null = null

  function background(callId: string, what: string, work: Promise<unknown>): void {
    collecting?.push(work)
    const guarded = work.catch((error: unknown) => { logger.error({ callId, err: error }, what) }).finally(() => pending.delete(guarded))
    pending.add(guarded)
  }

  function perform(command: Command): void {
    switch (command.type) {
      case 'offer':
        deps.metrics.offered()
        return switchboard.offer(command.request)
      case 'end-leg':
        return switchboard.endLeg(command.legId, command.cause)
      case 'end-call':
        return switchboard.endCall(command.callId)
      case 'hold':
        return switchboard.hold(command.callId, command.on)
      case 'mute':
        return switchboard.mute(command.legId, command.on)
      case 'join':
        return switchboard.join(command.request)
      case 'mode':
        return switchboard.mode(command.legId, command.mode)
      case 'take':
        return switchboard.take(command.legId, command.callId)
      case 'requeue':
        return switchboard.requeue(command.callId)
      case 'redial':
        return switchboard.redial(command.request)
      case 'note':
        return background(command.event.callId, 'event of a call not kept', records.noteCall(command.event))
      case 'clear-switch':
        return switchboard.clearSwitch(command.callId)
      case 'take-back':
        return switchboard.takeBack(command.callId)
      case 'reconcile':
        return switchboard.reconcile()
      case 'mirror':
        return legs.get(command.callId)?.mirror(command.facts)
      case 'run-flow':
        return startFlow(command.callId, command.resume)
      case 'look-up':
        return lookUp(command.callId)
      case 'save': {
        const call = room.calls.get(command.callId)
        if (call === undefined) return
        if (call.state === 'abandoned') deps.metrics.abandoned()
        return background(command.callId, 'call not saved', records.saveCall(recordOf(call)))
      }
      case 'open-ticket':
        return openTicket(command.callId, command.callBack)
      case 'mark-call-back':
        return background(command.callId, 'call-back not marked', afterOpening(command.callId, () => records.markCallBack(command.callId, command.at)))
      case 'show-me': {
        const operator = room.operators.get(command.operatorId)
        return operator === undefined ? undefined : deps.desk.send(command.operatorId, { type: 'me', me: viewOf(operator) })
      }
      case 'show-call': {
        const call = room.calls.get(command.callId)
        return call === undefined ? undefined : deps.desk.send(command.operatorId, { type: 'call', call: cardOf(call, clock()) })
      }
      case 'show-gone':
        return deps.desk.send(command.operatorId, { type: 'call.gone', callId: command.callId, reason: command.reason })
      case 'show-ticket':
        return deps.desk.send(command.operatorId, { type: 'ticket', ticket: command.ticket })
      case 'queue-changed':
        queueChanged = true
        return
      case 'forget':
        legs.delete(command.callId)
        flowStates.delete(command.callId)
        lookUps.delete(command.callId)
        remembered.delete(command.callId)
        flowRuns.delete(command.callId)
    }
  }

  /** A mark on a ticket must not overtake the ticket: they go over different connections. */
  async function afterOpening(callId: string, write: () => Promise<void>): Promise<void> {
    await openings.get(callId)?.catch(() => undefined)
    await write()
  }

  function openTicket(callId: string, callBack: boolean): void {
    const call = room.calls.get(callId)
    if (call?.answer == null) return
    const { answer } = call
    const startedAt = monotonic()
    deps.metrics.answered(Math.max(0, answer.at - call.queuedAt))
    estimate.answered(answer.at)
    const opening = {
      record: recordOf(call),
      operatorId: answer.operatorId ?? '',
      answeredAt: answer.at,
      callBack,
      place: call.arriving.locationText ?? call.context.knownAddress ?? '',
      callerName: call.context.knownName ?? '',
    }
    const opened = records.openTicket(opening).then((ticket) => {
      deps.metrics.ticketOpened(monotonic() - startedAt)
      feed({ type: 'call.ticket', ticket })
    })
    openings.set(callId, opened)
    background(callId, 'ticket not opened', opened.finally(() => { if (openings.get(callId) === opened) openings.delete(callId) }))
  }

  function lookUp(callId: string): void {
    const call = room.calls.get(callId)
    if (call === undefined) return
    const turn = (lookUps.get(callId) ?? 0) + 1
    lookUps.set(callId, turn)
    const { location, caller } = call.arriving
    const query = { number: caller.number, callId, ...(location === undefined ? {} : { location }), ...(call.category === null ? {} : { category: call.category }) }
    background(callId, 'caller not looked up', deps.contexts.lookUp(query).then((context) => {
      if (lookUps.get(callId) === turn) feed({ type: 'call.context', callId, context })
    }))
  }

  function surroundings(callId: string): FlowSurroundings {
    const call = room.calls.get(callId)
    const queue = queueView()
    return {
      now: clock(),
      timeZone: settings.timeZone,
      caller: {
        number: call?.arriving.caller.number ?? '',
        verified: call?.arriving.caller.verified ?? false,
        earlierCalls: call?.context.earlierCalls.length ?? 0,
        hints: call?.context.hints.map((hint) => hint.kind) ?? [],
      },
      load: { waiting: queue.waiting, ready: queue.ready, longestWaitSeconds: queue.longestWaitSeconds, present: queue.ready + queue.talking + queue.wrapUp },
      queue: estimate.of(positionOf(room, callId)),
      ...deps.flowFacts(),
    }
  }

  function startFlow(callId: string, resume: boolean): void {
    const leg = legs.get(callId)
    const call = room.calls.get(callId)
    if (leg === undefined || call === undefined) return
    const record = (what: string, work: Promise<unknown>): void => { background(callId, what, work) }
    const { number } = call.arriving.caller
    const wish = (reason: 'asked' | 'message', to: string): void => { record('call-back not recorded', records.wishCallBack({ callId, number: to, reason, at: clock() }).then(() => afterOpening(callId, () => records.markCallBack(callId, clock())))) }
    const begun = new Map<string, number>()
    // A flow that still runs here (its prompt is not over yet) gives way.
    const turn = (flowRuns.get(callId) ?? 0) + 1
    flowRuns.set(callId, turn)
    // Somebody has talked with him: no greeting and no menu again, only music.
    if (call.answer !== null) return leg.holdMusic()
    const from = resume ? flowStates.get(callId) ?? mirroredState(leg.call) : null
    const run = runFlow(leg, from, {
      flow: deps.flow(),
      surroundings: () => surroundings(callId),
      onTag: (tag: FlowTag) => { feed({ type: 'call.tagged', callId, tag }) },
      onNote(note) {
        if (note.type === 'call-back') wish('asked', note.number ?? number)
        else feed({ ...note, type: 'call.queue', callId })
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
      transfer: (command) => transfer(callId, command),
      hangUp() { feed({ type: 'call.settled', callId, at: clock(), how: 'SETTLED' }) },
      onState(state) {
        flowStates.set(callId, state)
        feed({ type: 'call.flow', callId, flow: { name: state.flow, version: state.version }, path: state.path, language: state.language, node: placeOf(state) })
      },
    }, () => {
      const now = room.calls.get(callId)
      return flowRuns.get(callId) !== turn || legs.get(callId) !== leg || now === undefined || !isWaiting(now)
    })
    // A flow that throws is a defect of ours; the caller is in the queue all the same, with music.
    background(callId, 'flow failed', run.catch((error: unknown) => { leg.holdMusic(); throw error }))
  }

  async function transfer(callId: string, command: Extract<WaitCommand, { type: 'transfer' }>): Promise<Extract<FlowEvent, { type: 'transferred' | 'failed' }> | { readonly type: 'gone' }> {
    const line = deps.line(command.line)
    const call = room.calls.get(callId)
    if (line === undefined) return { type: 'failed', reason: `no line ${command.line}` }
    // A phone of ours that rings for him comes first: two legs must never race for one caller.
    if (call === undefined || call.offer !== null || !isWaiting(call)) return { type: 'failed', reason: 'an operator is about to answer' }
    feed({ type: 'call.away', callId, away: true })
    const taken = await switchboard.transfer({ callId, legId: deps.newId(), line: command.line, number: line.number, timeout: command.timeout, callerNumber: call.arriving.caller.number })
    if (taken) feed({ type: 'call.settled', callId, at: clock(), how: 'TRANSFERRED' })
    else feed({ type: 'call.away', callId, away: false })
    return taken ? { type: 'transferred' } : { type: 'failed', reason: 'nobody answered' }
  }

  function viewOf(operator: Operator): OperatorView {
    return {
      operatorId: operator.operatorId,
      presence: operator.presence,
      since: operator.since,
      wantsReady: operator.wantsReady,
      ...(operator.wrapUp === null ? {} : { wrapUpUntil: operator.wrapUp.until }),
      ...(operator.callId === null ? {} : { callId: operator.callId }),
      ...redialOf(operator.operatorId),
    }
  }

  function redialOf(operatorId: string): Pick<OperatorView, 'redial'> {
    for (const one of room.redials.values()) if (one.operatorId === operatorId) return { redial: { ticketId: one.ticketId, reached: one.reachedAt !== null } }
    return {}
  }

  function queueView(): QueueView {
    let waiting = 0
    let waitingEmergency = 0
    let oldest = Infinity
    for (const call of room.live.values()) {
      if (!isWaiting(call)) continue
      waiting += 1
      if (call.class === 'emergency') waitingEmergency += 1
      oldest = Math.min(oldest, call.queuedAt)
    }
    const counts = { ready: 0, ringing: 0, talking: 0, 'wrap-up': 0, break: 0 }
    for (const { presence, attached } of room.operators.values()) {
      if (presence === 'talking' || presence === 'ringing') counts[presence] += 1
      else if (attached && (presence === 'ready' || presence === 'wrap-up')) counts[presence] += 1
      else if (attached) counts.break += 1
    }
    return {
      waiting, waitingEmergency,
      longestWaitSeconds: waiting === 0 ? 0 : Math.max(0, Math.floor((clock() - oldest) / 1000)),
      ready: counts.ready, ringing: counts.ringing, talking: counts.talking, wrapUp: counts['wrap-up'], onBreak: counts.break,
      answeredToday: counters.answered, answeredInTimeToday: counters.answeredInTime, abandonedToday: counters.abandoned,
    }
  }

  const healthView = (): HealthView => ({ ...deps.database(), pbx: switchboard.up ? 'up' : 'down' })

  // ── The loop ───────────────────────────────────────────────────────────────────────────────────────────────

  let lastTick = -Infinity
  let lastRenewal = -Infinity
  let lastReconcile = -Infinity
  let lastCounters = -Infinity
  let lastHealth = ''
  /** Counted anew by the next tick: a busy room changes many times between two. */
  let queueChanged = false

  function tick(): void {
    const now = monotonic()
    const lag = lastTick === -Infinity ? 0 : now - lastTick - TICK
    lastTick = now
    feed({ type: 'tick' })
    // Reached only when the step above went well, on a loop that is on time, over a link that is up: this is the switch's watchman.
    if (lag < SICK_LAG && switchboard.up && now - lastRenewal >= RENEW) {
      lastRenewal = now
      const waiting = room.live.values().filter((call) => call.held && isWaiting(call)).map((call) => call.callId)
      if (waiting.length > 0) switchboard.renewSwitch(waiting)
    }
    if (switchboard.up && now - lastReconcile >= RECONCILE) {
      lastReconcile = now
      switchboard.reconcile()
    }
    if (!beating && now - lastBeat >= BEAT) {
      lastBeat = now
      beating = true
      // Without the database nothing is known of other nodes, after a while.
      background('', 'other nodes not heard', beat().catch(() => undefined).finally(() => { beating = false }))
    }
    if (now - lastCounters >= COUNTERS) {
      lastCounters = now
      background('', 'counters not read', records.today().then((today) => {
        // A call that ended is counted after its end moved the queue: the desks are told once more.
        queueChanged ||= today.answered !== counters.answered || today.answeredInTime !== counters.answeredInTime || today.abandoned !== counters.abandoned
        counters = today
      }))
      // Time alone makes the longest wait longer.
      queueChanged ||= room.live.values().some(isWaiting)
    }
    if (queueChanged) deps.desk.broadcast({ type: 'queue', queue: queueView() })
    queueChanged = false
    const health = healthView()
    const shown = JSON.stringify(health)
    if (shown !== lastHealth) {
      lastHealth = shown
      deps.desk.broadcast({ type: 'health', health })
    }
  }

  async function named(live: LiveCall): Promise<LiveCall> {
    const { leg } = live
    if (leg === undefined || leg.operatorId !== undefined || leg.extension === undefined) return live
    const operatorId = await deps.directory.byExtension(leg.extension).catch(() => null)
    return operatorId === null ? live : { ...live, leg: { ...leg, operatorId } }
  }

  /** When the rows of before were read, monotonic; null: not yet, or they were compared with what lives. */
  let rowsOf: number | null = null

  /** Rows of before us whose call FreeSWITCH does not have: their end was missed. A CDR file that tells the true one comes later and counts. */
  function endLost(at: number): void {
    if (rowsOf === null || at < rowsOf) return
    rowsOf = null
    for (const [callId, record] of remembered) {
      if (room.calls.has(callId)) continue
      background(callId, 'lost call not ended', records.saveCall({ ...record, state: record.answeredAt === undefined ? 'abandoned' : 'ended', endedAt: clock(), hangupCause: 'LOST' }))
    }
  }

  let heardElsewhere = -Infinity
  let lastBeat = -Infinity
  let beating = false
  const able = (): number => room.operators.values().filter(isAble).length
  const elsewhere = (): boolean => monotonic() - heardElsewhere < BELIEVED

  /** Other nodes' operators. Who waits here, where nobody can take him, while another node has somebody, is sent there: his place goes with him. */
  async function beat(): Promise<void> {
    const mine = draining ? 0 : able()
    const before = elsewhere()
    heardElsewhere = await deps.presence.beat(mine) ? monotonic() : -Infinity
    // Known since the last beat at least: by now we do not listen any more, and he does not come back to us.
    if (mine > 0 || able() > 0 || !before || !elsewhere() || !switchboard.up) return
    const waiting = room.live.values().filter((call) => call.held && isWaiting(call) && call.offer === null).map((call) => call.callId)
    if (waiting.length === 0) return
    logger.info({ waiting: waiting.length }, 'nobody is here to take calls: callers go to another node')
    for (const callId of waiting) feed({ type: 'call.passed', callId })
    switchboard.passOn(waiting)
  }

  function onSwitchEvent(event: SwitchEvent): void {
    if (event.type === 'resync' && event.calls.some(({ leg }) => leg !== undefined && leg.operatorId === undefined)) {
      background('', 'resync lost', Promise.all(event.calls.map(named)).then((calls) => { feed({ ...event, calls }); endLost(event.at) }))
    } else if (event.type === 'past') {
      background(event.call.call.callId, 'past call not recorded', named(event.call).then(async (call) => {
        try {
          await settle({ ...event, call })
          event.settled(true)
        } catch (error) {
          event.settled(false)
          throw error
        }
      }))
    } else {
      if (event.type === 'link.down') logger.warn({}, 'link to FreeSWITCH is down')
      feed(event)
      if (event.type === 'resync') endLost(event.at)
    }
  }

  /** Feeds a past call and resolves when all its facts are durable. What the room had recorded to the end is not written again. */
  async function settle(event: Extract<SwitchEvent, { type: 'past' }>): Promise<void> {
    const { callId } = event.call.call
    const before = room.calls.get(callId)
    const writes: Promise<unknown>[] = collecting = []
    feed(event)
    collecting = null
    await Promise.all(writes)
    const call = room.calls.get(callId)
    if (call === undefined || (before?.ended != null && before.answer?.legId === call.answer?.legId && (call.answer === null || call.ticket !== null))) return
    if (call.answer !== null) await records.openTicket({ record: recordOf(call), operatorId: call.answer.operatorId ?? '', answeredAt: call.answer.at, callBack: false, place: '', callerName: '' })
    await records.saveCall(recordOf(call))
  }

  switchboard.onEvent(onSwitchEvent, () => room.live.values().filter(({ ended }) => ended === null).flatMap((call) =>
    [call.callId, call.offer?.legId ?? '', call.answer?.legId ?? '', ...call.parties.map(({ legId }) => legId)].filter((uuid) => uuid !== '')))

  // ── The desk ───────────────────────────────────────────────────────────────────────────────────────────────

  function snapshot(operatorId: string): DeskSnapshot {
    const operator = room.operators.get(operatorId)
    const call = operator?.callId == null ? undefined : room.calls.get(operator.callId)
    return {
      me: operator === undefined ? { operatorId, presence: 'offline', since: clock() } : viewOf(operator),
      call: call === undefined ? null : cardOf(call, clock()),
      ticket: call?.ticket ?? null,
    }
  }

  /** The operator's own call, or the error that says why not. */
  function ownCall(operatorId: string, callId: string): Operator {
    const operator = room.operators.get(operatorId)
    if (operator?.callId !== callId) throw new LiandongError(room.calls.has(callId) ? 'call.not-yours' : 'call.gone')
    return operator
  }

  function phone(): void {
    if (!switchboard.up) throw new LiandongError('pbx.down')
  }

  /** Does it, or says why not. */
  function act(event: Control): void {
    phone()
    const why = refusal(room, event)
    if (why !== null) throw new LiandongError(why.code, why.details)
    feed(event)
  }

  function callee(target: Exclude<Target, { type: 'queue' }>): Callee {
    if (target.type === 'operator') return { operatorId: target.operatorId }
    const line = deps.lines.find(({ code }) => code === target.code)
    if (line === undefined) throw new LiandongError('call.line-unknown', { code: target.code })
    if (!settings.trunk) throw new LiandongError('call.trunk-off')
    return { line: line.code, number: line.number }
  }

  async function redial(operatorId: string, ticketId: string): Promise<void> {
    const number = room.calls.get(ticketId)?.arriving.caller.number ?? await deps.numbers.numberOf(ticketId)
    if (number === null || !/^\+?[0-9]{3,15}$/.test(number)) throw new LiandongError('call.no-number')
    act({ type: 'operator.redial', operatorId, ticketId, number })
  }

  const desk: IntakeDesk = {
    attach(profile, ready) {
      feed({ type: 'operator.attached', profile, ...(ready === undefined ? {} : { ready }) })
      return snapshot(profile.operatorId)
    },
    detach(operatorId) { feed({ type: 'operator.detached', operatorId }) },
    snapshot,
    setReady(operatorId, ready) { feed({ type: 'operator.ready', operatorId, ready }) },
    endWrapUp(operatorId) { feed({ type: 'operator.wrap-up-end', operatorId }) },
    answerPhone(operatorId, callId) {
      const operator = ownCall(operatorId, callId)
      if (deps.phones === null) throw new LiandongError('phone.not-practice')
      phone()
      if (!deps.phones.answer(operator.profile.extension)) throw new LiandongError('call.gone')
    },
    rejectPhone(operatorId, callId) {
      ownCall(operatorId, callId)
      phone()
      feed({ type: 'operator.reject', operatorId, callId })
    },
    hangUp(operatorId, callId) {
      ownCall(operatorId, callId)
      phone()
      feed({ type: 'operator.hang-up', operatorId, callId })
    },
    hold(operatorId, callId, on) { act({ type: 'operator.hold', operatorId, callId, on }) },
    mute(operatorId, callId, on) { act({ type: 'operator.mute', operatorId, callId, on }) },
    transfer(operatorId, callId, target) { act({ type: 'operator.transfer', operatorId, callId, to: target.type === 'queue' ? null : callee(target) }) },
    consult(operatorId, callId, target) {
      if (target.type === 'queue') throw new LiandongError('request.invalid', { where: 'target', problem: 'queue' })
      act({ type: 'operator.consult', operatorId, callId, to: callee(target) })
    },
    conference(operatorId, callId) { act({ type: 'operator.conference', operatorId, callId }) },
    complete(operatorId, callId) { act({ type: 'operator.complete', operatorId, callId }) },
    drop(operatorId, callId, legId) { act({ type: 'operator.drop', operatorId, callId, legId }) },
    listen(operatorId, callId, mode) { act({ type: 'supervisor.listen', operatorId, callId, mode }) },
    take(operatorId, callId) { act({ type: 'supervisor.take', operatorId, callId }) },
    redial(operatorId, ticketId) {
      if (!settings.trunk) throw new LiandongError('call.trunk-off')
      return redial(operatorId, ticketId)
    },
    phoneBook: () => ({
      operators: room.operators.values().filter(({ attached }) => attached).map((operator) => ({
        operatorId: operator.operatorId, displayName: operator.profile.displayName, extension: operator.profile.extension, presence: operator.presence, reachable: isReachable(operator),
      })).sort((a, b) => a.extension.localeCompare(b.extension)),
      lines: deps.lines,
    }),
    talks: () => room.live.values().filter((call) => call.ended === null && call.answer !== null && call.bridged).map((call) => cardOf(call, clock())),
    ticketChanged(ticket) { feed({ type: 'call.ticket', ticket }) },
    queueView,
    healthView,
  }

  return {
    onPast: onSwitchEvent,
    onArrival(leg) {
      const { call } = leg
      legs.set(call.callId, leg)
      leg.onClose(() => {
        if (legs.get(call.callId) !== leg) return
        legs.delete(call.callId)
        feed({ type: 'call.released', callId: call.callId })
      })
      feed({ type: 'call.arrived', call })
    },
    isWell: () => !draining && switchboard.up,
    canServe: () => !draining && switchboard.up && (able() > 0 || (settings.whenUnstaffed === 'wait' && !elsewhere())),
    desk,
    async start() {
      for (const record of await records.unfinishedCalls().catch((error: unknown) => { logger.warn({ err: error }, 'what was in hand before is unknown'); return [] })) {
        remembered.set(record.callId, record)
      }
      rowsOf = monotonic()
      timer = setInterval(() => {
        try {
          tick()
        } catch (error) {
          // The switch is not renewed then, and callers fall through to the native queue: better than a queue that does not move.
          logger.error({ err: error }, 'tick failed')
        }
      }, TICK)
    },
    async drain(deadline) {
      draining = true
      const waiting = (): boolean => room.live.values().some((call) => call.held && isWaiting(call))
      const until = monotonic() + deadline
      while (waiting() && monotonic() < until) await new Promise((resolve) => setTimeout(resolve, 100))
      for (const leg of legs.values()) leg.release()
    },
    async close() {
      if (timer !== null) clearInterval(timer)
      timer = null
      while (pending.size > 0) await Promise.allSettled(pending)
    },
    room: () => room,
  }

  function mirroredState(call: ArrivingCall): FlowState | null {
    const [flow, version, node] = call.mirror.flow?.split(':') ?? []
    const record = remembered.get(call.callId)
    if (flow === undefined || version === undefined || node === undefined) return null
    // No node: the flow had come to its end; he goes on with music.
    return { flow, version, node: node === '' ? null : node, language: call.mirror.language ?? 'zh-CN', memory: {}, tags: record?.tags ?? [], vars: {}, stack: [], path: record?.path ?? [] }
  }
}
