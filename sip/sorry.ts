import { createSocket } from 'node:dgram'
import { headerOf, headersOf, readMessage } from './core/message.js'

/**
 * The last target of every call: when all FreeSWITCH were silent or refused, drachtio would answer 408 or whatever came last.
 * This one says 503 with Retry-After, which makes a carrier re-route. It keeps nothing: each INVITE is answered from itself.
 */
export async function openSorry(host: string, retryAfterSeconds: number): Promise<{ readonly uri: string; close(): Promise<void> }> {
  const socket = createSocket('udp4')
  socket.on('error', () => undefined)
  socket.on('message', (data, from) => {
    const message = readMessage(data.toString('utf8'))
    if (!message.startLine.startsWith('INVITE ')) return
    const to = headerOf(message, 'to') ?? ''
    socket.send([
      'SIP/2.0 503 Service Unavailable',
      ...headersOf(message, 'via').map((via) => `Via: ${via}`),
      `From: ${headerOf(message, 'from') ?? ''}`,
      `To: ${to}${/;\s*tag=/i.test(to) ? '' : ';tag=none'}`,
      `Call-ID: ${headerOf(message, 'call-id') ?? ''}`,
      `CSeq: ${headerOf(message, 'cseq') ?? ''}`,
      `Retry-After: ${retryAfterSeconds}`,
      'Content-Length: 0', '', '',
    ].join('\r\n'), from.port, from.address)
  })
  await new Promise<void>((resolve) => { socket.bind(0, host, resolve) })
  return {
    uri: `${host}:${socket.address().port}`,
    close: () => new Promise((resolve) => { socket.close(() => { resolve() }) }),
  }
}
