import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { replaceFile } from '../../sip/whole-file.js'
import { temporaryDirectory } from '../helpers/directory.js'

t.test('a file is replaced whole or stays as it was', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  const file = join(directory, 'file')
  for (const durable of [true, false]) {
    writeFileSync(file, 'old')
    writeFileSync(`${file}.new`, 'half of what one that was killed')
    replaceFile(file, 'new', { durable })
    t.equal(readFileSync(file, 'utf8'), 'new')
    t.same(readdirSync(directory), ['file'])

    mkdirSync(join(directory, 'taken', 'by-something'), { recursive: true })
    t.throws(() => { replaceFile(join(directory, 'taken'), 'new', { durable }) }, { code: /EISDIR|ENOTEMPTY|EEXIST/ }, 'the renaming fails')
    t.same(readdirSync(directory), ['file', 'taken'], 'nothing is left beside it')
    rmSync(join(directory, 'taken'), { recursive: true })

    mkdirSync(join(`${file}.new`, 'in-the-way'), { recursive: true })
    t.throws(() => { replaceFile(file, 'newer', { durable }) }, { code: 'EISDIR' }, 'the writing fails')
    t.equal(readFileSync(file, 'utf8'), 'new')
    rmSync(`${file}.new`, { recursive: true })
  }
})
