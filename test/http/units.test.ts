import { randomUUID } from 'node:crypto'
import t from 'tap'
import { idFrom } from '../../src/dispatch/ids.js'
import { startServer } from './server.js'

/** The smallest whole JPEG that says its size: 8 × 8, with a secret in a comment. */
const picture = (secret = 'SECRET'): Buffer => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, secret.length + 2]), Buffer.from(secret), Buffer.from([0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 1, 2, 3, 0xff, 0xd9])])

t.test('photos, numbers and colleagues: for those who may', async (t) => {
  const server = await startServer(t)
  await server.people.addPerson({ loginName: 'unit2', displayName: '别家', role: 'unit', unitId: 'power-supply' }, 'correct horse battery')
  await server.people.addPerson({ loginName: 'unit3', displayName: '同事', role: 'unit', unitId: 'municipal-works' }, 'correct horse battery')
  const cookies = { op: await server.cookie('op1'), unit: await server.cookie('unit1'), other: await server.cookie('unit2') }
  const ask = async (by: keyof typeof cookies, path: string, body?: object): Promise<{ status: number; body: Record<string, unknown>; headers: Headers; text: string }> => {
    const response = await fetch(`${server.url}${path}`, { method: body === undefined ? 'GET' : 'POST', headers: { cookie: cookies[by], ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    const text = Buffer.from(await response.arrayBuffer()).toString('latin1')
    return { status: response.status, headers: response.headers, text, body: (response.headers.get('content-type')?.includes('json') === true ? JSON.parse(Buffer.from(text, 'latin1').toString()) : {}) as Record<string, unknown> }
  }
  const open = async (unitId: string, number = '13900000021'): Promise<string> => {
    const callId = randomUUID()
    const record = { callId, caller: { number, name: '贺女士', verified: true }, calledNumber: '110', state: 'ended', class: 'standard', category: 'noise', language: 'zh-CN', tags: [], path: [], createdAt: 1_000_000, queuedAt: 1_000_000, answeredAt: 1_000_000 } as const
    await server.store.records.openTicket({ record, operatorId: await server.idOf('op1'), answeredAt: 1_000_000, callBack: false, place: '中州中路', callerName: '贺女士' })
    t.equal((await ask('op', `/api/tickets/${callId}/acts`, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId, note: '' })).status, 200)
    return callId
  }
  const [ours, theirs] = [await open('municipal-works'), await open('power-supply')]

  const added = await ask('unit', `/api/tickets/${ours}/attachments`, { picture: picture().toString('base64') })
  t.match(added, { status: 200, body: { ticketId: ours, unitId: 'municipal-works', by: '值班员', type: 'image/jpeg', width: 8, height: 8 } })
  const id = String(added.body['id'])
  t.equal((await ask('unit', `/api/tickets/${ours}/attachments`, { picture: picture('another comment').toString('base64') })).body['id'], id, 'the same picture sent again is the one that is there')
  for (const by of ['unit', 'op'] as const) {
    const shown = await ask(by, `/api/attachments/${id}`)
    t.match([shown.status, shown.headers.get('content-type'), shown.headers.get('x-content-type-options')], [200, 'image/jpeg', 'nosniff'])
    t.notMatch(shown.text, /SECRET/)
    t.match(await ask(by, `/api/tickets/${ours}/attachments`), { body: { attachments: [{ id }] } })
  }
  t.match(await ask('other', `/api/attachments/${id}`), { status: 404, body: { code: 'attachment.not-found' } })
  t.match(await ask('unit', `/api/attachments/${randomUUID()}`), { status: 404, body: { code: 'attachment.not-found' } })
  t.match(await ask('other', `/api/tickets/${ours}/attachments`), { status: 404, body: { code: 'ticket.not-found' } })
  t.match(await ask('other', `/api/tickets/${ours}/attachments`, { picture: picture().toString('base64') }), { status: 404 })
  for (const bad of [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), picture().subarray(0, 20), Buffer.alloc(5_000)]) t.match(await ask('unit', `/api/tickets/${ours}/attachments`, { picture: bad.toString('base64') }), { status: 422, body: { code: 'attachment.not-a-picture' } })
  t.equal((await ask('unit', `/api/tickets/${ours}/attachments`, { picture: 'A'.repeat(12_000_000) })).status, 400, 'too large')

  const progress = (photos: string[]): object => ({ actId: randomUUID(), act: 'progress', baseVersion: 2, step: 'note', note: '', photos })
  t.match(await ask('other', `/api/tickets/${theirs}/acts`, progress([id])), { status: 422, body: { code: 'ticket.photo-unknown' } }, 'no photo of another ticket')
  t.equal((await ask('unit', `/api/tickets/${ours}/acts`, progress([id]))).status, 200)
  t.match((await ask('op', `/api/tickets/${ours}/history`)).body, { history: [{}, {}, { act: 'progress', changes: { photos: [null, [id]] } }] })

  for (const actId of [idFrom(`warn ${ours}`), '00000000-0000-8000-8000-000000000001', '00000000-0000-4000-0000-000000000001']) t.match(await ask('unit', `/api/tickets/${ours}/acts`, { ...progress([]), actId }), { status: 400, body: { code: 'request.invalid' } }, `${actId}: an id that the system may give to what it will do is nobody else’s`)

  t.match((await ask('unit', `/api/tickets/${ours}`)).body, { caller: { number: '139****0021', name: '贺女士' } })
  t.match((await ask('op', `/api/tickets/${ours}`)).body, { caller: { number: '13900000021' } })
  t.match(await ask('unit', '/api/tickets?text=13900000021'), { body: { total: 0 } }, 'nor is it found by the number')
  t.match(await ask('unit', `/api/tickets/${ours}/reveal`, { reason: '  ' }), { status: 400 })
  t.match(await ask('unit', `/api/tickets/${ours}/reveal`, { reason: '核对位置' }), { status: 200, body: { number: '13900000021' } })
  t.match(await ask('other', `/api/tickets/${ours}/reveal`, { reason: '核对位置' }), { status: 404 })
  t.equal((await ask('op', `/api/tickets/${ours}/acts`, { actId: randomUUID(), act: 'protect', baseVersion: 3, privacy: 'identity-hidden', note: '' })).status, 200)
  t.match(await ask('unit', `/api/tickets/${ours}/reveal`, { reason: '核对位置' }), { status: 403, body: { code: 'ticket.confidential' } })
  t.match((await ask('unit', `/api/tickets/${ours}`)).body, { caller: { number: '', name: '' }, fields: { callerName: '' } })
  t.match(await ask('unit', `/api/tickets?text=${encodeURIComponent('贺女士')}`), { body: { total: 0 } }, 'nor by the name')
  t.match(await ask('unit', `/api/tickets?text=${encodeURIComponent('中州中路')}`), { body: { total: 1 } })
  const { rows } = await server.store.pool.query<{ details: object }>(`select details from audit where act = 'caller.reveal' and subject = $1`, [ours])
  t.match(rows, [{ details: { reason: '核对位置', unit: 'municipal-works' } }], 'one look, one row')
  t.same((await ask('unit', '/api/unit/people')).body['people'], [{ id: await server.idOf('unit1'), displayName: '值班员' }, { id: await server.idOf('unit3'), displayName: '同事' }])
  t.same((await ask('other', '/api/unit/people?unitId=municipal-works')).body['people'], [{ id: await server.idOf('unit2'), displayName: '别家' }], 'a unit its own, whatever it names')
  t.same((await ask('op', '/api/unit/people?unitId=power-supply')).body['people'], [{ id: await server.idOf('unit2'), displayName: '别家' }], 'the hall whose it asks for')
  t.same((await ask('op', '/api/unit/people')).body['people'], [])
})
