import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { NO_WORK, type Ticket } from '../../src/contracts/ticket.js'
import type { Citizens } from '../../src/dispatch/citizen.js'
import type { Hall } from '../../src/dispatch/ports.js'
import { makeTickets } from '../../src/dispatch/tickets.js'
import { bindFlow } from '../../src/flow/engine.js'
import { buildApp } from '../../src/http/app.js'
import { makeHandlers } from '../../src/http/handlers.js'
import { makeHub } from '../../src/http/hub.js'
import type { FlowDesk } from '../../src/intake/flow-desk.js'
import { openFlowFiles } from '../../src/intake/flow-files.js'
import type { CitizenLeg, TicketOpening } from '../../src/intake/ports.js'
import { makeIntake } from '../../src/intake/service.js'
import { readCall } from '../../src/pbx/caller.js'
import { makeCitizenLeg } from '../../src/pbx/citizen-leg.js'
import { startOutbound } from '../../src/pbx/esl/outbound.js'
import { makeSwitchboard } from '../../src/pbx/switchboard.js'
import type { People } from '../../src/people/ports.js'
import { collect } from './measure.js'
import type { AppAnswer, AppQuestion } from './app-process.js'
import { answerParent } from './process.js'

/**
 * Liandong as `main` wires it, without PostgreSQL: what is written is acknowledged at once, so that its own work is measured alone.
 * Everybody whose session token is a UUID is the operator with that id.
 */
const [pbxPort = '', password = ''] = process.argv.slice(2)
const never = (): Promise<never> => Promise.reject(new Error('no database here'))
/** The hall asks nothing here. */
const NO_HALL: Hall = { proposal: never, duplicates: never, board: never, duties: never, notices: never, receipt: never, outbox: never, replay: never }
const NO_FLOWS: FlowDesk = { view: never, diff: never, live: never, publish: never, approve: never, back: never, tryOut: never, simulate: never, sound: never }
const NO_CITIZENS: Citizens = { ask: never, services: () => [], requests: never, file: never }
const root = fileURLToPath(new URL('../../', import.meta.url))
const logger = pino({ level: 'silent' })
const quiet = (): void => undefined

let opened = 0
const ticketOf = ({ record, operatorId, answeredAt, callBack, place, callerName }: TicketOpening): Ticket => ({
  id: record.callId, number: `1124-${String(opened += 1).padStart(4, '0')}`, provisional: false, state: 'open', version: 1,
  fields: { kind: null, category: record.category ?? null, place, point: record.location ?? null, description: '', callerName, callBack },
  outcome: null, unitId: null, operatorId, caller: record.caller, tags: [...record.tags], openedAt: Date.now(), answeredAt, dispatchedAt: null, closedAt: null, work: NO_WORK,
})

