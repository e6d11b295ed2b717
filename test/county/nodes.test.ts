import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'
import { makeCounties } from '../../src/dispatch/county/counties.js'
import { startLine, type CountyLine } from '../../src/dispatch/county/line.js'
import type { Post } from '../../src/dispatch/county/ports.js'
import { publicOf } from '../../src/dispatch/county/seal.js'
import { putLine } from '../../src/store/line-setup.js'
import { makePresence } from '../../src/store/presence.js'
import { asOwner, openTestStore, temporaryHome, until } from '../helpers/database.js'

t.setTimeout(180_000)

/** A city, and a county of two nodes on one database whose line takes as long as `late` says, each way. */
async function openNodes(t: Test, late: () => number) {
  const [cityHome, home, otherHome] = [temporaryHome(), temporaryHome(), temporaryHome()]
  const city = await openTestStore(cityHome.path)
  const first = await openTestStore(home.path, { node: 'a' })
  const second = await openTestStore(otherHome.path, { node: 'b', databaseUrl: first.url, ownerUrl: first.ownerUrl })
  t.teardown(async () => {
    await Promise.all([city.close(), second.close()])
    await first.close()
    for (const one of [cityHome, home, otherHome]) one.remove()
  })
  const owner = asOwner(t, first)
  await putLine(asOwner(t, city), { name: 'yanshi', peer: 'county', url: '', units: ['drainage'], keys: [publicOf(await first.lines.signer())] })
  await putLine(owner, { name: 'yanshi', peer: 'city', url: 'http://127.0.0.1:1', units: ['drainage'], keys: [publicOf(await city.lines.signer())] })
  await Promise.all([city, first, second].map((store) => store.refreshRules()))
  const counties = makeCounties({ store: city.lines, rules: city.rules })
  const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
  const nodes = ([['a', first], ['b', second]] as const).map(([name, store]) => {
    const state = { name, cut: false, dialled: 0, before: null as (() => Promise<void>) | null, downs: [] as string[], line: null as CountyLine | null, beating: null as NodeJS.Timeout | null, presence: makePresence(store.pool, name) }
    const post: Post = async (_url, exchange) => {
      state.dialled += 1
      if (state.cut) throw new Error('cut')
      await sleep(late())
      await state.before?.()
      const answer = await counties.answer('yanshi', copy(exchange) as typeof exchange)
      await sleep(late())
      return copy(answer)
    }
    return Object.assign(state, {
      async start() {
        await state.presence.beat(0, {})
        state.beating = setInterval(() => void state.presence.beat(0, {}).catch(() => undefined), 200)
        state.line = startLine({ store: store.lines, post, every: 100, clock: Date.now, onError: () => undefined, onLine: (up, why) => { if (!up) state.downs.push(why) } })
      },
      /** Without a farewell. */
      async die() {
        if (state.beating !== null) clearInterval(state.beating)
        await state.line?.close()
        state.line = null
      },
    })
  })
  t.teardown(() => Promise.all(nodes.map((node) => node.die())))
  const [a, b] = nodes
  if (a === undefined || b === undefined) throw new Error('two nodes')
  return { a, b, owner, city }
}

t.test('of a county’s two nodes one dials, whoever is slow', async (t) => {
  const { a, b } = await openNodes(t, () => 20 + Math.random() * 200)
  await Promise.all([a.start(), b.start()])
  await until('a good many exchanges', () => a.dialled + b.dialled >= 60, 60_000)
  t.same([...a.downs, ...b.downs], [], 'nobody is told that the line is cut')
  t.equal(Math.min(a.dialled, b.dialled), 0, 'one of them dials alone')
  t.same([a.line?.up, b.line?.up], [true, true], 'and both say that it is up')
})

t.test('the other node dials when the one that did is dead, has no way to the city, or has left', async (t) => {
  const { a, b, owner } = await openNodes(t, () => 0)
  await a.start()
  await until('the line', () => a.line?.up === true)
  await b.start()
  await until('the other to know', () => b.line?.up === true)
  t.equal(b.dialled, 0)

  a.cut = true
  await until('the other to dial', () => b.dialled > 2)
  t.equal(a.downs.length, 1, 'it was cut for a moment')
  await until('both to say that it is up', () => a.line?.up === true && b.line?.up === true)
  t.equal(b.downs.length, 0)
  a.cut = false
  const before = a.dialled
  await until('many more exchanges', ((least) => () => b.dialled > least)(b.dialled + 10))
  t.equal(a.dialled, before, 'it stays where it is')

  await b.die()
  const dialled = a.dialled
  await sleep(500)
  t.equal(a.dialled, dialled, 'a node that beat a moment ago is alive')
  t.equal(a.line?.up, true)
  await owner.query(`update node_presence set at = at - interval '11 s' where node = 'b'`)
  await until('the first to dial again', () => a.dialled > dialled + 2)
  t.equal(a.downs.length, 1, 'without a cut')

  await b.start()
  await a.die()
  await a.presence.leave()
  const soFar = b.dialled
  await until('the second to dial at once', () => b.dialled > soFar, 3_000)
  t.same(b.downs, [])
})

t.test('both ways cut: the desks of both hear of it, and of its end', async (t) => {
  const { a, b } = await openNodes(t, () => 0)
  await Promise.all([a.start(), b.start()])
  await until('the line', () => a.line?.up === true && b.line?.up === true)
  a.cut = b.cut = true
  await until('both to say so', () => a.line?.up === false && b.line?.up === false)
  t.equal(a.downs.length + b.downs.length, 1, 'it is said once')
  t.ok(Math.abs((a.line?.since ?? 0) - (b.line?.since ?? 0)) < 5_000)
  a.cut = b.cut = false
  await until('both to say that it is over', () => a.line?.up === true && b.line?.up === true, 40_000)
})

t.test('a node of an earlier program, which asks nobody whose turn it is, dials beside: the line is not cut; somebody whom nobody here knows is something else', async (t) => {
  const { a, owner, city } = await openNodes(t, () => 0)
  await a.start()
  await until('the line', () => a.line?.up === true)
  let overtaken = 0
  a.before = async () => {
    overtaken += 1
    // What it says came first.
    const { rows: [row] } = await owner.query<{ turn: string }>(`update line set turn = greatest(turn + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint) where name = 'yanshi' returning turn`)
    await city.lines.takeTurn('yanshi', Number(row?.turn))
  }
  await until('it to come too late again and again', () => overtaken > 5)
  a.before = null
  const dialled = a.dialled
  await until('some more exchanges', () => a.dialled > dialled + 3)
  t.same([a.downs, a.line?.up], [[], true])

  a.before = async () => { await city.lines.takeTurn('yanshi', Date.now() + 3_600_000) }
  await until('it to say so', () => a.downs.length === 1)
  t.equal(a.line?.up, false)
})
