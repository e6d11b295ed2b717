import { spawn, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { totalmem } from 'node:os'
import { join, resolve as absolute } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { replaceDurably } from '../disk/whole-file.js'
import { makeDirectory } from './directory.js'
import { findBinaries, run } from './postgres-binaries.js'
import { makeServerRole, newPassword, OWNER_ROLE, SERVER_ROLE, type Access } from './roles.js'
import { servant, startAs } from './servant.js'
import { localUrl, removeStaleLock } from './server-holder.js'

export interface LocalServer extends Access {
  readonly version: string
  /** Ends the server as `pg_ctl stop -m fast` (or `immediate`, for tests of a crash) does. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>
  start(): Promise<void>
}

export interface LocalServerOptions {
  /** Data directory; made at the first start. */
  readonly directory: string
  /** Tests only: no fsync, a database that may be lost. */
  readonly unsafe?: boolean
  /** One that was told to end is killed after this, ms. */
  readonly patience?: number
  readonly onProgress?: (zh: string, en: string) => void
}

/** Between the death of the database and its next start, ms. */
const SHORTEST_PAUSE = 250
const LONGEST_PAUSE = 10_000
/** Of the 20 s that `liandong start` is given to stop, ms. */
const PATIENCE = 3_500

const MIB = 2 ** 20
/**
 * What PostgreSQL keeps of its tables, MiB: an eighth of the memory that this process may have, so that what is in hand and the indexes of a large city's tickets stay
 * there, and a small machine has room for the rest. It takes from the machine only what it fills.
 */
export function sharedBuffers(memory: number, bound: number | undefined): number {
  const most = bound === undefined || bound === 0 ? memory : Math.min(memory, bound)
  return Math.max(64, Math.min(512, Math.floor(most / 8 / MIB)))
}

/** Starts PostgreSQL on a data directory of ours, loopback only, with a random password. Root and ordinary users alike. */
export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const { unsafe = false, patience = PATIENCE, onProgress = () => undefined } = options
  const directory = absolute(options.directory)
  const data = join(directory, 'data')
  // Of the role that owns everything, and of the one that the server works with.
  const passwordFiles = [join(directory, 'password'), join(directory, 'server-password')] as const
  const portFile = join(directory, 'port')
  const binaries = findBinaries(data)
  const as = servant()
  makeDirectory(directory)
  const how = startAs(as, [directory, binaries.initdb, binaries.postgres])
  for (const path of passwordFiles) if (!existsSync(path)) replaceDurably(path, newPassword())
  const [passwordFile] = passwordFiles
  if (as !== null) for (const path of [directory, passwordFile]) chownSync(path, as.uid, as.gid)
  const [password = '', serverPassword = ''] = passwordFiles.map((path) => readFileSync(path, 'utf8').trim())

  if (!existsSync(join(data, 'PG_VERSION'))) {
    onProgress(`初始化数据库（PostgreSQL ${binaries.major}，${binaries.from}）`, `initialising the database (PostgreSQL ${binaries.major}, ${binaries.from})`)
    rmSync(data, { recursive: true, force: true }) // an initialisation that was interrupted
    await run(binaries.initdb, ['-D', data, '-U', OWNER_ROLE, '--pwfile', passwordFile, '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C', ...(unsafe ? ['--no-sync'] : [])], how)
  }
  removeStaleLock(directory) // before anything of another Liandong's is touched
  const lastTime = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0
  const found = await portToListen(lastTime) ?? await portToListen(0)
  if (found === null) throw new Error('127.0.0.1 没有可用的端口 / no port of 127.0.0.1 can be had')
  const port = found
  writeFileSync(portFile, String(port))
  const ownerUrl = localUrl(OWNER_ROLE, password, port)
  let child: ChildProcess | null = null
  /** False before the first start and after `stop`: then nothing starts by itself. */
  let wanted = false
  /** The one start under way. */
  let starting: Promise<void> | null = null
  let again: NodeJS.Timeout | undefined
  let pause = SHORTEST_PAUSE

  async function launch(): Promise<void> {
    onProgress('启动数据库', 'starting the database')
    removeStaleLock(directory)
    writeFileSync(join(directory, 'owner'), String(process.pid))
    const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: 60, shared_buffers: `${unsafe ? 64 : sharedBuffers(totalmem(), process.constrainedMemory())}MB`, log_min_messages: 'warning', timezone: 'UTC', ...(unsafe ? { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'on' } : {}) }
    const process_ = spawn(...how.command(binaries.postgres, ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])]), { stdio: ['ignore', 'ignore', 'pipe'], ...how.options, detached: true })
    child = process_
    let said = ''
    const ended = (): void => {
      if (child !== process_) return
      child = null
      startLater()
    }
    process_.once('exit', ended)
    process_.once('error', (error) => { said = error.message; ended() }) // it could not be started at all
    process_.stderr.on('data', (chunk: Buffer) => { said = (said + chunk.toString()).slice(-4_000) })
    const deadline = performance.now() + 30_000
    while (!(await answers(port))) {
      if (child !== process_) throw new Error(`PostgreSQL 未能启动 / PostgreSQL did not start (${data}):\n${said}`)
      // It is left to go on: a long recovery ends, and its exit would be heard.
      if (performance.now() > deadline) throw new Error(`PostgreSQL 30 秒内未就绪 / PostgreSQL was not ready in 30 s (${data}):\n${said}`)
      await sleep(30)
    }
    pause = SHORTEST_PAUSE
  }

  /** Starts it unless it lives; whoever asks meanwhile waits for the same start. @throws when it does not come up; then it is tried again until `stop`. */
  function start(): Promise<void> {
    clearTimeout(again)
    wanted = true
    starting ??= (child === null ? launch() : Promise.resolve()).finally(() => { starting = null; startLater() })
    return starting
  }

  /** Nobody else can start a database that died under us. The only place that plans a start: one timer, none while it lives or comes up. */
  function startLater(): void {
    clearTimeout(again)
    if (!wanted || child !== null || starting !== null) return
    pause = Math.min(LONGEST_PAUSE, pause * 2)
    again = setTimeout(() => { start().catch(() => undefined) }, pause)
  }

  async function stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    wanted = false
    clearTimeout(again)
    const running = child
    child = null
    if (running !== null) await ending(running, mode, patience)
    await starting?.catch(() => undefined)
  }

  try {
    await start()
    await makeServerRole(ownerUrl, serverPassword)
  } catch (error) {
    await stop() // whoever has no server cannot stop it
    throw error
  }
  return { url: localUrl(SERVER_ROLE, serverPassword, port), ownerUrl, version: readFileSync(join(data, 'PG_VERSION'), 'utf8').trim(), stop, start }
}

