import { connect } from 'node:net'
import { join } from 'node:path'
import { Pool, type QueryResultRow } from 'pg'
import { pino } from 'pino'
import type { Test } from 'tap'
import { loadConfig, type Config } from '../../src/config.js'
import type { CallCard } from '../../src/contracts/call.js'
import { startLiandong, type Liandong } from '../../src/main.js'
import { startExchange, type CallSpec, type Exchange, type ExchangeOptions, type PlacedCall } from '../../src/pbx/exchange/exchange.js'
import { hashPassword } from '../../src/people/password.js'
import type { LocalServer } from '../../src/store/server.js'
import { flowsRun, startTestServer, temporaryHome, until } from '../helpers/database.js'
import { openDesk, type DeskBot, type DeskManners } from '../helpers/desk-bot.js'
import { callMenu } from '../helpers/flows.js'
import { keptGate } from '../helpers/kept-gate.js'
import { watchLeaks } from '../helpers/leaks.js'
import { startRelay, type Relay } from './relay.js'

/** The real server and a real PostgreSQL, with the practice exchange as a PBX of its own, so that either can die without the other. */
export interface World {
  readonly exchange: Exchange
  /** The nodes' inbound link goes over this wire; the citizens' sockets do not. */
  readonly wire: Relay
  readonly database: LocalServer
  /** Between the nodes that are processes of their own and PostgreSQL. */
  readonly databaseWire: Relay
  readonly home: string
  /** The files of its flows. */
  readonly flowFiles: string
  readonly password: string
  /** The node that the desks use. */
  readonly url: () => string
  /** The intake as a PBX of kind `freeswitch` sees it; desks, and callers, come to this one from now on. `unstaffed`: another node has operators, so it takes no callers until a desk comes. */
  startNode(options?: Partial<Config>, unstaffed?: 'unstaffed'): Promise<Liandong>
  /** What a child process must be told to be a node of this world. */
  environment(): NodeJS.ProcessEnv
  /** Operators exist from now on: once, when the schema is there. */
  people(store: Pick<Liandong['store'], 'people'>): Promise<void>
  /** Desks and callers go to a node that runs elsewhere. */
  useNode(url: string, outboundPort: number): void
  /** An operator's desk: ready at once, unless `busy`. Operator n has extension 1000 + n. */
  desk(n: number, options?: DeskManners): Promise<DeskBot>
  call(spec?: Partial<CallSpec>): PlacedCall
  /** Every call placed so far, oldest first. */
  readonly calls: readonly PlacedCall[]
  rows<T extends QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<T[]>
  close(): Promise<void>
}

export const extensionOf = (n: number): string => String(1000 + n)
/** Skills of the operators, by number: all the others can do everything. */
export const SKILLS: Readonly<Record<number, readonly string[]>> = { 4: ['power-repair'], 5: ['noise'] }
const OPERATORS = 6
const PASSWORD = 'practice-of-the-tests'

