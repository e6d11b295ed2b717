import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config, SettingKey } from './config.js'
import { LiandongError } from './contracts/errors.js'
import type { PracticeLogin } from './contracts/routes/practice.js'
import type { QueueView } from './contracts/ws.js'
import { makeAttachments } from './dispatch/attachments.js'
import { makeBoard } from './dispatch/board.js'
import { makeCitizens } from './dispatch/citizen.js'
import { districtOf } from './dispatch/core/geo.js'
import { unitsOf } from './dispatch/core/notices.js'
import { makePlaces } from './dispatch/places.js'
import { makeHall } from './dispatch/hall.js'
import { noticeOf } from './intake/flows-status.js'
import type { Intake } from './intake/service.js'
import { makeMetrics } from './metrics.js'
import { startCitizens } from './pbx/exchange/citizens.js'
import type { Exchange } from './pbx/exchange/exchange.js'
import { migrationsDirectory, root } from './paths.js'
import { makeBrowserPhones } from './people/browser-phones.js'
import { makePractice } from './practice.js'
import { makePresence } from './store/presence.js'
import { openStore, type Store } from './store/store.js'
import { within } from './time/within.js'
import { wireCalls, type Calls } from './wiring/calls.js'
import { makeClosing, type Closing } from './wiring/closing.js'
import { startCounties } from './wiring/counties.js'
import { startDispatch } from './wiring/dispatch.js'
import { makeFlowCalendar } from './wiring/flow-calendar.js'
import { openFlows, type FlowsGiven } from './wiring/flows.js'
import { registerGauges } from './wiring/gauges.js'
import { openPbx, startSweep } from './wiring/pbx.js'
import { openPeople } from './wiring/people.js'
import { startPhones } from './wiring/phones.js'
import { portInUse } from './wiring/ports.js'
import { wireRecording } from './wiring/recording.js'
import { makeYears } from './wiring/years.js'
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

/** As long as the desks' charts of who waits, ms. */
const TREND = 30 * 60_000

/** How long the last writes of the calls may take at the end, ms: with PostgreSQL and the disk both gone they would never end. */
const LAST_WRITES = 3_000

/** What may stand in place of a part. */
export type Parts = Pick<FlowsGiven, 'gate'>

/** Starts the server: the only place that wires things together, with `wiring/`. @throws LiandongError, after what had begun is closed again. */
export async function startLiandong(config: Config, logger: Logger, onProgress: (zh: string, en: string) => void = () => undefined, parts: Parts = {}): Promise<Liandong> {
  const monotonic = (): number => performance.now()
  const closing = makeClosing(logger, monotonic)
  try {
    return await wire(config, logger, onProgress, parts, closing, monotonic)
  } catch (error) {
    await closing.closeAll() // what had begun must not go on without the rest
    throw error
  }
}

