import t from 'tap'
import { until } from '../../helpers/database.js'
import { ask } from '../../helpers/desk-bot.js'
import { openCity } from '../harness/city.js'
import { findRealThings } from '../harness/freeswitch.js'
import { openTelephone } from '../harness/telephone.js'

t.setTimeout(200_000)
const things = findRealThings()
t.test('a telephone on the table with a mind of its own: its transfer key is refused and the talk goes on; one that loses its power after a transfer gives the citizen back', { skip: 'skip' in things ? things.skip : false, timeout: 180_000 }, async (t) => {
  if ('skip' in things) throw new Error(things.skip)
  const [first, second, citizen] = [await openTelephone({ tone: 1030, answerAfter: 100 }), await openTelephone({ tone: 1730, answerAfter: 100 }), await openTelephone({ tone: 450, answerAfter: null })]
  const city = await openCity(things, { operators: 2 })
  t.teardown(async () => {
    await Promise.all([first, second, citizen].map((one) => one.close()))
    await city.stop()
  })
  await city.startNode()
  await first.register('1001', `${city.freeswitch.phoneSecret}-1001`, city.freeswitch.operatorsPort)
  await second.register('1002', `${city.freeswitch.phoneSecret}-1002`, city.freeswitch.operatorsPort)
  const [one] = await city.desksOf(['1001'])
  if (one === undefined) throw new Error('no desk')
  await citizen.call('13900000071', city.freeswitch.citizensPort)
  await until('the talk', () => one.call?.state === 'talking' && one.ticket !== null)
  const callId = one.call?.callId ?? ''
  await citizen.hearsOnly([1030], [1730])

  for (const to of ['1002', '13800000001']) t.match(await first.refer(to), /^SIP\/2\.0 405 /, `REFER to ${to}`)
  await citizen.hearsOnly([1030], [1730])
  t.match(one.call, { callId, state: 'talking' })

  const [two] = await city.desksOf(['1002'])
  if (two === undefined) throw new Error('no desk')
  ask(one, { type: 'call.transfer', callId, target: { type: 'operator', operatorId: two.me?.operatorId ?? '' } })
  await until('the other to have him', () => two.call?.callId === callId && two.me?.presence === 'talking' && one.me?.presence === 'ready', 20_000)
  await citizen.hearsOnly([1730], [1030])
  const died = performance.now()
  await second.close() // its plug is pulled: no BYE, nothing more is sent
  await until('the citizen to be with the first again', () => one.call?.callId === callId && one.me?.presence === 'talking', 60_000)
  t.comment(`after ${Math.round((performance.now() - died) / 100) / 10} s`)
  await citizen.hearsOnly([1030], [1730])
})
