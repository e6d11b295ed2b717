import { randomUUID } from 'node:crypto'
import t from 'tap'
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
  t.match(found, { status: 200, body: { number: ticket.number, class: 'open', state: { zh: '待处理' }, report: null, closedAt: null } })
  t.notMatch(JSON.stringify(found.body), /13900000042|周大爷|中州路/, 'no personal data in it')
  t.match(await ask(ticket.number.replace('-', ''), '13900000042'), { status: 200 })
  const wrong = await ask(ticket.number, '13900000043')
  t.match(wrong, { status: 404, body: { code: 'ask.not-found' } })
  t.same((await ask('999-9999', '13900000042')).body, wrong.body, 'a wrong telephone and a wrong number sound the same')
  let last = 0
  for (let n = 0; n < 31; n += 1) last = (await ask(ticket.number, `1390000${String(n).padStart(4, '0')}`)).status
  t.equal(last, 429, 'guessing has an end')
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
  t.match(JSON.parse((await get('discovery.json')).text), { specification: /GeoReport_v2/ })
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
  const filed = await post('json', request)
  t.equal(filed.status, 200)
  const [{ service_request_id: id } = { service_request_id: '' }] = JSON.parse(filed.text) as { service_request_id: string }[]
  t.match(id, /^\d{3}-\d{4}$/)
  t.match((await post('xml', request)).text, /<service_requests><request><service_request_id>\d{3}-\d{4}<\/service_request_id><service_notice>/)

  t.match(await get(`requests/${id}.json`), { status: 403 }, 'not without a key')
  const one = JSON.parse((await get(`requests/${id}.json?api_key=${OPEN311_KEY}`)).text) as unknown[]
  t.match(one, [{ service_request_id: id, status: 'open', service_code: 'noise', description: '夜间施工]]> <b>', address: '中州路 <1> & "2"', lat: 34.62, long: 112.45, agency_responsible: '' }])
  t.match((await get(`requests/${id}.xml?api_key=${OPEN311_KEY}`)).text, /<description>夜间施工\]\]&gt; &lt;b&gt;<\/description>/, 'no text of a citizen becomes a tag')

  const [{ id: ticketId } = { id: '' }] = (await server.store.pool.query<{ id: string }>('select id from ticket where number = $1', [id])).rows
  const [person] = (await server.people.list('operator'))
  if (person === undefined) return t.fail('no operator')
  t.match(await server.store.records.history(ticketId), [{ act: 'open' }, { act: 'edit', note: /^open311-[0-9a-f]{12}$/, by: null }])
  await server.store.records.act(ticketId, { actId: randomUUID(), act: 'dispatch', baseVersion: 2, unitId: 'urban-management', note: '' }, person)
  await server.store.hall.delivered(ticketId, 'urban-management', randomUUID())
  t.match(JSON.parse((await get(`requests.json?api_key=${OPEN311_KEY}&service_request_id=${id}`)).text), [{ status: 'open', status_notes: '已派单', agency_responsible: '城市管理局', expected_datetime: /^\d{4}-/ }])
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
  const form = await fetch(`${server.url}/api/login`, { method: 'POST', body: new URLSearchParams({ loginName: 'op1', password: 'x' }) })
  t.equal(form.status, 400, 'no other route takes a form')
})
