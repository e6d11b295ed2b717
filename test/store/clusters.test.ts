import t from 'tap'
import { idFrom } from '../../src/dispatch/ids.js'
import { verifyHistories } from '../../src/store/audit.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome } from '../helpers/database.js'

t.test('what a person merged draws nobody in: not where the rule says never, and not after the rule’s minutes', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act } = await startCaseWork(store)
  const stateOf = async (id: string): Promise<string> => (await store.records.get(id)).state

  const ride = { category: 'ride-dispute', place: '火车站' }
  const [main, member] = [await open(ride), await open(ride)]
  await act(member, 'merge', { into: main })
  const stranger = await open(ride)
  t.same(await store.clusters.look(), [])
  t.equal(await stateOf(stranger), 'open', 'a third dispute at the station is his own')

  const outage = { category: 'power-repair', place: '景华路 56 号' }
  const calls = await Promise.all(Array.from({ length: 5 }, () => open(outage)))
  t.ok((await store.clusters.look()).length > 0)
  const states = await Promise.all(calls.map(stateOf))
  t.same([...states].sort(), ['merged', 'merged', 'merged', 'merged', 'open'])
  const late = await open(outage)
  t.equal((await store.clusters.look()).length, 2, 'who calls meanwhile follows')
  t.equal(await stateOf(late), 'merged')
  // The rule of power cuts: 360 minutes.
  await owner.query(`update ticket set opened_at = opened_at - interval '361 minutes' where category = 'power-repair'`)
  const tomorrow = await open(outage)
  t.same(await store.clusters.look(), [], 'an outage that nobody called about for six hours is over, or another one')
  t.equal(await stateOf(tomorrow), 'open')
})

t.test('a burst counts what was dispatched already: that leads, or is put before the dispatcher', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act } = await startCaseWork(store)
  const incidents = async (): Promise<string[]> => (await owner.query<{ ticket_id: string }>(`select ticket_id from outbox where kind = 'incident' and channel = 'terminal' order by created_at`)).rows.map(({ ticket_id }) => ticket_id)

  const power = { category: 'power-repair', place: '景华路 56 号' }
  const first = await open(power)
  await act(first, 'dispatch', { unitId: 'power-supply' })
  const others = await Promise.all(Array.from({ length: 8 }, () => open(power)))
  await store.clusters.look()
  t.match(await store.records.get(first), { state: 'dispatched', unitId: 'power-supply', work: { members: 8 } }, 'one dispatch for all nine')
  for (const id of others) t.match(await store.records.get(id), { state: 'merged', work: { mergedInto: first } })
  t.same(await incidents(), [first])

  const water = { category: 'water', place: '中州中路 9 号' }
  const nine: string[] = []
  for (let n = 0; n < 9; n += 1) nine.push(await open(water))
  for (const id of nine) await act(id, 'dispatch', { unitId: 'water-supply' })
  await store.clusters.look()
  await store.clusters.look()
  const numbers = await Promise.all(nine.slice(1).map(async (id) => (await store.records.get(id)).number))
  t.same(await incidents(), [first, nine[0]], 'nine dispatches are put before somebody, once')
  const { rows } = await owner.query<{ beside: string }>(`select changes -> 'beside' ->> 1 as beside from ticket_history where ticket_id = $1 and act = 'propose'`, [nine[0]])
  t.same(rows.flatMap(({ beside }) => beside.split(' ')).sort(), numbers.sort())
  for (const id of nine) t.match(await store.records.get(id), { state: 'dispatched', unitId: 'water-supply' }, 'and no unit’s work is dropped')
  const tenth = await open(water)
  await store.clusters.look()
  t.match(await store.records.get(tenth), { state: 'merged', work: { mergedInto: nine[0] } }, 'who calls meanwhile is with the first')
  t.same((await verifyHistories(store.pool)).faults, [])
})

