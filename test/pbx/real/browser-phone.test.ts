import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Page } from 'playwright-core'
import { ensureDesk } from '../../../src/cli/desk-build.js'
import { startRelay } from '../../calls/relay.js'
import { until } from '../../helpers/database.js'
import { findChromium, NO_CHROMIUM } from '../../helpers/desk-world.js'
import { MICROPHONE, openBrowser, speakerHears } from '../harness/browser.js'
import { openCity } from '../harness/city.js'
import { findRealThings } from '../harness/freeswitch.js'
import { freePort } from '../harness/ports.js'
import { openTelephone } from '../harness/telephone.js'

t.setTimeout(300_000)
const things = findRealThings()
const chromium = findChromium({ sound: true })
const skip = 'skip' in things ? things.skip : chromium === null ? NO_CHROMIUM : false

/** What the citizen hums, Hz. */
const CITIZEN = 1_030
/** Softer than this nobody is heard: a share of a telephone's tone, and dB at the loudspeaker. */
const HEARD = 0.05
const LOUD = -60

/** Refuses and pulls out the microphone as a person does; the browser's fake one can do neither. Counts the tones of the bell. */
const HANDS = `
  const media = navigator.mediaDevices, open = media.getUserMedia.bind(media)
  let fault = null, tracks = []
  media.getUserMedia = async (wanted) => {
    if (fault !== null) throw new DOMException('', fault)
    const stream = await open(wanted)
    tracks = stream.getAudioTracks()
    return stream
  }
  window.pullMicrophone = (why) => { fault = why; for (const track of tracks) { track.stop(); track.dispatchEvent(new Event('ended')) } }
  window.tones = 0
  const tone = AudioContext.prototype.createOscillator
  AudioContext.prototype.createOscillator = function () { window.tones += 1; return tone.call(this) }
  window.plugMicrophone = () => { fault = null; media.dispatchEvent(new Event('devicechange')) }
`

