import { spawnSync } from 'node:child_process'
import { hostname } from 'node:os'
import t from 'tap'
import { makePresence, READ_NODES } from '../../src/store/presence.js'
import { openTestStore, temporaryHome, until } from '../helpers/database.js'

t.test('a node’s name belongs to one process that lives', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const rivals: string[] = []
  const open = (node: string, pid = process.pid, host = hostname()) => makePresence(store.pool, node, (text) => rivals.push(text), { host, pid })

  const first = open('north')
  await first.claim()
  const beating = setInterval(() => { void first.beat(1, {}) }, 100)
  t.teardown(() => { clearInterval(beating) })
  await t.rejects(open('north', process.pid, 'another-machine').claim(), { code: 'node.taken', details: { node: 'north', host: hostname(), pid: process.pid } })
  await t.rejects(open('north').claim(), { code: 'node.taken' }, 'on the same machine as well')
  const south = open('south')
  await south.claim()
  t.match(await south.beat(0, {}), { elsewhere: true, seats: {} }, 'under another name it is heard, and hears')
  t.same(await first.beat(1, { 1001: 'ready', 1002: 'away' }, 1), { elsewhere: false, apart: false, closed: false, free: 0, seats: {} })
  t.same(await south.beat(0, { 1003: 'able' }), { elsewhere: true, apart: false, closed: false, free: 1, seats: { 1001: 'ready', 1002: 'away' } }, 'how the others’ operators stand, and not its own')
  t.same(await first.beat(1, {}), { elsewhere: false, apart: false, closed: false, free: 0, seats: { 1003: 'able' } })
  t.same(await south.beat(0, {}), { elsewhere: true, apart: false, closed: false, free: 0, seats: {} }, 'who left is not told any more')

  // Two FreeSWITCH: who is rung by the other one is nobody to whom a caller of this one can go.
  clearInterval(beating)
  await first.beat(1, { 1001: 'ready' }, 1, 'core-a')
  t.same(await south.beat(0, {}, 0, 'core-b'), { elsewhere: false, apart: true, closed: false, free: 0, seats: {} })
  t.same(await south.beat(0, {}, 0, 'core-a'), { elsewhere: true, apart: false, closed: false, free: 1, seats: { 1001: 'ready' } }, 'the same one')
  t.same(await south.beat(0, {}, 0, null), { elsewhere: true, apart: false, closed: false, free: 1, seats: { 1001: 'ready' } }, 'not known now')
  await first.beat(1, { 1001: 'ready' }, 1, null)
  t.match(await south.beat(0, {}, 0, 'core-b'), { elsewhere: true, apart: false }, 'nor there: of a FreeSWITCH that is not reached nobody is said to take calls')
  // A FreeSWITCH that does not know of callers who are brought there: none is, while somebody takes calls there. Who says nothing of it is of before.
  for (const [halls, closed] of [[true, false], [null, false], [false, true]] as const) {
    await first.beat(1, { 1001: 'ready' }, 1, 'core-a', halls)
    t.match(await south.beat(0, {}, 0, 'core-b', true), { apart: true, closed }, String(halls))
    t.match(await south.beat(0, {}, 0, 'core-a', true), { apart: false, closed: false }, 'the same one')
  }
  t.same((await store.pool.query<{ node: string; core: string; halls: boolean | null }>(READ_NODES)).rows.map(({ node, core, halls }) => [node, core, halls]), [['north', 'core-a', false], ['south', 'core-a', true]])
  await first.beat(0, { 1001: 'away' }, 0, 'core-a', false)
  t.match(await south.beat(0, {}, 0, 'core-b'), { closed: false }, 'nobody is there to whom he might be brought')
  await first.beat(0, { 1001: 'away' }, 0, 'core-a')
  t.match(await south.beat(0, {}, 0, 'core-b'), { elsewhere: false, apart: false }, 'nobody there takes calls')

  // A rolling update: a node of before reads nothing in `seats` but operators, and what one of a little before says there is understood.
  await first.beat(1, { 1001: 'ready' }, 1, 'core-a')
  t.same((await store.pool.query(`select seats from node_presence where node = 'north'`)).rows, [{ seats: { 1001: 'ready' } }])
  await store.pool.query(`update node_presence set core = '', seats = seats || '{"core": "core-a"}' where node = 'north'`)
  t.same(await south.beat(0, {}, 0, 'core-b'), { elsewhere: false, apart: true, closed: false, free: 0, seats: {} })
  t.same(await south.beat(0, {}, 0, 'core-a'), { elsewhere: true, apart: false, closed: false, free: 1, seats: { 1001: 'ready' } })

  await first.leave()
  await open('north').claim()
  t.pass('one that has left is followed at once')

  const { pid } = spawnSync(process.execPath, ['-e', ''])
  const killed = open('east', pid)
  await killed.beat(3, {})
  const next = open('east')
  await next.claim()
  t.match(await south.beat(0, {}), { elsewhere: false }, 'one that was killed on this machine too, and what it said counts no more')

  // PostgreSQL was away when both started.
  const both = [open('west'), open('west', process.pid, 'another-machine')] as const
  await both[0].beat(1, {})
  await both[1].beat(1, {})
  t.same(rivals, [], 'a predecessor’s last word is no rival')
  await until('the complaint', async () => { await both[0].beat(1, {}); await both[1].beat(1, {}); return rivals.length >= 2 })
  t.match(rivals[0], /west.*LIANDONG_NODE_NAME.*another-machine.*LIANDONG_NODE_NAME/s)
  t.equal(rivals.length, 2, 'each says it once')
})
