import { randomUUID } from 'node:crypto'
import t from 'tap'
import { Type } from 'typebox'
import Value from 'typebox/value'
import { makeCitizens } from '../../src/dispatch/citizen.js'
import { makeLookUps } from '../../src/intake/look-ups.js'
import { makeTicketWrites } from '../../src/store/ticket-writes.js'
import { errorText } from '../../src/contracts/errors.js'
import { asOwner } from '../helpers/database.js'
import { OPEN311_KEY, OPEN311_OTHER_KEY, startServer } from './server.js'

t.setTimeout(400_000)

t.test('a citizen asks after his request: by its number and the telephone he called from', async (t) => {
  const server = await startServer(t)
  const callId = randomUUID()
  const now = Date.now()
  const ticket = await server.store.records.openTicket({ operatorId: '', answeredAt: now, callBack: false, place: '中州路', callerName: '周大爷', record: { callId, caller: { number: '13900000042', name: '', verified: true }, calledNumber: '110', state: 'ended', class: 'standard', category: 'noise', language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } })
  const ask = async (number: string, phone: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${server.url}/api/ask?${new URLSearchParams({ number, phone }).toString()}`)
    return { status: response.status, body: await response.json() }
  }
  const found = await ask(ticket.number, '+8613900000042')
  t.match(found, { status: 200, body: { number: ticket.number, class: 'open', stage: 'received', state: { zh: '已受理，等待派单' }, timeZone: 'Asia/Shanghai', report: null, closedAt: null } })
  t.notMatch(JSON.stringify(found.body), /13900000042|周大爷|中州路/, 'no personal data in it')
  t.match(await ask(ticket.number.replace('-', ''), '13900000042'), { status: 200 })
  const wrong = await ask(ticket.number, '13900000043')
  t.match(wrong, { status: 404, body: { code: 'ask.not-found' } })
  t.same((await ask('999-9999', '13900000042')).body, wrong.body, 'a wrong telephone and a wrong number sound the same')
  // Who complained and wants not to be known is not known by trying his telephone either.
  const privacyOf = async (privacy: string): Promise<unknown> => asOwner(t, server.store).query(`update ticket set work = work || jsonb_build_object('privacy', $2::text) where id = $1`, [callId, privacy])
  for (const privacy of ['identity-hidden', 'anonymous']) {
    await privacyOf(privacy)
    const hidden = await ask(ticket.number, '13900000042')
    t.same(hidden, wrong, privacy)
  }
  for (const language of ['zh', 'en'] as const) t.match(errorText('ask.not-found', language, {}), /110/, 'it is said how one is answered')
  await privacyOf('number-hidden')
  t.match(await ask(ticket.number, '13900000042'), { status: 200 })
  for (let n = 0; n < 7; n += 1) t.equal((await ask(ticket.number, `1390000${String(n).padStart(4, '0')}`)).status, 404)
  t.match(await ask(ticket.number, '13900000042'), { status: 429, body: { code: 'auth.too-many' } }, 'guessing has an end, from however many addresses: the tenth wrong one for a ticket')
  t.equal((await ask('999-9998', '13900000042')).status, 404, 'of this ticket only')
  let last = 0
  for (let n = 0; n < 31; n += 1) last = (await ask(`100-${1000 + n}`, '13900000042')).status
  t.equal(last, 429, 'and one address is heard so often only')
})

t.test('nobody tries one telephone against every ticket’s number', async (t) => {
  const server = await startServer(t)
  const now = Date.now()
  const phone = '13900000055'
  const { number } = await server.store.records.openTicket({ operatorId: '', answeredAt: now, callBack: false, place: '', callerName: '', record: { callId: randomUUID(), caller: { number: phone, name: '', verified: true }, calledNumber: '110', state: 'ended', class: 'standard', category: 'noise', language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } })
  /** From an address of a network of its own. */
  const ask = async (said: string, from: string, as = phone): Promise<number> => (await server.app.inject({ url: `/api/ask?${new URLSearchParams({ number: said, phone: as }).toString()}`, remoteAddress: from })).statusCode
  for (let n = 0; n < 20; n += 1) t.equal(await ask(`200-${1000 + n}`, `2001:db8:${n}::1`), 404)
  for (const as of [phone, `86${phone}`, `+86${phone}`]) t.equal(await ask(number, '2001:db8:ff::1', as), 429, `${as}: not even by the right one`)
  t.equal(await ask(number, '2001:db8:ff::2', '13900000056'), 404, 'other telephones are tried by themselves')
  let status = 0
  for (let n = 0; n < 31; n += 1) status = await ask('200-0001', `2001:db8:aa:1::${n + 1}`, `1390001${1000 + n}`)
  t.equal(status, 429, 'all of a network’s addresses are one')

  const strangers = makeCitizens({ store: { ...server.store.citizens, byNumber: (one) => (one === number ? server.store.citizens.byNumber(one) : Promise.resolve(null)) }, units: () => Promise.resolve([]), categories: () => [], timeZone: 'Asia/Shanghai', keys: [], clock: () => 0 })
  for (let n = 0; n < 9; n += 1) await t.rejects(strangers.ask(number, `1390002${1000 + n}`), { code: 'ask.not-found' })
  for (let n = 0; n < 20_001; n += 1) await strangers.ask(`8${String(n).padStart(6, '0')}`, `1380${String(n).padStart(7, '0')}`).catch(() => undefined)
  await t.rejects(strangers.ask(number, '13900021999'), { code: 'ask.not-found' })
  await t.rejects(strangers.ask(number, phone), { code: 'auth.too-many' }, 'numbers that no ticket has wash out nothing')

  const asked = await Promise.allSettled(Array.from({ length: 200 }, (_, n) => strangers.ask(`300-${1000 + n}`, '13900000057')))
  t.equal(asked.filter((one) => one.status === 'rejected' && (one.reason as { code: string }).code === 'ask.not-found').length, 20, 'nor does it help to ask them all at once')

  let hour = 0
  const citizens = makeCitizens({ store: server.store.citizens, units: () => Promise.resolve([]), categories: () => [], timeZone: 'Asia/Shanghai', keys: [], clock: () => hour * 3_600_000 })
  for (let n = 0; n < 20; n += 1) await t.rejects(citizens.ask(`200-${1000 + n}`, phone), { code: 'ask.not-found' })
  for (hour = 1; hour < 24; hour += 11) await t.rejects(citizens.ask(number, phone), { code: 'auth.too-many' })
  t.match(await citizens.ask(number, phone, true), { number }, 'who calls from it is asked for nobody else’s tries')
  hour = 25
  t.match(await citizens.ask(number, phone), { number })
})

t.test('a citizen who was read a number while PostgreSQL was away asks by that one', async (t) => {
  const server = await startServer(t)
  const now = Date.now()
  const callId = randomUUID()
  const { number } = await makeTicketWrites(server.store.pool, server.store.rules, () => undefined).open({ operatorId: '', answeredAt: now, callBack: false, place: '', callerName: '', record: { callId, caller: { number: '13900000052', name: '', verified: true }, calledNumber: '110', state: 'ended', class: 'standard', category: 'noise', language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } }, 'P-KMXR27-001')
  const ask = async (said: string, phone = '13900000052'): Promise<unknown> => {
    const response = await fetch(`${server.url}/api/ask?${new URLSearchParams({ number: said, phone }).toString()}`)
    return { status: response.status, body: await response.json() }
  }
  for (const said of ['P-KMXR27-001', 'p-kmxr27-001', 'PKMXR27001', number]) t.match(await ask(said), { status: 200, body: { number, state: { zh: '已受理，等待派单' } } }, said)
  const wrong = await ask('P-KMXR27-002')
  t.match(wrong, { status: 404, body: { code: 'ask.not-found' } })
  t.same(await ask('P-KMXR27-001', '13900000053'), wrong)
  // Each number is guessed at by itself, and not all that share its digits.
  for (let n = 0; n < 9; n += 1) await ask('P-KMXR27-001', `1390000${String(n).padStart(4, '0')}`)
  t.match(await ask('p-kmxr27-001'), { status: 429 }, 'guessing has an end for these, too, however they are written')
  t.match(await ask('P-ABCD27-001'), { status: 404 }, 'and for nobody else’s')
  t.match(await ask('P-1'), { status: 400 })
})

t.test('who called about what others called about before hears how that stands: its unit, its limit and what was done', async (t) => {
  const server = await startServer(t)
  const { store } = server
  const now = Date.now()
  const [operator] = await server.people.list('operator')
  if (operator === undefined) return t.fail('no operator')
  const open = async (number: string): Promise<{ id: string; number: string }> => store.records.openTicket({ operatorId: '', answeredAt: now, callBack: false, place: '中州路', callerName: '', record: { callId: randomUUID(), caller: { number, name: '', verified: true }, calledNumber: '110', state: 'ended', class: 'standard', category: 'noise', language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } })
  const act = async (id: string, more: object): Promise<unknown> => store.records.act(id, { actId: randomUUID(), note: '', baseVersion: (await store.records.get(id)).version, ...more } as never, operator)
  const [main, own] = [await open('13900000061'), await open('13900000062')]
  await act(main.id, { act: 'dispatch', unitId: 'urban-management' })
  await store.hall.delivered(main.id, 'urban-management', randomUUID())
  await act(own.id, { act: 'merge', into: main.id })
  const ask = async (number: string, phone: string): Promise<{ number: string; dueAt: number | null }> => (await fetch(`${server.url}/api/ask?${new URLSearchParams({ number, phone }).toString()}`)).json() as Promise<{ number: string; dueAt: number | null }>
  const [first, second] = [await ask(main.number, '13900000061'), await ask(own.number, '13900000062')]
  t.ok(first.dueAt !== null)
  t.same(second, { ...first, number: own.number, openedAt: (await store.records.get(own.id)).openedAt }, 'the same as the one who called first, under his own number')
  t.match(second, { unit: { zh: '城市管理局' }, state: { zh: '正在办理' }, class: 'waiting' })
  t.equal((await fetch(`${server.url}/api/ask?${new URLSearchParams({ number: main.number, phone: '13900000062' }).toString()}`)).status, 404, 'and not by the other’s number')
  // The telephone asks the same of the same (`flows.lookUps`, service `tickets`).
  const citizens = makeCitizens({ store: store.citizens, units: () => store.records.units(), categories: () => [], timeZone: 'Asia/Shanghai', keys: [], clock: Date.now })
  const look = makeLookUps({ services: [], privateAddresses: [], own: { tickets: ({ number = '', phone = '' }) => citizens.ask(number, phone) } })
  t.match(await look({ type: 'look-up', service: 'tickets', query: { number: own.number.replace('-', ''), phone: '13900000062' }, fields: ['class', 'dueAt'], timeout: 20_000 }), { type: 'looked-up', values: { class: 'waiting', dueAt: second.dueAt } })
  // The hall ended it by itself, and says what was done.
  await act(main.id, { act: 'settle', outcome: 'settled-on-the-spot', note: '现场已劝停', told: true })
  for (const [number, phone] of [[main.number, '13900000061'], [own.number, '13900000062']] as const) t.match(await ask(number, phone), { stage: 'closed', report: '现场已劝停' })
  const { rows } = await asOwner(t, store).query<{ text: string }>(`select body #>> '{text,zh}' as text from outbox where audience = 'citizen' and kind = 'closed' and ticket_id = any($1)`, [[main.id, own.id]])
  t.equal(rows.filter(({ text }) => text.includes('已办结。现场已劝停。')).length, 2)
})

t.test('Open311 GeoReport v2, as a client of another city speaks it', async (t) => {
  const server = await startServer(t)
  const get = async (path: string): Promise<{ status: number; type: string; text: string }> => {
    const response = await fetch(`${server.url}/open311/v2/${path}`)
    return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() }
  }
  const post = async (format: string, body: Record<string, string>): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${server.url}/open311/v2/requests.${format}`, { method: 'POST', body: new URLSearchParams(body) })
    return { status: response.status, text: await response.text() }
  }
  const services = await get('services.xml')
  t.match(services.type, /^text\/xml/)
  t.match(services.text, /^<\?xml version="1\.0" encoding="utf-8"\?>\n<services><service><service_code>noise<\/service_code><service_name>噪声 Noise<\/service_name>[\s\S]*<metadata>false<\/metadata><type>realtime<\/type>/)
  t.notMatch(services.text, /fire/, 'an emergency is telephoned')

  const request = { api_key: OPEN311_KEY, service_code: 'noise', lat: '34.62', long: '112.45', address_string: '中州路 <1> & "2"', description: '夜间施工]]> <b>', first_name: '梅', last_name: '李', phone: '13900000077', jurisdiction_id: 'luoyang' }
  t.match(await post('json', { ...request, api_key: 'invented' }), { status: 403 })
  t.match(await post('json', { ...request, service_code: 'martian' }), { status: 404, text: /^\[\{"code":404,"description":".*martian.*"\}\]$/ })
  t.match(await post('xml', { ...request, service_code: '<b>' }), { status: 404, text: /^<\?xml[^>]*>\n<errors><error><code>404<\/code><description>[^<]+&lt;b&gt;[^<]*<\/description><\/error><\/errors>\n$/ })
  t.match(await post('json', { ...request, service_code: 'fire' }), { status: 400, text: /110/ })
  t.match(await post('json', { ...request, lat: 'north' }), { status: 400 })
  const far = await fetch(`${server.url}/open311/v2/requests.json`, { method: 'POST', body: new URLSearchParams({ ...request, lat: '999' }) })
  t.match(await far.json(), [{ code: 400, description: '请求有误：body.lat 不大于 90 / Bad request: body.lat is at most 90' }], 'each language in its half')
  t.match(await post('json', { ...request, description: '路'.repeat(4_000), media_url: 'https://photo.example/1.jpg' }), { status: 400, text: /description and media_url together are at most 4000/ }, 'no more than a desk may write, and a county’s line carries')
  const filed = await post('json', request)
  t.equal(filed.status, 200)
  const [{ service_request_id: id } = { service_request_id: '' }] = JSON.parse(filed.text) as { service_request_id: string }[]
  t.match(id, /^\d{3}-\d{4}$/)
  t.match((await post('xml', request)).text, /<service_requests><request><service_request_id>\d{3}-\d{4}<\/service_request_id><service_notice>/)

  t.match(await get(`requests/${id}.json`), { status: 403 }, 'not without a key')
  for (const file of ['json', 'xml']) t.match(await get(`requests/999-9999.${file}?api_key=${OPEN311_KEY}`), { status: 404, text: /404/ }, 'an id that is not there')
  t.match(await get(`requests.json?api_key=${OPEN311_KEY}&start_date=yesterday`), { status: 400, text: /start_date/ })
  // Without an ending: XML, which every client of GeoReport v2 reads, or JSON to who accepts nothing else.
  const bare = async (path: string, accept?: string): Promise<unknown> => { const response = await fetch(`${server.url}/open311/v2/${path}`, accept === undefined ? {} : { headers: { accept } }); return [response.status, response.headers.get('content-type')?.split(';')[0], /<[a-z_]+|\[|\{/.exec(await response.text())?.[0]] }
  t.same(await bare('services'), [200, 'text/xml', '<services'])
  t.same(await bare('services', 'application/json'), [200, 'application/json', '['])
  t.same(await bare(`requests?api_key=${OPEN311_KEY}`, '*/*'), [200, 'text/xml', '<service_requests'])
  t.same(await bare(`requests/${id}?api_key=${OPEN311_KEY}`, 'application/json, text/plain, */*'), [200, 'application/json', '['])
  t.same(await bare(`services/noise`), [200, 'text/xml', '<service_definition'])
  t.same(await bare('services.json', 'text/xml'), [200, 'application/json', '['], 'an ending says it all')
  for (const path of ['requests.csv', 'weather', `requests/abc.json?api_key=${OPEN311_KEY}`, `requests/${id}.pdf?api_key=${OPEN311_KEY}`]) t.match(await bare(path), [404], path)
  t.match(await get('weather'), { status: 404, type: /text\/xml/, text: /<errors><error><code>404<\/code><description>/ }, 'as the standard writes an error')
  t.same(await bare('requests', 'application/json'), [403, 'application/json', '['], 'and so is one of an address without an ending')
  t.match(await get(`requests.json?api_key=${OPEN311_KEY}&service_request_id=${id}&page=&page_size=&start_date=&status=`), { status: 200 }, 'a field that is left empty says nothing')
  t.match(JSON.parse((await get(`requests.json?api_key=${OPEN311_KEY}&service_request_id=${id}&status=closed&start_date=2031-01-01T00:00:00Z`)).text), [{ service_request_id: id }], 'ids go before everything else')
  const one = JSON.parse((await get(`requests/${id}.json?api_key=${OPEN311_KEY}`)).text) as unknown[]
  t.match(one, [{ service_request_id: id, status: 'open', service_code: 'noise', description: '夜间施工]]> <b>', address: '中州路 <1> & "2"', lat: 34.62, long: 112.45, agency_responsible: '' }])
  t.match((await get(`requests/${id}.xml?api_key=${OPEN311_KEY}`)).text, /<description>夜间施工\]\]&gt; &lt;b&gt;<\/description>/, 'no text of a citizen becomes a tag')

  const [{ id: ticketId } = { id: '' }] = (await server.store.pool.query<{ id: string }>('select id from ticket where number = $1', [id])).rows
  const [person] = (await server.people.list('operator'))
  if (person === undefined) return t.fail('no operator')
  t.match(await server.store.records.history(ticketId), [{ act: 'open' }, { act: 'edit', note: /^open311-[0-9a-f]{12}$/, by: null }])
  await server.store.records.act(ticketId, { actId: randomUUID(), act: 'dispatch', baseVersion: 2, unitId: 'urban-management', note: '' }, person)
  await server.store.hall.delivered(ticketId, 'urban-management', randomUUID())
  t.match(JSON.parse((await get(`requests.json?api_key=${OPEN311_KEY}&service_request_id=${id}`)).text), [{ status: 'open', status_notes: '正在办理', agency_responsible: '城市管理局', expected_datetime: /^\d{4}-/ }])
  await server.store.records.act(ticketId, { actId: randomUUID(), act: 'settle', baseVersion: 4, outcome: 'answered', note: '' }, person)
  t.match(JSON.parse((await get(`requests.json?api_key=${OPEN311_KEY}&status=closed`)).text), [{ service_request_id: id, status: 'closed' }])
  t.equal((JSON.parse((await get(`requests.json?api_key=${OPEN311_KEY}&start_date=2031-01-01T00:00:00Z`)).text) as unknown[]).length, 0)
  const numbersOf = async (query: string): Promise<string[]> => (JSON.parse((await get(`requests.json?${query}`)).text) as { service_request_id: string }[]).map((found) => found.service_request_id)
  t.equal((await numbersOf(`api_key=${OPEN311_KEY}&status=open,closed`)).length, 2, 'both states are all requests')
  t.equal((await numbersOf(`api_key=${OPEN311_KEY}&status=open`)).length, 1)
  // Another channel.
  t.same(await numbersOf(`api_key=${OPEN311_OTHER_KEY}`), [], 'another channel’s requests are not its own')
  t.same(await numbersOf(`api_key=${OPEN311_OTHER_KEY}&service_request_id=${id}`), [], 'nor by number')
  t.equal((await get(`requests/${id}.json?api_key=${OPEN311_OTHER_KEY}`)).text.includes('夜间施工'), false)
  const [{ service_request_id: theirs } = { service_request_id: '' }] = JSON.parse((await post('json', { api_key: OPEN311_OTHER_KEY, service_code: 'noise', address_string: '中州路', description: '树枝断了' })).text) as { service_request_id: string }[]
  t.same(await numbersOf(`api_key=${OPEN311_OTHER_KEY}`), [theirs])
  t.match(JSON.parse((await get(`requests/${theirs}.json?api_key=${OPEN311_OTHER_KEY}`)).text), [{ lat: null, long: null }])

  // All of it or nothing: a ticket without its words nobody would find again.
  const count = async (): Promise<number> => (await server.store.pool.query<{ n: number }>('select count(*)::int as n from ticket')).rows[0]?.n ?? -1
  const before = await count()
  const owner = asOwner(t, server.store)
  await owner.query(`create function no_words() returns trigger language plpgsql as $$ begin raise 'no words today'; end $$; create trigger no_words before insert on ticket_history for each row when (new.note like 'open311%') execute function no_words()`)
  t.match(await post('json', request), { status: 500 })
  t.equal(await count(), before)
  await owner.query('drop trigger no_words on ticket_history')
  const posted = await fetch(`${server.url}/open311/v2/requests`, { method: 'POST', body: new URLSearchParams(request as Record<string, string>), headers: { accept: 'application/json' } })
  t.match([posted.status, await posted.json()], [200, [{ service_request_id: /^\d{3}-\d{4}$/ }]])
  // What is left empty says nothing, on whichever way it comes.
  const empty = { ...request, lat: '', long: '', phone: '', media_url: '', email: '' }
  t.match(await post('json', empty), { status: 200 }, 'a form')
  const json = await fetch(`${server.url}/open311/v2/requests.json`, { method: 'POST', body: JSON.stringify(empty), headers: { 'content-type': 'application/json' } })
  t.match([json.status, await json.json()], [200, [{ service_request_id: /^\d{3}-\d{4}$/ }]])
  t.match((await fetch(`${server.url}/open311/v2/requests.json`, { method: 'POST', body: '""', headers: { 'content-type': 'application/json' } })).status, 400)
  const form = await fetch(`${server.url}/api/login`, { method: 'POST', body: new URLSearchParams({ loginName: 'op1', password: 'x' }) })
  t.equal(form.status, 400, 'no other route takes a form')
})

t.test('who files a request is told by the telephone that he wrote, however he wrote it; what is none is refused', async (t) => {
  const server = await startServer(t)
  const filed = async (phone: string): Promise<unknown> => {
    const response = await fetch(`${server.url}/open311/v2/requests.json`, { method: 'POST', body: new URLSearchParams({ api_key: OPEN311_KEY, service_code: 'noise', address_string: '中州路', description: '施工', phone, media_url: 'https://photo.example/1.jpg' }) })
    if (response.status !== 200) return [response.status, await response.text()]
    const [{ service_request_id: number } = { service_request_id: '' }] = await response.json() as { service_request_id: string }[]
    const { rows: [row] } = await server.store.pool.query<{ number_called_from: string; description: string }>('select number_called_from, description from ticket where number = $1', [number])
    return [row?.number_called_from, row?.description]
  }
  for (const phone of ['+86 (139) - 0000 - 0077', '139-0000-0077', '+86 139 0000 0077', '0086 13900000077', '13900000077']) t.same(await filed(phone), ['13900000077', '施工\nhttps://photo.example/1.jpg'], phone)
  t.same(await filed('(0379) 6300 0000'), ['037963000000', '施工\nhttps://photo.example/1.jpg'])
  t.match(await filed(''), ['', /施工/], 'nobody has to')
  t.match(await filed('晚上打'), [400, /phone/])
  // A form's fields that are left empty say nothing.
  const form = await fetch(`${server.url}/open311/v2/requests.json`, { method: 'POST', body: new URLSearchParams({ api_key: OPEN311_KEY, service_code: 'noise', address_string: '中州路', lat: '', long: '', email: '' }) })
  t.equal(form.status, 200)
  t.equal((await fetch(`${server.url}/open311/v2/requests.json?${new URLSearchParams({ api_key: OPEN311_KEY, status: '', start_date: '', service_code: '' }).toString()}`)).status, 200)
})

/** What the public validator of GeoReport v2 (github.com/open311/schema-validation, schema/georeport-v2) demands, in our words. */
const text = Type.Union([Type.String(), Type.Null()])
const instant = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$' })
const degrees = Type.Union([Type.Number(), Type.Null()])
const SERVICES = Type.Array(Type.Object({ service_code: Type.String(), service_name: Type.String(), description: text, metadata: Type.Boolean(), type: Type.Union([Type.Literal('realtime'), Type.Literal('batch'), Type.Literal('blackbox')]), keywords: text, group: text }))
const DEFINITION = Type.Object({ service_code: Type.String(), attributes: Type.Array(Type.Object({})) })
const REQUESTS = Type.Array(Type.Object({
  service_request_id: Type.String({ minLength: 1 }), status: Type.Union([Type.Literal('open'), Type.Literal('closed')]), status_notes: text, service_name: text, service_code: Type.String(), description: text, agency_responsible: text, service_notice: text,
  requested_datetime: instant, updated_datetime: Type.Union([instant, Type.Null()]), expected_datetime: Type.Union([instant, Type.Null()]), address: text, address_id: text, zipcode: text, lat: degrees, long: degrees, media_url: text,
}))

/** XML as clients read it that make objects of it (Perl's XML::Simple, as FixMyStreet's Open311.pm): a name that comes once is a value, one that comes again a list. */
function read(xml: string): unknown {
  const [, body = ''] = /^<\?xml version="1\.0" encoding="utf-8"\?>\s*<\w+>([\s\S]*)<\/\w+>\s*$/.exec(xml) ?? []
  const inside = (inner: string): unknown => {
    const children = [...inner.matchAll(/<(\w+)>([\s\S]*?)<\/\1>/g)]
    if (children.length === 0) return inner.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&apos;', '\'').replaceAll('&amp;', '&')
    const found: Record<string, unknown> = {}
    for (const [, name = '', one = ''] of children) found[name] = name in found ? [found[name], inside(one)].flat() : inside(one)
    return found
  }
  return inside(body)
}

t.test('Open311: what public clients expect of a server', async (t) => {
  const server = await startServer(t)
  const base = `${server.url}/open311/v2`
  const json = async (url: string): Promise<unknown> => (await fetch(url)).json()
  const xml = async (url: string): Promise<unknown> => read(await (await fetch(url)).text())

  await t.test('a client that is told the city’s discovery address and nothing else (codeforamerica’s)', async (t) => {
    const found = await json(`${base}/discovery.json`) as { endpoints: { specification: string; url: string; type: string; formats: string[] }[] }
    const endpoint = found.endpoints.find(({ specification, formats, type }) => specification === 'http://wiki.open311.org/GeoReport_v2' && type === 'production' && formats.includes('application/json'))
    t.equal(endpoint?.url, base)
    t.match(await xml(`${base}/discovery.xml`), { changeset: /^\d{4}-/, endpoints: { endpoint: { url: base, formats: { format: ['text/xml', 'application/json'] } } } })
    const services = await json(`${endpoint?.url ?? ''}/services.json?jurisdiction_id=luoyang`)
    t.ok(Value.Check(SERVICES, services), 'the list of services is as the public schema has it', { errors: Value.Errors(SERVICES, services) })
    const [{ service_code: code } = { service_code: '' }] = services as { service_code: string }[]
    const definition = await json(`${base}/services/${code}.json`)
    t.ok(Value.Check(DEFINITION, definition))
    t.match(definition, { service_code: code, attributes: [] })
    t.match(await (await fetch(`${base}/services/martian.json`)).json(), [{ code: 404 }])
    t.equal((await fetch(`${base}/services/fire.xml`)).status, 404, 'what is not offered has no definition')
  })

  await t.test('FixMyStreet: services, their attributes, a report with its own fields, and how it stands', async (t) => {
    t.match(await xml(`${base}/services.xml?jurisdiction_id=luoyang`), { service: { service_code: 'noise', metadata: 'false' } })
    t.match(await xml(`${base}/services/noise.xml?jurisdiction_id=luoyang`), { service_code: 'noise', attributes: '' })
    const report = { 'jurisdiction_id': 'luoyang', 'api_key': OPEN311_KEY, 'lat': '34.6212', 'long': '112.4537', 'email': 'bob@example.org', 'description': 'title:  噪声\n\ndetail: 夜间施工 & <b>\n\nurl: http://example.org/report/1\n\nSubmitted via FixMyStreet\n', 'service_code': 'noise', 'first_name': 'Bob', 'last_name': 'Jones', 'phone': '13900000078', 'media_url': 'http://example.org/photo.jpeg', 'attribute[easting]': '100', 'attribute[fixmystreet_id]': '1' }
    const sent = await fetch(`${base}/requests.xml`, { method: 'POST', body: new URLSearchParams(report) })
    t.equal(sent.status, 200)
    const { request: { service_request_id: id } } = read(await sent.text()) as { request: { service_request_id: string } }
    t.match(id, /^\d{3}-\d{4}$/)
    t.match(await xml(`${base}/requests.xml?jurisdiction_id=luoyang&api_key=${OPEN311_KEY}&service_request_id=${id}`), { request: { service_request_id: id, status: 'open', description: report.description, lat: '34.6212', expected_datetime: '' } })
    const refused = await fetch(`${base}/requests.xml`, { method: 'POST', body: new URLSearchParams({ ...report, service_code: 'martian' }) })
    t.equal(refused.status, 404)
    t.match(read(await refused.text()), { error: { code: '404', description: /martian/ } }, 'and says why in the form that it logs')
    const all = await json(`${base}/requests.json?api_key=${OPEN311_KEY}&extensions=true`)
    t.ok(Value.Check(REQUESTS, all), 'requests are as the public schema has them', { errors: Value.Errors(REQUESTS, all) })
    t.match(all, [{ service_request_id: id, lat: 34.6212, expected_datetime: null }])
  })
})
