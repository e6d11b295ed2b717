import t from 'tap'
import { holderOf } from '../../src/net/addresses.js'

t.test('whose an address is: one of IPv4 by itself, one of IPv6 with all of its network', async (t) => {
  for (const [address, holder] of [
    ['192.0.2.7', '192.0.2.7'], ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'], ['2001:db8:1:2::1', '2001:db8:1:2::/64'], ['2001:DB8:0001:2:ffff::', '2001:db8:1:2::/64'], ['2001:db8:1:2::192.0.2.1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'], ['2001:db8:1::2:3:4:5', '2001:db8:1:0::/64'], ['::1', '0:0:0:0::/64'], ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''], ['unknown', 'unknown'],
  ] as const) t.equal(holderOf(address), holder, address)
})
