import t from 'tap'
import { canonical, openAddresses } from '../../sip/addresses.js'
import { until } from '../helpers/database.js'

t.test('one way of writing an address', async (t) => {
  for (const [written, meant] of [['10.0.0.1', '10.0.0.1'], ['[2001:DB8:0:0::1]', '2001:db8::1'], ['2001:db8:0::1', '2001:db8::1'], ['::ffff:10.0.0.1', '10.0.0.1'], ['fe80::1%eth0', 'fe80::1'], ['fs-a.city', 'fs-a.city']] as const) t.equal(canonical(written), meant, written)
})

t.test('addresses are known at once, names as soon as somebody says so', async (t) => {
  const troubles: string[] = []
  const said = new Map<string, readonly string[]>()
  const addresses = openAddresses(['10.0.0.1:5060', '[2001:db8:0::2]:5060', 'fs-c:5080', 'fs-d:5080', 'fs-c:5082'], {
    every: 10, onTrouble: (host) => troubles.push(host),
    resolve: (host) => { const found = said.get(host); return found === undefined ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve(found) },
  })
  t.teardown(() => { addresses.close() })
  t.ok(addresses.has('10.0.0.1') && addresses.has('2001:db8::2') && addresses.has('::ffff:10.0.0.1') && !addresses.has('10.0.0.3'))
  t.equal(addresses.targetAt('2001:db8::2:5060'), '[2001:db8:0::2]:5060', 'as drachtio writes it')
  t.same(['10.0.0.1:5060', '[2001:db8:0::2]:5060', 'fs-c:5080'].map(addresses.placeOf), ['10.0.0.1:5060', '[2001:db8::2]:5060', 'fs-c:5080'], 'drachtio may know the name')
  said.set('fs-c', ['2001:db8::3', '10.0.0.3'])
  await until('its addresses', () => addresses.has('10.0.0.3') && addresses.has('2001:db8::3'))
  t.same(['10.0.0.3:5080', '2001:db8::3:5082', '10.0.0.3:5060'].map(addresses.targetAt), ['fs-c:5080', 'fs-c:5082', '10.0.0.3:5060'], 'two at one address are told apart by their ports')
  t.equal(addresses.placeOf('fs-c:5080'), '10.0.0.3:5080', 'IPv4 first')
  t.same(troubles.toSorted(), ['fs-c', 'fs-d'], 'each said once')
  said.set('fs-c', ['10.0.0.4'])
  await until('the new one', () => addresses.has('10.0.0.4'))
  t.notOk(addresses.has('10.0.0.3'))
  said.delete('fs-c')
  await until('it to be said anew', () => troubles.length === 3)
  t.ok(addresses.has('10.0.0.4'), 'what was known stays')
  addresses.close()
})
