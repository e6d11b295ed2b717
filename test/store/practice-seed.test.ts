import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import { contains, districtOf } from '../../src/dispatch/core/geo.js'
import { makeHall } from '../../src/dispatch/hall.js'
import { makePeople } from '../../src/people/people.js'
import { PRACTICE_PEOPLE } from '../../src/people/practice.js'
import { verifyHistories } from '../../src/store/audit.js'
import { makePlaces } from '../../src/dispatch/places.js'
import { PRACTICE_DISTRICTS, PRACTICE_MARKS, PRACTICE_PLACES } from '../../src/store/practice-city.js'
import { seedPractice } from '../../src/store/practice-seed.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'

t.setTimeout(400_000)

t.test('invented history looks like history, and is none of today', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  for (const person of PRACTICE_PEOPLE.filter(({ loginName }) => loginName === 'op2')) await people.addPerson(person, 'some long word')
  await seedPractice(store.pool, null)
  t.same(await store.records.today(), { answered: 0, answeredInTime: 0, promised: 0, abandoned: 0 })
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
  await seedPractice(store.pool, null)
  t.equal((await store.records.list({ limit: 50, offset: 0 })).total, 5, 'told once')
  t.equal((await store.pool.query('select 1 from district')).rowCount, 0, 'no city unless it is asked for')
})

t.test('districts are neighbours: every place lies in exactly one, no two overlap', (t) => {
  for (const [code, name, , lat, lon] of PRACTICE_PLACES) t.equal(PRACTICE_DISTRICTS.filter(({ outline }) => contains(outline, { lat, lon })).length, 1, `${code} ${name}`)
  for (const { name, lat, lon } of PRACTICE_MARKS) t.equal(PRACTICE_DISTRICTS.filter(({ outline }) => contains(outline, { lat, lon })).length, 1, name)
  for (let lat = 34.555; lat < 34.735; lat += 0.0037) {
    for (let lon = 112.32; lon < 112.55; lon += 0.0041) {
      const at = PRACTICE_DISTRICTS.filter(({ outline }) => contains(outline, { lat, lon }))
      if (at.length > 1) t.fail(`${lat} ${lon} is in ${at.map(({ name }) => name).join(', ')}`)
    }
  }
  t.end()
})

t.test('the practice city: work in every state, nothing of today, nothing left to send, histories that hold', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  for (const person of PRACTICE_PEOPLE) await people.addPerson(person, 'correct horse battery')
  const city = { timeZone: 'Asia/Shanghai' }
  await seedPractice(store.pool, city)
  const { rows } = await store.pool.query<{ state: string; opened: Date; closed: Date | null; lat: number | null; lon: number | null; place: string; due: Date | null }>('select state, opened_at as opened, closed_at as closed, lat, lon, place, due_at as due from ticket')
  const now = Date.now()
  const states = new Set(rows.map(({ state }) => state))
  for (const state of ['open', 'signed', 'in-progress', 'reported', 'referred', 'closed'] as const) t.ok(states.has(state), state)
  for (const { opened, closed, place } of rows) {
    t.ok(now - opened.getTime() > 26 * 3_600_000, `${place}: opened before today`)
    t.ok(closed === null || closed.getTime() < now, `${place}: not closed in the future`)
  }
  const late = rows.filter(({ due }) => due !== null && due.getTime() < now).length
  const soon = rows.filter(({ due }) => due !== null && due.getTime() > now && due.getTime() < now + 2 * 3_600_000).length
  t.ok(late >= 1 && late <= 4 && soon >= 1, `some are late (${late}), some will be soon (${soon})`)
  const counted = PRACTICE_DISTRICTS.map(({ outline }) => rows.filter(({ lat, lon }) => lat !== null && lon !== null && contains(outline, { lat, lon })).length)
  t.ok(counted.every((count) => count > 0), `every district has work: ${counted.join(' ')}`)
  await store.refreshRules()
  const hall = makeHall({ store: store.hall, tickets: { get: () => Promise.reject(new Error('nobody asks')) }, rules: store.rules, areaOf: (point, place) => districtOf(store.rules().districts ?? [], point, place), onDelivered: () => undefined })
  const board = await hall.board({ id: '', loginName: 'sup1', displayName: '', role: 'supervisor', skills: [], language: 'zh-CN' } as unknown as Self)
  const inHand = rows.filter(({ state }) => !['closed', 'void', 'merged'].includes(state)).length
  t.equal(board.cells.reduce((sum, { total }) => sum + total, 0), inHand)
  t.equal(board.areas.reduce((sum, { total }) => sum + total, 0), inHand, 'each ticket in hand is in one district, or elsewhere')
  t.equal(board.areas.reduce((sum, { late: more }) => sum + more, 0), late)
  const { tickets } = await store.records.list({ limit: 50, offset: 0, sort: 'due' })
  t.match(tickets.slice(0, 2), [{ dueClock: 'reassign', state: 'open' }, { dueClock: 'repair' }], 'what is late says by which clock')
  t.ok(tickets.every(({ dueAt, dueClock }) => (dueAt == null) === (dueClock == null)))
  t.same(tickets.filter(({ state, dueAt }) => state === 'open' && dueAt == null).map(({ number }) => number), [], 'nothing lies in the hall without a clock')
  t.equal((await store.pool.query('select 1 from outbox where next_at is not null or receipt_at is null')).rowCount, 0)
  t.same(await store.records.today(), { answered: 0, answeredInTime: 0, promised: 0, abandoned: 0 })
  t.same((await verifyHistories(store.pool)).faults, [])
  const places = makePlaces({ store: store.places, districts: () => [], tiles: '' })
  for (const typed of ['邙岭高速13公里300米', 'S96 K13+300', '邙岭高速13.3', '北绕城高速公路 K13+300']) t.match((await places.find(typed))[0], { name: 'S96 邙岭高速 K13+300', between: ['K12+000', 'K14+000'] }, typed)
  const { rowCount } = await store.pool.query('select 1 from ticket')
  await seedPractice(store.pool, city)
  t.equal((await store.pool.query('select 1 from ticket')).rowCount, rowCount, 'once')
})
