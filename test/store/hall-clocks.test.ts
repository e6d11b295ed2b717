import { randomUUID } from 'node:crypto'
import t from 'tap'
import { verifyHistories } from '../../src/store/audit.js'
import { giveHallClocks } from '../../src/store/hall-clocks.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome, until } from '../helpers/database.js'

const failed = (ticketId: string, error: unknown): void => { throw new Error(ticketId, { cause: error }) }

t.test('what lies in the hall by a program that knew no clock of it has one from the update on; a word that somebody gave stands', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act } = await startCaseWork(store)
  const ordered = async (category: string, kind: string): Promise<string> => { const id = await open({ category }); await act(id, 'edit', { changes: { kind } }); return id }
  // As if it were that program: no rule knows the hall's limit, nor what is dangerous.
  const { rows: rules } = await owner.query<object>(`delete from clock_rule where clock in ('reassign', 'safe') returning clock, category, priority, minutes, hours, basis`)
  await store.refreshRules()
  const [noise, gas, fire, harmless, question, unsaid, unsorted, theft, given] = [await ordered('noise', 'joint-service'), await ordered('gas', 'joint-service'), await ordered('gas', 'fire'), await ordered('gas', 'joint-service'), await ordered('gas', 'consultation'), await open({ category: 'gas' }), await open(), await ordered('noise', 'police'), await ordered('noise', 'joint-service')]
  await act(harmless, 'prioritise', { priority: 'normal', hazard: true })
  await act(harmless, 'prioritise', { priority: 'normal', hazard: false })
  await act(given, 'dispatch', { unitId: 'urban-management' })
  const clocksOf = async (id: string): Promise<string> => { const { work } = await store.records.get(id); return `${work.hazard ? 'danger ' : ''}${work.clocks.map(({ clock, unitId, next }) => `${clock} ${unitId ?? 'hall'} ${next ?? ''}`).sort().join(', ')}` }
  const all = [noise, gas, fire, harmless, question, unsaid, unsorted, theft]
  t.same(await Promise.all(all.map(clocksOf)), ['', '', '', '', '', '', '', ''])
  await owner.query(`insert into clock_rule (clock, category, priority, minutes, hours, basis) select clock, category, priority, minutes, hours, basis from jsonb_to_recordset($1::jsonb) as x (clock text, category text, priority text, minutes integer, hours text, basis text)`, [JSON.stringify(rules)])
  await store.refreshRules()

  const before = Date.now()
  t.equal(await giveHallClocks(store.pool, store.rules(), failed), 6)
  const danger = 'danger reassign hall warn, safe hall warn'
  t.same(await Promise.all(all.map(clocksOf)), ['reassign hall warn', danger, danger, 'reassign hall warn', '', danger, 'reassign hall warn', ''], 'what nobody sorted waits for that, and a danger by its category for nobody’s word')
  t.match((await clocksOf(given)), /^delivery urban-management/)
  for (const { startedAt } of (await store.records.get(gas)).work.clocks) t.ok(startedAt >= before - 1_000, 'nobody is late for what he could not know')
  t.equal((await store.records.get(gas)).work.hazardBy, 'category', 'nobody said so: with the category it goes')
  t.match((await store.records.history(noise)).at(-1), { act: 'hall-clock', by: null })
  t.same((await owner.query(`select clock from ticket_clock where ticket_id = $1 and ended_at is null and next_at is not null order by clock`, [gas])).rows, [{ clock: 'reassign' }, { clock: 'safe' }])
  t.equal(await giveHallClocks(store.pool, store.rules(), failed), 0, 'once')
  t.same((await verifyHistories(owner)).faults, [])
  t.match(await act(noise, 'dispatch', { unitId: 'urban-management' }), { state: 'dispatched' })
  t.same((await owner.query(`select met from ticket_clock where ticket_id = $1 and clock = 'reassign'`, [noise])).rows, [{ met: true }])
})

