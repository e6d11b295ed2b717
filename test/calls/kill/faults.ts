import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HealthView } from '../../../src/contracts/ws.js'
import { noFaults, type Faults } from '../../../src/pbx/exchange/faults.js'
import { until } from '../../helpers/database.js'
import type { World } from '../world.js'
import type { NodeProcess } from './node.js'

/** Acts that must have been acknowledged without PostgreSQL before the server is killed. */
export const KEPT = 25

export interface Fault {
  readonly name: string
  /** It is there before the last moves: they are what it hits. */
  readonly early?: boolean
  /** The ticket that is being opened waits on until it is over. */
  readonly locks?: boolean
  /** FreeSWITCH itself dies: talks do not outlive that. */
  readonly torn?: 'recovered'
  strike(): Promise<void> | void
  /** It lasts at least until this is so. @param acknowledged how many acts were acknowledged since it struck. */
  noticed?(acknowledged: number): boolean | Promise<boolean>
  /** Comes when every caller has reached a phone; what it began is over when it resolves. */
  heal(): Promise<void> | void
}

/** PostgreSQL's processes: the first, by the file that it keeps, and its children. */
function postgres(world: World): number[] {
  const first = Number(readFileSync(join(world.home, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      return readFileSync(`/proc/${name}/status`, 'utf8').includes(`\nPPid:\t${first}\n`) ? [Number(name)] : []
    } catch {
      return [] // it ended meanwhile
    }
  })
  return [first, ...children]
}

function signal(pids: readonly number[], what: NodeJS.Signals): void {
  for (const pid of pids) {
    try { process.kill(pid, what) } catch { /* it ended meanwhile */ }
  }
}

export function makeFaults(world: World, node: NodeProcess, health: () => HealthView | undefined): readonly Fault[] {
  const { exchange, wire, databaseWire } = world
  const events = (name: string, faults: Partial<Faults>): Fault => ({
    name, early: true,
    strike() { Object.assign(exchange.faults, noFaults(), faults) },
    heal() { Object.assign(exchange.faults, noFaults()) },
  })
  const databaseAnswers = (): Promise<unknown> => until('PostgreSQL', () => world.rows('select 1').then(() => true, () => false))
  let stopped: readonly number[] = []
  /** What goes on for longer than a write may take. */
  const databaseMissed = { noticed: () => health()?.database === 'down' }
  const linkMissed = { noticed: () => health()?.pbx === 'down' }

  return [
    { name: 'the server is killed', strike: async () => { await node.end('SIGKILL') }, heal: () => node.start() },
    // Until everybody has reached a phone: that is longer than the dead-man's switch, and he who waits for it is not forgotten.
    { name: 'the server is stopped', strike() { node.signal('SIGSTOP') }, heal() { node.signal('SIGCONT') } },
    { name: 'the link is cut in the middle of a frame', early: true, strike() { exchange.faults.cutNext = true }, heal: () => until('the link', () => node.ready()).then(() => undefined) },
    { name: 'the link is dead and nothing is closed', ...linkMissed, strike() { wire.hold(true) }, async heal() { wire.hold(false); wire.cut(); await until('the link', () => node.ready()) } },
    { name: 'FreeSWITCH dies and recovers its calls', torn: 'recovered', strike: () => exchange.restart(true), heal: () => until('the link', () => node.ready()).then(() => undefined) },
    events('events are lost', { drop: 0.35 }),
    events('events come twice', { double: 1 }),
    events('events are late', { late: 0.6, lateBy: 1_000 }),
    events('events overtake one another', { shuffle: 4 }),
    { name: 'PostgreSQL is killed', strike() { signal(postgres(world), 'SIGKILL') }, async heal() { await databaseAnswers() } },
    { name: 'PostgreSQL is stopped', ...databaseMissed, strike() { signal(stopped = postgres(world), 'SIGSTOP') }, heal() { signal(stopped, 'SIGCONT') } },
    { name: 'tickets are locked', ...databaseMissed, locks: true, strike: () => undefined, heal: () => undefined },
    { name: 'PostgreSQL is slow', early: true, strike() { databaseWire.slow(700) }, heal() { databaseWire.slow(0) } },
    { name: 'PostgreSQL’s answers are lost', ...databaseMissed, early: true, async strike() { databaseWire.hold(true); await Promise.resolve() }, heal() { databaseWire.hold(false); databaseWire.cut() } },
    {
      name: 'PostgreSQL is away, then the server is killed',
      // What is acknowledged from now on stands in the journal and nowhere else.
      noticed: (acknowledged) => health()?.database === 'down' && acknowledged >= KEPT,
      async strike() { await world.database.stop('immediate') },
      async heal() { await node.end('SIGKILL'); await Promise.all([world.database.start(), node.start()]) },
    },
  ]
}
