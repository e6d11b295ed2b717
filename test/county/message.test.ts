import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { BodyOfKind } from '../../src/contracts/county.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { verifyHistories } from '../../src/store/audit.js'
import { shownToCounty } from '../../src/dispatch/core/county.js'
import { boundFault, isKnown } from '../../src/dispatch/county/message.js'
import { ticketOf } from '../dispatch/city.js'
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
  t.same((await verifyHistories(store.pool)).faults, [])
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
