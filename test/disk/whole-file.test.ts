import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { replaceDurably, replaceFile } from '../../src/disk/whole-file.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { until } from '../helpers/database.js'
import { SOURCES } from '../helpers/sources.js'

t.setTimeout(400_000)
const directory = temporaryDirectory()
t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
const WAYS = [['later', (file: string, data: string) => replaceFile(file, data)], ['now', (file: string, data: string) => { replaceDurably(file, data); return Promise.resolve() }]] as const
const text = (file: string): string => readFileSync(file, 'utf8')

for (const [way, replace] of WAYS) {
  t.test(`${way}: a file is replaced`, async (t) => {
    const file = join(directory, `${way}.txt`)
    await replace(file, 'first')
    await replace(file, 'second')
    t.equal(text(file), 'second')
    t.same(readdirSync(directory).filter((name) => name.startsWith(`${way}.`)), [`${way}.txt`], 'and nothing is left beside it')
  })

  t.test(`${way}: what cannot be put in place leaves the old one and nothing else`, async (t) => {
    const place = join(directory, `${way}-full`)
    mkdirSync(join(place, 'a-directory', 'with-something'), { recursive: true })
    await t.rejects(async () => replace(join(place, 'a-directory'), 'content'), { code: /EISDIR|ENOTEMPTY|EEXIST/ }, 'the renaming fails')
    t.same(readdirSync(place), ['a-directory'])
    // A name that is in the way, as a disk that takes nothing would be.
    writeFileSync(join(place, 'file'), 'old')
    mkdirSync(join(place, 'file.new', 'in-the-way'), { recursive: true })
    await t.rejects(async () => replace(join(place, 'file'), 'content'), 'the writing fails')
    t.equal(text(join(place, 'file')), 'old')
    await t.rejects(async () => replace(join(place, 'nowhere', 'file'), 'content'), { code: 'ENOENT' })
  })

  t.test(`${way}: killed in the middle, it is a whole file; the next one clears up`, async (t) => {
    const file = join(directory, `${way}-killed`)
    const bytes = 4_000_000
    const seen = new Set<string>()
    for (let round = 0; round < 5; round += 1) {
      const writer = spawn(process.execPath, ['--import', SOURCES, fileURLToPath(new URL('writer.ts', import.meta.url)), file, String(bytes), way], { stdio: ['ignore', 'pipe', 'inherit'] })
      await once(writer.stdout, 'data')
      // While it is about it: its own file beside the other one is there, and not whole.
      await until('a half-written file', () => { try { return statSync(`${file}.new`).size < bytes } catch { return false } })
      writer.kill('SIGKILL')
      await once(writer, 'exit')
      const content = text(file)
      t.equal(content.length, bytes)
      t.equal(new Set(content).size, 1, 'of one writing')
      if (readdirSync(directory).includes(`${way}-killed.new`)) seen.add('left')
    }
    writeFileSync(`${file}.new`, 'left by one that was killed', { mode: 0o400 })
    await replace(file, 'z')
    t.equal(text(file), 'z')
    t.notOk(readdirSync(directory).includes(`${way}-killed.new`))
    t.ok(seen.has('left'), 'some were killed before they could clear up')
  })
}

t.test('writers of one process come one after the other, those of several do not meet', async (t) => {
  const file = join(directory, 'shared')
  const contents = Array.from({ length: 20 }, (_, n) => String.fromCharCode(97 + n).repeat(100_000))
  await Promise.all(contents.map((content) => replaceFile(file, content)))
  t.equal(text(file), contents.at(-1), 'the last one called is the last one there')
  await Promise.all(contents.map((content, n) => replaceFile(file, content, { writer: `node-${n}` })))
  t.ok(contents.includes(text(file)), 'one of them, whole')
  await Promise.allSettled([replaceFile(join(directory, 'nowhere', 'file'), 'x'), replaceFile(file, 'after')])
  t.equal(text(file), 'after')
  t.same(readdirSync(directory).filter((name) => name.startsWith('shared')), ['shared'])
})

t.test('who may read it is said anew each time', async (t) => {
  const file = join(directory, 'secret')
  writeFileSync(file, '', { mode: 0o644 })
  writeFileSync(`${file}.new`, 'left', { mode: 0o666 })
  await replaceFile(file, 'x', { mode: 0o640 })
  t.equal(statSync(file).mode & 0o777, 0o640)
  replaceDurably(file, 'y')
  t.equal(statSync(file).mode & 0o777, 0o600)
})
