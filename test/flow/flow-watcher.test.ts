import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { watchFlowFiles } from '../../src/intake/flow-watcher.js'
import { until } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'

const silent = { info: () => undefined, warn: () => undefined }

t.test('what is saved while the files are looked at is seen at once, in a folder that is new too, and not with the slow look', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true }) })
  writeFileSync(join(directory, '110.yaml'), 'a')
  const looks: string[] = []
  const tapes = join(directory, 'prompts', 'en')
  const files = await watchFlowFiles(directory, { logger: silent, async onChanged() {
    looks.push('look')
    if (looks.length === 1) writeFileSync(join(directory, '110.yaml'), 'changed')
    if (looks.length === 3) writeFileSync(join(tapes, 'noted.wav'), 'RIFF')
    await Promise.resolve()
  } })
  t.teardown(() => { files.close() })
  // The slow look comes after 10 s.
  await until('the change', () => looks.length === 2, 7_000)
  mkdirSync(tapes, { recursive: true })
  writeFileSync(join(directory, '110.yaml'), 'changed again')
  await until('the tape', () => looks.length === 4, 7_000)
})

t.test('what lies beside the flow files is no change: a node keeps what ran last in <home>/flows, which may be the directory itself', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true }) })
  writeFileSync(join(directory, '110.yaml'), 'a')
  let looks = 0
  const files = await watchFlowFiles(directory, { logger: silent, onChanged() { looks += 1; return Promise.resolve() } })
  t.teardown(() => { files.close() })
  writeFileSync(join(directory, 'edition.json'), '{}')
  mkdirSync(join(directory, 'tapes'))
  // Longer than it takes to settle, which is the only sign that nothing comes of it.
  await new Promise((resolve) => { setTimeout(resolve, 600) })
  t.equal(looks, 1)
  writeFileSync(join(directory, '110.YML'), 'named wrong, and told so')
  await until('a flow file', () => looks === 2, 7_000)
})
