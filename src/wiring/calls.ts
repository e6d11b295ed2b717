import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import type { QueueClass } from '../contracts/call.js'
import type { FlowSurroundings } from '../flow/types.js'
import { makeHub, type Hub } from '../http/hub.js'
import type { IntakeDeps } from '../intake/deps.js'
import type { FlowTracer } from '../intake/flow-trace.js'
import type { Switchboard } from '../intake/ports.js'
import type { LiveFlows } from '../intake/live-flows.js'
import { makeLookUps } from '../intake/look-ups.js'
import { makeIntake, type Intake } from '../intake/service.js'
import type { Metrics } from '../metrics.js'
import { readCall } from '../pbx/caller.js'
import { makeCitizenLeg } from '../pbx/citizen-leg.js'
import { startOutbound, type OutboundServer, type OutboundSettings } from '../pbx/esl/outbound.js'
import type { OnRefused } from '../pbx/esl/refused.js'
import { makeSpeechEngine } from '../pbx/speech.js'
import { sendStrangerOn } from '../pbx/strangers.js'
import { makeSwitchboard } from '../pbx/switchboard.js'
import type { RecordingEvent } from '../recording/ports.js'

const RULES = { offerGrace: 3_000, keepEnded: 60_000, goneWindow: 2_000 }
/** FreeSWITCH acts after this many seconds without renewal; we renew every 1.5 s (design.md, "The call"). */
const SWITCH_SECONDS = 4
/** What our dialplan calls the extension at which citizens who were with us before come back, whatever number they dialled. */
const INTAKE_EXTENSION = '110'

/** The PBX that calls come from: a FreeSWITCH by the settings, or the practice exchange in this process. */
export interface Pbx {
  readonly host: string
  readonly port: number
  readonly password: string
  /** Where the PBX's `socket` application finds us (port 0: any free one), and from where it may come. */
  readonly listen: Pick<OutboundSettings, 'host' | 'port' | 'peers'>
  readonly trunkDial: string
  /** Another FreeSWITCH, by the edge; empty: there is none. */
  readonly hallsDial: string
  readonly holdMusic: string
  /** `engine grammar`, or empty. */
  readonly speech: string
  readonly phones: IntakeDeps['phones']
  /** A county has no telephone. */
  readonly none?: true
}

/** What `main` gives; a bench gives records that write nothing. */
export interface CallsGiven extends Pick<IntakeDeps, 'records' | 'contexts' | 'directory' | 'presence' | 'numbers' | 'database' | 'clock' | 'monotonic'> {
  readonly config: Config
  readonly logger: Logger
  readonly metrics: Metrics
  readonly flows: Pick<LiveFlows, 'enter' | 'recall' | 'lines' | 'categories' | 'promptPath'>
  readonly trace?: FlowTracer
  /** The city's calendar, as flows ask it. */
  readonly calendar: () => FlowSurroundings['calendar']
  /** Switches of the flows that are on. */
  readonly modes: () => FlowSurroundings['modes']
  readonly pbx: Pbx
  /** What is to be recorded where; null: nothing. */
  readonly recording: { readonly directory: string; readonly take: (event: RecordingEvent) => void } | null
  /** An operator's desk came up here. */
  readonly onSeat?: (operatorId: string) => void
  /** His last one here is gone; `ready`: he wanted calls. */
  readonly onLeft?: (operatorId: string, ready: boolean) => void
  /** How a citizen's request stands, for flows: by its number and the number that he calls from. Rejects where he does not know both. */
  readonly askTicket: (number: string, phone: string) => Promise<unknown>
  /** The units that have to do with a ticket. */
  readonly unitsOf: (ticketId: string) => Promise<readonly string[]>
}

export interface Calls {
  readonly hub: Hub
  readonly switchboard: Switchboard & Pick<ReturnType<typeof makeSwitchboard>, 'awaitKey' | 'hush' | 'close'>
  readonly intake: Intake
  readonly queueClassOf: (category: string) => QueueClass | undefined
  /** Takes calls from now on. @throws EADDRINUSE */
  listen(): Promise<Pick<OutboundServer, 'port' | 'listening' | 'close'>>
}

const nothing = (): void => undefined
const about = (callId: string | null): { readonly callId?: string } => (callId === null ? {} : { callId })
/** Where there is no telephone nothing is wrong with it. */
const NO_SWITCHBOARD: Calls['switchboard'] = {
  up: true, core: null, halls: null, offer: nothing, transfer: () => Promise.resolve(false), carry: () => Promise.resolve(false), endLeg: nothing, endCall: nothing, renewSwitch: nothing, clearSwitch: nothing, takeBack: nothing, passOn: nothing, turn: nothing, hold: nothing, mute: nothing,
  join: nothing, mode: nothing, take: nothing, requeue: nothing, redial: nothing, reconcile: nothing, onEvent: nothing, nativeAgents: () => Promise.resolve([]), setNativeAgents: nothing, say: nothing, onWord: nothing, hasPhone: () => false, sayAble: nothing, awaitKey: () => nothing, hush: nothing, close: nothing,
}

