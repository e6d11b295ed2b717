import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { Outgoing, Sending } from '../../src/delivery/ports.js'
import { makeSmtp, mimeMessage, type SmtpSettings } from '../../src/delivery/smtp.js'
import { makeCertificate } from '../helpers/certificate.js'
import { watchLeaks } from '../helpers/leaks.js'
import { relay, type Manners, type Relay } from './relay.js'

t.setTimeout(400_000)
const GOOD = makeCertificate()
const message = (more: Partial<Outgoing> = {}): Outgoing => ({
  id: randomUUID(), kind: 'dispatch', audience: 'unit', channel: 'email', unitId: 'gas-company', address: 'duty@gas.example', ticketId: null, tries: 1, secret: '',
  body: { text: { zh: '新工单 100-0003：中州路', en: 'New ticket 100-0003' } }, ...more,
})

/** With the certificate that our side trusts, unless told otherwise. */
const trusted = (t: Test, manners: Manners = {}): Promise<Relay> => relay(t, { certificate: GOOD, ...manners })

const settings = (port: number, more: Partial<SmtpSettings> = {}): SmtpSettings => ({
  host: '127.0.0.1', port, security: 'starttls', user: 'liandong', password: 'hush-hush', from: '110@city.example', clock: () => 1_767_600_000_000, timeout: 400, tls: { ca: GOOD.cert }, ...more,
})
const send = async (t: Test, manners: Manners, more: Partial<SmtpSettings> = {}): Promise<Sending & { readonly relay: Relay }> => {
  const one = await trusted(t, manners)
  return { ...await makeSmtp(settings(one.port, more)).send(message()), relay: one }
}
const nothingSaid = (t: Test, { clear, secret }: Relay): void => {
  t.notOk([...clear, ...secret].some((line) => /^(AUTH|MAIL|RCPT|DATA)/.test(line)), 'neither password nor mail were said')
}

// First: what the other tests leave to be closed is not counted.
t.test('a relay that hangs, wherever it does, is given up in time, and nothing of it is left', async (t) => {
  const leaked = watchLeaks()
  await t.test('each try ends', async (t) => {
    for (const [what, manners, more] of [
      ['before it greets', { answers: { greeting: '' } }, {}], ['half a greeting', { answers: { greeting: '220-and' } }, {}], ['after EHLO', { answers: { EHLO: null } }, {}], ['at STARTTLS', { answers: { STARTTLS: null } }, {}], ['in the handshake', { deafTls: true }, {}],
      ['at AUTH', { answers: { AUTH: null } }, {}], ['at MAIL', { answers: { MAIL: null } }, {}], ['at RCPT', { answers: { RCPT: null } }, {}], ['at DATA', { answers: { DATA: null } }, {}], ['a letter now and then', { drip: 50 }, {}],
      ['implicit TLS that never begins', {}, { security: 'tls' }],
    ] as const) {
      const inner = await trusted(t, manners)
      t.match(await makeSmtp(settings(inner.port, { timeout: 150, ...more })).send(message()), { type: 'again', why: /ms|hung up|SSL|wrong version|packet/i }, what)
    }
  })
  await leaked()
})

t.test('STARTTLS: the mail and the password go inside it, and EHLO is said again', async (t) => {
  const { type, relay: { clear, secret } } = await send(t, {})
  t.equal(type, 'sent')
  t.match(clear, [/^EHLO /, 'STARTTLS'])
  t.equal(clear.length, 2)
  t.match(secret.slice(0, 5), [/^EHLO /, /^AUTH PLAIN /, 'MAIL FROM:<110@city.example>', 'RCPT TO:<duty@gas.example>', 'DATA'])
})

t.test('implicit TLS', async (t) => {
  const { type, relay: { secret } } = await send(t, { implicit: true }, { security: 'tls' })
  t.equal(type, 'sent')
  t.match(secret, [/^EHLO /, /^AUTH PLAIN /])
})

t.test('a certificate that is not right: nothing is said, whichever way TLS begins', async (t) => {
  const expired = makeCertificate({ from: -30, to: -1 })
  const foreign = makeCertificate({ name: 'elsewhere.example', address: '10.9.9.9' })
  for (const [what, certificate, ca, why] of [
    ['of nobody we know', makeCertificate(), GOOD.cert, /self.signed|unable to verify/i], ['of yesterday', expired, expired.cert, /expired/], ['of another', foreign, foreign.cert, /does not match|altnames/i],
  ] as const) {
    for (const security of ['starttls', 'tls'] as const) {
      const result = await send(t, { certificate, implicit: security === 'tls' }, { security, tls: { ca } })
      t.match(result, { type: 'again', why }, `${security}: ${what}; it waits until somebody sets it right`)
      nothingSaid(t, result.relay)
    }
  }
})

