// How a checkout's sources are read. The build of the Docker image runs without any of this.
//
// Whoever hooks into Node's loading of modules (tsx does) has each of them asked for, and sent back, by another thread: two seconds of
// CPU for every process that reads the sources, of the server as of each command and test. So they are made JavaScript below var/cache,
// file by file, before the first is read, anew only where one has changed; Node reads that by itself. Each still says of itself that it is
// where its source is (`import.meta`), and stacks name the source's lines. TypeBox, which is 680 files, is made four.
//
//   node --import ./bin/sources.js test/intake/room.test.ts   runs one
//   node bin/sources.js   makes those of the server, for users who may read the checkout and not write it (`npm run build`)
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
const TYPEBOX = ['typebox', 'typebox/compile', 'typebox/system', 'typebox/value']

const version = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version
/** What else decides what a source becomes. */
const key = () => createHash('sha1').update(`${root} ${process.versions.node} ${version('typebox')} ${version('tsx')}`).update(readFileSync(new URL(import.meta.url))).digest('hex')

/** What tells one state of a file from another. */
function stamp(file) {
  const state = statSync(file, { throwIfNoEntry: false })
  return state === undefined ? '' : `${state.mtimeMs} ${state.ctimeMs} ${state.size} ${state.ino}`
}

const sizeOf = (file) => statSync(file, { throwIfNoEntry: false })?.size ?? -1

/** Path below the checkout → the state of the file. @returns {Record<string, string>} */
function stamps(area) {
  const found = {}
  if (!existsSync(join(root, area))) return found
  for (const entry of readdirSync(join(root, area), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(root.length)
    if (area === 'src' && name.startsWith(join('src', 'desk', sep))) continue
    found[name] = stamp(path)
  }
  return found
}

/** Whole, or as it was: others read here at the same time. Only if, as the last thing asked, it is still wanted. */
function put(path, text, isWanted = () => true) {
  mkdirSync(dirname(path), { recursive: true })
  const beside = `${path}.${process.pid}`
  writeFileSync(beside, text)
  const wanted = isWanted()
  if (wanted) renameSync(beside, path)
  else rmSync(beside)
  return wanted
}

const target = (name) => join(made, `${name.slice(0, -'.ts'.length)}.js`)

/**
 * A source that was changed meanwhile is left out: who saw it as it is now may have made it long ago.
 * @param {Record<string, string>} files the sources, and the states that were seen
 * @returns what was made of which state, and its size
 */
async function compile(files) {
  const { build, transform } = esbuild()
  const done = {}
  const keep = (name, text) => {
    if (put(target(name), text, () => stamp(join(root, name)) === files[name])) done[name] = [files[name], Buffer.byteLength(text)]
  }
  const alike = []
  await Promise.all(Object.keys(files).map(async (name) => {
    const file = join(root, name)
    const text = readFileSync(file, 'utf8')
    if (!text.includes('import.meta')) return alike.push(name)
    const define = { 'import.meta.url': JSON.stringify(pathToFileURL(file).href), 'import.meta.filename': JSON.stringify(file), 'import.meta.dirname': JSON.stringify(dirname(file)) }
    const { code } = await transform(text, { ...OPTIONS, loader: 'ts', define, sourcefile: pathToFileURL(file).href })
    keep(name, code)
  }))
  const { outputFiles } = await build({ ...OPTIONS, entryPoints: alike.map((name) => join(root, name)), outdir: made, outbase: root, write: false })
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]))
  for (const name of alike) keep(name, texts.get(target(name)))
  return done
}

/** Node finds this one first, from where the sources are compiled to. @returns its files below `made`, and their sizes */
async function bundleTypebox() {
  const directory = join(made, 'node_modules', 'typebox')
  const name = (one) => one.replace('/', '-')
  const { outputFiles } = await esbuild().build({
    entryPoints: Object.fromEntries(TYPEBOX.map((one) => [name(one), own.resolve(one)])), outdir: directory, write: false,
    bundle: true, splitting: true, format: 'esm', platform: 'node', logLevel: 'silent',
  })
  const exported = JSON.stringify({ type: 'module', exports: Object.fromEntries(TYPEBOX.map((one) => [one.replace('typebox', '.'), `./${name(one)}.js`])) })
  const texts = [...outputFiles.map(({ path, text }) => [path, text]), [join(directory, 'package.json'), exported]]
  return Object.fromEntries(texts.map(([path, text]) => {
    put(path, text)
    return [path.slice(made.length), Buffer.byteLength(text)]
  }))
}

const NOTHING = { key: '', files: {} }
function kept(file) {
  try { return { ...NOTHING, ...JSON.parse(readFileSync(file, 'utf8')) } } catch { return NOTHING }
}

/** Compiles what is not there as it was made of the sources as they are. Whether there was any. */
async function bringAreaUpToDate(area, now) {
  const list = join(made, `${area.replace('/', '-')}.json`)
  const before = kept(list)
  const known = before.key === now ? before : NOTHING
  const files = stamps(area)
  // A list outlives what it lists: of a machine that lost its power the newest files may be there, and empty.
  const isThere = (name) => known.files[name]?.[0] === files[name] && known.files[name][1] === sizeOf(target(name))
  const [there, wanting] = [[], []]
  for (const name of Object.keys(files)) (isThere(name) ? there : wanting).push(name)
  const gone = Object.keys(before.files).filter((name) => !(name in files))
  const isBundled = area !== 'src' || (known.bundle !== undefined && Object.entries(known.bundle).every(([name, size]) => sizeOf(join(made, name)) === size))
  if (wanting.length + gone.length === 0 && isBundled && before.key === now) return false
  const bundle = isBundled ? known.bundle : await bundleTypebox()
  const done = await compile(Object.fromEntries(wanting.map((name) => [name, files[name]])))
  for (const name of gone) rmSync(target(name), { force: true })
  put(list, JSON.stringify({ key: now, files: { ...Object.fromEntries(there.map((name) => [name, known.files[name]])), ...done }, bundle }))
  return true
}

/** A checkout that changes all the while is read by tsx. */
const TURNS = 10

/** Compiles until nothing is wanting: sources may change meanwhile, and others compile them. */
async function bringUpToDate(areas) {
  const now = key()
  let compiled = false
  try {
    for (let turn = 0; turn < TURNS; turn += 1) {
      let wanting = false
      for (const area of areas) wanting = await bringAreaUpToDate(area, now) || wanting
      if (!wanting) return
      compiled = true
    }
    throw new Error('the sources change all the while')
  } finally {
    // Its process would stay as long as ours.
    if (compiled) await esbuild().stop()
  }
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

const started = isMainThread && process.argv[1] !== undefined && existsSync(process.argv[1]) ? realpathSync(process.argv[1]) : ''
if (started === fileURLToPath(import.meta.url)) await bringUpToDate(SERVER)

// As --import, for the program that Node was started with. All that it imports is read before Node is told of the one name that means another file: from
// then on that thread is asked, which is too late for hundreds of modules, and soon enough for it not to be started in the middle of what the program does.
const program = started.endsWith('.ts') ? pathToFileURL(started).href : null
if (program !== null) {
  const script = await javascript(new URL(program))
  if (script !== program) {
    await import(imports(script))
    const answer = JSON.stringify({ url: script, format: 'module', shortCircuit: true })
    register(`data:text/javascript,${encodeURIComponent(`export const resolve = (name, context, next) => (name === ${JSON.stringify(program)} ? ${answer} : next(name, context))`)}`)
  }
}
