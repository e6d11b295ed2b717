#!/usr/bin/env node
// A checkout runs the sources through tsx; the Docker image, which has no sources, runs the build.
import { existsSync } from 'node:fs'

if (existsSync(new URL('../src/cli/main.ts', import.meta.url))) {
  const { register } = await import('tsx/esm/api')
  register()
  await import('../src/cli/main.ts')
} else {
  await import('../dist/src/cli/main.js')
}
