import { setTimeout as sleep } from 'node:timers/promises'
import { removeTemporaryDirectories } from '../helpers/directory.js'
import { nameOf, processTree } from '../helpers/process-tree.js'
import type { Bench } from './figure.js'
import { SUBJECTS } from './subjects.js'

/** Interrupted, its parent gone, or it failed half-way: what was started here ends here. PostgreSQL takes its shared memory with it when it is asked (SIGQUIT); the rest is not asked. */
async function abandon(): Promise<void> {
  // What it was waiting for does not come any more.
  process.on('uncaughtException', () => undefined)
  const started = (): readonly number[] => processTree(process.pid).slice(1)
  const tell = (pid: number, signal: NodeJS.Signals): void => { try { process.kill(pid, signal) } catch { /* gone */ } }
  // Noted first: whoever loses its parent is no descendant any more.
  const all = started()
  for (const pid of all) tell(pid, nameOf(pid) === 'postgres' ? 'SIGQUIT' : 'SIGKILL')
  for (let waited = 0; waited < 3_000 && all.some((pid) => nameOf(pid) === 'postgres'); waited += 50) await sleep(50)
  for (const pid of new Set([...all.filter((one) => nameOf(one) === 'postgres'), ...started()])) tell(pid, 'SIGKILL')
  removeTemporaryDirectories()
  process.exit(1)
}
let abandoned: Promise<void> | null = null
let measured = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => { abandoned ??= abandon() })
process.on('disconnect', () => { if (!measured) abandoned ??= abandon() })

/** Runs one subject in a process of its own: no heap, no compiled code and no timer of another subject disturbs it. */
const [subject = ''] = process.argv.slice(2)
const load = SUBJECTS[subject]
if (load === undefined) throw new Error(`there is no subject ${subject}`)
const bench: Bench = await load()
const result = await bench((line) => { process.stderr.write(`  ${line}\n`) }).catch(async (error: unknown) => {
  if (abandoned === null) process.stderr.write(`${(error as Error).stack ?? String(error)}\n`)
  await (abandoned ??= abandon())
  throw error
})
measured = true
process.send?.(result, () => { process.disconnect() })
