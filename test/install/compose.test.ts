import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { readSettings } from '../../sip/settings.js'
import { loadConfig } from '../../src/config.js'
import { COMPOSE_ENV, composeExample, composeNames, composeWith, environmentOf, type ComposeService } from '../helpers/compose.js'

const read = (file: string): string => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8')
const { services, volumes } = composeWith(COMPOSE_ENV)
const service = (name: string): ComposeService => services[name] ?? t.fail(`no ${name}`) as never
const NODES = ['node-a', 'node-b'] as const
/** Where a service has a volume: path → volume. */
const mounts = ({ volumes: mounted = [] }: ComposeService): ReadonlyMap<string, string> => new Map(mounted.map((one) => [one.split(':')[1] ?? '', one.split(':')[0] ?? '']))

t.test('what must be given is in compose.env.example, and nothing there is for nobody', async (t) => {
  const example = composeExample()
  const named = composeNames()
  for (const { name, must } of named) if (must) t.ok(example.has(name), `${name} is in compose.env.example`)
  for (const name of example.keys()) t.ok(named.some((one) => one.name === name), `${name} is used by compose.yaml`)
  for (const { name, must } of named) if (must) t.throws(() => composeWith({ ...COMPOSE_ENV, [name]: '' }), new RegExp(name), `without ${name} nothing starts`)
})

t.test('every variable that a service is given is one that it knows, with a value that it takes', async (t) => {
  for (const more of [{}, { TRUNK_DIAL: 'sofia/citizens/{number}@10.9.9.9', BROWSER_PHONES: 'wss://110.example:7443', BROWSER_PHONES_WSS: '10.1.2.3:7443', DESK_PROXY: '10.1.2.9', LIANDONG_HTTP_HOST: '0.0.0.0' }] as const) {
    const given = composeWith({ ...COMPOSE_ENV, ...more })
    for (const name of NODES) {
      const { config } = loadConfig(environmentOf(given.services[name] ?? t.fail(name) as never))
      t.same(config['http.origins'], ['https://110.example'], 'a desk has an address')
      t.equal(config['http.secureCookie'], true)
      t.equal(config['http.trustProxy'], 'DESK_PROXY' in more ? more.DESK_PROXY : '127.0.0.1')
      t.equal(config['pbx.trunkDial'], 'TRUNK_DIAL' in more ? more.TRUNK_DIAL : '')
      t.equal(config['pbx.browserPhones'], 'BROWSER_PHONES' in more ? more.BROWSER_PHONES : '')
    }
    readSettings(environmentOf(given.services['edge'] ?? t.fail('edge') as never))
    const variables = read('sip/freeswitch/vars.xml')
    const pbx = environmentOf(given.services['freeswitch'] ?? t.fail('freeswitch') as never)
    for (const name of Object.keys(pbx)) t.ok(variables.includes(`=$${name}"`), `${name} is in vars.xml`)
    t.equal(pbx['LIANDONG_FS_BROWSER_WSS'], 'BROWSER_PHONES_WSS' in more ? more.BROWSER_PHONES_WSS : '')
    // An empty one is set all the same, and would be no list.
    t.equal(pbx['LIANDONG_FS_BROWSER_ACL'], 'rfc1918.auto')
  }
})

t.test('both nodes have the photos, whoever of them took one in, and every volume belongs to the user who writes there', async (t) => {
  const [a, b] = NODES.map((name) => mounts(service(name)))
  // Below LIANDONG_HOME, which the image sets to /data (src/store/attachments.ts, src/delivery/sms.ts).
  for (const path of ['/data/attachments', '/data/sms']) {
    t.ok(a?.has(path) && a.get(path) === b?.get(path), `${path} is common to both`)
    t.not(a?.get('/data'), a?.get(path))
  }
  const { command = [] } = service('directories')
  for (const one of [service('freeswitch'), ...NODES.map(service)]) for (const [path, volume] of mounts(one)) {
    if (volume.startsWith('.') || path === '/data') continue // the checkout; the image's own, which is the user's
    t.ok(volume in volumes, volume)
    t.equal(mounts(service('directories')).get(path), volume, `${path} is there for directories`)
    t.ok(command.includes(path), `${path} is given to the user`)
  }
})

t.test('FreeSWITCH keeps certificates and log on volumes, and is not called ill by a check that cannot come in', async (t) => {
  const { entrypoint = [], tmpfs = [], healthcheck } = service('freeswitch')
  for (const option of ['-certs', '-log', '-db']) t.ok(mounts(service('freeswitch')).get(entrypoint[entrypoint.indexOf(option) + 1] ?? '') !== undefined && entrypoint.includes(option), `${option} is on a volume`)
  t.ok(tmpfs.every((path) => !path.startsWith('/var/log')), 'a gigabyte of log is not in memory')
  t.same(healthcheck, { disable: true })
})

t.test('FreeSWITCH begins where its address is there, and waits for it where it is not', { skip: existsSync('/proc/net/fib_trie') ? false : 'needs Linux' }, async (t) => {
  const [shell = '', option = '', script = '', ...args] = service('freeswitch').entrypoint ?? []
  const begins = (address: string): Promise<string> => new Promise((resolve) => {
    const child = spawn(shell, [option, script.replace('exec freeswitch', 'exec echo'), ...args], { env: { PATH: process.env['PATH'], LIANDONG_FS_CITIZENS_IP: address }, stdio: ['ignore', 'pipe', 'inherit'] })
    const patience = setTimeout(() => { child.kill('SIGKILL') }, 2_000)
    let said = ''
    child.stdout.on('data', (data: Buffer) => { said += data.toString() })
    child.once('close', () => { clearTimeout(patience); resolve(said.trim()) })
  })
  t.match(await begins('127.0.0.1'), /^-nf -nc -nonat -conf \/liandong .*-certs \S+$/)
  t.equal(await begins('192.0.2.9'), '')
})

t.test('the image’s check asks where the node listens', async (t) => {
  const [, json = '[]'] = /^HEALTHCHECK[^[]*CMD (\[[^\n]*\])$/m.exec(read('Dockerfile')) ?? []
  const [, ...args] = JSON.parse(json) as string[]
  const healthy = (environment: Record<string, string>): Promise<number | null> => new Promise((resolve) => { spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...environment }, stdio: 'ignore' }).once('exit', resolve) })
  async function listen(t: Test, host: string): Promise<string> {
    const server = createServer((request, response) => { response.writeHead(request.url === '/health' ? 200 : 404).end() })
    await new Promise<void>((resolve) => { server.listen(0, host, resolve) })
    t.teardown(() => { server.closeAllConnections(); server.close() })
    return String((server.address() as AddressInfo).port)
  }
  const elsewhere = await listen(t, '127.0.0.2')
  t.equal(await healthy({ LIANDONG_HTTP_HOST: '127.0.0.2', LIANDONG_HTTP_PORT: elsewhere }), 0, 'one address of the machine')
  t.equal(await healthy({ LIANDONG_HTTP_HOST: '0.0.0.0', LIANDONG_HTTP_PORT: elsewhere }), 1, 'nobody there')
  t.equal(await healthy({ LIANDONG_HTTP_HOST: '0.0.0.0', LIANDONG_HTTP_PORT: await listen(t, '127.0.0.1') }), 0, 'every address')
})
