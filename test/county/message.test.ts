import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { BodyOfKind } from '../../src/contracts/county.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { verifyHistories } from '../../src/store/audit.js'
import { shownToCounty } from '../../src/dispatch/core/county.js'
import { boundFault, isKnown } from '../../src/dispatch/county/message.js'
import { ticketOf } from '../dispatch/city.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome } from '../helpers/database.js'
import { openPeer } from './peer.js'

t.setTimeout(400_000)

const told = (more: Partial<Ticket['fields']> = {}, version = 4, id: string = randomUUID()): BodyOfKind<'ticket'> => {
  const ticket = ticketOf('dispatched', {}, { id, version, unitId: 'drainage', number: `100-${String(1000 + version)}` })
  return { kind: 'ticket', ticket: shownToCounty({ ...ticket, fields: { ...ticket.fields, ...more } }), upTo: 0, units: [], act: { act: 'dispatch', note: '', by: '', at: Date.now() }, notices: [] }
}

t.test('what goes beyond its bounds is told from what only a later version knows', (t) => {
  t.ok(isKnown(told()))
  t.equal(boundFault(told()), null)
  const long = told({ description: '路'.repeat(4_001) })
  t.ok(isKnown(long))
  t.match(boundFault(long), /\/ticket\/fields\/description/)
  for (const later of [{ kind: 'weather', ticketId: randomUUID() }, { ...told(), weather: 'rain' }, { ...told(), ticket: { ...told().ticket, state: 'thought-over' } }, { ...told({}), ticket: { ...told().ticket, fields: { ...told().ticket.fields, mood: '' } } }, 'x', null]) t.notOk(isKnown(later))
  t.end()
})

t.test('a ticket that the county’s schema refuses stops nobody behind it, and comes with its next word; what a later version says waits', async (t) => {
  const { store, owner, tell: hear } = await openPeer(t, 'city')
  const result = async (): Promise<(string | null)[]> => (await owner.query<{ result: string | null }>('select result from line_inbox order by seq')).rows.map((row) => row.result)
  const id = randomUUID()
  await hear(told({ description: `${'路'.repeat(4_000)}\nhttps://x.example/a.jpg` }, 4, id))
  await hear(told())
  t.match(await result(), [/^refused: \/ticket\/fields\/description /, 'applied'])
  t.match(await store.lines.views(), [{ trouble: 'refused' }], 'and the line says so')
  await hear(told({ description: '路断了' }, 5, id))
  t.match(await store.records.get(id), { fields: { description: '路断了' }, unitId: 'drainage' }, 'once the hall has shortened it, it is there')
  await hear({ kind: 'weather', ticketId: id })
  await hear(told())
  t.match(await result(), [/^refused/, 'applied', 'applied', '', ''], 'what waits for an update holds back what is behind it')
  t.match(await store.lines.views(), [{ trouble: 'not-understood' }])
})

t.test('a ticket that leaves a county leaves nothing there of who complained, and brings it along when it comes back', async (t) => {
  const { store, owner, tell: hear } = await openPeer(t, 'city')
  const id = randomUUID()
  const complainant = async (): Promise<unknown> => (await owner.query(`select number_called_from as number, caller_name as name from ticket where id = $1`, [id])).rows[0]
  const gone = (version: number): BodyOfKind<'gone'> => ({ kind: 'gone', ticketId: id, version, unitId: null, upTo: 0, at: Date.now(), notices: [] })
  await hear(told({ callerName: '周大爷' }, 4, id))
  t.same(await complainant(), { number: '13900000001', name: '周大爷' })
  t.equal(await hear(gone(5)), 'applied')
  t.same(await complainant(), { number: '', name: '' }, 'what he wishes from now on the county would not hear')
  await hear(told({ callerName: '周大爷' }, 6, id))
  t.same(await complainant(), { number: '13900000001', name: '周大爷' })
  t.equal(await hear(gone(5)), 'known', 'an old word takes nothing')
  t.same(await complainant(), { number: '13900000001', name: '周大爷' })
  t.equal(await hear(gone(7)), 'applied')
  t.same((await verifyHistories(store.pool)).faults, [])
  const kept = await owner.query(`select 'history' as where, changes::text as text from ticket_history union all select 'inbox', payload from line_inbox union all select 'ticket', t::text from ticket t`)
  t.same(kept.rows.filter(({ text }: { text: string }) => /周大爷|13900000001/.test(text)), [], 'neither do the messages that told of it, nor its history')
})

