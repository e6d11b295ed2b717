import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { until } from './helpers/database.js'
import { temporaryDirectory } from './helpers/directory.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A checkout with these sources. */
function checkout(t: Test, sources: Readonly<Record<string, readonly string[]>>): { put(name: string, ...lines: readonly string[]): void; remove(name: string): void; run(name: string): Promise<string>; readonly path: string } {
  const path = temporaryDirectory()
  t.teardown(() => { rmSync(path, { recursive: true, force: true }) })
  mkdirSync(join(path, 'bin'))
  for (const name of ['bin/sources.js', 'package.json']) cpSync(join(root, name), join(path, name))
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'))
  const put = (name: string, ...lines: readonly string[]): void => {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), lines.join('\n'))
  }
  for (const [name, lines] of Object.entries(sources)) put(name, ...lines)
  return {
    path, put,
    remove(name) { rmSync(join(path, name)) },
    async run(name) {
      const { stdout } = await promisify(execFile)(process.execPath, ['--import', join(path, 'bin', 'sources.js'), join(path, name)], { cwd: path })
      return stdout.trim()
    },
  }
}

t.test('functions of the sources are named once, by the engine; a stack, and import.meta, name the source', async (t) => {
  const { run, path } = checkout(t, { 'src/one.ts': [
    'interface Wide { readonly a: number }',
    'function make(): () => string {',
    '  const inner = (): string => String(new Error("here").stack).split("\\n")[1] ?? ""',
    '  return inner',
    '}',
    'const made = make()',
    'console.log([made.name, String(make).includes("__name"), import.meta.url, import.meta.filename, import.meta.dirname, made()].join(" "))',
    'export type { Wide }',
  ] })
  for (const when of ['compiled', 'kept']) {
    const [name, keeps, url, file, directory, ...stack] = (await run('src/one.ts')).split(/ +/)
    t.same([name, keeps, url, file, directory], ['inner', 'false', `file://${path}/src/one.ts`, `${path}/src/one.ts`, `${path}/src`], when)
    t.match(stack.join(' '), /^at inner \(.*src\/one\.ts:3:38\)$/, when)
  }
})

t.test('each module is read once, in the order of the imports, before what the program says first', async (t) => {
  const { run } = checkout(t, {
    'src/a.ts': ['console.log("a")', 'export const a: string = "of a"'],
    'sip/b.ts': ['import { a } from "../src/a.js"', 'console.log("b", a)', 'export default 1'],
    'test/one.ts': ['import b, {} from "../sip/b.js"', 'import {', '  a,', '} from "../src/a.js"', 'import "../src/c.js"', 'console.log("one", a, b, (await import("../src/a.js")).a)'],
    'src/c.ts': ['console.log("c")'],
  })
  t.equal(await run('test/one.ts'), 'a\nb of a\nc\none of a 1 of a')
})

t.test('what has changed is compiled anew, and what is gone is gone', async (t) => {
  const { run, put, remove } = checkout(t, { 'src/two.ts': ['export const n: number = 1'], 'src/one.ts': ['import { n } from "./two.js"', 'console.log(n)'] })
  t.equal(await run('src/one.ts'), '1')
  put('src/two.ts', 'export const n: number = 2')
  t.equal(await run('src/one.ts'), '2')
  put('src/one.ts', 'console.log(3)')
  t.equal(await run('src/one.ts'), '3')
  put('src/one.ts', 'import { n } from "./two.js"', 'console.log(n)')
  remove('src/two.ts')
  await t.rejects(run('src/one.ts'), { message: /two/ })
})

t.test('what is not there as it was made, of a cache that was cleaned in part or of a machine that lost its power, is made again', async (t) => {
  const { run, path } = checkout(t, { 'src/two.ts': ['import Type from "typebox"', 'export const n: string = typeof Type.Object'], 'src/one.ts': ['import { n } from "./two.js"', 'console.log(n)'] })
  t.equal(await run('src/one.ts'), 'function')
  const made = (name: string): string => join(path, 'var', 'cache', 'js', name)
  const whole = ['src/one.js', 'src/two.js', 'node_modules/typebox/typebox.js', 'node_modules/typebox/package.json', 'src.json'] as const
  for (const name of whole) {
    truncateSync(made(name))
    t.equal(await run('src/one.ts'), 'function', `${name}, empty`)
    rmSync(made(name))
    t.equal(await run('src/one.ts'), 'function', `${name}, gone`)
    t.ok(existsSync(made(name)), name)
  }
})

