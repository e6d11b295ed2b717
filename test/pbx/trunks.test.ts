import { readFileSync } from 'node:fs'
import t from 'tap'

const dialplan = readFileSync(new URL('../../sip/freeswitch/dialplan/citizens.xml', import.meta.url), 'utf8')

t.test('a list of trusted trunks trusts those addresses and no others', async (t) => {
  const [, expression = ''] = /field="network_addr" expression="([^"]+)"/.exec(dialplan) ?? []
  t.match(expression, '$${trusted_trunks}')
  // FreeSWITCH puts the value of vars.xml into the text before PCRE sees it.
  const trusted = new RegExp(expression.replace('$${trusted_trunks}', () => String.raw`10\.0\.0\.1|10\.0\.0\.2`))
  for (const [address, believed] of [['10.0.0.1', true], ['10.0.0.2', true], ['10.0.0.15', false], ['10.0.0.199', false], ['99.10.0.0.2', false], ['110.0.0.2', false]] as const) {
    t.equal(trusted.test(address), believed, address)
  }
})
