#!/usr/bin/env node
// A checkout runs the sources through tsx; the Docker image, which has no sources, runs the build.
import { existsSync } from 'node:fs'

// Compiling takes seconds the first time: say at once that it goes on.
if (process.argv[2] === 'start' && process.argv.length === 3) process.stderr.write(`[${(performance.now() / 1000).toFixed(1).padStart(5)} s] 载入程序 / loading\n`)

if (existsSync(new URL('../src/cli/main.ts', import.meta.url))) {
  const { register } = await import('tsx/esm/api')
  register()
  await import('./sources.js')
  await import('../src/cli/main.ts')
} else {
  await import('../dist/src/cli/main.js')
}
