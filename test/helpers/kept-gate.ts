import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NO_DELAYS } from '../../src/flow/proof/prove.js'
import type { Gated } from '../../src/intake/flow-gate.js'
import { gateInProcess } from '../../src/intake/gate-process.js'
import { servicesOf } from '../../src/intake/look-ups.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cache = join(root, 'var', 'cache')
/** What a check is made with. */
const SOURCES = ['src/contracts', 'src/flow', 'src/intake', 'src/cli/flow', 'node_modules/yaml/package.json']

/** Of the files there, by name and content. */
function hashOf(paths: readonly string[], base: string): string {
  const hash = createHash('sha256')
  for (const path of paths) {
    const names = statSync(path).isFile() ? [path] : readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name)).sort()
    for (const name of names) {
      const bytes = readFileSync(name)
      hash.update(`${relative(base, name)} ${bytes.length}\n`).update(bytes)
    }
  }
  return hash.digest('hex').slice(0, 16)
}

let sources: string | undefined
const sourcesHash = (): string => (sources ??= hashOf(SOURCES.map((path) => join(root, path)), root))

function keep(file: string, gated: Gated): void {
  mkdirSync(cache, { recursive: true })
  for (const name of readdirSync(cache)) {
    // Of files and sources as they were a moment ago: a run that began then still asks for it.
    if (name.startsWith('gate-') && Date.now() - (statSync(join(cache, name), { throwIfNoEntry: false })?.mtimeMs ?? 0) > 3_600_000) rmSync(join(cache, name), { force: true })
  }
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(gated))
  renameSync(`${file}.${process.pid}`, file)
}

/**
 * The check of a directory of flows as they are now: made by the first node of all tests that asks, for these files and these sources, and kept for the
 * others below var/cache; each is a process with seconds of CPU. Once anything in the directory was changed it is checked as in a city.
 * Problems name the directory that was asked about first.
 * @param changed what is known of files that were changed: who tries many things on the same change has it checked once.
 */
export function keptGate(directory: string, ask: (directory: string) => Promise<Gated> = (what) => gateInProcess(join(root, 'bin', 'liandong.js'), what, { entries: ['110'], services: servicesOf([]), delays: NO_DELAYS }), changed?: Map<string, Gated>): () => Promise<Gated> {
  const now = (): string => hashOf([directory], directory)
  const right = now()
  return async () => {
    const asked = now()
    const known = changed?.get(asked)
    if (known !== undefined) return known
    const file = join(cache, `gate-${sourcesHash()}-${right}.json`)
    if (asked === right && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Gated
    const gated = await ask(directory)
    // What was changed meanwhile is not what was asked about.
    if (now() !== asked) return gated
    if (asked === right) keep(file, gated)
    else changed?.set(asked, gated)
    return gated
  }
}
