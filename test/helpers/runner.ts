import { spawn, type ChildProcess } from 'node:child_process'

/**
 * How much of the machine a file wants. `city`: a whole city in motion, which says what must hold within how long; only its like, and what is quiet,
 * run beside it. `browser`: two browsers are what two cores can draw. `quiet`: it waits for time to pass.
 */
export type Appetite = 'city' | 'browser' | 'quiet' | 'usual'

export interface TestFile { readonly path: string; readonly appetite: Appetite }

const CITIES = 3
const QUIET = 1
/** tap ends a file by itself before that; this one does not even do so, ms. */
const STUCK = 900_000

/** What may start next, `waiting` in the order of their turn: null while nothing may. */
export function next(waiting: readonly TestFile[], running: readonly TestFile[], jobs: number): TestFile | null {
  const count = (...appetites: Appetite[]): number => running.filter(({ appetite }) => appetites.includes(appetite)).length
  const cities = count('city')
  const areCitiesLeft = cities > 0 || waiting.some(({ appetite }) => appetite === 'city')
  const mayStart = ({ appetite }: TestFile): boolean => {
    if (appetite === 'quiet') return count('quiet') < QUIET
    if (appetite === 'city') return cities < CITIES && count('browser', 'usual') === 0
    return !areCitiesLeft && count('browser', 'usual') < jobs && (appetite === 'usual' || count('browser') < jobs / 2)
  }
  return waiting.find(mayStart) ?? null
}

interface Ended { readonly text: string; readonly ok: boolean; readonly ms: number }

/** Its standard error goes where ours does. */
function run(path: string, args: readonly string[], started: (child: ChildProcess) => void): Promise<Ended> {
  const began = performance.now()
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...args, path], { stdio: ['ignore', 'pipe', 'inherit'], env: { TAP_TIMEOUT: '420', ...process.env, TAP: '1' } })
    started(child)
    const parts: Buffer[] = []
    child.stdout.on('data', (part: Buffer) => { parts.push(part) })
    const ends = [setTimeout(() => child.kill('SIGALRM'), STUCK), setTimeout(() => child.kill('SIGKILL'), STUCK + 10_000)]
    let failed: string | null = null
    child.once('error', ({ message }) => { failed = message })
    child.once('close', (code, signal) => {
      for (const end of ends) clearTimeout(end)
      const why = failed ?? (signal === null ? null : `ended by ${signal}`)
      const text = Buffer.concat(parts).toString('utf8')
      resolve({ text: why === null ? text : `${text}\nnot ok - ${why}\n`, ok: why === null && code === 0, ms: performance.now() - began })
    })
  })
}

const indented = (text: string): string => text.replace(/^TAP version \d+\n/, '').trimEnd().replace(/^(?=.)/gm, '    ')

export interface Told { readonly path: string; readonly ok: boolean; readonly ms: number }

/**
 * Runs each file in a process of its own, many at a time, and writes what they said as TAP, each as a whole as soon as it has ended.
 * @param args of Node, before the file
 */
export async function runFiles(files: readonly TestFile[], { jobs, args, write, stop }: { readonly jobs: number; readonly args: readonly string[]; readonly write: (text: string) => void; readonly stop?: AbortSignal }): Promise<Told[]> {
  const waiting = [...files]
  const running = new Map<TestFile, Promise<void>>()
  const children = new Set<ChildProcess>()
  const told: Told[] = []
  stop?.addEventListener('abort', () => {
    waiting.length = 0
    for (const child of children) child.kill('SIGTERM')
  })

  async function one(file: TestFile): Promise<void> {
    const { path } = file
    const { text, ok, ms } = await run(path, args, (child) => {
      children.add(child)
      child.once('close', () => children.delete(child))
    })
    running.delete(file)
    told.push({ path, ok, ms })
    const skip = /^1\.\.0 *#? *(.*)$/m.exec(text)?.[1]
    write(`# Subtest: ${path}\n${indented(text)}\n${ok ? 'ok' : 'not ok'} ${told.length} - ${path} # ${ok && skip !== undefined ? `SKIP ${skip.replace(/^skip */i, '')}` : `time=${ms.toFixed(0)}ms`}\n\n`)
  }

  write('TAP version 14\n')
  while (waiting.length + running.size > 0) {
    for (let file = next(waiting, [...running.keys()], jobs); file !== null; file = next(waiting, [...running.keys()], jobs)) {
      waiting.splice(waiting.indexOf(file), 1)
      running.set(file, one(file))
    }
    await Promise.race(running.values())
  }
  write(`1..${told.length}\n`)
  return told
}