/** The way of a call: link and sockets of the PBX, intake, desks. */
export function wireCalls({ config, logger, metrics, flows, pbx, clock, monotonic, unitsOf, modes, calendar, recording, ...given }: CallsGiven): Calls {
  const onRefused: OnRefused = (text, callId) => { metrics.commandsRefused.inc(); logger.warn(about(callId), `command refused: ${text}`) }
  const hub = makeHub(() => intake.desk, {
    grace: config['desk.grace'], clock, practice: pbx.phones !== null, playsUnits: pbx.phones !== null && config['practice.units'], timeZone: config['city.timeZone'], unitsOf, ...(given.onSeat === undefined ? {} : { onSeat: given.onSeat }), ...(given.onLeft === undefined ? {} : { onLeft: given.onLeft }),
  }, { sent: () => { metrics.socketMessages.inc() }, cut: () => { metrics.socketsCut.inc() } })
  let reached = pbx.phones === null
  let outbound: OutboundServer | null = null
  const switchboard = pbx.none === true ? NO_SWITCHBOARD : makeSwitchboard({
    link: { host: pbx.host, port: pbx.port, password: pbx.password },
    operatorDial: config['pbx.operatorDial'], trunkDial: pbx.trunkDial, hallsDial: pbx.hallsDial, intakeExtension: INTAKE_EXTENSION,
    fallbackExtension: config['pbx.fallbackExtension'], fallbackContext: config['pbx.fallbackContext'], nativeQueue: config['pbx.nativeQueue'], recordings: recording?.directory ?? '', speech: pbx.speech !== '', switchSeconds: SWITCH_SECONDS,
  }, {
    clock, monotonic, onRefused, listens: () => outbound?.listening === true,
    ...(recording === null ? {} : { onRecording: recording.take }),
    onLag: (ms) => { metrics.lag.observe(Math.max(0, ms) / 1000) },
    // The practice exchange is in this process: that the machine is busy with the start is no news.
    onLink: (state, reason) => { reached ||= state === 'up'; logger[reached ? 'info' : 'debug']({ state, reason }, pbx.phones === null ? 'link to FreeSWITCH' : 'link to the practice exchange') },
  })
  const queueClassOf = (category: string): QueueClass | undefined => flows.categories().find(({ code }) => code === category)?.class
  const intake = makeIntake({
    ...given, switchboard, desk: hub.desk, lines: flows.lines, phones: pbx.phones, clock, monotonic, newId: randomUUID, logger,
    flow: (dialled, from) => flows.enter(dialled, config['flows.entry'], from),
    recallFlow: (version) => flows.recall(version),
    flowFacts: () => ({ calendar: calendar(), modes: modes() }),
    lookUp: makeLookUps({ services: config['flows.lookUps'], privateAddresses: config['flows.lookUpPrivate'], own: { tickets: ({ number = '', phone = '' }) => given.askTicket(number, phone) } }),
    classOf: (category) => queueClassOf(category) ?? 'standard',
    settings: {
      ...RULES, offerTimeout: config['intake.offerTimeout'], wrapUp: config['intake.wrapUp'], skillOverflow: config['intake.skillOverflow'], reservedOperators: config['intake.reservedOperators'],
      whenUnstaffed: config['intake.whenUnstaffed'], timeZone: config['city.timeZone'], trunk: pbx.trunkDial !== '', halls: pbx.hallsDial !== '',
    },
    metrics: {
      offered: () => { metrics.offers.inc() }, abandoned: () => { metrics.abandoned.inc() },
      answered: (waited) => { metrics.answered.inc(); metrics.wait.observe(waited / 1000) },
      ticketOpened: (took) => { metrics.ticket.observe(took / 1000) },
    },
  })
  const messages = config['pbx.messages'] === '' ? join(config.home, 'messages') : config['pbx.messages']
  if (config['pbx.messages'] === '') mkdirSync(messages, { recursive: true, mode: 0o750 })
  const [engine = '', grammar = ''] = pbx.speech.split(' ')
  const leg = { promptPath: flows.promptPath, holdMusic: pbx.holdMusic, messages, speech: engine === '' ? null : makeSpeechEngine(engine, grammar, config['pbx.speechOpening'], monotonic, () => { logger.error({ engine }, 'the speech engine keeps callers waiting: keys alone for five minutes') }), hush: switchboard.hush, awaitKey: switchboard.awaitKey, onRefused }
  return {
    hub, switchboard, intake, queueClassOf,
    listen: async () => (outbound = await startOutbound(pbx.listen, {
      canServe: intake.canServe,
      onRefused: (why, callId) => { metrics.refused.inc(); logger.warn({ why, ...about(callId) }, 'a call’s socket refused') },
      onCall({ channel, ...socket }) {
        if (sendStrangerOn({ channel, ...socket }, switchboard.core, { extension: INTAKE_EXTENSION, context: config['pbx.fallbackContext'] })) {
          metrics.refused.inc()
          return logger.error({ core: channel.headers?.get('Core-UUID') }, 'a caller of another FreeSWITCH than the one at pbx.host: each FreeSWITCH asks nodes of its own (LIANDONG_FS_INTAKE_NODES); he goes on')
        }
        const call = channel.headers === null ? null : readCall(channel.headers)
        if (call === null) return socket.connection.destroy('not a channel')
        logger.info({ callId: call.callId, recovered: call.recovered }, 'call connected')
        intake.onArrival(makeCitizenLeg(socket, call, leg))
      },
    })),
  }
}