const tickets = makeTickets({ store: NO_STORE(), knowsCategory: () => true, onActed: quiet })
const flows = await openFlowFiles(join(root, 'ivr-flows'), { onProblems: quiet, onSwitched: quiet, logger })
const classes = new Map(flows.categories().map(({ code, class: queueClass }) => [code, queueClass]))
const switchboard = makeSwitchboard({
  link: { host: '127.0.0.1', port: Number(pbxPort), password }, operatorDial: 'sofia/operators/{extension}%liandong', trunkDial: '', intakeExtension: '110', fallbackExtension: 'fallback', fallbackContext: 'citizens', switchSeconds: 4,
}, { clock: Date.now, monotonic: () => performance.now(), onRefused: quiet, onLag: quiet, onLink: quiet })
const hub = makeHub(() => intake.desk, { grace: 8_000, clock: Date.now, practice: true }, { sent: quiet, cut: quiet })
const intake = makeIntake({
  switchboard, desk: hub.desk, phones: null, directory: { byExtension: () => Promise.resolve(null) }, presence: { beat: () => Promise.resolve(false) }, numbers: { numberOf: () => Promise.resolve(null) }, lines: [],
  records: {
    saveCall: () => Promise.resolve(), openTicket: (opening) => Promise.resolve(ticketOf(opening)), markCallBack: () => Promise.resolve(), saveMessage: () => Promise.resolve(), wishCallBack: () => Promise.resolve(), noteCall: () => Promise.resolve(),
    unfinishedCalls: () => Promise.resolve([]), today: () => Promise.resolve({ answered: 0, answeredInTime: 0, abandoned: 0 }),
  },
  contexts: { lookUp: () => Promise.resolve({ complete: true, hints: [], earlierCalls: [], earlierTickets: [], nearby: [] }) },
  lookUp: () => Promise.resolve({ type: 'failed', reason: 'none' }), line: () => undefined, flowFacts: () => ({ calendar: { holidays: {}, workdays: [] }, modes: {} }), flow: () => bindFlow(flows.current('110')), classOf: (category) => classes.get(category) ?? 'standard', database: () => ({ database: 'up', journal: 0 }),
  settings: { offerGrace: 3_000, keepEnded: 60_000, goneWindow: 2_000, offerTimeout: 15_000, wrapUp: 0, skillOverflow: 20_000, reservedOperators: 1, whenUnstaffed: 'wait', timeZone: 'Asia/Shanghai', trunk: false },
  clock: Date.now, monotonic: () => performance.now(), newId: randomUUID, logger, metrics: { offered: quiet, answered: quiet, abandoned: quiet, ticketOpened: quiet },
})
await intake.start()

const outbound = await startOutbound({ host: '127.0.0.1', port: 0, peers: ['127.0.0.1'] }, {
  canServe: intake.canServe, onRefused: quiet,
  onCall(session) {
    const call = session.channel.headers === null ? null : readCall(session.channel.headers)
    if (call === null) return session.connection.destroy('not a channel')
    intake.onArrival(makeCitizenLeg(session, call, { promptPath: flows.promptPath, holdMusic: 'local_stream://hold', onRefused: quiet }))
  },
})

const people: People = {
  whoIs: (token) => Promise.resolve({ id: token, loginName: token, displayName: '接警员', role: 'operator', language: 'zh-CN', extension: token.slice(-5), skills: [] }),
  logIn: () => Promise.reject(new Error('nobody logs in here')), known: () => null, logOut: () => Promise.resolve(), onLogOut: quiet, list: () => Promise.resolve([]),
}
let url = ''
const app = await buildApp({
  people, hub, intake: () => intake.desk, logger, version: '0.0.0', deskDirectory: join(root, 'no-desk-here'), draining: () => false,
  settings: { origins: () => [url], secureCookie: false, trustProxy: '' },
  handlers: makeHandlers({
    people, intake: () => intake.desk, metrics: new Registry(), canServe: intake.canServe, version: '0.0.0', startedAt: 0, clock: Date.now, secureCookie: false, categories: () => [], practice: null, talkStore: { callEvents: () => Promise.resolve([]) }, trunk: false, edgeToken: '', openTicket: () => Promise.reject(new Error('not here')),
    account: { list: () => Promise.resolve({ callBacks: [], total: 0 }), claim: () => Promise.reject(new Error('not here')), settle: () => Promise.resolve(), count: () => Promise.resolve(), account: () => Promise.reject(new Error('not here')) },
    tickets, hall: NO_HALL, citizens: NO_CITIZENS, flows: NO_FLOWS,
  }),
})
url = await app.listen({ host: '127.0.0.1', port: 0 })

/** Tickets are never asked for here. */
function NO_STORE(): Parameters<typeof makeTickets>[0]['store'] {
  return { act: never, get: never, list: never, history: never, units: never, calls: never }
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
  return { url, outboundPort: outbound.port, linkUp: switchboard.up, cpu: (user + system) / 1000, heap: heapUsed + external, rss, calls: intake.room().calls.size, tickets: opened }
})
