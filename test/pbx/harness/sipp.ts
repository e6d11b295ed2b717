import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '../../helpers/directory.js'
import type { FreeSwitch } from './freeswitch.js'
import { freePort } from './ports.js'

export interface PhoneBehaviour {
  /** Ringing before it is answered, ms. */
  readonly ring: number
  /** How long the operator talks before he hangs up, ms; null: until the other side does. */
  readonly talk: number | null
}

export interface Phones { readonly pid: number; stop(): Promise<void> }

export interface CitizenCall {
  readonly number: string
  /** 110 when absent. */
  readonly called?: string
  /** As it goes out in From, where it differs from a plain number; percent-encoded as SIP wants it. */
  readonly displayName?: string
  readonly headers?: readonly string[]
  /** Keys `keysAfter` ms after the answer, by RFC 4733. SIPp needs 800 ms until the first one begins; each lasts 200, and the next begins 200 later. */
  readonly keys?: string
  readonly keysAfter?: number
  /** Hangs up by himself after so long without a BYE, ms. */
  readonly patience?: number
  /** Where it comes from: any address of 127/8, so that trunks differ. */
  readonly address?: string
  /** There is a proxy between that stays in the dialog: its Record-Route is followed. */
  readonly routed?: boolean
  /** A refusal is an end as good as any. */
  readonly mayBeRefused?: boolean
}

export interface SippRun { readonly pid: number; readonly ended: Promise<number>; /** From each INVITE to its 200, ms, in a crowd that has ended. */ delays(): readonly number[]; stop(): Promise<void> }

/** For `delays`: each message is written down. SIPp's own response times are by a clock that goes on every 4 ms (CLOCK_MONOTONIC_COARSE); what it writes beside messages is not. */
export const TRACE_DELAYS = ['-trace_shortmsg', '-shortmessage_file', 'messages.log', '-timer_resol', '1'] as const
/** From INVITE to 200, ms, as a SIPp that worked in this directory wrote it down: date, time, seconds, S or R, Call-ID, CSeq, first line. */
export function delaysIn(directory: string): readonly number[] {
  const sent = new Map<string, number>()
  const delays: number[] = []
  const file = join(directory, 'messages.log')
  for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
    const [, , seconds, way, callId = '', cseq, first = ''] = line.split('\t')
    if (cseq?.endsWith(' INVITE') !== true) continue
    const began = sent.get(callId)
    if (way === 'S' && first.startsWith('INVITE ') && began === undefined) sent.set(callId, Number(seconds))
    // Once: an answer may come again.
    if (way === 'R' && first.startsWith('SIP/2.0 200') && began !== undefined && began > 0) {
      delays.push((Number(seconds) - began) * 1_000)
      sent.set(callId, 0)
    }
  }
  return delays
}

/** SDP as plain phones send it: A-law and named telephone events as payload type 96. */
const SDP = `v=0
o=- 53655765 2353687637 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio [media_port] RTP/AVP 8 96
a=rtpmap:8 PCMA/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
a=sendrecv`

