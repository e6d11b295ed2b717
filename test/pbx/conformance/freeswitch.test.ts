import t from 'tap'
import { findRealThings, startFreeSwitch } from '../harness/freeswitch.js'
import { freePort } from '../harness/ports.js'
import { makeSipp } from '../harness/sipp.js'
import { conformance } from './suite.js'

t.setTimeout(400_000)
const things = findRealThings()
t.test('FreeSWITCH as shipped', { skip: 'skip' in things ? things.skip : false, timeout: 360_000 }, (t) => conformance(t, async (t) => {
  if ('skip' in things) throw new Error(things.skip)
  const [outboundPort, secondPort] = [await freePort(), await freePort()]
  const freeswitch = await startFreeSwitch(things.freeswitch, { intake: [outboundPort, secondPort], environment: { LIANDONG_FS_NUMBERS: '110:emergency, 12345:standard', LIANDONG_FS_TRUSTED_TRUNKS: '127\\.0\\.0\\.1' } })
  const sipp = makeSipp(things.sipp, freeswitch)
  t.teardown(async () => {
    if (!t.passing()) t.comment(`${sipp.errors()}\n${freeswitch.log().split('\n').slice(-40).join('\n')}`)
    await sipp.stop()
    await freeswitch.stop()
  })
  await sipp.phones(['1001'], { ring: 300, talk: null })
  await sipp.phones(['1002'], 'busy')
  await sipp.phones(['1003'], 'unattended')
  await sipp.phones(['1005'], 'declined-early')
  return {
    eslPort: freeswitch.eslPort, password: freeswitch.password, outboundPort, secondPort,
    dial: (extension) => `sofia/operators/${extension}%liandong`,
    async citizen({ number, called, asserted = false, keys, hangUpAfter }) {
      await sipp.call({
        number, ...(called === undefined ? {} : { called, mayBeRefused: true }), ...(asserted ? { headers: [`P-Asserted-Identity: <sip:${number}@carrier.example>`] } : {}),
        ...(keys === undefined ? {} : { keys, keysAfter: 800 }), ...(hangUpAfter === undefined ? {} : { patience: hangUpAfter }),
      })
    },
  }
}))
