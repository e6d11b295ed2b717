import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const made = new Set<string>()

/** A new directory under `var`: tests write nothing outside the checkout. The caller removes it. */
export function temporaryDirectory(): string {
  const parent = fileURLToPath(new URL('../../var', import.meta.url))
  mkdirSync(parent, { recursive: true })
  const directory = mkdtempSync(join(parent, 'test-'))
  made.add(directory)
  return directory
}

/** For whoever is interrupted before the callers have removed theirs. */
export function removeTemporaryDirectories(): void {
  for (const directory of made) rmSync(directory, { recursive: true, force: true })
}
