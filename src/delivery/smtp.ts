import { randomUUID } from 'node:crypto'
import { connect as connectPlain, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import type { Channel, Sending } from './ports.js'

export interface SmtpSettings {
  /** Empty: no relay, every message is refused. */
  readonly host: string
  readonly port: number
  /** `tls`: from the first byte (465); `starttls`: required after EHLO; `none`: only to a relay on this machine or network. */
  readonly security: 'tls' | 'starttls' | 'none'
  readonly user: string
  readonly password: string
  readonly from: string
  readonly clock: () => number
  /** Silence of the relay, ms. The whole mail is given twice as long, less than the lease of the outbox: one that lets fall a letter now and then hangs as well. */
  readonly timeout?: number
  /** For a relay with a certificate of the city's own. */
  readonly tls?: ConnectionOptions
}

interface Reply { readonly code: number; readonly text: string }
class Smtp extends Error { constructor(readonly reply: Reply, readonly during: string) { super(`${during}: ${reply.code} ${reply.text}`) } }

/** RFC 5322 atoms and dots only, so that nothing can end the command or the header it stands in. */
const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}$/

/** A header of any text: RFC 2047, in words short enough for a line. */
function encodedWords(text: string): string {
  const words: string[] = []
  let part = ''
  for (const character of text) {
    if (Buffer.byteLength(part + character) > 42) { words.push(part); part = '' }
    part += character
  }
  words.push(part)
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ')
}

/** The message as it goes over the wire. Base64 has no dots and no long lines, and so nothing to escape. */
export function mimeMessage(message: { readonly id: string; readonly from: string; readonly to: string; readonly subject: string; readonly text: string; readonly at: number }): string {
  const domain = message.from.split('@')[1] ?? 'localhost'
  const body = Buffer.from(message.text.replace(/\r?\n/g, '\r\n')).toString('base64').replace(/.{76}/g, '$&\r\n')
  return [
    `Date: ${new Date(message.at).toUTCString().replace('GMT', '+0000')}`, `From: ${message.from}`, `To: ${message.to}`, `Message-ID: <${message.id}@${domain}>`, `Subject: ${encodedWords(message.subject)}`,
    'MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: base64', 'Auto-Submitted: auto-generated', '', body, '',
  ].join('\r\n')
}

/** One conversation with a relay (RFC 5321): commands one at a time, each reply whole. Whatever the relay does, each of them settles. */
function converse(first: Socket, timeout: number): { say(line: string, during: string, expected: readonly number[]): Promise<Reply>; greeting(): Promise<Reply>; secure(options: ConnectionOptions): Promise<void>; end(): void } {
  let socket = first
  let buffer = ''
  let waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | null = null
  let failure: Error | null = null
  const fail = (error: Error): void => { failure ??= error; waiting?.reject(failure); waiting = null; socket.destroy() }
  function listen(): void {
    socket.setTimeout(timeout, () => { fail(new Error(`the relay said nothing for ${timeout} ms`)) })
    socket.on('error', fail)
    socket.on('close', () => { fail(new Error('the relay hung up')) })
    socket.on('data', (chunk: Buffer) => {
      buffer += chunk.toString('latin1')
      if (buffer.length > 64 << 10) return fail(new Error('a reply without end'))
      const lines = buffer.split('\r\n')
      const last = lines.findIndex((line) => /^\d{3}( |$)/.test(line))
      if (last < 0 || last === lines.length - 1 || waiting === null) return
      buffer = lines.slice(last + 1).join('\r\n')
      const { resolve } = waiting
      waiting = null
      resolve({ code: Number(lines[last]?.slice(0, 3)), text: lines.slice(0, last + 1).map((line) => line.slice(4)).join('\n') })
    })
  }
  const reply = (): Promise<Reply> => new Promise((resolve, reject) => {
    if (failure !== null) return reject(failure)
    waiting = { resolve, reject }
    socket.emit('data', Buffer.alloc(0))
  })
  async function expect(during: string, expected: readonly number[]): Promise<Reply> {
    const answer = await reply()
    if (!expected.includes(answer.code)) throw new Smtp(answer, during)
    return answer
  }
  const whole = setTimeout(() => { fail(new Error(`the relay took more than ${2 * timeout} ms`)) }, 2 * timeout)
  listen()
  return {
    greeting: () => expect('greeting', [220]),
    say(line, during, expected) {
      socket.write(`${line}\r\n`)
      return expect(during, expected)
    },
    secure: (options) => new Promise((resolve, reject) => {
      // What the relay said in clear text after STARTTLS could come from somebody else.
      buffer = ''
      for (const event of ['data', 'error', 'close', 'timeout']) socket.removeAllListeners(event)
      const plain = socket
      let secured = false
      const tls = connectTls({ ...options, socket: plain }, () => {
        secured = true
        waiting = null
        listen()
        resolve()
      })
      // From here on it may hang, hang up, or show a certificate that is not its own.
      socket = tls
      waiting = { resolve: () => undefined, reject }
      plain.on('error', fail)
      tls.on('error', fail)
      tls.on('close', () => { fail(new Error('the relay hung up')) })
      tls.setTimeout(timeout, () => { if (!secured) fail(new Error(`no TLS in ${timeout} ms`)) })
    }),
    end() {
      clearTimeout(whole)
      socket.removeAllListeners('close')
      socket.end('QUIT\r\n')
      socket.setTimeout(1_000, () => { socket.destroy() })
    },
  }
}

