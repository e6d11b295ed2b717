import { createHash, randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { until } from '../../helpers/database.js'
import { LEVEL, RATE, share, timesIn } from '../../helpers/tones.js'
import { freePort } from './ports.js'

/**
 * A telephone that speaks and hears: SIP over UDP on loopback, A-law RTP. SIPp plays a room full of phones; this one is for tests
 * of who hears whom: each telephone hums a tone of its own, and `hears(hz)` measures how loud another's arrives.
 */
export interface Telephone {
  readonly address: string
  /** It rings, it talks, or neither. */
  readonly state: 'idle' | 'ringing' | 'talking'
  /** How often a talk began or was begun here. */
  readonly talks: number
  /** Registers by digest. */
  register(extension: string, password: string, port: number): Promise<void>
  unregister(): Promise<void>
  /** Calls 110 as a citizen. */
  call(number: string, port: number): Promise<void>
  answer(): void
  hangUp(): void
  /** Its transfer key (RFC 3515): asks FreeSWITCH to pass the other side on to this number. → the answer's first line */
  refer(to: string): Promise<string>
  /** Keys by RFC 4733. */
  press(key: string): void
  /** Energy of this tone in the last `ms`, 0 (nothing) to about 1 (only this). */
  hears(hz: number, ms?: number): number
  /** How often this tape was heard in the last twenty seconds of talk, whatever else was heard over it. `since`: monotonic, ms. */
  timesHeard(tape: Int16Array, since?: number): number
  /** Waits until these tones, and none of the `others`, are heard for a while. */
  hearsOnly(hz: readonly number[], others: readonly number[]): Promise<void>
  close(): Promise<void>
}

export interface TelephoneSettings {
  /** What it hums, Hz. */
  readonly tone: number
  /** Answers by itself after so long; null: only by `answer()`. */
  readonly answerAfter: number | null
}

const FRAME = 160
/** What is heard is kept for so many packets: twenty seconds. */
const KEPT = 1_000
/** Louder than this is heard, quieter than a tenth of it is not. */
const HEARD = 0.1

const encode = (sample: number): number => {
  // ITU-T G.711 A-law.
  let magnitude = Math.min(32_635, Math.abs(sample))
  const sign = sample >= 0 ? 0x80 : 0
  let exponent = 7
  for (let mask = 0x4000; (magnitude & mask) === 0 && exponent > 0; exponent -= 1, mask >>= 1);
  magnitude = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f
  return (sign | (exponent << 4) | magnitude) ^ 0x55
}
const decode = (byte: number): number => {
  const value = byte ^ 0x55
  const exponent = (value >> 4) & 7
  const magnitude = exponent === 0 ? ((value & 0x0f) << 4) + 8 : (((value & 0x0f) << 4) + 0x108) << (exponent - 1)
  return (value & 0x80) === 0 ? -magnitude : magnitude
}

interface Message { readonly first: string; header(name: string): string; all(name: string): string[]; readonly body: string }

function parse(text: string): Message {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const all = (name: string): string[] => lines.filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`)).map((line) => line.slice(line.indexOf(':') + 1).trim())
  return { first, header: (name) => all(name)[0] ?? '', all, body }
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
const token = (): string => randomBytes(8).toString('hex')

interface Dialog { readonly callId: string; readonly tag: string; readonly own: string; readonly remote: string; readonly target: string; readonly port: number; readonly invite: Message | null; seq: number }

export async function openTelephone(settings: TelephoneSettings): Promise<Telephone> {
  const sip = createSocket('udp4')
  const rtp = createSocket('udp4')
  const [sipPort, rtpPort] = [await freePort(), await freePort()]
  await new Promise<void>((resolve) => { sip.bind(sipPort, '127.0.0.1', resolve) })
  await new Promise<void>((resolve) => { rtp.bind(rtpPort, '127.0.0.1', resolve) })
  const address = `127.0.0.1:${sipPort}`
  let state: Telephone['state'] = 'idle'
  let talks = 0
  let dialog: Dialog | null = null
  let media: { port: number } | null = null
  let registered: { extension: string; password: string; port: number } | null = null
  const heard: { at: number; samples: number[] }[] = []
  const waiting = new Map<string, (message: Message) => void>()
  const ssrc = randomBytes(4)
  let sequence = 0
  let phase = 0
  let closed = false

  const sdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${rtpPort} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n`
  const send = (text: string, port: number): void => { if (!closed) sip.send(text, port, '127.0.0.1') }

  function packet(payload: Buffer, type: number, marker = false): Buffer {
    const head = Buffer.alloc(12)
    head[0] = 0x80
    head[1] = type | (marker ? 0x80 : 0)
    head.writeUInt16BE(sequence & 0xffff, 2)
    head.writeUInt32BE((sequence * FRAME) >>> 0, 4)
    ssrc.copy(head, 8)
    return Buffer.concat([head, payload])
  }

  // Speech at its own pace: what a late timer missed is sent at once, so that the other side's buffer never runs dry.
  const began = performance.now()
  const pace = setInterval(() => {
    for (let due = Math.floor((performance.now() - began) / 20); sequence < due;) {
      sequence += 1
      if (media === null) continue
      const payload = Buffer.alloc(FRAME)
      for (let at = 0; at < FRAME; at += 1) payload[at] = encode(Math.round(LEVEL * Math.sin((2 * Math.PI * settings.tone * phase++) / RATE)))
      rtp.send(packet(payload, 8), media.port, '127.0.0.1')
    }
  }, 10)
  rtp.on('message', (data) => {
    if (((data[1] ?? 0) & 0x7f) !== 8) return
    heard.push({ at: performance.now(), samples: [...data.subarray(12)].map(decode) })
    while (heard.length > KEPT) heard.shift()
  })
  rtp.on('error', () => undefined)
  sip.on('error', () => undefined)

  const mediaOf = (message: Message): void => { const port = Number(/^m=audio (\d+)/m.exec(message.body)?.[1] ?? 0); if (port > 0) media = { port } }
  function reply(to: Message, status: string, port: number, body = ''): void {
    const line = (name: string): string => to.all(name).map((value) => `${name}: ${value}\r\n`).join('')
    const tagged = /;tag=/.test(to.header('To')) || dialog === null ? line('To') : `To: ${to.header('To')};tag=${dialog.tag}\r\n`
    send(`SIP/2.0 ${status}\r\n${line('Via')}${line('Record-Route')}${line('From')}${tagged}${line('Call-ID')}${line('CSeq')}Contact: <sip:phone@${address}>\r\n${body === '' ? '' : 'Content-Type: application/sdp\r\n'}Content-Length: ${body.length}\r\n\r\n${body}`, port)
  }

  function ended(): void {
    state = 'idle'
    media = dialog = null
  }

  sip.on('message', (data, peer) => {
    const text = data.toString('latin1')
    if (text.trim() === '') return
    const message = parse(text)
    if (message.first.startsWith('SIP/2.0 ')) return waiting.get(message.header('CSeq'))?.(message)
    switch (message.first.split(' ')[0]) {
      case 'INVITE': {
        if (dialog?.callId === message.header('Call-ID')) { // again, or a re-INVITE
          if (state === 'talking') { mediaOf(message); reply(message, '200 OK', peer.port, sdp) }
          return
        }
        if (dialog !== null) return reply(message, '486 Busy Here', peer.port)
        const tag = token()
        dialog = { callId: message.header('Call-ID'), tag, own: `${message.header('To')};tag=${tag}`, remote: message.header('From'), target: /<([^>]+)>/.exec(message.header('Contact'))?.[1] ?? '', port: peer.port, invite: message, seq: 100 }
        state = 'ringing'
        reply(message, '180 Ringing', peer.port)
        if (settings.answerAfter !== null) setTimeout(() => { answer() }, settings.answerAfter)
        return
      }
      case 'CANCEL':
        reply(message, '200 OK', peer.port)
        if (dialog?.invite != null && state === 'ringing') { reply(dialog.invite, '487 Request Terminated', peer.port); ended() }
        return
      case 'BYE': reply(message, '200 OK', peer.port); if (dialog?.callId === message.header('Call-ID')) ended(); return
      case 'ACK': return
      default: reply(message, '200 OK', peer.port)
    }
  })

  function answer(): void {
    if (dialog?.invite == null || state !== 'ringing') return
    mediaOf(dialog.invite)
    reply(dialog.invite, '200 OK', dialog.port, sdp)
    state = 'talking'
    talks += 1
  }

  /** Sends until something final comes back. */
  async function request(method: string, uri: string, port: number, from: string, to: string, callId: string, seq: number, more = '', body = ''): Promise<Message> {
    const text = `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP ${address};branch=z9hG4bK${token()}\r\nFrom: ${from}\r\nTo: ${to}\r\nCall-ID: ${callId}\r\nCSeq: ${seq} ${method}\r\nContact: <sip:phone@${address}>\r\nMax-Forwards: 70\r\n${more}${body === '' ? '' : 'Content-Type: application/sdp\r\n'}Content-Length: ${body.length}\r\n\r\n${body}`
    return new Promise((resolve, reject) => {
      const key = `${seq} ${method}`
      const repeat = setInterval(() => { send(text, port) }, 500)
      const limit = setTimeout(() => { done(); reject(new Error(`no answer to ${method}`)) }, 8_000)
      const done = (): void => { clearInterval(repeat); clearTimeout(limit); waiting.delete(key) }
      waiting.set(key, (message) => {
        clearInterval(repeat)
        if (/^SIP\/2\.0 1/.test(message.first)) return
        done()
        resolve(message)
      })
      send(text, port)
    })
  }

  async function enrol(expires: number): Promise<void> {
    if (registered === null) throw new Error('which extension?')
    const { extension, password, port } = registered
    const from = `<sip:${extension}@liandong>;tag=${token()}`
    const to = `<sip:${extension}@liandong>`
    const callId = token()
    const challenge = await request('REGISTER', 'sip:liandong', port, from, to, callId, 1, `Expires: ${expires}\r\n`)
    const value = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge.header('WWW-Authenticate'))?.[1] ?? ''
    const [realm, nonce, cnonce] = [value('realm'), value('nonce'), token()]
    const response = md5(`${md5(`${extension}:${realm}:${password}`)}:${nonce}:00000001:${cnonce}:auth:${md5('REGISTER:sip:liandong')}`)
    const answered = await request('REGISTER', 'sip:liandong', port, from, to, callId, 2, `Expires: ${expires}\r\nAuthorization: Digest username="${extension}", realm="${realm}", nonce="${nonce}", uri="sip:liandong", response="${response}", algorithm=MD5, cnonce="${cnonce}", nc=00000001, qop=auth\r\n`)
    if (!answered.first.includes(' 200 ')) throw new Error(`${extension} could not register: ${answered.first}`)
  }

  const hears = (hz: number, ms = 300): number => share(heard.filter(({ at }) => at > performance.now() - ms).flatMap(({ samples }) => samples), hz)

  return {
    address, answer, hears,
    get state() { return state },
    get talks() { return talks },
    timesHeard: (tape, since = 0) => timesIn(tape, Int16Array.from(heard.filter(({ at }) => at >= since).flatMap(({ samples }) => samples))),
    async register(extension, password, port) { registered = { extension, password, port }; await enrol(3_600) },
    async unregister() { await enrol(0) },
    async call(number, port) {
      const callId = token()
      const tag = token()
      const from = `<sip:${number}@127.0.0.1>;tag=${tag}`
      const uri = `sip:110@127.0.0.1:${port}`
      const answered = await request('INVITE', uri, port, from, `<${uri}>`, callId, 1, '', sdp)
      if (!answered.first.includes(' 200 ')) throw new Error(`${number}: ${answered.first}`)
      mediaOf(answered)
      dialog = { callId, tag, own: from, remote: answered.header('To'), target: /<([^>]+)>/.exec(answered.header('Contact'))?.[1] ?? uri, port, invite: null, seq: 1 }
      state = 'talking'
      talks += 1
      send(`ACK ${dialog.target} SIP/2.0\r\nVia: SIP/2.0/UDP ${address};branch=z9hG4bK${token()}\r\nFrom: ${from}\r\nTo: ${dialog.remote}\r\nCall-ID: ${callId}\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`, port)
    },
    hangUp() {
      if (dialog === null) return
      const { callId, remote, target, port, own } = dialog
      dialog.seq += 1
      void request('BYE', target, port, own, remote, callId, dialog.seq).catch(() => undefined)
      ended()
    },
    async refer(to) {
      if (dialog === null) throw new Error('no dialog')
      const { callId, remote, target, port, own } = dialog
      dialog.seq += 1
      const answer = await request('REFER', target, port, own, remote, callId, dialog.seq, `Refer-To: <sip:${to}@liandong>\r\nReferred-By: <sip:1001@liandong>\r\n`)
      return answer.first
    },
    press(key) {
      if (media === null) return
      const event = '0123456789*#'.indexOf(key)
      for (const [duration, end] of [[160, 0], [320, 0], [480, 0], [640, 0x80], [640, 0x80], [640, 0x80]] as const) {
        sequence += 1
        rtp.send(packet(Buffer.from([event, end | 10, duration >> 8, duration & 0xff]), 101, duration === 160), media.port, '127.0.0.1')
      }
    },
    async hearsOnly(wanted, others) {
      const loud = (hz: number): boolean => hears(hz, 400) > HEARD
      const quiet = (hz: number): boolean => hears(hz, 400) < HEARD / 10
      let since = 0
      await until(`${settings.tone} to hear ${wanted.join(', ')} and not ${others.join(', ')} (hears ${[...wanted, ...others].map((hz) => `${hz}: ${hears(hz, 400).toFixed(3)}`).join(', ')})`, () => {
        if (!wanted.every(loud) || !others.every(quiet)) { since = 0; return false }
        since ||= performance.now()
        return performance.now() - since > 400
      })
    },
    close() {
      if (closed) return Promise.resolve()
      closed = true
      clearInterval(pace)
      return Promise.all([sip, rtp].map((socket: Socket) => new Promise<void>((resolve) => { socket.close(() => { resolve() }) }))).then(() => undefined)
    },
  }
}
