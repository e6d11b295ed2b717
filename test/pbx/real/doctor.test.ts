import t from 'tap'
import { checkPbx } from '../../../src/pbx/doctor/doctor.js'
import { findRealThings, startFreeSwitch } from '../harness/freeswitch.js'
import { freePort } from '../harness/ports.js'

const things = findRealThings()
t.test('liandong doctor on a real FreeSWITCH, configured as shipped: it looks at all of it and finds only what is missing here', { skip: 'skip' in things ? things.skip : false, timeout: 60_000 }, async (t) => {
  if ('skip' in things) throw new Error(things.skip)
  const node = await freePort()
  const freeswitch = await startFreeSwitch(things.freeswitch, { intake: [node] })
  t.teardown(() => freeswitch.stop())
  const checks = await checkPbx({
    host: '127.0.0.1', port: freeswitch.eslPort, password: freeswitch.password, operatorDial: 'sofia/operators/{extension}%liandong', trunkDial: 'sofia/citizens/{number}@127.0.0.1', fallbackExtension: 'fallback', fallbackContext: 'citizens',
    nativeQueue: 'native', node: `127.0.0.1:${node}`, ports: [node], holdMusic: 'hold.wav', cdrDirectory: freeswitch.cdrDirectory, phones: '', browserPhones: '', recordings: '', prompts: [], extensions: ['1001', '1002'],
  })
  const told = JSON.stringify(checks.filter(({ verdict }) => verdict !== 'ok'), null, 1)
  t.same(checks.filter(({ verdict }) => verdict === 'bad').map(({ id }) => id), [], told)
  // No telephone of an agent is registered here.
  t.same(checks.filter(({ verdict }) => verdict === 'warn').map(({ id }) => id), ['pbx.queue'], told)
  for (const id of ['pbx.trunk', 'pbx.dialplan.socket', 'pbx.dialplan.switch', 'pbx.dialplan.fallback', 'pbx.dialplan.after-talk', 'pbx.queue.follows', 'pbx.sounds', 'pbx.cdr', 'pbx.rtp', 'pbx.exposure']) t.ok(checks.some((check) => check.id === id), id)
})
