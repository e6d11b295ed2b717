import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { environmentName, type Config, type SettingKey } from './config.js'
import { LiandongError } from './contracts/errors.js'
import type { PracticeLogin } from './contracts/routes/practice.js'
import type { HealthView } from './contracts/ws.js'
import { makeAttachments } from './dispatch/attachments.js'
import { makeBoard } from './dispatch/board.js'
import { makeCitizens } from './dispatch/citizen.js'
import type { CountyLine } from './dispatch/county/line.js'
import { districtOf } from './dispatch/core/geo.js'
import { makePlaces } from './dispatch/places.js'
import { makeHall } from './dispatch/hall.js'
import { openFlowFiles } from './intake/flow-files.js'
import { makeFlowDesk } from './intake/flow-desk.js'
import { makePublishing } from './intake/flow-publishing.js'
import { makeFlowTracer } from './intake/flow-trace.js'
import { gateInProcess } from './intake/gate-process.js'
import { noticeOf, openLiveFlows } from './intake/live-flows.js'
import type { Intake } from './intake/service.js'
import { makeMetrics } from './metrics.js'
import { startCdrSweep } from './pbx/cdr.js'
import { startCitizens } from './pbx/exchange/citizens.js'
import { startExchange, type Exchange } from './pbx/exchange/exchange.js'
import { migrationsDirectory, root } from './paths.js'
import { makeBrowserPhones } from './people/browser-phones.js'
import { makePeople } from './people/people.js'
import { PRACTICE_PEOPLE } from './people/practice.js'
import { makePractice, practiceLogins } from './practice.js'
import { makePresence } from './store/presence.js'
import { seedPractice } from './store/practice-seed.js'
import { inTime } from './store/blame.js'
import { openStore, type Store } from './store/store.js'
import { wireCalls, type Calls, type Pbx } from './wiring/calls.js'
import { startCounties } from './wiring/counties.js'
import { startDispatch } from './wiring/dispatch.js'
import { registerGauges } from './wiring/gauges.js'
import { keepPhones } from './wiring/phones.js'
import { wireRecording } from './wiring/recording.js'
import { openWeb } from './wiring/web.js'

export interface Liandong {
  readonly url: string
  readonly logins: readonly PracticeLogin[]
  readonly exchange: Exchange | null
  readonly intake: Intake
  readonly store: Store
  /** Where FreeSWITCH's `socket` application reaches us. */
  readonly outboundPort: number
  /** It listens there, and takes new callers. */
  readonly takesCallers: () => boolean
  /** Refuses new calls, lets waiting ones go on to the next action, ends everything. Talks in progress live on in FreeSWITCH. */
  stop(): Promise<void>
}

export const DESK_DIRECTORY = join(root, 'dist', 'desk')

/** How long a stop waits for callers in our queue, ms. */
const DRAIN = 10_000
/** What asks PostgreSQL shares this at the end, ms: it may not answer, and a stop is given 20 s in all. What is not written yet is found undone by the next run. */
const FAREWELL = 2_000

/** Starts the server: the only place that wires things together, with `wiring/`. @throws LiandongError, after what had begun is closed again. */
export async function startLiandong(config: Config, logger: Logger, onProgress: (zh: string, en: string) => void = () => undefined): Promise<Liandong> {
  const closers: (() => unknown)[] = []
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) {
      try {
        await close()
      } catch (error) {
        logger.error({ err: error }, 'stopping')
      }
    }
  }
  try {
    return await wire(config, logger, onProgress, closers, closeAll)
  } catch (error) {
    await closeAll() // what had begun must not go on without the rest
    throw error
  }
}

