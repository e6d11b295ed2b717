import t from 'tap'
import { makePeople } from '../../src/people/people.js'
import { PRACTICE_PEOPLE } from '../../src/people/practice.js'
import { seedPractice } from '../../src/store/practice-seed.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'

t.setTimeout(120_000)

t.test('invented history looks like history, and is none of today', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  for (const person of PRACTICE_PEOPLE.filter(({ loginName }) => loginName === 'op2')) await people.addPerson(person, 'some long word')
  await seedPractice(store.pool)
  t.same(await store.records.today(), { answered: 0, answeredInTime: 0, abandoned: 0 })
  const { tickets } = await store.records.list({ limit: 50, offset: 0 })
  t.equal(tickets.length, 5)
  t.ok(tickets.some(({ state }) => state === 'closed'))
  for (const { id, state } of tickets) {
    const [ticket, history] = [await store.records.get(id), await store.records.history(id)]
    t.same(history.map(({ version }) => version), Array.from({ length: ticket.version }, (_, index) => index + 1), 'a row for each version')
    t.same(history.map(({ act }) => act), state === 'closed' ? ['open', 'edit', 'dispatch', 'settle'] : ['open', 'edit'])
    t.ok(history.every(({ by }, index) => (index === 0) === (by === null)), 'somebody did it')
    t.ok(history.every(({ at }, index) => index === 0 || at > (history[index - 1]?.at ?? 0)))
    t.same(history.at(-1)?.at ?? 0, state === 'closed' ? ticket.closedAt : history.at(-1)?.at)
    t.equal(ticket.unitId !== null && ticket.outcome !== null && ticket.dispatchedAt !== null, state === 'closed')
  }
  await seedPractice(store.pool)
  t.equal((await store.records.list({ limit: 50, offset: 0 })).total, 5, 'told once')
})
