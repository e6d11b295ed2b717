import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openLink } from '../../src/pbx/esl/link.js'
import { until } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { copyCity } from '../helpers/flows.js'
import { openCity } from '../pbx/harness/city.js'
import { findRealThings } from '../pbx/harness/freeswitch.js'
import type { Bench } from './figure.js'
import { quantile } from './measure.js'

const CALLS = 100
const RATE = 4
/** In the middle of the first prompt, ms. */
const FIRST_KEY = 3_000
/** After the first key, ms. */
const SECOND_KEY = 600

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

/** By FreeSWITCH's own time: from when it has a caller's key to when the next prompt begins. The first key comes by RFC 4733 from SIPp, the second is
 * given to FreeSWITCH by `uuid_recv_dtmf`: SIPp's second one has the first one's time stamp and is taken for a repeat. */
export const bench: Bench = async (tell) => {
  const things = findRealThings()
  if ('skip' in things) return { figures: [], skipped: `真实交换机未测 / no real PBX: needs FreeSWITCH and SIPp; FREESWITCH=/path/to/freeswitch SIPP=/path/to/sipp npm run bench -- flow-pbx` }
  const home = temporaryDirectory()
  const directory = copyCity(home)
  writeFileSync(join(directory, 'bench.yaml'), FLOW)
  const city = await openCity(things, { operators: 1, environment: { LIANDONG_FLOWS_DIRECTORY: directory, LIANDONG_FLOWS_ENTRY: 'bench' } })
  const answered = new Set<string>()
  const seen = new Map<string, { readonly name: string; readonly at: number }[]>()
  let ended = 0
  const link = openLink({ host: '127.0.0.1', port: city.freeswitch.eslPort, password: city.freeswitch.password, events: ['DTMF', 'PLAYBACK_START', 'CHANNEL_HANGUP_COMPLETE'], custom: [] }, {
    onUp: () => undefined, onDown: () => undefined,
    onEvent(event) {
      const [uuid, at] = [event.get('Unique-ID') ?? '', Number(event.get('Event-Date-Timestamp') ?? 0) / 1000]
      if (event.name === 'CHANNEL_HANGUP_COMPLETE') ended += 1
      else seen.set(uuid, [...seen.get(uuid) ?? [], { name: event.name, at }])
      // The first key led on: now for the second.
      if (event.name !== 'DTMF' || answered.has(uuid)) return
      answered.add(uuid)
      setTimeout(() => { link.api({ api: 'uuid_recv_dtmf', uuid, key: '3' }).catch(() => undefined) }, SECOND_KEY)
    },
  })
  try {
    await until('the link', () => link.up)
    await city.startNode()
    tell(`${CALLS} calls at ${RATE} a second, two keys each`)
    const crowd = await city.sipp.crowd(CALLS, RATE, { prefix: '1394', keys: '1', keysAfter: FIRST_KEY, patience: 3_000 })
    if (await crowd.ended !== 0) throw new Error(city.sipp.errors())
    await until('all calls to end', () => ended >= CALLS, 30_000)
  } finally {
    link.close()
    await city.stop()
    rmSync(home, { recursive: true, force: true })
  }
  // Events of one call may arrive in another order than they happened in.
  const took = [...seen.values()].flatMap((events) => events.flatMap(({ name, at }) => {
    const starts = events.flatMap((other) => (name === 'DTMF' && other.name === 'PLAYBACK_START' && other.at >= at ? [other.at - at] : []))
    return starts.length === 0 ? [] : [Math.min(...starts)]
  }))
  const of = (share: number): number => Math.round(quantile(took, share) * 10) / 10
  return { figures: [
    { name: { zh: 'FreeSWITCH：按键至下一提示音 p50', en: 'FreeSWITCH: key to next prompt, p50' }, unit: 'ms', ours: of(0.5), note: `${took.length} keys of ${CALLS} calls` },
    { name: { zh: 'FreeSWITCH：按键至下一提示音 p99', en: 'FreeSWITCH: key to next prompt, p99' }, unit: 'ms', ours: of(0.99), note: `max ${of(1)} ms` },
    { name: { zh: 'FreeSWITCH：量到的按键', en: 'FreeSWITCH: keys that led on' }, unit: 'keys', ours: took.length, baseline: { name: 'keys pressed', value: 2 * CALLS }, ratio: took.length / (2 * CALLS), goal: { least: 1, of: 'ratio' } },
  ] }
}