async function wire(config: Config, logger: Logger, onProgress: (zh: string, en: string) => void, closers: (() => unknown)[], closeAll: () => Promise<void>): Promise<Liandong> {
  const clock = Date.now
  const monotonic = (): number => performance.now()
  const metrics = makeMetrics()
  const atCounty = config['node.kind'] === 'county'
  const practising = config['pbx.kind'] === 'practice' && !atCounty
  let farewells: number | null = null
  const fast = (close: () => Promise<void>) => (): Promise<void> => {
    farewells ??= monotonic() + FAREWELL
    return inTime(close(), Math.max(0, farewells - monotonic()))
  }
  // The store tells of tickets from its opening on.
  let wired: Calls | null = null

  const store = await openStore({
    databaseUrl: config['database.url'], home: config.home, node: config['node.name'], migrations: migrationsDirectory, timeZone: config['city.timeZone'],
    contextDeadline: config['intake.contextTimeout'], clock, logger, onProgress,
    onTicket: (ticket) => { wired?.intake.desk.ticketChanged(ticket) },
    onStatus: () => { wired?.hub.desk.broadcast({ type: 'health', health: wired.intake.desk.healthView() }) },
  })
  closers.push(() => store.close())
  const people = makePeople(store.people, { sessionHours: config['session.hours'], clock })
  const logins = practising ? practiceLogins(config.home) : []
  await store.whenReady(async () => {
    if (practising) await store.people.refusePractice()
    await store.people.enablePractice(practising)
    for (const person of practising ? PRACTICE_PEOPLE : []) await people.addPerson(person, logins.find(({ loginName }) => loginName === person.loginName)?.password ?? '')
    if (practising) {
      // Who wants no callers, a test for one, has an empty city.
      await seedPractice(store.pool, config['practice.citizens'] === 0 ? null : { timeZone: config['city.timeZone'] })
      await store.refreshRules()
    }
  })

  onProgress('读取流程文件', 'reading flow files')
  const directory = config['flows.directory']
  const program = join(root, 'bin', 'liandong.js')
  const publishing = makePublishing({ store: store.editions, directory, approval: config['flows.approval'], gate: () => gateInProcess(program, directory) })
  const flows = await openLiveFlows({
    directory, home: config.home, node: config['node.name'], store: store.editions, publishing, promptRoot: config['pbx.promptRoot'], clock, logger,
    rules: { watch: config['flows.publish'] === 'watch', autoReturn: config['flows.autoReturn'], autoReturnCalls: config['flows.autoReturnCalls'] },
    openFiles: (onRead) => openFlowFiles(directory, { onProblems: () => undefined, onRead, onSwitched: () => undefined, logger }),
    onReturned: () => { metrics.flowReturns.inc() },
  })
  closers.push(fast(() => flows.close()))
  store.onFlows(flows.nudge)
  const trace = makeFlowTracer({ store: store.editions, clock, monotonic })
  closers.push(fast(() => trace.close()))
  // A broken file is told and callers wait with music; one that is not there is a wrong setting.
  const entry = join(directory, `${config['flows.entry']}.yaml`)
  if (flows.edition()?.flows.has(config['flows.entry']) !== true && !existsSync(entry)) throw new LiandongError('flow.no-entry', { file: entry })

  const recording = wireRecording({ config, logger, metrics, store, clock, monotonic, onTrouble: () => { wired?.hub.desk.broadcast({ type: 'health', health: wired.intake.desk.healthView() }) } })
  closers.push(fast(() => recording.close()))
  const { counties, line, close: closeCounties } = startCounties({ config, logger, store, clock })
  closers.push(fast(closeCounties))
  const { exchange, pbx } = atCounty ? { exchange: null, pbx: NO_PBX } : await openPbx(config, recording.directory)
  if (exchange !== null) closers.push(() => exchange.close())
  const calls = wireCalls({
    config, logger, metrics, flows, pbx, clock, monotonic, modes: store.modes, recording: recording.directory === null ? null : { directory: recording.directory, take: recording.take },
    records: store.records, contexts: store.records, numbers: store.talks, directory: store.people, presence: makePresence(store.pool, config['node.name']), database: () => ({ ...store.records.status(), ...noticeOf(flows.status()), ...recording.notice(), ...lineOf(line) }), trace,
    unitsOf: (ticketId) => store.records.get(ticketId).then(({ unitId, work }) => (unitId === null ? work.assist : [unitId, ...work.assist])),
  })
  wired = calls
  const { intake } = calls
  closers.push(() => { calls.switchboard.close() })
  const gauges = registerGauges(metrics, calls, recording, store, logger)
  closers.push(() => { gauges.close() })
  await intake.start()
  closers.push(() => intake.close())

  // After the link: what is alive is known before what is over.
  if (config['pbx.cdrDirectory'] !== '' && !atCounty) {
    const sweep = startCdrSweep({ directory: resolve(config['pbx.cdrDirectory']), context: config['pbx.fallbackContext'], clock }, { onPast: intake.onPast, logger })
    closers.push(() => sweep.close())
  }

  const phones = config['pbx.phones'] === '' ? null
    : keepPhones({ file: config['pbx.phones'], node: config['node.name'], phones: () => store.phones.all(), onError: (error) => { if (store.records.status().database === 'up') logger.warn({ err: error, file: config['pbx.phones'] }, 'telephones’ credentials were not written (pbx.phones)') } })
  if (phones !== null) closers.push(fast(() => phones.close()))
  const browserPhones = makeBrowserPhones({ store: store.phones, url: atCounty ? '' : config['pbx.browserPhones'], publish: () => phones?.publish() ?? Promise.resolve() })

  const dispatch = startDispatch({ config, logger, metrics, store, calls, clock, onOutbox: () => { line?.nudge() } })
  closers.push(fast(() => dispatch.close()))
  const { tickets } = dispatch
  const districts = () => store.rules().districts ?? []
  const categories = () => flows.categories().map(({ code, zh, en, class: queueClass }) => ({ code, name: { zh, en }, class: queueClass }))

  let stopping: Promise<void> | null = null
  const web = await openWeb({
    config, logger, metrics, calls, people, tickets, categories, clock, deskDirectory: DESK_DIRECTORY, draining: () => stopping !== null,
    hall: makeHall({ store: store.hall, tickets, rules: store.rules, areaOf: (point, place) => districtOf(districts(), point, place), onDelivered: (ticket) => { intake.desk.ticketChanged(ticket) } }),
    counties, browserPhones,
    citizens: makeCitizens({ store: store.citizens, units: () => tickets.units(), categories, keys: config['open311.keys'], clock }),
    places: makePlaces({ store: store.places, districts, tiles: config['map.tiles'] }), board: makeBoard({ store: store.board, tickets, categories, timeZone: config['city.timeZone'] }),
    flows: makeFlowDesk({
      live: flows, store: store.editions, publishing, directory, program, approval: config['flows.approval'], watch: config['flows.publish'] === 'watch', entry: config['flows.entry'], timeZone: config['city.timeZone'],
      standing: () => intake.room().live.values().flatMap(({ ended, path, flow }) => (ended === null && flow !== null ? [{ flow: flow.name, place: path.at(-1) ?? '' }] : [])),
    }),
    attachments: makeAttachments({ store: store.attachments, tickets }), talkStore: store.talks, recordings: recording.recordings, records: recording.directory !== null, account: store.account, openTicket: store.records.openTicket, trunk: pbx.trunkDial !== '',
    practice: exchange === null ? null : makePractice(exchange, logins, flows.promptText),
  }).catch((error: unknown) => { throw inUse(error, 'http.port', config['http.port']) })
  closers.push(() => web.close())

  // Calls last: a node that could not open its desk takes none.
  const outbound = atCounty ? null : await calls.listen().catch((error: unknown) => { throw inUse(error, 'pbx.listenPort', config['pbx.listenPort']) })
  if (outbound !== null) closers.push(() => outbound.close())
  exchange?.setOutbound(`127.0.0.1:${outbound?.port ?? 0}`)
  const callers = exchange === null || config['practice.citizens'] === 0 ? null : startCitizens(exchange, { meanInterval: config['practice.citizens'] })

  async function stop(): Promise<void> {
    callers?.stop()
    await intake.drain(exchange === null && !atCounty ? DRAIN : 0)
    await closeAll()
  }
  return { url: web.url, logins, exchange, intake, store, outboundPort: outbound?.port ?? 0, takesCallers: () => outbound?.listening === true && intake.canServe(), stop: () => (stopping ??= stop()) }
}