t.test('whoever called about the same hears what the first one hears, and waits again when it is reopened', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act, people } = await startCaseWork(store, { loginName: 'unit1', displayName: '值班员', role: 'unit', unitId: 'municipal-works' }, { loginName: 'sup1', displayName: '值班长', role: 'supervisor' })
  const [unit, supervisor] = ['unit', 'supervisor'].map((role) => people.find((one) => one.role === role))
  const [main, ...callers] = await Promise.all([1, 2, 3, 2].map((n) => open({ category: 'road', number: `1390000000${n}` })))
  for (const id of callers) await act(id, 'merge', { into: main })
  const heard = async (kind: string) => (await owner.query<{ address: string; text: string }>(`select address, body -> 'text' ->> 'zh' as text from outbox where audience = 'citizen' and kind = $1 order by address, created_at`, [kind])).rows
  const states = (): Promise<string[]> => Promise.all(callers.map(async (id) => (await store.records.get(id)).state))
  const lead = main ?? ''
  await act(lead, 'dispatch', { unitId: 'municipal-works' })
  await act(lead, 'sign', {}, unit)
  await act(lead, 'ask-extension', { until: Date.now() + 60 * 86_400_000 }, unit)
  await act(lead, 'answer-extension', { granted: true }, supervisor)
  const told = await heard('told')
  t.same(told.map(({ address }) => address), ['13900000001', '13900000002', '13900000003'], 'who called twice is told once')
  t.ok(told.every(({ text }) => text.includes('需要更多时间')), 'until when, by the main ticket')
  t.ok(told[2]?.text.includes((await store.records.get(callers[1] ?? '')).number), 'under his own number')
  t.match((await store.records.history(callers[1] ?? '')).at(-1), { act: 'told', note: (await store.records.get(lead)).number })
  await act(lead, 'refer', { body: 'other', name: '产权单位', nextAt: Date.now() + 86_400_000 })
  t.equal((await heard('told')).filter(({ text }) => text.includes('产权单位')).length, 3)

  await act(lead, 'confirm-receipt', { reference: '1' })
  t.same(await states(), ['closed', 'closed', 'closed'])
  await act(lead, 'reopen')
  t.same(await states(), ['merged', 'merged', 'merged'])
  t.match(await store.records.get(callers[1] ?? ''), { outcome: null, closedAt: null, work: { mergedInto: lead } })
  await act(lead, 'edit', { changes: { kind: 'joint-service' } })
  await act(lead, 'settle', { outcome: 'answered' })
  t.same(await states(), ['closed', 'closed', 'closed'])
  t.equal((await heard('closed')).length, 6, 'and hear of the second end too')
  t.same((await verifyHistories(store.pool)).faults, [])
})

t.test('an open manhole that is merged is still to be made safe, by the clock that ran; and one that is gathered by itself too', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act } = await startCaseWork(store)
  const given = async (category: string): Promise<string> => {
    const id = await open({ category, place: '龙门大道' })
    await act(id, 'dispatch', { unitId: 'municipal-works' })
    await act(id, 'deliver', { how: 'phone' })
    return id
  }
  const safe = async (id: string) => (await owner.query<{ started_at: Date; ended_at: Date | null }>(`select started_at, ended_at from ticket_clock where ticket_id = $1 and clock = 'safe' order by started_at`, [id])).rows
  const [road, manhole, reported] = [await given('road'), await given('manhole-cover'), await open({ category: 'road' })]
  const began = (await safe(manhole)).find(({ ended_at: ended }) => ended === null)
  await t.rejects(act(manhole, 'merge', { into: reported }), { code: 'ticket.illegal', details: { en: /cannot take that over/ } })
  t.match((await store.records.get(reported)).work, { members: 0, hazard: false })
  await act(manhole, 'merge', { into: road })
  t.match((await store.records.get(road)).work, { members: 1, hazard: true, safeAt: null })
  t.same(await safe(road), [{ started_at: began?.started_at, ended_at: null }])
  t.match((await store.records.history(road)).at(-1), { act: 'absorb', changes: { hazard: [false, true] } })

  const calls = await Promise.all(Array.from({ length: 4 }, () => open({ category: 'power-repair', place: '景华路 56 号' })))
  const wire = await open({ category: 'power-repair', place: '景华路 56 号' })
  await act(wire, 'prioritise', { priority: 'urgent', hazard: true })
  t.ok((await store.clusters.look()).length > 0)
  const main = (await Promise.all(calls.map((id) => store.records.get(id)))).find(({ state }) => state === 'open')
  t.match([main?.work, (await store.records.get(wire)).state], [{ hazard: true, priority: 'urgent', members: 4 }, 'merged'])
  t.same((await verifyHistories(store.pool)).faults, [])
})

