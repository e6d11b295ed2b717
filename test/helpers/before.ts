// Made once before all tests, so that no two files make it at the same time, and none pays for it out of its own time: a database with the schema, the
// check of the city's flows, and the desk where there is a browser for it. What cannot be made is told by the tests that need it.
import { join } from 'node:path'
import { ensureDesk } from '../../src/cli/desk-build.js'
import { temporaryHome } from './database.js'
import { findChromium } from './desk-world.js'
import { CITY, callMenu } from './flows.js'
import { keptGate } from './kept-gate.js'
import { prepared } from './prepared.js'

const home = temporaryHome()
const menu = join(home.path, 'menu')
callMenu(menu)
const gateOf = (directory: string): Promise<unknown> => keptGate(directory)()
const made = await Promise.allSettled([prepared(), gateOf(CITY), gateOf(menu), findChromium() === null ? null : ensureDesk(() => undefined)])
for (const one of made) if (one.status === 'rejected') process.stderr.write(`before the tests: ${String(one.reason)}\n`)
home.remove()