t.test('a node gives them by itself when it starts', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act } = await startCaseWork(store)
  const id = await open()
  const { rows: rules } = await owner.query<object>(`delete from clock_rule where clock = 'reassign' returning clock, category, priority, minutes, hours, basis`)
  await store.refreshRules()
  await act(id, 'edit', { changes: { kind: 'consultation' } })
  await act(id, 'edit', { changes: { kind: 'joint-service' } })
  t.same((await store.records.get(id)).work.clocks, [])
  await owner.query(`insert into clock_rule (clock, category, priority, minutes, hours, basis) select clock, category, priority, minutes, hours, basis from jsonb_to_recordset($1::jsonb) as x (clock text, category text, priority text, minutes integer, hours text, basis text)`, [JSON.stringify(rules)])
  const otherHome = temporaryHome()
  const renewed = await openTestStore(otherHome.path, { node: 'b', databaseUrl: store.url, ownerUrl: store.ownerUrl })
  t.teardown(async () => { await renewed.close(); otherHome.remove() })
  await until('it to look', async () => (await store.records.get(id)).work.clocks.length === 1, 40_000)
  t.match((await store.records.get(id)).work.clocks, [{ clock: 'reassign', unitId: null, next: 'warn' }])
})

t.test('a call has the hall’s clock from the moment its ticket is open, before anybody said of what kind it is, a danger its own besides, and they end as the ticket leaves the hall', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act, operator, people } = await startCaseWork(store, { loginName: 'sup1', displayName: '值班长', role: 'supervisor' })
  const leader = people.find(({ role }) => role === 'supervisor')
  const runs = async (id: string): Promise<string[]> => (await store.records.get(id)).work.clocks.map(({ clock, unitId, next }) => `${clock} ${unitId ?? 'hall'} ${next ?? ''}`).sort()
  /** Rows of `ticket_clock`, the hall's: how each ended, or that it runs. */
  const rows = async (id: string): Promise<string[]> => (await owner.query<{ line: string }>(`select clock || case when ended_at is null then ' runs' when met then ' met' else ' dropped' end as line from ticket_clock where ticket_id = $1 and unit_id is null order by clock, id`, [id])).rows.map(({ line }) => line)
  const danger = ['reassign hall warn', 'safe hall warn']

  const manhole = await open({ category: 'manhole-cover' })
  const begun = await store.records.get(manhole)
  t.match(begun, { version: 1, fields: { kind: null }, work: { hazard: true, hazardBy: 'category' } })
  t.same([await runs(manhole), await rows(manhole)], [danger, ['reassign runs', 'safe runs']])
  t.ok(begun.work.clocks.every(({ startedAt }) => startedAt === begun.openedAt))
  t.match(await store.records.history(manhole), [{ act: 'open', changes: { hazard: [false, true], category: [null, 'manhole-cover'] } }])
  t.match((await store.records.list({ state: 'open', limit: 5, offset: 0 })).tickets, [{ id: manhole, hazard: true, dueClock: 'reassign', dueAt: begun.work.clocks.find(({ clock }) => clock === 'reassign')?.at.urge }])
  const noise = await open({ category: 'noise' })
  const unsorted = await store.records.get(noise)
  t.match(unsorted, { version: 1, fields: { kind: null }, work: { hazard: false, clocks: [{ clock: 'reassign', unitId: null, startedAt: unsorted.openedAt, next: 'warn' }] } })
  t.same([await rows(noise), 'hazardBy' in unsorted.work, (await store.records.history(noise)).map(({ act, changes }) => [act, 'hazard' in changes])], [['reassign runs'], false, [['open', false]]])
  t.match((await store.records.list({ state: 'open', limit: 5, offset: 0, sort: 'due' })).tickets, [{ id: manhole }, { id: noise, hazard: false, dueClock: 'reassign', dueAt: unsorted.work.clocks[0]?.at.urge }], 'it stands where its lateness belongs')
  t.same((await act(noise, 'edit', { changes: { kind: 'joint-service' } })).work.clocks, unsorted.work.clocks, 'a request: the same clock goes on')
  await act(noise, 'dispatch', { unitId: 'urban-management' })
  t.same(await rows(noise), ['reassign met'])
  t.equal(await giveHallClocks(store.pool, store.rules(), failed), 0, 'nothing is missing')

  // The kind is set afterwards: the same clocks go on.
  t.same((await act(manhole, 'edit', { changes: { kind: 'joint-service' } })).work.clocks, begun.work.clocks)
  t.same(await rows(manhole), ['reassign runs', 'safe runs'])
  t.same((await act(manhole, 'edit', { changes: { category: 'gas' } })).work.clocks.map(({ startedAt }) => startedAt), [begun.openedAt, begun.openedAt], 'another danger: as long as before')
  await act(manhole, 'dispatch', { unitId: 'gas-company' })
  t.same(await runs(manhole), ['delivery gas-company warn', 'safe hall warn'])
  await store.hall.delivered(manhole, 'gas-company', randomUUID())
  t.same(await rows(manhole), ['reassign met', 'safe met'], 'once each')

  // It leaves the hall in every other way, and comes back.
  const [asked, silent, mistake, settled, merged, voided] = [await open({ category: 'gas' }), await open({ category: 'gas' }), await open({ category: 'manhole-cover' }), await open({ category: 'gas' }), await open({ category: 'gas' }), await open({ category: 'gas' })]
  await act(asked, 'edit', { changes: { kind: 'consultation' } })
  await act(silent, 'edit', { changes: { kind: 'invalid' } })
  await act(mistake, 'edit', { changes: { category: 'noise' } })
  for (const [id, reassign] of [[asked, 'dropped'], [silent, 'dropped'], [mistake, 'runs']] as const) {
    const { state, work } = await store.records.get(id)
    t.same([state, work.hazard, work.clocks.map(({ clock }) => clock)], ['open', false, reassign === 'runs' ? ['reassign'] : []])
    t.same(await rows(id), [`reassign ${reassign}`, 'safe dropped'])
  }
  await act(settled, 'edit', { changes: { kind: 'fire' } })
  await act(settled, 'settle', { outcome: 'handed-over', note: '' })
  await act(merged, 'merge', { into: settled, note: '' }).then(() => t.fail('a closed ticket takes nobody in'), () => undefined)
  const main = await open({ category: 'gas' })
  await act(merged, 'merge', { into: main, note: '' })
  await act(voided, 'void', {}, leader)
  t.same(await Promise.all([settled, merged, voided].map(runs)), [[], [], []])
  t.same(await rows(settled), ['reassign met', 'safe dropped'])
  t.match(await store.records.get(main), { work: { members: 1, clocks: [{ clock: 'reassign', unitId: null }, { clock: 'safe', unitId: null, startedAt: (await store.records.get(merged)).openedAt }] } }, 'the one who called first')
  for (const id of [settled, voided]) {
    t.match(await act(id, 'reopen'), { state: 'open', work: { hazard: true } })
    t.same(await runs(id), danger, 'it lies in the hall again')
  }

  // Whoever opens it first knows less than whoever comes after him.
  const callId = randomUUID()
  const record = { callId, caller: { number: '', name: '', verified: false }, calledNumber: '110', state: 'answered', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: 1, queuedAt: 1, answeredAt: 1 } as const
  const opening = { operatorId: operator.id, answeredAt: Date.now(), callBack: false, place: '', callerName: '' }
  const bare = await store.records.openTicket({ ...opening, record })
  t.match(bare, { fields: { category: null }, work: { hazard: false, clocks: [{ clock: 'reassign', startedAt: bare.openedAt }] } })
  t.match(await store.records.openTicket({ ...opening, record: { ...record, category: 'gas' } }), { fields: { category: 'gas' }, work: { hazard: true, hazardBy: 'category' } })
  t.same(await runs(callId), danger)
  t.equal((await store.records.get(callId)).work.clocks.find(({ clock }) => clock === 'reassign')?.startedAt, bare.openedAt, 'as long as it is open')
  t.same((await store.records.history(callId)).map((row) => row.act), ['open', 'fill', 'graded'])
  t.equal((await store.records.openTicket({ ...opening, record: { ...record, category: 'gas' } })).version, 3, 'once')
  // What only the call's own row says the ticket begins with.
  const keyed = randomUUID()
  await store.records.saveCall({ ...record, callId: keyed, category: 'live-wire' })
  t.match(await store.records.openTicket({ ...opening, record: { ...record, callId: keyed } }), { version: 1, fields: { category: 'live-wire' }, work: { hazard: true } })
  t.same(await runs(keyed), danger)
  t.same((await verifyHistories(owner)).faults, [])
})

