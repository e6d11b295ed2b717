import { accessSync, chmodSync, constants, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { recordingFiles } from '../../src/recording/files.js'
import { temporaryDirectory } from '../helpers/directory.js'

const ID = '00000000-0000-4000-8000-000000000001'
const NOBODY = 65_534

/** A second of silence whose header FreeSWITCH did not live to write. */
function cut(): Buffer {
  const head = Buffer.from('RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0', 'latin1')
  return Buffer.concat([head, Buffer.alloc(16_000)])
}

t.test('a recording that was cut off is mended, also one that only its writer may write: FreeSWITCH has another user than the nodes', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  const meeting = join(directory, 'recordings')
  mkdirSync(meeting)
  chmodSync(meeting, 0o2777)
  for (const at of [directory, meeting]) chmodSync(at, 0o777)
  const path = join(meeting, `${ID}.wav`)
  // As FreeSWITCH leaves it: 0640 of its user, in a directory where both may write.
  writeFileSync(path, cut())
  chmodSync(path, 0o444)
  // Root may write anything.
  const root = process.geteuid?.() === 0
  if (root) process.seteuid?.(NOBODY)
  try {
    try {
      accessSync(meeting, constants.W_OK)
    } catch {
      return t.comment('nobody else can come to the checkout: not looked at here')
    }
    t.throws(() => { writeFileSync(path, '', { flag: 'r+' }) }, { code: 'EACCES' }, 'it cannot be written in its place')
    t.match(await recordingFiles(meeting).inspect(ID), { state: 'cut', durationMs: 1_000, bytes: 16_044 })
  } finally {
    if (root) process.seteuid?.(0)
  }
  t.equal(readFileSync(path).readUInt32LE(40), 16_000, 'it says how much is there')
  t.equal(statSync(path).mode & 0o777, 0o640)
})
