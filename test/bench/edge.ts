import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { admit, emptyAdmission } from '../../sip/core/admission.js'
import { readSettings } from '../../sip/settings.js'
import { until } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { findDrachtio, startRealDrachtio, type Drachtio } from '../helpers/drachtio.js'
import { startEdgeProcess } from '../pbx/harness/edge.js'
import { findSipp } from '../pbx/harness/freeswitch.js'
import { freePort } from '../pbx/harness/ports.js'
import { delaysIn, TRACE_DELAYS } from '../pbx/harness/sipp.js'
import type { Bench, Figure } from './figure.js'
import { median, quantile } from './measure.js'

/** Where both are compared. */
const RATES = [50, 100, 200] as const
const ROUNDS = 3
/** Then each goes on until it fails, by steps of this factor, and not further than this. */
const STEP = 1.25
const HIGHEST = 3_000
/** Of each run; `LIANDONG_LOAD_SECONDS` says another. */
const SECONDS = Number(process.env['LIANDONG_LOAD_SECONDS'] ?? 3)

const request = (method: string, more: string): string => `<send><![CDATA[
${method} ${method === 'INVITE' ? 'sip:110@[remote_ip]:[remote_port]' : '[next_url]'} SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:1390000[call_number]@127.0.0.1>;tag=[pid]b[call_number]
To: <sip:110@[remote_ip]:[remote_port]>${method === 'INVITE' ? '' : '[peer_tag_param]'}
Call-ID: [call_id]
CSeq: ${method === 'BYE' ? 2 : 1} ${method}
Contact: <sip:bench@[local_ip]:[local_port]>
Max-Forwards: 70
${method === 'INVITE' ? '' : '[routes]\n'}${more}

]]></send>`
const speech = (port: number): string => `Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio ${port} RTP/AVP 8`
const CALLER = `<?xml version="1.0"?><scenario name="caller">
${request('INVITE', `P-Asserted-Identity: <sip:1390000[call_number]@127.0.0.1>
${speech(40000)}`).replace('<send>', '<send retrans="500" start_rtd="1">')}
<recv response="100" optional="true"/><recv response="180" optional="true"/><recv response="200" rtd="1" rrs="true"/>
${request('ACK', 'Content-Length: 0')}
${request('BYE', 'Content-Length: 0').replace('<send>', '<send retrans="500">')}
<recv response="200"/></scenario>`

const answer = (status: string, more: string): string => `<send><![CDATA[
SIP/2.0 ${status}
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:];tag=[pid]u[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
${more}

]]></send>`
/** SIPp's own keeps the Record-Route to itself, so that nobody can end a call with it. */
const CALLEE = `<?xml version="1.0"?><scenario name="callee">
<recv request="INVITE" crlf="true"/>
${answer('180 Ringing', 'Content-Length: 0')}
${answer('200 OK', speech(40002)).replace('<send>', '<send retrans="500">')}
<recv request="ACK"/>
<recv request="BYE"/>
${answer('200 OK', 'Content-Length: 0').replace(';tag=[pid]u[call_number]', '')}</scenario>`

interface Load { readonly failed: number; readonly why: string; readonly delays: readonly number[] }