t.test('a word that somebody gave stands whatever kind follows it; a wrong kind or category, put right, makes nobody less late; and what an older program left running ends', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act } = await startCaseWork(store)
  const said = async (then: (id: string) => Promise<unknown>): Promise<unknown> => {
    const id = await open({ category: 'gas' })
    await act(id, 'prioritise', { priority: 'normal', hazard: false })
    await then(id)
    const { work: { hazard, clocks } } = await store.records.get(id)
    return [hazard, clocks.map(({ clock }) => clock).sort()]
  }
  const kind = (id: string, one: string): Promise<unknown> => act(id, 'edit', { changes: { kind: one } })
  t.same(await said(() => Promise.resolve()), [false, ['reassign']])
  t.same(await said((id) => kind(id, 'joint-service')), [false, ['reassign']])
  t.same(await said((id) => kind(id, 'police')), [false, []])
  t.same(await said(async (id) => { await kind(id, 'invalid'); await kind(id, 'joint-service') }), [false, ['reassign']])
  t.same(await said(async (id) => { await act(id, 'edit', { changes: { category: 'manhole-cover' } }); await kind(id, 'invalid'); await kind(id, 'joint-service') }), [true, ['reassign', 'safe']], 'he spoke of another matter')

  for (const [wrong, right] of [[{ kind: 'invalid' }, { kind: 'joint-service' }], [{ category: 'noise' }, { category: 'gas' }], [{ category: 'noise', kind: 'joint-service' }, { category: 'gas' }]]) {
    const id = await open({ category: 'gas' })
    const begun = await store.records.get(id)
    await act(id, 'edit', { changes: wrong })
    t.notOk((await store.records.get(id)).work.hazard)
    const back = await act(id, 'edit', { changes: right })
    t.same(back.work.clocks.map(({ clock, startedAt, next, at }) => [clock, startedAt, next, at]).sort(), begun.work.clocks.map(({ clock, startedAt, next, at }) => [clock, startedAt, next, at]).sort(), JSON.stringify(wrong))
    await act(id, 'edit', { changes: { kind: 'consultation' } })
    await act(id, 'settle', { outcome: 'answered' })
    await act(id, 'reopen')
    const anew = (await act(id, 'edit', { changes: { kind: 'joint-service' } })).work.clocks
    t.ok(anew.length === 2 && anew.every(({ startedAt }) => startedAt > begun.openedAt), 'what was opened again begins anew')
  }

  const question = await open({ category: 'noise' })
  await kind(question, 'joint-service')
  const { work } = await store.records.get(question)
  // As the program before today's left it.
  await owner.query(`update ticket set kind = 'consultation' where id = $1`, [question])
  t.equal(work.clocks.length, 1)
  t.equal(await giveHallClocks(store.pool, store.rules(), failed), 1)
  t.same((await store.records.get(question)).work.clocks, [])
  t.same((await owner.query(`select clock, met from ticket_clock where ticket_id = $1 and ended_at is not null`, [question])).rows, [{ clock: 'reassign', met: false }])
  t.equal(await giveHallClocks(store.pool, store.rules(), failed), 0, 'once')
  t.same((await verifyHistories(owner)).faults.filter(({ ticketId }) => ticketId !== question), [])
})

