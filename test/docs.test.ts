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

t.test('compose and the guide: the carrier reaches what answers his call, calls come in by the edge alone, and both sides can write where they meet', async (t) => {
  interface Service { readonly user?: string; readonly environment?: Readonly<Record<string, string>>; readonly volumes?: readonly string[]; readonly tmpfs?: readonly string[]; readonly command?: readonly string[]; readonly depends_on?: unknown }
  const { services } = parse(read('compose.yaml'), { merge: true }) as { readonly services: Readonly<Record<string, Service>> }
  const { freeswitch = {}, edge = {}, directories = {} } = services
  const nodes = ['node-a', 'node-b'].map((name) => services[name] ?? {})
  const lan = '${LAN_ADDRESS:?}'
  t.match(freeswitch.environment, { LIANDONG_FS_CITIZENS_IP: lan, LIANDONG_FS_CITIZENS_ACL: `${lan}/32` })
  t.equal(edge.environment?.['LIANDONG_EDGE_POOL'], `${lan}:5080`)
  const mounts = ({ volumes = [] }: Service): Map<string, string> => new Map(volumes.map((volume) => [volume.split(':')[1] ?? '', volume.split(':')[0] ?? '']))
  const pbx = mounts(freeswitch)
  t.ok(pbx.has('/var/lib/freeswitch/db') && !freeswitch.tmpfs?.some((path) => path.startsWith('/var/lib')), 'what sofia recover reads outlives the container')
  const given = directories.command?.slice(2) ?? []
  t.same(directories.command?.slice(0, 2), ['chown', freeswitch.user])
  for (const service of [freeswitch, ...nodes]) t.match(service.depends_on, { directories: { condition: 'service_completed_successfully' } })
  for (const [path, volume] of pbx) if (!volume.startsWith('.')) t.ok(given.includes(path) && mounts(directories).get(path) === volume, `${path} is the user's`)
  for (const node of nodes) for (const name of ['CDR_DIRECTORY', 'RECORDINGS', 'MESSAGES', 'PHONES']) {
    const path = node.environment?.[`LIANDONG_PBX_${name}`]?.replace(/\/[^/]*\.xml$/, '') ?? name
    t.ok(pbx.has(path) && pbx.get(path) === mounts(node).get(path), `${path} is the same for both`)
  }
  t.equal(nodes[0]?.environment?.['LIANDONG_PBX_PHONES'], freeswitch.environment?.['LIANDONG_PBX_PHONES'])
  for (const guide of ['docs/install-debian.md', 'docs/install-debian.zh-CN.md']) {
    const text = read(guide)
    t.match(text, /LIANDONG_FS_CITIZENS_IP=10\.1\.2\.3\n[\s\S]*LIANDONG_FS_CITIZENS_ACL=10\.1\.2\.3\/32\n[\s\S]*LIANDONG_EDGE_POOL=10\.1\.2\.3:5080\n/, guide)
    const [, firewall = ''] = /\n## 8[^\n]*\n\n([^\n]*)/.exec(text) ?? []
    t.match(firewall, /^[^.。]*5060[^.。]*5080/, `${guide}: open to the carrier`)
    t.match(text, /fs_cli -p "\$\(sed -n s\/LIANDONG_PBX_PASSWORD=\/\/p /)
  }
})
