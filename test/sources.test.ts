import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { temporaryDirectory } from './helpers/directory.js'

const SOURCES = new URL('../bin/sources.js', import.meta.url).href

/** A source of ours with these lines, read as `npm start` reads it: what it prints. */
async function printed(directory: string, lines: readonly string[]): Promise<string> {
  mkdirSync(directory, { recursive: true })
  const file = join(directory, 'one.ts')
  writeFileSync(file, lines.join('\n'))
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '--import', SOURCES, file], { cwd: fileURLToPath(new URL('..', import.meta.url)) })
  return stdout.trim()
}

t.test('functions of the sources are named once, by the engine, and a stack names line and column of the source', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  const lines = [
    'interface Wide { readonly a: number }',
    'function make(): () => string {',
    '  const inner = (): string => String(new Error("here").stack).split("\\n")[1] ?? ""',
    '  return inner',
    '}',
    'const made = make()',
    'console.log([made.name, String(make).includes("__name"), made()].join(" "))',
    'export type { Wide }',
  ]
  for (const when of ['compiled', 'kept']) t.match(await printed(directory, lines), /^inner false +at inner \(.*one\.ts:3:38\)$/, when)
})

t.test('what has changed is compiled anew', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  t.equal(await printed(directory, ['const n: number = 1', 'console.log(n)']), '1')
  t.equal(await printed(directory, ['const n: number = 2', 'console.log(n)']), '2')
})
