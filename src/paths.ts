import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The installation: the checkout, or in the Docker image the directory that holds `dist`. */
export const root = fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../../' : '../', import.meta.url))
export const migrationsDirectory = join(root, 'migrations')
