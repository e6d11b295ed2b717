#!/usr/bin/env node
// A checkout runs the sources through tsx; the Docker image, which has no src, runs the build.
import { existsSync } from 'node:fs'

const checkout = existsSync(new URL('../src/cli/main.ts', import.meta.url))
if (checkout) {
  (await import('tsx/esm/api')).register()
  await import('./sources.js')
}
const { main } = await import(checkout ? '../sip/main.ts' : '../dist/sip/main.js')
await main(process.env, process.argv.slice(2))
