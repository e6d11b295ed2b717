import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { SwitchEvent } from '../../src/intake/ports.js'
import { startExchange } from '../../src/pbx/exchange/exchange.js'
import { makeSwitchboard } from '../../src/pbx/switchboard.js'
import { until } from '../helpers/database.js'

t.test('a FreeSWITCH with an older allow-list says so, and the telephone rings no more all the same', async (t) => {
  const exchange = await startExchange({ password: 'practice', answers: (command) => (command === 'hupall' ? '-ERR hupall Command not found!\n' : undefined) })
  const [refused, events]: [string[], SwitchEvent[]] = [[], []]
  const board = makeSwitchboard({
    link: { host: '127.0.0.1', port: exchange.port, password: 'practice' }, operatorDial: 'sofia/operators/{extension}%liandong', trunkDial: '', intakeExtension: '110', fallbackExtension: 'fallback', fallbackContext: 'citizens', switchSeconds: 4,
  }, { clock: Date.now, monotonic: () => performance.now(), onRefused: (text) => refused.push(text), onLag: () => undefined, onLink: () => undefined })
  t.teardown(async () => { board.close(); await exchange.close() })
  board.onEvent((event) => events.push(event), () => [])
  await until('the link', () => board.up && events.some(({ type }) => type === 'resync'))
  const [callId, legId] = [randomUUID(), randomUUID()]
  board.offer({ callId, operatorId: randomUUID(), legId, extension: '1001', timeout: 20_000, callerNumber: '' })
  await until('it to ring', () => exchange.phones.isRinging('1001'))
  board.endLeg(legId, 'ORIGINATOR_CANCEL')
  await until('it to ring no more', () => !exchange.phones.isRinging('1001'))
  t.match(await until('its end', () => events.find((event) => event.type === 'leg.ended' && event.legId === legId)), { cause: 'ORIGINATOR_CANCEL' })
  t.match(refused, [/hupall Command not found/])
})
