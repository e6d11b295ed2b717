import t from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeAttention } from '../../src/pbx/attention.js'
import { until } from '../helpers/database.js'

function world() {
  const woken = { link: 0, his: 0, other: 0 }
  const clock = { now: 0 }
  const attention = makeAttention(() => { woken.link += 1 }, () => clock.now)
  return { woken, clock, attention }
}

/** Nothing is woken any more. */
async function quiet(woken: { readonly link: number }): Promise<boolean> {
  await sleep(20)
  const before = woken.link
  await sleep(60)
  return woken.link === before
}

t.test('the link is woken while a key is waited for, and not otherwise', async (t) => {
  const { woken, attention } = world()
  t.ok(await quiet(woken))
  const release = attention.key('a', () => { woken.his += 1 })
  await until('the link to be woken', () => woken.link > 3)
  release()
  t.ok(await quiet(woken))
  t.equal(woken.his, 0, 'nobody pressed a key')
})

t.test('a key wakes the socket of its call alone: at once, and for what it ended', async (t) => {
  const { woken, attention } = world()
  const first = attention.key('a', () => { woken.his += 1 })
  const release = attention.key('b', () => { woken.other += 1 })
  attention.pressed('a')
  t.equal(woken.his, 1)
  await until('it to be woken again', () => woken.his === 2)
  attention.pressed('c')
  first()
  attention.pressed('a')
  release()
  await sleep(20)
  t.same([woken.his, woken.other], [2, 0], 'who waits for no key is not woken')
})

t.test('who asks for the next key before the last one is let go is still attended', async (t) => {
  const { woken, attention } = world()
  const first = attention.key('a', () => { woken.other += 1 })
  const next = attention.key('a', () => { woken.his += 1 })
  first()
  attention.pressed('a')
  t.same([woken.his, woken.other], [1, 0])
  next()
  t.ok(await quiet(woken))
})

t.test('while a telephone rings the link is woken: until it is answered, forgotten or out of its time', async (t) => {
  const { woken, clock, attention } = world()
  for (const end of [() => { attention.over('leg') }, () => { attention.forget() }, () => { clock.now += 121_000 }]) {
    attention.rings('leg')
    const before = woken.link
    await until('the link to be woken', () => woken.link > before + 3)
    end()
    t.ok(await quiet(woken))
  }
})
