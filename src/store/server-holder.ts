import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { OWNER_ROLE, SERVER_ROLE, type Access } from './roles.js'

/** URL of a PostgreSQL of our own for one of its roles. */
export const localUrl = (role: string, password: string, port: number | string): string => `postgres://${role}:${password}@127.0.0.1:${port}/postgres`

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
export function runningServer(directory: string): Access | null {
  if (livingServer(directory)?.owned !== true) return null
  const [password = '', port = ''] = ['password', 'port'].map((name) => readFileSync(join(directory, name), 'utf8').trim())
  const ownerUrl = localUrl(OWNER_ROLE, password, port)
  const own = join(directory, 'server-password')
  // One that an older Liandong started has the owner's role only.
  return { ownerUrl, url: existsSync(own) ? localUrl(SERVER_ROLE, readFileSync(own, 'utf8').trim(), port) : ownerUrl }
}

/** `postmaster.pid` of a server that was killed, or was left behind by a run of ours that was killed. Another Liandong's server is not touched. */
export function removeStaleLock(directory: string): void {
  const lock = join(directory, 'data', 'postmaster.pid')
  const living = livingServer(directory)
  if (living === null) return rmSync(lock, { force: true })
  if (living.owned) throw new Error(`另一个联动进程正在使用 ${directory}：请先停止它，或把 LIANDONG_HOME 设到别处 / another Liandong uses ${directory}: stop it first, or set LIANDONG_HOME to another place`)
  process.kill(living.pid, 'SIGINT')
  for (let n = 0; n < 100 && existsSync(lock); n += 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
}
