import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { temporaryDirectory } from './helpers/directory.js'
import { next, runFiles, type Appetite, type TestFile } from './helpers/runner.js'

const file = (appetite: Appetite, path = ''): TestFile => ({ appetite, path })
const LETTERS: Readonly<Record<string, Appetite>> = { c: 'city', b: 'browser', q: 'quiet', u: 'usual' }
const files = (letters: string): TestFile[] => [...letters].map((letter) => file(LETTERS[letter] ?? 'usual'))

t.test('what may start beside what', (t) => {
  const may = (waiting: string, running: string): Appetite | null => next(files(waiting), files(running), 4)?.appetite ?? null
  t.equal(may('bcu', ''), 'city', 'cities before all others')
  t.equal(may('bcu', 'cc'), 'city')
  t.equal(may('bcu', 'ccc'), null, 'so many at once')
  t.equal(may('bu', 'c'), null, 'none but its like beside a city')
  t.equal(may('bq', 'cc'), 'quiet', '… and what is quiet')
  t.equal(may('bq', 'cq'), null)
  t.equal(may('c', 'u'), null, 'it waits for who does not suit it')
  t.equal(may('bu', 'uu'), 'browser', 'in the order of their turn')
  t.equal(may('bu', 'bb'), 'usual', 'no third browser')
  t.equal(may('b', 'bb'), null)
  t.equal(may('ub', 'uubb'), null)
  t.equal(may('ub', 'uubq'), 'usual', 'what is quiet takes nobody’s place')
  t.equal(may('', 'u'), null)
  t.end()
})

t.test('each file is told of as a whole; one that fails, dies or is not there fails', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  const SCRIPTS = {
    good: `import t from 'tap'\nt.test('fine', (t) => { t.ok(true); t.end() })`,
    bad: `import t from 'tap'\nt.test('not fine', (t) => { t.fail('so'); t.end() })`,
    skipped: `import t from 'tap'\nt.plan(0, 'nothing here to be tested with')`,
    dies: `console.log('TAP version 14'); console.log('ok 1 - so far'); console.log('1..1'); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50)`,
    silent: `process.exitCode = 3`,
  }
  const paths = Object.entries(SCRIPTS).map(([name, text]) => {
    const path = join(directory, `${name}.mjs`)
    writeFileSync(path, text)
    return path
  })
  paths.push(join(directory, 'missing.mjs'))
  let text = ''
  const told = await runFiles(paths.map((path) => file('usual', path)), { jobs: 2, args: ['--no-warnings'], write: (part) => { text += part } })
  t.same(Object.fromEntries(told.map(({ path, ok }) => [path.slice(directory.length + 1, -'.mjs'.length), ok])), { good: true, bad: false, skipped: true, dies: false, silent: false, missing: false })
  t.match(text, /^TAP version 14\n/)
  t.match(text, /\n1\.\.6\n$/)
  t.match(text, /\n# Subtest: \S*good\.mjs\n    # Subtest: fine\n        ok 1[\s\S]*?\nok \d - \S*good\.mjs # time=\d+ms\n/)
  t.match(text, /\n        not ok 1 - so\n[\s\S]*?\nnot ok \d - \S*bad\.mjs /)
  t.match(text, /\nok \d - \S*skipped\.mjs # SKIP nothing here to be tested with\n/)
  t.match(text, /\n    not ok - ended by SIGKILL\nnot ok \d - \S*dies\.mjs /)
  t.equal(text.match(/^TAP version/gm)?.length, 1)
})

t.test('told to stop, it starts nothing more and ends what runs', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  const path = join(directory, 'endless.mjs')
  writeFileSync(path, 'console.log("# it runs"); setInterval(() => undefined, 1_000)')
  const stop = new AbortController()
  const told = runFiles([file('usual', path), file('usual', join(directory, 'never.mjs'))], { jobs: 1, args: [], write: () => undefined, stop: stop.signal })
  setImmediate(() => { stop.abort() })
  t.match(await told, [{ path, ok: false }])
  t.equal((await told).length, 1)
})
