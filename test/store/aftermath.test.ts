import { randomUUID } from 'node:crypto'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { Pool } from 'pg'
import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import { startClockwork } from '../../src/dispatch/clockwork.js'
import { makeAftermath } from '../../src/store/aftermath.js'
import { makePresence } from '../../src/store/presence.js'
import { makeTicketActs } from '../../src/store/ticket-acts.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, startTestServer, temporaryHome, until } from '../helpers/database.js'

t.setTimeout(200_000)

/** The way to PostgreSQL, which somebody shuts. */
async function startGate(port: number) {
  let shut = false
  const all = new Set<Socket>()
  const server = createServer((near) => {
    if (shut) { near.destroy(); return }
    const far = connect(port, '127.0.0.1')
    for (const one of [near, far]) { all.add(one); one.on('error', () => undefined); one.on('close', () => { near.destroy(); far.destroy(); all.delete(one) }) }
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const cut = (): void => { shut = true; for (const one of all) one.destroy() }
  return { port: (server.address() as AddressInfo).port, cut, mend() { shut = false }, close: () => new Promise<void>((resolve) => { cut(); server.close(() => { resolve() }) }) }
}

t.test('what was done in time while PostgreSQL was away, and acknowledged, is urged by nobody when it is back', async (t) => {
  const home = temporaryHome()
  const server = await startTestServer(join(home.path, 'pg'))
  const gate = await startGate(Number(new URL(server.ownerUrl).port))
  const url = new URL(server.ownerUrl)
  url.port = String(gate.port)
  const store = await openTestStore(home.path, { databaseUrl: url.href, deadline: 1_000 })
  const direct = new Pool({ connectionString: server.ownerUrl, max: 2 })
  direct.on('error', () => undefined)
  t.teardown(async () => { await store.close(); await direct.end(); await gate.close(); await server.stop(); home.remove() })
  const { open, act, people } = await startCaseWork(store, { loginName: 'works', displayName: '值班员', role: 'unit', unitId: 'municipal-works' })
  const unit = people.find(({ role }) => role === 'unit') as Self
  const ids: string[] = []
  for (let n = 0; n < 20; n += 1) {
    const id = await open({ category: 'noise', place: `工地 ${n}` })
    await act(id, 'dispatch', { unitId: 'municipal-works' })
    await store.hall.delivered(id, 'municipal-works', randomUUID())
    ids.push(id)
  }
  const [late = '', ...signed] = ids
  const clockwork = startClockwork({ store: store.clocks, onFired: () => undefined, onLate: () => undefined, onError: () => undefined })
  t.teardown(() => clockwork.close())
  // The time for signing is over in 5 s.
  const now = Date.now()
  const at = { warn: now + 4_000, urge: now + 5_000, supervise: now + 6_000, notice: now + 600_000 }
  await direct.query(`with moved as (update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(case when c ->> 'clock' = 'sign' then jsonb_set(c, '{at}', $2::jsonb) else c end) from jsonb_array_elements(work -> 'clocks') c)) where id = any($1) returning id)
    update ticket_clock set next_at = to_timestamp($3::float8 / 1000) where ticket_id in (select id from moved) and clock = 'sign' and ended_at is null`, [ids, JSON.stringify(at), at.warn])
  for (const id of ids) await store.records.get(id)
  gate.cut()
  for (const id of signed) t.equal((await store.records.act(id, { actId: randomUUID(), act: 'sign', baseVersion: 3, note: '' }, unit)).stored, 'journal')
  t.ok(Date.now() < at.warn, 'all of it was in time')
  t.equal(store.keptActs().size, signed.length)
  await until('the limits to be over', () => Date.now() > at.supervise)
  gate.mend()
  await until('the journal to be empty', () => store.records.status().journal === 0, 60_000)
  await until('what nobody signed to be supervised', async () => (await direct.query(`select from ticket_history where ticket_id = $1 and act = 'supervise-clock'`, [late])).rowCount === 1, 60_000)
  t.same((await direct.query(`select act from ticket_history where ticket_id = any($1) and changes -> 'clock' ->> 1 = 'sign'`, [signed])).rows, [])
  t.same((await direct.query(`select met, count(*)::int as n from ticket_clock where ticket_id = any($1) and clock = 'sign' group by met`, [signed])).rows, [{ met: true, n: signed.length }])
})

t.test('a journal that is not drained is waited for, on every node, but not for ever; a unit’s danger waits for one’s own alone', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const kept = new Set<string>()
  let clock = 0
  const aftermath = makeAftermath(store.pool, 'a', () => kept, () => clock)
  const here = makePresence(store.pool, 'a')
  await here.beat(0, {})
  t.same(await aftermath.waiting(), { tickets: new Set(), others: false })

  await t.test('its own', async (t) => {
    kept.add('one')
    t.same(await aftermath.waiting(), { tickets: kept, others: false })
    clock += 31_000
    t.same(await aftermath.waiting(), { tickets: new Set(), others: false }, 'for half a minute')
    kept.clear()
    await aftermath.waiting()
    kept.add('two')
    t.same((await aftermath.waiting()).tickets, kept, 'and anew the next time')
    kept.clear()
    t.same(await aftermath.waiting(), { tickets: new Set(), others: false })
  })

  await t.test('another node’s', async (t) => {
    let acts = 3
    const there = makePresence(store.pool, 'b', undefined, undefined, () => acts)
    await owner.query(`insert into node_presence (node, able, at) values ('b', 0, now() - interval '1 minute')`)
    t.equal((await aftermath.waiting()).others, false, 'nobody asks while PostgreSQL was never away')
    aftermath.lost()
    t.equal((await aftermath.waiting()).others, true, 'it has not said anything since')
    clock += 2_000
    await there.beat(0, {})
    t.equal((await aftermath.waiting()).others, true, 'it keeps some')
    clock += 20_000
    await there.beat(0, {})
    t.equal((await aftermath.waiting()).others, true)
    acts = 0
    await there.beat(0, {})
    t.equal((await aftermath.waiting()).others, false)

    await owner.query(`update node_presence set at = now() - interval '1 minute' where node = 'b'`)
    aftermath.lost()
    t.equal((await aftermath.waiting()).others, true)
    clock += 5_001
    t.equal((await aftermath.waiting()).others, false, 'one that is dead is waited for until it would have spoken')
  })

  await t.test('which clocks', async (t) => {
    const { open, act } = await startCaseWork(store)
    const [mine, theirs, far] = [await open({ category: 'gas' }), await open({ category: 'gas' }), await open({ category: 'gas' })]
    for (const id of [mine, theirs]) {
      await act(id, 'dispatch', { unitId: 'gas-company' })
      await store.hall.delivered(id, 'gas-company', randomUUID())
    }
    await act(far, 'dispatch', { unitId: 'gas-company' })
    await owner.query(`with moved as (update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(jsonb_set(c, '{at,warn}', to_jsonb((extract(epoch from clock_timestamp()) * 1000)::bigint - 10))) from jsonb_array_elements(work -> 'clocks') c)) where id = any($1) returning id)
      update ticket_clock set next_at = clock_timestamp() - interval '10 ms' where ticket_id in (select id from moved) and ended_at is null`, [[mine, theirs, far]])
    const waits = { tickets: new Set([mine]), others: true }
    const acts = makeTicketActs(store.pool, store.rules, { lost: () => undefined, waiting: () => Promise.resolve(waits) })
    await acts.fireDue()
    const warned = async (id: string): Promise<unknown[]> => (await store.records.history(id)).flatMap(({ act: name, changes }) => (name === 'warn' ? [changes['clock']?.[1]] : []))
    t.same([await warned(mine), await warned(theirs), await warned(far)], [[], ['safe'], ['delivery']], 'of a danger that no unit has the other node may know more')
    waits.tickets.clear()
    waits.others = false
    await until('what waited to come', async () => { await acts.fireDue(); return (await warned(mine)).length > 2 && (await warned(theirs)).length > 2 && (await warned(far)).includes('safe') })

    // What is opened by the other node, as of the answer, and is none by the next line of its journal.
    const misdialled = randomUUID()
    const answeredAt = Date.now() - 50 * 60_000
    waits.others = true
    await store.records.openTicket({ operatorId: '', answeredAt, callBack: false, place: '', callerName: '', record: { callId: misdialled, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'answered', class: 'standard', category: 'gas', language: 'zh-CN', tags: [], path: [], createdAt: answeredAt, queuedAt: answeredAt, answeredAt } })
    await owner.query(`with moved as (update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(jsonb_set(c, '{at,warn}', to_jsonb((extract(epoch from clock_timestamp()) * 1000)::bigint - 10))) from jsonb_array_elements(work -> 'clocks') c)) where id = $1 returning id)
      update ticket_clock set next_at = clock_timestamp() - interval '10 ms' where ticket_id in (select id from moved)`, [misdialled])
    await acts.fireDue()
    await act(misdialled, 'edit', { changes: { kind: 'invalid' } })
    waits.others = false
    await acts.fireDue()
    t.same(await warned(misdialled), [])
  })
})
