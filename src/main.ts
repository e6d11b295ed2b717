import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { environmentName, type Config, type SettingKey } from './config.js'
import { LiandongError } from './contracts/errors.js'
import type { PracticeLogin } from './contracts/routes/practice.js'
import { startSender } from './delivery/sender.js'
import { makeSms, makeSmsFile } from './delivery/sms.js'
import { makeSmtp } from './delivery/smtp.js'
import { makeWebhook } from './delivery/webhook.js'
import { makeCitizens } from './dispatch/citizen.js'
import { startClockwork } from './dispatch/clockwork.js'
import { startLoop } from './dispatch/loop.js'
import { makeHall } from './dispatch/hall.js'
import { makeTickets } from './dispatch/tickets.js'
import { buildApp } from './http/app.js'
import { makeHandlers } from './http/handlers.js'
import { makeHub } from './http/hub.js'
import { startTerminals } from './http/terminals.js'
import { makeFlowDesk } from './intake/flow-desk.js'
import { openFlowFiles } from './intake/flow-files.js'
import { makePublishing } from './intake/flow-publishing.js'
import { makeFlowTracer } from './intake/flow-trace.js'
import { gateInProcess } from './intake/gate-process.js'
import { readLines } from './intake/lines.js'
import { noticeOf, openLiveFlows } from './intake/live-flows.js'
import { makeLookUps } from './intake/look-ups.js'
import { makeIntake, type Intake } from './intake/service.js'
import { makeMetrics } from './metrics.js'
import { readCall } from './pbx/caller.js'
import { startCdrSweep } from './pbx/cdr.js'
import { makeCitizenLeg } from './pbx/citizen-leg.js'
import { startCitizens } from './pbx/exchange/citizens.js'
import { startExchange, type Exchange } from './pbx/exchange/exchange.js'
import { startOutbound } from './pbx/esl/outbound.js'
import { makeSwitchboard } from './pbx/switchboard.js'
import { migrationsDirectory, root, VERSION } from './paths.js'
import { makePeople } from './people/people.js'
import { PRACTICE_PEOPLE } from './people/practice.js'
import { makePractice, practiceLogins } from './practice.js'
import { makePresence } from './store/presence.js'
import { openStore, type Store } from './store/store.js'
import { seedPractice } from './store/practice-seed.js'

export interface Liandong {
  readonly url: string
  readonly logins: readonly PracticeLogin[]
  readonly exchange: Exchange | null
  readonly intake: Intake
  readonly store: Store
  /** Where FreeSWITCH's `socket` application reaches us. */
  readonly outboundPort: number
  /** Refuses new calls, lets waiting ones go on to the next action, ends everything. Talks in progress live on in FreeSWITCH. */
  stop(): Promise<void>
}

export const DESK_DIRECTORY = join(root, 'dist', 'desk')

const RULES = { offerGrace: 3_000, keepEnded: 60_000, goneWindow: 2_000 }
/** FreeSWITCH acts after this many seconds without renewal; we renew every 1.5 s (design.md, "The call"). */
const SWITCH_SECONDS = 4
/** How often many calls about one thing are looked for, ms. */
const CLUSTER_EVERY = 2_000
/** How long a stop waits for callers in our queue, ms. */
const DRAIN = 10_000
/** What our dialplan calls the extension at which citizens arrive. */
const INTAKE_EXTENSION = '110'
/** Everybody's number is a telephone of the practice exchange. */
const PRACTICE_TRUNK = 'sofia/trunk/{number}'

/** The day's account, looked up now and then for the metrics. */
const ACCOUNT_EVERY = 15_000
function watchAccount(account: Store['account'], logger: Logger): { readonly unaccounted: number; readonly open: number; close(): void } {
  let state = { unaccounted: NaN, open: NaN }
  const look = (): void => {
    Promise.all([account.account(), account.open()]).then(([{ unaccounted, withoutCallBack }, open]) => {
      if (unaccounted !== 0 || withoutCallBack !== 0) logger.warn({ unaccounted, withoutCallBack }, 'the day’s account of calls does not add up')
      state = { unaccounted, open }
    }, () => { state = { unaccounted: NaN, open: NaN } })
  }
  const timer = setInterval(look, ACCOUNT_EVERY)
  return { get unaccounted() { return state.unaccounted }, get open() { return state.open }, close() { clearInterval(timer) } }
}

