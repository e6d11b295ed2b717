import { isPracticeCity, type Config } from '../config.js'
import type { PracticeLogin } from '../contracts/routes/practice.js'
import { makePeople } from '../people/people.js'
import { PRACTICE_COLLEAGUES, PRACTICE_PEOPLE } from '../people/practice.js'
import { practiceLogins } from '../practice.js'
import { seedPractice } from '../store/practice-seed.js'
import type { Store } from '../store/store.js'

/** Who may sign in. In practice (a city's, with the practice exchange) also the invented people, in an invented city; else those are shut out. */
export async function openPeople(config: Config, store: Pick<Store, 'people' | 'pool' | 'whenReady' | 'refreshRules' | 'onPerson'>, clock: () => number, monotonic: () => number): Promise<{ readonly people: ReturnType<typeof makePeople>; readonly logins: readonly PracticeLogin[] }> {
  const practising = isPracticeCity(config)
  const people = makePeople(store.people, { sessionHours: config['session.hours'], clock, monotonic })
  store.onPerson(people.changed)
  const logins = practising ? practiceLogins(config.home) : []
  await store.whenReady(async () => {
    if (practising) await store.people.refusePractice()
    await store.people.enablePractice(practising)
    for (const person of practising ? PRACTICE_PEOPLE : []) await people.addPerson(person, logins.find(({ loginName }) => loginName === person.loginName)?.password ?? '')
    if (practising) {
      for (const person of PRACTICE_COLLEAGUES) await store.people.put({ ...person, passwordHash: null })
      // Who wants no callers, a test for one, has an empty city.
      await seedPractice(store.pool, config['practice.citizens'] === 0 ? null : { timeZone: config['city.timeZone'] })
      await store.refreshRules()
    }
  })
  return { people, logins }
}