t.test('a danger that was answered while PostgreSQL was away has its clock as of the answer, and is shown with it meanwhile', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act } = await startCaseWork(store)
  await store.server?.stop('immediate')
  const [dispatched, left] = [await open({ category: 'gas' }), await open({ category: 'gas' })]
  const shown = await store.records.get(left)
  t.match(shown, { provisional: true, version: 1, work: { hazard: true, hazardBy: 'category', clocks: [{ clock: 'safe', unitId: null }, { clock: 'reassign', unitId: null }] } })
  await act(dispatched, 'dispatch', { unitId: 'gas-company' })
  await store.server?.start()
  await until('the journal to drain', () => store.records.status().database === 'up' && store.records.status().journal === 0)
  const kept = await store.records.get(left)
  t.match([kept.provisional, kept.work.clocks], [false, shown.work.clocks], 'as long as it was shown')
  t.ok(kept.work.clocks.every(({ startedAt }) => startedAt === kept.answeredAt && startedAt < kept.openedAt))
  t.match(await store.records.get(dispatched), { state: 'dispatched', unitId: 'gas-company' })
  t.same((await owner.query(`select clock, met, ended_at >= started_at as later from ticket_clock where ticket_id = $1 and clock = 'reassign'`, [dispatched])).rows, [{ clock: 'reassign', met: true, later: true }])
  t.same((await verifyHistories(owner)).faults, [])
})

