import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { WebSocket } from 'ws'
import { spareCollections } from '../../src/collector.js'
import { loadConfig } from '../../src/config.js'
import { NO_WORK, type Ticket } from '../../src/contracts/ticket.js'
import type { Citizens } from '../../src/dispatch/citizen.js'
import type { Hall } from '../../src/dispatch/ports.js'
import { makeTickets } from '../../src/dispatch/tickets.js'
import { NO_DELAYS } from '../../src/flow/proof/prove.js'
import type { FlowDesk } from '../../src/intake/flow-desk.js'
import { gate } from '../../src/intake/flow-gate.js'
import { servicesOf } from '../../src/intake/look-ups.js'
import { enterFlow, judgedBy, NOTHING_JUDGED, runJudged, tapeKey } from '../../src/intake/running-flows.js'
import type { CitizenLeg, TicketOpening } from '../../src/intake/ports.js'
import { makeMetrics } from '../../src/metrics.js'
import type { People } from '../../src/people/ports.js'
import { wireCalls } from '../../src/wiring/calls.js'
import { openWeb } from '../../src/wiring/web.js'
import { temporaryHome } from '../helpers/database.js'
import { collect, hrtime } from './measure.js'
import type { AppAnswer, AppQuestion } from './app-process.js'
import { answerParent } from './process.js'

/**
 * Liandong, wired by `main`'s own parts, without PostgreSQL: what is written is acknowledged at once, so that its own work is measured alone.
 * Everybody whose session token is a UUID is the operator with that id.
 */
const [pbxPort = '', password = ''] = process.argv.slice(2)
spareCollections()
const never = (): Promise<never> => Promise.reject(new Error('no database here'))
/** The hall asks nothing here. */
const NO_HALL: Hall = { proposal: never, duplicates: never, board: never, duties: never, notices: never, receipt: never, outbox: never, replay: never }
const NO_FLOWS: Omit<FlowDesk, 'close'> = { view: never, diff: never, live: never, publish: never, approve: never, back: never, tryOut: never, simulate: never, sound: never }
const NO_CITIZENS: Citizens = { ask: never, services: () => [], definition: () => ({ service_code: '', attributes: [] }), requests: never, file: never }
const root = fileURLToPath(new URL('../../', import.meta.url))
const logger = pino({ level: 'silent' })
const quiet = (): void => undefined

// What is handed to `ws` is written at the end of the same turn, by a callback that was set before this one: the end of the way that `pop` measures.
const shown = new Map<string, number>()
const CALL = '{"type":"call","call":'
const send = Reflect.get(WebSocket.prototype, 'send') as (this: WebSocket, data: Buffer | string, options?: object) => void
WebSocket.prototype.send = function (this: WebSocket, data: Buffer | string, options?: object) {
  send.call(this, data, options)
  if (typeof data === 'string' || data.toString('latin1', 0, CALL.length) !== CALL) return
  const text = data.toString('latin1')
  const answered = text.includes('"state":"answered"') ? /"callId":"([0-9a-f-]{36})"/.exec(text)?.[1] : undefined
  if (answered !== undefined) process.nextTick(() => { if (!shown.has(answered)) shown.set(answered, hrtime()) })
} as typeof WebSocket.prototype.send

let opened = 0
const ticketOf = ({ record, operatorId, answeredAt, callBack, place, callerName }: TicketOpening): Ticket => ({
  id: record.callId, number: `1124-${String(opened += 1).padStart(4, '0')}`, provisional: false, state: 'open', version: 1,
  fields: { kind: null, category: record.category ?? null, place, point: record.location ?? null, description: '', callerName, callBack },
  outcome: null, unitId: null, operatorId, caller: record.caller, tags: [...record.tags], openedAt: Date.now(), answeredAt, dispatchedAt: null, closedAt: null, work: NO_WORK,
})

