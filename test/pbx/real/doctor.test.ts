import { cpSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { checkPbx } from '../../../src/pbx/doctor/doctor.js'
import { makeSwitchboard } from '../../../src/pbx/switchboard.js'
import { until } from '../../helpers/database.js'
import { temporaryDirectory } from '../../helpers/directory.js'
import { edit } from '../harness/configuration.js'
import { CONFIGURATION, findRealThings, startFreeSwitch } from '../harness/freeswitch.js'
import { freePort } from '../harness/ports.js'

const things = findRealThings()
t.test('liandong doctor on a real FreeSWITCH, configured as shipped: it looks at all of it and finds only what is missing here', { skip: 'skip' in things ? things.skip : false, timeout: 60_000 }, async (t) => {
  if ('skip' in things) throw new Error(things.skip)
  const node = await freePort()
  const freeswitch = await startFreeSwitch(things.freeswitch, { intake: [node] })
  t.teardown(() => freeswitch.stop())
  const checks = await checkPbx({
    host: '127.0.0.1', port: freeswitch.eslPort, password: freeswitch.password, operatorDial: 'sofia/operators/{extension}%liandong', trunkDial: 'sofia/citizens/{number}@127.0.0.1', hallsDial: 'sofia/citizens/{number}@127.0.0.1', nodes: [{ node: 'b', host: 'other', core: '0c0de000-0000-4000-8000-000000000001', halls: true }], fallbackExtension: 'fallback', fallbackContext: 'citizens',
    nativeQueue: 'native', node: `127.0.0.1:${node}`, ports: [node], holdMusic: 'hold.wav', cdrDirectory: freeswitch.cdrDirectory, phones: '', browserPhones: '', recordings: '', prompts: [], extensions: ['1001', '1002'],
  })
  const told = JSON.stringify(checks.filter(({ verdict }) => verdict !== 'ok'), null, 1)
  t.same(checks.filter(({ verdict }) => verdict === 'bad').map(({ id }) => id), [], told)
  // No telephone of an agent is registered here.
  t.same(checks.filter(({ verdict }) => verdict === 'warn').map(({ id }) => id), ['pbx.queue'], told)
  for (const id of ['pbx.trunk', 'pbx.halls', 'pbx.dialplan.socket', 'pbx.dialplan.switch', 'pbx.dialplan.fallback', 'pbx.dialplan.after-talk', 'pbx.queue.follows', 'pbx.sounds', 'pbx.cdr', 'pbx.rtp', 'pbx.exposure']) t.ok(checks.some((check) => check.id === id), id)
})

/** What an admin types in fs_cli. */
function typed(port: number, password: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const socket = connect({ host: '127.0.0.1', port }, () => { socket.write(`auth ${password}\n\napi ${command}\n\n`) })
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (/api\/response[\s\S]*\n\n[\s\S]*\n/.test(said)) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => { resolve(said) })
  })
}

t.test('callers who are brought from one FreeSWITCH to another: what counts is the dialplan as it was read, and a node hears of it when it is read again', { skip: 'skip' in things ? things.skip : false, timeout: 60_000 }, async (t) => {
  if ('skip' in things) throw new Error(things.skip)
  const directory = temporaryDirectory()
  const configuration = join(directory, 'freeswitch')
  cpSync(CONFIGURATION, configuration, { recursive: true })
  const ours = / *<!-- This FreeSWITCH itself wants him[\s\S]*?<extension name="carried-home">[\s\S]*?<\/extension>\n/
  let taken = ''
  edit(configuration, 'dialplan/citizens.xml', (text) => text.replace(ours, (whole) => { taken = whole; return '' }))
  const node = await freePort()
  const freeswitch = await startFreeSwitch(things.freeswitch, { intake: [node], configuration })
  const switchboard = makeSwitchboard({
    link: { host: '127.0.0.1', port: freeswitch.eslPort, password: freeswitch.password }, operatorDial: 'sofia/operators/{extension}%liandong', trunkDial: '', intakeExtension: '110', fallbackExtension: 'fallback', fallbackContext: 'citizens', switchSeconds: 4,
  }, { clock: Date.now, monotonic: () => performance.now(), onRefused: () => undefined, onLag: () => undefined, onLink: () => undefined })
  t.teardown(async () => { switchboard.close(); await freeswitch.stop(); rmSync(directory, { recursive: true }) })
  const halls = async (): Promise<string | undefined> => (await checkPbx({
    host: '127.0.0.1', port: freeswitch.eslPort, password: freeswitch.password, operatorDial: 'sofia/operators/{extension}%liandong', trunkDial: '', hallsDial: 'sofia/citizens/{number}@127.0.0.1', nodes: [], fallbackExtension: 'fallback', fallbackContext: 'citizens',
    nativeQueue: '', node: `127.0.0.1:${node}`, ports: [], holdMusic: 'hold.wav', cdrDirectory: '', phones: '', browserPhones: '', recordings: '', prompts: [], extensions: [],
  })).find(({ id }) => id === 'pbx.halls')?.verdict
  await until('the node to know', () => switchboard.halls === false)
  t.equal(await halls(), 'bad')
  edit(configuration, 'dialplan/citizens.xml', (text) => text.replace(/ *<!-- Reserved channels/, (next) => taken + next))
  t.equal(await halls(), 'bad', 'the file has it, and FreeSWITCH has not read it')
  t.match(await typed(freeswitch.eslPort, freeswitch.password, 'reloadxml'), /\+OK/)
  await until('the node to have heard of it', () => switchboard.halls === true)
  t.equal(await halls(), 'ok')
})