t.test('what nobody sorts is told of, once, by whichever node: also where it was answered while PostgreSQL was away; a question ends it, and a kind that was wrong begins nothing anew', async (t) => {
  const [home, otherHome] = [temporaryHome(), temporaryHome()]
  const store = await openTestStore(home.path)
  const other = await openTestStore(otherHome.path, { node: 'b', databaseUrl: store.url, ownerUrl: store.ownerUrl })
  t.teardown(async () => { await other.close(); await store.close(); home.remove(); otherHome.remove() })
  const owner = asOwner(t, store)
  const { act, operator } = await startCaseWork(store)
  /** Answered so many minutes ago, and nobody knows what it is about. */
  const answered = (minutes: number): Parameters<typeof store.records.openTicket>[0] => {
    const answeredAt = Date.now() - minutes * 60_000
    return { operatorId: operator.id, answeredAt, callBack: false, place: '', callerName: '', record: { callId: randomUUID(), caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'answered', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: answeredAt, queuedAt: answeredAt, answeredAt } }
  }
  await store.server?.stop('immediate')
  const [here, there] = [answered(46), answered(31)]
  const ids = [here.record.callId, there.record.callId]
  const [shown] = [await store.records.openTicket(here), await other.records.openTicket(there)]
  t.match(shown, { provisional: true, work: { hazard: false, clocks: [{ clock: 'reassign', startedAt: here.answeredAt }] } })
  await store.server?.start()
  for (const { records } of [store, other]) await until('the journals to drain', () => records.status().database === 'up' && records.status().journal === 0, 30_000)
  t.match((await store.records.get(here.record.callId)).work.clocks, shown.work.clocks, 'as long as it was shown')

  const stages = async (): Promise<string[]> => (await owner.query<{ said: string }>(`select array_position($1::uuid[], ticket_id) || ' ' || act as said from ticket_history where ticket_id = any($1) and changes ? 'clock' order by array_position($1::uuid[], ticket_id), version`, [ids])).rows.map(({ said }) => said)
  const whole = ['1 warn', '1 urge-clock', '1 supervise-clock', '2 warn', '2 urge-clock']
  // What was acknowledged at the other node is waited for, then all of it comes.
  await until('what is due', async () => { await Promise.all([store.clocks.fireDue(), other.clocks.fireDue(), other.clocks.fireDue()]); return (await stages()).length >= whole.length }, 60_000)
  await Promise.all([store.clocks.fireDue(), other.clocks.fireDue()])
  t.same(await stages(), whole)
  await store.records.openTicket(here)
  await other.records.openTicket(here)
  t.same((await stages()).length, whole.length, 'a replay begins nothing')
  t.equal((await owner.query(`select from ticket_clock where ticket_id = any($1)`, [ids])).rowCount, 2)

  const told = async (id: string): Promise<string[]> => (await store.hall.notices(null)).filter(({ ticketId }) => ticketId === id).map(({ kind, clock, unsorted }) => `${kind} ${clock ?? ''} ${String(unsorted)}`).sort()
  t.same(await told(here.record.callId), ['supervise reassign true', 'urge reassign true', 'warn reassign true'], 'the hall, that it is to be sorted')
  t.same((await store.records.list({ late: true, limit: 5, offset: 0, sort: 'due' })).tickets.map(({ id, dueClock }) => [id, dueClock]), ids.map((id) => [id, 'reassign']), 'and it stands first of what is late')
  t.same((await store.hall.board(null)).reduce((sum, { late }) => sum + late, 0), 2)

  const begun = (await store.records.get(here.record.callId)).work.clocks
  for (const kind of ['consultation', 'police']) {
    await act(here.record.callId, 'edit', { changes: { kind } })
    t.same([(await store.records.get(here.record.callId)).work.clocks, await told(here.record.callId)], [[], []], `${kind}: it is sorted, and its alarm is over`)
    const back = await act(here.record.callId, 'edit', { changes: { kind: 'joint-service', category: kind === 'police' ? 'road' : 'noise' } })
    t.match(back.work.clocks, begun.map(({ at: { notice }, startedAt }) => ({ clock: 'reassign', startedAt, next: 'notice', at: { notice } })), 'as late as it was, by which stages came')
    t.same(await told(here.record.callId), ['supervise reassign undefined'], 'the last of them is told again')
  }
  await Promise.all([store.clocks.fireDue(), other.clocks.fireDue()])
  t.same(await stages(), whole, 'none comes twice')
  await act(there.record.callId, 'dispatch', { unitId: 'urban-management' })
  t.same((await owner.query(`select met, ended_at > due_at as late from ticket_clock where ticket_id = $1 and clock = 'reassign'`, [there.record.callId])).rows, [{ met: true, late: true }])
  t.same((await verifyHistories(owner)).faults, [])
})

