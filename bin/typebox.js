// TypeBox is 680 files. Through tsx each of them is asked for, and sent back, by another thread: two seconds of every process
// that reads the sources, of the server as of each command and test. So it is made one file, once for each version of it, below
// var/cache, and all who name TypeBox get that. The build of the Docker image runs without any of this.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isMainThread } from 'node:worker_threads'

const NAMES = ['typebox', 'typebox/compile', 'typebox/value']

/** @type {Record<string, string>} name → URL of what is loaded for it; in the thread that resolves names. */
let bundled = {}

/** Called in the thread that resolves names. */
export function initialize(given) { bundled = given }

export function resolve(specifier, context, next) {
  return specifier in bundled ? { url: bundled[specifier], format: 'module', shortCircuit: true } : next(specifier, context)
}

/** Makes it where it is not there yet. → its directory. */
async function make() {
  const own = createRequire(import.meta.url)
  const { version } = JSON.parse(readFileSync(new URL('../node_modules/typebox/package.json', import.meta.url), 'utf8'))
  const cache = fileURLToPath(new URL('../var/cache', import.meta.url))
  const directory = `${cache}/typebox-${version}`
  if (existsSync(directory)) return directory
  // Not ours to name: it is what tsx compiles with.
  const { build } = createRequire(own.resolve('tsx'))('esbuild')
  const mine = `${directory}.${process.pid}`
  mkdirSync(cache, { recursive: true })
  try {
    await build({ entryPoints: Object.fromEntries(NAMES.map((name) => [name.replace('/', '-'), own.resolve(name)])), bundle: true, splitting: true, format: 'esm', platform: 'node', outdir: mine, outExtension: { '.js': '.mjs' }, logLevel: 'silent' })
    renameSync(mine, directory)
  } catch (error) {
    rmSync(mine, { recursive: true, force: true })
    if (!existsSync(directory)) throw error // else somebody was faster
  }
  return directory
}

if (isMainThread) {
  try {
    const directory = await make()
    register(import.meta.url, { data: Object.fromEntries(NAMES.map((name) => [name, pathToFileURL(`${directory}/${name.replace('/', '-')}.mjs`).href])) })
  } catch { /* a checkout that cannot be written, or TypeBox elsewhere: it is loaded as it is */ }
}
