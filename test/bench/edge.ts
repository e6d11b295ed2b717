import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { findDrachtio, startRealDrachtio, type Drachtio } from '../helpers/drachtio.js'
import { startEdgeProcess } from '../pbx/harness/edge.js'
import { findRealThings } from '../pbx/harness/freeswitch.js'
import { freePort } from '../pbx/harness/ports.js'
import type { Bench, Figure } from './figure.js'
import { median, quantile } from './measure.js'

const RATES = [50, 100, 200] as const
const SECONDS = 3
const ROUNDS = 3

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
const CALLER = `<?xml version="1.0"?><scenario name="caller">
${request('INVITE', `P-Asserted-Identity: <sip:1390000[call_number]@127.0.0.1>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 40000 RTP/AVP 8`).replace('<send>', '<send retrans="500" start_rtd="1">')}
<recv response="100" optional="true"/><recv response="180" optional="true"/><recv response="200" rtd="1" rrs="true"/>
${request('ACK', 'Content-Length: 0')}
${request('BYE', 'Content-Length: 0').replace('<send>', '<send retrans="500">')}
<recv response="200"/></scenario>`

interface Load { readonly failed: number; readonly delays: readonly number[] }

/** SIPp against SIPp through drachtio: how long from INVITE to 200, and how many calls were lost on the way. */
async function load(sipp: string, port: number, rate: number): Promise<Load> {
  const directory = temporaryDirectory()
  mkdirSync(directory, { recursive: true })
  try {
    writeFileSync(join(directory, 'caller.xml'), CALLER)
    const count = rate * SECONDS
    const child = spawn(sipp, [`127.0.0.1:${port}`, '-sf', 'caller.xml', '-i', '127.0.0.1', '-p', String(await freePort()), '-nostdin', '-r', String(rate), '-m', String(count), '-l', '5000', '-trace_rtt', '-rtt_freq', '1', '-timer_resol', '1', '-timeout', `${SECONDS + 15}s`], { cwd: directory, stdio: 'ignore' })
    await new Promise((resolve) => { child.once('exit', resolve) })
    const file = readdirSync(directory).find((name) => name.endsWith('_rtt.csv'))
    const delays = file === undefined ? [] : readFileSync(join(directory, file), 'utf8').split('\n').slice(1).filter((line) => line !== '').map((line) => Number(line.split(';')[1]))
    return { failed: count - delays.length, delays }
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

/** The edge against the barest drachtio-srf proxy that can be written, each with a drachtio-server of its own, in turn. */
export const bench: Bench = async (tell) => {
  const [things, found] = [findRealThings(), findDrachtio()]
  if ('skip' in found || 'skip' in things) return { figures: [], skipped: '边缘未测 / the edge was not measured: needs drachtio-server and SIPp; DRACHTIO=/path FREESWITCH=/path SIPP=/path npm run bench -- edge' }
  const answerPort = await freePort()
  const answering = spawn(things.sipp, ['-sn', 'uas', '-i', '127.0.0.1', '-p', String(answerPort), '-nostdin'], { stdio: 'ignore' })
  const [ours, theirs] = [await startRealDrachtio(found.path), await startRealDrachtio(found.path)]
  const bare = await startBare(theirs, `127.0.0.1:${answerPort}`)
  const unlimited = { LIANDONG_EDGE_SITE_RATE: '5000/9000', LIANDONG_EDGE_TRUNK_RATE: '5000/9000', LIANDONG_EDGE_BLOCK_RATE: '5000/9000', LIANDONG_EDGE_NUMBER_RATE: '5000/9000' }
  // SIPp's own answering side knows no OPTIONS: the edge is told by the calls themselves.
  const edge = await startEdgeProcess(ours, 'a0Secret0between0the0two', [answerPort], { ...unlimited, LIANDONG_EDGE_RECORD_ROUTE: '127.0.0.1', LIANDONG_EDGE_PING_EVERY: '60000' }, false)
  try {
    const figures: Figure[] = []
    const most = { ours: 0, theirs: 0 }
    for (const rate of RATES) {
      const rounds: { readonly ours: Load; readonly theirs: Load }[] = []
      for (let round = -1; round < ROUNDS; round += 1) {
        const sides = round % 2 === 0
          ? { ours: await load(things.sipp, ours.sipPort, rate), theirs: await load(things.sipp, theirs.sipPort, rate) }
          : { theirs: await load(things.sipp, theirs.sipPort, rate), ours: await load(things.sipp, ours.sipPort, rate) }
        if (round >= 0) rounds.push(sides)
        tell(`${rate} cps, round ${round}: failed ${sides.ours.failed} / ${sides.theirs.failed}, p50 ${quantile(sides.ours.delays, 0.5)} / ${quantile(sides.theirs.delays, 0.5)} ms`)
      }
      const of = (side: 'ours' | 'theirs', share: number): number => median(rounds.map((one) => quantile(one[side].delays, share)))
      const failed = (side: 'ours' | 'theirs'): number => rounds.reduce((sum, one) => sum + one[side].failed, 0)
      if (failed('ours') === 0) most.ours = rate
      if (failed('theirs') === 0) most.theirs = rate
      figures.push({
        name: { zh: `每秒 ${rate} 次：INVITE 至 200，p99`, en: `${rate} calls a second: INVITE to 200, p99` }, unit: 'ms', ours: of('ours', 0.99), baseline: { name: 'drachtio-srf alone', value: of('theirs', 0.99) },
        ratio: median(rounds.map((one) => quantile(one.ours.delays, 0.99) / quantile(one.theirs.delays, 0.99))),
        note: `p50 ${of('ours', 0.5).toFixed(2)} / ${of('theirs', 0.5).toFixed(2)} ms, failed ${failed('ours')} / ${failed('theirs')} of ${rate * SECONDS * ROUNDS}`,
      })
    }
    figures.push({ name: { zh: '无失败的最高每秒呼叫数（阶梯）', en: 'calls a second without a failure (of the rates tried)' }, unit: 'cps', ours: most.ours, baseline: { name: 'drachtio-srf alone', value: most.theirs }, ratio: most.ours / most.theirs, goal: { least: 0.5, of: 'ratio' } })
    return { figures }
  } finally {
    for (const child of [bare, answering]) child.kill('SIGKILL')
    await edge.stop()
    await ours.stop()
    await theirs.stop()
  }
}
