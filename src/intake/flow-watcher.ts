import { watch, type FSWatcher } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf, SHELVES } from './prompt-files.js'

/** An editor writes a file in several steps; they count as one. */
const SETTLE = 200
/** Watching does not see changes on some network and container mounts; a look at sizes and times does. */
const LOOK = 10_000

export interface FlowWatcherOptions {
  /** Something in the directory is not what it was, or it is looked at for the first time. Awaited: one after the other. What fails is logged and called again at the next look. */
  readonly onChanged: () => Promise<void>
  readonly logger: { info(fields: object, text: string): void; warn(fields: object, text: string): void }
}

/** Watches a directory of flows and keeps nothing of it. Resolves after the first `onChanged`. Never rejects. */
export async function watchFlowFiles(directory: string, { onChanged, logger }: FlowWatcherOptions): Promise<{ close(): void }> {
  let seen = ''
  let closed = false
  let settling: NodeJS.Timeout | undefined
  let last: Promise<void> = Promise.resolve()
  const watchers = new Map<string, FSWatcher>()

  /** One look at a time, each after the last. */
  function look(): Promise<void> {
    last = last.then(async () => {
      if (await signature(directory) === seen || closed) return
      // First watched, then read: what is saved while `onChanged` runs is no later than the rest.
      watchAll()
      const now = await signature(directory)
      await onChanged()
      seen = now
    }).catch((error: unknown) => logger.warn({ reason: reasonOf(error) }, 'flow directory not read'))
    return last
  }

  /** Watching only wakes; where it does not work, the slow look does the same. */
  function watchAll(): void {
    if (closed) return
    for (const path of [directory, ...SHELVES.map(({ folder }) => join(directory, 'prompts', folder))]) {
      if (watchers.has(path)) continue
      try {
        const watcher = watch(path, { persistent: false }, () => {
          clearTimeout(settling)
          settling = setTimeout(() => void look(), SETTLE).unref()
        })
        watchers.set(path, watcher)
        watcher.on('error', () => {
          watcher.close()
          watchers.delete(path)
        })
      } catch (error) {
        logger.info({ path, reason: reasonOf(error) }, 'directory cannot be watched; looking every 10 s')
      }
    }
  }

  await look()
  const timer = setInterval(() => void look(), LOOK).unref()

  return {
    close() {
      closed = true
      clearTimeout(settling)
      clearInterval(timer)
      for (const watcher of watchers.values()) watcher.close()
      watchers.clear()
    },
  }
}

/** Changes whenever a file of the directory does that is read; others may lie beside them, such as what a node keeps in `<home>/flows`. */
async function signature(directory: string): Promise<string> {
  const parts: string[] = []
  for (const where of [directory, ...SHELVES.map(({ folder }) => join(directory, 'prompts', folder))]) {
    const names = await readdir(where).catch(() => ['?'])
    for (const name of names.filter((one) => where !== directory || one === '?' || /\.ya?ml$/i.test(one)).sort()) {
      const facts = await stat(join(where, name)).catch(() => null)
      if (facts?.isFile() === true) parts.push(`${where}/${name}:${facts.size}:${facts.mtimeMs}:${facts.ino}`)
      else parts.push(`${where}/${name}`)
    }
  }
  return parts.join('\n') || 'empty'
}
