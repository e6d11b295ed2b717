import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lineOf, read, realDisk, type Disk } from '../../src/store/journal-file.js'
import { openJournal, type Journal, type JournalOptions } from '../../src/store/journal.js'
import { errorText, type LiandongError } from '../../src/contracts/errors.js'
import { adoptJournals, lockJournal, takeJournal } from '../../src/store/journal-lock.js'
import { temporaryHome, until } from '../helpers/database.js'

interface Line { key: string; text: string }
const line = (n: number | string): Line => ({ key: `k${n}`, text: `第 ${n} 条\n${'x'.repeat(300)}` })

function place(t: { teardown(work: () => void): void }): { readonly file: string; readonly directory: string; open(options?: JournalOptions): Journal<Line>; keys(): string[] } {
  const home = temporaryHome()
  const file = join(home.path, 'journal', 'node.log')
  t.teardown(() => { home.remove() })
  return {
    file, directory: join(home.path, 'journal'),
    open: (options) => openJournal<Line>(file, options),
    keys() {
      const journal = openJournal<Line>(file)
      void journal.close() // nothing is being written
      return journal.records.map(({ key }) => key)
    },
  }
}

/** Appends and tells which were acknowledged. */
async function append(journal: Journal<Line>, names: readonly (number | string)[]): Promise<string[]> {
  const acknowledged: string[] = []
  for (const name of names) await journal.append(line(name)).then(() => acknowledged.push(`k${name}`), () => undefined)
  return acknowledged
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n)

