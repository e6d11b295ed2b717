/**
 * Pictures of every page in both languages, both looks and both sizes, to be looked at: `node --import ./bin/sources.js test/desk/pictures.ts [page …]` → var/pictures.
 * With `--docs` instead the pictures of the README: docs/images.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { atRest, findChromium, NO_CHROMIUM, openDeskWorld, type DeskWorld } from '../helpers/desk-world.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const LANGUAGES = ['zh-CN', 'en'] as const
const FACES = ['dark', 'light'] as const
const SIZES = [[1366, 768], [1920, 1080]] as const
const PHONE = [390, 844] as const

type Language = (typeof LANGUAGES)[number]
interface Look { readonly language: Language; readonly face: (typeof FACES)[number]; readonly size: readonly [number, number] }

const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const docs = process.argv.includes('--docs')
const directory = docs ? join(root, 'docs', 'images') : join(root, 'var', 'pictures')
mkdirSync(directory, { recursive: true })

/** Lets charts and lists come to rest, then dialogs and drawers. */
async function rest(page: Page): Promise<void> {
  await page.waitForTimeout(700)
  await atRest(page)
}

/** Pages that are only looked at: whose, its address, and a click that opens more of it. */
const STILLS: readonly { readonly name: string; readonly who: string; readonly hash: string; readonly click?: string; readonly phone?: true }[] = [
  { name: 'tickets', who: 'sup1', hash: '#/tickets', click: '.ld-tickets .ld-row' },
  { name: 'board', who: 'sup1', hash: '#/board' },
  { name: 'map', who: 'sup1', hash: '#/map' },
  { name: 'call-backs', who: 'sup1', hash: '#/call-backs' },
  { name: 'talks', who: 'sup1', hash: '#/talks' },
  { name: 'account', who: 'sup1', hash: '#/account' },
  { name: 'flows', who: 'admin', hash: '#/flows' },
  { name: 'flows-diff', who: 'admin', hash: '#/flows/110.diff' },
  { name: 'flows-try', who: 'admin', hash: '#/flows/110.try', click: '.ld-try-acts .ant-btn-primary' },
  { name: 'flows-simulate', who: 'admin', hash: '#/flows/110.simulate', click: '.ld-panel-body .ant-btn-primary' },
  { name: 'unit', who: 'unit1', hash: '#/unit' },
  { name: 'unit-ticket', who: 'unit1', hash: '#/unit', click: '.ld-unit-row' },
  { name: 'unit', who: 'unit1', hash: '#/unit', phone: true },
  { name: 'unit-ticket', who: 'unit1', hash: '#/unit', click: '.ld-unit-row', phone: true },
]

async function dress(page: Page, { language, face, size: [width, height] }: Look): Promise<void> {
  await page.setViewportSize({ width, height })
  await page.evaluate(`localStorage.setItem('liandong.preferences', ${JSON.stringify(JSON.stringify({ language, face, sound: false }))})`)
  await page.evaluate(`dispatchEvent(new StorageEvent('storage', { key: 'liandong.preferences' }))`)
}

/** Pictures of the documents, by the page that they show. */
const DOCS: Readonly<Record<string, string>> = { 'seat-talking': 'desk', 'board': 'board' }

async function shoot(page: Page, name: string, look: Look): Promise<void> {
  if (docs && DOCS[name] === undefined) return
  await dress(page, look)
  await rest(page)
  const [width] = look.size
  const file = docs ? `${DOCS[name] ?? name}${look.language === 'en' ? '-en' : ''}` : `${name}-${look.language.slice(0, 2)}-${look.face}-${width}`
  await page.screenshot({ path: join(directory, `${file}.png`) })
}

const LOOKS: readonly Look[] = LANGUAGES.flatMap((language): Look[] => (docs ? [{ language, face: 'dark' as const, size: [1600, 900] as const }] : FACES.flatMap((face) => SIZES.map((size) => ({ language, face, size })))))
const all = async (page: Page, name: string, looks: readonly Look[] = LOOKS): Promise<void> => { for (const look of looks) await shoot(page, name, look) }
const asked = (name: string): boolean => (docs ? name === 'seat' || name === 'board' : wanted.length === 0 || wanted.includes(name))

async function stills(world: DeskWorld): Promise<void> {
  for (const who of ['sup1', 'admin', 'unit1']) {
    const own = STILLS.filter((one) => one.who === who && asked(one.name))
    if (own.length === 0) continue
    const { page, context } = await world.seat(who)
    for (const { name, hash, click, phone } of own) {
      for (const look of phone === true ? LANGUAGES.flatMap((language) => FACES.map((face): Look => ({ language, face, size: PHONE }))) : LOOKS) {
        await dress(page, look)
        await page.goto(`${world.liandong.url}/${hash}`)
        await page.reload()
        await page.locator('.ld-top').waitFor()
        await rest(page)
        if (click !== undefined) await page.locator(click).first().click({ timeout: 5_000 }).catch((error: unknown) => { process.stderr.write(`${name}: ${String(error).split('\n')[0] ?? ''}\n`) })
        await shoot(page, name, look)
      }
    }
    await context.close()
  }
}

/** A call from its ringing to its wrap-up. */
async function call(world: DeskWorld): Promise<void> {
  const seat = await world.seat('op1')
  await all(seat.page, 'seat-break')
  // The city's first citizen calls by himself; then what a morning leaves behind.
  await seat.press('F2')
  for (const [number, place, lat, lon] of [['', '', 0, 0], ['13900000021', '火车站广场', 34.6868, 112.4329], ['13900000033', '丽景门', 34.6827, 112.4659]] as const) {
    if (number !== '') world.call({ number, place, lat, lon })
    await seat.presence('ringing')
    await seat.press('F4')
    await seat.presence('talking')
    await seat.page.locator('.ld-work textarea:focus').waitFor()
    await seat.press('F8')
    await seat.presence('wrap-up')
    await seat.press('F9')
    await seat.presence('ready')
  }
  await all(seat.page, 'seat-ready')
  world.call({ number: '13900000001', place: '开元大道与龙门大道交叉口', lat: 34.6213, lon: 112.4538 }, '1')
  await seat.presence('ringing')
  await all(seat.page, 'seat-ringing')
  await seat.press('F4')
  await seat.presence('talking')
  await seat.page.locator('.ld-work textarea:focus').waitFor()
  await seat.page.keyboard.type('井盖翻起，车辆绕行，已有一辆电动车摔倒，人无大碍。')
  await rest(seat.page)
  await all(seat.page, 'seat-talking')
  await seat.press('F8')
  await seat.presence('wrap-up')
  await all(seat.page, 'seat-wrap-up')
  await seat.context.close()
}

const executable = findChromium()
if (executable === null) throw new Error(NO_CHROMIUM)
const world = await openDeskWorld(executable, () => ({ 'practice.citizens': 10_000_000 }))
try {
  if (asked('login')) {
    const page = await world.visitor('zh-CN')
    await all(page, 'login')
    await page.context().close()
  }
  if (asked('seat')) await call(world)
  await stills(world)
} finally {
  await world.close()
}
