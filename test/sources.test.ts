import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
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