/** For `--require`: who is about to write a file of this name says so, and waits until it is let go. */
const HOLD = `const fs = require('node:fs')
const write = fs.writeFileSync
fs.writeFileSync = (path, ...rest) => {
  if (String(path).endsWith(process.env.HOLD_AT + '.' + process.pid)) {
    write(process.env.HOLD + '.here', '')
    while (!fs.existsSync(process.env.HOLD + '.go')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
  }
  return write(path, ...rest)
}
require('node:module').syncBuiltinESMExports()
`

t.test('two who compile different states at once leave the newer one', async (t) => {
  const { run, put, path } = checkout(t, { 'src/two.ts': ['export const n: number = 1'], 'src/one.ts': ['import { n } from "./two.js"', 'console.log(n)'] })
  put('hold.cjs', HOLD)
  /** A process that is held before it writes this file. */
  const held = async (name: string, at: string): Promise<{ go(): void; readonly said: Promise<string> }> => {
    const said = promisify(execFile)(process.execPath, ['--require', join(path, 'hold.cjs'), '--import', join(path, 'bin', 'sources.js'), join(path, 'src/one.ts')], { cwd: path, env: { ...process.env, HOLD: join(path, name), HOLD_AT: at } }).then(({ stdout }) => stdout.trim())
    await until(`${name} at ${at}`, () => existsSync(join(path, `${name}.here`)))
    return { go() { writeFileSync(join(path, `${name}.go`), '') }, said }
  }
  const older = await held('older', 'two.js')
  put('src/two.ts', 'export const n: number = 2')
  const newer = await held('newer', 'src.json')
  older.go()
  t.equal(await older.said, '2', 'who began before reads what is there now')
  newer.go()
  t.equal(await newer.said, '2')
  t.equal(await run('src/one.ts'), '2', 'and so does everybody after')
})

t.test('who may not write the checkout reads what `npm run build` made there', async (t) => {
  const { path } = checkout(t, { 'src/cli/main.ts': ['function make(): () => void {', '  const inner = (): void => undefined', '  return inner', '}', 'console.log(String(make).includes("__name"))'], 'sip/main.ts': ['console.log("the edge")'] })
  cpSync(join(root, 'bin/liandong.js'), join(path, 'bin/liandong.js'))
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly scripts: Readonly<Record<string, string>> }
  const [first = ''] = (scripts['build'] ?? '').split(' && ')
  const built = spawnSync('sh', ['-c', first], { cwd: path, encoding: 'utf8' })
  t.equal(built.status, 0, built.stderr)
  for (const entry of [path, ...readdirSync(path, { recursive: true, withFileTypes: true }).filter((one) => one.isDirectory()).map(({ parentPath, name }) => join(parentPath, name))]) chmodSync(entry, 0o555)
  t.teardown(() => { chmodSync(path, 0o755); for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755) })
  // Root may write everywhere: nobody runs it then, as in the guide.
  const { stdout, stderr } = spawnSync(process.execPath, ['bin/liandong.js'], { cwd: path, encoding: 'utf8', ...(process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}) })
  t.equal(stdout.trim(), 'false', `tsx, which names each function again, was not needed ${stderr}`)
})

t.test('a checkout that cannot be written is read all the same; a source that cannot be compiled hinders only who reads it', async (t) => {
  const lines = ['import Type from "typebox"', 'const n: number = 1', 'console.log(n, typeof Type.Object)']
  const closed = checkout(t, { 'src/one.ts': lines, 'var/cache': ['a file where the directory should be'] })
  t.equal(await closed.run('src/one.ts'), '1 function')
  const broken = checkout(t, { 'src/one.ts': lines, 'src/two.ts': ['const = 1'], 'src/three.ts': ['import "./two.js"'] })
  t.equal(await broken.run('src/one.ts'), '1 function')
  await t.rejects(broken.run('src/three.ts'), { message: /two\.ts/ })
})

t.test('TypeBox is three files', async (t) => {
  const { run } = checkout(t, { 'src/one.ts': ['import Type from "typebox"', 'import { Compile } from "typebox/compile"', 'import { Value } from "typebox/value"', 'const schema = Type.Object({ a: Type.Number() })', 'console.log(Compile(schema).Check({ a: 1 }), Value.Check(schema, { a: "1" }), import.meta.resolve?.("typebox") ?? "")'] })
  t.match(await run('src/one.ts'), /^true false file:.*\/var\/cache\/js\/node_modules\/typebox\/typebox\.js$/)
})
