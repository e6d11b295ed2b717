import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { makePost } from '../../src/delivery/line.js'

t.test('a turn that was too late is told from every other refusal of the city', async (t) => {
  const answers: [number, string][] = []
  const server = createServer((_request, response) => {
    const [status, text] = answers.shift() ?? [500, '']
    response.writeHead(status).end(text)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => new Promise((resolve) => { server.close(resolve) }))
  const post = makePost(5_000)
  for (const [status, text, expected] of [
    [409, JSON.stringify({ code: 'line.turn', text: '…', details: { turn: 7 } }), { code: 'line.turn', details: { turn: 7 } }], [409, JSON.stringify({ code: 'line.signature', details: {} }), { message: /^HTTP 409 / }],
    [409, 'null', { message: 'HTTP 409 null' }], [409, '<html>', { message: 'HTTP 409 <html>' }], [502, JSON.stringify({ code: 'line.turn', details: { turn: 7 } }), { message: /^HTTP 502 / }],
  ] as const) {
    answers.push([status, text])
    await t.rejects(post(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { state: { text: '', key: '', signature: '' }, messages: [] }), expected, `${status} ${text}`)
  }
})
