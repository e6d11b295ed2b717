import t from 'tap'
import { sharedBuffers } from '../../src/store/server.js'

const GIB = 2 ** 30

t.test('PostgreSQL keeps an eighth of the memory, within bounds', (t) => {
  for (const [memory, bound, kept] of [
    [2 * GIB, 0, 256], [64 * GIB, undefined, 512], [GIB / 4, 0, 64],
    // A container has less than its machine; one without a limit is told that it may have more than there is.
    [64 * GIB, GIB, 128], [GIB, 2 ** 63, 128],
  ] as const) t.equal(sharedBuffers(memory, bound), kept, `${memory} of which ${bound}`)
  t.end()
})