t.test('what was answered at a node whose clock is wrong, while PostgreSQL was away, is counted from then all the same', async (t) => {
  for (const wrong of [-20 * 60_000, 20 * 60_000]) {
    const home = temporaryHome()
    const clock = (): number => Date.now() + wrong
    const store = await openTestStore(home.path, { clock })
    t.teardown(async () => { await store.close(); home.remove() })
    await store.server?.stop('immediate')
    const [truly, answeredAt] = [Date.now(), clock()]
    const callId = randomUUID()
    const shown = await store.records.openTicket({ operatorId: '', answeredAt, callBack: false, place: '', callerName: '', record: { callId, caller: { number: '', name: '', verified: false }, calledNumber: '110', state: 'answered', class: 'standard', category: 'gas', language: 'zh-CN', tags: [], path: [], createdAt: answeredAt, queuedAt: answeredAt, answeredAt } })
    t.match(shown, { provisional: true, work: { clocks: [{ clock: 'safe' }, { clock: 'reassign' }] } })
    await store.server?.start()
    await until('the journal to drain', () => store.records.status().database === 'up' && store.records.status().journal === 0)
    const { work } = await store.records.get(callId)
    t.equal(work.clocks.length, 2)
    for (const { startedAt } of work.clocks) t.ok(Math.abs(startedAt - truly) < 60_000, `${startedAt - truly} ms off`)
  }
})

t.test('that it is a danger, learnt from the call when a unit has the ticket already, counts for that unit', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { act, operator } = await startCaseWork(store)
  const now = Date.now()
  const record = { callId: randomUUID(), caller: { number: '', name: '', verified: false }, calledNumber: '110', state: 'answered', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } as const
  const opening = { operatorId: operator.id, answeredAt: now, callBack: false, place: '', callerName: '' }
  const { id } = await store.records.openTicket({ ...opening, record })
  await act(id, 'dispatch', { unitId: 'gas-company' })
  await store.hall.delivered(id, 'gas-company', randomUUID())
  t.match(await store.records.get(id), { work: { hazard: false } })
  const known = await store.records.openTicket({ ...opening, record: { ...record, category: 'gas' } })
  t.match(known, { state: 'dispatched', fields: { category: 'gas' }, work: { hazard: true, safeAt: null } })
  t.same(known.work.clocks.map(({ clock, unitId }) => `${clock} ${unitId ?? 'hall'}`).filter((one) => /^(safe|delivery)/.test(one)).sort(), ['delivery gas-company', 'safe gas-company'])
  t.ok((await store.hall.notices(['gas-company'])).some(({ kind, hazard }) => kind === 'raised' && hazard), 'and it hears of it')
  t.same((await store.records.history(id)).map((row) => row.act).slice(-2), ['fill', 'graded'])
  t.equal((await store.records.openTicket({ ...opening, record: { ...record, category: 'gas' } })).version, known.version, 'once')
  t.same((await verifyHistories(owner)).faults, [])
})
