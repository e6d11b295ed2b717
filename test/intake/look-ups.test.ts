import { createServer } from 'node:http'
import t from 'tap'
import { makeLookUps } from '../../src/intake/look-ups.js'
import { isPrivate } from '../../src/net/addresses.js'

t.test('addresses of our own networks', async (t) => {
  for (const address of ['127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '::1', 'fe80::1', 'fd00::1', '::ffff:10.0.0.1', '64:ff9b::a00:1', 'not an address']) t.ok(isPrivate(address), address)
  for (const address of ['1.1.1.1', '172.32.0.1', '223.5.5.5', '2400:3200::1', '::ffff:1.1.1.1']) t.notOk(isPrivate(address), address)
})

t.test('only listed services, no redirect, no private address, no patience, no faith in the answer', async (t) => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const path = new URL(request.url ?? '/', 'http://x').pathname
    if (path === '/slow') return
    if (path === '/moved') { response.writeHead(302, { location: '/good' }).end(); return }
    if (path === '/long') { response.end(`{"a":"${'x'.repeat(100_000)}"}`); return }
    if (path === '/broken') { response.end('{"a":'); return }
    response.end('{"outage":{"until":"18:30","list":[1]},"toString":"x","n":5}')
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const services = ['good', 'slow', 'moved', 'long', 'broken'].map((name) => `${name}=http://127.0.0.1:${port}/${name}`)
  const ask = (service: string, { listed = true, fields = ['outage.until'], timeout = 3_000, host = '127.0.0.1' } = {}) =>
    makeLookUps({ services: services.map((one) => one.replace('127.0.0.1', host)), privateAddresses: listed ? ['127.0.0.1', '::1'] : [] })({ type: 'look-up', service, query: { number: '139&x=1#', 'a b': '1' }, fields, timeout })

  t.same(await ask('good', { fields: ['outage.until', 'outage.list', 'n', 'outage.until.x', 'constructor', '__proto__.x', 'nothing'] }), {
    type: 'looked-up', values: { 'outage.until': '18:30', 'outage.list': [1], n: 5, 'outage.until.x': undefined, constructor: undefined, '__proto__.x': undefined, nothing: undefined },
  })
  t.same(asked, ['/good?number=139%26x%3D1%23&a+b=1'], 'what a caller keyed in stays in its parameter')
  t.match(await ask('else'), { type: 'failed', reason: 'no service else' })
  const own = { tickets: ({ number }: Readonly<Record<string, string>>) => (number === '7' ? Promise.resolve({ class: 'closed', unit: { zh: '环卫' } }) : Promise.reject(new Error('nobody’s'))), toString: () => Promise.resolve({}) }
  const asks = makeLookUps({ services: [], privateAddresses: [], own })
  const command = { type: 'look-up', service: 'tickets', query: { number: '7' }, fields: ['class', 'unit.zh', 'constructor'], timeout: 1_000 } as const
  t.same(await asks(command), { type: 'looked-up', values: { 'class': 'closed', 'unit.zh': '环卫', 'constructor': undefined } }, 'a service of our own')
  t.match(await asks({ ...command, query: { number: '8' } }), { type: 'failed', reason: 'nobody’s' })
  t.match(await asks({ ...command, service: 'constructor' }), { type: 'failed', reason: 'no service constructor' })
  t.match(await ask('moved'), { type: 'failed', reason: 'status 302' })
  t.match(await ask('long'), { type: 'failed', reason: 'answer too long' })
  t.match(await ask('broken'), { type: 'failed' })
  t.match(await ask('slow', { timeout: 200 }), { type: 'failed', reason: 'no answer within 200 ms' })
  const before = asked.length
  t.match(await ask('good', { listed: false }), { type: 'failed', reason: /private address/ })
  t.match(await ask('good', { listed: false, host: 'localhost' }), { type: 'failed', reason: /private address/ }, 'nor by a name')
  t.equal(asked.length, before, 'nobody was asked')
})