t.test('a disk that runs full in the middle of a record, and has room again', async (t) => {
  const { open, keys } = place(t)
  let room = 5_000
  const disk: Disk = { ...realDisk, async write(descriptor, data, offset) {
    const fits = Math.min(room, data.length - offset)
    if (fits <= 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    room -= fits
    return realDisk.write(descriptor, data.subarray(0, offset + fits), offset)
  } }
  const journal = open({ disk })
  const before = await append(journal, range(0, 20))
  t.ok(before.length > 5 && before.length < 20, 'some went in, then it was full')
  room = 1e9
  const after = await append(journal, range(20, 30))
  t.equal(after.length, 10)
  await journal.close()
  t.same(keys(), [...before, ...after], 'everything that was acknowledged, nothing else')
})

t.test('a record that comes after the end is refused aloud, and what a successor writes to the file stays', async (t) => {
  const { open, keys } = place(t)
  const troubles: string[] = []
  let broken = false
  const disk: Disk = { ...realDisk, write: (descriptor, data, offset) => (broken ? Promise.reject(new Error('EIO')) : realDisk.write(descriptor, data, offset)) }
  const first = open({ disk, onTrouble: (fields, text) => troubles.push(`${text} ${JSON.stringify(fields)}`) })
  await first.append(line(1))
  await first.close()
  const second = open()
  await second.append(line(2))
  broken = true
  await t.rejects(first.append(line(3)), { code: 'server.draining' })
  t.match(troubles, [/not kept.*"key":"k3"/])
  t.notOk(first.has('k3'))
  await second.close()
  t.same(keys(), ['k1', 'k2'])
})

t.test('what is being written at the end is written to its end, in its own file, before the lock is given up', async (t) => {
  const { open, keys, directory } = place(t)
  let goOn: () => void = () => undefined
  const held = new Promise<void>((resolve) => { goOn = resolve })
  const disk: Disk = { ...realDisk, async write(descriptor, data, offset) { await held; return realDisk.write(descriptor, data, offset) } }
  const journal = open({ disk })
  const kept = [journal.append(line(1)), journal.append(line(2))]
  let closed = false
  const closing = journal.close().then(() => { closed = true })
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(closed)
  goOn()
  await Promise.all(kept)
  await closing
  t.ok(closed)
  t.same(keys(), ['k1', 'k2'])
  t.same(readdirSync(directory).filter((name) => name.endsWith('.log')), ['node.log'])
})

t.test('short writes are gone on with', async (t) => {
  const { open, keys } = place(t)
  const disk: Disk = { ...realDisk, write: (descriptor, data, offset) => realDisk.write(descriptor, data.subarray(0, offset + Math.min(7, data.length - offset)), offset) }
  const journal = open({ disk })
  await Promise.all(range(0, 5).map((n) => journal.append(line(n))))
  await journal.close()
  t.same(keys(), ['k0', 'k1', 'k2', 'k3', 'k4'])
})

t.test('a file whose fsync failed is not written again', async (t) => {
  const { open, keys, directory, file } = place(t)
  let failing = false
  const disk: Disk = { ...realDisk, sync: (descriptor) => (failing ? Promise.reject(new Error('EIO')) : realDisk.sync(descriptor)) }
  const journal = open({ disk })
  await journal.append(line(1))
  const size = readFileSync(file).length
  failing = true
  await t.rejects(journal.append(line(2)), /EIO/)
  t.equal(journal.has('k2'), false)
  failing = false
  await journal.append(line(3))
  t.equal(readFileSync(file).length, size)
  t.same(readdirSync(directory).sort(), ['node.2.log', 'node.log'])
  t.same(keys(), ['k1', 'k3'])
  journal.forget(2)
  await journal.close()
  t.same(readdirSync(directory).filter((name) => name.endsWith('.log')).map((name) => readFileSync(join(directory, name)).length), [0], 'drained: one empty file is left')
})

t.test('neither the rest of a torn record nor the file can be taken back: the next record is safe', async (t) => {
  const { open, keys } = place(t)
  let broken = false
  const disk: Disk = {
    sync: realDisk.sync,
    truncate: () => Promise.reject(new Error('EIO')),
    async write(descriptor, data, offset) {
      if (!broken) return realDisk.write(descriptor, data, offset)
      if (offset > 0) throw new Error('EIO')
      return realDisk.write(descriptor, data.subarray(0, 20), 0)
    },
  }
  const journal = open({ disk })
  await journal.append(line(1))
  broken = true
  await t.rejects(journal.append(line(2)))
  broken = false
  await journal.append(line(3))
  await journal.close()
  t.same(keys(), ['k1', 'k3'])
})

t.test('cut at every byte, flipped at every byte: every other record is there, and the damage is kept', async (t) => {
  const records = ['一', 'two', '三\n三'].map((text, n) => ({ key: `k${n}`, text }))
  const lines = records.map((record) => Buffer.from(lineOf(record)))
  const whole = Buffer.concat(lines)
  const texts = (content: Buffer): string[] => (read(content).records as Line[]).map(({ text }) => text)
  t.same(texts(whole), ['一', 'two', '三\n三'])
  t.same(read(whole).damaged, [])
  for (let length = 0; length < whole.length; length += 1) {
    const found = texts(whole.subarray(0, length))
    const complete = lines.filter((_, n) => lines.slice(0, n + 1).reduce((sum, one) => sum + one.length, 0) <= length).length
    if (JSON.stringify(found) !== JSON.stringify(['一', 'two', '三\n三'].slice(0, complete))) t.fail(`cut at ${length}: ${found.join()}`)
  }
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Buffer.from(whole)
    damaged[at] = (damaged[at] ?? 0) ^ 1
    const found = texts(damaged)
    const hit = lines.findIndex((_, n) => at < lines.slice(0, n + 1).reduce((sum, one) => sum + one.length, 0))
    // A newline that is hit joins two lines: the second is found by its own CRC.
    const expected = ['一', 'two', '三\n三'].filter((_, n) => n !== hit)
    if (JSON.stringify(found) !== JSON.stringify(expected)) t.fail(`flipped at ${at}: ${found.join()}`)
  }
})

t.test('damage in the middle costs only itself, once', async (t) => {
  const { open, file, keys } = place(t)
  const journal = open()
  await append(journal, range(0, 5))
  await journal.close()
  const content = readFileSync(file)
  content[content.indexOf('第 2 条') + 1]! ^= 4
  writeFileSync(file, content)
  appendFileSync(file, '00000000 {"torn')
  const said: string[] = []
  const again = open({ onTrouble: (_fields, text) => said.push(text) })
  t.same(again.records.map(({ key }) => key), ['k0', 'k1', 'k3', 'k4'])
  t.equal(said.length, 1)
  await again.append(line('after'))
  await again.close()
  t.match(readFileSync(`${file}.damaged`, 'utf8'), /"k2"[^]*torn/, 'a person can look at it')
  const size = readFileSync(`${file}.damaged`).length
  t.same(keys(), ['k0', 'k1', 'k3', 'k4', 'kafter'])
  t.equal(readFileSync(`${file}.damaged`).length, size, 'it is set aside once')
})

