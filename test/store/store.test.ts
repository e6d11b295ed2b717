import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import type { TicketAct } from '../../src/contracts/ticket.js'
import type { CallRecord, TicketOpening } from '../../src/intake/ports.js'
import { makePeople } from '../../src/people/people.js'
import { startOfDay } from '../../src/store/lookups.js'
import { makePool } from '../../src/store/pool.js'
import { makeRecovery } from '../../src/store/recovery.js'
import { openTestStore, silent, temporaryHome, until } from '../helpers/database.js'

const record = (callId: string, more: Partial<CallRecord> = {}): CallRecord => ({
  callId, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'answered', class: 'standard', category: 'noise', language: 'zh-CN',
  tags: [{ key: 'category', value: 'noise', node: 'menu', at: 1 }], path: ['start', 'menu'], createdAt: Date.now() - 9_000, queuedAt: Date.now() - 9_000, answeredAt: Date.now(),
  location: { lat: 34.62, lon: 112.45 }, ...more,
})
const without = (record: CallRecord, name: keyof CallRecord): CallRecord => Object.fromEntries(Object.entries(record).filter(([key]) => key !== name)) as unknown as CallRecord
const opening = (callId: string, more: Partial<TicketOpening> = {}): TicketOpening => ({ record: record(callId), operatorId: '', answeredAt: Date.now(), callBack: false, place: '开元大道', callerName: '', ...more })
const edit = (changes: Extract<TicketAct, { act: 'edit' }>['changes'], baseVersion = 1): TicketAct => ({ actId: randomUUID(), act: 'edit', baseVersion, changes })

