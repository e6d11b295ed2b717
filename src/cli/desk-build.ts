import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LiandongError } from '../contracts/errors.js'
import { root } from '../paths.js'

/** Between two lines of progress while it is built, ms. */
const SIGN_OF_LIFE = 5_000

/** Hash of everything that the desk is built from. */
function fingerprint(): string {
  const hash = createHash('sha256')
  for (const directory of ['src/desk', 'src/contracts']) {
    for (const entry of readdirSync(join(root, directory), { recursive: true, withFileTypes: true }).sort((a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1))) {
      if (entry.isFile()) hash.update(entry.name).update(readFileSync(join(entry.parentPath, entry.name)))
    }
  }
  return hash.update(readFileSync(join(root, 'package-lock.json'))).digest('hex')
}

/** Builds the desk when it is missing or older than its sources. In the Docker image there are no sources, and it is there. */
export async function ensureDesk(onProgress: (zh: string, en: string) => void): Promise<void> {
  if (!existsSync(join(root, 'src', 'desk'))) return
  const stamp = join(root, 'dist', 'desk.sha256')
  const now = fingerprint()
  if (existsSync(join(root, 'dist', 'desk', 'index.html')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return
  onProgress('构建网页（仅首次或更新后）', 'building the desk (only at first, or after a change)')
  const { build } = await import('vite').catch((error: unknown) => { throw new LiandongError('desk.no-tools', {}, { cause: error }) })
  const said = setInterval(() => { onProgress('仍在构建网页', 'still building the desk') }, SIGN_OF_LIFE)
  await build({ configFile: join(root, 'src', 'desk', 'vite.config.ts'), logLevel: 'error' }).finally(() => { clearInterval(said) })
  mkdirSync(join(root, 'dist'), { recursive: true })
  writeFileSync(stamp, now)
}