t.test('callers of one cell of the mobile network have one point and are no incident; their words decide', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open } = await startCaseWork(store)
  const at = async (place: string, uncertainty: number | null): Promise<string> => {
    const id = await open({ category: 'gas', place })
    await owner.query('update ticket set lat = 34.66, lon = 112.43, uncertainty = $2 where id = $1', [id, uncertainty])
    return id
  }
  const states = async (ids: readonly string[]): Promise<string[]> => Promise.all(ids.map(async (id) => (await store.records.get(id)).state))
  const { rows: [rule] } = await owner.query<{ metres: number; burst: number }>(`select metres, burst from cluster_rule where category = 'gas'`)
  const burst = rule?.burst ?? 0
  t.ok(burst >= 3)
  const apart: string[] = []
  for (let n = 0; n < burst; n += 1) apart.push(await at(`第 ${n + 1} 条街`, (rule?.metres ?? 0) + 1))
  t.same(await store.clusters.look(), [], 'each has his own leak')
  t.same(new Set(await states(apart)), new Set(['open']))
  t.ok((await store.hall.alike(await store.records.get(apart[0] ?? ''))).duplicates.length > 0, 'a person is offered them all the same')
  const together: string[] = []
  for (let n = 0; n < burst; n += 1) together.push(await at('景华路 56 号', 5_000))
  await store.clusters.look()
  t.same((await states(together)).sort(), [...Array<string>(burst - 1).fill('merged'), 'open'], 'who names the same place is about the same')
  t.same(new Set(await states(apart)), new Set(['open']))
  const near: string[] = []
  for (let n = 0; n < burst; n += 1) near.push(await at(`某处 ${n}`, rule?.metres ?? 0))
  await store.clusters.look()
  t.ok((await states(near)).includes('merged'), 'a position as near as the rule asks is one')
})

t.test('what cannot be gathered holds up no other', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const { open, act } = await startCaseWork(store)
  const burst = (call: object): Promise<string[]> => Promise.all(Array.from({ length: 5 }, () => open(call)))
  const oldest = async (ids: readonly string[]): Promise<string> => (await Promise.all(ids.map((id) => store.records.get(id)))).sort((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1))[0]?.id ?? ''
  const main = await oldest(await burst({ category: 'power-repair', place: '景华路 56 号' }))
  // The id of what comes next is another act's.
  await act(await open(), 'edit', { actId: idFrom(`absorb ${main} 1`), changes: { place: '别处' } })
  const other = await oldest(await burst({ category: 'water', place: '中州中路 9 号' }))
  t.ok((await store.clusters.look()).length > 0)
  t.match(await store.records.get(other), { work: { members: 4 } })
  t.match(await store.records.get(main), { work: { members: 0 } })
})

