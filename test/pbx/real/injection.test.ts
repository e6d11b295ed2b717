import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { headerOf } from '../../../sip/core/message.js'
import { findDrachtio, startRealDrachtio } from '../../helpers/drachtio.js'
import { until } from '../../helpers/database.js'
import { openTrunk, statusOf } from '../../helpers/sip-phone.js'
import { temporaryDirectory } from '../../helpers/directory.js'
import { openCity } from '../harness/city.js'
import { startEdgeProcess } from '../harness/edge.js'
import { findRealThings } from '../harness/freeswitch.js'
import { makeSipp, type CitizenCall } from '../harness/sipp.js'

t.setTimeout(400_000)
const things = findRealThings()
const found = findDrachtio()
const skip = 'skip' in things ? things.skip : false
const SECRET = 'a0Secret0between0the0two'

/** A mark that only code run by an attacker would leave: a variable, or a file. */
const mark = join(temporaryDirectory(), 'pwned')
const SET = 'global_setvar injected=yes'
const TOUCH = `system touch ${mark}`
const encoded = (text: string): string => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

/** The injection map of reliability.md §4.1. `To` and `Request-URI` are the called side, all else the caller's. */
const ATTACKS: readonly (readonly [string, CitizenCall])[] = [
  ['I1 newline and command in From', { number: `138${encoded(`\n\nbgapi ${TOUCH}\n\n`)}` }],
  ['I1 newline and headers of sendmsg in From', { number: `138${encoded(`\nexecute-app-name: system\nexecute-app-arg: touch ${mark}\n\n`)}` }],
  ['I1 carriage return in the display name', { number: '13800000001', displayName: `a${encoded(`\r\n\r\napi ${SET}\r\n\r\n`)}` }],
  ['I2 expansion in the display name', { number: '13800000002', displayName: `\${${TOUCH}}\${api(${SET})}` }],
  ['I2 expansion in From', { number: `138${encoded(`\${system(touch ${mark})}`)}` }],
  ['I2 global expansion', { number: '13800000003', displayName: `$\${api(${SET})}` }],
  ['I3 separators of a dial string', { number: `138${encoded("',api_on_answer='global_setvar injected=yes',x=',")}`, displayName: `{api_on_answer='${SET}'}[a=b]<c=d>user/1001,|:_:&system` }],
  ['I4 paths', { number: `..%2F..%2F..%2Ftmp%2F${encoded('shell_stream://touch ')}`, displayName: `shell_stream://touch ${mark}` }],
  ['I5 inline dialplan in From', { number: encoded(`answer,system:touch ${mark}`) }],
  ['I6 a frame towards us', { number: `138${encoded('\n\nContent-Type: command/reply\nReply-Text: +OK\n\n')}`, displayName: 'Content-Length: 99999' }],
  ['I6 ARRAY::', { number: 'ARRAY::1|:2', displayName: 'ARRAY::a|:b|:c' }],
  ['I7 X- headers that become variables', { number: '13800000004', headers: [`X-Evil: \${api(${SET})}`, 'P-liandong_verified: true', 'P-liandong_class: emergency', `User-to-User: \${${TOUCH}}`, 'X-socket_resume: false'] }],
  ['I7 our own names', { number: '13800000014', headers: ['X-liandong_class: emergency', 'X-Liandong-Lat: 34.6', 'X-liandong_call: x'] }],
  ['I7 identities of others', { number: '13800000005', headers: ['P-Asserted-Identity: "110" <sip:110@police.example>', 'Remote-Party-ID: <sip:119@fire.example>;party=calling', 'P-Preferred-Identity: <sip:120@medical.example>'] }],
  ['I2 expansion in an asserted identity', { number: '13800000015', headers: [`P-Asserted-Identity: "\${${TOUCH}}" <sip:138${encoded(`\${api(${SET})} 13800000015`)}@carrier.example>`] }],
  ['I8 scope variables', { number: '13800000006', displayName: `%[api_hangup_hook=${SET}]` }],
  ['I9 HTML, SQL, CSV', { number: '13800000007', displayName: `<img src=x onerror=alert(1)>'); drop table ticket; --=cmd|' /C calc'!A0` }],
  ['bidi and blank characters', { number: '13800000008', displayName: '\u202e011\u2066\u200f\u2028x' }],
]