t.test('downgrade: without TLS where it was asked for, nothing is said', async (t) => {
  for (const [what, manners] of [
    ['STARTTLS is not offered', { starttls: false }], ['it is refused', { answers: { STARTTLS: '454 not now' } }], ['it is refused for good', { answers: { STARTTLS: '500 what?' } }], ['a stripped offer', { answers: { EHLO: '250-relay.example\r\n250 XSTARTTLSX' } }],
  ] as const) {
    const result = await send(t, manners)
    t.not(result.type, 'sent', what)
    t.match(result, { why: /STARTTLS/ })
    nothingSaid(t, result.relay)
  }
  const plain = await send(t, { implicit: false }, { security: 'tls' })
  t.match(plain, { type: 'again' }, 'implicit TLS at a relay that speaks in clear text')
  nothingSaid(t, plain.relay)
  const old = await send(t, {}, { tls: { ca: GOOD.cert, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' } }).catch(() => ({ type: 'again' }))
  t.equal(old.type, 'again')
})

t.test('what somebody on the wire says between STARTTLS and TLS is not heard', async (t) => {
  const { type, relay: { secret } } = await send(t, { injected: '250-evil\r\n250 AUTH PLAIN\r\n' })
  // It breaks the handshake, or is dropped: it never passes for an answer inside.
  t.ok(type === 'again' || (type === 'sent' && secret.some((line) => line.startsWith('EHLO'))))
})

t.test('what the relay answers decides whether it is worth another try', async (t) => {
  for (const [word, answer, type] of [
    ['greeting', '421 busy\r\n', 'again'], ['greeting', '554 go away\r\n', 'never'], ['EHLO', '421 closing', 'again'], ['AUTH', '535 wrong', 'again'], ['AUTH', '454 later', 'again'], ['MAIL', '451 try later', 'again'], ['MAIL', '553 not you', 'never'],
    ['RCPT', '450 greylisted', 'again'], ['RCPT', '452 full', 'again'], ['RCPT', '550 no such box', 'never'], ['RCPT', '551 elsewhere', 'never'], ['DATA', '451 disk', 'again'], ['DATA', '554 no', 'never'], ['message', '452 full', 'again'], ['message', '554 spam', 'never'],
    ['RCPT', 'what is this', 'again'], ['MAIL', '250-begun\r\n250-more', 'again'],
  ] as const) {
    const result = await send(t, { answers: { [word]: answer } }, { timeout: 200 })
    t.equal(result.type, type, `${word} ${answer.trim()}`)
  }
})

t.test('no text of a caller’s, and no name, becomes a header or a command', async (t) => {
  const nasty = ['新工单\r\nBcc: all@city.example\r\n\r\nboo', '新工单\rBcc: a@b.example', '新工单\n.\nMAIL FROM:<x@y.example>', '=?utf-8?B?Qmc=?= \u0000\u2028 x', `${'长'.repeat(300)}\nBcc: x@y.example`]
  for (const zh of nasty) {
    const one = await trusted(t)
    t.equal((await makeSmtp(settings(one.port)).send(message({ body: { text: { zh, en: zh } } }))).type, 'sent')
    const lines = one.secret
    const [from, until] = [lines.indexOf('DATA') + 1, lines.indexOf('.')]
    const mail = lines.slice(from, until)
    const head = mail.slice(0, mail.indexOf(''))
    t.same(head.filter((line) => !line.startsWith(' ')).map((line) => line.split(':')[0]), ['Date', 'From', 'To', 'Message-ID', 'Subject', 'MIME-Version', 'Content-Type', 'Content-Transfer-Encoding', 'Auto-Submitted'], 'our headers and no other')
    t.ok(mail.every((line) => line.length <= 998 && /^[\x20-\x7e]*$/.test(line)), 'short lines of ASCII')
    t.same(lines.filter((line) => /^(MAIL|RCPT|Bcc)/i.test(line)), ['MAIL FROM:<110@city.example>', 'RCPT TO:<duty@gas.example>'])
    const subject = head.slice(head.findIndex((line) => line.startsWith('Subject'))).join('\r\n').match(/^Subject: (.*(?:\r\n .*)*)/)?.[1] ?? ''
    t.notMatch([...subject.matchAll(/=\?UTF-8\?B\?([^?]*)\?=/g)].map(([, word = '']) => Buffer.from(word, 'base64').toString()).join(''), /[\p{Cc}]/u, 'nor does it hold the end of one when it is decoded')
  }
  for (const address of ['a@b.example\r\nRCPT TO:<c@d.example>', '"x y"@b.example', 'a@b.example, c@d.example', 'a@b.example>', '<a@b.example', 'a@b\u0000.example', '用户@b.example']) {
    const one = await trusted(t)
    t.match(await makeSmtp(settings(one.port)).send(message({ address })), { type: 'never', why: /address/ }, JSON.stringify(address))
    t.match(await makeSmtp(settings(one.port, { from: address })).send(message()), { type: 'never' })
    t.same([...one.clear, ...one.secret], [])
  }
  t.notMatch(mimeMessage({ id: 'x', from: 'a@b.example', to: 'c@d.example', subject: '标题', text: '.\r\n.', at: 0 }).split('\r\n\r\n')[1], /^\.$/m)
})
