import { bad, ok, warn, type Check } from '../../contracts/doctor.js'
import { knowsHalls } from '../halls.js'
import { profileOf, runningProfiles } from './readings.js'
import type { Element } from './xml.js'

/** A node that lives, by its own word: which FreeSWITCH is its (Core-UUID), and whether that knows of callers who are brought there; null: it does not say. */
export interface NodeUnderCare { readonly node: string; readonly host: string; readonly core: string; readonly halls: boolean | null }

export interface HallsUnderCare {
  /** `pbx.hallsDial`; empty: nobody is brought from here. */
  readonly dial: string
  /** The citizens' context of the FreeSWITCH that was asked, as it has read it, and which that is. */
  readonly context: Element | null
  readonly at: string
  readonly core: string
  readonly status: string
  readonly nodes: readonly NodeUnderCare[]
}

const FILE = 'sip/freeswitch/dialplan/citizens.xml'
const REREAD = [`在所说的那台机器上使 ${FILE} 为本版本（分机 edge、carried-home），在 fs_cli 执行 reloadxml，再检查；每台都认识之后才设置 LIANDONG_PBX_HALLS_DIAL`,
  `on the machine that is named: ${FILE} of this version (extensions edge, carried-home), then reloadxml in fs_cli, and look again; set LIANDONG_PBX_HALLS_DIAL only once all know of it`] as const

/**
 * Whether callers can be brought from one FreeSWITCH to another (`pbx.hallsDial`, docs/edge.md "Two FreeSWITCH"): the dialplan of each has to know of them as it was read,
 * whatever its file says. This one is asked; of the others their nodes say it. Without the setting and without another FreeSWITCH there is nothing to say.
 */
export function checkHalls({ dial, context, at, core, status, nodes }: HallsUnderCare): readonly Check[] {
  const others = nodes.filter((one) => one.core !== '' && one.core !== core)
  if (dial === '' && others.length === 0) return []
  const named = (some: readonly NodeUnderCare[]): string => some.map(({ node, host }) => (host === '' ? node : `${node} @ ${host}`)).join(', ')
  // Without the setting nobody is brought from here, but some may be brought to here.
  const fails = dial === '' ? warn : bad
  const old = others.filter(({ halls }) => halls === false)
  const silent = others.filter(({ halls }) => halls === null)
  const profile = profileOf(dial)
  const checks: Check[] = []
  if (profile !== undefined && !runningProfiles(status).has(profile)) {
    checks.push(bad('pbx.halls.dial', `pbx.hallsDial 所用的 SIP 配置 ${profile} 未运行`, `the SIP profile ${profile} of pbx.hallsDial is not running`, '设 LIANDONG_PBX_HALLS_DIAL=sofia/citizens/{number}@<drachtio 的地址>', 'set LIANDONG_PBX_HALLS_DIAL=sofia/citizens/{number}@<drachtio’s address>'))
  }
  if (context === null || !knowsHalls(context)) checks.push(fails('pbx.halls', `${at} 的 FreeSWITCH 当前的拨号计划不认识另一台转来的来电：不会有人从这里转走，也不应转到这里`, `the dialplan that the FreeSWITCH at ${at} has read does not know of callers who are brought from one to another: nobody is brought from there, and nobody should be to there`, ...REREAD))
  if (old.length > 0) checks.push(fails('pbx.halls', `另一台 FreeSWITCH（节点 ${named(old)}）当前的拨号计划不认识转来的来电：那里有人接警时不会把人转过去`, `the dialplan that another FreeSWITCH (of ${named(old)}) has read does not know of callers who are brought there: nobody is while somebody takes calls there`, ...REREAD))
  if (silent.length > 0) checks.push(warn('pbx.halls', `不知道另一台 FreeSWITCH（节点 ${named(silent)}）的拨号计划是否认识转来的来电`, `whether the dialplan of another FreeSWITCH (of ${named(silent)}) knows of callers who are brought there is not known`, '更新那里的节点，或在那里执行 liandong doctor', 'renew the nodes there, or run liandong doctor there'))
  if (checks.length > 0) return checks
  return [dial === ''
    ? ok('pbx.halls', '没有设置 pbx.hallsDial：本台无人接警时等候者留在这里；拨号计划已认识转来的来电', 'pbx.hallsDial is not set: who waits here where nobody takes calls stays; the dialplans know of callers who are brought')
    : others.length === 0
      ? ok('pbx.halls', '本台的拨号计划认识转来的来电；目前没有另一台 FreeSWITCH 的节点在运行', 'the dialplan here knows of callers who are brought; no node of another FreeSWITCH runs now')
      : ok('pbx.halls', `来电可转到另一台 FreeSWITCH（节点 ${named(others)}），各台的拨号计划都认识`, `callers can be brought to another FreeSWITCH (of ${named(others)}), and the dialplan of each knows of them`)]
}
