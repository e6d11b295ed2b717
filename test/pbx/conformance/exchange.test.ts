import t from 'tap'
import { startExchange, type PlacedCall } from '../../../src/pbx/exchange/exchange.js'
import { freePort } from '../harness/ports.js'
import { conformance, PARTS } from './suite.js'

t.setTimeout(400_000)
// They do little but wait for what is played.
t.jobs = 3
for (const part of Object.keys(PARTS) as (keyof typeof PARTS)[]) void t.test(`the practice exchange: ${part}`, { timeout: 360_000, buffered: true }, (t) => conformance(t, async (t) => {
  const [outboundPort, secondPort] = [await freePort(), await freePort()]
  const exchange = await startExchange({ password: 'practice', outbound: `127.0.0.1:${outboundPort}|127.0.0.1:${secondPort}`, serves: (number) => ['110', '12345'].includes(number), yields: (number) => number === '12345' })
  t.teardown(() => exchange.close())
  exchange.phones.set('1001', { answerAfter: 300 })
  exchange.phones.set('1002', 'busy')
  exchange.phones.set('1003', 'no-answer')
  exchange.phones.set('1004', 'unregistered')
  exchange.phones.set('1005', 'early')
  const { ring } = exchange.phones
  exchange.phones.ring = (extension, leg) => {
    ring(extension, leg)
    if (extension === '1005') setTimeout(() => exchange.phones.reject('1005', 'USER_BUSY'), 200)
  }
  const calls = new Map<string, PlacedCall>()
  return {
    eslPort: exchange.port, password: 'practice', outboundPort, secondPort,
    dial: (extension) => `sofia/operators/${extension}%liandong`,
    say: (callId, words) => { calls.get(callId)?.say(words) },
    async citizen({ number, called = '110', asserted = false, keys = '', hangUpAfter }) {
      const call = exchange.placeCall({ number, called, verified: asserted })
      calls.set(call.callId, call)
      if (keys !== '') setTimeout(() => { call.press(keys) }, 800)
      if (hangUpAfter !== undefined) setTimeout(() => { call.hangUp() }, hangUpAfter)
    },
  }
}, [part]))
