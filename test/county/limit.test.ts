import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Exchange } from '../../src/contracts/county.js'
import { newSigner, publicOf, seal, type Signer } from '../../src/dispatch/county/seal.js'
import { makeStrangers } from '../../src/http/strangers.js'
import { putLine } from '../../src/store/line-setup.js'
import { asOwner } from '../helpers/database.js'
import { startServer } from '../http/server.js'

t.setTimeout(400_000)

t.test('strangers are counted by address, who turns out to be known is not', (t) => {
  let now = 0
  const strangers = makeStrangers(2, 100, () => now)
  const come = (address: string): { request: object; wait: number } => { const request = {}; return { request, wait: strangers.came(request, address) } }
  for (let n = 0; n < 5; n += 1) {
    const { request, wait } = come('a')
    t.equal(wait, 0)
    strangers.known(request)
    strangers.known(request)
  }
  t.same([come('a').wait, come('a').wait], [0, 0])
  now = 30
  const refused = come('a')
  t.equal(refused.wait, 70)
  strangers.known(refused.request)
  t.equal(come('a').wait, 70, 'what was refused takes nothing off')
  t.equal(come('b').wait, 0, 'of this address only')
  now = 100
  t.equal(come('a').wait, 0, 'for a minute')
  t.end()
})

t.test('a county says as much as it has to say, whoever shares its address; what is not signed comes to an end', async (t) => {
  const server = await startServer(t)
  const owner = asOwner(t, server.store)
  const key = newSigner()
  await putLine(owner, { name: 'yanshi', peer: 'county', url: '', units: ['drainage'], keys: [publicOf(key)] })
  await server.store.refreshRules()
  let turn = Date.now()
  const exchange = (signer: Signer): Exchange => ({ state: seal(JSON.stringify({ line: 'yanshi', from: 'county', turn: turn += 1, now: Date.now(), have: 0, held: [], tip: null }), signer), messages: [] })
  const say = async (body: unknown, { line = 'yanshi', address = '192.0.2.7' } = {}): Promise<{ status: number; code: string | undefined }> => {
    const response = await fetch(`${server.url}/api/lines/${line}/exchange`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-forwarded-for': address }, body: JSON.stringify(body) })
    return { status: response.status, code: ((await response.json()) as { code?: string }).code }
  }
  const desk = (): Promise<number> => fetch(`${server.url}/api/session`, { headers: { 'x-forwarded-for': '192.0.2.7' } }).then(({ status }) => status)
  /** 640 requests, some at a time: within one minute. */
  const many = async <R>(ask: (n: number) => Promise<R>): Promise<R[]> => {
    const answers: R[] = []
    while (answers.length < 640) answers.push(...await Promise.all(Array.from({ length: 32 }, (_, n) => ask(n))))
    return answers
  }
  const said: number[] = []
  // Photos of one afternoon, 48 KiB each time.
  for (let n = 0; n < 620; n += 1) said.push((await say(exchange(key))).status)
  t.same(said.filter((status) => status !== 200), [], 'a county that tells without a break is heard')
  t.not(await desk(), 429, 'and takes nothing from the desks behind its address')
  // Somebody else at the same address.
  await many(desk)
  t.equal(await desk(), 429)
  t.equal((await say(exchange(key))).status, 200, 'nor do they from it')

  const stranger = newSigner()
  const old = exchange(key)
  t.equal((await say(old)).status, 200)
  const answers = await many((n) => say(n % 4 === 0 ? exchange(stranger) : n % 4 === 1 ? { state: randomUUID() } : n % 4 === 2 ? old : exchange(key), { address: '192.0.2.9', ...(n % 4 === 3 ? { line: 'xinan' } : {}) }))
  t.equal(answers.filter(({ status }) => status !== 429).length, 600)
  t.same([...new Set(answers.map(({ code }) => code))].sort(), ['auth.too-many', 'line.signature', 'line.turn', 'line.unknown', 'request.invalid'])
  t.match(await say(exchange(stranger), { address: '192.0.2.9' }), { status: 429, code: 'auth.too-many' }, 'forged, played again, unknown and no message at all')
  t.equal((await say(exchange(key))).status, 200, 'the county is heard')
})