t.test('an incident that is said to be done takes in nobody: who calls then makes another; and what a person took out stays out', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const { open, act, people } = await startCaseWork(store, { loginName: 'power', displayName: '值班员', role: 'unit', unitId: 'power-supply' })
  const crew = people.find(({ role }) => role === 'unit')
  const power = { category: 'power-repair', place: '景华路 56 号' }
  const burst = async (): Promise<string[]> => { const ids: string[] = []; for (let n = 0; n < 5; n += 1) ids.push(await open(power)); return ids }
  const first = await burst()
  await store.clusters.look()
  const [main = '', out = ''] = first
  await act(main, 'dispatch', { unitId: 'power-supply' })
  await act(main, 'sign', {}, crew)

  await act(out, 'reopen', { note: '不是停电，是电线断了' })
  await store.clusters.look()
  t.match(await store.records.get(out), { state: 'open', work: { mergedInto: null } })
  const late = await open(power)
  await store.clusters.look()
  t.match(await store.records.get(late), { state: 'merged', work: { mergedInto: main } }, 'who calls meanwhile follows all the same')

  await act(main, 'report', { result: 'done', photos: [] }, crew)
  const heard = async (): Promise<string[]> => (await store.hall.notices(null)).flatMap(({ kind, ticketId }) => (ticketId === main && kind === 'incident' ? [kind] : []))
  const before = (await heard()).length
  const dark = await open(power)
  await store.clusters.look()
  await store.clusters.look()
  t.match(await store.records.get(dark), { state: 'open', work: { mergedInto: null } })
  t.equal((await heard()).length, before + 1, 'one who calls and says that it is not done is put before the hall, once')
  t.match((await store.records.history(main)).at(-1), { act: 'propose', changes: { beside: [null, (await store.records.get(dark)).number] } })
  await act(dark, 'edit', { changes: { kind: 'consultation' } })
  await act(dark, 'settle', { outcome: 'answered' })
  // Nor does one that a person takes out of it then lie there unseen: it is the hall's, until a unit has it.
  const [, , gone = ''] = first
  const asked = async (): Promise<boolean> => (await store.hall.notices(null)).some(({ kind, ticketId }) => kind === 'ungathered' && ticketId === gone)
  t.notOk((await store.hall.notices(null)).some(({ kind }) => kind === 'ungathered'), 'while the unit works on it, who takes one out knows')
  await act(gone, 'reopen', { note: '仍然没电' })
  t.ok(await asked())
  await act(gone, 'dispatch', { unitId: 'power-supply' })
  t.notOk(await asked())
  await act(gone, 'settle', { outcome: 'other' })
  const again = await burst()
  await store.clusters.look()
  t.match(await store.records.get(main), { state: 'reported', work: { members: 3 } })
  t.match(await store.records.get(again[0] ?? ''), { state: 'open', work: { members: 4 } }, 'they are an incident of their own, which somebody hears of')
  t.ok((await store.hall.notices(null)).some(({ kind, ticketId }) => kind === 'incident' && ticketId === again[0]))
})

