import { createHmac, randomUUID } from 'node:crypto'
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { isPrivate } from '../../src/net/addresses.js'
import type { Outgoing, Sending } from '../../src/delivery/ports.js'
import { retryAfter, startSender } from '../../src/delivery/sender.js'
import { makeSms } from '../../src/delivery/sms.js'
import { makeSmtp } from '../../src/delivery/smtp.js'
import { makeWebhook, sign } from '../../src/delivery/webhook.js'
import { openTestStore, temporaryHome, until } from '../helpers/database.js'
import { relay, type Relay } from './relay.js'

const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`
const message = (more: Partial<Outgoing> = {}): Outgoing => ({
  id: randomUUID(), kind: 'dispatch', audience: 'unit', channel: 'webhook', unitId: 'gas-company', address: '', ticketId: null, tries: 1, secret: SECRET,
  body: { text: { zh: '新工单 100-0003：中州路\r\n.\r\nMAIL FROM:<x@y>', en: 'New ticket' } }, ...more,
})

async function listen(t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve) }))
  return (server.address() as AddressInfo).port
}

t.test('a webhook is signed so that a stranger’s library can check it', async (t) => {
  const got: { headers: IncomingMessage['headers']; body: string }[] = []
  let answer = (response: ServerResponse): void => { response.writeHead(204).end() }
  const port = await listen(t, createHttp((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => { body += chunk.toString() })
    request.on('end', () => { got.push({ headers: request.headers, body }); answer(response) })
  }))
  const url = `http://127.0.0.1:${port}/hook`
  const webhook = makeWebhook({ allowed: ['127.0.0.1'], clock: () => 1_767_600_000_000, timeout: 3_000 })
  const one = message({ address: url })
  t.same(await webhook.send(one), { type: 'received' })
  const [{ headers, body } = { headers: {}, body: '' }] = got
  t.match(headers, { 'webhook-id': one.id, 'webhook-timestamp': '1767600000', 'content-type': /json/ })
  // As the specification says it, written out once more.
  const expected = createHmac('sha256', '0123456789abcdef0123456789abcdef').update(`${one.id}.1767600000.${body}`).digest('base64')
  t.equal(headers['webhook-signature'], `v1,${expected}`)
  t.match(JSON.parse(body), { type: 'ticket.dispatch', id: one.id, data: { text: { en: 'New ticket' } } })
  // The example of the specification (standardwebhooks 1.0).
  t.equal(sign('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}'), 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')

  for (const [status, more, expected] of [
    [500, {}, { type: 'again' }], [503, { 'retry-after': '7' }, { type: 'again', after: 7_000 }], [429, {}, { type: 'again' }], [410, {}, { type: 'never' }], [400, {}, { type: 'never' }],
    [302, { location: 'http://127.0.0.1/inside' }, { type: 'never' }],
  ] as const) {
    answer = (response) => { response.writeHead(status, more).end() }
    t.match(await webhook.send(message({ address: url })), expected, String(status))
  }
  answer = () => { /* says nothing */ }
  t.match(await webhook.send(message({ address: url })), { type: 'again', why: /3000 ms/ }, 'a receiver that hangs')
  t.match(await makeWebhook({ allowed: ['127.0.0.1'], clock: Date.now }).send(message({ address: 'http://127.0.0.1:1/' })), { type: 'again', why: /ECONNREFUSED/ })
})

