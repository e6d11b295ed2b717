import type { QueueClass } from '../contracts/call.js'
import type { CategoryCode } from '../contracts/primitives.js'
import type { HealthView } from '../contracts/ws.js'
import type { FlowEvent, FlowState, FlowSurroundings, WaitCommand } from '../flow/types.js'
import type { RoomSettings } from './core/room.js'
import type { RunnableFlow } from './flow-runner.js'
import type { FlowTracer } from './flow-trace.js'
import type { CallerContexts, CallNumbers, DeskPort, IntakeRecords, Line, NodePresence, OperatorDirectory, PracticePhones, Switchboard } from './ports.js'

export interface IntakeLogger {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

export interface IntakeMetrics {
  readonly offered: () => void
  readonly answered: (waitedMs: number) => void
  /** Once for each caller who was gone before an answer, when that is certain. */
  readonly abandoned: () => void
  readonly ticketOpened: (tookMs: number) => void
}

export interface IntakeSettings extends RoomSettings {
  readonly whenUnstaffed: 'wait' | 'refuse'
  /** IANA name of the city's zone. */
  readonly timeZone: string
  /** Somebody outside can be dialled. */
  readonly trunk: boolean
  /** Callers can be brought to another FreeSWITCH. */
  readonly halls: boolean
}

/** Everything the intake is given from outside; `main` wires it. */
export interface IntakeDeps {
  readonly switchboard: Switchboard
  readonly records: IntakeRecords
  readonly contexts: CallerContexts
  readonly desk: DeskPort
  readonly directory: OperatorDirectory
  readonly presence: NodePresence
  readonly numbers: CallNumbers
  /** The lines outside that can be dialled; asked each time, for the list is read anew when its file changes. */
  readonly lines: () => readonly Line[]
  readonly phones: PracticePhones | null
  /** The flow that callers enter now; asked at each call, so that a published version is used from the next call on. */
  readonly flow: (dialled: string, from: FlowState | null) => RunnableFlow
  /** Until the edition that a caller who comes back was in is read; null: nothing has to be. */
  readonly recallFlow?: (version: string) => Promise<unknown> | null
  /** How callers go through it, for those who look after the flows. */
  readonly trace?: FlowTracer
  /** What people have set for the flows: the city's calendar, switches that are on. Asked at each step; never waits. */
  readonly flowFacts: () => Pick<FlowSurroundings, 'calendar' | 'modes'>
  /** Asks a service of the settings' list. Never rejects, and ends within the command's time. */
  readonly lookUp: (command: Extract<WaitCommand, { type: 'look-up' }>) => Promise<FlowEvent>
  readonly classOf: (category: CategoryCode) => QueueClass
  readonly database: () => Omit<HealthView, 'pbx'>
  readonly settings: IntakeSettings
  /** ms since epoch: for facts. */
  readonly clock: () => number
  /** Monotonic, ms: for durations. */
  readonly monotonic: () => number
  readonly newId: () => string
  readonly logger: IntakeLogger
  readonly metrics: IntakeMetrics
}
