import { createSocket } from 'node:dgram'
import { headerOf, headersOf, readMessage } from './core/message.js'

/** What drachtio told of a call's targets may still be under way to us when it asks here, ms. */
const TELLING = 100

/**
 * The last target of every call: when all FreeSWITCH were silent or refused, drachtio would answer 408 or whatever came last.
 * This one says 503, which makes a carrier re-route, and only where all were silent with Retry-After: that tells him to leave the whole trunk
 * alone, and who refused one call may well take the next. It keeps nothing: each INVITE is answered from itself.
 * @param asked all were tried for this call (Call-ID); what it gives says, when it is answered, whether one of them did.
 */
export async function openSorry(host: string, retryAfterSeconds: number, asked: (callId: string) => () => boolean): Promise<{ readonly uri: string; close(): Promise<void> }> {
  const socket = createSocket('udp4')
  // An address that is not this machine's is said at the start: without this service the edge must not be up.
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(0, host, () => { socket.off('error', reject); resolve() })
  })
  let open = true
  socket.on('error', () => undefined)
  socket.on('message', (data, from) => {
    const message = readMessage(data.toString('utf8'))
    if (!message.startLine.startsWith('INVITE ')) return
    const to = headerOf(message, 'to') ?? ''
    const callId = headerOf(message, 'call-id') ?? ''
    const heard = asked(callId)
    setTimeout(() => { if (open) socket.send([
      'SIP/2.0 503 Service Unavailable',
      ...headersOf(message, 'via').map((via) => `Via: ${via}`),
      `From: ${headerOf(message, 'from') ?? ''}`,
      `To: ${to}${/;\s*tag=/i.test(to) ? '' : ';tag=none'}`,
      `Call-ID: ${callId}`,
      `CSeq: ${headerOf(message, 'cseq') ?? ''}`,
      ...(heard() ? [] : [`Retry-After: ${retryAfterSeconds}`]),
      'Content-Length: 0', '', '',
    ].join('\r\n'), from.port, from.address) }, TELLING)
  })
  return {
    uri: `${host}:${socket.address().port}`,
    close: () => new Promise((resolve) => { open = false; socket.close(() => { resolve() }) }),
  }
}
