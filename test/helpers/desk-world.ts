import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import type { Test } from 'tap'
import type { Browser, BrowserContext, BrowserType, Page } from 'playwright-core'
import { ensureDesk } from '../../src/cli/desk-build.js'
import { loadConfig, type Config } from '../../src/config.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { startLiandong, type Liandong } from '../../src/main.js'
import type { CallSpec, Exchange, PlacedCall } from '../../src/pbx/exchange/exchange.js'
import { flowsRun, until, usedHome } from './database.js'
import { keptGate } from './kept-gate.js'

/** Imported, its one file of megabytes would first be searched for the names it exports. */
export const { chromium } = createRequire(import.meta.url)('playwright-core') as { readonly chromium: BrowserType }

/**
 * `CHROMIUM`, else what the distribution installs; null when this machine has none. The one without windows of its own does a fifth less
 * work, but neither speaks nor hears: not for a test with `sound`.
 */
export function findChromium({ sound = false } = {}): string | null {
  const found = [process.env['CHROMIUM'], sound ? undefined : '/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path !== undefined && path !== '' && existsSync(path))
  return found ?? null
}

export const NO_CHROMIUM = 'no Chromium here: install chromium, or run CHROMIUM=/path/to/chromium node --import ./bin/sources.js test/desk/desk.test.ts'

/**
 * The browser's own that it is to leave alone. Each window with an address bar would have a page of its own for that bar (WebUIOmnibox…), two
 * seconds of CPU a context. Chromium takes the last such list only, so the others are what playwright itself switches off.
 */
const FEATURES = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup', 'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades', 'HttpsFirstBalancedModeAutoEnable', 'LensOverlay', 'MediaRouter', 'PaintHolding', 'ThirdPartyStoragePartitioning', 'OptimizationHints', 'NetworkTimeServiceQuerying', 'PreconnectToSearch']

/** Nothing of the browser's own leaves the machine. */
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', `--disable-features=${FEATURES.join(',')}`]

/** Waits until nothing moves that comes to an end: a dialog that is still growing is no picture of it. What turns for ever goes on. @param within left out: the whole page */
export async function atRest(page: Page, within?: string): Promise<void> {
  const animations = within === undefined ? 'document.getAnimations()' : `[...document.querySelectorAll(${JSON.stringify(within)})].flatMap((one) => one.getAnimations({ subtree: true }))`
  await page.evaluate(`Promise.allSettled(${animations}.filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity).map(({ finished }) => finished)).then(() => undefined)`)
}

/** With `PICTURES=1`: where nobody looks at them the browser needs not draw them. */
const pictures = process.env['PICTURES'] === '1' ? fileURLToPath(new URL('../../var/desk-test', import.meta.url)) : null

export interface Seat {
  readonly page: Page
  readonly context: BrowserContext
  /** Waits until the desk shows this presence. */
  presence(name: string): Promise<void>
  press(...keys: string[]): Promise<void>
  /** `whole`: also what is below the window's edge. */
  picture(name: string, whole?: boolean): Promise<void>
}

export interface SeatOptions { readonly width?: number; readonly height?: number; readonly timezoneId?: string; readonly init?: string; /** `no-preference`: what opens grows and moves, as for most people. */ readonly reducedMotion?: 'reduce' | 'no-preference'; /** Else the one that practice gave him. */ readonly password?: string }

export interface TestBrowser {
  readonly browser: Browser
  /**
   * A window of his own at this site, signed in by keyboard; who takes calls is on break. Nothing moves in it by itself: the mouse of a machine that is busy goes down on
   * a button that has not begun to move and up where it was, and that is no click.
   */
  seat(url: string, loginName: string, password: string, options?: SeatOptions): Promise<Seat>
}

/** Chromium, with profile, crash reports and caches below `home`, which is removed with it. */
export async function openBrowser(executablePath: string, home: string): Promise<TestBrowser> {
  const scratch = join(home, 'browser')
  mkdirSync(scratch)
  if (pictures !== null) mkdirSync(pictures, { recursive: true })
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = scratch
  const browser = await chromium.launch({ executablePath, headless: true, chromiumSandbox: false, args: FLAGS, env: { ...process.env, HOME: scratch, TMPDIR: scratch } })
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
  return {
    browser,
    async seat(url, loginName, password, { width = 1366, height = 768, timezoneId = 'Asia/Shanghai', init, reducedMotion = 'reduce' } = {}) {
      const context = await browser.newContext({ viewport: { width, height }, locale: 'zh-CN', timezoneId, reducedMotion })
      if (init !== undefined) await context.addInitScript(init)
      const page = await context.newPage()
      await page.goto(url)
      // The first field has the focus.
      await page.locator('input[autocomplete="username"]:focus').waitFor()
      await page.keyboard.type(loginName)
      await page.keyboard.press('Tab')
      await page.keyboard.type(password)
      await page.keyboard.press('Enter')
      const seat: Seat = {
        page, context,
        presence: (name) => page.locator(`[data-presence="${name}"]`).waitFor(),
        async press(...keys) { for (const key of keys) await page.keyboard.press(key) },
        async picture(name, fullPage = false) {
          await atRest(page)
          if (pictures !== null) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage })
        },
      }
      // Who takes no calls has no seat.
      if (/^(op|sup)/.test(loginName)) await seat.presence('break')
      else await page.locator('.ld-top').waitFor()
      return seat
    },
  }
}

