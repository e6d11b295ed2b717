import { createHash } from 'node:crypto'
import t from 'tap'
import type { Exchange, LineMessage } from '../../src/contracts/county.js'
import { newSigner, publicOf, readPublic, seal, unseal } from '../../src/dispatch/county/seal.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { verifyHistories } from '../../src/store/audit.js'
import { until } from '../helpers/database.js'
import { LINE, openCounties, sayTo, type CountyWorld } from './world.js'

t.setTimeout(400_000)
const PATH = `/api/lines/${LINE}/exchange`
let w: CountyWorld

t.before(async () => { w = await openCounties(t) })

const cityPort = (): number => Number(new URL(w.city.node.url).port)
const stateOf = async (id: string): Promise<string> => (await w.city.rows<{ state: string }>('select state from ticket where id = $1', [id]))[0]?.state ?? ''
const quiet = (): Promise<unknown> => until('nothing to be on its way', async () => (await Promise.all([w.city, w.county].map(({ rows }) => rows<{ n: number }>('select count(*)::int as n from line_outbox where acked_at is null')))).every(([row]) => row?.n === 0), 40_000)
const rowsOf = async (id: string, act: string): Promise<number> => (await w.city.rows('select 1 from ticket_history where ticket_id = $1 and act = $2', [id, act])).length
const read = (text: string): LineMessage => JSON.parse(text) as LineMessage

