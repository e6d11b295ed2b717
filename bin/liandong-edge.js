#!/usr/bin/env node
// A checkout runs the sources; the Docker image, which has no src, runs the build.
import { existsSync } from 'node:fs'

const source = existsSync(new URL('../src/cli/main.ts', import.meta.url)) ? new URL('../sip/main.ts', import.meta.url) : null
const { main } = await import(source === null ? '../dist/sip/main.js' : await (await import('./sources.js')).javascript(source))
await main(process.env, process.argv.slice(2))
