#!/usr/bin/env node
// A checkout runs the sources through tsx; the Docker image, which has no sources, runs the build.
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

if (existsSync(new URL('../src/cli/main.ts', import.meta.url))) {
  // tsx keeps what it compiled below TMPDIR: it shall stay in the checkout.
  const cache = new URL('../var/cache/tsx', import.meta.url)
  const { TMPDIR } = process.env
  try {
    mkdirSync(cache, { recursive: true })
    accessSync(cache, constants.W_OK)
    process.env.TMPDIR = fileURLToPath(cache)
  } catch {
    process.env.TSX_DISABLE_CACHE = '1'
  }
  const { register } = await import('tsx/esm/api')
  register()
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
  await import('../src/cli/main.ts')
} else {
  await import('../dist/src/cli/main.js')
}
