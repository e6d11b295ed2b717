import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../helpers/database.js'
import { logIn } from '../helpers/desk-bot.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { copyCity } from '../helpers/flows.js'
import { cpuOf, nameOf, processTree } from '../helpers/process-tree.js'
import { openCity, type City } from '../pbx/harness/city.js'
import { copyConfiguration } from '../pbx/harness/configuration.js'
import { findRealThings, startFreeSwitch, type FreeSwitch, type RealThings } from '../pbx/harness/freeswitch.js'
import { makeSipp, type Sipp } from '../pbx/harness/sipp.js'
import { openDesk, setReady, type Desk } from './app-process.js'
import { startWatch, untilPrompt, type CallSeen, type Watch } from './call-events.js'
import type { Bench, Figure } from './figure.js'
import { quantile } from './measure.js'
import { FLOW, KEYS, writeBaseline } from './menu-baseline.js'

const RATES = [5, 10, 20] as const
/** Of each rate, twice; `LIANDONG_LOAD_SECONDS` says another. */
const SECONDS = Number(process.env['LIANDONG_LOAD_SECONDS'] ?? 30)
/** Before anything counts: the server is compiled as it runs. */
const WARM = { rate: 5, seconds: 10 }
/** An operator's telephone rings for so long that whoever waits has pressed his keys, some 1.5 s after the answer, and heard that they led on, ms. */
const RING = 2_500
const TALK = 500
/** At the highest rate seven of ten ring or talk. */
const PHONES = Math.ceil((Math.max(...RATES) * (RING + TALK)) / 1_000 / 0.7)
/** Whom nobody answered until then hangs up, ms. */
const PATIENCE = 30_000

/** What the same load runs against. */
interface Side {
  readonly name: string
  readonly freeswitch: FreeSwitch
  readonly sipp: Sipp
  readonly watch: Watch
  /** Processes beside FreeSWITCH. */
  readonly app: number | null
  readonly database: number | null
  stop(): Promise<void>
}

