import { bad, ok, warn, type Check } from '../../contracts/doctor.js'
import { descendants, type Element } from './xml.js'

export interface DialplanWish {
  readonly context: string
  readonly fallbackExtension: string
  /** `host:port` where this node waits for calls. */
  readonly node: string
}

interface Action { readonly application: string; readonly data: string }

const FILE = 'sip/freeswitch/dialplan/citizens.xml'
const actionsOf = (element: Element): Action[] => [...descendants(element, 'action')].map(({ attributes }) => ({ application: attributes.get('application') ?? '', data: attributes.get('data') ?? '' }))

/** The native queue that the fallback leads to, e.g. `native`. */
export function fallbackQueue(context: Element | null, extension: string): string | null {
  if (context === null) return null
  return actionsOf(extensionOf(context, extension) ?? context).find(({ application }) => application === 'callcenter')?.data.trim() ?? null
}

/** Applications that play a file; some with a flag or a count beside it. */
const PLAYS = /^((endless_|loop_)?playback|displace_session)$/

/** Sound files that the context plays, absolute paths only. */
export const playedFiles = (context: Element | null): readonly string[] =>
  (context === null ? [] : actionsOf(context)).filter(({ application }) => PLAYS.test(application)).flatMap(({ data }) => data.split(' ').filter((part) => part.startsWith('/')))

/** Where a call to `extension` ends up: those with `continue` come on the way. */
function extensionOf(context: Element, extension: string): Element | undefined {
  return [...descendants(context, 'extension')].find((one) => one.attributes.get('continue') !== 'true' && [...descendants(one, 'condition')].some(({ attributes }) => matches(attributes, extension)))
}

function matches(attributes: ReadonlyMap<string, string>, number: string): boolean {
  const expression = attributes.get('expression') ?? ''
  if (attributes.get('field') !== 'destination_number' || expression === '^.*$') return false
  try {
    return new RegExp(expression).test(number)
  } catch {
    return false
  }
}

/**
 * Whether a citizen reaches a phone when we do not (design.md, "The call"): dead-man's switch → socket → native queue → announcement.
 * @param context `xml_locate dialplan context name …`, null when there is none of that name.
 */