/** SIPp against SIPp through drachtio: how long from INVITE to 200, and how many calls were lost on the way. */
async function load(sipp: string, port: number, rate: number): Promise<Load> {
  const directory = temporaryDirectory()
  const [count, errors] = [Math.round(rate * SECONDS), join(directory, 'errors.log')]
  try {
    writeFileSync(join(directory, 'caller.xml'), CALLER)
    const child = spawn(sipp, [`127.0.0.1:${port}`, '-sf', 'caller.xml', '-i', '127.0.0.1', '-p', String(await freePort()), '-nostdin', '-r', String(rate), '-m', String(count), '-l', '5000', ...TRACE_DELAYS, '-trace_err', '-error_file', errors, '-timeout', `${SECONDS + 15}s`], { cwd: directory, stdio: 'ignore' })
    const code = await new Promise<number | null>((resolve) => { child.once('exit', resolve) })
    const delays = delaysIn(directory)
    // One that was answered and never ended is lost as well, and SIPp alone knows of it.
    const failed = Math.max(count - delays.length, code === 0 ? 0 : 1)
    const [why = `SIPp ended with ${code ?? 'a signal'}`] = existsSync(errors) ? readFileSync(errors, 'utf8').split('\n').flatMap((line) => (/Dead call|Overload warning/.test(line) ? [] : line.split(/\d: /)[1] ?? [])) : []
    return { failed, why: failed === 0 ? '' : why.slice(0, 120), delays }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const BARE = `const Srf = require('drachtio-srf'); const srf = new Srf(); const [port, secret, target] = process.argv.slice(1)
srf.on('error', () => process.exit(1)); srf.on('connect', () => console.log('UP'))
srf.invite((req) => req.proxy({ destination: ['sip:110@' + target], remainInDialog: true, provisionalTimeout: '1000ms' }, () => {}))
srf.options((req, res) => res.send(200)); srf.connect({ host: '127.0.0.1', port: Number(port), secret })`

async function startBare(drachtio: Drachtio, target: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', BARE, String(drachtio.adminPort), drachtio.secret, target], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (data: Buffer) => { output += data.toString() })
  await until('the bare proxy', () => output.includes('UP'))
  return child
}

type Sides<T> = { readonly [K in 'ours' | 'theirs']: T }
const SIDES = ['ours', 'theirs'] as const

/** From this rate on, which it takes, up to the last that it takes without a failure. Each rate has two tries: the machine may have hiccuped. */
async function climb(from: number, run: (rate: number) => Promise<Load>, tell: (line: string) => void): Promise<number> {
  let most = from
  for (let rate = Math.round(from * STEP); rate <= HIGHEST; rate = Math.round(rate * STEP)) {
    const first = await run(rate)
    const taken = first.failed === 0 ? first : await run(rate)
    tell(`${rate} calls a second: failed ${taken.failed} ${taken.why}, p50 ${quantile(taken.delays, 0.5).toFixed(2)}, p99 ${quantile(taken.delays, 0.99).toFixed(2)} ms`)
    if (taken.failed > 0) break
    most = rate
  }
  return most
}

/** Admission alone, of numbers drawn by chance, at the memory that a flood fills and at none. At 300 calls a second 100 µs are three per cent of the edge's one thread. */
function admissionCost(): Figure {
  const { admission: rules } = readSettings({ LIANDONG_EDGE_DRACHTIO_SECRET: 'x'.repeat(16), LIANDONG_EDGE_SECRET: 'x'.repeat(16) })
  const CALLS = 5_000
  const rounds = Array.from({ length: ROUNDS }, () => {
    const state = emptyAdmission(rules, 0)
    let n = 0
    const call = (): void => { admit(state, { number: `13${String(Math.floor(((n * 0.6180339887498949) % 1) * 1e9)).padStart(9, '0')}`, trunk: '10.0.0.1', class: 'emergency' }, n++ * 20, rules) }
    const cost = (): number => {
      const began = performance.now()
      for (let more = 0; more < CALLS; more += 1) call()
      return ((performance.now() - began) * 1_000) / CALLS
    }
    const empty = cost()
    while (state.sources.size < rules.memory) call()
    return { empty, full: cost() }
  })
  return {
    name: { zh: `准入：记住 ${rules.memory} 个来源时每个 INVITE`, en: `admission: an INVITE with ${rules.memory} sources remembered` }, unit: 'µs', ours: median(rounds.map(({ full }) => full)),
    baseline: { name: 'nothing remembered', value: median(rounds.map(({ empty }) => empty)) }, ratio: median(rounds.map(({ full, empty }) => full / empty)), goal: { most: 100, of: 'ours' },
  }
}

/** The edge against the barest drachtio-srf proxy that can be written, each with a drachtio-server of its own, in turn. */
export const bench: Bench = async (tell) => {
  const [sipp, found] = [findSipp(), findDrachtio()]
  if ('skip' in found || sipp === null) return { figures: [admissionCost()], skipped: '边缘未测 / the edge was not measured: needs drachtio-server and SIPp; DRACHTIO=/path/to/drachtio SIPP=/path/to/sipp npm run bench -- edge' }
  const answerPort = await freePort()
  const home = temporaryDirectory()
  writeFileSync(join(home, 'callee.xml'), CALLEE)
  const answering = spawn(sipp, ['-sf', 'callee.xml', '-i', '127.0.0.1', '-p', String(answerPort), '-nostdin', '-timer_resol', '1'], { cwd: home, stdio: 'ignore' })
  const servers = { ours: await startRealDrachtio(found.path), theirs: await startRealDrachtio(found.path) }
  const bare = await startBare(servers.theirs, `127.0.0.1:${answerPort}`)
  const unlimited = { LIANDONG_EDGE_SITE_RATE: '5000/9000', LIANDONG_EDGE_TRUNK_RATE: '5000/9000', LIANDONG_EDGE_BLOCK_RATE: '5000/9000', LIANDONG_EDGE_NUMBER_RATE: '5000/9000' }
  // The callee knows no OPTIONS: the edge is told by the calls themselves.
  const edge = await startEdgeProcess(servers.ours, 'a0Secret0between0the0two', [answerPort], { ...unlimited, LIANDONG_EDGE_RECORD_ROUTE: '127.0.0.1', LIANDONG_EDGE_PING_EVERY: '60000' }, false)
  const run = (side: 'ours' | 'theirs', rate: number): Promise<Load> => load(sipp, servers[side].sipPort, rate)
  try {
    const figures: Figure[] = [admissionCost()]
    const most = { ours: 0, theirs: 0 }
    for (const rate of RATES) {
      const rounds: Sides<Load>[] = []
      for (let round = -1; round < ROUNDS; round += 1) {
        const one: Partial<Record<'ours' | 'theirs', Load>> = {}
        for (const side of round % 2 === 0 ? SIDES : [...SIDES].reverse()) one[side] = await run(side, rate)
        const { ours, theirs } = one as Sides<Load>
        if (round >= 0) rounds.push({ ours, theirs })
        tell(`${rate} calls a second, round ${round}: failed ${ours.failed} ${ours.why} / ${theirs.failed} ${theirs.why}, p50 ${quantile(ours.delays, 0.5).toFixed(2)} / ${quantile(theirs.delays, 0.5).toFixed(2)} ms`)
      }
      const failed = (side: 'ours' | 'theirs'): number => rounds.reduce((sum, one) => sum + one[side].failed, 0)
      for (const side of SIDES) if (failed(side) === 0) most[side] = rate
      for (const [name, share] of [['p50', 0.5], ['p99', 0.99]] as const) {
        const of = (side: 'ours' | 'theirs'): number => median(rounds.map((one) => quantile(one[side].delays, share)))
        figures.push({
          name: { zh: `每秒 ${rate} 次：INVITE 至 200，${name}`, en: `${rate} calls a second: INVITE to 200, ${name}` }, unit: 'ms', ours: of('ours'), baseline: { name: 'drachtio-srf alone', value: of('theirs') },
          ratio: median(rounds.map((one) => quantile(one.ours.delays, share) / quantile(one.theirs.delays, share))),
          note: `the edge adds ${median(rounds.map((one) => quantile(one.ours.delays, share) - quantile(one.theirs.delays, share))).toFixed(2)} ms; failed ${failed('ours')} / ${failed('theirs')} of ${rate * SECONDS * ROUNDS}`,
        })
      }
    }
    // Who failed before has been there already.
    for (const side of SIDES) if (most[side] === Math.max(...RATES)) most[side] = await climb(most[side], (rate) => run(side, rate), (line) => { tell(`${side}, ${line}`) })
    figures.push({ name: { zh: '无失败的最高每秒呼叫数（阶梯）', en: 'calls a second without a failure (of the rates tried)' }, unit: 'cps', ours: most.ours, baseline: { name: 'drachtio-srf alone', value: most.theirs }, ratio: most.ours / most.theirs, goal: { least: 0.5, of: 'ratio' }, note: `${SECONDS} s of each rate, steps of ${STEP} ×; caller, drachtio, proxy and callee share this machine` })
    return { figures }
  } finally {
    for (const child of [bare, answering]) child.kill('SIGKILL')
    await edge.stop()
    await servers.ours.stop()
    await servers.theirs.stop()
    rmSync(home, { recursive: true, force: true })
  }
}