t.test('forgetting and refusing', async (t) => {
  const { open, file } = place(t)
  const journal = open()
  await Promise.all(['a', 'b', 'a'].map((name) => journal.append(line(name))))
  journal.forget(1)
  t.equal(journal.has('ka'), true, 'another record of the same key waits')
  journal.forget(1)
  journal.reject(line('a'), 'bad')
  journal.forget(1)
  t.equal(journal.has('ka'), false)
  t.equal(journal.rejected(), 1)
  t.equal(readFileSync(file).length, 0)
  await journal.close()
  const again = open()
  t.equal(again.rejected(), 1, 'counted after a restart')
  writeFileSync(`${file}.rejected`, '')
  t.equal(again.rejected(), 0, 'a person has dealt with it')
  await again.close()
})

t.test('one process for each journal', async (t) => {
  const { file, directory } = place(t)
  const letGo = await takeJournal(file, 0)
  await t.rejects(takeJournal(file, 0), { code: 'home.in-use', details: { pid: process.pid, url: '—' } })
  letGo()
  const served = await takeJournal(file, 0, () => ({ pid: 4711, url: 'http://127.0.0.1:8110' }))
  const error = await takeJournal(file, 0).then(() => null, (reason: unknown) => reason as LiandongError)
  for (const language of ['zh', 'en'] as const) {
    const said = errorText('home.in-use', language, error?.details ?? {})
    for (const word of ['4711', 'http://127.0.0.1:8110', directory.replace(/\/[^/]*$/, ''), 'Ctrl+C', 'LIANDONG_HOME', 'LIANDONG_HTTP_PORT']) t.ok(said.includes(word), `${word} in: ${said}`)
    t.notMatch(said, /日志|journal|\{/)
  }
  served()
  const second = await takeJournal(file, 0)
  second()
  t.same(readdirSync(directory), [], 'nothing is left')
  for (let round = 0; round < 20; round += 1) {
    const held = (await Promise.all(range(0, 4).map(() => lockJournal(file)))).filter((one) => one !== null)
    t.ok(held.length <= 1, 'never two')
    for (const release of held) release()
  }
  const patient = await takeJournal(file, 0)
  const waiting = takeJournal(file, 20_000)
  patient()
  ;(await waiting)()
})

t.test('a process that is stopped keeps its journal, one that was killed does not', async (t) => {
  const { file } = place(t)
  const script = `import { takeJournal } from ${JSON.stringify(new URL('../../src/store/journal-lock.ts', import.meta.url).href)}; await takeJournal(${JSON.stringify(file)}, 0); console.log('held'); setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TAP: '' } })
  await new Promise((resolve) => { child.stdout.once('data', resolve) })
  child.kill('SIGSTOP')
  await t.rejects(takeJournal(file, 0))
  const gone = new Promise((resolve) => { child.once('exit', resolve) })
  child.kill('SIGKILL')
  await gone
  ;(await takeJournal(file, 0))()
})

t.test('what a node that is gone has left behind is taken over; what a living one has is not', async (t) => {
  const { open, file, directory } = place(t)
  for (const node of ['gone', 'alive']) {
    const other = openJournal<Line>(join(directory, `${node}.log`))
    await append(other, [`${node}-1`, `${node}-2`])
    await other.close()
  }
  const alive = await takeJournal(join(directory, 'alive.log'), 0)
  const mine = await takeJournal(file, 0)
  const journal = open()
  const troubles: string[] = []
  t.equal(await adoptJournals(file, (record) => journal.append(record as Line), (_fields, text) => troubles.push(text)), 2)
  t.same(journal.records.map(({ key }) => key), ['kgone-1', 'kgone-2'])
  t.equal(existsSync(join(directory, 'gone.log')), false)
  t.equal(existsSync(join(directory, 'alive.log')), true)
  t.same(troubles, [])
  await journal.close()
  mine()
  alive()
})

t.test('a path that is too long for a socket’s address', { skip: process.platform !== 'linux' }, async (t) => {
  const home = temporaryHome()
  t.teardown(() => { home.remove() })
  const file = join(home.path, 'd'.repeat(90), 'e'.repeat(90), 'node.log')
  const letGo = await takeJournal(file, 0)
  await t.rejects(takeJournal(file, 0))
  letGo()
  await until('the lock to be free', async () => { const again = await lockJournal(file); again?.(); return again !== null })
})