/** Callers' time runs ten times as fast: a phone that rings in vain does so for 0.3 s. */
export async function openWorld(t: Test, options: Partial<ExchangeOptions> & { readonly config?: Partial<Config>; readonly operators?: number } = {}): Promise<World> {
  const leaked = watchLeaks()
  const home = temporaryHome()
  const database = await startTestServer(join(home.path, 'postgres'))
  const password = 'password-of-the-tests'
  const { config: settings = {}, operators = OPERATORS, ...more } = options
  const exchange = await startExchange({ password, speed: 10, ...more })
  const wire = await startRelay(() => exchange.port)
  const databaseWire = await startRelay(() => Number(new URL(database.url).port))
  // Not `flows`, where a node keeps what ran last: its file there would be a change, and every change is checked anew, in a process of seconds.
  const flowFiles = join(home.path, 'ivr-flows')
  callMenu(flowFiles)
  const pool = new Pool({ connectionString: database.ownerUrl, max: 2, application_name: 'the books' })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => { client.on('error', () => undefined) })
  const nodes: Liandong[] = []
  const desks: DeskBot[] = []
  const calls: PlacedCall[] = []
  let url = ''
  let peopled = false
  let open = true

  const base: Partial<Config> = {
    'home': home.path, 'database.url': database.url, 'database.ownerUrl': database.ownerUrl, 'http.port': 0, 'pbx.kind': 'freeswitch', 'pbx.port': wire.port, 'pbx.password': password, 'pbx.listenPort': 0,
    'flows.directory': flowFiles, 'pbx.holdMusic': 'local_stream://hold', 'intake.wrapUp': 0, 'intake.offerTimeout': 3_000, 'desk.grace': 1_000, 'log.level': 'silent', 'node.name': 'a', ...settings,
  }

  async function people(store: Pick<Liandong['store'], 'people'>): Promise<void> {
    const passwordHash = await hashPassword(PASSWORD, 'us')
    await Promise.all(Array.from({ length: operators }, (_, index) => index + 1).map((n) =>
      store.people.put({ loginName: `op${n}`, displayName: `接警员 ${n}`, role: 'operator', extension: extensionOf(n), skills: SKILLS[n] ?? [], passwordHash })))
    peopled = true
  }

  function useNode(at: string, outboundPort: number): void {
    url = at
    exchange.setOutbound(`127.0.0.1:${outboundPort}`)
  }

  const world: World = {
    exchange, wire, database, databaseWire, home: home.path, flowFiles, password, calls, people,
    url: () => url,
    async startNode(also = {}, unstaffed) {
      const { config } = loadConfig({}, { ...base, ...also })
      const node = await startLiandong(config, pino({ level: process.env['LOG'] ?? 'silent' }), undefined, { gate: config['flows.lookUps'].length > 0 ? undefined : keptGate(config['flows.directory']) })
      nodes.push(node)
      if (!peopled) await Promise.all([people(node.store), flowsRun(node.store)])
      await until('the node to take callers', () => node.takesCallers() || (unstaffed !== undefined && node.intake.isWell()))
      useNode(node.url, node.outboundPort)
      return node
    },
    environment() {
      const wired = (direct: string): string => { const url = new URL(direct); url.port = String(databaseWire.port); return url.href }
      const names = Object.entries({ ...base, 'database.url': wired(database.url), 'database.ownerUrl': wired(database.ownerUrl), 'log.level': 'warn' }).map(([key, value]) => [`LIANDONG_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).replaceAll('.', '_').toUpperCase()}`, String(value)] as const)
      return Object.fromEntries(names)
    },
    useNode,
    async desk(n, how = {}) {
      const desk = await openDesk(() => url, `op${n}`, PASSWORD, how)
      desks.push(desk)
      if (how.busy !== true) await until(`desk ${n} to be ready`, () => desk.me?.presence === 'ready' || desk.me?.presence === 'ringing')
      return desk
    },
    call(spec = {}) {
      const placed = exchange.placeCall({ number: `1390001${String(calls.length).padStart(4, '0')}`, ...spec })
      calls.push(placed)
      return placed
    },
    async rows<T extends QueryResultRow>(sql: string, values: readonly unknown[] = []) { return (await pool.query<T>(sql, [...values])).rows },
    async close() {
      open = false
      await Promise.all(calls.filter(({ ended }) => !ended).map(({ callId }) => kill(world, callId)))
      await until('every channel to end', () => exchange.live().channels === 0)
      await Promise.all(desks.map((desk) => desk.close()))
      t.same(desks.flatMap(({ crossed }) => crossed), [], 'every screen showed its operator’s own call, and its ticket')
      for (const node of nodes) await node.stop()
      await until('nothing to be left in the exchange', () => Object.values(exchange.live()).every((count) => count === 0)).catch(() => { t.same(exchange.live(), { channels: 0, listeners: 0, scheduled: 0 }) })
      const left = (): Promise<unknown[]> => world.rows('select pid, state, query from pg_stat_activity where datname = current_database() and backend_type = $1 and application_name <> $2', ['client backend', 'the books'])
      await until('PostgreSQL to be left alone', async () => (await left()).length === 0, 5_000).catch(async () => { t.same(await left(), [], 'no connection or transaction is left in PostgreSQL') })
      t.same(exchange.insecurities, [], 'nothing of a caller’s was executed')
      t.same(calls.flatMap(({ reports }) => reports.filter(({ type }) => type === 'silence')), [], 'nobody was left in silence')
      await pool.end()
      await wire.close()
      await databaseWire.close()
      await exchange.close()
      await database.stop()
      home.remove()
      await leaked()
    },
  }
  // A test that failed half-way has not closed it: its nodes, desks and PostgreSQL would slow down, and outlive, every later one.
  t.teardown(async () => {
    if (!open) return
    for (const { callId, ended } of calls) if (!ended) exchange.kill(callId)
    await Promise.allSettled(desks.map((desk) => desk.close()))
    await Promise.allSettled(nodes.map((node) => node.stop()))
    await Promise.allSettled([pool.end(), wire.close(), databaseWire.close(), exchange.close(), database.stop()])
    home.remove()
  })
  return world
}

