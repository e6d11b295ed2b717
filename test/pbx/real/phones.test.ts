import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { SwitchEvent } from '../../../src/intake/ports.js'
import { makeSwitchboard } from '../../../src/pbx/switchboard.js'
import { a1HashOf, phonesXml, type Phone } from '../../../src/people/phones.js'
import { until } from '../../helpers/database.js'
import { temporaryDirectory } from '../../helpers/directory.js'
import { findRealThings, startFreeSwitch } from '../harness/freeswitch.js'
import { freePort } from '../harness/ports.js'
import { openTelephone } from '../harness/telephone.js'

const things = findRealThings()
t.test('telephones on a real FreeSWITCH: their passwords come out of our file; one that is unplugged is missed', { skip: 'skip' in things ? things.skip : false, timeout: 180_000 }, async (t) => {
  if ('skip' in things) throw new Error(things.skip)
  const directory = temporaryDirectory()
  const file = join(directory, 'phones.xml')
  const phone = (extension: string, password: string): Phone => ({ extension, a1Hash: a1HashOf(extension, password) })
  writeFileSync(file, phonesXml([phone('1001', 'first-password'), phone('2345', 'of-another')]))
  const freeswitch = await startFreeSwitch(things.freeswitch, { intake: [await freePort()], environment: { LIANDONG_PBX_PHONES: file, LIANDONG_FS_PHONE_PINGS: 'true', LIANDONG_FS_PHONE_PING: '1' } })
  const events: SwitchEvent[] = []
  const board = makeSwitchboard({
    link: { host: '127.0.0.1', port: freeswitch.eslPort, password: freeswitch.password }, operatorDial: 'sofia/operators/{extension}%liandong', trunkDial: '',
    intakeExtension: '110', fallbackExtension: 'fallback', fallbackContext: 'citizens', switchSeconds: 4,
  }, { clock: Date.now, monotonic: () => performance.now(), onRefused: () => undefined, onLag: () => undefined, onLink: () => undefined })
  board.onEvent((event) => events.push(event), () => [])
  const [one, two, thief] = [await openTelephone({ tone: 450, answerAfter: 100 }), await openTelephone({ tone: 1030, answerAfter: 100 }), await openTelephone({ tone: 1370, answerAfter: 100 })]
  t.teardown(async () => {
    if (!t.passing()) t.comment(freeswitch.log().split('\n').slice(-40).join('\n'))
    board.close()
    await Promise.all([one, two, thief].map((each) => each.close()))
    await freeswitch.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  await until('the link', () => board.up)
  const told = (type: 'phone.registered' | 'phone.unregistered', extension: string): Promise<boolean> => until(`${type} ${extension}`, () => events.some((event) => event.type === type && event.extension === extension), 60_000)

  await one.register('1001', 'first-password', freeswitch.operatorsPort)
  await told('phone.registered', '1001')
  await two.register('2345', 'of-another', freeswitch.operatorsPort)
  await told('phone.registered', '2345')
  await t.rejects(thief.register('1001', 'a-guess', freeswitch.operatorsPort), /could not register/)
  await t.rejects(thief.register('1002', `${freeswitch.phoneSecret}-1002`, freeswitch.operatorsPort), /could not register/, 'the list that FreeSWITCH brought counts no more')

  // A new password works at once, and the old one no more: nothing of it is cached elsewhere, and nobody of ours need be there.
  writeFileSync(file, phonesXml([phone('1001', 'second-password')]))
  await t.rejects(one.register('1001', 'first-password', freeswitch.operatorsPort), /could not register/)
  await one.register('1001', 'second-password', freeswitch.operatorsPort)
  await t.rejects(two.register('2345', 'of-another', freeswitch.operatorsPort), /could not register/, 'who is not on it any more')

  events.length = 0
  await one.unregister()
  await told('phone.unregistered', '1001')
  await one.register('1001', 'second-password', freeswitch.operatorsPort)
  await told('phone.registered', '1001')
  events.length = 0
  const at = performance.now()
  await one.close() // its plug is pulled: no word of it
  await told('phone.unregistered', '1001')
  t.comment(`missed after ${Math.round((performance.now() - at) / 100) / 10} s`)
})
