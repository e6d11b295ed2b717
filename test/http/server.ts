import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import tap, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { LiandongError } from '../../src/contracts/errors.js'
import type { Role } from '../../src/contracts/people.js'
import type { ClientMessage, OperatorView, ServerMessage } from '../../src/contracts/ws.js'
import { makeAttachments } from '../../src/dispatch/attachments.js'
import { makeBoard } from '../../src/dispatch/board.js'
import { makeCitizens } from '../../src/dispatch/citizen.js'
import { makeHall } from '../../src/dispatch/hall.js'
import { makeCounties } from '../../src/dispatch/county/counties.js'
import { makePlaces } from '../../src/dispatch/places.js'
import { makeTickets } from '../../src/dispatch/tickets.js'
import { buildApp } from '../../src/http/app.js'
import { makeHandlers } from '../../src/http/handlers.js'
import { makeHub, type Hub } from '../../src/http/hub.js'
import type { IntakeDesk } from '../../src/intake/ports.js'
import { makeLogger } from '../../src/logger.js'
import { recordingFiles } from '../../src/recording/files.js'
import { makeRecordings } from '../../src/recording/recordings.js'
import { makeBrowserPhones } from '../../src/people/browser-phones.js'
import { hashPassword } from '../../src/people/password.js'
import { makePeople } from '../../src/people/people.js'
import type { Store } from '../../src/store/store.js'
import { openTestStore, temporaryHome, until } from '../helpers/database.js'
import { CITY, openTestFlows } from '../helpers/flows.js'

export const OPEN311_KEY = 'key-of-the-tests-0123'
/** Of another channel. */
export const OPEN311_OTHER_KEY = 'another-key-of-tests-4567'
const PASSWORD = 'correct horse battery'
export const PEOPLE = [
  { loginName: 'op1', displayName: '李晓梅', role: 'operator', extension: '1001' },
  { loginName: 'op2', displayName: '王建国', role: 'operator', extension: '1002' },
  { loginName: 'sup1', displayName: '周明', role: 'supervisor', extension: '1009' },
  { loginName: 'unit1', displayName: '值班员', role: 'unit', unitId: 'municipal-works' },
  { loginName: 'admin1', displayName: '管理员', role: 'admin' },
] as const satisfies readonly { loginName: string; displayName: string; role: Role; extension?: string; unitId?: string }[]

export interface TestServer {
  readonly app: FastifyInstance
  /** Lines of the app's log, from warnings on. */
  readonly logged: readonly Record<string, unknown>[]
  readonly url: string
  /** Shared by the tests of a file. */
  readonly store: Store
  readonly hub: Hub
  readonly people: ReturnType<typeof makePeople>
  readonly desk: IntakeDesk
  /** Which unit has a ticket. */
  readonly unitOf: Map<string, string | null>
  draining: boolean
  /** Cookie header of a person; one session each, made at first use. */
  cookie(loginName: string): Promise<string>
  /** A new session. */
  signIn(loginName: string): Promise<string>
  idOf(loginName: string): Promise<string>
}

/** Keeps presence and numbers its changes, as the intake does; no calls. `hangUp` stands for an act that fails, `answerPhone` for a defect. */
function makeDesk(hub: () => Hub): IntakeDesk {
  const views = new Map<string, OperatorView>()
  const view = (operatorId: string): OperatorView => views.get(operatorId) ?? { operatorId, presence: 'break', since: 0 }
  const change = (operatorId: string, presence: OperatorView['presence']): void => {
    views.set(operatorId, { operatorId, presence, since: Date.now() })
    hub().desk.send(operatorId, { type: 'me', me: view(operatorId) })
  }
  const snapshot = (operatorId: string) => ({ me: view(operatorId), call: null, ticket: null })
  return {
    attach({ operatorId }, { ready }) {
      if (ready !== undefined && view(operatorId).presence === 'offline') change(operatorId, ready ? 'ready' : 'break')
      return snapshot(operatorId)
    },
    detach(operatorId) { change(operatorId, 'offline') },
    snapshot,
    setReady(operatorId, ready) { change(operatorId, ready ? 'ready' : 'break') },
    endWrapUp() { /* no call, no wrap-up */ },
    answerPhone() { throw new Error('a defect') },
    rejectPhone() { throw new LiandongError('call.gone') },
    hangUp() { throw new LiandongError('call.not-yours') },
    phoneGone(operatorId) { change(operatorId, 'unreachable') },
    phoneLost() { throw new LiandongError('call.not-yours') },
    hold() { throw new LiandongError('call.not-yours') },
    mute() { throw new LiandongError('call.not-yours') },
    transfer() { throw new LiandongError('call.not-yours') },
    consult() { throw new LiandongError('call.not-yours') },
    conference() { throw new LiandongError('call.not-yours') },
    complete() { throw new LiandongError('call.not-yours') },
    drop() { throw new LiandongError('call.not-yours') },
    listen() { throw new LiandongError('call.gone') },
    take() { throw new LiandongError('call.gone') },
    redial: () => Promise.reject(new LiandongError('call.no-number')),
    phoneBook: () => ({ operators: [], lines: [] }),
    talks: () => [],
    callerChanged() { /* no calls */ },
    ticketChanged() { /* no snapshot holds a ticket here */ },
    queueView: () => ({ waiting: 0, waitingEmergency: 0, longestWaitSeconds: 0, ready: [...views.values()].filter(({ presence }) => presence === 'ready').length, ringing: 0, talking: 0, wrapUp: 0, onBreak: 0, answeredToday: 0, answeredInTimeToday: 0, promisedToday: 0, abandonedToday: 0 }),
    healthView: () => ({ database: 'up', pbx: 'up', journal: 0 }),
  }
}

