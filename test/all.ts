// Every test: `npm test`; those below some paths: `npm test -- test/pbx test/store/audit.test.ts`. Each file is a process of its own, started as one starts
// it by hand. tap's own command would have each tell it which modules it reads, and takes files by name: the longest last, and those beside one
// another that want the same.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runFiles, type Appetite, type TestFile } from './helpers/runner.js'

/** What takes longest comes first, so that nothing long is left when all else has ended; the others follow by name. */
const LONG = ['desk/stories', 'desk/sign-out', 'intake/publishing', 'desk/unit', 'desk/flows', 'desk/board', 'desk/talk', 'store/away', 'desk/desk', 'calls/agents', 'calls/stories', 'county/line', 'county/limit', 'calls/not-well', 'store/clusters', 'store/plans', 'desk/map', 'desk/keyboard', 'desk/recording', 'desk/counties', 'desk/county-story', 'desk/caller', 'cli/user', 'cli/import', 'imports', 'store/recount', 'store/call-backs', 'store/places', 'store/outage', 'store/roles', 'store/audit']
/** These wait, for what must not come or must come late, and do little else. */
const QUIET = ['pbx/conformance/', 'pbx/esl/', 'sip/edge', 'intake/service']

const root = fileURLToPath(new URL('../', import.meta.url))
const args = ['--import=./bin/sources.js']
process.chdir(root)

function appetiteOf(name: string): Appetite {
  if (name.startsWith('alone/')) return 'city'
  if (QUIET.some((start) => name.startsWith(start))) return 'quiet'
  return name.startsWith('desk/') ? 'browser' : 'usual'
}

const turn = (name: string): number => { const at = LONG.indexOf(name); return at < 0 ? LONG.length : at }
const wanted = process.argv.slice(2)
const files: TestFile[] = readdirSync('test', { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/')).filter((file) => file.endsWith('.test.ts')).map((file) => file.slice(0, -'.test.ts'.length))
  .sort((one, other) => turn(one) - turn(other) || (one < other ? -1 : 1))
  .map((name) => ({ path: join('test', `${name}.test.ts`), appetite: appetiteOf(name) }))
  .filter(({ path }) => wanted.length === 0 || wanted.some((start) => path.startsWith(start)))

if (files.length === 0) {
  process.stderr.write(`no tests below ${wanted.join(', ')}\n`)
  process.exitCode = 1
} else {
  const began = performance.now()
  spawnSync(process.execPath, [...args, 'test/helpers/before.ts'], { stdio: ['ignore', 'inherit', 'inherit'] })
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => { stop.abort() })
  // Of two cores: half of the files wait while the others work.
  const told = await runFiles(files, { jobs: Math.min(8, Math.max(4, 2 * availableParallelism())), args, write: (text) => { process.stdout.write(text) }, stop: stop.signal })
  const failed = told.filter(({ ok }) => !ok)
  for (const { path } of failed) process.stdout.write(`# failed: ${path}\n`)
  process.stdout.write(`# { total: ${files.length}, pass: ${told.length - failed.length}, fail: ${failed.length} }\n# time=${(performance.now() - began).toFixed(0)}ms\n`)
  if (failed.length > 0 || told.length < files.length) process.exitCode = 1
}
