import fc from 'fast-check'
import t from 'tap'
import { emptyTable, hashOf, type Table } from '../../src/intake/core/table.js'

/** Two keys of one FNV-1a hash: they share a leaf. */
const TWINS = ['costarring', 'liquid'] as const

t.test('a table says what a Map says, and its older selves stay as they were', async (t) => {
  const key = fc.oneof(fc.constantFrom(...TWINS, 'a', 'b'), fc.uuid())
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.array(fc.tuple(key, fc.option(fc.integer(), { nil: undefined })), { maxLength: 200 }), (changes) => {
      let table: Table<number> = emptyTable()
      const map = new Map<string, number>()
      const older: [Table<number>, [string, number][]][] = []
      const sorted = (entries: Iterable<[string, number]>): [string, number][] => [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
      const all = (one: Table<number>): number[] => [...one.values()].sort((a, b) => a - b)
      for (const [name, value] of changes) {
        if (older.length < 20) older.push([table, sorted(map)])
        if (value === undefined) { table = table.without(name); map.delete(name) } else { table = table.with(name, value); map.set(name, value) }
        if (table.get(name) !== map.get(name) || table.has(name) !== map.has(name) || table.size !== map.size) throw new Error(`${name}: ${table.get(name)} is not ${map.get(name)}`)
      }
      for (const [one, was] of [...older, [table, sorted(map)] as const]) {
        if (JSON.stringify(all(one)) !== JSON.stringify(was.map(([, value]) => value).sort((a, b) => a - b)) || was.some(([name, value]) => one.get(name) !== value) || one.size !== was.length || [...one.values()].length !== was.length) throw new Error('changed')
      }
    }), { seed: 7 })
  })
})

t.test('the twins are twins, and both are found', async (t) => {
  t.equal(hashOf(TWINS[0]), hashOf(TWINS[1]))
  const both = emptyTable<number>().with(TWINS[0], 1).with(TWINS[1], 2)
  t.same([both.get(TWINS[0]), both.get(TWINS[1]), both.size], [1, 2, 2])
  t.same([both.without(TWINS[0]).get(TWINS[1]), both.without(TWINS[0]).size], [2, 1])
})
