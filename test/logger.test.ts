import { Writable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { makeLogger, scrub } from '../src/logger.js'

function captured() {
  let text = ''
  const logger = makeLogger('trace', false, new Writable({ write(chunk: Buffer, _encoding, done) { text += chunk.toString(); done() } }))
  return { logger, text: () => text }
}

t.test('numbers of people do not pass', (t) => {
  for (const number of ['13900000001', '+8613900000001', '139-0000-0001', '139 0000 0001', '63912345', '0379-63912345', '410303199001011234', '41030319900101123X', 'caf13900000001', '1390000000113900000002']) {
    const said = scrub(`caller ${number}, again`)
    t.notMatch(said.replace(/[ -]/g, ''), new RegExp(number.replace(/[ -]/g, '').replace('+', '\\+').slice(3, -2)), number)
    t.match(said, /again$/)
  }
  for (const harmless of ['6f1c2b3a-1234-4567-89ab-123456789012', '2026-11-25T02:43:17.123Z', '2026-11-25', 'port 18021', '100-0003', 'P-0007', '1001']) t.equal(scrub(harmless), harmless, harmless)
  t.end()
})

t.test('wherever they stand', (t) => {
  const { logger, text } = captured()
  const number = '13912345678'
  const error = Object.assign(new Error(`no route to ${number}`), { detail: `Key (number)=(${number})`, parameters: [number], code: '23505' })
  logger.info({ callId: '6f1c2b3a-1234-4567-89ab-123456789012', reason: `from ${number}`, caller: { number }, deep: { a: { b: { c: { digits: number, text: [number] } } } }, err: error }, `call of ${number}`)
  logger.error({ err: error }, 'again')
  t.notMatch(text(), /9123456/)
  t.match(text(), /6f1c2b3a-1234-4567-89ab-123456789012/, 'the call’s UUID is told')
  t.match(text(), /23505/, 'and what kind of error it was')
  t.notMatch(text(), /Key \(/, 'but nothing of the row')
  t.end()
})

t.test('any text, any number', (t) => {
  fc.assert(fc.property(fc.string(), fc.stringMatching(/^1[3-9][0-9]{9}$/), fc.string(), (before, number, after) => {
    const { logger, text } = captured()
    logger.info({ one: `${before} ${number} ${after}` }, `${before} ${number} ${after}`)
    return !text().includes(number)
  }), { numRuns: 300 })
  t.end()
})
