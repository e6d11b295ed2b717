import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { accessSync, constants, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openLink, type EslLink } from '../../../src/pbx/esl/link.js'
import { until } from '../../helpers/database.js'
import { temporaryDirectory } from '../../helpers/directory.js'
import { freePort } from './ports.js'

/** The configuration that we ship. */
export const CONFIGURATION = fileURLToPath(new URL('../../../sip/freeswitch', import.meta.url))

function onPath(name: string): string | null {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(directory, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch { /* not here */ }
  }
  return null
}

export const findSipp = (): string | null => process.env['SIPP'] ?? onPath('sipp')

export interface RealThings { readonly freeswitch: string; readonly sipp: string }

/** FreeSWITCH and SIPp of this machine, or the one line that says why these tests are skipped and how to run them. */
export function findRealThings(): RealThings | { readonly skip: string } {
  const freeswitch = process.env['FREESWITCH'] ?? onPath('freeswitch')
  const sipp = findSipp()
  if (freeswitch !== null && sipp !== null) return { freeswitch, sipp }
  const missing = [freeswitch === null ? 'freeswitch' : '', sipp === null ? 'sipp' : ''].filter(Boolean).join(', ')
  return { skip: `needs ${missing} on PATH (Debian: sip-tester for sipp); run: FREESWITCH=/path/to/freeswitch npx tap test/pbx` }
}

export interface FreeSwitch {
  readonly pid: number
  readonly eslPort: number
  readonly password: string
  readonly citizensPort: number
  readonly operatorsPort: number
  readonly cdrDirectory: string
  readonly phoneSecret: string
  /** Log of this instance, for a test's own diagnosis. */
  log(): string
  kill(signal: NodeJS.Signals): void
  /** Started again after its death (waits for that), with all that it had on disk; waits until it is ready. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface FreeSwitchOptions {
  /** Ports of the intake nodes, in their order. */
  readonly intake: readonly number[]
  readonly password?: string
  /** `LIANDONG_FS_…` of this instance. */
  readonly environment?: Readonly<Record<string, string>>
  /** Another configuration than the one that we ship. */
  readonly configuration?: string
}

/** Starts FreeSWITCH with the configuration that we ship, on free loopback ports, in a directory of its own. */
export async function startFreeSwitch(binary: string, options: FreeSwitchOptions): Promise<FreeSwitch> {
  const directory = temporaryDirectory()
  for (const name of ['log', 'db', 'run', 'cdr', 'certs']) mkdirSync(join(directory, name))
  const password = options.password ?? randomBytes(12).toString('hex')
  const phoneSecret = randomBytes(6).toString('hex')
  const [eslPort, citizensPort, operatorsPort] = [await freePort(), await freePort(), await freePort()]
  const rtpFirst = 30_000 + Math.floor(Math.random() * 10) * 200
  let child: ChildProcess
  let gone: Promise<void>
  function launch(): void {
    const mine = spawn(binary, ['-nf', '-nc', '-nonat', '-conf', options.configuration ?? CONFIGURATION, '-log', join(directory, 'log'), '-db', join(directory, 'db'), '-run', join(directory, 'run'), '-certs', join(directory, 'certs')], {
      stdio: 'ignore',
      env: {
        ...process.env,
        LIANDONG_PBX_PASSWORD: password, LIANDONG_PBX_PORT: String(eslPort), LIANDONG_PBX_CDR_DIRECTORY: join(directory, 'cdr'),
        LIANDONG_FS_CITIZENS_PORT: String(citizensPort), LIANDONG_FS_OPERATORS_PORT: String(operatorsPort), LIANDONG_FS_PHONE_SECRET: phoneSecret,
        LIANDONG_FS_INTAKE_NODES: options.intake.map((port) => `127.0.0.1:${port}`).join('|'),
        LIANDONG_FS_RTP_FIRST: String(rtpFirst), LIANDONG_FS_RTP_LAST: String(rtpFirst + 2_000),
        // SIPp's telephones answer no OPTIONS.
        LIANDONG_FS_PHONE_PINGS: 'false', ...options.environment,
      },
    })
    child = mine
    gone = new Promise<void>((resolve) => { mine.once('exit', () => { resolve() }) })
  }
  launch()
  const log = (): string => {
    try {
      return readFileSync(join(directory, 'log', 'freeswitch.log'), 'utf8')
    } catch {
      return ''
    }
  }
  async function stop(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGCONT')
      child.kill('SIGTERM')
      const patience = setTimeout(() => { child.kill('SIGKILL') }, 10_000)
      await gone
      clearTimeout(patience)
    }
    rmSync(directory, { recursive: true, force: true })
  }
  const ready = (): Promise<unknown> => until('FreeSWITCH to be ready', async () => {
    if (child.exitCode !== null) throw new Error(`FreeSWITCH ended at once:\n${log().split('\n').slice(-20).join('\n')}`)
    return isReady(freeswitch)
  }, 60_000)
  const freeswitch: FreeSwitch = {
    get pid() { return child.pid ?? 0 },
    eslPort, password, citizensPort, operatorsPort, cdrDirectory: join(directory, 'cdr'), phoneSecret, log, kill: (signal) => { child.kill(signal) }, stop,
    async restart() {
      await gone
      launch()
      await ready()
    },
  }
  try {
    await ready()
  } catch (error) {
    await stop()
    throw error
  }
  return freeswitch
}

