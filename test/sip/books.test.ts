import { appendFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import Value from 'typebox/value'
import { EdgeDay } from '../../src/contracts/edge.js'
import { openBooks } from '../../sip/books.js'
import { unaccounted } from '../../sip/core/ledger.js'
import { metrics } from '../../sip/http.js'
import { temporaryDirectory } from '../helpers/directory.js'

t.test('the books survive a death at any moment, and midnight', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  let now = Date.UTC(2026, 10, 25, 15, 59, 59) // one second before midnight in Shanghai
  const open = () => openBooks({ edge: 'e', directory, timeZone: 'Asia/Shanghai', clock: () => now, onTrouble: (error) => { throw error as Error } })
  const first = open()
  first.invite()({ type: 'delivered' }, false)
  first.invite()({ type: 'refused', cause: 'overload' }, true)
  first.invite()
  first.invite() // never settled: the process dies
  // SIGKILL: nothing is closed, and the last line is cut short.
  appendFileSync(join(directory, 'edge-2026-11-25.log'), '{"outcome":{"ty')
  const second = open()
  t.match(second.today(), { day: '2026-11-25', counts: { invites: 4, delivered: 1, refused: { overload: 1 }, unseen: 2, pending: 0, demoted: 1 } })
  const over = second.invite()
  now += 2_000
  second.invite()({ type: 'cancelled' }, false)
  over({ type: 'delivered' }, false)
  over({ type: 'delivered' }, false) // once is enough
  t.match(second.today(), { day: '2026-11-26', counts: { invites: 1, cancelled: 1 } })
  t.match(second.day('2026-11-25')?.counts, { invites: 5, delivered: 2, unseen: 2, pending: 0 }, 'it counts for the day on which it came')
  t.equal(second.day('../../etc/passwd'), null)
  t.equal(second.day('2020-01-01'), null)
  second.close()
  for (const day of ['2026-11-25', '2026-11-26']) {
    const written = JSON.parse(readFileSync(join(directory, `edge-${day}.json`), 'utf8')) as EdgeDay
    t.ok(Value.Check(EdgeDay, written), 'as the server reads it')
    t.equal(unaccounted(written.counts), 0)
  }
  const third = open()
  t.match(third.day('2026-11-25')?.counts, { invites: 5, delivered: 2, unseen: 2 }, 'and again')
  t.match(metrics({ pool: new Map(), stuck: new Map(), carried: { proven: 0, unproven: 0 }, linkUp: true, draining: false }, third), /liandong_edge_unaccounted_today 0\n/)
  third.close()
  first.close()
})

t.test('a disk that takes nothing stops no call', async (t) => {
  const trouble: unknown[] = []
  const books = openBooks({ edge: 'e', directory: join(import.meta.filename, 'no-directory'), timeZone: 'UTC', clock: Date.now, onTrouble: (error) => trouble.push(error) })
  books.invite()({ type: 'delivered' }, false)
  t.match(books.today().counts, { invites: 1, delivered: 1 })
  books.close()
  t.ok(trouble.length > 0)
})
