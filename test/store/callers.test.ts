import { readFileSync } from 'node:fs'
import t from 'tap'
import { makePeople } from '../../src/people/people.js'
import { asOwner, openTestStore, temporaryHome, until } from '../helpers/database.js'
import { nationalNumber } from '../../src/contracts/telephone.js'
import { openAnswered } from '../helpers/answered.js'

t.test('what is known of a number', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  await makePeople(store.people, { sessionHours: 1, clock: Date.now }).addPerson({ loginName: 'op1', displayName: '李晓梅', role: 'operator', extension: '1001' }, 'correct horse battery')
  const [self] = await store.people.list()
  const by = self?.id ?? ''
  const number = '13900000081'
  const nothing = { number, name: '', address: '', hints: [] }
  t.same(await store.callers.read(number), { ...nothing, version: 0 })

  const known = async () => { const { knownName, knownAddress, hints } = await store.records.lookUp({ number, callId: '00000000-0000-4000-8000-000000000000' }); return { knownName, knownAddress, hints } }
  t.same(await known(), { knownName: undefined, knownAddress: undefined, hints: [] })
  const ticket = await openAnswered(store.records, number, Date.now())
  t.match(await known(), { knownName: '李女士' }, 'a name that he gave for a ticket is known at the next call')
  await store.pool.query(`update ticket set work = work || '{"privacy":"anonymous"}' where id = $1`, [ticket])
  t.match(await known(), { knownName: undefined }, 'not one who wants nobody to know')

  const written = { ...nothing, name: ' 孙奶奶 ', address: '唐宫东路 9 号', hints: [{ kind: 'nuisance' as const, text: '无声电话', score: 82 }] }
  const elsewhere = await openTestStore(home.path, { databaseUrl: store.url, ownerUrl: store.ownerUrl, node: 'elsewhere' })
  t.teardown(() => elsewhere.close())
  const heard = new Set<string>()
  elsewhere.onCaller((of) => { heard.add(of) })
  // A hint that is given before anybody listens is lost.
  await until('the other node to listen', async () => { await store.pool.query(`select pg_notify('caller_changed', 'anybody')`); return heard.has('anybody') })
  t.match(await store.callers.save({ ...written, baseVersion: 0 }, by), { name: '孙奶奶', version: 1, updatedBy: '李晓梅' })
  await until('the other node to hear of it', () => heard.has(number))
  t.match(await store.callers.save({ ...written, baseVersion: 0 }, by), { version: 1 }, 'the same said twice is done once')
  await t.rejects(store.callers.save({ ...nothing, name: '别人', baseVersion: 0 }, by), { code: 'caller.changed', details: { by: '李晓梅' } })
  t.same(await known(), { knownName: '孙奶奶', knownAddress: '唐宫东路 9 号', hints: written.hints })
  t.match(await store.callers.save({ ...nothing, baseVersion: 1 }, by), { ...nothing, version: 2 }, 'what was wrong can be taken back')
  const { rows } = await store.pool.query<{ details: unknown }>(`select details from audit where act = 'caller.edit' and subject = $1 and person_id = $2 order by id`, [number, by])
  t.match(rows, [{ details: { before: null, after: { name: '孙奶奶' } } }, { details: { before: { name: '孙奶奶', hints: written.hints }, after: { name: null, hints: [] } } }])
})

t.test('one citizen, whose number was kept as each trunk wrote it', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  await makePeople(store.people, { sessionHours: 1, clock: Date.now }).addPerson({ loginName: 'op1', displayName: '李晓梅', role: 'operator', extension: '1001' }, 'correct horse battery')
  const [self] = await store.people.list()
  const deaf = [{ kind: 'deaf' as const, text: '听力障碍' }]
  const { number } = await store.callers.save({ number: '+8613900000001', name: '周大爷', address: '中州中路 128 号院', hints: deaf, baseVersion: 0 }, self?.id ?? '')
  t.equal(number, '13900000001')
  for (const number of ['+8613900000001', '8613900000001', '13900000001']) {
    const at = Date.now()
    await store.records.saveCall({ callId: await openAnswered(store.records, number, at), caller: { number, name: '', verified: true }, calledNumber: '110', state: 'ended', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: at, queuedAt: at, answeredAt: at, endedAt: at })
  }
  for (const asked of ['13900000001', '+8613900000001']) {
    const { knownName, hints, earlierCalls, earlierTickets } = await store.records.lookUp({ callId: '00000000-0000-4000-8000-000000000000', number: asked })
    t.match([knownName, hints, earlierCalls.length, earlierTickets.length], ['周大爷', deaf, 3, 3], asked)
    t.equal((await store.records.calls({ number: asked, limit: 9, offset: 0 })).total, 3)
  }

  // What was imported before by global numbers.
  const migration = readFileSync(new URL('../../migrations/0173_national_numbers.sql', import.meta.url), 'utf8')
  const kept = ['+8613900000001', '+8613900000002', '008613900000002', '8613900000003', '+8637965550001', '+86037965550001', '+861065550001', '+12025550100', '+864001234567', '037965550002']
  for (const one of kept) await owner.query(`insert into citizen (number, name) values ($1, $1)`, [one])
  await owner.query(migration)
  const { rows } = await owner.query<{ number: string; name: string }>('select number, name from citizen')
  t.same(new Set(rows.map((row) => row.number).filter((one) => !kept.includes(one))), new Set(kept.map(nationalNumber).filter((one) => !kept.includes(one))))
  t.match(rows.find((row) => row.number === '13900000001'), { name: '周大爷' }, 'what was written down by hand stays')
  t.equal(rows.length, kept.length + 1, 'and nobody is lost')
})