/** The only place that wires things together. */
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
  const startedAt = clock()
  const metrics = makeMetrics()
  const practising = config['pbx.kind'] === 'practice'
  let intake: Intake | null = null

  const store = await openStore({
    databaseUrl: config['database.url'], home: config.home, node: config['node.name'], migrations: migrationsDirectory, timeZone: config['city.timeZone'],
    contextDeadline: config['intake.contextTimeout'], clock, logger, onProgress,
    onTicket: (ticket) => { intake?.desk.ticketChanged(ticket) },
    onStatus: () => { if (intake !== null) hub.desk.broadcast({ type: 'health', health: intake.desk.healthView() }) },
  })
  closers.push(() => store.close())
  const people = makePeople(store.people, { sessionHours: config['session.hours'], clock })
  const logins = practising ? practiceLogins(config.home) : []
  await store.whenReady(async () => {
    if (practising) await store.people.refusePractice()
    await store.people.enablePractice(practising)
    for (const person of practising ? PRACTICE_PEOPLE : []) await people.addPerson(person, logins.find(({ loginName }) => loginName === person.loginName)?.password ?? '')
    if (practising) await seedPractice(store.pool)
  })

  onProgress('读取流程文件', 'reading flow files')
  const directory = config['flows.directory']
  const publishing = makePublishing({ store: store.editions, directory, approval: config['flows.approval'], gate: () => gateInProcess(join(root, 'bin', 'liandong.js'), directory) })
  const flows = await openLiveFlows({
    directory, home: config.home, node: config['node.name'], store: store.editions, publishing, promptRoot: config['pbx.promptRoot'], clock, logger,
    rules: { watch: config['flows.publish'] === 'watch', autoReturn: config['flows.autoReturn'], autoReturnCalls: config['flows.autoReturnCalls'] },
    openFiles: (onRead) => openFlowFiles(directory, { onProblems: () => undefined, onRead, onSwitched: () => undefined, logger }),
    onReturned: () => { metrics.flowReturns.inc() },
  })
  closers.push(() => flows.close())
  store.onFlows(flows.nudge)
  const tracer = makeFlowTracer({ store: store.editions, clock, monotonic })
  closers.push(() => tracer.close())
  // A broken file is told and callers wait with music; one that is not there is a wrong setting.
  const entry = join(directory, `${config['flows.entry']}.yaml`)
  if (flows.edition()?.flows.has(config['flows.entry']) !== true && !existsSync(entry)) throw new LiandongError('flow.no-entry', { file: entry })
  const classes = (): Map<string, 'emergency' | 'standard'> => new Map(flows.categories().map(({ code, class: queueClass }) => [code, queueClass]))

  const sounds = join(root, 'sip', 'freeswitch', 'sounds')
  const password = practising ? randomUUID() : config['pbx.password']
  const exchange = practising ? await startExchange({ password, seed: config['practice.seed'], sounds: { busy: join(sounds, 'busy.wav'), hold: join(sounds, 'hold.wav') } }) : null
  if (exchange !== null) closers.push(() => exchange.close())

  const trunkDial = practising ? PRACTICE_TRUNK : config['pbx.trunkDial']
  const lines = await readLines(config['flows.directory'])
  const hub = makeHub(() => need(intake).desk, { grace: config['desk.grace'], clock, practice: practising, timeZone: config['city.timeZone'], unitOf: (ticketId) => store.records.get(ticketId).then(({ unitId }) => unitId) }, { sent: () => { metrics.socketMessages.inc() }, cut: () => { metrics.socketsCut.inc() } })
  const onRefused = (text: string): void => { metrics.commandsRefused.inc(); logger.warn({}, `command refused: ${text}`) }
  const switchboard = makeSwitchboard({
    link: { host: exchange === null ? config['pbx.host'] : '127.0.0.1', port: exchange?.port ?? config['pbx.port'], password },
    operatorDial: config['pbx.operatorDial'], trunkDial, lineDial: practising ? 'sofia/lines/{number}' : config['pbx.lineDial'], intakeExtension: INTAKE_EXTENSION, fallbackExtension: config['pbx.fallbackExtension'], fallbackContext: config['pbx.fallbackContext'], switchSeconds: SWITCH_SECONDS,
  }, {
    clock, monotonic, onRefused,
    onLag: (ms) => { metrics.lag.observe(Math.max(0, ms) / 1000) },
    onLink: (state, reason) => { logger.info({ state, reason }, 'link to FreeSWITCH') },
  })
  closers.push(() => { switchboard.close() })

  intake = makeIntake({
    switchboard, records: store.records, contexts: store.records, numbers: store.talks, lines, desk: hub.desk, directory: store.people, presence: makePresence(store.pool, config['node.name']), phones: exchange?.phones ?? null,
    flow: (dialled, from) => flows.enter(dialled, config['flows.entry'], from), trace: tracer,
    flowFacts: () => ({ calendar: flows.calendar(), modes: store.modes() }),
    line: flows.line,
    lookUp: makeLookUps({ services: config['flows.lookUps'], privateAddresses: config['flows.lookUpPrivate'] }),
    classOf: (category) => classes().get(category) ?? 'standard',
    database: () => ({ ...store.records.status(), ...noticeOf(flows.status()) }),
    settings: { ...RULES, offerTimeout: config['intake.offerTimeout'], wrapUp: config['intake.wrapUp'], skillOverflow: config['intake.skillOverflow'], reservedOperators: config['intake.reservedOperators'], whenUnstaffed: config['intake.whenUnstaffed'], timeZone: config['city.timeZone'], trunk: trunkDial !== '' },
    clock, monotonic, newId: randomUUID, logger,
    metrics: {
      offered: () => { metrics.offers.inc() }, abandoned: () => { metrics.abandoned.inc() },
      answered: (waited) => { metrics.answered.inc(); metrics.wait.observe(waited / 1000) },
      ticketOpened: (took) => { metrics.ticket.observe(took / 1000) },
    },
  })
  const running = intake
  metrics.gauge('calls', 'Calls in memory', () => running.room().calls.size)
  metrics.gauge('queue_waiting', 'Callers waiting', () => running.desk.queueView().waiting)
  metrics.gauge('operators_ready', 'Operators ready', () => running.desk.queueView().ready)
  metrics.gauge('websockets', 'Desks connected', () => hub.sockets)
  metrics.gauge('journal_records', 'Records that wait for PostgreSQL', () => store.records.status().journal)
  metrics.gauge('journal_rejected', 'Records that PostgreSQL refused for good; a person has to look at them', () => store.records.status().rejected)
  metrics.gauge('database_up', '1 while PostgreSQL answers', () => (store.records.status().database === 'up' ? 1 : 0))
  metrics.gauge('pbx_up', '1 while the link to FreeSWITCH is up', () => (switchboard.up ? 1 : 0))
  const counted = watchAccount(store.account, logger)
  closers.push(() => { counted.close() })
  metrics.gauge('unaccounted_calls', 'Calls of today that are neither answered, abandoned, refused nor waiting; absent while PostgreSQL is away', () => counted.unaccounted)
  metrics.gauge('call_backs_open', 'People who must be called back; absent while PostgreSQL is away', () => counted.open)
  await running.start()
  closers.push(() => running.close())

  // After the link: what is alive is known before what is over.
  if (config['pbx.cdrDirectory'] !== '') {
    const sweep = startCdrSweep({ directory: resolve(config['pbx.cdrDirectory']), clock }, { onPast: running.onPast, logger })
    closers.push(() => sweep.close())
  }

  const messages = config['pbx.messages'] === '' ? join(config.home, 'messages') : config['pbx.messages']
  if (config['pbx.messages'] === '') mkdirSync(messages, { recursive: true, mode: 0o750 })
  const [engine = '', grammar = ''] = (practising ? 'practice any' : config['pbx.speech']).split(' ')
  const speech = engine === '' ? null : { engine, grammar }
  const tickets = makeTickets({ store: store.records, knowsCategory: (category) => classes().has(category), onActed: (ticket) => { running.desk.ticketChanged(ticket) } })
  const codeBook = () => flows.categories().map(({ code, zh, en, class: queueClass }) => ({ code, name: { zh, en }, class: queueClass }))
  const citizens = makeCitizens({ store: store.citizens, units: () => tickets.units(), categories: codeBook, keys: config['open311.keys'], clock })
  const hall = makeHall({ store: store.hall, tickets, rules: store.rules, areaOf: () => null, onDelivered: (ticket) => { running.desk.ticketChanged(ticket) } })
  store.onTicketChanged((ticketId, version) => {
    tickets.changed(ticketId, version)
    // Another node, a job or the drain changed the ticket of a call that is on a screen here.
    const shown = running.room().calls.get(ticketId)?.ticket
    if (shown == null || shown.version >= version) return
    store.records.get(ticketId).then(running.desk.ticketChanged, (error: unknown) => { logger.warn({ err: error, callId: ticketId }, 'a changed ticket was not read again') })
  })
  tickets.onChanged((ticketId, version) => { hub.desk.broadcast({ type: 'ticket.changed', ticketId, version }) })

  const trouble = (what: string) => (error: unknown): void => { if (store.records.status().database === 'up') logger.warn({ err: error }, what) }
  const clockwork = startClockwork({
    store: store.clocks, onError: trouble('clocks'),
    onFired: (ticket) => { metrics.clocksFired.inc(); running.desk.ticketChanged(ticket) },
    onLate: (ms) => { metrics.clockLate.observe(ms / 1000) },
  })
  closers.push(() => clockwork.close())
  const clusters = startLoop({
    every: CLUSTER_EVERY, afterFailure: CLUSTER_EVERY, onError: trouble('clusters'),
    async look() {
      for (const ticket of await store.clusters.look()) running.desk.ticketChanged(ticket)
      return undefined
    },
  })
  closers.push(() => clusters.close())
  const terminals = startTerminals({ hub, notices: (units) => store.hall.notices(units), onError: trouble('terminals') })
  closers.push(() => terminals.close())
  const sender = startSender({
    store: store.outbox, onError: trouble('outbox'),
    channels: {
      webhook: makeWebhook({ allowed: config['delivery.privateAddresses'], clock }),
      email: makeSmtp({
        host: config['delivery.smtpHost'], port: config['delivery.smtpPort'], security: config['delivery.smtpSecurity'], user: config['delivery.smtpUser'], password: config['delivery.smtpPassword'],
        from: config['delivery.mailFrom'], clock,
      }),
      sms: makeSms(makeSmsFile(config['delivery.smsFile'] === '' ? join(config.home, 'sms', 'outbox.ndjson') : config['delivery.smsFile'], clock)),
    },
    async onReceived({ id, kind, unitId, ticketId }) {
      if (kind !== 'dispatch' || unitId === null || ticketId === null) return
      const ticket = await store.hall.delivered(ticketId, unitId, id)
      if (ticket !== null) running.desk.ticketChanged(ticket)
    },
    onDead: ({ id, channel, unitId, kind }, why) => { metrics.deadLetters.inc(); logger.error({ id, channel, unitId, kind, why }, 'a message was given up') },
  })
  closers.push(() => sender.close())
  store.onOutbox(() => {
    sender.nudge()
    terminals.nudge()
  })

  let url = ''
  let stopping: Promise<void> | null = null
  const app = await buildApp({
    people, hub, intake: () => running.desk, logger: logger, version: VERSION, deskDirectory: DESK_DIRECTORY, draining: () => stopping !== null,
    settings: {
      origins: () => (config['http.origins'].length > 0 ? config['http.origins'] : [url, url.replace('127.0.0.1', 'localhost')]),
      secureCookie: config['http.secureCookie'], trustProxy: config['http.trustProxy'],
    },
    handlers: makeHandlers({
      people, tickets, hall, citizens, intake: () => running.desk, talkStore: store.talks, account: store.account, openTicket: store.records.openTicket, edgeToken: config['edge.token'], trunk: trunkDial !== '', metrics: metrics.registry, canServe: running.isWell, version: VERSION, startedAt, clock, secureCookie: config['http.secureCookie'],
      categories: codeBook,
      flows: makeFlowDesk({ live: flows, store: store.editions, publishing, directory, program: join(root, 'bin', 'liandong.js'), approval: config['flows.approval'], watch: config['flows.publish'] === 'watch', entry: config['flows.entry'], timeZone: config['city.timeZone'], standing: () => [...running.room().live.values()].flatMap(({ ended, path, flow }) => (ended === null && flow !== null ? [{ flow: flow.name, place: path.at(-1) ?? '' }] : [])) }),
      practice: exchange === null ? null : makePractice(exchange, logins, flows.promptText),
    }),
  })
  url = await app.listen({ host: config['http.host'], port: config['http.port'] }).catch((error: unknown) => { throw inUse(error, 'http.port', config['http.port']) })
  closers.push(async () => { hub.close(); await app.close() })

  // Calls last: a node that could not open its desk takes none.
  const outbound = await startOutbound({ host: config['pbx.listenHost'], port: practising ? 0 : config['pbx.listenPort'], peers: config['pbx.peers'] }, {
    canServe: running.canServe,
    onRefused: (why) => { metrics.refused.inc(); logger.warn({ why }, 'FreeSWITCH’s socket refused') },
    onCall(session) {
      const call = session.channel.headers === null ? null : readCall(session.channel.headers)
      if (call === null) return session.connection.destroy('not a channel')
      logger.info({ callId: call.callId, recovered: call.recovered }, 'call connected')
      running.onArrival(makeCitizenLeg(session, call, { promptPath: flows.promptPath, holdMusic: exchange === null ? config['pbx.holdMusic'] : join(sounds, 'hold.wav'), messages, speech, onRefused }))
    },
  }).catch((error: unknown) => { throw inUse(error, 'pbx.listenPort', config['pbx.listenPort']) })
  closers.push(() => outbound.close())
  exchange?.setOutbound(`127.0.0.1:${outbound.port}`)
  const callers = exchange === null || config['practice.citizens'] === 0 ? null : startCitizens(exchange, { meanInterval: config['practice.citizens'] })

  async function stop(): Promise<void> {
    callers?.stop()
    await running.drain(exchange === null ? DRAIN : 0)
    await closeAll()
  }
  return { url, logins, exchange, intake: running, store, outboundPort: outbound.port, stop: () => (stopping ??= stop()) }
}

/** A port that somebody else holds is no riddle. */
function inUse(error: unknown, setting: SettingKey, port: number): Error {
  return (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? new LiandongError('port.in-use', { port, setting, variable: environmentName(setting) }, { cause: error }) : error as Error
}

function need<T>(value: T | null): T {
  if (value === null) throw new Error('used before it was wired')
  return value
}
