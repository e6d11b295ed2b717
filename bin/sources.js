// How a checkout's sources are read. The build of the Docker image runs without any of this.
//
// Whoever hooks into Node's loading of modules (tsx does) has each of them asked for, and sent back, by another thread: two seconds of
// CPU for every process that reads the sources, of the server as of each command and test. So they are made JavaScript below var/cache,
// file by file, before the first is read, anew only where one has changed; Node reads that by itself. Each still says of itself that it is
// where its source is (`import.meta`), and stacks name the source's lines. TypeBox, which is 680 files, is made three.
//
//   node --import ./bin/sources.js test/intake/room.test.ts   runs one
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isMainThread } from 'node:worker_threads'

const root = fileURLToPath(new URL('../', import.meta.url))
const made = join(root, 'var', 'cache', 'js')
const own = createRequire(import.meta.url)
/** Not ours to name: it is what tsx compiles with. */
const esbuild = () => createRequire(own.resolve('tsx'))('esbuild')

/** Who runs the server needs no tests. */
const SERVER = ['src', 'sip']
const ALL = [...SERVER, 'src/desk', 'scripts', 'test']

const OPTIONS = { format: 'esm', target: `node${process.versions.node}`, sourcemap: 'inline', sourcesContent: false, logLevel: 'silent', tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } } }
const TYPEBOX = ['typebox', 'typebox/compile', 'typebox/value']

const version = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version
/** What else decides what a source becomes. */
const key = () => createHash('sha1').update(`${root} ${process.versions.node} ${version('typebox')} ${version('tsx')}`).update(readFileSync(new URL(import.meta.url))).digest('hex')

/** Path below the checkout → what tells one state of the file from another. @returns {Record<string, string>} */
function stamps(area) {
  const found = {}
  if (!existsSync(join(root, area))) return found
  for (const entry of readdirSync(join(root, area), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(root.length)
    if (area === 'src' && name.startsWith(join('src', 'desk', sep))) continue
    const { mtimeMs, ctimeMs, size, ino } = statSync(path)
    found[name] = `${mtimeMs} ${ctimeMs} ${size} ${ino}`
  }
  return found
}

/** Whole, or as it was: others read here at the same time. */
function put(path, text) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.${process.pid}`, text)
  renameSync(`${path}.${process.pid}`, path)
}

const target = (name) => join(made, `${name.slice(0, -'.ts'.length)}.js`)

/** @param {readonly string[]} names */
async function compile(names) {
  const { build, transform } = esbuild()
  const alike = []
  await Promise.all(names.map(async (name) => {
    const file = join(root, name)
    const text = readFileSync(file, 'utf8')
    if (!text.includes('import.meta')) return alike.push(name)
    const define = { 'import.meta.url': JSON.stringify(pathToFileURL(file).href), 'import.meta.filename': JSON.stringify(file), 'import.meta.dirname': JSON.stringify(dirname(file)) }
    const { code } = await transform(text, { ...OPTIONS, loader: 'ts', define, sourcefile: pathToFileURL(file).href })
    put(target(name), code)
  }))
  const { outputFiles } = await build({ ...OPTIONS, entryPoints: alike.map((name) => join(root, name)), outdir: made, outbase: root, write: false })
  for (const { path, text } of outputFiles) put(path, text)
}

/** Node finds this one first, from where the sources are compiled to. */
async function bundleTypebox() {
  const directory = join(made, 'node_modules', 'typebox')
  const name = (one) => one.replace('/', '-')
  const { outputFiles } = await esbuild().build({
    entryPoints: Object.fromEntries(TYPEBOX.map((one) => [name(one), own.resolve(one)])), outdir: directory, write: false,
    bundle: true, splitting: true, format: 'esm', platform: 'node', logLevel: 'silent',
  })
  for (const { path, text } of outputFiles) put(path, text)
  put(join(directory, 'package.json'), JSON.stringify({ type: 'module', exports: Object.fromEntries(TYPEBOX.map((one) => [one.replace('typebox', '.'), `./${name(one)}.js`])) }))
}

function kept(file) {
  try { return JSON.parse(readFileSync(file, 'utf8')) } catch { return { key: '', files: {} } }
}

/** Compiles what has changed since it was last compiled. */
async function bringUpToDate(areas) {
  const now = key()
  let compiled = false
  for (const area of areas) {
    const list = join(made, `${area.replace('/', '-')}.json`)
    const before = kept(list)
    const known = before.key === now ? before.files : {}
    const files = stamps(area)
    const changed = Object.keys(files).filter((name) => files[name] !== known[name])
    const gone = Object.keys(before.files).filter((name) => !(name in files))
    if (changed.length + gone.length === 0 && before.key === now) continue
    compiled = true
    if (area === 'src' && before.key !== now) await bundleTypebox()
    await compile(changed)
    for (const name of gone) rmSync(target(name), { force: true })
    put(list, JSON.stringify({ key: now, files }))
  }
  // Its process would stay as long as ours.
  if (compiled) await esbuild().stop()
}

/**
 * Where JavaScript is to be imported from for this source of the checkout. In one that cannot be written it is tsx that reads it, from now on.
 * @param {URL} source
 */
export async function javascript(source) {
  const name = fileURLToPath(source).slice(root.length)
  const isIn = (areas) => areas.some((area) => name.startsWith(join(area, sep)))
  try {
    if (!isIn(ALL)) throw new Error(`none of ours: ${name}`)
    await bringUpToDate(isIn(SERVER) ? SERVER : ALL)
    process.setSourceMapsEnabled(true)
    return pathToFileURL(target(name)).href
  } catch { // what is broken is told when it is read
    (await import('tsx/esm/api')).register()
    return source.href
  }
}

/** A module that imports what this one imports, in the same order. esbuild leaves nothing before them. */
function imports(script) {
  const file = fileURLToPath(script)
  const [head] = /^(?:import (?:[^"';]* from )?"[^"]+";\n)*/.exec(readFileSync(file, 'utf8'))
  const beside = file.replace(/js$/, 'imports.js')
  const text = [...head.matchAll(/"([^"]+)";\n/g)].map(([, name]) => `import "${name}";\n`).join('')
  if (!existsSync(beside) || readFileSync(beside, 'utf8') !== text) put(beside, text)
  return pathToFileURL(beside).href
}

// As --import, for the program that Node was started with. All that it imports is read before Node is told of the one name that means another file: from
// then on that thread is asked, which is too late for hundreds of modules, and soon enough for it not to be started in the middle of what the program does.
const program = isMainThread && process.argv[1]?.endsWith('.ts') === true ? pathToFileURL(realpathSync(process.argv[1])).href : null
if (program !== null) {
  const script = await javascript(new URL(program))
  if (script !== program) {
    await import(imports(script))
    const answer = JSON.stringify({ url: script, format: 'module', shortCircuit: true })
    register(`data:text/javascript,${encodeURIComponent(`export const resolve = (name, context, next) => (name === ${JSON.stringify(program)} ? ${answer} : next(name, context))`)}`)
  }
}
