import { randomUUID } from 'node:crypto'
import t from 'tap'
import { isUrgent } from '../../src/contracts/dispatch.js'
import type { Self } from '../../src/contracts/people.js'
import { propose } from '../../src/dispatch/core/routing.js'
import { makeTickets } from '../../src/dispatch/tickets.js'
import { verifyHistories } from '../../src/store/audit.js'
import { makeTicketActs } from '../../src/store/ticket-acts.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome } from '../helpers/database.js'

t.setTimeout(200_000)

t.test('what a terminal must hear of', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act, people } = await startCaseWork(store, ...['municipal-works', 'urban-management', 'drainage'].map((unitId) => ({ loginName: unitId, displayName: '值班员', role: 'unit' as const, unitId })), { loginName: 'boss', displayName: '值班长', role: 'supervisor' })
  const of = (role: Self['role']): Self => { const found = people.find((one) => one.role === role && (role !== 'unit' || one.unitId === 'municipal-works')); if (found === undefined) throw new Error(role); return found }
  const [unit, boss] = [of('unit'), of('supervisor')]
  /** Old notices that nobody confirmed. */
  const backlog = async (kind: string, unitId: string | null, ticketId: string): Promise<unknown> =>
    owner.query(`insert into outbox (kind, audience, channel, unit_id, ticket_id, body, created_at) select $1, case when $2::text is null then 'hall' else 'unit' end, 'terminal', $2, $3, jsonb_build_object('kind', $1::text, 'text', '{"zh":"","en":""}'::jsonb), now() - interval '2 days' + n * interval '1 second' from generate_series(1, 600) n`, [kind, unitId, ticketId])
  /** As if so many ms had passed for this clock of a ticket. → whether a stage came */
  async function pass(id: string, clock: string, ms: number): Promise<void> {
    await owner.query(`with moved as (update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(case when c ->> 'clock' <> $3 then c else jsonb_set(c, '{at}', (select jsonb_object_agg(key, value::bigint - $2) from jsonb_each_text(c -> 'at'))) end) from jsonb_array_elements(work -> 'clocks') c)) where id = $1 returning id)
      update ticket_clock set next_at = next_at - $2 * interval '1 ms' where ticket_id in (select id from moved) and clock = $3 and ended_at is null`, [id, ms, clock])
    await store.clocks.fireDue()
  }
  const kindsOf = async (id: string): Promise<string[]> => (await store.hall.notices(null)).filter(({ ticketId }) => ticketId === id).map(({ kind }) => kind)

  await t.test('the receipt of what a unit was told before says nothing of what it is told now', async () => {
    await owner.query(`insert into unit_channel (unit_id, channel, address, secret) values ('drainage', 'webhook', 'https://hook.example/late', 'k')`)
    const drainage = people.find(({ unitId }) => unitId === 'drainage')
    const hookOf = async (id: string, kind: string): Promise<string> => (await owner.query<{ id: string }>(`select id from outbox where ticket_id = $1 and kind = $2 and channel = 'webhook'`, [id, kind])).rows[0]?.id ?? ''
    const awaited = async (id: string): Promise<string[]> => (await store.records.get(id)).work.clocks.flatMap(({ clock, tells }) => (clock === 'delivery' ? [tells ?? 'dispatch'] : []))
    const [graver, again] = [await open(), await open()]
    for (const id of [graver, again]) {
      await act(id, 'dispatch', { unitId: 'drainage' })
      await act(id, 'sign', {}, drainage)
    }
    await act(graver, 'prioritise', { priority: 'emergency', hazard: true })
    await act(again, 'report', { result: 'done', photos: [] }, drainage)
    await act(again, 'redo')
    for (const [id, kind] of [[graver, 'raised'], [again, 'redo']] as const) {
      t.equal(await store.hall.delivered(id, 'drainage', await hookOf(id, 'dispatch')), null)
      t.same(await awaited(id), [kind])
      t.ok(await store.hall.delivered(id, 'drainage', await hookOf(id, kind)))
      t.same(await awaited(id), [])
    }

    // Nor where what it was told before had not been confirmed either; and once more is not twice.
    const waiting = await open()
    await act(waiting, 'dispatch', { unitId: 'drainage' })
    await act(waiting, 'prioritise', { priority: 'urgent', hazard: false })
    await act(waiting, 'prioritise', { priority: 'emergency', hazard: true })
    const hooks = (await owner.query<{ id: string }>(`select id from outbox where ticket_id = $1 and channel = 'webhook' order by created_at`, [waiting])).rows.map(({ id }) => id)
    t.equal(hooks.length, 3)
    for (const [n, id] of hooks.entries()) {
      await owner.query('update outbox set receipt_at = now(), sent_at = now(), next_at = null where id = $1', [id])
      t.ok(await store.hall.delivered(waiting, 'drainage', id))
      t.same(await awaited(waiting), n < 2 ? ['raised'] : [])
    }
    const once = await open()
    await act(once, 'dispatch', { unitId: 'drainage' })
    await act(once, 'sign', {}, drainage)
    await act(once, 'prioritise', { priority: 'emergency', hazard: false })
    await act(once, 'edit', { changes: { place: '龙门大道 88 号' } })
    await owner.query(`update outbox set sent_at = now(), next_at = null where ticket_id = $1 and channel = 'webhook'`, [once])
    await pass(once, 'delivery', 26_000)
    const [corrected, told, more] = ['changed', 'raised', 'raised'].map((kind, n) => `select id from outbox where ticket_id = $1 and kind = '${kind}' and channel = 'webhook' order by created_at ${n === 2 ? 'desc' : ''} limit 1`)
    const of1 = async (query = ''): Promise<string> => (await owner.query<{ id: string }>(query, [once])).rows[0]?.id ?? ''
    t.not(await of1(told), await of1(more))
    await owner.query('update outbox set receipt_at = now() where id = $1', [await of1(corrected)])
    t.ok(await store.hall.delivered(once, 'drainage', await of1(corrected)))
    t.same(await awaited(once), [], 'what came again had been told before')
    await owner.query(`delete from unit_channel where unit_id = 'drainage'`)
  })

  await t.test('an alarm is told however many reports nobody put away; what one unit does not read holds nothing back from another', async (t) => {
    const old = await open()
    await backlog('disputed', null, old)
    const id = await open({ category: 'manhole-cover' })
    await act(id, 'dispatch', { unitId: 'drainage' })
    await pass(id, 'delivery', 46_000)
    t.same(await kindsOf(id), ['undelivered'])
    await backlog('dispatch', 'gas-company', old)
    await backlog('urge', 'drainage', old)
    t.same((await store.hall.notices(['gas-company', 'drainage'])).flatMap(({ unitId, ticketId, kind }) => (ticketId === id ? [`${unitId ?? ''} ${kind}`] : [])), ['drainage dispatch'])
    // However much comes after it: work and alarms are not pushed out by news.
    await owner.query(`update outbox set created_at = now() - interval '3 days' where ticket_id = $1`, [id])
    t.same(await kindsOf(id), ['undelivered'])
    t.ok((await store.hall.notices(['drainage'])).some(({ ticketId }) => ticketId === id))
    const heard = await store.hall.notices(null)
    t.same(heard.map(({ at }) => at), heard.map(({ at }) => at).sort((a, b) => a - b), 'the newest last')
    await owner.query('delete from outbox where ticket_id = $1', [old])
  })

  await t.test('what a unit has to confirm has no age: an office that is closed over Spring Festival hears of it when it opens', async (t) => {
    const ids = [await open(), await open(), await open()] as const
    const [away, sent, handled] = ids
    for (const id of ids) await act(id, 'dispatch', { unitId: 'telecom', assist: ['drainage'] })
    await act(sent, 'reassign', { unitId: 'municipal-works' })
    await act(handled, 'deliver', { how: 'phone', unitId: 'telecom' })
    await pass(away, 'delivery', 46_000)
    await owner.query(`update outbox set created_at = created_at - interval '9 days' where ticket_id = any($1)`, [ids])
    await owner.query(`update ticket_clock set started_at = started_at - interval '9 days' where ticket_id = any($1)`, [ids])
    await owner.query(`update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(c || jsonb_build_object('startedAt', (c ->> 'startedAt')::bigint - 9 * 86400000)) from jsonb_array_elements(work -> 'clocks') c)) where id = any($1)`, [ids])
    const told = async (units: readonly string[] | null): Promise<string[]> => [...new Set((await store.hall.notices(units)).flatMap(({ unitId, about, ticketId, kind }) => (ids.includes(ticketId) ? [`${ids.indexOf(ticketId)} ${unitId ?? about ?? ''} ${kind}`] : [])))].sort()
    t.same(await told(['telecom']), ['0 telecom dispatch'], 'but what went elsewhere, or was told by telephone, is news of last week')
    t.same(await told(['drainage']), ['0 drainage dispatch', '1 drainage dispatch', '2 drainage dispatch'], 'who assists hears as well')
    t.same(await told(null), ['0 drainage undelivered', '0 telecom undelivered'], 'and the hall is alarmed as long as it has not')
    const [notice] = await store.hall.notices(['telecom'])
    await store.hall.confirm(notice?.id ?? '', 'telecom')
    await store.hall.delivered(away, 'telecom', notice?.id ?? '')
    t.same((await store.records.get(away)).work.clocks.map(({ clock, unitId }) => `${clock} ${unitId ?? ''}`).sort(), ['delivery drainage', 'report telecom', 'sign telecom'])
    t.same(await told(null), ['0 drainage undelivered'])
  })

  await t.test('a request that came without a call rings in the hall, and has a clock until a unit has it; a danger has its own', async (t) => {
    const file = (category: string) => store.citizens.file({ operatorId: '', answeredAt: Date.now(), callBack: false, place: '定鼎路 8 号', callerName: '', record: { callId: randomUUID(), caller: { number: '', name: '', verified: false }, calledNumber: 'open311', state: 'ended', class: 'standard', category, language: 'zh-CN', tags: [], path: [], createdAt: Date.now(), queuedAt: Date.now(), answeredAt: Date.now() } }, '一股煤气味', 'open311-app')
    const heard = async (id: string): Promise<string[]> => (await store.hall.notices(null)).flatMap((notice) => (notice.ticketId === id ? [`${notice.kind} ${notice.clock ?? ''} ${isUrgent(notice) ? 'urgent' : 'news'}`] : []))
    const gas = await file('gas')
    t.match(gas, { state: 'open', version: 2, fields: { kind: 'joint-service', description: '一股煤气味' }, work: { hazard: true, safeAt: null }, tags: [{ key: 'channel', value: 'open311-app' }] })
    const safe = gas.work.clocks.find(({ clock }) => clock === 'safe')
    t.same(gas.work.clocks.map(({ clock, unitId, at, startedAt }) => [clock, unitId, Math.round((at.urge - startedAt) / 60_000)]), [['safe', null, 30], ['reassign', null, 30]])
    t.same(await heard(gas.id), ['filed safe urgent'], 'and sounds on every page of the hall')
    await pass(gas.id, 'reassign', 31 * 60_000)
    await pass(gas.id, 'safe', 23 * 60_000)
    t.same((await heard(gas.id)).sort(), ['filed safe urgent', 'urge reassign news', 'warn reassign news', 'warn safe urgent'])
    await act(gas.id, 'dispatch', { unitId: 'gas-company' })
    t.notOk((await kindsOf(gas.id)).includes('filed'), 'somebody has it')
    t.match((await store.records.get(gas.id)).work.clocks.find(({ clock }) => clock === 'safe'), { unitId: null, startedAt: safe?.startedAt }, 'the danger did not wait for it')
    const given = await store.hall.delivered(gas.id, 'gas-company', randomUUID())
    t.match(given?.work.clocks.find(({ clock }) => clock === 'safe'), { unitId: 'gas-company', startedAt: given?.work.deliveredAt, next: 'warn' }, 'who has it late has all of its time')
    t.match((await owner.query(`select unit_id, met, ended_at is null as runs from ticket_clock where ticket_id = $1 and clock = 'safe' order by id`, [gas.id])).rows, [{ unit_id: null, met: true, runs: false }, { unit_id: 'gas-company', met: null, runs: true }])
    const told = async (): Promise<string[]> => (await owner.query<{ line: string }>(`select kind || ' ' || coalesce(unit_id, 'hall') as line from outbox where ticket_id = $1 and body ->> 'clock' = 'safe' and channel = 'terminal' order by created_at, unit_id`, [gas.id])).rows.map(({ line }) => line)
    const before = (await told()).length
    for (const ms of [31, 15, 15]) await pass(gas.id, 'safe', ms * 60_000)
    t.same((await told()).slice(before), ['warn gas-company', 'warn hall', 'urge gas-company', 'urge hall', 'supervise gas-company', 'supervise hall', 'notice gas-company', 'notice hall'], 'and is urged, as is the hall')

    const noise = await file('noise')
    t.match(noise, { work: { hazard: false, clocks: [{ clock: 'reassign', unitId: null }] } })
    t.same(await heard(noise.id), ['filed  news'])
    await act(noise.id, 'settle', { outcome: 'answered' })
    t.same(await heard(noise.id), [])

    // Nobody's danger yet, and called none: its clock ends; one that follows another hands it over.
    const none = await file('gas')
    t.match(await act(none.id, 'prioritise', { priority: 'normal', hazard: false }), { state: 'open', work: { hazard: false, clocks: [{ clock: 'reassign' }] } })
    const [main, member] = [await open({ category: 'noise' }), await file('gas')]
    await act(member.id, 'merge', { into: main })
    t.match(await store.records.get(main), { state: 'open', work: { hazard: true, clocks: [{ clock: 'reassign', unitId: null }, { clock: 'safe', unitId: null, startedAt: member.work.clocks[0]?.startedAt }] } })
    t.same((await verifyHistories(owner)).faults.filter(({ ticketId }) => [noise.id, none.id, main, member.id].includes(ticketId)), [])

    // What the hall was alarmed of does not fall silent with the ticket that follows: by hand, and by itself.
    const alarmed = await file('gas')
    for (const ms of [23, 8]) await pass(alarmed.id, 'safe', ms * 60_000)
    t.same((await heard(alarmed.id)).filter((line) => line.includes('safe')).sort(), ['filed safe urgent', 'urge safe urgent', 'warn safe urgent'])
    const [leads, gathers] = [await open({ category: 'noise' }), await open({ category: 'noise' })]
    await act(alarmed.id, 'merge', { into: leads })
    t.same([await heard(alarmed.id), await heard(leads)], [[], ['urge safe urgent']])
    const { number } = await store.records.get(leads)
    t.match((await store.hall.notices(null)).filter(({ ticketId }) => ticketId === leads), [{ number, clock: 'safe' }])
    const drawn = await open({ category: 'gas' })
    for (const ms of [23, 8]) await pass(drawn, 'safe', ms * 60_000)
    await makeTicketActs(store.pool, store.rules).gather({ main: gathers, members: [drawn], beside: [], raised: false })
    t.same([(await store.records.get(drawn)).state, await heard(drawn), await heard(gathers)], ['merged', [], ['urge safe urgent']])
    await act(gathers, 'dispatch', { unitId: 'gas-company' })
    await act(gathers, 'deliver', { how: 'phone', unitId: 'gas-company' })
    t.same((await verifyHistories(owner)).faults.filter(({ ticketId }) => [leads, gathers].includes(ticketId)), [])

    // One that came to its last stage there does so once more with whoever takes it over; and the history of each is true.
    const [forgotten, second] = [await file('gas'), await open({ category: 'noise' })]
    await pass(forgotten.id, 'safe', 61 * 60_000)
    t.match((await store.records.get(forgotten.id)).work.clocks.find(({ clock }) => clock === 'safe'), { next: null })
    await act(forgotten.id, 'merge', { into: second })
    const heardOf = async (): Promise<string[]> => (await store.records.history(second)).map((row) => row.act)
    t.notOk((await heardOf()).includes('notice-clock'))
    await store.clocks.fireDue()
    t.ok((await heardOf()).includes('notice-clock'))
    t.match((await store.records.get(second)).work.clocks.find(({ clock }) => clock === 'safe'), { unitId: null, next: null, startedAt: forgotten.work.clocks[0]?.startedAt })
    t.same((await verifyHistories(owner)).faults.filter(({ ticketId }) => ticketId === second), [])
  })

  await t.test('a live wire is a danger by itself, as an open manhole and gas are: from the first set of rules', async (t) => {
    const rules = store.rules()
    const proposal = propose({ category: 'live-wire', area: null, priority: 'normal', hazard: false, now: Date.now() }, rules)
    t.match(proposal, { hazard: true, lead: { unitId: 'power-supply', duties: ['LW-01'], why: { zh: /^LW-01（.*）$/ } }, assist: [{ unitId: 'street-lighting' }, { unitId: 'telecom' }], safe: null })
    t.same(proposal.clocks.map(({ clock, minutes, hours }) => `${clock} ${minutes} ${hours}`), ['sign 5 always', 'arrive 45 always', 'safe 45 always', 'repair 180 always', 'report 300 always'])
    const day = new Map([...rules.units].map(([id, unit]) => [id, id === 'power-supply' ? { ...unit, standby: false, hours: [] } : unit]))
    t.match(propose({ category: 'live-wire', area: null, priority: 'normal', hazard: false, now: Date.now() }, { ...rules, units: day }).safe, { unitId: 'fire-rescue', duties: ['LW-02'] }, 'who guards it while nobody is there who leads')
    // A key is a danger until somebody says what else it is: nobody waits for a kind.
    const id = await open({ category: 'live-wire' })
    const begun = await store.records.get(id)
    t.match(begun, { fields: { kind: null }, work: { hazard: true, hazardBy: 'category', clocks: [{ clock: 'safe', unitId: null }, { clock: 'reassign', unitId: null }] } })
    const settled = await act(id, 'edit', { changes: { kind: 'joint-service' } })
    t.match(settled, { work: { hazard: true } })
    t.same(settled.work.clocks.map(({ clock, unitId, at, startedAt }) => [clock, unitId, Math.round((at.urge - startedAt) / 60_000)]).sort(), [['reassign', null, 30], ['safe', null, 45]])
    t.same(settled.work.clocks, begun.work.clocks, 'the same clocks')
    await act(id, 'dispatch', { unitId: 'power-supply' })
    const given = await store.hall.delivered(id, 'power-supply', randomUUID())
    t.same(given?.work.clocks.map(({ clock }) => clock).sort(), ['arrive', 'repair', 'report', 'safe', 'sign'])
  })

  await t.test('a corrected place goes to the unit, by all its ways, once somebody has typed it; until it is confirmed the unit does not know it', async (t) => {
    await owner.query(`insert into unit_channel (unit_id, channel, address, secret) values ('municipal-works', 'webhook', 'https://hook.example/road', 'k')`)
    const id = await open({ category: 'manhole-cover', place: '中州中路' })
    await act(id, 'dispatch', { unitId: 'municipal-works' })
    const messages = async (): Promise<string[]> => (await owner.query<{ line: string }>(`select kind || ' ' || channel || ' ' || (body -> 'text' ->> 'zh') || ' ' || (body ->> 'place') as line from outbox where ticket_id = $1 and audience = 'unit' order by created_at, channel`, [id])).rows.map(({ line }) => line.replace(/\d{3,}-\d+|\S*\d{4,}\S*/, '#'))
    const due = async (): Promise<number[]> => (await owner.query<{ ms: number }>(`select (extract(epoch from next_at - clock_timestamp()) * 1000)::float8 as ms from outbox where ticket_id = $1 and kind = 'changed' order by created_at, channel`, [id])).rows.map(({ ms }) => ms)
    const shown = async (): Promise<string[]> => (await store.hall.notices(['municipal-works'])).flatMap((notice) => (notice.ticketId === id ? [`${notice.kind} ${notice.place}`] : []))
    const awaited = async (): Promise<string[]> => (await store.records.get(id)).work.clocks.flatMap(({ clock, tells }) => (clock === 'delivery' ? [tells ?? 'dispatch'] : []))
    const confirm = async (kind: string): Promise<void> => {
      const notice = (await store.hall.notices(['municipal-works'])).find((one) => one.ticketId === id && one.kind === kind)
      await store.hall.confirm(notice?.id ?? '', 'municipal-works')
      await store.hall.delivered(id, 'municipal-works', notice?.id ?? '')
    }
    await confirm('dispatch')
    await owner.query(`update outbox set next_at = null, sent_at = now() where ticket_id = $1 and channel = 'webhook'`, [id])
    t.same(await awaited(), [])
    for (const place of ['龙门', '龙门大道 8', '龙门大道 88 号']) await act(id, 'edit', { changes: { place } })
    await act(id, 'edit', { changes: { description: '井里有人' } })
    t.same((await messages()).filter((line) => line.startsWith('changed')), ['terminal', 'webhook'].map((way) => `changed ${way} 【险情】地点、情况更正 #：龙门大道 88 号 · 井里有人 龙门大道 88 号`), 'one message for all that was typed')
    t.ok((await due()).every((ms) => ms > 3_000 && ms <= 5_000), 'after a rest')
    t.same(await shown(), [], 'nor is it read while it is typed')
    t.same(await awaited(), ['changed'])
    await owner.query(`update outbox set next_at = now() where ticket_id = $1 and kind = 'changed'`, [id])
    t.same(await shown(), ['changed 龙门大道 88 号'])
    await confirm('changed')
    t.same(await awaited(), [])
    await act(id, 'edit', { changes: { point: { lat: 34.61, lon: 112.45 } } })
    t.match((await messages()).filter((line) => line.includes('位置更正')).map((line) => line.split(' ')[1]), ['terminal'], 'the webhook still waits and says it all')
    t.same((await messages()).filter((line) => line.startsWith('changed webhook')).length, 2, 'but what is under way, or due, may be gone')
    t.same((await verifyHistories(owner)).faults.filter(({ ticketId }) => ticketId === id), [])
    await act(id, 'settle', { outcome: 'other' })
    t.same(await shown(), ['closed 龙门大道 88 号'], 'and goes no further when the ticket is closed')

    // Who confirms what he was told before has not heard what he was told since.
    const late = await open({ category: 'manhole-cover' })
    await act(late, 'dispatch', { unitId: 'municipal-works' })
    await act(late, 'edit', { changes: { place: '龙门大道 88 号' } })
    const of = async (kind: string): Promise<string> => (await owner.query<{ id: string }>(`select id from outbox where ticket_id = $1 and kind = $2 and channel = 'webhook'`, [late, kind])).rows[0]?.id ?? ''
    t.equal((await owner.query<{ place: string }>(`select body ->> 'place' as place from outbox where id = $1`, [await of('dispatch')])).rows[0]?.place, '龙门大道 88 号', 'what did not go out yet says where it is')
    const clocks = async (): Promise<string[]> => (await store.records.get(late)).work.clocks.flatMap(({ clock, tells }) => (clock === 'delivery' ? [tells ?? 'dispatch'] : [clock])).sort()
    await owner.query('update outbox set receipt_at = now(), next_at = null where id = $1', [await of('dispatch')])
    await store.hall.delivered(late, 'municipal-works', await of('dispatch'))
    t.same(await clocks(), ['changed', 'repair', 'report', 'safe', 'sign'])
    await owner.query('update outbox set receipt_at = now(), next_at = null where id = $1', [await of('changed')])
    await store.hall.delivered(late, 'municipal-works', await of('changed'))
    t.same(await clocks(), ['repair', 'report', 'safe', 'sign'])

    // Who signs while somebody still types confirms all of it, whichever part he had signed.
    const typed = await open({ category: 'manhole-cover' })
    await act(typed, 'dispatch', { unitId: 'municipal-works' })
    await act(typed, 'edit', { changes: { place: '龙门' } })
    await act(typed, 'sign', {}, unit)
    await act(typed, 'edit', { changes: { place: '龙门大道 88 号' } })
    const { rows: [last, ...more] } = await owner.query<{ id: string; place: string }>(`update outbox set next_at = now() where ticket_id = $1 and kind = 'changed' and channel = 'terminal' returning id, body ->> 'place' as place`, [typed])
    t.match([last, more], [{ place: '龙门大道 88 号' }, []])
    await store.hall.confirm(last?.id ?? '', 'municipal-works')
    t.ok(await store.hall.delivered(typed, 'municipal-works', last?.id ?? ''))
    t.notOk((await store.records.get(typed)).work.clocks.some(({ clock }) => clock === 'delivery'), 'and is not told again')

    // A danger does not wait behind what somebody still types.
    const graver = await open({ category: 'noise' })
    await act(graver, 'dispatch', { unitId: 'municipal-works' })
    await act(graver, 'sign', {}, unit)
    await owner.query(`update outbox set next_at = null, sent_at = now(), receipt_at = now() where ticket_id = $1`, [graver])
    await act(graver, 'edit', { changes: { place: '龙门大道 88 号' } })
    const ready = async (): Promise<string[]> => (await owner.query<{ line: string }>(`select kind || ' ' || channel as line from outbox where ticket_id = $1 and audience = 'unit' and next_at <= clock_timestamp() order by created_at, channel`, [graver])).rows.map(({ line }) => line)
    t.same(await ready(), [])
    await act(graver, 'prioritise', { priority: 'emergency', hazard: true })
    t.same((await ready()).filter((line) => line.endsWith('webhook')), ['changed webhook', 'raised webhook'])
    await owner.query(`delete from unit_channel where unit_id = 'municipal-works'`)
  })

  await t.test('what asks a unit to work goes no further when it said that it is done', async (t) => {
    await owner.query(`insert into unit_channel (unit_id, channel, address, secret) values ('municipal-works', 'webhook', 'https://hook.example/x', 'k')`)
    const id = await open()
    await act(id, 'dispatch', { unitId: 'municipal-works' })
    await act(id, 'sign', {}, unit)
    const waiting = async (): Promise<unknown[]> => (await owner.query(`select kind from outbox where ticket_id = $1 and channel = 'webhook' and next_at is not null order by created_at`, [id])).rows.map(({ kind }: { kind: string }) => kind)
    t.same(await waiting(), ['dispatch'])
    await act(id, 'report', { result: 'done', photos: [] }, unit)
    t.same(await waiting(), [])
    await act(id, 'redo')
    t.same(await waiting(), ['redo'], 'sent back, it is asked again')
    await owner.query(`delete from unit_channel where channel = 'webhook'`)
  })

  await t.test('what the hall takes out of the words for the complainant’s sake no unit reads any more, neither in the history nor in what it has not confirmed', async (t) => {
    const tickets = makeTickets({ store: store.records, side: store.attachments, knowsCategory: () => true, onActed: () => undefined })
    const id = await open()
    await act(id, 'edit', { changes: { description: '夜间施工，报警人尉迟女士 13900007731' } })
    await owner.query(`insert into unit_channel (unit_id, channel, address) values ('municipal-works', 'email', 'duty@works.example')`)
    t.teardown(() => owner.query(`delete from unit_channel where address = 'duty@works.example'`))
    await act(id, 'dispatch', { unitId: 'municipal-works', note: '带检漏仪' })
    const bodies = async (): Promise<Record<string, { readonly text: { readonly zh: string }; readonly letter?: { readonly zh: string } }>> => Object.fromEntries((await owner.query<{ channel: string; body: { text: { zh: string } } }>(`select channel, body from outbox where ticket_id = $1 and kind = 'dispatch'`, [id])).rows.map(({ channel, body }) => [channel, body]))
    const told = await bodies()
    t.match(told, { terminal: { text: { zh: /；接警中心：“带检漏仪”$/ } }, email: { letter: { zh: /情况：夜间施工，报警人尉迟女士[^]*时限：[^]*接警中心：带检漏仪/ } } })
    t.notOk((await store.hall.notices(['municipal-works'])).some((notice) => 'letter' in notice), 'a terminal shows the ticket itself')
    const reads = async (who: Self): Promise<boolean> => /尉迟|7731/.test(JSON.stringify([await tickets.get(who, id), await tickets.history(who, id), (await store.hall.notices(['municipal-works'])).filter(({ ticketId }) => ticketId === id)]))
    t.ok(await reads(unit))
    await act(id, 'protect', { privacy: 'identity-hidden' })
    await act(id, 'edit', { changes: { description: '夜间施工' } })
    t.notOk(await reads(unit))
    t.match((await store.hall.notices(['municipal-works'])).find(({ ticketId }) => ticketId === id), { kind: 'dispatch', place: '中州中路', text: { zh: /中州中路 · 夜间施工$/, en: /^New ticket/ } })
    t.notMatch(JSON.stringify(await bodies()), /尉迟|7731/, 'nor in a letter that is still here')
    t.ok((await tickets.history(unit, id)).some(({ act: name }) => name === 'edit'), 'that something was changed it reads')
    t.match(JSON.stringify(await tickets.history(boss, id)), /尉迟女士/, 'the hall has its history whole')
  })

  await t.test('a danger that somebody made safe is none in what another has still to read, and what nobody sorted is sorted once somebody did', async (t) => {
    const id = await open({ category: 'manhole-cover' })
    const of = async (unitId: string | null): Promise<unknown[]> => (await store.hall.notices(unitId === null ? null : [unitId])).filter(({ ticketId }) => ticketId === id).map(({ kind, hazard, unsorted }) => [kind, hazard, unsorted])
    await pass(id, 'reassign', 31 * 60_000)
    t.match((await of(null)).at(-1), ['urge', true, true])
    await act(id, 'edit', { changes: { kind: 'joint-service' } })
    t.match((await of(null)).at(-1), ['urge', true, false])
    await act(id, 'dispatch', { unitId: 'municipal-works', assist: ['drainage'] })
    t.same(await of('drainage'), [['dispatch', true, undefined]])
    await act(id, 'progress', { step: 'made-safe', photos: [] }, unit)
    t.same(await of('drainage'), [['dispatch', false, undefined]])
  })

  await t.test('what the hall was asked for is over when it was done', async (t) => {
    const id = await open()
    await act(id, 'dispatch', { unitId: 'municipal-works' })
    await act(id, 'sign', {}, unit)
    await act(id, 'ask-extension', { until: Date.now() + 30 * 86_400_000 }, unit)
    t.same(await kindsOf(id), ['extension-asked'])
    await act(id, 'answer-extension', { granted: false }, boss)
    t.same(await kindsOf(id), [])
    await act(id, 'report', { result: 'done', photos: [] }, unit)
    t.same(await kindsOf(id), ['reported'])
    await act(id, 'edit', { changes: { place: '别处' } })
    t.same(await kindsOf(id), ['reported'], 'until somebody does it')
    await act(id, 'visit', { result: 'not-satisfied' })
    t.same(await kindsOf(id), [])
    await act(id, 'redo')
    await act(id, 'report', { result: 'done', photos: [] }, unit)
    t.same(await kindsOf(id), ['reported'], 'and it may be asked for again')
  })

  await t.test('the history names whom a unit gave it to, the one that leads and one that assists', async (t) => {
    const id = await open()
    const helper = people.find(({ unitId }) => unitId === 'drainage') as Self
    await act(id, 'dispatch', { unitId: 'municipal-works', assist: ['drainage'] })
    await act(id, 'assign', { personId: unit.id }, unit)
    await act(id, 'assign', { personId: helper.id }, helper)
    await act(id, 'assign', { personId: null }, unit)
    const rows = (await store.records.history(id)).filter(({ act: name }) => name === 'assign')
    t.same(rows.map(({ names }) => names), [{ [unit.id]: unit.displayName }, { [helper.id]: helper.displayName }, { [unit.id]: unit.displayName }])
    t.notOk('names' in ((await store.records.history(id))[0] ?? {}))
  })

  await t.test('what the hall was told of a time limit, of an argument or of a referral is over with it; a danger that another has to guard now is not', async (t) => {
    const id = await open({ category: 'manhole-cover', place: '建设路' })
    await act(id, 'edit', { changes: { kind: 'joint-service' } })
    await pass(id, 'reassign', 32 * 60_000)
    await pass(id, 'safe', 46 * 60_000)
    const clocksOf = async (): Promise<string[]> => [...new Set((await store.hall.notices(null)).flatMap(({ ticketId, clock }) => (ticketId === id && clock !== undefined ? [clock] : [])))].sort()
    t.same(await clocksOf(), ['reassign', 'safe'])
    await act(id, 'dispatch', { unitId: 'municipal-works' })
    t.same(await clocksOf(), ['safe'], 'a unit is to have it; nobody guards it yet')
    await act(id, 'sign', {}, unit)
    t.same(await clocksOf(), ['safe'])
    const duty = (await owner.query<{ code: string }>(`select code from duty_rule where category = 'manhole-cover' and unit_id <> 'municipal-works' limit 1`)).rows[0]?.code
    await act(id, 'dispute', { duty }, unit)
    t.ok((await kindsOf(id)).includes('disputed'))
    const argued = (await owner.query<{ at: number }>(`select (work #>> '{disputes,0,at}')::float8 as at from ticket where id = $1`, [id])).rows[0]
    await act(id, 'answer-dispute', { unitId: 'municipal-works', at: argued?.at, note: '井盖标识属市政' }, boss)
    t.notOk((await kindsOf(id)).includes('disputed'), 'it is answered')
    t.match((await store.hall.notices(['municipal-works'])).find(({ kind, ticketId }) => kind === 'dispute-answered' && ticketId === id), { text: { zh: /权属异议未采纳/ } }, 'who argued hears it')
    await act(id, 'dispute', { duty }, unit)
    t.ok((await kindsOf(id)).includes('disputed'), 'and may say so again')
    await act(id, 'progress', { step: 'made-safe', photos: [] }, unit)
    t.same(await kindsOf(id), ['disputed'], 'safe')
    await act(id, 'reassign', { unitId: 'drainage', note: '权属在排水' }, boss)
    t.same(await kindsOf(id), [], 'whoever argued has it no more')
    await act(id, 'refer', { body: 'other', name: '管线产权单位', nextAt: Date.now() + 86_400_000 }, people.find(({ unitId }) => unitId === 'drainage'))
    t.same(await kindsOf(id), ['referred'])
    await act(id, 'confirm-receipt', { reference: 'A1' })
    t.same(await kindsOf(id), [])
  })

  /** Text messages that wait to go out, about a ticket: kind and to whom. */
  const messages = async (id: string): Promise<string[]> => (await owner.query<{ kind: string; address: string }>(`select kind, address from outbox where ticket_id = $1 and audience = 'person' order by created_at, kind`, [id])).rows.map(({ kind, address }) => `${kind} ${address}`)
  const HOUR = 3_600_000

  await t.test('a ruling is wanted of the person named for it, and he hears when his limit passes; meanwhile others make it safe', async (t) => {
    await owner.query(`insert into named_person (stage, name, channel, address) values ('ruling', '裁定人', 'sms', '13900000301')`)
    await owner.query(`with gone as (insert into person (id, login_name, display_name, role, disabled_at) values (gen_random_uuid(), 'gone', '离任', 'supervisor', now()) returning id)
      insert into named_person (stage, name, channel, address, person_id) select 'ruling', '离任', 'sms', '13900000302', id from gone`)
    const id = await open({ category: 'noise' })
    const other = people.find(({ unitId }) => unitId === 'urban-management') as Self
    const duties = (await owner.query<{ code: string; unit_id: string }>(`select code, unit_id from duty_rule where (category is null or category = 'noise') and area is null and valid_to is null`)).rows
    const notOf = (unitId: string): string => duties.find((one) => one.unit_id !== unitId && !duties.some((same) => same.code === one.code && same.unit_id === unitId))?.code ?? ''
    for (const who of [unit, other]) {
      await act(id, 'dispatch', { unitId: who.unitId })
      await act(id, 'return', { duty: notOf(who.unitId ?? '') }, who)
    }
    t.match(await store.records.get(id), { state: 'ruling', unitId: null })
    t.same(await messages(id), ['ruling-wanted 13900000301'])
    t.ok((await kindsOf(id)).includes('ruling-wanted'))
    await act(id, 'edit', { changes: { category: 'manhole-cover' } })
    await act(id, 'assist', { assist: ['drainage'] })
    t.match(await store.records.get(id), { state: 'ruling', work: { hazard: true, safeAt: null } })
    t.ok((await store.hall.notices(['drainage'])).some(({ ticketId, kind }) => ticketId === id && kind === 'dispatch'))
    t.match(await act(id, 'progress', { step: 'made-safe', photos: [] }, people.find(({ unitId }) => unitId === 'drainage')), { state: 'ruling', work: { safeAt: Number } })
    await pass(id, 'ruling', 5 * HOUR)
    t.same(await messages(id), ['ruling-wanted 13900000301', 'warn 13900000301', 'urge 13900000301'])
    await act(id, 'rule', { unitId: 'drainage', duty: (await owner.query<{ code: string }>(`select code from duty_rule where unit_id = 'drainage' and category = 'manhole-cover' limit 1`)).rows[0]?.code }, boss)
    t.notOk((await kindsOf(id)).includes('ruling-wanted'))
  })

  await t.test('another body that does not say that it took the case: the hall and who is named hear of it', async (t) => {
    await owner.query(`insert into named_person (stage, name, channel, address) values ('urge', '值班领导', 'sms', '13900000302')`)
    const id = await open()
    await act(id, 'edit', { changes: { kind: 'joint-service' } })
    await act(id, 'refer', { body: 'court', name: '法院', nextAt: Date.now() + 30 * 24 * HOUR })
    const due = (await store.records.get(id)).work.clocks.find(({ clock }) => clock === 'receipt')?.at.urge ?? 0
    await pass(id, 'receipt', due - Date.now() + 60_000)
    t.same(await messages(id), ['urge 13900000302'])
    t.same(await kindsOf(id), ['warn', 'urge'])
    await act(id, 'confirm-receipt', { reference: '民初 11 号' })
    t.match(await store.records.get(id), { state: 'closed', outcome: 'referred' })
  })

  await t.test('a danger that is learnt of after the merge is the main ticket’s; what that cannot take over stands by itself', async (t) => {
    const [main, member] = [await open({ category: 'ride-dispute' }), await open({ category: 'ride-dispute' })]
    await act(main, 'dispatch', { unitId: 'municipal-works' })
    await store.hall.delivered(main, 'municipal-works', '00000000-0000-4000-8000-0000000000aa')
    await act(member, 'merge', { into: main })
    await act(member, 'prioritise', { priority: 'emergency', hazard: true })
    t.match(await store.records.get(main), { work: { hazard: true, safeAt: null, priority: 'emergency', members: 1 } })
    t.ok((await store.hall.notices(['municipal-works'])).some(({ ticketId, kind }) => ticketId === main && kind === 'raised'))
    t.equal((await store.records.get(member)).state, 'merged')
    t.match((await store.records.history(main)).at(-1), { act: 'learnt', note: (await store.records.get(member)).number })

    const [live, wire] = [await open({ category: 'noise' }), await open({ category: 'noise' })]
    await act(live, 'dispatch', { unitId: 'municipal-works' })
    await act(wire, 'merge', { into: live })
    await act(wire, 'edit', { changes: { category: 'manhole-cover' } })
    t.match(await store.records.get(live), { work: { hazard: true, safeAt: null } }, 'a category alone says it too')

    const [over, late] = [await open(), await open()]
    await act(over, 'dispatch', { unitId: 'municipal-works' })
    await act(late, 'merge', { into: over })
    await act(over, 'sign', {}, unit)
    await act(over, 'report', { result: 'done', photos: [] }, unit)
    t.match(await act(late, 'edit', { changes: { category: 'manhole-cover' } }), { state: 'open', fields: { category: 'manhole-cover' }, work: { mergedInto: null, hazard: true } })
    t.same((await store.records.get(late)).work.clocks.map(({ clock, unitId }) => `${clock} ${unitId ?? 'hall'}`).sort(), ['reassign hall', 'safe hall'], 'nobody has it: the hall is reminded')
    t.match(await store.records.get(over), { state: 'reported', work: { members: 0 } })
    t.ok((await kindsOf(late)).includes('raised'), 'and the hall hears of it')
    })
})