/** Ends it as asked; one that does not end in time (it was stopped, its disk hangs) is killed: its log of writes keeps everything that was committed. */
function ending(running: ChildProcess, mode: 'fast' | 'immediate', patience: number): Promise<void> {
  return new Promise((resolve) => {
    if (running.exitCode !== null || running.signalCode !== null) return resolve()
    const killers = [setTimeout(() => running.kill('SIGQUIT'), patience), setTimeout(() => running.kill('SIGKILL'), patience + 1_000)]
    running.once('exit', () => { killers.forEach(clearTimeout); resolve() })
    running.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
  })
}

/** A loopback port that can be listened to: this one, or any (0). Null when somebody has it. */
const portToListen = (wanted: number): Promise<number | null> =>
  new Promise((resolve) => {
    const probe = createServer().once('error', () => { resolve(null) }).listen(wanted, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => { resolve(typeof address === 'object' ? address?.port ?? null : null) })
    })
  })

/** Ready when it takes connections: a start-up packet is answered by something other than "starting up" (57P03). */
async function answers(port: number): Promise<boolean> {
  const { connect } = await import('node:net')
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const done = (ready: boolean): void => { socket.destroy(); resolve(ready) }
    socket.setTimeout(1_000, () => { done(false) })
    socket.once('error', () => { done(false) })
    socket.once('connect', () => {
      const parameters = Buffer.from('user\0liandong\0database\0postgres\0\0')
      const head = Buffer.alloc(8)
      head.writeInt32BE(parameters.length + 8, 0)
      head.writeInt32BE(196_608, 4)
      socket.write(Buffer.concat([head, parameters]))
    })
    socket.once('data', (answer: Buffer) => { done(answer[0] === 0x52) }) // 'R': it asks for the password
  })
}
