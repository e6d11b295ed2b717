import t from 'tap'
import { makePacketReader, type Packet } from '../../../src/pbx/exchange/packets.js'

function read(text: string, size = Infinity): { packets: [string, Record<string, string>, string][]; refused: number; waits: string } {
  const packets: [string, Record<string, string>, string][] = []
  let refused = 0
  const reader = makePacketReader(({ line, headers, body }: Packet) => packets.push([line, Object.fromEntries(headers), body]), () => { refused += 1 })
  const bytes = Buffer.from(text, 'latin1')
  const step = Math.min(size, Math.max(1, bytes.length))
  for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step))
  return { packets, refused, waits: reader.waits }
}

const cases: Record<string, [string, ReturnType<typeof read>['packets']]> = {
  'two commands': ['api a\n\napi b\n\n', [['api a', {}, ''], ['api b', {}, '']]],
  'newlines in front': ['\n\r\n\rapi a\n\n', [['api a', {}, '']]],
  'both ends of line': ['sendmsg x\r\nA: 1\r\n\r\n', [['sendmsg x', { a: '1' }, '']]],
  'a lone CR begins a header': ['sendmsg x\rexecute-app-name: system\n\n', [['sendmsg x', { 'execute-app-name': 'system' }, '']]],
  'a CR in a value begins a header, and takes what stands before it in its line': ['sendmsg x\nexecute-app-arg: a\rexecute-app-name: system\n\n', [['sendmsg x\nexecute-app-arg: a', { 'execute-app-name': 'system' }, '']]],
  'a CR between newlines does not keep a block open': ['api a\n\r\nb: c\n\n', [['api a\n', {}, ''], ['b: c', {}, '']]],
  'the first of two headers is found, blanks at its end stay': ['x\nA:  1 \na: 2\n\n', [['x', { a: '1 ' }, '']]],
  'a body, then the next': ['x\nContent-Length: 3\n\n\n\nyapi b\n\n', [['x', { 'content-length': '3' }, '\n\ny'], ['api b', {}, '']]],
  'two lengths take two bodies, the last stays': ['x\ncontent-length: 1\ncontent-length: 2\n\nabcy\n\n', [['x', { 'content-length': '1' }, 'bc'], ['y', {}, '']]],
  'nothing after a NUL': ['api a\0b\nc: d\n\n', [['api a', {}, '']]],
}

t.test('lines are split as FreeSWITCH splits them, however the bytes arrive', async (t) => {
  for (const [what, [text, packets]] of Object.entries(cases)) for (const size of [Infinity, 1, 2, 3]) t.same(read(text, size), { packets, refused: 0, waits: 'nothing' }, `${what}, in pieces of ${size}`)
})

t.test('what it waits for, and what ends the connection', async (t) => {
  t.equal(read('api a\n').waits, 'block')
  t.equal(read('x\nContent-Length: 3\n\nab').waits, 'body')
  for (const length of ['-1', '16777217']) t.match(read(`x\nContent-Length: ${length}\n\napi b\n\n`), { packets: [], refused: 1 })
})
