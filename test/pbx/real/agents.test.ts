import t from 'tap'
import { until } from '../../helpers/database.js'
import { ask } from '../../helpers/desk-bot.js'
import { callcenterRows } from '../../../src/pbx/native-queue.js'
import { openCity } from '../harness/city.js'
import { findRealThings } from '../harness/freeswitch.js'

t.setTimeout(400_000)
const things = findRealThings()

t.test('the native queue’s agents follow the operators, Liandong dead or alive', { skip: 'skip' in things ? things.skip : false, timeout: 240_000 }, async (t) => {
  if ('skip' in things) throw new Error(things.skip)
  const city = await openCity(things, { operators: 2 })
  t.teardown(async () => {
    if (!t.passing()) t.comment(`${city.sipp.errors()}\n${city.node().output().slice(-5_000)}\n${city.freeswitch.log().split('\n').slice(-60).join('\n')}`)
    await city.stop()
  })
  await city.startNode()
  const agent = async (name: string): Promise<Readonly<Record<string, string>>> => callcenterRows((await city.witness.link.api({ api: 'callcenter_agents', queue: 'native' })).text)?.find((row) => row['name'] === name) ?? {}
  const becomes = (name: string, status: string): Promise<boolean> => until(`${name} to be ${status}`, async () => (await agent(name))['status'] === status, 30_000)
  const legsTo = (extension: string) => [...city.witness.channels.values()].filter(({ direction, destination }) => direction === 'outbound' && destination.split('%')[0] === extension)

  const [first, second] = await city.desks(2)
  if (first === undefined || second === undefined) return t.fail('no desks')
  await city.sipp.phones(['1001'], { ring: 300, talk: 9_000 })
  await city.sipp.phones(['1002'], { ring: 300, talk: 1_000 })
  ask(second, { type: 'presence', ready: false })
  await becomes('1002', 'On Break')
  await becomes('1001', 'Available')

  /** A node has welcomed both desks, so many times by now. */
  const welcomes = (): readonly number[] => [first, second].map(({ messages }) => messages.filter(({ type }) => type === 'welcome').length)
  const ours = await city.sipp.call({ number: '13900000051' })
  await until('the talk', () => first.call?.state === 'talking')
  t.equal((await agent('1001'))['external_calls_count'], '1', 'FreeSWITCH itself knows that he talks')
  const [once = 0, twice = 0] = welcomes()
  city.node().kill('SIGKILL')
  await city.node().ended
  const native = await city.sipp.call({ number: '13900000052' })
  t.equal(await ours.ended, 0)
  await until('the native queue to have put him through', () => city.witness.citizens().find(({ number }) => number === '13900000052')?.bridgedAt, 30_000)
  const [talk, next, ...more] = legsTo('1001')
  t.same(more, [])
  t.ok((next?.createdAt ?? 0) >= (talk?.endedAt ?? Infinity), 'rung when the talk that we had made was over, and not before')
  t.same(legsTo('1002'), [], 'whoever is at his break is left alone')
  t.equal((await agent('1002'))['status'], 'On Break', 'what was known last stays')

  await city.startNode()
  t.equal(await native.ended, 0)
  await until('the desks to be back', () => { const [now = 0, and = 0] = welcomes(); return now > once && and > twice && first.me?.presence === 'ready' && second.me?.presence === 'break' })
  ask(second, { type: 'presence', ready: true })
  await becomes('1002', 'Available')
  ask(first, { type: 'presence', ready: false })
  await becomes('1001', 'On Break')
  city.node().kill('SIGTERM')
  t.equal(await city.node().ended, 0)
  t.same([(await agent('1001'))['status'], (await agent('1002'))['status']], ['On Break', 'Available'], 'a stop signs nobody out')
  const last = await city.sipp.call({ number: '13900000053' })
  t.equal(await last.ended, 0)
  t.equal(legsTo('1002').length, 1)
  t.equal(legsTo('1001').length, 2)
  for (const extension of ['1001', '1002']) await until(`${extension} to be free`, async () => (await agent(extension))['external_calls_count'] === '0')
})

t.test('an operator whose telephone is none of the configuration’s is in the native queue, and stays there when FreeSWITCH starts again and no node is there', { skip: 'skip' in things ? things.skip : false, timeout: 120_000 }, async (t) => {
  if ('skip' in things) throw new Error(things.skip)
  const city = await openCity(things, { operators: 13 })
  t.teardown(() => city.stop())
  await city.startNode()
  const agent = async (name: string): Promise<Readonly<Record<string, string>> | undefined> => callcenterRows((await city.witness.link.api({ api: 'callcenter_agents', queue: 'native' })).text)?.find((row) => row['name'] === name)
  await until('him to be there, though he has never signed in', async () => await agent('1013'))
  await city.desksOf(['1013'])
  const there = { status: 'Available', contact: '[leg_timeout=10,media_timeout=20000]sofia/operators/1013%liandong', max_no_answer: '0', wrap_up_time: '0', reject_delay_time: '3', busy_delay_time: '3', no_answer_delay_time: '3' }
  await until('him to be rung', async () => (await agent('1013'))?.['status'] === 'Available')
  t.match(await agent('1013'), there)
  city.node().kill('SIGKILL')
  await city.node().ended
  city.freeswitch.kill('SIGKILL')
  await city.freeswitch.restart()
  await until('the witness to be back', () => city.witness.link.up)
  t.match(await agent('1013'), there, 'after both have died')
})

t.test('nobody is signed in: a telephone that is there is reached within five seconds among forty that are not', { skip: 'skip' in things ? things.skip : false, timeout: 240_000 }, async (t) => {
  if ('skip' in things) throw new Error(things.skip)
  const city = await openCity(things, { operators: 41, environment: { LIANDONG_INTAKE_WHEN_UNSTAFFED: 'refuse' } })
  t.teardown(async () => {
    if (!t.passing()) t.comment(`${city.sipp.errors()}\n${city.node().output().slice(-3_000)}\n${city.freeswitch.log().split('\n').slice(-60).join('\n')}`)
    await city.stop()
  })
  await city.startNode()
  await city.sipp.phones(['1012'], { ring: 300, talk: 1_000 })
  const rung = async (): Promise<number> => callcenterRows((await city.witness.link.api({ api: 'callcenter_agents', queue: 'native' })).text)?.filter(({ status }) => status === 'Available').length ?? 0
  // A minute after its start a node takes whom it has not seen for gone.
  await until('every telephone to be rung', async () => await rung() === 41, 90_000)
  // Once it has taken a call, mod_callcenter takes it after those that never had one.
  for (const number of ['13900000061', '13900000062', '13900000063']) {
    const call = await city.sipp.call({ number })
    const talks = await until(`${number} to talk`, () => city.witness.citizens().find((channel) => channel.number === number && channel.bridgedAt !== undefined), 30_000)
    t.ok((talks.bridgedAt ?? Infinity) - talks.createdAt < 5_000, `${number}: after ${(talks.bridgedAt ?? NaN) - talks.createdAt} ms`)
    t.equal(await call.ended, 0)
  }
})
