import { execFileSync, fork, type ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { SOURCES } from '../helpers/sources.js'

/** A file of the bench in a process of its own, spoken to by messages; each question is answered by one. */
export interface Other {
  readonly pid: number
  ask<T>(question: object): Promise<T>
  /** Messages that answer no question. */
  onMessage(listener: (message: unknown) => void): void
  end(): Promise<void>
}

/** Starts `file` (beside this one) as another process, so that its CPU and heap are not counted as ours. */
export function startOther(file: string, argument: readonly string[] = []): Other {
  const child: ChildProcess = fork(fileURLToPath(new URL(file, import.meta.url)), [...argument], { execArgv: ['--expose-gc', '--import', SOURCES], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const gone = new Promise<void>((resolve) => { child.once('exit', () => { resolve() }) })
  const waiting: { settle: (value: unknown) => void; fail: (error: Error) => void }[] = []
  let hear: (message: unknown) => void = () => undefined
  child.on('message', (message: { readonly answer?: unknown; readonly error?: string }) => {
    if (message.error !== undefined) waiting.shift()?.fail(new Error(`${file}: ${message.error}`))
    else if ('answer' in message) waiting.shift()?.settle(message.answer)
    else hear(message)
  })
  child.once('exit', (code, signal) => { for (const { fail } of waiting.splice(0)) fail(new Error(`${file} ended: ${signal ?? String(code)}`)) })
  if (child.pid === undefined) throw new Error(`${file} could not be started`)
  return {
    pid: child.pid,
    ask: <T>(question: object) => new Promise<T>((resolve, reject) => {
      waiting.push({ settle: (value) => { resolve(value as T) }, fail: reject })
      child.send(question, (error) => { if (error !== null) reject(error) })
    }),
    onMessage(listener) { hear = listener },
    async end() {
      if (child.connected) child.disconnect()
      const patience = setTimeout(() => { child.kill('SIGKILL') }, 5_000)
      await gone
      clearTimeout(patience)
    },
  }
}

/**
 * Gives the app a core, and all others of the bench the rest: the exchange, telephones and desks of a city are other machines, and waiting until
 * one of them has had its slice of our core is none of the app's work. @returns false where that cannot be done (one core, no `taskset`)
 */
export function setApart(app: number, others: readonly number[]): boolean {
  const cores = availableParallelism()
  if (cores < 2) return false
  try {
    for (const [pid, where] of [[app, '0'], ...others.map((pid) => [pid, `1-${cores - 1}`] as const)] as const) execFileSync('taskset', ['-apc', where, String(pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The other side: answers questions one after another, and ends with its parent. */
export function answerParent(answer: (question: never) => unknown): void {
  let turn: Promise<unknown> = Promise.resolve()
  process.on('message', (question) => {
    turn = turn.then(() => answer(question as never)).then(
      (value) => process.send?.({ answer: value ?? null }),
      (error: unknown) => process.send?.({ error: (error as Error).stack ?? String(error) }),
    )
  })
  process.once('disconnect', () => { process.exit(0) })
}