async function openOurs(things: RealThings, home: string, extensions: readonly string[]): Promise<Side> {
  const flows = copyCity(home)
  writeFileSync(join(flows, 'bench.yaml'), FLOW)
  const city = await openCity(things, { operators: extensions.length, configuration: copyConfiguration(home, extensions), freeswitch: { LIANDONG_FS_RTP_FIRST: '30000', LIANDONG_FS_RTP_LAST: '32000' }, environment: { LIANDONG_FLOWS_DIRECTORY: flows, LIANDONG_FLOWS_ENTRY: 'bench' } })
  const desks: Desk[] = []
  const watch = startWatch(city.freeswitch)
  async function stop(): Promise<void> {
    await watch.end()
    for (const desk of desks) desk.close()
    await city.stop()
  }
  try {
    // One link of the bench at either FreeSWITCH, and it hears of the same.
    city.witness.close()
    const node = await city.startNode()
    await city.sipp.phones(extensions, { ring: RING, talk: TALK })
    await seat(city, node.url, desks)
    return { name: 'ours', freeswitch: city.freeswitch, sipp: city.sipp, watch, app: node.child.pid ?? null, database: processTree(process.pid).find((pid) => nameOf(pid) === 'postgres') ?? null, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Every operator at a desk that reads next to nothing: what it costs is no server's. */
async function seat(city: City, url: string, desks: Desk[]): Promise<void> {
  const ready = new Set<string>()
  for (const extension of city.operators) {
    const id = `00000000-0000-4000-8000-${extension.padStart(12, '0')}`
    desks.push(await openDesk(url, id, await logIn(url, `op${extension}`, city.password), (text) => { if (text.startsWith('{"type":"me"') && text.includes('"presence":"ready"')) ready.add(id) }))
  }
  setReady(desks, true)
  await until('all operators to be ready', () => ready.size === desks.length, 60_000)
}

async function openTheirs(things: RealThings, home: string, extensions: readonly string[]): Promise<Side> {
  const freeswitch = await startFreeSwitch(things.freeswitch, { intake: [], configuration: writeBaseline(home, extensions), environment: { LIANDONG_FS_RTP_FIRST: '32002', LIANDONG_FS_RTP_LAST: '34000' } })
  const sipp = makeSipp(things.sipp, freeswitch)
  const watch = startWatch(freeswitch)
  async function stop(): Promise<void> {
    await watch.end()
    await sipp.stop()
    await freeswitch.stop()
  }
  try {
    await sipp.phones(extensions, { ring: RING, talk: TALK })
    return { name: 'ivr + mod_callcenter', freeswitch, sipp, watch, app: null, database: null, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Load {
  readonly calls: number
  /** Why, and how many. */
  readonly failed: ReadonlyMap<string, number>
  /** From INVITE to 200, ms. */
  readonly answers: readonly number[]
  /** From the last key to the next prompt, ms. */
  readonly prompts: readonly number[]
  /** Calls whose last key never led to a prompt. */
  readonly unheard: number
  /** Calls that came to the native queue although the server lives. */
  readonly fellBack: number
  /** From the answer to the end, mean, ms. */
  readonly length: number
  /** CPU time for each call, ms. */
  readonly cpu: { readonly freeswitch: number; readonly app: number; readonly database: number }
}

/** What went wrong with a call; null: he reached an operator, who ended the talk. */
function failureOf({ ended: { answeredAt, bridgedAt, endedAt, cause } }: CallSeen): string | null {
  if (answeredAt === 0) return `not answered (${cause})`
  if (bridgedAt === 0) return `reached no operator (${cause})`
  return endedAt - bridgedAt < TALK - 150 ? `torn (${cause})` : null
}

interface Crowd { readonly calls: readonly CallSeen[]; readonly failed: ReadonlyMap<string, number>; readonly answers: readonly number[]; /** Of FreeSWITCH, app and database for each call, ms. */ readonly cpu: readonly number[] }

async function send({ freeswitch, sipp, watch, app, database }: Side, count: number, rate: number, prefix: string): Promise<Crowd> {
  const used = (): number[] => [freeswitch.pid, app, database].map((pid) => (pid === null ? 0 : cpuOf(pid)))
  const before = used()
  const crowd = await sipp.crowd(count, rate, { prefix, keys: KEYS, keysAfter: 100, patience: PATIENCE })
  const code = await crowd.ended
  await until('all calls to end', async () => await watch.count(prefix) >= count, 5_000).catch(() => undefined)
  const cpu = used().map((after, at) => (after - (before[at] ?? 0)) / count)
  const calls = await watch.calls(prefix)
  const failed = new Map<string, number>()
  const fail = (why: string, many = 1): void => { if (many > 0) failed.set(why, (failed.get(why) ?? 0) + many) }
  for (const call of calls) {
    const why = failureOf(call)
    if (why !== null) fail(why)
  }
  fail('never seen to end', count - calls.length)
  // Something that SIPp alone noticed: a message out of order, an answer that did not come.
  if (code !== 0 && failed.size === 0) fail(`SIPp ended with ${code}: ${sipp.errors().split('\n').find((line) => line.includes(': ')) ?? ''}`.slice(0, 200))
  return { calls, failed, answers: crowd.delays(), cpu }
}

/** Twice: once nobody listens but for the ends, and CPU is counted; once it is heard when keys and prompts come. */
async function load(side: Side, rate: number, seconds: number, prefix: string): Promise<Load> {
  const count = rate * seconds
  await side.watch.hear('ends')
  const first = await send(side, count, rate, `${prefix}1`)
  await side.watch.hear('keys')
  const second = await send(side, count, rate, `${prefix}2`)
  const both = [...first.calls, ...second.calls]
  const failed = new Map(first.failed)
  for (const [why, many] of second.failed) failed.set(why, (failed.get(why) ?? 0) + many)
  const prompts = second.calls.flatMap((call) => {
    const key = call.keys[KEYS.length - 1]
    return key === undefined ? [] : untilPrompt(call, key) ?? []
  })
  const lengths = both.flatMap(({ ended }) => (ended.answeredAt === 0 ? [] : ended.endedAt - ended.answeredAt))
  const [freeswitch = NaN, app = NaN, database = NaN] = first.cpu
  return {
    calls: 2 * count, failed, answers: [...first.answers, ...second.answers], prompts, unheard: count - prompts.length, fellBack: both.filter(({ ended }) => ended.fellBack).length,
    length: lengths.reduce((sum, one) => sum + one, 0) / lengths.length, cpu: { freeswitch, app, database },
  }
}

const count = (failed: Load['failed']): number => [...failed.values()].reduce((sum, one) => sum + one, 0)
const reasons = (failed: Load['failed']): string => (failed.size === 0 ? 'none' : [...failed].map(([why, many]) => `${many} ${why}`).join(', '))
const rounded = (value: number): number => Math.round(value * 10) / 10

function figuresOf(rate: number, ours: Load, theirs: Load): Figure[] {
  const side = (value: number): NonNullable<Figure['baseline']> => ({ name: 'ivr + mod_callcenter', value })
  const about = (zh: string, en: string): Figure['name'] => ({ zh: `每秒 ${rate} 次：${zh}`, en: `${rate} calls a second: ${en}` })
  const spread = (zh: string, en: string, of: (one: Load) => readonly number[], later?: number): Figure[] => ([['p50', 0.5], ['p99', 0.99]] as const).map(([name, share]) => {
    const [mine, other] = [rounded(quantile(of(ours), share)), rounded(quantile(of(theirs), share))]
    return { name: about(`${zh} ${name}`, `${en}, ${name}`), unit: 'ms', ours: mine, baseline: side(other), ratio: mine / other, ...(later === undefined || name !== 'p99' ? {} : { goal: { most: other + later, of: 'ours' } }), note: `of ${of(ours).length} / ${of(theirs).length}, longest ${rounded(Math.max(...of(ours)))} / ${rounded(Math.max(...of(theirs)))} ms` }
  })
  const whole = ({ cpu }: Load): number => cpu.freeswitch + cpu.app
  return [
    { name: about('失败的呼叫', 'failed calls'), unit: 'calls', ours: count(ours.failed), baseline: side(count(theirs.failed)), goal: { most: count(theirs.failed), of: 'ours' }, note: `of ${ours.calls} each; ours: ${reasons(ours.failed)}, ${ours.fellBack} by the native queue; theirs: ${reasons(theirs.failed)}; last keys without a prompt ${ours.unheard} / ${theirs.unheard}` },
    ...spread('INVITE 至 200', 'INVITE to 200', ({ answers }) => answers),
    ...spread('末键至下一提示音', 'last key to next prompt', ({ prompts }) => prompts, 30),
    { name: about('每次呼叫的 CPU：FreeSWITCH 与服务', 'CPU for each call, FreeSWITCH and app'), unit: 'ms', ours: whole(ours), baseline: side(whole(theirs)), ratio: whole(ours) / whole(theirs), goal: { most: 2, of: 'ratio' }, note: `FreeSWITCH ${rounded(ours.cpu.freeswitch)} / ${rounded(theirs.cpu.freeswitch)} ms (${(ours.cpu.freeswitch / theirs.cpu.freeswitch).toFixed(2)} ×), app ${rounded(ours.cpu.app)} ms, PostgreSQL beside them ${rounded(ours.cpu.database)} ms; a call lasts ${rounded(ours.length / 1000)} / ${rounded(theirs.length / 1000)} s, since theirs goes to an operator after the menu only` },
  ]
}

/**
 * The same citizens by SIPp, keys by RFC 4733, the same prompts and as many telephones: our flow and queue, the server as a process of its own, against FreeSWITCH's own `ivr`
 * and mod_callcenter. INVITE to 200 is SIPp's; key and prompt are when FreeSWITCH's own events (DTMF, PLAYBACK_START) arrive here; CPU is /proc's, over as many calls during which nobody asks for those.
 */
export const bench: Bench = async (tell) => {
  const things = findRealThings()
  if ('skip' in things) return { figures: [], skipped: '真实交换机未测 / no real PBX: needs FreeSWITCH and SIPp; FREESWITCH=/path/to/freeswitch SIPP=/path/to/sipp npm run bench -- menu' }
  const home = temporaryDirectory()
  const extensions = Array.from({ length: PHONES }, (_, n) => String(1001 + n))
  const sides: Side[] = []
  try {
    for (const [name, open] of [['ours', openOurs], ['theirs', openTheirs]] as const) {
      mkdirSync(join(home, name))
      sides.push(await open(things, join(home, name), extensions))
    }
    const [ours, theirs] = sides as [Side, Side]
    for (const side of sides) await load(side, WARM.rate, WARM.seconds, '1360')
    tell(`${PHONES} telephones on either side, which ring for ${RING} ms; twice ${SECONDS} s of each rate`)
    const figures: Figure[] = []
    for (const [at, rate] of RATES.entries()) {
      const prefix = `137${at}`
      const results = new Map<Side, Load>()
      // Who begins changes, as what the first leaves behind falls on both alike.
      for (const side of at % 2 === 0 ? [ours, theirs] : [theirs, ours]) {
        const one = await load(side, rate, SECONDS, prefix)
        results.set(side, one)
        tell(`${side.name}, ${rate} calls a second: failed ${reasons(one.failed)}; last key to prompt p50 ${rounded(quantile(one.prompts, 0.5))}, p99 ${rounded(quantile(one.prompts, 0.99))} ms; CPU for each call ${rounded(one.cpu.freeswitch)} + ${rounded(one.cpu.app)} ms`)
      }
      const [mine, other] = [results.get(ours), results.get(theirs)]
      if (mine !== undefined && other !== undefined) figures.push(...figuresOf(rate, mine, other))
    }
    return { figures }
  } finally {
    for (const side of sides) await side.stop()
    rmSync(home, { recursive: true, force: true })
  }
}
