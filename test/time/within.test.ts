import t from 'tap'
import { within } from '../../src/time/within.js'

const never = new Promise<string>(() => undefined)
const late = (): string => 'late'

t.test('within', async (t) => {
  t.equal(await within(Promise.resolve('there'), 60_000, late), 'there', 'and its timer does not keep the process')
  t.equal(await within(never, 1, late), 'late')
  t.equal(await within(never, -5, late), 'late')
  await t.rejects(within(Promise.reject(new Error('failed')), 60_000, late), { message: 'failed' })
  await t.rejects(within(never, 1, () => { throw new Error('too late') }), { message: 'too late' })
  let fail: (error: Error) => void = () => undefined
  t.equal(await within(new Promise<string>((_, reject) => { fail = reject }), 1, late), 'late')
  fail(new Error('nobody waits for this'))
})
