import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { stale } from '../scripts/docs.js'
import { COMMANDS } from '../src/cli/commands.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

t.test('what is written from the code is up to date (npm run docs)', async (t) => {
  t.same([...(await stale()).keys()], [])
})

t.test('every file that the documents name is there', async (t) => {
  for (const document of ['README.md', 'README.zh-CN.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/call.md', 'docs/dispatch.md', 'docs/flows.md', 'docs/flows.zh-CN.md']) {
    for (const [, name = ''] of read(document).matchAll(/`((?:src|test|docs|scripts|sip|ivr-flows|migrations|\.ci)\/[\w./-]*[\w/])`/g)) t.ok(existsSync(join(root, name)), `${document}: ${name}`)
    for (const [, target = ''] of read(document).matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)) t.ok(existsSync(join(root, document.includes('/') ? 'docs' : '.', target)), `${document}: ${target}`)
  }
})

t.test('both READMEs say the same, command by command', async (t) => {
  const shape = (text: string): string[] => [...text.matchAll(/^(#{1,4}) /gm)].map(([, marks = '']) => marks)
  const [english, chinese] = [read('README.md'), read('README.zh-CN.md')]
  t.same(shape(chinese), shape(english), 'the same headings')
  for (const { name } of COMMANDS) {
    t.match(english, `liandong ${name}`)
    t.match(chinese, `liandong ${name}`)
  }
})