t.test('private addresses are refused unless they are listed, however they are written', async (t) => {
  const webhook = makeWebhook({ allowed: ['10.1.0.0/16'], clock: Date.now, timeout: 300 })
  for (const address of ['http://127.0.0.1/', 'http://localhost/', 'http://2130706433/', 'http://0x7f.1/', 'http://[::1]/', 'http://[::ffff:127.0.0.1]/', 'http://[::ffff:7f00:1]/', 'http://169.254.169.254/latest/meta-data', 'http://192.168.1.1/', 'http://10.2.0.1/', 'http://[fd00::1]/', 'http://[fe80::1]/', 'http://0.0.0.0/', 'http://100.64.0.1/']) {
    t.match(await webhook.send(message({ address })), { type: 'never', why: /private address/ }, address)
  }
  for (const address of ['ftp://example.com/', 'file:///etc/passwd', 'http://user:pass@example.com/', 'nonsense', '']) t.match(await webhook.send(message({ address })), { type: 'never' }, address)
  t.match(await webhook.send(message({ address: 'http://example.com/', secret: '' })), { type: 'never', why: /key/ })
  t.equal(isPrivate('8.8.8.8'), false)
  t.equal(isPrivate('2400:3200::1'), false)
  t.throws(() => makeWebhook({ allowed: ['10.0.0.0/99'], clock: Date.now }), /delivery\.privateAddresses/)
})

/** A relay in clear text, with a greeting and an EHLO of several lines. `refuse`: a command → its answer. */
const plain = (t: Test, refuse: Readonly<Record<string, string>> = {}): Promise<Relay> =>
  relay(t, { starttls: false, answers: { greeting: '220-relay.example\r\n220 ready\r\n', EHLO: '250-relay.example\r\n250-AUTH PLAIN\r\n250 8BITMIME', ...refuse } })

t.test('mail goes through a relay, and no text of a caller becomes a command', async (t) => {
  const { port, clear: lines } = await plain(t)
  const settings = { host: '127.0.0.1', port, security: 'none', user: 'liandong', password: 'hush', from: '110@city.example', clock: () => 1_767_600_000_000, timeout: 2_000 } as const
  t.same(await makeSmtp(settings).send(message({ channel: 'email', address: 'duty@gas.example' })), { type: 'sent' })
  t.match(lines.slice(0, 5), [/^EHLO /, `AUTH PLAIN ${Buffer.from('\0liandong\0hush').toString('base64')}`, 'MAIL FROM:<110@city.example>', 'RCPT TO:<duty@gas.example>', 'DATA'])
  t.equal(lines.filter((line) => line.startsWith('MAIL FROM')).length, 1)
  t.equal(lines.filter((line) => line === '.').length, 1)
  const subject = lines.join('\r\n').match(/^Subject: (.*(?:\r\n .*)*)/m)?.[1] ?? ''
  t.equal([...subject.matchAll(/=\?UTF-8\?B\?([^?]*)\?=/g)].map(([, word = '']) => Buffer.from(word, 'base64').toString()).join(''), '新工单 100-0003：中州路')
  t.ok(lines.every((line) => line.length <= 200))
  const { port: other, clear: letter } = await plain(t)
  await makeSmtp({ ...settings, port: other }).send(message({ channel: 'email', address: 'duty@gas.example', body: { text: { zh: '新工单 100-0003：中州路', en: 'New ticket' }, letter: { zh: '新工单\n地点：中州路\n时限：签收 收到后 10 分钟内', en: 'New ticket\nPlace: 中州路' } } }))
  const written = letter.slice(letter.indexOf('') + 1, letter.indexOf('.')).join('')
  t.match(Buffer.from(written, 'base64').toString(), /地点：中州路\r?\n时限：签收 收到后 10 分钟内[^]*Place: 中州路/, 'a mail says as much as the terminal')
  for (const address of ['a@b.example>\r\nRCPT TO:<c@d.example', 'a b@c', 'nobody', '']) t.match(await makeSmtp(settings).send(message({ channel: 'email', address })), { type: 'never' }, address)
  const send = (refuse: Record<string, string>, more: object = {}): Promise<Sending> => plain(t, refuse).then(({ port: at }) => makeSmtp({ ...settings, port: at, ...more }).send(message({ channel: 'email', address: 'duty@gas.example' })))
  t.match(await send({ RCPT: '550 no such box' }), { type: 'never', why: /RCPT: 550/ })
  t.match(await send({ RCPT: '450 greylisted' }), { type: 'again', why: /450/ })
  t.match(await send({ AUTH: '535 wrong' }), { type: 'again', why: /AUTH: 535/ }, 'a wrong password is set right by a person; the mail waits')
  t.match(await send({}, { security: 'starttls' }), { type: 'again', why: /STARTTLS/ }, 'never in clear text where encryption was asked for')
  t.match(await makeSmtp({ ...settings, host: '' }).send(message({ channel: 'email', address: 'a@b.example' })), { type: 'never', why: /smtpHost/ })
})

