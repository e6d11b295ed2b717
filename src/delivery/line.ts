import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { LiandongError } from '../contracts/errors.js'
import type { Post } from '../dispatch/county/ports.js'

/** A whole exchange, ms. */
const TIMEOUT = 15_000
const MOST_ANSWER = 16 << 20

/** One POST over a county's line, on a connection of its own: a wire that died under a kept one would be found out much later. */
export const makePost = (timeout = TIMEOUT): Post => (address, exchange) => new Promise((resolve, reject) => {
  const url = new URL(address)
  const body = JSON.stringify(exchange)
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, { method: 'POST', agent: false, headers: { 'content-type': 'application/json; charset=utf-8', 'content-length': String(Buffer.byteLength(body)), 'user-agent': 'Liandong' } }, (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => { text += chunk; if (text.length > MOST_ANSWER) request.destroy(new Error('an answer without end')) })
    response.on('error', fail)
    response.on('aborted', () => { fail(new Error('the line was cut')) })
    response.on('end', () => {
      clearTimeout(timer)
      const refused = response.statusCode === 409 ? turnOf(text) : null
      if (refused !== null) return reject(new LiandongError('line.turn', { turn: refused }))
      if (response.statusCode !== 200) return reject(new Error(`HTTP ${response.statusCode ?? 0} ${text.slice(0, 200)}`))
      try {
        resolve(JSON.parse(text))
      } catch (error) {
        reject(new Error('the city answers something else', { cause: error }))
      }
    })
  })
  const timer = setTimeout(() => { request.destroy(new Error(`no answer in ${timeout} ms`)) }, timeout)
  function fail(error: Error): void { clearTimeout(timer); reject(error) }
  request.on('error', fail)
  request.end(body)
})

/** The turn that was refused because a later one had come; null: it was refused for something else. */
function turnOf(text: string): number | null {
  try {
    const { code, details } = JSON.parse(text) as { readonly code?: unknown; readonly details?: { readonly turn?: unknown } }
    return code === 'line.turn' && typeof details?.turn === 'number' ? details.turn : null
  } catch {
    return null
  }
}