for (const way of ['straight to FreeSWITCH', 'through the edge'] as const) {
  const through = way === 'through the edge'
  t.test(`injection, ${way}: nothing executes, nothing crashes, all of it shows harmlessly`, { skip: through && skip === false && 'skip' in found ? found.skip : skip, timeout: 300_000 }, async (t) => {
    if ('skip' in things || (through && 'skip' in found)) return
    const city = await openCity(things, { operators: 1, freeswitch: { LIANDONG_FS_EDGE_SECRET: SECRET, ...(through ? {} : { LIANDONG_FS_TRUSTED_TRUNKS: '127\\.0\\.0\\.2' }) } })
    await city.startNode()
    const drachtio = 'skip' in found || !through ? null : await startRealDrachtio(found.path)
    const edge = drachtio === null ? null : await startEdgeProcess(drachtio, SECRET, [city.freeswitch.citizensPort], { LIANDONG_EDGE_RECORD_ROUTE: '127.0.0.1,127.0.0.2' })
    const port = drachtio?.sipPort ?? city.freeswitch.citizensPort
    const sipp = makeSipp(things.sipp, { ...city.freeswitch, citizensPort: port })
    t.teardown(async () => {
      if (!t.passing()) t.comment(`${edge?.output().slice(-3_000) ?? ''}\n${city.node().output().slice(-3_000)}\n${sipp.errors().slice(-2_000)}`)
      await sipp.stop()
      await edge?.stop()
      await drachtio?.stop()
      await city.stop()
    })
    const [desk] = await city.desks(1)
    await city.sipp.phones(['1001'], { ring: 100, talk: 400 })
    const unharmed = async (t: Test, what: string): Promise<void> => {
      t.not((await city.witness.link.api({ api: 'global_getvar', name: 'injected' })).text.trim(), 'yes', `${what}: no command`)
      t.notOk(existsSync(mark), `${what}: no program`)
      t.equal(city.node().child.exitCode, null)
    }

    /** By SIPp; square brackets are SIPp's own, so those go by our own telephone. */
    const caller = await openTrunk(t, port, '127.0.0.2')
    async function place(call: CitizenCall): Promise<() => Promise<boolean>> {
      if (!(call.displayName ?? '').includes('[')) {
        const run = await sipp.call({ ...call, routed: through, address: '127.0.0.2' })
        return async () => (await run.ended) === 0
      }
      const one = caller.call({ from: `"${call.displayName ?? ''}" <sip:${call.number}@carrier.example>` })
      one.ack(await one.final())
      return () => until('the operator to hang up', () => one.hungUp())
    }

    for (const [what, call] of ATTACKS) {
      // The edge refuses those (see `test/sip/suite.ts`): there is no talk to look at.
      if (through && what === 'I7 our own names') continue
      await t.test(what, async (t) => {
        const before = (await city.tickets()).length
        const ended = await place(call)
        await until('its ticket', async () => (await city.tickets()).length === before + 1)
        t.ok(await ended(), 'an ordinary talk')
        await unharmed(t, what)
        const [ticket] = (await city.tickets()).slice(-1)
        t.match(ticket?.caller_number, /^(\+?[0-9*#]{1,20})?$/, 'a number or none')
        const seen = desk?.call?.caller
        t.equal(seen?.verified, false)
        t.notMatch(JSON.stringify(seen), /\\[nru]|[\u0000-\u001f\u202a-\u202e\u2066-\u2069\u200f\u2028]/)
        if (what === 'I7 identities of others' && through) t.equal(seen?.number, '13800000005', 'his own')
        await until('the operator to be ready', () => desk?.me?.presence === 'ready')
      })
    }

    await t.test('GBK bytes, and what is no UTF-8 at all', async (t) => {
      const trunk = await openTrunk(t, port, '127.0.0.2')
      for (const bytes of [[0xd5, 0xc5, 0xc8, 0xfd], [0xff, 0xfe, 0x80], [0xe5, 0xbc]]) {
        const before = (await city.tickets()).length
        const call = trunk.call({ from: `"NAME" <sip:13800000009@carrier.example>`, mangle: (raw) => Buffer.from(raw.toString('latin1').replace('NAME', Buffer.from(bytes).toString('latin1')), 'latin1') })
        call.ack(await call.final())
        await until('its ticket', async () => (await city.tickets()).length === before + 1)
        t.equal(desk?.call?.caller.number, '13800000009')
        await until('the operator to be ready', () => desk?.me?.presence === 'ready')
      }
      await unharmed(t, 'GBK')
    })

    await t.test('I5, I7: numbers that are not ours, and other people’s calls', async (t) => {
      const trunk = await openTrunk(t, port, '127.0.0.2')
      for (const called of ['13800138000', '0013800138000', 'fallback', 'full', encoded(`answer,system:touch ${mark}`), '1001', '110;intercom=true', 'native']) {
        const call = trunk.call({ called })
        const answer = await call.final()
        // "fallback" and "full" are extensions of the dialplan itself: they lead to the queue or to a refusal, never out.
        if (statusOf(answer) === 200) {
          t.ok(['fallback', '110;intercom=true'].includes(called), called)
          call.ack(answer)
          call.bye(answer)
        } else t.ok(statusOf(answer) >= 400, called)
      }
      await unharmed(t, 'called numbers')
      if (!through) return
      const victim = trunk.call()
      const answer = await victim.final()
      victim.ack(answer)
      const tagOf = (name: string): string => /tag=([^;]+)/.exec(headerOf(answer, name) ?? '')?.[1] ?? ''
      const thief = await openTrunk(t, port, '127.0.0.9')
      const replaces = `${victim.callId};to-tag=${tagOf('to')};from-tag=${tagOf('from')}`
      t.equal(statusOf(await thief.call({ headers: [['Replaces', replaces]] }).final()), 403)
      t.notOk(victim.hungUp(), 'the victim still has his call')
      victim.bye(answer)
    })

    await t.test('as shipped: no API or application to run, no way out, no default password', async (t) => {
      const { link } = city.witness
      const [apis, applications] = [(await link.api({ api: 'show', what: 'api' })).text, (await link.api({ api: 'show', what: 'application' })).text]
      const names = (text: string): string[] => (JSON.parse(text) as { rows: { name: string }[] }).rows.map(({ name }) => name)
      // sched_api only repeats, later, what the list lets through anyway; global_setvar is let through for a node's sign of life, and what the attacks
      // above would set by it shows whether one of them went through.
      for (const name of ['system', 'bg_system', 'bgsystem', 'eval', 'expand', 'lua', 'curl', 'load', 'unload', 'shutdown', 'luarun', 'uuid_broadcast', 'uuid_chat', 'group_call']) {
        t.notOk(names(apis).includes(name), `no API ${name}`)
        t.notOk(names(applications).includes(name), `no application ${name}`)
      }
      t.match((await link.api({ api: 'api_expansion' })).text, /is off/)
      const dialplan = (await link.api({ api: 'xml_locate', section: 'dialplan', tag: 'context', key: 'name', value: 'citizens' })).text
      t.notMatch(dialplan, /application="(?!answer|set|unset|sched_transfer|sched_cancel|socket|transfer|callcenter|playback|loop_playback|stop_displace_session|respond|limit|hangup|detect_speech" data="stop"|displace_session" data="[\w./-]*\.wav m"|record_session" data="[\w./-]*\/\$\{uuid\}\.wav")/, 'nothing that dials or names a file by what a caller sent')
      t.notMatch(dialplan, /gateway|loopback\/|sofia\//)
      for (const password of ['ClueCon', '', 'liandong']) t.notOk(await canLogIn(city.freeswitch.eslPort, password), `password ${JSON.stringify(password)}`)
    })
  })
}

/** A log-in at the event socket with this password. */
async function canLogIn(port: number, password: string): Promise<boolean> {
  const { connect } = await import('node:net')
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let heard = ''
    socket.on('data', (chunk: Buffer) => {
      const asked = heard.includes('auth/request')
      heard += chunk.toString()
      if (!asked && heard.includes('auth/request')) socket.write(`auth ${password}\n\n`)
      if (heard.includes('Reply-Text')) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => { resolve(heard.includes('+OK accepted')) })
  })
}
