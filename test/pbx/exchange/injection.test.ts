import t from 'tap'
import { connect } from 'node:net'
import { startExchange } from '../../../src/pbx/exchange/exchange.js'
import { until } from '../../helpers/database.js'

t.test('on the exchange’s own port: an injection by CR is executed, and a forgotten sched_del loses the call', async (t) => {
  const exchange = await startExchange({ password: 'secret', speed: 100 })
  t.teardown(() => exchange.close())
  exchange.setOutbound('127.0.0.1:1')
  const socket = connect(exchange.port, '127.0.0.1')
  t.teardown(() => { socket.destroy() })
  let text = ''
  socket.on('data', (data) => { text += data.toString('latin1') })
  const call = exchange.placeCall({ number: '13900000001', called: '110' })
  const transfers = (): number => call.reports.filter(({ type }) => type === 'fallback').length
  await until('the native queue', () => transfers() === 1)
  socket.write(`auth secret\n\nsendmsg ${call.callId}\rcall-command: execute\rexecute-app-name: set\rexecute-app-arg: stolen=yes\n\n`)
  await until('the reply', () => text.includes('Reply-Text: +OK\n'))
  for (const after of [1, 60]) socket.write(`api sched_transfer +${after} ${call.callId} fallback XML citizens\n\n`)
  await until('the first, which the second did not replace', () => transfers() === 2)
  socket.write(`api sched_transfer +60 ${call.callId} fallback XML citizens\n\napi sched_transfer +61 ${call.callId} fallback XML citizens\n\napi sched_del ${call.callId}\n\n`)
  await until('both deleted', () => text.includes('+OK Deleted: 2\n'))
  call.hangUp()
})
