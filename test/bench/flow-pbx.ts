import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { copyCity } from '../helpers/flows.js'
import { openCity } from '../pbx/harness/city.js'
import { findRealThings } from '../pbx/harness/freeswitch.js'
import { startWatch, untilPrompt, type CallSeen } from './call-events.js'
import type { Bench } from './figure.js'
import { quantile } from './measure.js'

const CALLS = 100
const RATE = 4
/** After the answer, ms: the first key comes in the middle of the first prompt, the second in the middle of the second. */
const FIRST_KEY = 3_000

/** Three prompts and two collects: each collect plays one, and the last key leads to the third. */
const FLOW = `flow: bench
title: { zh: 计时, en: Bench }
languages: [zh-CN]
start: first
nodes:
  first: { type: collect, prompts: [topics], max: 1, saveAs: ticket, next: second, onSilence: thanks }
  second: { type: collect, prompts: [more-topics], max: 1, saveAs: ticket, next: thanks, onSilence: thanks }
  thanks: { type: play, prompts: [noted], next: waiting }
  waiting: { type: end }
`

/** By FreeSWITCH's own events: from when it has a caller's key to when the next prompt begins. Both keys come by RFC 4733. */
export const bench: Bench = async (tell) => {
  const things = findRealThings()
  if ('skip' in things) return { figures: [], skipped: `真实交换机未测 / no real PBX: needs FreeSWITCH and SIPp; FREESWITCH=/path/to/freeswitch SIPP=/path/to/sipp npm run bench -- flow-pbx` }
  const home = temporaryDirectory()
  const directory = copyCity(home)
  writeFileSync(join(directory, 'bench.yaml'), FLOW)
  const city = await openCity(things, { operators: 1, environment: { LIANDONG_FLOWS_DIRECTORY: directory, LIANDONG_FLOWS_ENTRY: 'bench' } })
  const watch = startWatch(city.freeswitch)
  let calls: readonly CallSeen[] = []
  try {
    await watch.hear('keys')
    await city.startNode()
    tell(`${CALLS} calls at ${RATE} a second, two keys each`)
    const crowd = await city.sipp.crowd(CALLS, RATE, { prefix: '1394', keys: '13', keysAfter: FIRST_KEY, patience: 3_000 })
    if (await crowd.ended !== 0) throw new Error(city.sipp.errors())
    await until('all calls to end', async () => await watch.count('1394') >= CALLS, 30_000)
    calls = await watch.calls('1394')
  } finally {
    await watch.end()
    await city.stop()
    rmSync(home, { recursive: true, force: true })
  }
  const took = calls.flatMap((call) => call.keys.flatMap((key) => untilPrompt(call, key) ?? []))
  const of = (share: number): number => Math.round(quantile(took, share) * 10) / 10
  return { figures: [
    { name: { zh: 'FreeSWITCH：按键至下一提示音 p50', en: 'FreeSWITCH: key to next prompt, p50' }, unit: 'ms', ours: of(0.5), note: `${took.length} keys of ${CALLS} calls` },
    { name: { zh: 'FreeSWITCH：按键至下一提示音 p99', en: 'FreeSWITCH: key to next prompt, p99' }, unit: 'ms', ours: of(0.99), note: `max ${of(1)} ms` },
    { name: { zh: 'FreeSWITCH：量到的按键', en: 'FreeSWITCH: keys that led on' }, unit: 'keys', ours: took.length, baseline: { name: 'keys pressed', value: 2 * CALLS }, ratio: took.length / (2 * CALLS), goal: { least: 1, of: 'ratio' } },
  ] }
}
