import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { a1HashOf, newPhonePassword, phonesXml, type Phone } from '../../src/people/phones.js'
import { parseXml } from '../../src/pbx/doctor/xml.js'
import { keepPhones } from '../../src/wiring/phones.js'
import { until } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'

t.test('what a telephone registers with', (t) => {
  t.equal(a1HashOf('1001', 'secret'), createHash('md5').update('1001:liandong:secret').digest('hex'))
  const some = Array.from({ length: 50 }, newPhonePassword)
  t.equal(new Set(some).size, 50)
  for (const one of some) t.match(one, /^[a-hj-km-np-z2-9]{20}$/, 'nothing that is taken for something else')
  t.end()
})

t.test('the directory that FreeSWITCH reads', (t) => {
  const hash = a1HashOf('1001', 'x')
  const text = phonesXml([{ extension: '1002', a1Hash: hash }, { extension: '1001', a1Hash: hash }])
  t.equal(text, phonesXml([{ extension: '1001', a1Hash: hash }, { extension: '1002', a1Hash: hash }]), 'the same telephones are the same text')
  t.match([...text.matchAll(/<user id="(\d+)">/g)].map(([, id]) => id), ['1001', '1002'])
  t.equal([...text.matchAll(new RegExp(hash, 'g'))].length, 2)
  t.ok(parseXml(text) !== null)
  for (const bad of [{ extension: '1001"/>', a1Hash: hash }, { extension: '1001', a1Hash: `${hash}"` }, { extension: '', a1Hash: hash }]) t.throws(() => phonesXml([bad]), /no telephone/)
  t.end()
})

t.test('the file follows the database, and stays as it was while that is away', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  const file = join(directory, 'phones.xml')
  let phones: Phone[] | Error = [{ extension: '1001', a1Hash: a1HashOf('1001', 'x') }]
  let looks = 0
  const errors: unknown[] = []
  const loop = keepPhones({ file, node: 'a', every: 10, onError: (error) => errors.push(error), phones: () => { looks += 1; return phones instanceof Error ? Promise.reject(phones) : Promise.resolve(phones) } })
  const text = (): string => { try { return readFileSync(file, 'utf8') } catch { return '' } }
  await until('the file', () => text().includes('"1001"'))
  t.equal(statSync(file).mode & 0o777, 0o640)
  const written = statSync(file).mtimeMs
  phones = new Error('PostgreSQL is away')
  await until('it to be missed', () => errors.length > 1)
  t.match(text(), '"1001"')
  phones = [{ extension: '1001', a1Hash: a1HashOf('1001', 'x') }]
  const before = looks
  await until('more looks', () => looks > before + 2)
  t.equal(statSync(file).mtimeMs, written, 'what has not changed is not written')
  phones = [{ extension: '1002', a1Hash: a1HashOf('1002', 'x') }]
  await until('the change', () => text().includes('"1002"') && !text().includes('"1001"'))

  // Who is told that FreeSWITCH knows it need not wait for the next look, and many at once do not write into one another's file.
  const slow = keepPhones({ file, node: 'b', every: 3_600_000, onError: (error) => errors.push(error), phones: () => Promise.resolve(phones instanceof Error ? [] : phones) })
  phones = [{ extension: '1003', a1Hash: a1HashOf('1003', 'x') }]
  await Promise.all([slow.publish(), slow.publish(), slow.publish()])
  t.match(text(), '"1003"')
  await slow.close()
  await loop.close()
  t.same(readdirSync(directory), ['phones.xml'])
})