const NO_PBX: Pbx = { host: '', port: 0, password: '', listenPort: 0, trunkDial: '', holdMusic: '', speech: '', phones: null, none: true }
/** What desks of a county are told of their line. */
const lineOf = (line: CountyLine | null): Pick<HealthView, 'line'> => (line === null ? {} : { line: { up: line.up, since: line.since, waiting: line.waiting } })

/** The FreeSWITCH of the settings, or a practice exchange where everybody's number is a telephone. */
async function openPbx(config: Config, recordings: string | null): Promise<{ readonly exchange: Exchange | null; readonly pbx: Pbx }> {
  if (config['pbx.kind'] !== 'practice') {
    return { exchange: null, pbx: {
      host: config['pbx.host'], port: config['pbx.port'], password: config['pbx.password'], listenPort: config['pbx.listenPort'], trunkDial: config['pbx.trunkDial'],
      holdMusic: config['pbx.holdMusic'], speech: config['pbx.speech'], phones: null,
    } }
  }
  const sound = (name: string): string => join(root, 'sip', 'freeswitch', 'sounds', name)
  const password = randomUUID()
  const exchange = await startExchange({ password, seed: config['practice.seed'], sounds: { busy: sound('busy.wav'), hold: sound('hold.wav') }, ...(recordings === null ? {} : { recordings }) })
  return { exchange, pbx: {
    host: '127.0.0.1', port: exchange.port, password, listenPort: 0, trunkDial: 'sofia/trunk/{number}', holdMusic: sound('hold.wav'), speech: 'practice any', phones: exchange.phones,
  } }
}

/** A port that somebody else holds is no riddle. */
function inUse(error: unknown, setting: SettingKey, port: number): Error {
  return (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? new LiandongError('port.in-use', { port, setting, variable: environmentName(setting) }, { cause: error }) : error as Error
}
