import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTls, TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import type { Certificate } from '../helpers/certificate.js'

export interface Manners {
  /** From the first byte. */
  readonly implicit?: boolean
  /** Offered after EHLO in clear text. */
  readonly starttls?: boolean
  /** For TLS. */
  readonly certificate?: Certificate
  /** A command → its answer; null: no answer at all. */
  readonly answers?: Readonly<Record<string, string | null>>
  /** Said in clear text behind the answer to STARTTLS, as somebody on the wire would. */
  readonly injected?: string
  /** Says yes to STARTTLS and then nothing any more. */
  readonly deafTls?: boolean
  /** A letter each so many ms, without end. */
  readonly drip?: number
}

export interface Relay { readonly port: number; /** What was said in clear text, and what inside TLS. */ readonly clear: string[]; readonly secret: string[] }

/** A mail relay with manners of its own. */
export async function relay(t: Test, { implicit = false, starttls = true, certificate, answers = {}, injected = '', deafTls = false, drip }: Manners = {}): Promise<Relay> {
  const clear: string[] = []
  const secret: string[] = []
  const sockets = new Set<Socket>()
  function serve(socket: Socket, lines: string[], greet: boolean): void {
    let buffer = ''
    let data = false
    socket.on('error', () => undefined)
    if (drip !== undefined) {
      const timer = setInterval(() => { if (!socket.destroyed) socket.write('2') }, drip)
      socket.on('close', () => { clearInterval(timer) })
      return
    }
    if (greet) socket.write(answers['greeting'] ?? '220 relay.example\r\n')
    socket.on('data', (chunk: Buffer) => {
      buffer += chunk.toString('utf8')
      for (let end = buffer.indexOf('\r\n'); end >= 0; end = buffer.indexOf('\r\n')) {
        const line = buffer.slice(0, end)
        buffer = buffer.slice(end + 2)
        lines.push(line)
        const word = line.split(/[ :]/)[0]?.toUpperCase() ?? ''
        if (data) { if (line === '.') { data = false; socket.write(`${answers['message'] ?? '250 queued'}\r\n`) } continue }
        const own = answers[word]
        if (own === null) continue
        if (own !== undefined) { socket.write(`${own}\r\n`); continue }
        if (word === 'EHLO') socket.write(starttls && lines === clear && !implicit ? '250-relay.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n' : '250-relay.example\r\n250 AUTH PLAIN\r\n')
        else if (word === 'STARTTLS') {
          socket.write(`220 go\r\n${injected}`)
          socket.removeAllListeners('data')
          if (deafTls) return
          const secure = new TLSSocket(socket, { isServer: true, key: certificate?.key, cert: certificate?.cert })
          serve(secure, secret, false)
          return
        } else if (word === 'DATA') { data = true; socket.write('354 go on\r\n') }
        else if (word === 'AUTH') socket.write('235 welcome\r\n')
        else if (word === 'QUIT') socket.end('221 bye\r\n')
        else socket.write('250 ok\r\n')
      }
    })
  }
  const server = implicit ? createTls({ key: certificate?.key, cert: certificate?.cert }, (socket) => { serve(socket, secret, true) }) : createServer((socket) => { serve(socket, clear, true) })
  server.on('connection', (socket: Socket) => { sockets.add(socket); socket.on('error', () => undefined) })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => new Promise<void>((resolve) => { for (const socket of sockets) socket.destroy(); server.close(() => { resolve() }) }))
  return { port: (server.address() as AddressInfo).port, clear, secret }
}
