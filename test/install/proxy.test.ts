import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { request as plain } from 'node:http'
import { createServer, request as secure } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { loadConfig } from '../../src/config.js'
import { startLiandong } from '../../src/main.js'
import { practiceLogins } from '../../src/practice.js'
import { makeCertificate } from '../helpers/certificate.js'
import { COMPOSE_ENV, composeWith, environmentOf } from '../helpers/compose.js'
import { until, usedHome } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { GUIDES, readGuide } from '../helpers/guide.js'
import { watchLeaks } from '../helpers/leaks.js'
import { freePort } from '../pbx/harness/ports.js'

t.setTimeout(120_000)

/** A TLS proxy as the guide has it: ends TLS, says whose request it is, lets websockets pass. */
async function startProxy(t: Test, to: () => number): Promise<string> {
  const { key, cert } = makeCertificate()
  const server = createServer({ key, cert }, (request, response) => {
    request.pipe(plain({ host: '127.0.0.1', port: to(), method: request.method, path: request.url, headers: { ...request.headers, 'x-forwarded-for': '10.1.2.50' } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    }))
  })
  server.on('upgrade', (request, socket, head) => {
    const upstream = connect(to(), '127.0.0.1', () => {
      upstream.write(`${request.method ?? ''} ${request.url ?? ''} HTTP/1.1\r\n${Object.entries({ ...request.headers, 'x-forwarded-for': '10.1.2.50' }).map(([name, value]) => `${name}: ${String(value)}\r\n`).join('')}\r\n`)
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
    for (const one of [upstream, socket]) one.on('error', () => { upstream.destroy(); socket.destroy() })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const NGINX = process.env['NGINX'] ?? ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path))

/** nginx with what the guide writes out for it; addresses, certificate and directories are the test's. */
async function startNginx(t: Test, binary: string, port: number, here: number): Promise<void> {
  const directory = temporaryDirectory()
  const { key, cert } = makeCertificate()
  for (const [name, text] of [['key.pem', key], ['cert.pem', cert]] as const) writeFileSync(join(directory, name), text)
  mkdirSync(join(directory, 'tmp'))
  const site = (readGuide(GUIDES[0]).files.get('/etc/nginx/sites-enabled/liandong') ?? '').replace('listen 443 ssl', `listen 127.0.0.1:${here} ssl`)
    .replace(/127\.0\.0\.1:8110/, `127.0.0.1:${port}`).replace(/(ssl_certificate) \S+;/, `$1 ${join(directory, 'cert.pem')};`).replace(/(ssl_certificate_key) \S+;/, `$1 ${join(directory, 'key.pem')};`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${join(directory, 'tmp', name)};`).join(' ')
  writeFileSync(join(directory, 'nginx.conf'), `daemon off;\nmaster_process off;\npid ${join(directory, 'pid')};\nerror_log stderr warn;\nevents {}\nhttp {\naccess_log off;\n${temporary}\n${site}}\n`)
  const child = spawn(binary, ['-p', directory, '-e', 'stderr', '-c', join(directory, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (data: Buffer) => { said += data.toString() })
  const ended = new Promise<void>((resolve) => { child.once('close', () => { resolve() }) })
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(directory, { recursive: true, force: true })
  })
  await until('nginx to answer', () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${said}`)
    return ask(`https://127.0.0.1:${here}/ready`, '').then(() => true, () => false)
  })
}

interface Answer { readonly status: number; readonly text: string; readonly cookies: readonly string[] }
const ask = (url: string, origin: string, body?: object): Promise<Answer> => new Promise((resolve, reject) => {
  const request = secure(url, { method: body === undefined ? 'GET' : 'POST', rejectUnauthorized: false, agent: false, headers: { origin, ...(body === undefined ? {} : { 'content-type': 'application/json' }) } }, (answer) => {
    let text = ''
    answer.setEncoding('utf8').on('data', (data: string) => { text += data }).on('end', () => { resolve({ status: answer.statusCode ?? 0, text, cookies: answer.headers['set-cookie'] ?? [] }) })
  })
  request.on('error', reject)
  request.end(body === undefined ? undefined : JSON.stringify(body))
})

for (const [kind, skip] of [['a proxy of ours', false], ['nginx as in the guide', NGINX === undefined && 'needs nginx (or NGINX=/path/to/nginx)']] as const) t.test(`a desk behind the TLS proxy, ${kind}, with the settings that compose gives the nodes: one signs in there, and the desk’s websocket opens`, { skip }, async (t) => {
  const home = await usedHome()
  t.teardown(watchLeaks()) // the last of all
  let port = 0
  const nginx = kind === 'a proxy of ours' ? null : await freePort()
  const url = nginx === null ? await startProxy(t, () => port) : `https://127.0.0.1:${nginx}`
  const given = environmentOf(composeWith({ ...COMPOSE_ENV, DESK_ORIGINS: url }).services['node-a'] ?? t.fail('no node-a') as never)
  const web = Object.fromEntries(Object.entries(given).filter(([name]) => name.startsWith('LIANDONG_HTTP_')))
  const liandong = await startLiandong(loadConfig({ ...web, LIANDONG_HTTP_PORT: '0' }, { 'home': home.path, 'practice.citizens': 0, 'practice.units': false, 'node.name': 'test' }).config, pino({ level: 'silent' }))
  t.teardown(async () => { await liandong.stop(); home.remove() })
  port = Number(new URL(liandong.url).port)
  if (nginx !== null) await startNginx(t, NGINX ?? '', port, nginx)
  const [{ loginName, password } = t.fail('nobody') as never] = practiceLogins(home.path)

  const answer = await ask(`${url}/api/login`, url, { loginName, password })
  t.equal(answer.status, 200, answer.text)
  const [cookie = ''] = answer.cookies
  t.match(cookie, /; *Secure/i, 'a cookie for HTTPS alone')
  t.equal((await ask(`${url}/api/login`, 'https://elsewhere.example', { loginName, password })).status, 403, 'and nobody else’s page')

  const socket = new WebSocket(`${url.replace(/^https/, 'wss')}/ws`, { rejectUnauthorized: false, headers: { origin: url, cookie: cookie.split(';')[0] ?? '' } })
  let heard = ''
  socket.on('message', (data: Buffer) => { heard += data.toString('utf8') }).on('unexpected-response', (_, response) => { heard = `refused: ${response.statusCode ?? ''}` })
  socket.on('open', () => { socket.send(JSON.stringify({ type: 'hello', tabId: '00000000-0000-4000-8000-000000000000', since: 0 })) }).on('error', () => undefined)
  await until('the desk to hear of itself', () => heard !== '')
  t.match(heard, /"type":"snapshot"/)
  socket.terminate()
})
