#!/usr/bin/env node
// A checkout runs the sources; the Docker image, which has no sources, runs the build.
import { existsSync } from 'node:fs'

// Compiling takes seconds the first time: say at once that it goes on.
if (process.argv[2] === 'start' && process.argv.length === 3) process.stderr.write(`[${(performance.now() / 1000).toFixed(1).padStart(5)} s] 载入程序 / loading\n`)

const source = new URL('../src/cli/main.ts', import.meta.url)
if (existsSync(source)) {
  const { javascript } = await import('./sources.js')
  await import(await javascript(source))
} else {
  await import('../dist/src/cli/main.js')
}
