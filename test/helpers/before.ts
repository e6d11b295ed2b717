// Made once before all tests, so that no two files make it at the same time, and none pays for it out of its own time: a database with the schema, the
// check of the city's flows, and the desk where there is a browser for it. What cannot be made is told by the tests that need it.
import { ensureDesk } from '../../src/cli/desk-build.js'
import { findChromium } from './desk-world.js'
import { CITY } from './flows.js'
import { keptGate } from './kept-gate.js'
import { prepared } from './prepared.js'

const made = await Promise.allSettled([prepared(), keptGate(CITY)(), findChromium() === null ? null : ensureDesk(() => undefined)])
for (const one of made) if (one.status === 'rejected') process.stderr.write(`before the tests: ${String(one.reason)}\n`)