t.test('a signature covers all of a text, says what it is for, and is of one key', (t) => {
  const [one, other] = [newSigner(), newSigner()]
  const keys = { [one.id]: publicOf(one) }
  const sealed = seal('{"a": 1}', one)
  t.equal(unseal(sealed, keys), '{"a": 1}')
  for (const [what, changed] of [
    ['text', { ...sealed, text: '{"a": 2}' }], ['signature', { ...sealed, signature: seal('{"a": 2}', one).signature }], ['key', { ...sealed, key: other.id }], ['signer', { ...seal('{"a": 1}', other), key: one.id }], ['a name of every object', { ...sealed, key: 'toString' }],
  ] as const) t.throws(() => unseal(changed, keys), { code: 'line.signature' }, what)
  t.equal(readPublic(publicOf(one)).id, one.id)
  for (const bad of ['', 'AAAA', 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZm9v']) t.throws(() => readPublic(bad), { code: 'line.keys' })
  t.end()
})

t.test('messages that come twice, and requests whose answer is lost, are done once', async (t) => {
  w.wire.meddle({ twice: true })
  const id = await w.given()
  await w.zhang.act(id, { act: 'sign', note: '' })
  await w.zhang.act(id, { act: 'progress', step: 'arrived', note: '到场', photos: [] })
  await until('the city to hear of it', async () => await stateOf(id) === 'in-progress')
  // The request arrives, its answer does not.
  w.wire.meddle({ down: () => ({ state: { text: '', key: '', signature: '' }, messages: [] }) })
  await w.zhang.act(id, { act: 'report', result: 'done', note: '好了', photos: [] })
  await until('the city to hear of it', async () => await stateOf(id) === 'reported')
  w.wire.meddle({})
  await quiet()
  for (const act of ['sign', 'progress', 'report', 'delivered', 'dispatch']) t.equal(await rowsOf(id, act), 1, act)
  t.equal((await w.county.rows(`select 1 from outbox where ticket_id = $1 and kind = 'dispatch' and channel = 'terminal'`, [id])).length, 1)
})

t.test('a county’s desks are told whose they are', async (t) => {
  t.same(w.county.node.intake.desk.healthView().line?.units, ['yanshi'])
  t.equal(w.city.node.intake.desk.healthView().line, undefined)
  t.match(await w.county.rows('select dialler, up from line'), [{ dialler: 'county', up: true }])
  const beat = async (): Promise<number> => (await w.county.rows<{ at: Date }>(`select at from node_presence where node = 'county'`))[0]?.at.getTime() ?? 0
  const before = await beat()
  await until('it to beat, by which others know that it lives', async () => await beat() > before)
})

t.test('messages that overtake one another wait for those before them, and the gaps are asked for again', async (t) => {
  const id = await w.given()
  await quiet()
  w.wire.cut(true)
  await w.zhang.act(id, { act: 'sign', note: '' })
  for (let n = 0; n < 4; n += 1) await w.zhang.act(id, { act: 'progress', step: 'note', note: `第 ${n} 次`, photos: [] })
  // The first two are lost on the way, the others come in the wrong order.
  let lost = 0
  const before = w.wire.answered.length
  w.wire.meddle({ up: (exchange) => { if (lost > 0 || exchange.messages.length < 5) return exchange; lost += 1; return { ...exchange, messages: exchange.messages.slice(2).reverse() } } })
  w.wire.cut(false)
  await quiet()
  t.equal(lost, 1)
  const gap = w.wire.answered.slice(before).map(({ state }) => JSON.parse(state.text) as { have: number; held: number[] }).find(({ held }) => held.length === 3)
  t.ok(gap !== undefined && gap.held[0] === gap.have + 3, 'the city said what it holds beyond the gap')
  t.same((await w.city.rows<{ note: string }>(`select note from ticket_history where ticket_id = $1 and act = 'progress' order by version`, [id])).map(({ note }) => note), [0, 1, 2, 3].map((n) => `[note] 第 ${n} 次`), 'in the order in which it was done')
  const after = w.wire.sent.filter(({ body }) => body.messages.some(({ text }) => { const { seq } = read(text); return seq === (gap?.have ?? 0) + 1 }))
  t.same(after.at(-1)?.body.messages.map(({ text }) => read(text).seq - (gap?.have ?? 0)), [1, 2], 'only the gap was sent again')
  w.wire.meddle({})
})

t.test('what is played again, changed, turned round or made up is refused, and changes nothing', async (t) => {
  const id = await w.given()
  await w.zhang.act(id, { act: 'sign', note: '' })
  await quiet()
  const real = w.wire.sent.findLast(({ body }) => body.messages.length > 0)?.body as Exchange
  const count = async (): Promise<unknown> => w.city.rows('select (select count(*) from line_inbox) as inbox, (select count(*) from ticket_history) as history, (select have from line_in)')
  w.wire.cut(true)
  const before = await count()
  t.match(await sayTo(cityPort(), PATH, real), { status: 409, code: 'line.turn' }, 'played again')
  const [first] = real.messages
  if (first === undefined) throw new Error('no message')
  const forged = newSigner()
  const say = (state: object, from: 'city' | 'county' = 'county', signer = forged): Exchange['state'] => seal(JSON.stringify({ line: LINE, from, turn: Date.now() + 1_000_000, now: Date.now(), have: 0, held: [], tip: null, ...state }), signer)
  const city = await w.city.node.store.lines.signer()
  const county = await w.county.node.store.lines.signer()
  for (const [what, exchange] of [
    ['a text that was changed', { ...real, messages: [{ ...first, text: first.text.replace('"sign"', '"void"') }] }],
    ['a state that was changed', { ...real, state: { ...real.state, text: real.state.text.replace(/"turn":\d+/, '"turn":9999999999999') } }],
    ['a stranger’s key', { state: say({}), messages: [] }],
    ['a stranger under the county’s key id', { state: { ...say({}), key: county.id }, messages: [] }],
    ['the city’s own words turned round', { state: w.wire.answered.at(-1)?.state ?? real.state, messages: [] }],
    ['the city’s own key', { state: say({}, 'county', city), messages: [] }],
    ['one bad message among good ones', { state: say({}, 'county', county), messages: [first, { ...first, signature: real.state.signature }] }],
    ['another line’s', { state: say({ line: 'xinan' }, 'county', county), messages: [] }],
  ] as const) t.match(await sayTo(cityPort(), PATH, exchange), { status: 403, code: 'line.signature' }, what)
  t.match(await sayTo(cityPort(), '/api/lines/xinan/exchange', real), { status: 404, code: 'line.unknown' })
  t.match(await sayTo(cityPort(), PATH, { state: 'x' }), { status: 400 })
  t.same(await count(), before)
  w.wire.cut(false)

  // The county in its turn takes nothing from whoever sits on the line.
  w.wire.meddle({ down: (exchange) => ({ ...exchange, messages: exchange.messages.map((message) => ({ ...message, text: message.text.replace('顾县镇', '别处') })) }) })
  await w.hall.act(id, { act: 'urge', note: '改我试试' })
  await until('the line to be found broken', () => w.county.node.intake.desk.healthView().line?.up === false)
  t.same(await w.county.rows(`select 1 from ticket_history where note = '改我试试'`), [])
  w.wire.meddle({})
  await until('the urge to come through', async () => (await w.county.rows(`select 1 from ticket_history where note = '改我试试'`)).length === 1, 40_000)
})

t.test('a county speaks for its own units only, and does no more than a unit may', async (t) => {
  const id = await w.taken()
  await w.hall.act(id, { act: 'dispatch', unitId: 'gas-company', note: '' })
  const version = (await w.county.rows<{ last: string }>('select last from line_out'))[0]?.last ?? '0'
  const body = (more: object): string => JSON.stringify({ kind: 'act', ticketId: id, by: { id: crypto.randomUUID(), name: '冒名' }, base: 1, at: Date.now(), ...more })
  const act = (more: object): object => ({ actId: crypto.randomUUID(), baseVersion: 1, note: '', ...more })
  // The county itself is in strange hands: everything is signed as it should be.
  const forged = [body({ unitId: 'gas-company', act: act({ act: 'sign' }) }), body({ unitId: 'yanshi', act: act({ act: 'void', note: '销毁' }) }), body({ unitId: 'yanshi', act: act({ act: 'sign' }) })]
  for (const [n, text] of forged.entries()) await w.county.rows('with next as (update line_out set last = last + 1 returning line, last) insert into line_outbox (line, seq, id, kind, ticket_id, body) select line, last, gen_random_uuid(), \'act\', $1, $2 from next where $3::int >= 0', [id, text, n])
  await quiet()
  t.match(await w.city.rows('select result from line_inbox where seq > $1 order by seq', [version]), [{ result: /gas-company is not a unit/ }, { result: /the hall’s/ }, { result: 'refused: yanshi does not have that ticket' }])
  t.same(await w.county.rows('select 1 from ticket where id = $1', [id]), [], 'nor is it told whose it is')
  t.equal(await stateOf(id), 'dispatched')
})

t.test('a message that the database will not have stays where it can be seen, and those behind it count', async (t) => {
  const id = await w.given()
  await quiet()
  w.wire.cut(true)
  const county = await w.county.node.store.lines.signer()
  const last = Number((await w.county.rows<{ last: string }>('select last from line_out'))[0]?.last ?? 0)
  const at = Date.now()
  const make = (n: number, note: string): Exchange['state'] => seal(JSON.stringify({ line: LINE, from: 'county', seq: last + n, id: crypto.randomUUID(), at, body: { kind: 'act', ticketId: id, act: { actId: crypto.randomUUID(), act: 'progress', step: 'note', baseVersion: 1, note, photos: [] }, by: { id: crypto.randomUUID(), name: '张' }, unitId: 'yanshi', base: 1_000, at } }), county)
  const state = seal(JSON.stringify({ line: LINE, from: 'county', turn: Date.now() + 5, now: at, have: 0, held: [], tip: null }), county)
  t.equal((await sayTo(cityPort(), PATH, { state, messages: [make(1, '一个\u0000字'), make(2, '后一条')] })).status, 200)
  t.match(await w.city.rows('select result from line_inbox where seq > $1 order by seq', [last]), [{ result: /^refused: / }, { result: 'applied' }])
  t.same((await w.city.rows<{ note: string }>(`select note from ticket_history where ticket_id = $1 and act = 'progress'`, [id])).map(({ note }) => note), ['[note] 后一条'])
  t.same(await w.city.rows(`select trouble from line`), [{ trouble: 'refused' }], 'and the line says that something is in trouble')
  w.wire.cut(false)
  await w.zhang.act(id, { act: 'sign', note: '' })
  await until('the county to find its numbers', async () => (await w.city.rows(`select 1 from ticket_history where ticket_id = $1 and act = 'sign'`, [id])).length === 1, 40_000)
  await quiet()
})

t.test('a database that is ill in the middle of a message makes no conflict of it: it is done when that is well again', async (t) => {
  const id = await w.given()
  await quiet()
  await w.city.rows(`create function no_room() returns trigger language plpgsql as $$ begin raise exception 'no room' using errcode = '53100'; end $$`)
  await w.city.rows(`create trigger no_room before insert on ticket_history for each row when (new.act = 'sign') execute function no_room()`)
  await w.zhang.act(id, { act: 'sign', note: '' })
  await until('the county to be told that it is not done', () => w.county.node.intake.desk.healthView().line?.up === false)
  t.equal(await stateOf(id), 'dispatched')
  await w.city.rows('drop trigger no_room on ticket_history')
  await until('the city to do it', async () => await stateOf(id) === 'signed', 40_000)
  t.same(await w.city.rows('select 1 from line_conflict where ticket_id = $1', [id]), [])
  t.equal(await rowsOf(id, 'sign'), 1)
  await quiet()
})

t.test('a county whose database is that of yesterday: what it does is not taken for what it did', async (t) => {
  const [one, two] = [await w.given(), await w.given()]
  await quiet()
  // Yesterday's backup: the numbers after it are gone, and with them what they meant.
  w.wire.cut(true)
  await w.zhang.act(one, { act: 'sign', note: '备份之后' })
  w.wire.cut(false)
  await quiet()
  w.wire.cut(true)
  const [{ last } = { last: '0' }] = await w.county.rows<{ last: string }>('select last from line_out')
  await w.county.rows('delete from line_outbox where seq = $1', [last])
  await w.county.rows('update line_out set last = last - 1, acked = last - 1')
  await w.zhang.act(two, { act: 'sign', note: '恢复之后' })
  w.wire.cut(false)
  await until('what was done since to be told under a number of its own', async () => await stateOf(two) === 'signed', 40_000)
  await quiet()
  t.equal(await rowsOf(one, 'sign'), 1)
  t.match(await w.county.rows(`select 1 from audit where act = 'line.renumbered'`), [{}], 'and it is noted')
})

t.test('a clock that is off is flagged, and no act is older than its ticket or newer than its message', async (t) => {
  const id = await w.given()
  await w.county.rows(`update shim.later set by = interval '1 hour'`)
  await w.zhang.act(id, { act: 'sign', note: '' })
  await until('the city to hear of it', async () => await stateOf(id) === 'signed')
  const [row] = await w.city.rows<{ at: Date; changes: Record<string, unknown> }>(`select at, changes from ticket_history where ticket_id = $1 and act = 'sign'`, [id])
  t.ok((row?.at.getTime() ?? Infinity) <= w.now(), 'not an hour ahead')
  t.match(row?.changes, { clockOff: [null, /^3[56]\d\d s$/] })
  await until('the line to be flagged', async () => ((await w.chief.get('/api/lines')).body as { lines: { skewed: boolean }[] }).lines[0]?.skewed === true)
  await w.later(0)
  const ticket = (await w.hall.get(`/api/tickets/${id}`)).body as Ticket
  t.ok((ticket.work.signedAt ?? 0) >= (ticket.dispatchedAt ?? Infinity))
})

/** A whole JPEG of so many bytes. */
function jpeg(bytes: number, seed: number): Buffer {
  const head = Buffer.from('ffd8ffc0000b080064006401011100ffda0008010100003f00', 'hex')
  return Buffer.concat([head, Buffer.from(Array.from({ length: bytes - head.length - 2 }, (_, n) => (n * 7 + seed) % 250)), Buffer.from('ffd9', 'hex')])
}
const photosAt = ({ rows }: CountyWorld['city'], id: string): Promise<{ id: string }[]> => rows<{ id: string }>('select id from attachment where ticket_id = $1 order by at', [id])

t.test('photos come behind what was done, piece by piece; a line that is cut in the middle goes on where it was; both ways', async (t) => {
  const id = await w.given()
  await quiet()
  w.wire.cut(true)
  const picture = jpeg(200_000, 1)
  const photo = await w.zhang.attach(id, picture)
  await w.zhang.act(id, { act: 'progress', step: 'arrived', note: '已到现场', photos: [photo] })
  // The third piece arrives, and nobody at the county hears of it.
  let pieces = 0
  w.wire.meddle({ up: (exchange) => { if (exchange.part !== undefined && ++pieces === 3) w.wire.cut(true); return exchange } })
  w.wire.cut(false)
  await until('the line to be cut in the middle of the photo', () => pieces === 3)
  t.equal(await stateOf(id), 'in-progress', 'what was done is known')
  t.same(await photosAt(w.city, id), [])
  w.wire.meddle({})
  w.wire.cut(false)
  await until('the photo at the city', async () => (await photosAt(w.city, id)).length === 1, 40_000)
  t.same(await w.hall.read(`/api/attachments/${photo}`), picture)
  t.match((await w.hall.get(`/api/tickets/${id}/attachments`)).body, { attachments: [{ id: photo, by: '偃师值班员张', unitId: 'yanshi', width: 100, height: 100 }] })
  t.match(await w.city.rows(`select changes -> 'photos' as photos from ticket_history where ticket_id = $1 and act = 'progress'`, [id]), [{ photos: [null, [photo]] }])

  const back = jpeg(60_000, 2)
  const other = await w.hall.attach(id, back)
  await until('the hall’s photo in the county', async () => (await photosAt(w.county, id)).length === 2, 40_000)
  t.same(await w.zhang.read(`/api/attachments/${other}`), back)
  t.match((await w.zhang.get(`/api/tickets/${id}/attachments`)).body, { attachments: [{ id: photo }, { id: other, by: '接警员小周', unitId: null }] })
  for (const { rows } of [w.city, w.county]) t.same(await rows('select 1 from line_photo_part union all select 1 from line_photo where done_at is null'), [], 'nothing of the pieces is kept')
})

t.test('what is no picture, another one than was told, or of somebody else’s ticket, does not become a photo; nor does anybody get one that he was not told of', async (t) => {
  const [id, foreign] = [await w.given(), await w.taken()]
  await quiet()
  w.wire.cut(true)
  const county = await w.county.node.store.lines.signer()
  const last = Number((await w.county.rows<{ last: string }>('select last from line_out'))[0]?.last ?? 0)
  const at = Date.now()
  const signed = (value: object): Exchange['state'] => seal(JSON.stringify({ line: LINE, from: 'county', ...value }), county)
  const html = Buffer.from('<html>not a picture</html>')
  const secret = await w.hall.attach(foreign, jpeg(2_000, 3))
  const tell = (n: number, ticketId: string, photo: string, bytes: Buffer, sha = bytes): Exchange['state'] => signed({ seq: last + n, id: crypto.randomUUID(), at, body: {
    kind: 'photo', ticketId, id: photo, unitId: 'yanshi', by: { id: crypto.randomUUID(), name: '张' }, at, type: 'image/jpeg', width: 1, height: 1, bytes: bytes.length, sha256: createHash('sha256').update(sha).digest('hex'), thumbnail: null,
  } })
  const [bad, swapped, others] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
  let turn = Number((await w.city.rows<{ turn: string }>('select turn from line'))[0]?.turn ?? 0)
  const say = async (more: object, state: object = {}): Promise<number> => (await sayTo(cityPort(), PATH, { state: signed({ turn: turn += 1, now: at, have: 0, held: [], tip: null, ...state }), messages: [], ...more })).status
  t.equal(await say({ messages: [tell(1, foreign, others, html), tell(2, id, bad, html), tell(3, id, swapped, html, jpeg(500, 4))] }), 200)
  const piece = (photo: string, from: number): object => ({ part: signed({ id: photo, at: from, data: html.subarray(from).toString('base64') }) })
  t.equal(await say(piece(bad, 5)), 200, 'a piece out of turn is not kept')
  for (const photo of [bad, swapped, others]) t.equal(await say(piece(photo, 0)), 200)
  t.same(await w.city.rows('select id, result from line_photo where id = any($1) order by result', [[bad, swapped, others]]), [{ id: swapped, result: 'refused: another content' }, { id: bad, result: 'refused: no picture' }])
  t.match(await w.city.rows('select result from line_inbox where seq > $1 order by seq', [last]), [{ result: /does not have that ticket/ }, { result: 'applied' }, { result: 'applied' }])
  t.same(await photosAt(w.city, id), [])
  const told = Number((await w.city.rows<{ last: string }>('select last from line_out'))[0]?.last ?? 0)
  const asked = await fetch(`${w.city.node.url}${PATH}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ state: signed({ turn: turn += 1, now: at, have: told, held: [], tip: null, wants: { id: secret, from: 0 } }), messages: [] }) })
  const { part, messages } = (await asked.json()) as Exchange
  t.same([messages, (JSON.parse(part?.text ?? '{}') as { data?: string }).data], [[], ''], 'another’s photo is not to be had')
  w.wire.cut(false)
  await w.zhang.act(id, { act: 'sign', note: '' })
  await until('the county to find its numbers', async () => await stateOf(id) === 'signed', 120_000)
  await quiet()
})

t.test('while the line is cut a county counts by the city’s limits: its people hear of each stage once, also after the merge; what was done in time is nobody’s news', async (t) => {
  await w.city.rows(`update clock_rule set minutes = 20 where clock = 'sign' and category = 'power-repair'`)
  await until('the county to count by it', async () => (await w.county.rows(`select 1 from clock_rule where clock = 'sign' and category = 'power-repair' and minutes = 20`)).length === 1, 40_000)
  await Promise.all([w.city, w.county].map(({ node }) => node.store.refreshRules()))
  const [late, done] = [await w.given(), await w.given()]
  await quiet()
  w.wire.cut(true)
  await w.zhang.act(done, { act: 'sign', note: '' })
  await w.later(16 * 60_000)
  t.match(await w.zhang.hears('warn', late), { clock: 'sign', unitId: 'yanshi' })
  await w.later(5 * 60_000)
  await w.zhang.hears('urge', late)
  t.match(await w.county.rows(`select act, changes from ticket_history where ticket_id = $1 and changes ? 'provisional' order by version`, [late]), ['warn', 'urge-clock'].map((act) => ({ act, changes: { clock: [null, 'sign'], provisional: [null, true] } })))
  t.same(await w.county.rows(`select 1 from outbox where audience <> 'unit' and created_at > now() - interval '1 hour' and ticket_id = any($1)`, [[late, done]]), [], 'who else is to be told is the city’s to tell')
  for (const one of [late, done]) await until('the city, which does not know, to urge both', async () => (await rowsOf(one, 'urge-clock')) === 1)

  w.wire.cut(false)
  await quiet()
  await until('the city’s word on both', async () => (await w.county.rows(`select 1 from outbox where ticket_id = any($1) and kind = 'urge' and body ->> 'clock' = 'sign'`, [[late, done]])).length === 3)
  const heard = (id: string, kind: string): number => w.zhang.notices.filter((notice) => notice.ticketId === id && notice.kind === kind && notice.clock === 'sign').length
  await w.hall.act(late, { act: 'supervise', note: '请立即签收' }).catch(() => w.chief.act(late, { act: 'supervise', note: '请立即签收' }))
  await w.zhang.hears('supervise', late)
  t.same([heard(late, 'warn'), heard(late, 'urge'), heard(done, 'warn'), heard(done, 'urge')], [1, 1, 0, 0])
  t.match(await w.city.rows(`select met, ended_at <= due_at as in_time from ticket_clock where ticket_id = $1 and clock = 'sign'`, [done]), [{ met: true, in_time: true }])
  const due = async ({ rows }: CountyWorld['city']): Promise<unknown> => rows(`select clock, due_at, next_stage from ticket_clock where ticket_id = $1 and ended_at is null and clock <> 'delivery' order by clock`, [late])
  t.same(await due(w.county), await due(w.city), 'one limit on both sides')
})

t.test('a county that is still telling what it did is not urged about it', async (t) => {
  const [theirs, others] = [await w.given(), await w.taken()]
  await w.hall.act(others, { act: 'dispatch', unitId: 'power-supply', note: '' })
  await w.hall.act(others, { act: 'deliver', how: 'phone', note: '' })
  await quiet()
  w.wire.cut(true)
  await w.city.rows(`update line_in set last = have + 1, moved_at = clock_timestamp() + interval '1 hour'`)
  await w.city.rows(`update line set heard_at = clock_timestamp() + interval '1 hour'`)
  await w.later(25 * 60_000)
  await until('the other unit to be urged', async () => (await rowsOf(others, 'urge-clock')) === 1)
  t.equal(await rowsOf(theirs, 'urge-clock'), 0)
  await w.city.rows(`update line_in set moved_at = clock_timestamp() - interval '31 s'`)
  await until('it to be urged when what is under way does not come', async () => (await rowsOf(theirs, 'urge-clock')) === 1)
  w.wire.cut(false)
  await quiet()
})

t.test('every history is whole, and nothing is left', async (t) => {
  for (const { node } of [w.city, w.county]) t.same((await verifyHistories(node.store.pool)).faults, [])
  await w.close()
})