async function isReady(freeswitch: FreeSwitch): Promise<boolean> {
  const observer = observe(freeswitch)
  try {
    const deadline = Date.now() + 1_000
    while (!observer.link.up && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
    if (!observer.link.up) return false
    const { text } = await observer.link.api({ api: 'status' })
    const profiles = await observer.link.api({ api: 'sofia_status' })
    return text.includes('is ready') && /citizens\s.*RUNNING/.test(profiles.text) && /operators\s.*RUNNING/.test(profiles.text)
  } finally {
    observer.close()
  }
}

/** What happened on a channel, in FreeSWITCH's own time (ms). */
export interface Seen {
  readonly uuid: string
  readonly direction: string
  readonly number: string
  readonly destination: string
  readonly createdAt: number
  answeredAt?: number
  bridgedAt?: number
  endedAt?: number
  cause?: string
}

/** A second, independent link that only watches: the tests' own witness. */
export function observe(freeswitch: Pick<FreeSwitch, 'eslPort' | 'password'>): { readonly link: EslLink; readonly channels: Map<string, Seen>; citizens(): Seen[]; close(): void } {
  const channels = new Map<string, Seen>()
  const link = openLink({ host: '127.0.0.1', port: freeswitch.eslPort, password: freeswitch.password, events: ['CHANNEL_CREATE', 'CHANNEL_ANSWER', 'CHANNEL_BRIDGE', 'CHANNEL_HANGUP_COMPLETE', 'HEARTBEAT'], custom: [], first: 100 }, {
    onUp: () => undefined,
    onDown: () => undefined,
    onEvent(event) {
      const at = Math.floor(Number(event.get('Event-Date-Timestamp') ?? 0) / 1000)
      const uuid = event.get('Unique-ID')
      if (uuid === undefined) return
      if (event.name === 'CHANNEL_BRIDGE') {
        for (const side of ['Bridge-A-Unique-ID', 'Bridge-B-Unique-ID']) {
          const channel = channels.get(event.get(side) ?? '')
          if (channel !== undefined) channel.bridgedAt ??= at
        }
        return
      }
      const known: Seen = channels.get(uuid) ?? {
        uuid, direction: event.get('Call-Direction') ?? '', number: event.get('Caller-Orig-Caller-ID-Number') ?? event.get('Caller-Caller-ID-Number') ?? '',
        destination: event.get('Caller-Destination-Number') ?? '', createdAt: at,
      }
      channels.set(uuid, known)
      if (event.name === 'CHANNEL_ANSWER') known.answeredAt ??= at
      if (event.name === 'CHANNEL_HANGUP_COMPLETE') {
        known.endedAt = at
        const cause = event.get('Hangup-Cause')
        if (cause !== undefined) known.cause = cause
      }
    },
  })
  return { link, channels, citizens: () => [...channels.values()].filter(({ direction }) => direction === 'inbound'), close: () => { link.close() } }
}