t.test('a store on a real PostgreSQL', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  await people.addPerson({ loginName: 'op1', displayName: '甲', role: 'operator', extension: '1001' }, 'correct horse')
  await people.addPerson({ loginName: 'op2', displayName: '乙', role: 'operator', extension: '1002' }, 'battery')
  const [op1, op2] = (await people.list('operator')) as [Self, Self]
  const { records } = store

  await t.test('one ticket for each call, whatever comes how often', async (t) => {
    const callId = randomUUID()
    const opened = await Promise.all(Array.from({ length: 60 }, () => records.openTicket(opening(callId, { operatorId: op1.id }))))
    t.equal(new Set(opened.map((ticket) => ticket.number)).size, 1)
    t.match(opened[0]?.number, /^\d{3}-\d{4}$/, 'short enough to read out')
    const counts = await store.pool.query(`select (select count(*)::int from ticket where id = $1) as tickets, (select count(*)::int from ticket_history where ticket_id = $1) as history,
      (select count(*)::int from audit where subject = $1::text) as audit, (select count(*)::int from graphile_worker.jobs where key = 'follow-up:' || $1) as jobs`, [callId])
    t.same(counts.rows[0], { tickets: 1, history: 1, audit: 1, jobs: 1 })
  })

  await t.test('the check digit catches every wrong digit and every swap of neighbours', async (t) => {
    const { rows } = await store.pool.query<{ label: string }>(`select ticket_label(n) as label from generate_series(100000, 100400) n`)
    const valid = new Set(rows.map(({ label }) => label.replace('-', '')))
    for (const label of valid) {
      for (let at = 0; at < label.length; at += 1) {
        for (let digit = 0; digit < 10; digit += 1) {
          const wrong = label.slice(0, at) + String(digit) + label.slice(at + 1)
          if (wrong !== label && valid.has(wrong)) t.fail(`${wrong} passes for ${label}`)
        }
        const swapped = label.slice(0, at) + (label[at + 1] ?? '') + (label[at] ?? '') + label.slice(at + 2)
        if (swapped !== label && valid.has(swapped)) t.fail(`${swapped} passes for ${label}`)
      }
    }
    t.equal(valid.size, 401)
  })

  await t.test('acts: history, repeats, conflicts', async (t) => {
    const { id } = await records.openTicket(opening(randomUUID(), { operatorId: op1.id }))
    const first = edit({ place: '开元大道与龙门大道交叉口' })
    t.equal((await records.act(id, first, op1)).ticket.version, 2)
    t.equal((await records.act(id, first, op1)).ticket.version, 2, 'the same act twice is one')
    await t.rejects(records.act(id, edit({ place: '别处' }, 1), op2), { code: 'ticket.conflict' }, 'the other saw an older place')
    t.equal((await records.act(id, edit({ description: '井盖丢失' }, 1), op2)).ticket.version, 3, 'another field is no conflict')
    t.equal((await records.act(id, edit({ kind: 'joint-service' }, 1), op1)).ticket.fields.description, '井盖丢失')
    const already: TicketAct[] = [edit({ kind: 'joint-service' }, 4), edit({ place: '开元大道与龙门大道交叉口', description: '井盖丢失' }, 3), { actId: randomUUID(), act: 'protect', baseVersion: 4, privacy: 'open', note: '' }]
    for (const one of already) t.equal((await records.act(id, one, op1)).ticket.version, 4, `${one.act}: what is so already was not done`)
    const dispatched = await records.act(id, { actId: randomUUID(), act: 'dispatch', baseVersion: 4, unitId: 'municipal-works', note: '请速处置' }, op1)
    t.match(dispatched.ticket, { state: 'dispatched', unitId: 'municipal-works' })
    t.equal((await records.act(id, { actId: randomUUID(), act: 'assist', baseVersion: 5, assist: [], note: '' }, op1)).ticket.version, 5, 'nor was it here')
    await records.act(id, { actId: randomUUID(), act: 'settle', baseVersion: 5, outcome: 'settled-on-the-spot', note: '' }, op1)
    await t.rejects(records.act(id, edit({ place: 'x' }, 6), op1), { code: 'ticket.illegal' })
    t.same((await records.history(id)).map((row) => [row.version, row.act, row.by?.displayName ?? null]), [[1, 'open', '甲'], [2, 'edit', '甲'], [3, 'edit', '乙'], [4, 'edit', '甲'], [5, 'dispatch', '甲'], [6, 'settle', '甲']])
    await t.rejects(store.pool.query('update ticket_history set note = $1', ['forged']), { code: '42501' })
    await t.rejects(store.pool.query('delete from audit'), { code: '42501' })
  })

  await t.test('what is known of a caller', async (t) => {
    await store.pool.query(`insert into citizen (number, name, address, hints) values ('13900000009', '周大爷', '中州路 1 号', '[{"kind":"deaf","text":"听力障碍"}]')`)
    const mine = randomUUID()
    await records.openTicket({ ...opening(mine), record: record(mine, { caller: { number: '13900000009', name: '', verified: true } }) })
    const context = await records.lookUp({ number: '13900000009', callId: randomUUID(), location: { lat: 34.6205, lon: 112.4505 }, category: 'noise' })
    t.match(context, { complete: true, knownName: '周大爷', hints: [{ kind: 'deaf' }], earlierTickets: [{ id: mine }] })
    t.ok(context.nearby.length >= 1 && context.nearby.every((ticket) => (ticket.distanceMetres ?? 1e9) < 500), 'open tickets of the category nearby')
  })

  await t.test('look-ups and lists that hang stand before no answer: they have connections of their own', async (t) => {
    const holder = await store.pool.connect()
    await holder.query('begin; lock table citizen in access exclusive mode')
    const asked = Promise.all(Array.from({ length: 20 }, () => records.lookUp({ number: '13900000009', callId: randomUUID() })))
    await until('the look-ups to hang', async () => ((await store.pool.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%from citizen%'`)).rowCount ?? 0) > 0)
    const opened = await Promise.all(Array.from({ length: 10 }, () => records.openTicket(opening(randomUUID()))))
    t.same([opened.filter(({ provisional }) => provisional).length, records.status()], [0, { database: 'up', journal: 0, rejected: 0 }], 'answers are written at once')
    await holder.query('rollback')
    holder.release()
    t.equal((await asked).length, 20, 'and the look-ups give up by themselves')
  })

  await t.test('an end that was our own reckoning is undone by who came back or was answered since, and by nothing older', async (t) => {
    for (const cause of ['TRANSFERRED', 'SETTLED', 'LOST']) {
      const [back, answered, stays] = [randomUUID(), randomUUID(), randomUUID()]
      const row = async (id: string) => (await store.pool.query<object>('select state, ended_at, hangup_cause from call where id = $1', [id])).rows[0]
      for (const id of [back, answered, stays]) await records.saveCall(record(id, { state: 'ended', answeredAt: 10_000, endedAt: 50_000, hangupCause: cause, heldAt: 1_000 }))
      await records.saveCall(record(stays, { state: 'talking', answeredAt: 10_000, heldAt: 1_000 }))
      t.match(await row(stays), { state: 'ended', hangup_cause: cause, ended_at: Date }, `${cause}: a replay`)
      await records.saveCall(record(back, { state: 'queued', answeredAt: 10_000, heldAt: 60_000 }))
      t.same(await row(back), { state: 'queued', ended_at: null, hangup_cause: null }, `${cause}: he waits again`)
      await records.saveCall(record(answered, { state: 'talking', heldAt: 1_000, answeredAt: 60_000 }))
      t.same(await row(answered), { state: 'talking', ended_at: null, hangup_cause: null }, `${cause}: he talks`)
      await records.saveCall(record(answered, { state: 'ended', heldAt: 1_000, answeredAt: 60_000, endedAt: 90_000, hangupCause: 'NORMAL_CLEARING' }))
      t.match(await row(answered), { state: 'ended', hangup_cause: 'NORMAL_CLEARING' })
      await records.saveCall(record(answered, { state: 'talking', heldAt: 1_000, answeredAt: 60_000 }))
      t.match(await row(answered), { state: 'ended', hangup_cause: 'NORMAL_CLEARING' }, `${cause}: and what FreeSWITCH says stays`)
    }
  })

  await t.test('whom a flow was done with did not wait on until his call ended, whoever else writes that it has', async (t) => {
    for (const [n, cause] of ['TRANSFERRED', 'SETTLED'].entries()) {
      const [callId, at] = [randomUUID(), 1_700_000_000_000 + n * 10_000_000]
      const unanswered = (more: Partial<CallRecord>): CallRecord => without(record(callId, { createdAt: at, queuedAt: at, ...more }), 'answeredAt')
      await records.saveCall(unanswered({ state: 'ended', endedAt: at + 30_000, hangupCause: cause, heldAt: at }))
      await records.saveCall(unanswered({ state: 'abandoned', endedAt: at + 900_000, hangupCause: 'NORMAL_CLEARING' }))
      const { rows: [row] } = await store.pool.query<{ state: string; ended_at: Date; hangup_cause: string }>('select state, ended_at, hangup_cause from call where id = $1', [callId])
      t.same(row, { state: 'ended', ended_at: new Date(at + 30_000), hangup_cause: cause })
      t.same((await records.waits(at)).filter(({ from }) => from === at), [{ from: at, to: at + 30_000 }], `${cause}: in the desks’ half hour`)
    }
  })

  await t.test('a ticket begins with what the caller said by keys, whichever node opens it', async (t) => {
    const [known, unknown] = [randomUUID(), randomUUID()]
    const seen = (callId: string): TicketOpening => opening(callId, { record: without(record(callId, { tags: [] }), 'category') })
    await records.saveCall(record(known, { state: 'fallback' }))
    const ticket = await records.openTicket(seen(known))
    t.match(ticket, { fields: { category: 'noise' }, tags: [{ key: 'category', value: 'noise' }] })
    t.match((await records.history(known))[0], { act: 'open', changes: { category: [null, 'noise'] } })
    t.match(await records.openTicket(seen(unknown)), { fields: { category: null }, tags: [] }, 'of whom nothing is written down')
    const better = record(known, { category: 'water', tags: [{ key: 'category', value: 'water', node: 'menu', at: 2 }] })
    const other = randomUUID()
    await records.saveCall(record(other))
    t.match(await records.openTicket(opening(other, { record: { ...better, callId: other } })), { fields: { category: 'water' }, tags: [{ value: 'water' }] }, 'the opener’s own word counts')
  })

  await t.test('a call row keeps its first answer and its end', async (t) => {
    const callId = randomUUID()
    await records.saveCall(record(callId, { answeredAt: 1_000_000, endedAt: 2_000_000, state: 'ended', hangupCause: 'NORMAL_CLEARING' }))
    await records.saveCall(record(callId, { answeredAt: 1_500_000, state: 'talking' }))
    const { rows } = await store.pool.query('select state, answered_at, ended_at from call where id = $1', [callId])
    t.match(rows[0], { state: 'ended', answered_at: new Date(1_000_000), ended_at: new Date(2_000_000) })
  })

  await t.test('a node that knows less of a call undoes nothing of what the one that had his socket wrote', async (t) => {
    const caller = { number: '13900000001', name: '', verified: true }
    const tags = [{ key: 'category', value: 'noise', node: 'menu', at: 1 }] as const
    const rowOf = async (id: string): Promise<unknown> => (await store.pool.query('select verified, language, class, category, path from call where id = $1', [id])).rows[0]
    const [id, strange, moved] = [randomUUID(), randomUUID(), randomUUID()]
    const known = { verified: true, language: 'en', class: 'standard', category: 'noise', path: ['menu', 'noise'] }
    await records.saveCall(record(id, { caller, language: 'en', category: 'noise', tags, path: ['menu', 'noise'], heldAt: 1_000 }))
    // It heard of the answer, or began with what the row said a while ago; its own dump of the channel was not understood.
    for (const stale of [{ path: [], caller: { number: '', name: '', verified: false } }, { path: ['menu'], heldAt: 500 }, { caller: { ...caller, verified: false }, class: 'demoted' }] as const) {
      await records.saveCall(record(id, { state: 'talking', answeredAt: 2_000, category: 'water', ...stale }))
      t.match(await rowOf(id), known, JSON.stringify(stale))
    }
    await records.saveCall(record(id, { caller, heldAt: 3_000, class: 'demoted', category: 'water', tags, path: ['menu', 'chinese'] }))
    t.match(await rowOf(id), { verified: true, language: 'zh-CN', class: 'demoted', category: 'water', path: ['menu', 'chinese'] }, 'who has him now knows best')

    await records.saveCall(record(strange, { caller }))
    await records.saveCall(record(strange, { caller, language: 'en', class: 'demoted' }))
    await records.saveCall(record(strange, { caller }))
    t.match(await rowOf(strange), { language: 'en', class: 'demoted' }, 'nobody had him: what is more than the beginning counts')
    await records.saveCall(record(moved, { caller, class: 'emergency', heldAt: 1_000 }))
    await records.saveCall(record(moved, { caller, heldAt: 2_000 }))
    t.match(await rowOf(moved), { class: 'emergency' }, 'an emergency stays one')
  })

  await t.test('log-in', async (t) => {
    const input = { loginName: 'op1', address: '127.0.0.1', userAgent: 'test' }
    await t.rejects(people.logIn({ ...input, password: 'wrong' }), { code: 'auth.wrong' })
    await t.rejects(people.logIn({ ...input, loginName: 'nobody', password: 'wrong' }), { code: 'auth.wrong' })
    const { token } = await people.logIn({ ...input, password: 'correct horse' })
    t.equal((await people.whoIs(token))?.loginName, 'op1')
    t.equal((await store.pool.query('select 1 from session where token_hash = $1', [Buffer.from(token)])).rowCount, 0, 'the token is nowhere in the database')
    await people.logOut(token)
    t.equal(await people.whoIs(token), null)
    for (let n = 0; n < 8; n += 1) await t.rejects(people.logIn({ ...input, loginName: 'op2', password: 'x' }))
    await t.rejects(people.logIn({ ...input, loginName: 'op2', password: 'battery' }), { code: 'auth.too-many' })
  })

  await t.test('PostgreSQL dies in the middle: nothing is lost, nothing is double', async (t) => {
    await store.server?.stop('immediate')
    const ids: string[] = Array.from({ length: 5 }, () => randomUUID())
    const tickets = await Promise.all(ids.map((id) => records.openTicket(opening(id, { operatorId: op1.id }))))
    t.ok(tickets.every((ticket) => ticket.provisional && /^P-[A-Z]{4}\d{2}-\d{3}$/.test(ticket.number)))
    t.equal(records.status().database, 'down')
    const first = ids[0]!
    t.match(await records.act(first, edit({ kind: 'consultation', description: '停机期间填写' }), op1), { stored: 'journal', ticket: { fields: { kind: 'consultation' } } })
    t.match(await records.get(first), { fields: { description: '停机期间填写' } }, 'readable while away')
    t.equal((await records.openTicket(opening(first))).number, tickets[0]?.number, 'a replay gets the provisional ticket')
    t.match(await records.lookUp({ number: '13900000009', callId: randomUUID() }), { complete: false })
    await store.server?.start()
    await until('the journal to drain', () => records.status().database === 'up' && records.status().journal === 0)
    const { rows } = await store.pool.query<{ id: string; number: string; description: string }>('select id, number, description from ticket where id = any($1)', [ids])
    t.equal(rows.length, 5)
    t.equal(rows.find((row) => row.id === first)?.description, '停机期间填写')
    t.ok(store.told.filter((ticket) => ids.includes(ticket.id)).every((ticket) => !ticket.provisional), 'the desk hears the final numbers')
    t.equal(readFileSync(join(home.path, 'journal', 'test.log')).length, 0)
  })

  await store.close()
  home.remove()
})

t.test('numbers that are read out do not leap when PostgreSQL crashes', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path, { pollEvery: 200 })
  t.teardown(async () => { await store.close(); home.remove() })
  const { records, editions, pool } = store
  const running = (number: string): number => Number(number.replace('-', '').slice(0, -1))
  const open = async (): Promise<number> => running((await records.openTicket(opening(randomUUID()))).number)
  const keep = (n: number): Promise<number> => editions.keep({ hash: String(n).padStart(12, '0'), content: { files: { 'a.yaml': `${n}` }, tapes: [] }, author: { id: null, name: 'test' }, note: '' }, () => Promise.reject(new Error('no tapes')))
  const first = await open()
  t.equal(await keep(1), 1)

  for (const crash of [1, 2]) {
    // An idle crash: nobody is told of it but the connections that nobody uses.
    await store.server?.stop('immediate')
    await store.server?.start()
    await until('the sequence to be put back', async () => (await pool.query<{ last_value: string }>('select last_value from ticket_number').catch(() => ({ rows: [] }))).rows[0]?.last_value === String(first + crash * 10 - 10))
    const more = await Promise.all(Array.from({ length: 9 }, open))
    t.same(more.sort((a, b) => a - b), Array.from({ length: 9 }, (_, n) => first + crash * 10 - 9 + n), 'numbers go on')
    // One in whose midst tickets are opened.
    await store.server?.stop('immediate')
    const id = randomUUID()
    t.match(await records.openTicket(opening(id)), { provisional: true })
    await store.server?.start()
    await until('the journal', () => records.status().database === 'up' && records.status().journal === 0)
    t.equal(running((await records.get(id)).number), first + crash * 10, 'and so do those of the journal')
    t.equal(await keep(crash + 1), crash + 1, 'editions, too')
    t.equal(await keep(crash + 1), crash + 1, 'and the same content is the same edition')
  }

  const nowhere = makePool({ host: '127.0.0.1', port: 1 })
  const gone = makeRecovery(nowhere, silent)
  await t.rejects(gone.mend(), { code: 'database.down' }, 'PostgreSQL is away again: nothing may be written before it is mended')
  await nowhere.end()
  t.equal(gone.due(), true)

  const waiting = await pool.connect()
  await waiting.query('begin; update ticket set version = version')
  const recovery = makeRecovery(pool, silent)
  await recovery.mend()
  t.equal(recovery.due(), true, 'while tickets are being written it waits for another time, and rejects nothing')
  await waiting.query('rollback')
  waiting.release()
  await recovery.mend()
  t.equal(recovery.due(), false)
  t.equal(await open(), first + 21, 'without a crash nothing is put back')
})

t.test('the city’s day', async (t) => {
  t.equal(startOfDay(Date.parse('2026-11-23T20:00:00Z'), 'Asia/Shanghai').toISOString(), '2026-11-23T16:00:00.000Z')
  // Clocks that are put forward at midnight have no 00:00, clocks put back have it twice; both days are not 24 h long.
  for (const [zone, now, began] of [
    ['Asia/Beirut', '2025-03-30T10:00Z', '2025-03-29T22:00:00.000Z'],
    ['America/Havana', '2024-11-03T20:00Z', '2024-11-03T04:00:00.000Z'],
    ['America/Havana', '2024-11-03T04:30Z', '2024-11-03T04:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29T12:00Z', '2026-03-28T23:00:00.000Z'],
  ] as const) t.equal(startOfDay(Date.parse(now), zone).toISOString(), began, `${zone} ${now}`)
})
