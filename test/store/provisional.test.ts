import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeProvisionalNumbers } from '../../src/store/provisional.js'
import { temporaryHome } from '../helpers/database.js'

t.test('a provisional number is on the disk before it is given out, and no caller waits for the disk meanwhile', async (t) => {
  const home = temporaryHome()
  t.teardown(() => { home.remove() })
  const file = join(home.path, 'node.number')
  const days = { today: 27 }
  const troubles: string[] = []
  const open = (at = file) => makeProvisionalNumbers({ file: at, dayOf: () => days.today, onTrouble: (_fields, text) => troubles.push(text) })
  const onDisk = (): { day: number; count: number } => JSON.parse(readFileSync(file, 'utf8')) as { day: number; count: number }
  const numbers = open()

  const asked = numbers()
  t.notOk(existsSync(file), 'asking writes nothing by itself: the event loop goes on')
  const first = await asked
  t.match(first, /^P-[A-HJ-NP-Z]{4}27-001$/)
  t.match(onDisk(), { day: 27, count: 1 })

  const burst = await Promise.all(Array.from({ length: 200 }, async () => {
    const number = await numbers()
    return { number, kept: onDisk().count }
  }))
  t.same(burst.map(({ number }) => Number(number.slice(-3))), Array.from({ length: 200 }, (_, n) => n + 2), 'in order, none twice')
  t.same(burst.filter(({ number, kept }) => Number(number.slice(-3)) > kept), [], 'each was on the disk when it was given out')

  days.today = 28
  t.match(await numbers(), /28-202$/, 'a new day is another name and no other count')
  t.equal(await open()(), `${first.slice(0, 6)}28-203`, 'and a restart goes on')
  days.today = 27
  t.match(await open()(), /27-204$/, 'a month later the day is the same, and the number is not')
  days.today = 28

  const others = await Promise.all(Array.from({ length: 8 }, (_, n) => open(join(home.path, `${n}.number`))()))
  t.equal(new Set([first, ...others].map((number) => number.slice(0, 6))).size, 9, 'nodes of one name, or of any, have letters of their own')

  t.match(await open(join(home.path, 'nowhere', 'node.number'))(), /28-001$/, 'a disk that will not have it keeps no caller waiting')
  t.equal(troubles.length, 1, 'but it is told')
})
