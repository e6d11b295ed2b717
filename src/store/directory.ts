import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { LiandongError } from '../contracts/errors.js'

/**
 * Makes a directory and those above it, one by one: Node's own recursion never ends where the file system answers ENOENT to mkdir (below /proc).
 * @throws LiandongError `home.unwritable`.
 */
export function makeDirectory(directory: string, mode = 0o711): void {
  const missing: string[] = []
  for (let at = directory; !existsSync(at); at = dirname(at)) missing.unshift(at)
  try {
    for (const path of missing) mkdirSync(path, { mode })
    accessSync(directory, constants.W_OK)
  } catch (error) {
    throw new LiandongError('home.unwritable', { directory, reason: (error as NodeJS.ErrnoException).code ?? '' }, { cause: error })
  }
}