async function wire(config: Config, logger: Logger, onProgress: (zh: string, en: string) => void, { gate }: Parts, closing: Closing, monotonic: () => number): Promise<Liandong> {
  const clock = Date.now
  const metrics = makeMetrics()
  const atCounty = config['node.kind'] === 'county'
  // The store tells of tickets from its opening on.
  let wired: Calls | null = null
  const tellHealth = (): void => { wired?.hub.desk.broadcast({ type: 'health', health: wired.intake.desk.healthView() }) }

  const store = await openStore({
    databaseUrl: config['database.url'], ownerUrl: config['database.ownerUrl'], home: config.home, node: config['node.name'], migrations: migrationsDirectory, timeZone: config['city.timeZone'],
    contextDeadline: config['intake.contextTimeout'], clock, logger, onProgress, keepKeys: config['flows.keepKeys'],
    onTicket: (ticket) => { wired?.intake.desk.ticketChanged(ticket) }, onStatus: tellHealth,
  })
  closing.add(() => store.close())
  const presence = makePresence(store.pool, config['node.name'], (text) => { logger.error({}, text) }, undefined, () => store.keptActs().size)
  // Without PostgreSQL nobody can be asked; then the first beats tell.
  await presence.claim().catch((error: unknown) => { if (error instanceof LiandongError && error.code === 'node.taken') throw error })
  closing.addAsking(() => presence.leave().catch(() => undefined))
  const { people, logins } = await openPeople(config, store, clock, monotonic)

  if (atCounty) onProgress('读取类别表', 'reading the code book')
  else onProgress('读取流程文件', 'reading flow files')
  const calendar = makeFlowCalendar(() => store.rules().calendar)
  const years = makeYears(store.rules, clock, logger)
  const flows = await openFlows({ config, logger, metrics, store, calendar, clock, monotonic, closing, gate })

  const recording = wireRecording({ config, logger, metrics, store, clock, monotonic, onTrouble: tellHealth })
  closing.addAsking(() => recording.close())
  const counties = startCounties({ config, logger, store, clock })
  closing.addAsking(counties.close)
  const { exchange, pbx } = await openPbx(config, recording.directory)
  if (exchange !== null) closing.add(() => exchange.close())
  const categories = () => flows.live.categories().map(({ code, zh, en, class: queueClass }) => ({ code, name: { zh, en }, class: queueClass }))
  const citizens = makeCitizens({ store: store.citizens, units: () => store.records.units(), categories, keys: config['open311.keys'], timeZone: config['city.timeZone'], clock })
  const calls = wireCalls({
    config, logger, metrics, flows: flows.live, trace: flows.trace, pbx, clock, monotonic, modes: store.modes, calendar, recording: recording.directory === null ? null : { directory: recording.directory, take: recording.take },
    records: store.records, contexts: store.records, numbers: store.talks, directory: store.people, presence,
    // While PostgreSQL is away the other nodes of this FreeSWITCH hear of it by that.
    onSeat: (operatorId) => void presence.seated(operatorId).then((told) => { if (!told) calls.switchboard.say({ seated: operatorId }) }),
    onLeft: (operatorId, ready) => void presence.left(operatorId, ready).then((told) => { if (!told) calls.switchboard.say({ left: operatorId, ready }) }),
    database: () => ({ ...store.records.status(), ...noticeOf(flows.live.status()), ...recording.notice(), ...counties.notice(), ...years() }),
    unitsOf: (ticketId) => store.records.get(ticketId).then(unitsOf), askTicket: (number, phone) => citizens.ask(number, phone, true),
  })
  wired = calls
  const { intake } = calls
  store.onSeat((payload) => {
    const operatorId = presence.seatedElsewhere(payload)
    if (operatorId !== null) calls.hub.seatedElsewhere(operatorId)
  })
  store.onLeft((payload) => {
    const left = presence.leftElsewhere(payload)
    if (left !== null) calls.hub.leftElsewhere(left.operatorId, left.ready)
  })
  calls.switchboard.onWord((word) => {
    if ('seated' in word) calls.hub.seatedElsewhere(word.seated)
    else if ('left' in word) calls.hub.leftElsewhere(word.left, word.ready)
  })
  // A chart is worth no start that fails.
  await store.whenReady(() => store.records.waits(clock() - TREND)
    .then((waits) => { calls.hub.waitedBefore(waits) }, (error: unknown) => { logger.warn({ err: error }, 'the last half hour is not known') }))
  closing.add(() => { calls.switchboard.close() })
  const gauges = registerGauges(metrics, calls, recording, store, config['edge.token'] !== '', logger)
  closing.add(() => { gauges.close() })
  await intake.start()
  closing.add(() => within(intake.close(), LAST_WRITES, () => { throw new Error('neither PostgreSQL nor the disk took the last calls; their CDR files make up for it at the next start') }))

  // After the link: what is alive is known before what is over.
  const sweep = startSweep(config, intake, clock, logger)
  closing.add(() => sweep?.close())
  const phones = startPhones(config, store, logger)
  if (phones !== null) closing.addAsking(() => phones.close())

  const browserPhones = makeBrowserPhones({ store: store.phones, url: atCounty ? '' : config['pbx.browserPhones'], publish: () => phones?.publish() ?? Promise.resolve() })

  const dispatch = startDispatch({ config, logger, metrics, store, calls, clock, playUnits: exchange !== null && config['practice.units'], countiesMark: counties.counties.mark, onOutbox: () => { counties.line?.nudge() } })
  closing.addAsking(() => dispatch.close())
  const { tickets } = dispatch
  const districts = () => store.rules().districts ?? []

  let stopping: Promise<void> | null = null
  const web = await openWeb({
    config, logger, metrics, calls, people, tickets, categories, clock, deskDirectory: DESK_DIRECTORY, draining: () => stopping !== null, admits: store.prepared,
    hall: makeHall({ store: store.hall, tickets, rules: store.rules, areaOf: (point, place) => districtOf(districts(), point, place), onDelivered: (ticket) => { intake.desk.ticketChanged(ticket) } }),
    counties: counties.counties, browserPhones, callers: store.callers,
    citizens,
    places: makePlaces({ store: store.places, districts, tiles: config['map.tiles'] }), board: makeBoard({ store: store.board, tickets, categories, timeZone: config['city.timeZone'] }),
    flows: flows.desk(intake),
    attachments: makeAttachments({ store: store.attachments, tickets }), talkStore: store.talks, recordings: recording.recordings, records: recording.directory !== null, account: store.account, myDay: store.myDay, openTicket: store.records.openTicket, trunk: pbx.trunkDial !== '',
    practice: exchange === null ? null : makePractice(exchange, logins, flows.live.promptText),
  }).catch((error: unknown) => { throw inUse(error, 'http.port', config['http.port']) })
  closing.add(() => web.close())
  store.served(web.url)

  // Calls last: a node that could not open its desk takes none.
  const outbound = atCounty ? null : await calls.listen().catch((error: unknown) => { throw inUse(error, 'pbx.listenPort', config['pbx.listenPort']) })
  if (outbound !== null) closing.add(() => outbound.close())
  exchange?.setOutbound(`127.0.0.1:${outbound?.port ?? 0}`)
  const callers = exchange === null || config['practice.citizens'] === 0 ? null : startCitizens(exchange, { meanInterval: config['practice.citizens'], present: () => staffed(intake.desk.queueView()) })

  async function stop(): Promise<void> {
    callers?.stop()
    await intake.drain(exchange === null && !atCounty ? DRAIN : 0, () => outbound?.listening !== true)
    await closing.closeAll()
  }
  return { url: web.url, logins, exchange, intake, store, outboundPort: outbound?.port ?? 0, takesCallers: () => outbound?.listening === true && intake.canServe(), stop: () => (stopping ??= stop()) }
}

/** Somebody takes calls, is in one, or has just ended one. */
const staffed = ({ ready, ringing, talking, wrapUp }: QueueView): boolean => ready + ringing + talking + wrapUp > 0

/** A port that is taken, by its setting. */
const inUse = (error: unknown, setting: SettingKey, port: number): Error => ((error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? portInUse(setting, port, error) : error as Error)