t.test('a telephone in the browser on a real FreeSWITCH, over WSS', { skip, timeout: 280_000 }, async (t) => {
  if ('skip' in things || chromium === null) throw new Error('not here')
  await ensureDesk(() => undefined)
  const wss = await freePort()
  const relay = await startRelay(() => wss)
  t.teardown(() => relay.close())
  let file = ''
  const city = await openCity(things, {
    operators: 1, phones: (home) => (file = join(home, 'phones.xml')),
    freeswitch: { LIANDONG_FS_BROWSER_WSS: `127.0.0.1:${wss}`, LIANDONG_FS_BROWSER_ACL: 'loopback.auto', LIANDONG_FS_PHONE_PINGS: 'true', LIANDONG_FS_PHONE_PING: '5' },
    environment: { LIANDONG_PBX_BROWSER_PHONES: `wss://127.0.0.1:${relay.port}` },
  })
  const citizen = await openTelephone({ tone: CITIZEN, answerAfter: null })
  const { url } = await city.startNode()
  const browser = await openBrowser(chromium, join(file, '..'))
  t.teardown(async () => {
    if (!t.passing()) t.comment(`${city.freeswitch.log().split('\n').slice(-60).join('\n')}\n${city.node().output().slice(-3_000)}`)
    await browser.close()
    await citizen.close()
    await city.stop()
  })

  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'zh-CN' })
  await context.addInitScript(HANDS)
  const loaded: string[] = []
  context.on('request', (request) => { loaded.push(request.url()) })
  const page: Page = await context.newPage()
  page.on('dialog', (dialog) => { void dialog.accept() })
  const presence = (name: string) => page.locator(`[data-presence="${name}"]`).waitFor()
  const line = (name: string) => page.locator(`[data-phone-line="${name}"]`).waitFor()
  const rings = () => page.locator('.ld-answer').waitFor()
  const citizenHears = (): boolean => citizen.hears(MICROPHONE) > HEARD
  const operatorHears = async (): Promise<boolean> => await speakerHears(page, CITIZEN) > LOUD
  const both = async (): Promise<void> => {
    await until('the citizen to hear the operator', citizenHears)
    await until('the operator to hear the citizen', operatorHears)
  }
  const ms = (since: number): string => `${Math.round(performance.now() - since)} ms`

  await page.goto(url)
  await page.locator('input[autocomplete="username"]:focus').waitFor()
  await page.keyboard.type('op1001')
  await page.keyboard.press('Tab')
  await page.keyboard.type(city.password)
  await page.keyboard.press('Enter')
  await presence('break')

  await t.test('chosen on the seat page: a bundle, a secret and a registration; nothing of it before', async (t) => {
    await page.getByText('桌面话机').waitFor()
    const sip = (): boolean => loaded.some((one) => /\/assets\/sip-[^/]*\.js$/.test(one))
    t.notOk(sip(), 'who uses the telephone on the table loads no SIP')
    t.notMatch(readFileSync(file, 'utf8'), '"1001"')
    const policy = (await fetch(url)).headers.get('content-security-policy') ?? ''
    t.match(policy, `connect-src 'self' wss://127.0.0.1:${relay.port}`)
    const at = performance.now()
    await page.getByText('浏览器话机').click()
    await line('registered')
    t.comment(`chosen to registered: ${ms(at)}`)
    t.ok(sip())
    t.match(readFileSync(file, 'utf8'), '"1001"')
    await page.keyboard.press('F2')
    await presence('ready')
  })

  await t.test('it rings, is answered by one key, and both hear each other; mute is mute', async (t) => {
    const called = performance.now()
    await citizen.call('13900000001', city.freeswitch.citizensPort)
    await rings()
    t.comment(`INVITE of the citizen to ringing in the browser: ${ms(called)}`)
    await presence('ringing')
    const answered = performance.now()
    await page.keyboard.press('F4')
    await until('the citizen to hear the operator', citizenHears)
    t.comment(`key to the operator’s voice at the citizen: ${ms(answered)}`)
    await presence('talking')
    await both()
    await page.keyboard.press('Alt+KeyQ')
    await page.locator('.ld-controls', { hasText: '已静音' }).waitFor()
    await until('silence', () => citizen.hears(MICROPHONE, 600) < HEARD / 5)
    t.ok(await operatorHears(), 'who is muted hears on')
    await page.keyboard.press('Alt+KeyQ')
    await both()
  })

  await t.test('the way to FreeSWITCH is cut in mid-call: the talk goes on, and ends by the desk', async () => {
    relay.hold(true)
    relay.cut()
    await page.locator('[data-phone-trouble="line"]').waitFor()
    await both()
    relay.hold(false)
    relay.cut()
    await page.locator('[data-phone-trouble]').waitFor({ state: 'detached' })
    await both()
    await page.keyboard.press('F8')
    await until('the citizen to be hung up on', () => citizen.state === 'idle')
    await presence('ready')
  })

  await t.test('cut between calls: out of ready at once, and back by itself', async (t) => {
    const at = performance.now()
    relay.hold(true)
    relay.cut()
    await presence('unreachable')
    t.comment(`cut to out of ready: ${ms(at)}`)
    relay.hold(false)
    relay.cut()
    await presence('ready')
  })

  await t.test('a microphone that is pulled out or refused: told, out of ready; plugged in again it is ready', async (t) => {
    for (const [fault, told, words] of [['NotFoundError', 'none', '没有麦克风'], ['NotAllowedError', 'refused', '麦克风未获允许']] as const) {
      const at = performance.now()
      await page.evaluate(`pullMicrophone('${fault}')`)
      await page.locator(`[data-phone-trouble="${told}"]`, { hasText: words }).waitFor()
      await presence('unreachable')
      t.comment(`${told} to out of ready: ${ms(at)}`)
      await page.evaluate('plugMicrophone()')
      await presence('ready')
    }
  })

  await t.test('the page is loaded anew in mid-call: the citizen comes back to this desk, with his ticket', async (t) => {
    await citizen.call('13900000002', city.freeswitch.citizensPort)
    await rings()
    await page.keyboard.press('F4')
    await presence('talking')
    await both()
    const [ticket] = (await until('the ticket', async () => { const all = await city.tickets(); return all.length === 2 ? all : null })).slice(-1)
    const at = performance.now()
    await page.reload()
    await rings()
    t.comment(`loaded anew to ringing again: ${ms(at)}`)
    t.equal(citizen.state, 'talking', 'nobody hung up on him')
    await page.keyboard.press('F4')
    await presence('talking')
    await both()
    t.equal((await city.tickets()).length, 2, 'on the same ticket')
    await page.locator('[data-ticket-number]').waitFor()
    t.match(await page.locator('[data-ticket-number]').innerText(), (await city.tickets()).find(({ id }) => id === ticket?.id)?.number ?? '')
    citizen.hangUp()
    await presence('ready')
  })

  await t.test('Liandong dies: a call rings here, is answered by the same key, and outlives the restart', async (t) => {
    const before = city.node()
    before.kill('SIGKILL')
    await before.ended
    await page.evaluate('tones = 0')
    await citizen.call('13900000003', city.freeswitch.citizensPort)
    await page.locator('[data-phone="ringing"]').waitFor()
    await until('the bell', async () => await page.evaluate<number>('tones') > 0)
    await until('the title', async () => (await page.title()) === '☎ 您的话机在响')
    await page.keyboard.press('F4')
    await page.locator('[data-phone="talking"]').waitFor()
    await both()
    t.notMatch(await page.title(), '☎', 'the bell is silent')
    await city.startNode()
    await presence('talking')
    await both()
    await page.keyboard.press('F8')
    await until('the citizen to be hung up on', () => citizen.state === 'idle')
    await presence('ready')
  })

  await t.test('signing out ends its secret; the telephone on the table counts again', async (t) => {
    const { rows: [row] } = await city.store.pool.query<{ a1_hash: string }>('select a1_hash from browser_phone')
    t.match(readFileSync(file, 'utf8'), row?.a1_hash ?? '—')
    await page.locator('.ld-person').click()
    await page.getByText('退出登录').click()
    await page.locator('input[autocomplete="username"]').waitFor()
    await until('the secret to be gone', () => !readFileSync(file, 'utf8').includes(row?.a1_hash ?? '—'))
  })
})
