import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A new directory under `var`: tests write nothing outside the checkout. The caller removes it. */
export function temporaryDirectory(): string {
  const parent = fileURLToPath(new URL('../../var', import.meta.url))
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, 'test-'))
}
