import t from 'tap'
import { citizenName } from '../../../src/pbx/exchange/citizens.js'

t.test('each practice citizen has a name of his own, the same at every call', async (t) => {
  const names = Array.from({ length: 40 }, (_, n) => citizenName(n + 1))
  t.equal(new Set(names).size, 40, 'no two share one')
  t.notOk(names.includes(''))
  t.equal(new Set(names.map((name) => name.slice(0, 1))).size, 40, 'not even a surname')
  // As the practice city knows them by their numbers.
  t.same(names.slice(0, 3), ['周大爷', '吴女士', '冯女士'])
})