/** How often the caller was put through, and to whom. */
export const operatorsOf = (call: PlacedCall): string[] => call.reports.filter(({ type }) => type === 'operator').map(({ detail }) => detail)
export const bridged = (call: PlacedCall): Promise<string> => until(`${call.callId} to be put through`, () => call.bridgedTo)
/** Waits until this call rings at a desk (its card is on the screen), and answers nothing. */
export const rings = (desk: DeskBot, call: PlacedCall): Promise<CallCard> => until(`${call.callId} to ring at ${desk.me?.operatorId ?? ''}`, () => (desk.me?.presence === 'ringing' && desk.call?.callId === call.callId ? desk.call : null))
/** The number of the operator whose phone rings for this caller. `desks`: those of `seats`, in their order. */
export const ringingFor = (world: World, seats: readonly number[], desks: readonly DeskBot[], call: PlacedCall): Promise<number> =>
  until(`a phone to ring for ${call.callId}`, () => seats.find((n, at) => desks[at]?.me?.callId === call.callId && world.exchange.phones.isRinging(extensionOf(n))))
/** Picks the phone up as soon as it rings there. */
export const pickUp = (world: World, n: number): Promise<boolean> => until(`phone ${extensionOf(n)} to ring`, () => world.exchange.phones.answer(extensionOf(n)))

export interface TicketLine { readonly id: string; readonly number: string; readonly number_called_from: string; readonly operator: string | null; readonly call_back: boolean; readonly answered_at: Date; readonly opened: number; readonly audited: number; readonly jobs: number }

/** The tickets as PostgreSQL has them, with how often each was opened, noted and scheduled. */
export const tickets = (world: World): Promise<TicketLine[]> => world.rows<TicketLine>(`
  select ticket.id, ticket.number, number_called_from, person.extension as operator, call_back, answered_at,
         (select count(*)::int from ticket_history where ticket_id = ticket.id and act = 'open') as opened,
         (select count(*)::int from audit where subject = ticket.id::text and act = 'ticket.open') as audited,
         (select count(*)::int from graphile_worker.jobs where key = 'follow-up:' || ticket.id) as jobs
  from ticket left join person on person.id = ticket.operator_id`)

/** V2, V3: each call that an operator took has its one ticket, of the right caller and operator; each call has its one row; nobody else has any. */
export async function checkBooks(t: Test, world: World, calls: readonly PlacedCall[], numberOf: (call: PlacedCall) => string, limit = 30_000): Promise<Map<string, TicketLine>> {
  const answered = calls.filter((call) => operatorsOf(call).length > 0)
  await until('a ticket for each answered call', async () => {
    const ids = new Set((await tickets(world)).map(({ id }) => id))
    return answered.every(({ callId }) => ids.has(callId))
  }, limit).catch((error: unknown) => { t.fail((error as Error).message) })
  const lines = new Map((await tickets(world)).map((line) => [line.id, line]))
  for (const call of calls) {
    const line = lines.get(call.callId)
    const [operator] = operatorsOf(call)
    if (operator === undefined) {
      if (line !== undefined && !line.call_back) t.fail(`${call.callId} was not put through and has ticket ${line.number} that is not marked for call-back`)
      continue
    }
    t.match(line, { number_called_from: numberOf(call), operator, opened: 1, audited: 1, jobs: 1 }, `the one ticket of ${numberOf(call)}`)
  }
  const known = new Set(world.calls.map(({ callId }) => callId))
  t.same([...lines.keys()].filter((id) => !known.has(id)), [], 'no ticket without a call')
  return lines
}

/** Ends a channel as a person at the console of the PBX would. (A caller whom FreeSWITCH recovered has a new channel of the same name.) */
export function kill(world: World, uuid: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(world.exchange.port, '127.0.0.1')
    let said = ''
    socket.on('error', reject)
    socket.on('close', () => { resolve() })
    socket.on('connect', () => { socket.write(`auth ${world.password}\n\napi uuid_kill ${uuid} NORMAL_CLEARING\n\n`) })
    socket.on('data', (chunk) => { said += chunk.toString('latin1'); if (said.includes('api/response')) socket.destroy() })
  })
}