const home = temporaryHome()
process.on('exit', () => { home.remove() })
const { config } = loadConfig({}, { 'home': home.path, 'http.port': 0, 'pbx.kind': 'freeswitch', 'pbx.password': password, 'intake.wrapUp': 0, 'log.level': 'silent' })
const metrics = makeMetrics()
const judged = judgedBy(await gate(join(root, 'ivr-flows'), 'ivr-flows', { entries: ['110'], services: servicesOf([]), delays: NO_DELAYS }), NOTHING_JUDGED)
const flows = runJudged(judged, new Map(judged.tapes.map(({ language, name, file }) => [tapeKey(language, name), join(root, 'ivr-flows', 'prompts', file)])))
const calls = wireCalls({
  config, logger, metrics, flows: { lines: () => flows.lines, categories: () => flows.categories, promptPath: ({ language, name }) => flows.paths.get(tapeKey(language, name)), recall: () => null, enter: () => enterFlow(flows, '110') }, clock: Date.now, monotonic: () => performance.now(), modes: () => ({}), calendar: () => ({ holidays: {}, workdays: [] }),
  pbx: { host: '127.0.0.1', port: Number(pbxPort), password, listen: { host: '127.0.0.1', port: 0, peers: ['127.0.0.1'] }, trunkDial: '', hallsDial: '', holdMusic: 'local_stream://hold', speech: '', phones: null },
  directory: { byExtension: () => Promise.resolve(null), extensions: () => Promise.resolve([]) }, presence: { beat: () => Promise.resolve({ elsewhere: false, free: 0, seats: {} }) }, numbers: { numberOf: () => Promise.resolve(null) },
  database: () => ({ database: 'up', journal: 0 }), unitsOf: () => Promise.resolve([]), askTicket: () => Promise.reject(new Error('nobody asks')), recording: null,
  records: {
    saveCall: () => Promise.resolve(), openTicket: (opening) => Promise.resolve(ticketOf(opening)), markCallBack: () => Promise.resolve(), saveMessage: () => Promise.resolve(), wishCallBack: () => Promise.resolve(), noteCall: () => Promise.resolve(),
    endMissed: () => Promise.resolve(), unfinishedCalls: () => Promise.resolve([]), callRecord: () => Promise.resolve(null), today: () => Promise.resolve({ answered: 0, answeredInTime: 0, promised: 0, abandoned: 0 }),
  },
  contexts: { lookUp: () => Promise.resolve({ complete: true, hints: [], earlierCalls: [], earlierTickets: [], nearby: [] }) },
})
const { intake, switchboard } = calls
await intake.start()
const outbound = await calls.listen()

const people: People = {
  whoIs: (token) => Promise.resolve({ id: token, loginName: token, displayName: '接警员', role: 'operator', language: 'zh-CN', extension: token.slice(-5), skills: [] }),
  logIn: () => Promise.reject(new Error('nobody logs in here')), known: () => null, logOut: () => Promise.resolve(), changed: quiet, onChange: quiet, list: () => Promise.resolve([]),
}
const { url } = await openWeb({
  config, logger, metrics, calls, people, browserPhones: { view: never, choose: never, draw: never }, clock: Date.now, deskDirectory: join(root, 'no-desk-here'), draining: () => false, admits: () => true, categories: () => [], practice: null, trunk: false,
  tickets: makeTickets({ store: NO_STORE(), side: { photosOf: never, noteReveal: never }, knowsCategory: () => true, onActed: quiet }), hall: NO_HALL, counties: { answer: never, lines: never, mark: never, conflicts: never, decide: never }, citizens: NO_CITIZENS, callers: { read: never, save: never }, places: { find: never, map: never }, board: { views: never, saveView: never, removeView: never, csv: never }, attachments: { add: never, list: never, read: never }, flows: NO_FLOWS, recordings: { ofTicket: never, play: never, sound: never, plays: never, hold: never }, records: false, talkStore: { callEvents: () => Promise.resolve([]) }, openTicket: never,
  myDay: never, account: { list: () => Promise.resolve({ callBacks: [], total: 0 }), claim: never, settle: () => Promise.resolve(), count: () => Promise.resolve(), account: never },
})

/** Tickets are never asked for here. */
function NO_STORE(): Parameters<typeof makeTickets>[0]['store'] {
  return { act: never, get: never, list: never, did: never, history: never, units: never, calls: never }
}

/** A citizen's leg that does nothing, where only the inbound link is measured. */
function idleLeg(callId: string): CitizenLeg {
  return {
    call: { callId, caller: { number: '13900000001', name: '周大爷', verified: true }, calledNumber: '110', createdAt: Date.now(), recovered: false, mirror: {} },
    perform: () => new Promise(quiet), meanwhile: (work) => work, holdMusic: quiet, mirror: quiet, onClose: quiet, release: quiet,
  }
}

answerParent((question: AppQuestion): AppAnswer => {
  if (question.arrive !== undefined) intake.onArrival(idleLeg(question.arrive))
  if (question.collect === true) { collect(); collect() }
  const { heapUsed, external, rss } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const told = [...shown]
  shown.clear()
  return { url, outboundPort: outbound.port, linkUp: switchboard.up && outbound.listening, cpu: (user + system) / 1000, heap: heapUsed + external, rss, calls: intake.room().calls.size, tickets: opened, shown: told }
})
