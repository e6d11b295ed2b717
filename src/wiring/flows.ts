import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Logger } from 'pino'
import { delaysOf, isPracticeCity, type Config } from '../config.js'
import { LiandongError } from '../contracts/errors.js'
import type { Calendar } from '../flow/types.js'
import { makeFlowDesk, type FlowDesk } from '../intake/flow-desk.js'
import { makePublishing } from '../intake/flow-publishing.js'
import { makeFlowTracer, type FlowTracer } from '../intake/flow-trace.js'
import type { Gated } from '../intake/flow-gate.js'
import { gateInProcess, judgeInProcess } from '../intake/gate-process.js'
import { openLiveFlows, type LiveFlows, type LiveFlowsOptions } from '../intake/live-flows.js'
import { servicesOf } from '../intake/look-ups.js'
import type { Intake } from '../intake/service.js'
import type { Metrics } from '../metrics.js'
import { root } from '../paths.js'
import type { Store } from '../store/store.js'
import type { Closing } from './closing.js'

/** A practice city has every number. A real one gives its own out (`entries.yaml`), and may not have these. */
const PRACTICE_NUMBERS: ReadonlyMap<string, string> = new Map([['1109', 'ask']])

export interface FlowsGiven {
  readonly config: Config
  readonly logger: Logger
  readonly metrics: Metrics
  readonly store: Pick<Store, 'editions' | 'onFlows'>
  /** The city's calendar, as flows ask it. */
  readonly calendar: () => Calendar
  readonly clock: () => number
  readonly monotonic: () => number
  readonly closing: Closing
  /** In place of the check in a process of its own. */
  readonly gate?: (() => Promise<Gated>) | undefined
}

export interface Flows {
  readonly live: LiveFlows
  readonly trace: FlowTracer
  /** The desk's view of them, with the callers who stand in them now. */
  desk(intake: Pick<Intake, 'room'>): FlowDesk
}

/** The flows that callers enter, how they are published, and what becomes of callers in them. @throws LiandongError `flow.no-entry` */
export async function openFlows({ config, logger, metrics, store, calendar, clock, monotonic, closing, gate }: FlowsGiven): Promise<Flows> {
  const directory = config['flows.directory']
  const program = join(root, 'bin', 'liandong.js')
  const watch = config['flows.publish'] === 'watch'
  const approval = config['flows.approval']
  const around = { entries: [config['flows.entry']], services: servicesOf(config['flows.lookUps']), delays: delaysOf(config) }
  const publishing = makePublishing({ store: store.editions, directory, approval, gate: gate ?? ((nodes) => gateInProcess(program, directory, nodes ?? around)), judge: (content, nodes) => judgeInProcess(program, { content, shown: basename(directory), around: nodes ?? around }) })
  const entry = join(directory, `${config['flows.entry']}.yaml`)
  const live = await openLiveFlows({
    directory, home: config.home, node: config['node.name'], store: store.editions, publishing, promptRoot: config['pbx.promptRoot'], ...(isPracticeCity(config) && { numbers: PRACTICE_NUMBERS }), clock, logger: config['node.kind'] === 'county' ? troublesOnly(logger) : logger,
    // A broken file is told and callers wait with music; one that is not there is a wrong setting.
    ready(edition) { if (edition?.flows.has(config['flows.entry']) !== true && !existsSync(entry)) throw new LiandongError('flow.no-entry', { file: entry }) },
    rules: { watch, approval, around, autoReturn: config['flows.autoReturn'], autoReturnCalls: config['flows.autoReturnCalls'] },
    onReturned: () => { metrics.flowReturns.inc() },
  })
  closing.addAsking(() => live.close())
  store.onFlows(live.nudge)
  const trace = makeFlowTracer({ store: store.editions, clock, monotonic })
  closing.addAsking(() => trace.close())
  return {
    live, trace,
    desk(intake) {
      const desk = makeFlowDesk({
        live, store: store.editions, publishing, directory, node: config['node.name'], program, watch, entry: config['flows.entry'], timeZone: config['city.timeZone'], calendar,
        standing: () => intake.room().live.values().flatMap(({ ended, answer, path, flow }) => (ended === null && answer === null && flow !== null ? [{ flow: flow.name, version: flow.version, path }] : [])),
      })
      closing.add(() => { desk.close() })
      return desk
    },
  }
}

/** A county reads the flow files for their code book: nobody calls there, so which flows run is no news. */
const troublesOnly = (logger: Logger): LiveFlowsOptions['logger'] => ({ info: () => undefined, warn(fields, text) { logger.warn(fields, text) }, error(fields, text) { logger.error(fields, text) } })
