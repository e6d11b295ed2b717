import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The installation: the checkout, or in the Docker image the directory that holds `dist`. */
export const root = fileURLToPath(new URL(import.meta.url.endsWith('/dist/src/paths.js') ? '../../' : '../', import.meta.url))
/** Of this installation, from package.json. */
export const VERSION = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version
/** The numbered SQL files. */
export const migrationsDirectory = join(root, 'migrations')
