import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readSettings } from '../../sip/settings.js'
import { loadConfig } from '../../src/config.js'
import { makePool } from '../../src/store/pool.js'
import { startLocalServer } from '../../src/store/server.js'
import { startTestServer, temporaryHome } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { environmentOfUnit, GUIDES, made, readGuide, valuesOf, variablesOf } from '../helpers/guide.js'

const read = (file: string): string => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8')
const UNITS = ['liandong-freeswitch', 'liandong-drachtio', 'liandong-edge', 'liandong@'] as const
const runs = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0

for (const name of GUIDES) t.test(name, async (t) => {
  const guide = readGuide(name)
  const unit = (which: string): string => guide.files.get(`/etc/systemd/system/${which}.service`) ?? t.fail(`no unit ${which}`) as never
  const environment = (which: (typeof UNITS)[number], instance = ''): Record<string, string> => environmentOfUnit(guide, unit(which), instance)

  t.test('every variable is one that its process knows, with a value that it takes; the desk has an address, and there is a line outside', async (t) => {
    const ports = new Set<unknown>()
    for (const instance of ['a', 'b']) {
      const { config } = loadConfig(environment('liandong@', instance))
      t.match(config, { 'node.name': `node-${instance}`, 'http.secureCookie': true, 'http.trustProxy': '127.0.0.1', 'http.host': '127.0.0.1' })
      t.match(config['http.origins'], [/^https:/])
      t.match(guide.text, new RegExp(`^upstream .*server 127\\.0\\.0\\.1:${config['http.port']}\\b`, 'm'), 'the proxy leads here')
      ports.add(config['pbx.listenPort'])
      const [, profile = '', carrier = ''] = /^sofia\/(\w+)\/\{number\}@([\d.]+)$/.exec(config['pbx.trunkDial']) ?? []
      t.match(read('sip/freeswitch/autoload_configs/sofia.conf.xml'), `<profile name="${profile}">`, 'the trunk is dialled by a profile that is there')
      t.equal(environment('liandong-edge')['LIANDONG_EDGE_TRUSTED_TRUNKS'], carrier)
    }
    t.equal(ports.size, 2)
    const edge = readSettings(environment('liandong-edge'))
    const pbx = environment('liandong-freeswitch')
    t.equal(edge.secret, pbx['LIANDONG_FS_EDGE_SECRET'])
    t.equal(edge.drachtio.secret, environment('liandong-drachtio')['DRACHTIO_SECRET'])
    t.equal(edge.report?.token, environment('liandong@', 'a')['LIANDONG_EDGE_TOKEN'])
    const variables = read('sip/freeswitch/vars.xml')
    for (const variable of Object.keys(pbx).filter((one) => one.startsWith('LIANDONG_FS_'))) t.ok(variables.includes(`=$${variable}"`), variable)
  })

  t.test('each process has its own user and its own secrets alone, in files that no process can read', async (t) => {
    const secrets = (which: (typeof UNITS)[number]): string[] => valuesOf(unit(which), 'EnvironmentFile').flatMap((file) => [...guide.secrets.get(file)?.keys() ?? []]).sort()
    t.same(secrets('liandong-freeswitch'), ['LIANDONG_FS_EDGE_SECRET', 'LIANDONG_PBX_PASSWORD'])
    t.same(secrets('liandong-drachtio'), ['DRACHTIO_SECRET'])
    t.same(secrets('liandong-edge'), ['LIANDONG_EDGE_DRACHTIO_SECRET', 'LIANDONG_EDGE_SECRET', 'LIANDONG_EDGE_TOKEN'])
    t.same(secrets('liandong@'), ['DATABASE_URL', 'LIANDONG_DATABASE_OWNER_URL', 'LIANDONG_EDGE_TOKEN', 'LIANDONG_PBX_PASSWORD'])
    const users = UNITS.flatMap((which) => valuesOf(unit(which), 'User'))
    t.equal(new Set(users).size, UNITS.length, 'whose environment is in /proc for its user')
    const [, made = ''] = /^for name in (.*); do$/m.exec(guide.text) ?? []
    t.same(users.sort(), made.split(' ').sort(), 'each is made')
    t.match(guide.text, /^\(umask 077 && cd \/etc\/liandong\n(printf .*\n)*printf .*\.secret\)$/m)
    for (const [path, content] of guide.files) if (!path.endsWith('.service')) t.notMatch(Object.keys(variablesOf(content)).join(' '), /SECRET|PASSWORD|TOKEN|DATABASE/, `${path} is no secret`)
  })

  t.test('who writes where may', async (t) => {
    const made = new Map([...guide.text.matchAll(/^install -d -o (\S+) -g (\S+) -m (\d+) (.*)$/gm)].flatMap(([, user = '', group = '', mode = '', paths = '']) => paths.split(' ').map((path) => [path, { user, group, mode }] as const)))
    for (const which of UNITS) for (const path of valuesOf(unit(which), 'ReadWritePaths').flatMap((paths) => paths.split(' '))) {
      const directory = made.get(path)
      t.ok(directory !== undefined && valuesOf(unit(which), 'User')[0] === directory.user, `${which}: ${path}`)
    }
    const site = variablesOf(guide.files.get('/etc/liandong/site.env') ?? '')
    // FreeSWITCH writes these, the nodes, who are of its group, take them in and delete them.
    for (const variable of ['LIANDONG_PBX_CDR_DIRECTORY', 'LIANDONG_PBX_RECORDINGS', 'LIANDONG_PBX_MESSAGES']) t.match(made.get(site[variable] ?? ''), { user: 'liandong-pbx', group: 'liandong-pbx', mode: '2770' }, variable)
    t.match(made.get((site['LIANDONG_PBX_PHONES'] ?? '').replace(/\/[^/]*$/, '')), { user: 'liandong', group: 'liandong-pbx', mode: '2750' })
    t.match(guide.text, /^usermod -aG liandong-pbx liandong$/m)
    t.match(unit('liandong-freeswitch'), /^UMask=0007$/m)
    t.match(unit('liandong@'), /^UMask=0027$/m)
  })

  t.test('after a slow boot all of it runs: units start again for ever, and wait for the address to which they bind', async (t) => {
    for (const which of UNITS) {
      t.match(unit(which), /^\[Unit\]\n[^[]*^Wants=network-online\.target$[^[]*^StartLimitIntervalSec=0$/m, which)
      t.match(unit(which), /^\[Service\]\n[^[]*^Restart=always\nRestartSec=1s$/m, which)
      t.match(unit(which), /^\[Install\]\nWantedBy=multi-user\.target$/m, which)
    }
    const bound = { 'liandong-freeswitch': ['LIANDONG_FS_CITIZENS_IP', 'LIANDONG_FS_OPERATORS_IP'], 'liandong-drachtio': [] } as const
    for (const [which, variables] of Object.entries(bound) as [keyof typeof bound, readonly string[]][]) {
      t.match(unit(which), /^TimeoutStartSec=infinity$/m)
      const [pre = ''] = valuesOf(unit(which), 'ExecStartPre')
      const [, script = ''] = /^\/bin\/sh -c '([^']*)'$/.exec(pre) ?? []
      t.ok(script !== '', pre)
      for (const variable of variables) t.match(script, `\${${variable}}`)
      if (!runs('ip')) { t.comment('no iproute2: the script was not run'); continue }
      const waits = async (address: string): Promise<boolean> => {
        const child = spawn('sh', ['-c', script.replaceAll('10.1.2.3', address)], { env: { PATH: process.env['PATH'], ...Object.fromEntries(variables.map((variable) => [variable, address])) }, stdio: 'ignore' })
        const ended = once(child, 'exit').then(() => false)
        const still = await Promise.race([ended, sleep(2_000).then(() => true)])
        child.kill('SIGKILL')
        await ended
        return still
      }
      t.equal(await waits('127.0.0.1'), false, `${which} begins where its address is there`)
      t.equal(await waits('192.0.2.9'), true, `${which} waits where it is not`)
    }
  })

  t.test('a second machine: what the commands make of both machines’ files is taken by their processes, and leads from one to the other', async (t) => {
    const [first, second] = [temporaryDirectory(), temporaryDirectory()]
    t.teardown(() => { for (const directory of [first, second]) rmSync(directory, { recursive: true, force: true }) })
    const put = (path: string, text: string): void => {
      mkdirSync(dirname(join(first, path)), { recursive: true })
      writeFileSync(join(first, path), text)
    }
    for (const [path, text] of guide.files) put(path, text)
    for (const [path, secrets] of guide.secrets) put(path, [...secrets].map(([variable, value]) => `${variable}=${made(value)}\n`).join(''))
    put('/etc/postgresql/tls/certificate.pem', 'a certificate')
    for (const path of ['/etc/liandong/x', '/etc/systemd/system/x', '/usr/local/sbin/x']) mkdirSync(dirname(join(second, path)), { recursive: true })
    /** Commands of the guide at one of the two; what is another program's is left out. */
    const play = (script: string, directory: string): void => {
      const here = script.replace(/^(install|sudo|echo 'hostssl|systemctl|fs_cli) .*\n/gm, '').replace(/'?10\.1\.2\.3:(\/[^\s']+)'?/g, `${first}$1`).replace(/^scp /gm, 'cp ').replace(/(?<=\s)\/(?=etc\/|usr\/)/g, `${directory}/`)
      const { stderr, status } = spawnSync('sh', ['-ec', here], { encoding: 'utf8' })
      t.equal(status, 0, stderr)
    }
    const [atFirst = '', atSecond = ''] = [...guide.text.slice(guide.text.indexOf('\n## 10.')).matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block)
    play(atFirst, first)
    play(atSecond, second)
    const filesOf = (directory: string): ReadonlyMap<string, string> => new Map(readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      .map(({ parentPath, name: file }) => [join(parentPath, file).slice(directory.length), readFileSync(join(parentPath, file), 'utf8')]))
    const machines = [first, second].map((directory, at) => {
      const files = filesOf(directory)
      const of = (which: (typeof UNITS)[number], instance = ''): Record<string, string> => environmentOfUnit({ files, secrets: new Map() }, files.get(`/etc/systemd/system/${which}.service`) ?? t.fail(which) as never, instance)
      const [drachtio = ''] = valuesOf(files.get('/etc/systemd/system/liandong-drachtio.service') ?? '', 'ExecStart')
      return { address: `10.1.2.${3 + at}`, files, pbx: of('liandong-freeswitch'), edge: readSettings(of('liandong-edge')), nodes: (at === 0 ? ['a', 'b'] : ['c', 'd']).map((instance) => loadConfig(of('liandong@', instance)).config), drachtio }
    })
    for (const { address, files, pbx, edge, nodes, drachtio } of machines) {
      t.match(pbx, { LIANDONG_FS_CITIZENS_IP: address, LIANDONG_FS_OPERATORS_IP: address, LIANDONG_FS_BROWSER_WSS: `${address}:7443`, LIANDONG_FS_EDGE_SECRET: edge.secret }, address)
      t.same(edge.pool.map(({ id }) => id), machines.map((machine) => `${machine.address}:${pbx['LIANDONG_FS_CITIZENS_PORT'] ?? ''}`), 'each edge sends to both')
      t.same((pbx['LIANDONG_FS_CITIZENS_ACL'] ?? '').split(','), machines.map((machine) => `${machine.address}/32`), 'and each FreeSWITCH takes calls of both')
      t.match(drachtio, `sip:${address}:5060`)
      for (const node of nodes) {
        t.match(node, { 'pbx.host': '127.0.0.1', 'edge.token': edge.report?.token })
        t.ok((pbx['LIANDONG_FS_INTAKE_NODES'] ?? '127.0.0.1:8084|127.0.0.1:8085').split('|').includes(`127.0.0.1:${node['pbx.listenPort']}`), 'its FreeSWITCH asks it')
        t.match(node['pbx.browserPhones'].replace(/^wss/, 'https'), node['http.origins'].join(), 'desk and browser telephone are under one name')
        for (const url of [node['database.url'], node['database.ownerUrl']]) t.equal(new URL(url).searchParams.get('sslmode'), address === '10.1.2.3' ? null : 'verify-full')
        for (const url of [node['database.url'], node['database.ownerUrl']]) t.equal(new URL(url).hostname, address === '10.1.2.3' ? '127.0.0.1' : '10.1.2.3')
      }
      t.match(files.get('/usr/local/sbin/liandong'), `/${nodes[0]?.['node.name'] ?? ''}.env`, 'commands are a node’s of this machine')
    }
    for (const what of ['node.name', 'http.origins'] as const) t.equal(new Set(machines.flatMap(({ nodes }) => nodes.map((node) => String(node[what])))).size, what === 'node.name' ? 4 : 2, what)
    t.equal(new Set(machines.map(({ edge }) => edge.name)).size, 2)
    const [, { files } = { files: new Map<string, string>() }] = machines
    // A command sources it, and a shell takes an & for its own.
    const { stdout } = spawnSync('sh', ['-c', `. ${join(second, 'etc/liandong/node.secret')}; echo "$DATABASE_URL"`], { encoding: 'utf8' })
    t.equal(stdout.trim(), variablesOf(files.get('/etc/liandong/node.secret') ?? '')['DATABASE_URL'])
    t.match(stdout, /sslrootcert=\/etc\/liandong\/postgresql\.pem$/m)
    t.match(atSecond, /^scp \S+certificate\.pem \/etc\/liandong\/postgresql\.pem$/m)
  })

  t.test('systemd takes the units', { skip: runs('systemd-analyze') ? false : 'needs systemd-analyze' }, async (t) => {
    const directory = temporaryDirectory()
    t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
    for (const [path, content] of guide.files) {
      if (!path.endsWith('.service')) continue
      // Only what systemd says of the words, not of what is installed here.
      const file = join(directory, basename(path).replace('@', '@a'))
      writeFileSync(file, content.replace(/^ExecStart=\S+/gm, 'ExecStart=/bin/true').replace(/^(User|WorkingDirectory)=.*\n/gm, ''))
      const { stderr, status } = spawnSync('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', file], { encoding: 'utf8' })
      t.notMatch(stderr, basename(file), 'nothing to say of it')
      t.equal(status, 0, stderr)
    }
  })
})

t.test('both guides say the same, command by command', async (t) => {
  const [english = '', chinese = ''] = GUIDES.map((name) => [...readGuide(name).text.matchAll(/```\w+\n([^]*?)```/g)].map(([, block = '']) => block.replace(/ *#(?!!).*$/gm, '').replace(/--name \S+ --role admin/, '').replace(/<[^>]*>/g, '')).join('\n'))
  t.equal(chinese, english)
})

t.test('the second machine reaches PostgreSQL by TLS, as the guides set it up, and no other one in its place', { skip: runs('openssl') ? false : 'needs openssl' }, async (t) => {
  const { text } = readGuide(GUIDES[0])
  const home = temporaryHome()
  const directory = join(home.path, 'postgres')
  let server = await startTestServer(directory)
  t.teardown(async () => { await server.stop(); home.remove() })
  const here = (words: string, at: string): string => words.replaceAll('/etc/postgresql/tls/', `${at}/`).replaceAll('10.1.2.3', '127.0.0.1')
  const [, openssl = ''] = /^sudo -u postgres (openssl .*)$/m.exec(text) ?? []
  const stranger = join(home.path, 'stranger')
  mkdirSync(stranger)
  for (const at of [home.path, stranger]) t.equal(spawnSync('sh', ['-c', here(openssl, at)]).status, 0)
  const { uid, gid } = statSync(directory)
  for (const name of ['key.pem', 'certificate.pem']) chownSync(join(home.path, name), uid, gid)
  const admin = makePool({ connectionString: server.ownerUrl, max: 1 })
  for (const [, statement = ''] of text.matchAll(/-c (?:"|')(alter system set ssl[^"]*?)(?:"|')(?= |$)/gm)) await admin.query(here(statement, home.path))
  await admin.end()
  await server.stop()
  server = await startLocalServer({ directory, unsafe: true })
  const [sed = ''] = /^sed -i .*\bsslmode=.*$/m.exec(text) ?? []
  const file = join(home.path, 'node.secret')
  writeFileSync(file, 'DATABASE_URL=postgres://liandong_server:x@127.0.0.1/liandong\n')
  t.equal(spawnSync('sh', ['-c', sed.replace('/etc/liandong/node.secret', file)]).status, 0)
  const { searchParams } = new URL(variablesOf(readFileSync(file, 'utf8'))['DATABASE_URL'] ?? '')
  const ask = async (certificate: string): Promise<unknown> => {
    searchParams.set('sslrootcert', certificate)
    const pool = makePool({ connectionString: `${server.ownerUrl}?${searchParams.toString()}`, max: 1 })
    try {
      return (await pool.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')).rows
    } finally {
      await pool.end()
    }
  }
  t.same(await ask(join(home.path, 'certificate.pem')), [{ ssl: true }])
  await t.rejects(ask(join(stranger, 'certificate.pem')), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
})
