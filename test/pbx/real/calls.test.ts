import t from 'tap'
import { until } from '../../helpers/database.js'
import { openCity } from '../harness/city.js'
import { findRealThings } from '../harness/freeswitch.js'

t.setTimeout(180_000)
const things = findRealThings()

t.test('a citizen’s call on a real FreeSWITCH', { skip: 'skip' in things ? things.skip : false, timeout: 180_000 }, async (t) => {
  if ('skip' in things) return
  const city = await openCity(things, { operators: 2 })
  t.teardown(() => city.stop())
  t.teardown(() => { if (!t.passing()) t.comment(city.sipp.errors()) })
  await city.startNode()
  const [first] = await city.desks(1)
  await city.sipp.phones(['1001'], { ring: 1_500, talk: 2_000 })

  await t.test('rings with its context, and answering opens the ticket', async (t) => {
    await city.sipp.call({ number: '13900000001', displayName: 'Zhang San', keys: '1', keysAfter: 300 })
    const card = await until('the pop', () => first?.call)
    t.match(card, { caller: { number: '13900000001', verified: true }, calledNumber: '110' })
    await until('the answer', () => first?.call?.answeredAt !== undefined && first.ticket !== null)
    t.match(first?.ticket, { id: card.callId, state: 'open' })
    await until('the next call to be possible', () => first?.me?.presence === 'ready')
    t.match(await city.tickets(), [{ id: card.callId, caller_number: '13900000001' }])
  })
})
