#!/usr/bin/env node
// A checkout runs the sources through tsx; the Docker image, which has no sources, runs the build.
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Compiling takes seconds the first time: say at once that it goes on.
if (process.argv[2] === 'start' && process.argv.length === 3) process.stderr.write(`[${(performance.now() / 1000).toFixed(1).padStart(5)} s] 载入程序 / loading\n`)

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
  await import('./typebox.js')
  await import('../src/cli/main.ts')
} else {
  await import('../dist/src/cli/main.js')
}