t.test('what may be about the same is offered by the rule of its category, as the telephone rings and in the form alike', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act } = await startCaseWork(store)
  const [lat, lon] = [34.66, 112.43]
  /** @param metres to the north @param minutes ago */
  const at = async (category: string, place: string, metres: number, { minutes = 0, off = null as number | null } = {}): Promise<string> => {
    const id = await open({ category, place })
    await owner.query(`update ticket set lat = $2, lon = $3, uncertainty = $4, opened_at = opened_at - $5 * interval '1 minute' where id = $1`, [id, lat + metres / 111_195, lon, off, minutes])
    return id
  }
  /** In the form of a ticket of that very caller; at the pop that comes first, and whatever else is in hand there after it. */
  const older: string[] = []
  const offered = async (category: string, place: string, off?: number): Promise<readonly string[]> => {
    const own = await at(category, place, 0, off === undefined ? {} : { off })
    const { nearby } = await store.records.lookUp({ callId: own, number: '', category, place, location: { lat, lon, ...(off !== undefined && { uncertaintyMetres: off }) } })
    const alike = await store.hall.alike(await store.records.get(own))
    const same = alike.duplicates.map(({ id }) => id).slice(0, 5)
    t.same(alike.nearby.slice(0, 5).map(({ id }) => id), nearby.map(({ id }) => id), 'the card and the form by one question')
    t.same(nearby.map(({ id }) => id).slice(0, same.length), same, category)
    older.splice(0, older.length, ...nearby.slice(same.length).map(({ id }) => id))
    await owner.query(`update ticket set state = 'void' where id = $1`, [own])
    return same
  }
  const cut = await at('power-repair', '牡丹大道', 900)
  t.same(await offered('power-repair', '王城大道'), [cut], '900 m of 1500')
  await at('manhole-cover', '', 400)
  t.same(await offered('manhole-cover', ''), [], '400 m of 50')
  const long: string[] = []
  for (let n = 0; n < 6; n += 1) long.push(await at('gas', '', n, { minutes: 60 * 24 * 60 }))
  const leak = await at('gas', '', 450)
  t.same(await offered('gas', ''), [leak], 'not what stands open for two months')
  t.same(older, long.slice(0, 4), 'but the screen does not say that there is none: the nearest of it stand below')
  // An incident is as recent as its latest caller.
  const main = await at('water', '', 1_000, { minutes: 361 })
  await act(await at('water', '', 1_000), 'merge', { into: main })
  const nearer = await at('water', '', 10)
  t.same(await offered('water', ''), [main, nearer], 'an incident first')
  // A cell of the mobile network says little; the words do, whatever marks stand in them.
  const cell = await at('street-light', '开元大道，牡丹 广场', 1_700, { off: 2_000 })
  t.same(await offered('street-light', '开元大道牡丹广场'), [cell])
  const exact = await at('street-light', '开元大道', 1_700)
  t.same(await offered('street-light', '开元大道'), [], 'two positions that are known are apart')
  t.same(await offered('street-light', '开元大道', 2_000), [exact])
  const words = await open({ category: 'road', place: '中州路（西工）' })
  t.same((await store.records.lookUp({ callId: cell, number: '', category: 'road', place: '中州路西工' })).nearby.map(({ id }) => id), [words], 'no position at all')
})

t.test('two incidents become one: whoever followed the one follows the other, and hears how it ends', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act } = await startCaseWork(store)
  const incident = async (from: number): Promise<readonly [string, ...string[]]> => {
    const [main, ...others] = await Promise.all([0, 1, 2].map((n) => open({ category: 'power-repair', number: `1390000000${from + n}` })))
    for (const id of others) await act(id, 'merge', { into: main })
    return [main ?? '', ...others]
  }
  const [[east, ...eastern], [west, ...western]] = [await incident(1), await incident(4)]
  await act(east, 'dispatch', { unitId: 'power-supply' })
  await act(west, 'dispatch', { unitId: 'municipal-works' })
  await act(west, 'merge', { into: east })
  t.match(await store.records.get(east), { state: 'dispatched', work: { members: 5 } })
  t.match(await store.records.get(west), { state: 'merged', work: { members: 0, mergedInto: east } })
  for (const id of western) t.match([await store.records.get(id), (await store.records.history(id)).at(-1)], [{ state: 'merged', work: { mergedInto: east } }, { act: 'merge', by: null, changes: { mergedInto: [west, east] } }])
  t.equal((await owner.query(`select 1 from outbox where kind = 'merged' and unit_id = 'municipal-works' and channel = 'terminal'`)).rowCount, 1, 'whoever had it stands down')
  // One was something else after all.
  await act(western[0] ?? '', 'reopen')
  t.match(await store.records.get(east), { work: { members: 4 } })
  await act(east, 'settle', { outcome: 'other' })
  t.same((await owner.query<{ address: string }>(`select address from outbox where audience = 'citizen' order by 1`)).rows.map(({ address }) => address.at(-1)), ['1', '2', '3', '4', '6'])
  for (const id of [west, ...eastern, western[1] ?? '']) t.equal((await store.records.get(id)).state, 'closed')
  t.same((await verifyHistories(store.pool)).faults, [])
})