export interface DeskWorld {
  /** Where everything of it lies. */
  readonly home: string
  readonly liandong: Liandong
  readonly exchange: Exchange
  password(loginName: string): string
  /** A browser of his own, signed in by keyboard; on break. */
  seat(loginName: string, options?: SeatOptions): Promise<Seat>
  /** A browser of nobody, at the log-in page. */
  visitor(locale: string, timezoneId?: string): Promise<Page>
  /** A citizen calls; `key` is pressed when the menu is read out to him. */
  call(spec: CallSpec, key?: string): PlacedCall
  ticket(callId: string): Promise<Ticket>
  /** After each subtest: its windows are closed. Of one that failed half-way nothing is left that the next ones would meet: no call, nobody who is not on break, no PostgreSQL that is away. */
  tidy(subtest: Pick<Test, 'passing'>): Promise<void>
  close(): Promise<void>
}

/** The whole product on a database of its own, with its desk built, and a browser. */
export async function openDeskWorld(executablePath: string, more: (home: string) => Partial<Config> = () => ({})): Promise<DeskWorld> {
  const home = await usedHome()
  await ensureDesk(() => undefined)
  const { config } = loadConfig({}, { 'home': home.path, 'http.port': 0, 'practice.citizens': 0, 'practice.units': false, 'intake.wrapUp': 120_000, 'intake.offerTimeout': 60_000, 'log.level': 'silent', ...more(home.path) })
  const liandong = await startLiandong(config, pino({ level: 'silent' }), undefined, { gate: keptGate(config['flows.directory']) })
  const { exchange } = liandong
  if (exchange === null) throw new Error('the practice exchange does not run')
  await flowsRun(liandong.store)
  const { browser, seat } = await openBrowser(executablePath, home.path)
  const password = (loginName: string): string => liandong.logins.find((login) => login.loginName === loginName)?.password ?? ''
  const { desk, room } = liandong.intake
  const calls: PlacedCall[] = []

  /** Whoever is at a seat goes on break: he has hung up, and his paper work is done. */
  async function vacate(): Promise<void> {
    await liandong.store.server?.start()
    for (const call of calls) if (!call.ended) call.hangUp()
    for (const { legId, farLegId } of room().redials.values()) for (const leg of [legId, farLegId]) exchange?.kill(leg)
    await until('every seat to be vacant', () => {
      const taken = [...room().operators.values()].filter(({ presence }) => presence !== 'break' && presence !== 'offline')
      for (const { operatorId } of taken) { desk.setReady(operatorId, false); desk.endWrapUp(operatorId) }
      return taken.length === 0
    })
  }

  return {
    home: home.path, liandong, exchange, password,
    async visitor(locale, timezoneId = 'Asia/Shanghai') {
      const page = await (await browser.newContext({ viewport: { width: 1366, height: 768 }, locale, timezoneId, reducedMotion: 'reduce' })).newPage()
      await page.goto(liandong.url)
      await page.locator('input[autocomplete="username"]:focus').waitFor()
      return page
    },
    seat: (loginName, options = {}) => seat(liandong.url, loginName, options.password ?? password(loginName), options),
    call(spec, key) {
      const placed = exchange.placeCall(spec)
      calls.push(placed)
      let pressed = false
      placed.onReport(({ type, detail }) => {
        if (pressed || key === undefined || type !== 'hears' || !detail.includes('topics')) return
        pressed = true
        placed.press(key)
      })
      return placed
    },
    ticket: (callId) => until('the ticket', () => liandong.store.records.get(callId).catch(() => null)),
    async tidy(subtest) {
      await Promise.all(browser.contexts().map((context) => context.close()))
      if (!subtest.passing()) await vacate()
    },
    async close() {
      await browser.close()
      await liandong.stop()
      home.remove()
    },
  }
}

/** Runs the tests of a file in a world of its own; without a browser they are skipped, with the reason. */
export async function withDesk(t: Test, tests: (world: DeskWorld) => Promise<void>, more?: (home: string) => Partial<Config>): Promise<void> {
  t.setTimeout(400_000)
  const executable = findChromium()
  if (executable === null) return t.plan(0, NO_CHROMIUM)
  const world = await openDeskWorld(executable, more)
  t.teardown(() => world.close())
  t.afterEach(world.tidy)
  await tests(world)
}

/** A second tab of the same person. */
export async function secondTab(seat: Seat, url: string): Promise<Page> {
  const page = await seat.context.newPage()
  await page.goto(url)
  return page
}

/** Ready, and a citizen's call rings. */
export async function rung(world: DeskWorld, seat: Seat, spec: CallSpec, key?: string): Promise<PlacedCall> {
  await seat.press('F2')
  await seat.presence('ready')
  const placed = world.call(spec, key)
  await seat.presence('ringing')
  return placed
}

/** His telephone rings, and he lifts it. */
export async function lift(seat: Seat): Promise<void> {
  await seat.presence('ringing')
  await seat.press('F4')
  await seat.presence('talking')
}

/** Ready, rung, answered: the form is open and its description has the focus. */
export async function talk(world: DeskWorld, seat: Seat, spec: CallSpec, key?: string): Promise<string> {
  const { callId } = await rung(world, seat, spec, key)
  await lift(seat)
  await seat.page.locator('.ld-work .ld-handling').waitFor()
  await seat.page.locator('.ld-work textarea:focus').waitFor()
  return callId
}

/** Ends the talk and leaves the seat: a break is asked for while they talk, so that nobody rings next. */
export async function endTalk(seat: Seat): Promise<void> {
  await seat.press('F2')
  await seat.page.locator('.ld-seat-actions [aria-pressed="true"]').waitFor()
  await seat.press('F8')
  await seat.presence('wrap-up')
  await seat.press('F9')
  await seat.presence('break')
}

/** Ends the talk and goes home. */
export async function leave(seat: Seat): Promise<void> {
  await endTalk(seat)
  await seat.context.close()
}