t.test('text messages go to mobiles only', async (t) => {
  const sent: string[] = []
  const sms = makeSms({ send: ({ to }) => { sent.push(to); return Promise.resolve() } })
  t.same(await sms.send(message({ channel: 'sms', address: '+8613900000001' })), { type: 'sent' })
  for (const address of ['', '037912345678', '110', '1390000000', '13900000001;13900000002']) t.match(await sms.send(message({ channel: 'sms', address })), { type: 'never' }, address)
  t.same(sent, ['13900000001'])
})

t.test('the outbox: retries with jitter, dead letters, replay; a sender that dies loses nothing', async (t) => {
  const waits = Array.from({ length: 200 }, (_, n) => retryAfter(3, () => n / 200))
  t.ok(Math.min(...waits) >= 4_000 && Math.max(...waits) <= 8_000 && new Set(waits).size > 100)
  t.ok(retryAfter(30, () => 1) <= 15 * 60_000)

  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const put = async (): Promise<string> => (await store.pool.query<{ id: string }>(`insert into outbox (kind, audience, channel, unit_id, address, body) values ('dispatch', 'unit', 'webhook', 'gas-company', 'http://x/', '{"text": {"zh": "", "en": ""}}') returning id`)).rows[0]?.id ?? ''
  const state = async (id: string): Promise<{ tries: number; sent: boolean; dead: boolean; error: string }> => (await store.pool.query<{ tries: number; sent: boolean; dead: boolean; error: string }>('select tries, sent_at is not null as sent, dead_at is not null as dead, error from outbox where id = $1', [id])).rows[0] ?? { tries: 0, sent: false, dead: false, error: '' }
  let answer: Sending = { type: 'again', why: 'HTTP 500', after: 1 }
  const seen: string[] = []
  const received: string[] = []
  const dead: string[] = []
  const channel = { send: (one: Outgoing) => { seen.push(one.id); return Promise.resolve(answer) } }
  const open = () => startSender({ store: store.outbox, channels: { webhook: channel, email: channel, sms: channel }, onReceived: ({ id }) => { received.push(id); return Promise.resolve() }, onDead: ({ id }) => { dead.push(id) }, onError: (error) => { throw error } })
  const first = open()
  const id = await put()
  first.nudge()
  await until('some tries', () => { first.nudge(); return seen.length >= 3 })
  answer = { type: 'received' }
  await until('it to arrive', async () => { first.nudge(); return (await state(id)).sent })
  t.same(received, [id])
  answer = { type: 'never', why: 'HTTP 410' }
  const lost = await put()
  await until('it to be given up', async () => { first.nudge(); return (await state(lost)).dead })
  t.match(await state(lost), { error: 'HTTP 410' })
  t.same(dead, [lost])
  answer = { type: 'received' }
  t.equal(await store.hall.replay(lost, { id: randomUUID() } as never), true)
  await until('the replay', async () => { first.nudge(); return (await state(lost)).sent })
  t.equal(await store.hall.replay(lost, { id: randomUUID() } as never), false, 'what arrived is not sent again')
  await first.close()

  // Taken, and then the node dies: when the lease is over another takes it.
  const orphan = await put()
  t.equal((await store.outbox.take('webhook', 10, 50, [])).length, 1)
  t.equal((await store.outbox.take('webhook', 10, 50, [])).length <= 1, true)
  const second = open()
  await until('the other node', async () => { second.nudge(); return (await state(orphan)).sent })
  await second.close()
})
