import { readFileSync, rmSync } from 'node:fs'
import t, { type Test } from 'tap'
import { readTape, samplesOf } from '../../../src/flow/wav.js'
import { startExchange } from '../../../src/pbx/exchange/exchange.js'
import { until } from '../../helpers/database.js'
import { temporaryDirectory } from '../../helpers/directory.js'
import { findRealThings, startFreeSwitch } from '../harness/freeswitch.js'
import { freePort } from '../harness/ports.js'
import { openTelephone } from '../harness/telephone.js'
import { talking, type Voice } from './talk.js'

t.setTimeout(400_000)

function recordingsDirectory(t: Test): string {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  return directory
}

t.test('the practice exchange', { timeout: 120_000 }, (t) => talking(t, async (t) => {
  const outboundPort = await freePort()
  const recordings = recordingsDirectory(t)
  const exchange = await startExchange({ password: 'practice', recordings, outbound: `127.0.0.1:${outboundPort}`, sounds: { busy: 'silence_stream://3000', hold: '/sounds/hold.wav', recorded: '/sounds/recorded.wav' } })
  t.teardown(() => exchange.close())
  for (const extension of ['1001', '1002', '1003']) exchange.phones.set(extension, { answerAfter: 100 })
  exchange.phones.set('119', { answerAfter: 100 })
  exchange.phones.set('1010', 'unregistered')
  return {
    eslPort: exchange.port, password: 'practice', outboundPort, trunkDial: 'sofia/trunk/{number}', outsideNumber: '119', recordings, tones: { 'citizen': 440, '1001': 620, '1002': 620, '1003': 620, 'outside': 440 },
    citizen() { exchange.placeCall({ number: '13900000001' }); return Promise.resolve() },
    async hearsOnly(who, voices, uuids) {
      const names = new Map([...uuids].map(([voice, uuid]) => [uuid, voice]))
      const now = (): string[] => exchange.hears(uuids.get(who) ?? '').map((uuid) => names.get(uuid) ?? uuid).filter((one) => one !== 'music').sort()
      await until(`${who} to hear ${voices.join(', ')}`, () => JSON.stringify(now()) === JSON.stringify([...voices].sort())).catch((error: unknown) => { throw new Error(`${(error as Error).message}; hears ${now().join(', ')}`) })
    },
    timesTold: (_, uuid) => exchange.overlaid(uuid).filter((sound) => sound === '/sounds/recorded.wav').length,
    press(who, key, uuids) { exchange.press(uuids.get(who) ?? '', key) },
    hangUp(who, uuids) { exchange.kill(uuids.get(who) ?? '') },
  }
}))

const things = findRealThings()
/** Each hums a tone of its own; they are no multiples of one another. */
const TOLD = Int16Array.from(samplesOf(readTape(readFileSync(new URL('../../../sip/freeswitch/sounds/recorded.wav', import.meta.url))) ?? t.fail('no tape') as never))
const TONES: Readonly<Record<Voice, number>> = { 'citizen': 450, '1001': 1030, '1002': 1370, '1003': 1730, 'outside': 2290 }
t.test('FreeSWITCH as shipped', { skip: 'skip' in things ? things.skip : false, timeout: 300_000 }, (t) => talking(t, async (t) => {
  if ('skip' in things) throw new Error(things.skip)
  const outboundPort = await freePort()
  const recordings = recordingsDirectory(t)
  const freeswitch = await startFreeSwitch(things.freeswitch, { intake: [outboundPort, await freePort()], environment: { LIANDONG_PBX_RECORDINGS: recordings } })
  const telephones = new Map<Voice, Awaited<ReturnType<typeof openTelephone>>>()
  for (const [voice, tone] of Object.entries(TONES) as [Voice, number][]) telephones.set(voice, await openTelephone({ tone, answerAfter: voice === 'citizen' ? null : 100 }))
  const telephone = (voice: Voice) => telephones.get(voice) ?? t.fail(`no ${voice}`) as never
  t.teardown(async () => {
    if (!t.passing()) t.comment(freeswitch.log().split('\n').slice(-40).join('\n'))
    await Promise.all([...telephones.values()].map((one) => one.close()))
    await freeswitch.stop()
  })
  for (const extension of ['1001', '1002', '1003'] as const) await telephone(extension).register(extension, `${freeswitch.phoneSecret}-${extension}`, freeswitch.operatorsPort)
  return {
    eslPort: freeswitch.eslPort, password: freeswitch.password, outboundPort, trunkDial: `sofia/citizens/{number}@${telephone('outside').address}`, outsideNumber: '119', recordings, tones: TONES,
    citizen: () => telephone('citizen').call('13900000001', freeswitch.citizensPort),
    hearsOnly: (who, voices) => telephone(who).hearsOnly(voices.map((voice) => TONES[voice]), (Object.keys(TONES) as Voice[]).filter((voice) => voice !== who && !voices.includes(voice)).map((voice) => TONES[voice])),
    timesTold: (who, _, since) => telephone(who).timesHeard(TOLD, since),
    press(who, key) { telephone(who).press(key) },
    hangUp(who) { telephone(who).hangUp() },
  }
}))
