import type { Test } from 'tap'
import { until } from '../../helpers/database.js'
import { ask, type DeskBot } from '../../helpers/desk-bot.js'
import { bridged, extensionOf, operatorsOf, pickUp, rings, type World } from '../world.js'

/** Renewals of the dead-man's switch that are waited for: together longer than it lasts (1.5 s apart, 4 s). */
const RENEWALS = 4

/** Nothing breaks: what must go well so that the rest means something. */
export async function calm(t: Test, world: World, desks: ReadonlyMap<number, DeskBot>): Promise<void> {
  const { phones, transcript } = world.exchange
  const desk = (n: number): DeskBot => desks.get(n) as DeskBot
  const [first = 0, second = 0] = desks.keys()
  const present = async (ns: Iterable<number>, ready: boolean): Promise<void> => {
    for (const n of ns) ask(desk(n), { type: 'presence', ready })
    await until(`desks to be ${ready ? 'ready' : 'away'}`, () => [...ns].every((n) => (desk(n).me?.presence === 'ready') === ready))
  }
  for (const n of desks.keys()) phones.set(extensionOf(n), 'manual')
  await present([...desks.keys()], false)

  // Longer than the switch lasts, and nobody takes them: they are ours all the same, in the menu as in the queue.
  const calls = [world.call(), world.call(), world.call()]
  const [keyed] = calls as [typeof calls[number], ...typeof calls]
  await until('the menu', () => keyed.reports.some(({ type, detail }) => type === 'hears' && detail.includes('topics')))
  keyed.press('4')
  const began = transcript.length
  const renewals = (callId: string): number => transcript.slice(began).filter((line) => line.includes('sched_transfer') && line.includes(callId)).length
  const lost = (): boolean => calls.some(({ reports }) => reports.some(({ type }) => type === 'fallback'))
  await until('the switch to be renewed', () => lost() || calls.every(({ callId }) => renewals(callId) >= RENEWALS)).catch((error: unknown) => { t.fail(`V1 ${(error as Error).message}`) })
  t.same(calls.map(({ reports }) => reports.filter(({ type }) => type === 'fallback').length), [0, 0, 0], 'V1 who waits longer than the dead-man’s switch, at a healthy server without an operator, waits with us')

  // One operator refuses: his telephone is silent before another one's rings, and he never gets the caller.
  for (const one of calls) if (one !== keyed) one.hangUp()
  await until('one to be left', () => world.exchange.live().channels === 1)
  ask(desk(first), { type: 'presence', ready: true })
  await rings(desk(first), keyed)
  await until('the telephone', () => phones.isRinging(extensionOf(first)))
  // He stays away: his desk would set him ready again.
  ask(desk(first), { type: 'presence', ready: false })
  ask(desk(second), { type: 'presence', ready: true })
  await rings(desk(second), keyed)
  const both = phones.isRinging(extensionOf(first))
  await pickUp(world, second)
  await bridged(keyed)
  if (both && phones.answer(extensionOf(first))) await until('the other one to take him', () => operatorsOf(keyed).length > 1).catch(() => undefined)
  t.same([both, operatorsOf(keyed)], [false, [extensionOf(second)]], 'V7 who refused gets him no more: one telephone at a time rings for a caller')

  for (const one of calls) one.hangUp()
  await until('the line to be empty', () => world.exchange.live().channels === 0)
  ask(desk(second), { type: 'wrap-up.end' })
  await present([...desks.keys()], true)
}