const xml = (name: string, steps: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="${name}">\n${steps}\n</scenario>\n`
const send = (message: string, more = ''): string => `<send${more}><![CDATA[\n${message}\n\n]]></send>`
const sdp = `Content-Type: application/sdp\nContent-Length: [len]\n\n${SDP}`

const REGISTER = xml('register', [
  send(`REGISTER sip:liandong SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@liandong>;tag=[call_number]
To: <sip:[field0]@liandong>
Call-ID: [call_id]
CSeq: 1 REGISTER
Contact: <sip:[field0]@[local_ip]:[local_port]>
Max-Forwards: 70
Expires: 3600
Content-Length: 0`, ' retrans="500"'),
  '<recv response="401" auth="true"/>',
  send(`REGISTER sip:liandong SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@liandong>;tag=[call_number]
To: <sip:[field0]@liandong>
Call-ID: [call_id]
CSeq: 2 REGISTER
Contact: <sip:[field0]@[local_ip]:[local_port]>
Max-Forwards: 70
Expires: 3600
[field1]
Content-Length: 0`, ' retrans="500"'),
  '<recv response="200"/>',
].join('\n'))

const reply = (status: string, rest = 'Content-Length: 0'): string => `SIP/2.0 ${status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]p[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
${rest}`

function answering({ ring, talk }: PhoneBehaviour): string {
  return xml('phone', [
    '<recv request="INVITE" crlf="true"/>',
    send(reply('180 Ringing')),
    `<pause milliseconds="${ring}"/>`,
    send(reply('200 OK', sdp), ' retrans="500"'),
    ...(talk === null
      ? ['<recv request="ACK"/>', '<recv request="BYE"/>', send(reply('200 OK'))]
      : [
          // Who hangs up is the caller of that request: From and To change places.
          '<recv request="ACK"><action><ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/><ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/></action></recv>',
          `<recv request="BYE" timeout="${talk}" ontimeout="1" next="2"/>`,
          '<label id="1"/>',
          send(`BYE sip:liandong@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: [$to]
To: [$from]
[last_Call-ID:]
CSeq: 1 BYE
Max-Forwards: 70
Content-Length: 0`, ' retrans="500"'),
          '<recv response="200" next="3"/>',
          '<label id="2"/>',
          send(reply('200 OK')),
          '<label id="3"/>',
        ]),
  ].join('\n'))
}

const RINGS = { 'busy': null, 'declined': reply('180 Ringing'), 'declined-early': reply('183 Session Progress', sdp) }
/** Most telephones say 486 whether their line is taken or a hand declines; only the latter rang, some by a sound of their own. */
const rejecting = (how: keyof typeof RINGS): string => xml(`${how} phone`, [
  '<recv request="INVITE" crlf="true"/>',
  ...(RINGS[how] === null ? [] : [send(RINGS[how]), '<pause milliseconds="200"/>']),
  send(reply('486 Busy Here'), ' retrans="500"'),
  '<recv request="ACK"/>',
].join('\n'))

/** Rings until FreeSWITCH cancels. */
const SILENT = xml('unattended phone', [
  '<recv request="INVITE"><action><ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/></action></recv>',
  send(reply('180 Ringing')),
  '<recv request="CANCEL"/>',
  send(`SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0`),
  send(`SIP/2.0 487 Request Terminated
[last_Via:]
[last_From:]
[last_To:];tag=[pid]p[call_number]
[last_Call-ID:]
CSeq: [$cseq] INVITE
Content-Length: 0`, ' retrans="500"'),
  '<recv request="ACK"/>',
].join('\n'))

function citizen(call: CitizenCall): string {
  const { number, called = '110', displayName = '', headers = [], keys = '', keysAfter = 1_500, patience = 60_000, routed = false, mayBeRefused = false } = call
  const from = `${displayName === '' ? '' : `"${displayName}" `}<sip:${number}@127.0.0.1>`
  const request = (method: string, cseq: string, more: string): string => `${method} ${routed && method !== 'INVITE' ? '[next_url]' : `sip:${called}@[remote_ip]:[remote_port]`} SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: ${from};tag=[pid]c[call_number]
To: <sip:${called}@[remote_ip]:[remote_port]>${method === 'INVITE' ? '' : '[peer_tag_param]'}
Call-ID: [call_id]
CSeq: ${cseq} ${method}
Contact: <sip:citizen@[local_ip]:[local_port]>
Max-Forwards: 70
${routed && method !== 'INVITE' ? '[routes]\n' : ''}${more}`
  const refusals = [403, 404, 408, 480, 486, 500, 503].map((code) => `<recv response="${code}" optional="true" next="4"/>`)
  return xml('citizen', [
    send(request('INVITE', '1', `${headers.map((header) => `${header}\n`).join('')}${sdp}`), ' retrans="500"'),
    '<recv response="100" optional="true"/>',
    '<recv response="180" optional="true"/>',
    '<recv response="183" optional="true"/>',
    ...(mayBeRefused ? refusals : []),
    `<recv response="200" rtd="true"${routed ? ' rrs="true"' : ''}/>`,
    send(request('ACK', '1', 'Content-Length: 0')),
    ...(keys === '' ? [] : [`<pause milliseconds="${keysAfter}"/>`, // In one go: a second one would begin with the first one's time stamp, and FreeSWITCH would take it for a repeat.
      `<nop><action><exec play_dtmf="${keys}"/></action></nop>`, `<pause milliseconds="${300 + 400 * keys.length}"/>`]),
    `<recv request="BYE" timeout="${patience}" ontimeout="1" next="2"/>`,
    '<label id="1"/>',
    send(request('BYE', '2', 'Content-Length: 0'), ' retrans="500"'),
    '<recv response="200" next="3"/>',
    '<label id="2"/>',
    send(`SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0`),
    ...(mayBeRefused ? ['<nop next="3"/>', '<label id="4"/>', send(request('ACK', '1', 'Content-Length: 0').replace('[next_url]', `sip:${called}@[remote_ip]:[remote_port]`).replace('[routes]\n', ''))] : []),
    '<label id="3"/>',
  ].join('\n'))
}

/** SIPp on loopback; one process is a room full of phones or a crowd of citizens. */
export function makeSipp(binary: string, freeswitch: FreeSwitch) {
  const directory = temporaryDirectory()
  const running = new Set<SippRun>()
  let files = 0

  function run(scenario: string, args: readonly string[], address = '127.0.0.1'): SippRun {
    files += 1
    const own = join(directory, String(files))
    mkdirSync(own)
    writeFileSync(join(own, 'scenario.xml'), scenario)
    const child: ChildProcess = spawn(binary, ['-sf', join(own, 'scenario.xml'), '-i', address, '-nostdin', '-trace_err', '-error_file', join(own, 'errors.log'), ...args], { cwd: own, stdio: 'ignore' })
    const ended = new Promise<number>((resolve) => {
      child.once('error', () => { resolve(127) })
      child.once('exit', (code) => { running.delete(one); resolve(code ?? 130) })
    })
    const one: SippRun = {
      pid: child.pid ?? 0, ended, delays: () => delaysIn(own),
      async stop() {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
        await ended
      },
    }
    running.add(one)
    return one
  }

  async function mediaPort(): Promise<string> {
    return String(await freePort())
  }

  return {
    /** Registers these extensions by digest and lets them answer (or not). */
    async phones(extensions: readonly string[], behaviour: PhoneBehaviour | keyof typeof RINGS | 'unattended'): Promise<Phones> {
      const port = await freePort()
      files += 1
      const users = join(directory, `users-${files}.csv`)
      writeFileSync(users, ['SEQUENTIAL', ...extensions.map((extension) => `${extension};[authentication username=${extension} password=${freeswitch.phoneSecret}-${extension}]`)].join('\n'))
      const target = `127.0.0.1:${freeswitch.operatorsPort}`
      const registered = await run(REGISTER, [target, '-inf', users, '-m', String(extensions.length), '-r', '50', '-p', String(port), '-timeout', '20s']).ended
      if (registered !== 0) throw new Error(`phones ${extensions.join(', ')} could not register (sipp exit ${registered})`)
      const scenario = behaviour === 'unattended' ? SILENT : typeof behaviour === 'string' ? rejecting(behaviour) : answering(behaviour)
      return run(scenario, [target, '-p', String(port), '-mp', await mediaPort(), '-rtp_echo'])
    },
    /** One citizen's call. */
    async call(spec: CitizenCall): Promise<SippRun> {
      return run(citizen(spec), [`127.0.0.1:${freeswitch.citizensPort}`, '-p', String(await freePort()), '-mp', await mediaPort(), '-m', '1', '-timeout', '180s'], spec.address)
    },
    /**
     * `count` calls at `rate` a second, each from a number of its own: prefix and the call's serial number, which has `digits` digits if given;
     * `scattered`: not one after the other, but all over the numbers that have so many digits.
     * `pool`: after so many numbers the first one calls again.
     */
    async crowd(count: number, rate: number, spec: Omit<CitizenCall, 'number'> & { readonly prefix: string; readonly digits?: number; readonly scattered?: boolean; readonly pool?: number }): Promise<SippRun> {
      const { digits, scattered = false, pool = count } = spec
      const serial = (n: number): number => (scattered ? Math.floor((((n % pool) * 0.6180339887498949) % 1) * 10 ** (digits ?? 0)) : n % pool)
      files += 1
      const serials = join(directory, `serials-${files}.csv`)
      if (digits !== undefined) writeFileSync(serials, ['SEQUENTIAL', ...Array.from({ length: count }, (_, n) => String(serial(n)).padStart(digits, '0'))].join('\n'))
      return run(citizen({ ...spec, number: `${spec.prefix}${digits === undefined ? '[call_number]' : '[field0]'}` }), [
        ...(digits === undefined ? [] : ['-inf', serials]),
        `127.0.0.1:${freeswitch.citizensPort}`, '-p', String(await freePort()), '-mp', await mediaPort(), '-m', String(count), '-r', String(rate), '-l', String(count), '-timeout', '600s', ...TRACE_DELAYS,
      ], spec.address)
    },
    /** What SIPp complained of, for a test's own diagnosis. */
    errors(): string {
      return readdirSync(directory, { recursive: true }).map(String).filter((name) => name.endsWith('errors.log')).map((name) => readFileSync(join(directory, name), 'utf8')).join('\n')
    },
    async stop(): Promise<void> {
      await Promise.all([...running].map((one) => one.stop()))
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
export type Sipp = ReturnType<typeof makeSipp>