/** Where telephones in the browser would reach FreeSWITCH. */
export const BROWSER_PHONES = 'wss://110.example:7443/phone'
export const EDGE_TOKEN = 'token-of-the-edge-in-tests'

/** Of `PASSWORD`: a hash costs a tenth of a second, and everybody has the same. */
let hashed: Promise<string> | null = null
/** One PostgreSQL for all tests of a file. */
let shared: Promise<Store> | null = null
let sharedHome: ReturnType<typeof temporaryHome> | null = null
async function openShared(): Promise<Store> {
  const home = (sharedHome ??= temporaryHome())
  const store = await openTestStore(home.path)
  tap.teardown(async () => { await store.close(); home.remove() })
  // A hint that is given before anybody listens is lost.
  let heard = false
  store.onCaller(() => { heard = true })
  await until('the store to listen', async () => { await store.pool.query(`select pg_notify('caller_changed', '')`); return heard })
  return store
}

/** The app as `main` builds it, on a real PostgreSQL and a free port; the intake behind it only knows presence. */
export async function startServer(t: Test, { grace = 60_000, reload, pingEvery = 1_500, deskDirectory = join(fileURLToPath(new URL('.', import.meta.url)), 'no-desk-here') }: { readonly grace?: number; readonly reload?: number; readonly pingEvery?: number; readonly deskDirectory?: string } = {}): Promise<TestServer> {
  const store = await (shared ??= openShared())
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  store.onPerson(people.changed)
  const passwordHash = await (hashed ??= hashPassword(PASSWORD, 'us'))
  for (const person of PEOPLE) await store.people.put({ ...person, passwordHash })
  let url = ''
  const unitOf = new Map<string, string | null>()
  const hub: Hub = makeHub(() => desk, { grace, ...(reload !== undefined && { reload }), clock: Date.now, practice: false, timeZone: 'Asia/Shanghai', unitsOf: (ticketId) => Promise.resolve([unitOf.get(ticketId) ?? []].flat()) }, { sent: () => undefined, cut: () => undefined })
  const desk: IntakeDesk = makeDesk(() => hub)
  const tickets = makeTickets({ store: store.records, side: store.attachments, knowsCategory: (category) => category === 'noise', onActed: () => undefined })
  const logged: Record<string, unknown>[] = []
  const server = { draining: false, logged }
  const flows = await openTestFlows({ store: store.editions, directory: CITY, home: (sharedHome ??= temporaryHome()).path, watch: false })
  t.teardown(() => flows.live.close())
  const recordings = recordingFiles(join((sharedHome ??= temporaryHome()).path, 'recordings'))
  const app = await buildApp({
    people, hub, intake: () => desk, logger: makeLogger('warn', false, new Writable({ write(chunk: Buffer, _encoding, done) { logged.push(JSON.parse(chunk.toString()) as Record<string, unknown>); done() } })), version: '0.0.0', draining: () => server.draining, pingEvery,
    deskDirectory,
    settings: { origins: () => [url], secureCookie: false, trustProxy: '127.0.0.1', connects: [BROWSER_PHONES] },
    handlers: makeHandlers({
      people, browserPhones: makeBrowserPhones({ store: store.phones, url: BROWSER_PHONES, publish: () => Promise.resolve() }), tickets, counties: makeCounties({ store: store.lines, rules: store.rules }), places: makePlaces({ store: store.places, districts: () => store.rules().districts ?? [], tiles: '' }), board: makeBoard({ store: store.board, tickets, categories: () => [], timeZone: 'Asia/Shanghai' }), attachments: makeAttachments({ store: store.attachments, tickets }), callers: store.callers, citizens: makeCitizens({ store: store.citizens, units: () => tickets.units(), categories: () => [{ code: 'noise', name: { zh: '噪声', en: 'Noise' }, class: 'standard' }, { code: 'fire', name: { zh: '火警', en: 'Fire' }, class: 'emergency' }], keys: [OPEN311_KEY, `parks:${OPEN311_OTHER_KEY}`], timeZone: 'Asia/Shanghai', clock: Date.now }), hall: makeHall({ store: store.hall, tickets, rules: store.rules, areaOf: () => null, onDelivered: () => undefined }), intake: () => desk, talkStore: store.talks, recordings: makeRecordings({ store: store.recordings, files: recordings, node: 'node-a', days: { standard: 1, emergency: 1 } }), records: true, trunk: false, account: store.account, myDay: store.myDay, openTicket: store.records.openTicket, edgeToken: EDGE_TOKEN, flows: flows.desk, metrics: new Registry(), isReady: () => !server.draining, version: '0.0.0', startedAt: Date.now(), clock: Date.now, secureCookie: false,
      categories: () => [{ code: 'noise', name: { zh: '噪声', en: 'Noise' }, class: 'standard' }], practice: null,
    }),
  })
  url = await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    hub.close()
    await app.close()
  })

  const cookies = new Map<string, string>()
  async function signIn(loginName: string): Promise<string> {
    const response = await fetch(`${url}/api/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ loginName, password: PASSWORD }) })
    if (!response.ok) throw new Error(`${loginName}: ${await response.text()}`)
    return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  }
  return Object.assign(server, {
    app, url, store, hub, people, desk, unitOf, signIn,
    async cookie(loginName: string) {
      const cookie = cookies.get(loginName) ?? await signIn(loginName)
      cookies.set(loginName, cookie)
      return cookie
    },
    async idOf(loginName: string) {
      const found = (await people.list()).find((person) => person.loginName === loginName)
      if (found === undefined) throw new Error(`nobody is called ${loginName}`)
      return found.id
    },
  })
}

export interface TestDesk {
  readonly socket: WebSocket
  readonly messages: ServerMessage[]
  readonly closed: { code: number; reason: string } | null
  /** Numbers of the numbered messages, in the order in which they came. */
  seqs(): number[]
  send(message: ClientMessage | string | Buffer): void
  hello(more?: { readonly tabId?: string; readonly epoch?: string; readonly since?: number; readonly ready?: boolean }): Promise<Extract<ServerMessage, { type: 'welcome' }>>
  /** The first message of this type after the first `from` messages. */
  next<T extends ServerMessage['type']>(type: T, from?: number): Promise<Extract<ServerMessage, { type: T }>>
}

/** A real websocket with everything it hears. */
export async function openSocket(t: Test, server: Pick<TestServer, 'url'>, cookie: string): Promise<TestDesk> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, { headers: { cookie, origin: server.url } })
  t.teardown(() => { socket.terminate() })
  const messages: ServerMessage[] = []
  const desk = {
    socket, messages, closed: null as { code: number; reason: string } | null,
    seqs: () => messages.flatMap((message) => ('seq' in message ? [message.seq] : [])),
    send(message: ClientMessage | string | Buffer) { socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)) },
    async hello({ tabId = randomUUID(), epoch, since = 0, ready }: { tabId?: string; epoch?: string; since?: number; ready?: boolean } = {}) {
      const from = messages.length
      desk.send({ type: 'hello', tabId, since, ...(epoch === undefined ? {} : { epoch }), ...(ready === undefined ? {} : { ready }) })
      const welcome = await desk.next('welcome', from)
      await desk.next('health', from) // the last of what a hello is answered with
      return welcome
    },
    next: <T extends ServerMessage['type']>(type: T, from = 0) =>
      until(`a ${type}`, () => messages.slice(from).find((message): message is Extract<ServerMessage, { type: T }> => message.type === type)),
  }
  socket.on('message', (data: Buffer) => { messages.push(JSON.parse(data.toString('utf8')) as ServerMessage) })
  socket.on('close', (code, reason) => { desk.closed = { code, reason: reason.toString('utf8') } })
  await new Promise<void>((resolve, reject) => { socket.once('open', resolve).once('error', reject) })
  socket.on('error', () => undefined) // `close` follows
  return desk
}

/** What a refused upgrade is answered with. */
export function refusedUpgrade(url: string, headers: Record<string, string>): Promise<{ readonly status: number; readonly body: unknown }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { headers })
    socket.once('open', () => { socket.terminate(); reject(new Error('it was let in')) })
    socket.on('error', reject) // no answer at all; after one it is settled already
    socket.once('unexpected-response', (_request, response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => { text += chunk.toString() })
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown }) })
    })
  })
}
