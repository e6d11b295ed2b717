// How the sources are read, in two things otherwise than tsx reads them; the build of the Docker image runs without any of this.
//
// TypeBox is 680 files. Through tsx each of them is asked for, and sent back, by another thread: two seconds of every process
// that reads the sources, of the server as of each command and test. So it is made one file, once for each version of it, below
// var/cache, and all who name TypeBox get that.
//
// tsx has esbuild name each function anew whenever one is made (`keepNames`, for code whose names are shortened): half a microsecond
// each time, and a call makes dozens. Ours are not shortened. What was compiled is kept below var/cache too.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isMainThread } from 'node:worker_threads'

const NAMES = ['typebox', 'typebox/compile', 'typebox/value']
const root = new URL('../', import.meta.url)
const cache = fileURLToPath(new URL('var/cache', root))
const own = createRequire(import.meta.url)
/** Not ours to name: it is what tsx compiles with. */
const esbuild = () => createRequire(own.resolve('tsx'))('esbuild')

/** Name → URL of what is loaded for it; in the thread that loads modules. @type {Record<string, string>} */
let bundled = {}

/** Called in the thread that loads modules. */
export function initialize(given) { bundled = given }

export function resolve(specifier, context, next) {
  return specifier in bundled ? { url: bundled[specifier], format: 'module', shortCircuit: true } : next(specifier, context)
}

export async function load(url, context, next) {
  if (!url.startsWith(root.href) || !url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context)
  return { format: 'module', source: await compiled(fileURLToPath(url)), shortCircuit: true }
}

const OPTIONS = { loader: 'ts', format: 'esm', target: `node${process.versions.node}`, sourcemap: 'inline', sourcesContent: false, tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } } }

/** What a file of ours is in JavaScript. */
async function compiled(file) {
  const text = readFileSync(file, 'utf8')
  // The map in it names the file.
  const kept = `${cache}/sources/${createHash('sha1').update(`${process.versions.node} ${file} `).update(text).digest('hex')}.js`
  if (existsSync(kept)) return readFileSync(kept, 'utf8')
  const { code } = await esbuild().transform(text, { ...OPTIONS, sourcefile: pathToFileURL(file).href })
  try {
    mkdirSync(`${cache}/sources`, { recursive: true })
    writeFileSync(`${kept}.${process.pid}`, code)
    renameSync(`${kept}.${process.pid}`, kept)
  } catch { /* a checkout that cannot be written: it is compiled every time */ }
  return code
}

/** Makes the one file of TypeBox where it is not there yet. → its directory. */
async function make() {
  const { version } = JSON.parse(readFileSync(new URL('node_modules/typebox/package.json', root), 'utf8'))
  const directory = `${cache}/typebox-${version}`
  if (existsSync(directory)) return directory
  const { build } = esbuild()
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
  let data = {}
  try {
    const directory = await make()
    data = Object.fromEntries(NAMES.map((name) => [name, pathToFileURL(`${directory}/${name.replace('/', '-')}.mjs`).href]))
  } catch { /* a checkout that cannot be written, or TypeBox elsewhere: it is loaded as it is */ }
  register(import.meta.url, { data })
}
