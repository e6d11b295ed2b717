import { startExchange, type Exchange, type PlacedCall } from '../../src/pbx/exchange/exchange.js'
import { until } from '../helpers/database.js'
import { openDesks, operatorId, setReady, startApp, type App } from './app-process.js'
import type { Bench } from './figure.js'
import { median } from './measure.js'

const CONCURRENT = 500
/** Of 500 callers so many talk, as in a city; the rest is in the flow and the queue. */
const OPERATORS = 400
/** Calls that have come before anything is weighed: compiled code and caches are no call's. */
const WARM = 20
/** The callers' time runs this much faster: prompts of seconds, rings of one. */
const SPEED = 10
/** ms, half as long to half as long again. Fifty calls end in a second then: beyond that the exchange, the citizens and the desks, which share one core here, stall, and not the app. */
const TALK = 7_500
const WINDOW = 10_000
/** V8 goes on compiling what is often called for two thousand calls or so: a server that has been up for a minute is what is measured. */
const WARM_WINDOWS = 5
const WINDOWS = WARM_WINDOWS + 5

/** A citizen calls, presses a key every second time, talks for `TALK` ms and hangs up, unless nobody is to go. */
function citizen(exchange: Exchange, n: number, moving: () => boolean, ended: () => void, fellBack: () => void): PlacedCall {
  const call = exchange.placeCall({ number: `139${String(n % 1e8).padStart(8, '0')}`, name: '周大爷', lat: 34.62, lon: 112.45, place: '中州中路' })
  call.onReport(({ type }) => {
    if (type === 'answered' && n % 2 === 0) setTimeout(() => { call.press('1') }, 150)
    if (type === 'operator') setTimeout(() => { if (moving()) call.hangUp() }, TALK * (0.5 + ((n * 7919) % 1_000) / 1_000))
    // This process stalled for longer than the dead-man's switch lasts: the native queue has no telephones here.
    if (type === 'fallback') { fellBack(); call.hangUp() }
    if (type === 'ended') ended()
  })
  return call
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The app's share of a core over so many ms. */
async function busyOver(app: App, ms: number): Promise<number> {
  const { cpu } = await app.status()
  const began = performance.now()
  await pause(ms)
  return ((await app.status()).cpu - cpu) / (performance.now() - began)
}

/**
 * Whole calls through the app: the exchange, the citizens and the desks are this process; the app is another, whose CPU and heap alone are counted.
 * A core is full when what the calls and desks cost that are there, and what each call costs that comes and goes, are one second in a second. The
 * first is measured by itself, at the end, while nobody comes or goes: this process cannot play more than some fifty calls a second, so that it would count as
 * if every fifty calls had five hundred others to carry. What grows with neither (the queue strip, told once a second while calls move) counts as the calls'.
 */
export const bench: Bench = async (tell) => {
  const exchange = await startExchange({ password: 'bench-password', speed: SPEED })
  for (let n = 0; n < OPERATORS; n += 1) exchange.phones.set(operatorId(n).slice(-5), { answerAfter: 1_000 })
  const app = await startApp(exchange.port, 'bench-password')
  const { url, outboundPort } = await app.status()
  exchange.setOutbound(`127.0.0.1:${outboundPort}`)
  await until('the app to take callers', async () => (await app.status()).linkUp)
  const desks = await openDesks(url, OPERATORS, () => undefined)

  const state = { placed: 0, finished: 0, fellBack: 0, moving: true, stopping: false }
  const live = new Set<PlacedCall>()
  function place(): void {
    state.placed += 1
    const call = citizen(exchange, state.placed, () => state.moving, () => {
      live.delete(call)
      state.finished += 1
      if (!state.stopping) setTimeout(place, call.reports.some(({ type }) => type === 'fallback') ? 1_000 : 0)
    }, () => { state.fellBack += 1 })
    live.add(call)
  }
  const waiting = (count: number): Promise<boolean> => until(`${count} calls`, async () => (await app.status()).calls >= count, 60_000)

  for (let n = 0; n < WARM; n += 1) place()
  await waiting(WARM)
  await pause(3_000)
  const before = await app.status({ collect: true })
  for (let n = 0; n < CONCURRENT; n += 1) place()
  await waiting(WARM + CONCURRENT)
  await pause(3_000)
  const after = await app.status({ collect: true })
  const perCall = (after.heap - before.heap) / CONCURRENT / 1024
  tell(`${CONCURRENT} calls waiting: ${perCall.toFixed(0)} KiB each`)

  for (const desk of desks) {
    setReady([desk], true)
    await pause(20)
  }
  const rates: number[] = []
  const busy: number[] = []
  for (let window = 0; window < WINDOWS; window += 1) {
    const [finished, began] = [state.finished - state.fellBack, performance.now()]
    const share = await busyOver(app, WINDOW)
    const rate = (state.finished - state.fellBack - finished) / (performance.now() - began) * 1000
    if (window >= WARM_WINDOWS) { rates.push(rate); busy.push(share) }
    tell(`${rate.toFixed(1)} calls/s, app ${(share * 100).toFixed(1)} % of a core: ${(rate / share).toFixed(0)} calls per CPU second; ${state.fellBack} fell back`)
  }
  const { calls: remembered } = await app.status()
  state.moving = false
  await pause(2 * TALK)
  const still = await busyOver(app, WINDOW)
  tell(`the same calls and desks, nobody comes or goes: ${(still * 100).toFixed(1)} % of a core`)
  state.stopping = true
  setReady(desks, false)
  for (const call of live) call.hangUp()
  const { tickets } = await app.status()
  for (const desk of desks) desk.close()
  await app.end()
  const insecurities = exchange.insecurities.length
  await exchange.close()
  if (insecurities > 0 || tickets < state.finished / 2) throw new Error(`${tickets} tickets of ${state.finished} calls, ${insecurities} injections`)
  return { figures: [{
    name: { zh: `每核每秒来电（不含数据库，${CONCURRENT} 路并发）`, en: `calls a second that fill a core, app only, ${CONCURRENT} concurrent` }, unit: 'calls/s',
    ours: median(rates.map((rate, at) => (1 - still) * rate / ((busy[at] ?? NaN) - still))), goal: { least: 300, of: 'ours' },
    note: `${Math.round(median(rates))} calls/s by the clock, ${Math.round(median(rates.map((rate, at) => rate / (busy[at] ?? NaN))))} for each CPU second in all; ${(still * 100).toFixed(1)} % of a core while nobody comes or goes, ${OPERATORS} operators; ${remembered.toLocaleString('en-US')} calls in the room at the end, ended ones included; ${state.fellBack} fell back; ${app.where}`,
  }, {
    name: { zh: `每路来电内存（${CONCURRENT} 路等候）`, en: `memory a call, ${CONCURRENT} waiting` }, unit: 'KiB',
    ours: perCall, goal: { most: 200, of: 'ours' }, note: `resident +${((after.rss - before.rss) / CONCURRENT / 1024).toFixed(0)} KiB`,
  }] }
}