/** E-mail through the city's relay. "Taken over" is not "read": a unit that is reached by e-mail alone confirms at its terminal. */
export function makeSmtp({ host, port, security, user, password, from, clock, timeout = 15_000, tls = {} }: SmtpSettings): Channel {
  async function deliver(to: string, subject: string, text: string, id: string): Promise<void> {
    const options: ConnectionOptions = { servername: host, minVersion: 'TLSv1.2', ...tls }
    const talk = converse(security === 'tls' ? connectTls({ host, port, ...options }) : connectPlain(port, host), timeout)
    try {
      await talk.greeting()
      const name = hostname().replace(/[^A-Za-z0-9.-]/g, '-') || 'localhost'
      let hello = await talk.say(`EHLO ${name}`, 'EHLO', [250])
      if (security === 'starttls') {
        if (!/^STARTTLS$/im.test(hello.text)) throw new Error('the relay offers no STARTTLS')
        await talk.say('STARTTLS', 'STARTTLS', [220])
        await talk.secure(options)
        hello = await talk.say(`EHLO ${name}`, 'EHLO', [250])
      }
      if (user !== '') await talk.say(`AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString('base64')}`, 'AUTH', [235])
      await talk.say(`MAIL FROM:<${from}>`, 'MAIL', [250])
      await talk.say(`RCPT TO:<${to}>`, 'RCPT', [250, 251])
      await talk.say('DATA', 'DATA', [354])
      await talk.say(`${mimeMessage({ id, from, to, subject, text, at: clock() })}\r\n.`, 'message', [250])
    } finally {
      talk.end()
    }
  }
  return {
    async send({ id, address, body }): Promise<Sending> {
      if (host === '') return { type: 'never', why: 'no relay is set (delivery.smtpHost)' }
      if (!ADDRESS.test(address) || !ADDRESS.test(from)) return { type: 'never', why: 'not a mail address' }
      try {
        // One line: what decodes it again must not find the end of a header in it.
        const subject = (body.text.zh.split('\n')[0] ?? '').replace(/\p{Cc}+/gu, ' ').trim()
        const { zh, en } = body.letter ?? body.text
        await deliver(address, subject, `${zh}\n\n${en}\n`, id === '' ? randomUUID() : id)
        return { type: 'sent' }
      } catch (error) {
        if (error instanceof Smtp && error.reply.code >= 500 && error.during !== 'AUTH') return { type: 'never', why: error.message }
        return { type: 'again', why: (error as Error).message }
      }
    },
  }
}
