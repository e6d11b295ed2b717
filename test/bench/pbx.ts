import { openCity } from '../pbx/harness/city.js'
import { findRealThings } from '../pbx/harness/freeswitch.js'
import { DISTURBANCES, runLoad, type LoadReport } from '../pbx/harness/load.js'
import type { Bench, Figure } from './figure.js'

const LOAD = { calls: 300, rate: 5, phones: 12, ring: 300, talk: 1_200 } as const
const RUNS: readonly { readonly zh: string; readonly en: string; readonly prefix: string; readonly disturb?: keyof typeof DISTURBANCES }[] = [
  { zh: '无干扰', en: 'undisturbed', prefix: '1391' },
  { zh: '中途 SIGKILL', en: 'SIGKILL in mid-run', prefix: '1392', disturb: 'SIGKILL' },
  { zh: '中途 SIGSTOP 20 秒', en: 'SIGSTOP for 20 s in mid-run', prefix: '1393', disturb: 'SIGSTOP' },
]

function figuresOf({ zh, en, disturb }: (typeof RUNS)[number], report: LoadReport): Figure[] {
  const about = (whatZh: string, whatEn: string): Figure['name'] => ({ zh: `FreeSWITCH ${zh}：${whatZh}`, en: `FreeSWITCH ${en}: ${whatEn}` })
  const { wait, waitDisturbed, pop } = report
  const figures: Figure[] = [
    { name: about('工单数', 'tickets'), unit: 'tickets', ours: report.tickets, baseline: { name: 'answered calls', value: report.answered }, ratio: report.tickets / report.answered, goal: { least: 1, most: 1, of: 'ratio' } },
    { name: about('接通的来电', 'calls answered'), unit: 'calls', ours: report.answered, baseline: { name: 'calls', value: report.calls }, ratio: report.answered / report.calls, goal: { least: 1, of: 'ratio' } },
    { name: about('丢失、多余的工单，被扯断的通话', 'tickets lost or strange, talks torn'), unit: 'together', ours: report.lost.length + report.strange.length + report.torn.length, goal: { most: 0, of: 'ours' }, note: `lost ${report.lost.length}, strange ${report.strange.length}, torn ${report.torn.length}` },
    { name: about('来电至通话', 'INVITE to talk, p99'), unit: 'ms', ours: wait.p99, note: `p50 ${wait.p50} ms, max ${wait.max} ms` },
    { name: about('接警员 200 OK 至网页帧 p99', 'operator’s 200 OK to websocket frame, p99'), unit: 'ms', ours: pop.p99, note: `p50 ${pop.p50} ms, max ${pop.max} ms, ${pop.count} pops` },
  ]
  if (disturb === undefined) return figures
  return [...figures,
    { name: about('受扰者至话机', 'the disturbed reach a phone within (longest)'), unit: 'ms', ours: waitDisturbed.max, goal: { most: 5_000, of: 'ours' }, note: `p50 ${waitDisturbed.p50} ms, ${waitDisturbed.count} callers` },
    { name: about('恢复后补齐工单', 'tickets caught up after the return'), unit: 'ms', ours: report.caughtUp, goal: { most: 30_000, of: 'ours' } },
  ]
}

/** 300 citizens by SIPp at 5 calls a second against 12 phones, the server as a process of its own: left alone, killed, stopped. */
export const bench: Bench = async (tell) => {
  const things = findRealThings()
  if ('skip' in things) return { figures: [], skipped: `真实交换机未测 / no real PBX: needs FreeSWITCH and SIPp; FREESWITCH=/path/to/freeswitch SIPP=/path/to/sipp npm run bench -- pbx` }
  const city = await openCity(things, { operators: LOAD.phones })
  try {
    await city.startNode()
    const desks = await city.desks(LOAD.phones)
    await city.sipp.phones(city.operators, { ring: LOAD.ring, talk: LOAD.talk })
    const figures: Figure[] = []
    for (const run of RUNS) {
      const { disturb } = run
      tell(`${run.en}: ${LOAD.calls} calls`)
      figures.push(...figuresOf(run, await runLoad(city, { ...LOAD, prefix: run.prefix, ...(disturb === undefined ? {} : { disturb: () => DISTURBANCES[disturb](city) }) }, desks)))
    }
    return { figures }
  } finally {
    await city.stop()
  }
}