t.test('what a complainant wants kept back does not go out with what was told before and is under way still', async (t) => {
  const { store, owner } = await openPeer(t, 'county')
  const { open, act } = await startCaseWork(store)
  const id = await open({ category: 'noise', number: '13900000077' })
  await act(id, 'edit', { changes: { callerName: '周大爷', description: '周大爷家楼上装修' } })
  await act(id, 'dispatch', { unitId: 'drainage' })
  const underWay = async (): Promise<string> => JSON.stringify((await owner.query('select body from line_outbox order by seq')).rows)
  t.match(await underWay(), /周大爷.*13900000077|13900000077.*周大爷/)
  await act(id, 'edit', { changes: { description: '楼上装修' } })
  await act(id, 'protect', { privacy: 'identity-hidden', note: '怕报复' })
  t.notMatch(await underWay(), /周大爷|13900000077/)
  t.match(await underWay(), /楼上装修/, 'what it is about is told as it is now')

  const other = await open({ category: 'noise', number: '13900000078' })
  await act(other, 'dispatch', { unitId: 'drainage' })
  t.match(await underWay(), /13900000078/)
  await act(other, 'reassign', { unitId: 'municipal-works', note: '管辖有误' })
  t.notMatch(await underWay(), /13900000078/, 'nor of what is the county’s no more')
})

t.test('people and units are called at the other end as they are now, whatever is said again', async (t) => {
  const city = await openPeer(t, 'county')
  const { open } = await startCaseWork(city.store)
  const ticketId = await open({ category: 'noise' })
  const [id, first] = [randomUUID(), randomUUID()]
  const look = (name: string): object => ({ kind: 'reveal', ticketId, by: { id, name }, unitId: 'drainage', reason: '核对', at: Date.now() })
  const name = async (): Promise<unknown> => (await city.owner.query(`select display_name from person where login_name like 'yanshi.%'`)).rows
  t.equal(await city.tell(look('张建国'), first), 'applied')
  t.equal(await city.tell(look('张建国（大队）')), 'applied')
  t.equal(await city.tell(look('张建国'), first), 'known', 'a county that was restored from a backup says it again under another number')
  t.same(await name(), [{ display_name: '张建国（大队）' }])

  const county = await openPeer(t, 'city')
  const unit = { id: 'roads', name: '公路局', nameEn: 'Roads', phone: '', standby: false, categories: [], officeHours: '09:00-12:00' }
  const called = async (): Promise<unknown> => (await county.owner.query(`select id, name from unit where id in ('roads', 'parks') order by id`)).rows
  t.equal(await county.tell({ ...told(), units: [unit] }), 'applied')
  t.equal(await county.tell({ ...told({}, 5), units: [{ ...unit, name: '公路中心' }] }), 'applied')
  t.same(await called(), [{ id: 'roads', name: '公路中心' }])
  t.equal(await county.tell({ kind: 'rules', ticketId: null, clocks: [], days: [], years: [], units: [{ ...unit, name: '公路事业中心' }, { ...unit, id: 'parks', name: '园林局' }] }), 'applied')
  t.same(await called(), [{ id: 'roads', name: '公路事业中心' }], 'and nobody hears of units that he has nothing to do with')
})

t.test('no way into the database takes a description that no desk could write and no line would carry; one from before can be worked on', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const add = (words: string): Promise<unknown> => owner.query(`insert into ticket (id, number, state, version, number_called_from, number_verified, answered_at, description) values ($1, $2, 'open', 1, '', false, now(), $3)`, [randomUUID(), String(Math.random()), words])
  await t.rejects(add('路'.repeat(4_001)), { code: '23514' })
  await add('路'.repeat(4_000))
  await t.rejects(owner.query(`update ticket set description = description || '断'`), { code: '23514' })
  await owner.query('alter table ticket disable trigger description_opened')
  await add('旧'.repeat(4_400))
  await owner.query('alter table ticket enable trigger description_opened')
  await owner.query(`update ticket set description = description, place = '中州路', version = 2 where description like '旧%'`)
  await t.rejects(owner.query(`update ticket set description = '改' || description where description like '旧%'`), { code: '23514' })
  await owner.query(`update ticket set description = left(description, 4000) where description like '旧%'`)
})