export function checkDialplan(context: Element | null, wish: DialplanWish): readonly Check[] {
  const { fallbackExtension: fallback, context: name, node } = wish
  const use = [`使用本项目的 ${FILE}，然后在 fs_cli 执行 reloadxml`, `use this project's ${FILE}, then reloadxml in fs_cli`] as const
  if (context === null) return [bad('pbx.dialplan.context', `没有拨号上下文 ${name}`, `there is no dialplan context ${name}`, `${use[0]}；或把 pbx.fallbackContext 设为实际的上下文`, `${use[1]}; or set pbx.fallbackContext to the context that citizens enter`)]
  const checks: Check[] = []
  const entry = [...descendants(context, 'extension')].find((one) => actionsOf(one).some(({ application }) => application === 'socket'))
  if (entry === undefined) return [bad('pbx.dialplan.socket', `上下文 ${name} 中没有 socket`, `nothing in the context ${name} leads to our socket`, ...use)]

  const actions = actionsOf(entry)
  const at = actions.findIndex(({ application }) => application === 'socket')
  const before = actions.slice(0, at)
  const [said = '', ...flags] = (actions[at]?.data ?? '').split(/\s+/)
  // The order is a variable of the channel's, so that a node can turn it; what it is otherwise stands in the anti-action.
  const variable = /^\$\{(\w+)\}$/.exec(said)?.[1]
  const usual = [...descendants(context, 'anti-action')].map(({ attributes }) => attributes.get('data') ?? '').find((data) => data.startsWith(`${variable ?? ''}=`))
  const nodes = (variable === undefined ? said : usual?.slice(variable.length + 1) ?? said).split('|')
  checks.push(!flags.includes('async') || !flags.includes('full')
    ? bad('pbx.dialplan.socket', `socket 缺少 async full：${actions[at]?.data ?? ''}`, `the socket action lacks "async full": ${actions[at]?.data ?? ''}`, ...use)
    : nodes.includes(node)
      ? ok('pbx.dialplan.socket', `来电连接本节点 ${node}（共 ${nodes.length} 个节点）`, `calls connect to this node, ${node} (${nodes.length} in all)`)
      : bad('pbx.dialplan.socket', `来电连接 ${nodes.join(', ')}，其中没有本节点 ${node}`, `calls connect to ${nodes.join(', ')}; this node, ${node}, is not among them`,
          `启动 FreeSWITCH 时设置 LIANDONG_FS_INTAKE_NODES，或更改 pbx.listenHost、pbx.listenPort`, `set LIANDONG_FS_INTAKE_NODES where FreeSWITCH is started, or change pbx.listenHost and pbx.listenPort`))

  if (nodes.length > 1) checks.push(variable === 'liandong_nodes' && usual !== undefined
    ? ok('pbx.dialplan.order', '在一个节点等候的来电可转到有空闲席位的另一节点', 'who waits at one node can go to another where somebody is free')
    : warn('pbx.dialplan.order', '节点次序固定：在一个节点等候的来电到不了有空闲席位的另一节点', 'the order of the nodes is fixed: who waits at one cannot go to another where somebody is free', ...use))

  const armed = before.find(({ application }) => application === 'sched_transfer')
  const [, seconds, target, where] = /^\+(\d+)\s+(\S+)(?:\s+XML(?:\s+(\S+))?)?$/.exec(armed?.data ?? '') ?? []
  if (armed === undefined || seconds === undefined) checks.push(bad('pbx.dialplan.switch', '进入 socket 之前没有失联保护（sched_transfer）', "there is no dead-man's switch (sched_transfer) before the socket", ...use))
  else if (target !== fallback || (where ?? name) !== name) {
    checks.push(bad('pbx.dialplan.switch', `失联保护转到 ${target ?? ''} ${where ?? ''}，而设置是 ${fallback} ${name}`, `the dead-man's switch leads to ${target ?? ''} ${where ?? ''}, the settings say ${fallback} ${name}`,
      '更改 pbx.fallbackExtension、pbx.fallbackContext，使二者一致', 'make pbx.fallbackExtension and pbx.fallbackContext say the same'))
  } else if (Number(seconds) < 2 || Number(seconds) > 5) {
    checks.push(warn('pbx.dialplan.switch', `失联保护为 ${seconds} 秒`, `the dead-man's switch is set to ${seconds} s`, '建议 3 秒：过短会误触发，过长会让市民久等', 'use 3 s: a shorter one fires by mistake, with a longer one citizens wait'))
  } else checks.push(ok('pbx.dialplan.switch', `失联保护 ${seconds} 秒后转到 ${fallback}`, `dead-man's switch: to ${fallback} after ${seconds} s`))

  const resumes = before.some(({ application, data }) => application === 'set' && data.replaceAll(' ', '') === 'socket_resume=true')
  checks.push(resumes
    ? ok('pbx.dialplan.resume', '本服务断开时立即继续拨号计划', 'the dialplan goes on at once when our socket dies')
    : bad('pbx.dialplan.resume', '进入 socket 之前没有 socket_resume=true', 'socket_resume=true is not set before the socket', ...use))

  const after = actions.slice(at + 1).find(({ application }) => application === 'transfer' || application === 'callcenter')
  const ends = extensionOf(context, fallback)
  const last = ends === undefined ? [] : actionsOf(ends)
  if (ends === undefined || !last.some(({ application }) => application === 'callcenter')) {
    checks.push(bad('pbx.dialplan.fallback', `分机 ${fallback} 没有通向自带队列（callcenter）`, `the extension ${fallback} does not lead to a native queue (callcenter)`, ...use))
  } else if (after === undefined) {
    checks.push(bad('pbx.dialplan.fallback', 'socket 之后没有下一步：节点拒接时来电会被挂断', 'nothing follows the socket: a call that no node takes is hung up', ...use))
  } else if (!last.some(({ application }) => application === 'sched_cancel')) {
    checks.push(warn('pbx.dialplan.fallback', `分机 ${fallback} 没有 sched_cancel：排队中会再次被转走`, `the extension ${fallback} lacks sched_cancel: a caller in the queue is transferred again`, ...use))
  } else checks.push(ok('pbx.dialplan.fallback', '无节点可用时进入自带队列', 'without a node citizens reach the native queue'))

  checks.push(extensionOf(context, 'after-talk') === undefined
    ? bad('pbx.dialplan.after-talk', '没有分机 after-talk：话机故障时市民会被挂断', 'there is no extension after-talk: a citizen whose operator’s telephone dies is hung up', ...use)
    : ok('pbx.dialplan.after-talk', '话机故障时市民回到排队', 'a citizen whose operator’s telephone dies comes back to the queue'))

  const exits = [...new Set(actionsOf(context).filter(({ application }) => application === 'bridge' || application === 'system' || application === 'lua').map(({ application }) => application))]
  if (exits.length > 0) checks.push(warn('pbx.dialplan.exits', `市民的上下文里有 ${exits.join(', ')}`, `the citizens' context contains ${exits.join(', ')}`, '市民的来电不应能外呼或执行程序；确认这是有意的', 'a citizen should reach no outside line and no program: make sure that it is meant'))
  return checks
}
