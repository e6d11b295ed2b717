import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { stale } from '../scripts/docs.js'
import { COMMANDS } from '../src/cli/commands.js'
import { STOP } from '../src/cli/stop.js'

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

t.test('compose and the units of the guide: a node is given the time that its stop takes, and its journal outlives its container', async (t) => {
  interface Service { readonly image: string; readonly environment?: Readonly<Record<string, unknown>>; readonly volumes?: readonly string[]; readonly stop_grace_period?: string }
  const { services, volumes } = parse(read('compose.yaml'), { merge: true }) as { readonly services: Readonly<Record<string, Service>>; readonly volumes: Readonly<Record<string, unknown>> }
  const nodes = Object.entries(services).filter(([, { environment }]) => environment !== undefined && 'LIANDONG_NODE_NAME' in environment)
  t.equal(nodes.length, 2)
  const journals = nodes.map(([name, { volumes: mounted = [], stop_grace_period: grace = '10s' }]) => {
    t.ok(Number(/^(\d+)s$/.exec(grace)?.[1]) * 1000 > STOP, `${name}: ${grace}`)
    const journal = mounted.find((volume) => volume.endsWith(':/data'))?.split(':')[0] ?? 'an anonymous one'
    t.ok(journal in volumes, `${name} keeps its journal in ${journal}`)
    return journal
  })
  t.equal(new Set(journals).size, nodes.length, 'each its own')
  for (const guide of ['docs/install-debian.md', 'docs/install-debian.zh-CN.md']) {
    const waits = [...read(guide).matchAll(/^TimeoutStopSec=(\d+)$/gm)].map(([, seconds]) => Number(seconds) * 1000)
    t.ok(waits.length > 0 && waits.every((wait) => wait > STOP), guide)
  }
  for (const readme of ['README.md', 'README.zh-CN.md']) t.ok(Number(/^docker run .*--stop-timeout (\d+) /m.exec(read(readme))?.[1]) * 1000 > STOP, readme)
})
