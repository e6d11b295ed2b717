import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makePeople } from '../../../src/people/people.js'
import type { Store } from '../../../src/store/store.js'
import { flowsRun, openTestStore, temporaryHome, until } from '../../helpers/database.js'
import { openDesk, type DeskBot } from '../../helpers/desk-bot.js'
import { startFreeSwitch, observe, type FreeSwitch, type RealThings } from './freeswitch.js'
import { freePort } from './ports.js'
import { makeSipp, type Sipp } from './sipp.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const LIANDONG = fileURLToPath(new URL('../../../bin/liandong.js', import.meta.url))

export interface Node {
  readonly url: string
  readonly child: ChildProcess
  output(): string
  kill(signal: NodeJS.Signals): void
  /** Waits for the end of the process. → its exit code, or null after a signal. */
  ended: Promise<number | null>
}

/** In the order in which FreeSWITCH tries them. */
export const NODES = ['a', 'b'] as const
export type NodeName = (typeof NODES)[number]

export interface City {
  readonly freeswitch: FreeSwitch
  /** Node b's own, where there are two. Both ask the nodes in their order, a first. */
  readonly second: FreeSwitch | null
  readonly sipp: Sipp
  readonly store: Store
  readonly witness: ReturnType<typeof observe>
  readonly operators: readonly string[]
  /** Of every operator. */
  readonly password: string
  readonly node: (name?: NodeName) => Node
  /** Where FreeSWITCH brings callers. */
  readonly intakePorts: Readonly<Record<NodeName, number>>
  startNode(name?: NodeName): Promise<Node>
  /** Desks of the first operators, or of these extensions: signed in and ready. */
  desks(count: number): Promise<DeskBot[]>
  desksOf(extensions: readonly string[], at?: NodeName): Promise<DeskBot[]>
  tickets(): Promise<readonly { id: string; number: string; caller_number: string; operator_id: string | null; call_back: boolean; opened_at: Date }[]>
  stop(): Promise<void>
}

/**
 * FreeSWITCH as shipped, PostgreSQL, `liandong start` as processes of their own, and operators 1001… who can log in. A desk that loses its node
 * comes back at one that lives.
 */
export async function openCity(things: RealThings, options: { readonly operators?: number; /** Two FreeSWITCH, node b at the second. */ readonly two?: true; readonly environment?: Readonly<Record<string, string>>; readonly freeswitch?: Readonly<Record<string, string>>; /** Another configuration of FreeSWITCH than the one that we ship. */ readonly configuration?: string; /** `LIANDONG_PBX_PHONES` of both. */ readonly phones?: (home: string) => string } = {}): Promise<City> {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  const password = randomBytes(9).toString('base64url')
  const people = makePeople(store.people, { sessionHours: 12, clock: Date.now })
  const extensions = Array.from({ length: options.operators ?? 2 }, (_, index) => String(1001 + index))
  for (const extension of extensions) await people.addPerson({ loginName: `op${extension}`, displayName: `接警员 ${extension}`, role: 'operator', extension }, password)
  const ports = { a: { intake: await freePort(), http: await freePort() }, b: { intake: await freePort(), http: await freePort() } }
  const phones: Record<string, string> = options.phones === undefined ? {} : { LIANDONG_PBX_PHONES: options.phones(home.path) }
  const freeswitch = await startFreeSwitch(things.freeswitch, { intake: NODES.map((name) => ports[name].intake), environment: { ...phones, ...options.freeswitch }, ...(options.configuration === undefined ? {} : { configuration: options.configuration }) })
  const second = options.two === true ? await startFreeSwitch(things.freeswitch, { intake: NODES.map((name) => ports[name].intake), environment: { ...phones, ...options.freeswitch } }) : null
  const switchOf = (name: NodeName): FreeSwitch => (name === 'b' ? second : null) ?? freeswitch
  const sipp = makeSipp(things.sipp, freeswitch)
  const witness = observe(freeswitch)
  await until('the witness link', () => witness.link.up)
  const nodes = new Map<NodeName, Node>()
  const lives = ({ child }: Node): boolean => child.exitCode === null && child.signalCode === null
  const urlOf = (name: NodeName): string => `http://127.0.0.1:${ports[name].http}`
  const liveUrl = (): string => ([...nodes.values()].find(lives) ?? { url: urlOf('a') }).url
  const bots: DeskBot[] = []

  async function startNode(name: NodeName = 'a'): Promise<Node> {
    const url = urlOf(name)
    let output = ''
    const child = spawn(process.execPath, [LIANDONG, 'start', '--no-desk'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env, NODE_ENV: 'test',
        LIANDONG_HOME: join(home.path, name), LIANDONG_NODE_NAME: `node-${name}`, LIANDONG_DATABASE_URL: store.server?.url ?? '', LIANDONG_LOG_LEVEL: 'info',
        LIANDONG_HTTP_PORT: String(ports[name].http), LIANDONG_PBX_KIND: 'freeswitch', LIANDONG_PBX_PORT: String(switchOf(name).eslPort), LIANDONG_PBX_PASSWORD: switchOf(name).password,
        LIANDONG_PBX_LISTEN_PORT: String(ports[name].intake), LIANDONG_PBX_CDR_DIRECTORY: switchOf(name).cdrDirectory, LIANDONG_INTAKE_WRAP_UP: '0', ...phones, ...options.environment,
      },
    })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => { output = (output + data.toString()).slice(-2_000_000) })
    const ended = new Promise<number | null>((resolve) => { child.once('exit', resolve) })
    const mine: Node = { url, child, output: () => output, kill: (signal) => { child.kill(signal) }, ended }
    nodes.set(name, mine)
    await until('liandong to be ready', async () => {
      if (child.exitCode !== null) throw new Error(`liandong ended: ${output}`)
      const ready = await fetch(`${url}/ready`).then((response) => response.ok, () => false)
      return ready
    }, 60_000)
    // Without PostgreSQL a later start has what ran last.
    await flowsRun(store).catch(() => undefined)
    return mine
  }

  async function desksOf(wanted: readonly string[], at?: NodeName): Promise<DeskBot[]> {
    const opened: DeskBot[] = []
    // One after another: a whole room's passwords at once take all cores, and PostgreSQL's answers with them.
    for (const extension of wanted) opened.push(await openDesk(at === undefined ? liveUrl : () => urlOf(at), `op${extension}`, password))
    bots.push(...opened)
    await until('all operators to be ready', () => opened.every(({ me }) => me?.presence === 'ready'))
    return opened
  }

  return {
    freeswitch, second, sipp, store, witness, operators: extensions, password, startNode, intakePorts: { a: ports.a.intake, b: ports.b.intake },
    node(name = 'a') {
      const node = nodes.get(name)
      if (node === undefined) throw new Error(`node ${name} was not started`)
      return node
    },
    desks: (count) => desksOf(extensions.slice(0, count)),
    desksOf,
    async tickets() {
      const { rows } = await store.pool.query<{ id: string; number: string; caller_number: string; operator_id: string | null; call_back: boolean; opened_at: Date }>(
        'select id, number, number_called_from as caller_number, operator_id, call_back, opened_at from ticket order by answered_at')
      return rows
    },
    async stop() {
      await Promise.all(bots.map((bot) => bot.close()))
      witness.close()
      await sipp.stop()
      for (const node of [...nodes.values()].filter(lives)) {
        node.kill('SIGCONT')
        node.kill('SIGKILL')
        await node.ended
      }
      await freeswitch.stop()
      await second?.stop()
      await store.close()
      home.remove()
    },
  }
}
