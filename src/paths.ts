import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The installation: the checkout, or in the Docker image the directory that holds `dist`. */
export const root = fileURLToPath(new URL(import.meta.url.endsWith('/dist/src/paths.js') ? '../../' : '../', import.meta.url))
/** The numbered SQL files. */
export const migrationsDirectory = join(root, 'migrations')
