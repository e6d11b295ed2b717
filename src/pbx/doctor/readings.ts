import { bad, ok, warn, type Check } from '../../contracts/doctor.js'
import { callcenterRows } from '../native-queue.js'
import { descendants, params, type Element } from './xml.js'

/** What FreeSWITCH must have loaded: module → what breaks without it. The last two only weaken us. */
export const MODULES: Readonly<Record<string, { readonly why: readonly [string, string]; readonly vital: boolean }>> = {
  mod_commands: { why: ['没有它无法控制通话', 'without it calls cannot be controlled'], vital: true },
  mod_dptools: { why: ['没有它拨号计划无法执行', 'without it the dialplan does nothing'], vital: true },
  mod_dialplan_xml: { why: ['没有它拨号计划无法读取', 'without it there is no dialplan'], vital: true },
  mod_sndfile: { why: ['没有它不能播放语音', 'without it no prompt can be played'], vital: true },
  mod_sofia: { why: ['没有它没有 SIP', 'without it there is no SIP'], vital: true },
  mod_callcenter: { why: ['没有它，本服务停机时市民无处可去', 'without it citizens have nowhere to go while we are down'], vital: true },
  mod_tone_stream: { why: ['没有它没有提示音', 'without it there are no tones'], vital: false },
  mod_json_cdr: { why: ['没有它，停机期间结束的通话不会补录', 'without it calls that ended while we were down are not recorded'], vital: false },
}

/** Oldest FreeSWITCH on which this has been proven. */
const OLDEST = [1, 10] as const

/** The reply of `version`: new enough for what we rely on? */
export function checkVersion(text: string): Check {
  const [, major, minor] = /FreeSWITCH Version (\d+)\.(\d+)/.exec(text) ?? []
  const shown = text.trim().split('\n')[0]?.slice(0, 80) ?? ''
  if (major === undefined || minor === undefined) return warn('pbx.version', `无法识别版本：${shown}`, `unknown version: ${shown}`, `需要 FreeSWITCH ${OLDEST.join('.')} 以上`, `FreeSWITCH ${OLDEST.join('.')} or later is needed`)
  const old = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1])
  return old ? bad('pbx.version', shown, shown, `请升级到 ${OLDEST.join('.')} 以上（验证过 1.11）`, `upgrade to ${OLDEST.join('.')} or later (proven on 1.11)`) : ok('pbx.version', shown, shown)
}

/** Rows of `sofia status`: name, type, data, state. */
export const runningProfiles = (text: string): ReadonlySet<string> =>
  new Set(text.split('\n').map((line) => line.trim().split(/\s*\t\s*/)).filter(([, type, , state]) => type === 'profile' && /^RUNNING\b/.test(state ?? '')).map(([name = '']) => name))

/** The SIP profile by which this dial string dials. */
export const profileOf = (dial: string): string | undefined => /^sofia\/([\w-]+)\//.exec(dial)?.[1]

/** @param sofia sofia.conf; tells which profiles lead into the citizens' context. */
export function checkProfiles(status: string, sofia: Element | null, context: string, operatorDial: string): readonly Check[] {
  const running = runningProfiles(status)
  const citizens = sofia === null ? [] : [...descendants(sofia, 'profile')].filter((profile) => params(profile).get('context') === context).map(({ attributes }) => attributes.get('name') ?? '')
  const up = citizens.filter((name) => running.has(name))
  const remedy = ['在 fs_cli 执行 sofia status 与 sofia profile <名称> start，并查看日志（端口被占用？）', 'in fs_cli: sofia status, sofia profile <name> start; see the log (is the port taken?)'] as const
  const phones = profileOf(operatorDial)
  return [
    up.length > 0
      ? ok('pbx.sofia.citizens', `来电 SIP 配置 ${up.join(', ')} 正在运行`, `citizens' SIP profile ${up.join(', ')} is running`)
      : bad('pbx.sofia.citizens', `没有运行中的 SIP 配置通向上下文 ${context}`, `no running SIP profile leads into the context ${context}`, ...remedy),
    ...(phones === undefined ? [] : [running.has(phones)
      ? ok('pbx.sofia.operators', `话机 SIP 配置 ${phones} 正在运行`, `operators' SIP profile ${phones} is running`)
      : bad('pbx.sofia.operators', `pbx.operatorDial 所用的 SIP 配置 ${phones} 未运行`, `the SIP profile ${phones} of pbx.operatorDial is not running`, ...remedy)]),
  ]
}

/** Rows of `sofia status` that are gateways: by name and by profile::name. */
const gatewaysOf = (text: string): ReadonlyMap<string, string> =>
  new Map(text.split('\n').map((line) => line.trim().split(/\s*\t\s*/)).filter(([, type]) => type === 'gateway').flatMap(([name = '', , , state = '']) => [[name, state], [name.replace(/^.*::/, ''), state]] as const))

/** Whether numbers outside can be dialled this way. @param status `sofia status`; @param dial `pbx.trunkDial` */
export function checkTrunk(status: string, dial: string): readonly Check[] {
  const [, gateway] = /^sofia\/gateway\/([\w.:-]+)\//.exec(dial) ?? []
  const profile = gateway === undefined ? profileOf(dial) : undefined
  if (gateway !== undefined) {
    const state = gatewaysOf(status).get(gateway)
    if (state === undefined) return [bad('pbx.trunk', `pbx.trunkDial 所用的网关 ${gateway} 不存在：不能回拨，也接不通 lines.yaml 的线路`, `there is no gateway ${gateway}, by which pbx.trunkDial dials: nobody can be called back, no line of lines.yaml be reached`, '在 sofia.conf.xml 加入该网关，或设 LIANDONG_PBX_TRUNK_DIAL=sofia/citizens/{number}@<运营商地址>', 'add it to sofia.conf.xml, or set LIANDONG_PBX_TRUNK_DIAL=sofia/citizens/{number}@<the carrier’s address>')]
    return [/^(REGED|NOREG)\b/.test(state)
      ? ok('pbx.trunk', `外线网关 ${gateway}：${state}`, `the outside line’s gateway ${gateway}: ${state}`)
      : warn('pbx.trunk', `外线网关 ${gateway} 未注册（${state}）`, `the outside line’s gateway ${gateway} is not registered (${state})`, '检查其用户、密码与运营商地址', 'check its user, its password and the carrier’s address')]
  }
  if (profile === undefined) return []
  return [runningProfiles(status).has(profile)
    ? ok('pbx.trunk', `外线经 SIP 配置 ${profile} 拨出`, `numbers outside are dialled by the SIP profile ${profile}`)
    : bad('pbx.trunk', `pbx.trunkDial 所用的 SIP 配置 ${profile} 未运行`, `the SIP profile ${profile} of pbx.trunkDial is not running`, '设 LIANDONG_PBX_TRUNK_DIAL=sofia/citizens/{number}@<运营商地址>', 'set LIANDONG_PBX_TRUNK_DIAL=sofia/citizens/{number}@<the carrier’s address>')]
}

/** @param shown `show api`: what the allow-list of switch.conf lets be */
export function checkApis(shown: string): Check {
  const lacks = (name: string): boolean => !shown.includes(`"name":"${name}"`)
  const remedy = (name: string): readonly [string, string] => [`在 switch.conf.xml 的 interface-allowlist 加入 mod_commands.${name}.api，并重启 FreeSWITCH`, `add mod_commands.${name}.api to interface-allowlist in switch.conf.xml, and restart FreeSWITCH`]
  if (lacks('hupall')) return warn('pbx.apis', '交换机不允许 hupall：取消振铃时改用 uuid_kill，若话机恰在此刻被接起，通话会断', 'the switch does not allow hupall: uuid_kill is used to stop a telephone that rings, which ends a talk if it is lifted in that instant', ...remedy('hupall'))
  if (lacks('global_setvar')) return warn('pbx.apis', '交换机不允许 global_setvar：有多台 FreeSWITCH 时，接入层不知道哪一台有人接警', 'the switch does not allow global_setvar: of several FreeSWITCH the edge does not know at which one somebody takes calls', ...remedy('global_setvar'))
  return ok('pbx.apis', '允许清单含有本版本所需的命令', 'the allow-list has the commands of this version')
}

/** Whether a telephone's own transfer key can send a citizen into the dialplan. */
export function checkTransferKeys(sofia: Element | null, operatorDial: string): readonly Check[] {
  const name = profileOf(operatorDial)
  const profile = sofia === null ? undefined : [...descendants(sofia, 'profile')].find(({ attributes }) => attributes.get('name') === name)
  if (profile === undefined) return []
  return [params(profile).get('disable-transfer') === 'true'
    ? ok('pbx.sofia.transfer', `话机的转接键（REFER）已停用`, `the transfer keys of telephones (REFER) are switched off`)
    : bad('pbx.sofia.transfer', `话机的转接键（REFER）会把市民转进拨号计划而挂断`, `a telephone's transfer key (REFER) sends the citizen into the dialplan, which hangs up on him`, `在 sofia.conf.xml 的 ${name ?? ''} 中设置 disable-transfer=true，并重启该 SIP 配置；转接请用坐席界面`, `set disable-transfer=true in profile ${name ?? ''} of sofia.conf.xml, and restart the profile; calls are passed on at the desk`)]
}

export interface QueueFound {
  /** `callcenter_config queue list` */
  readonly queues: string
  /** `… queue list agents <queue>` */
  readonly agents: string
  /** Our operators'. */
  readonly extensions: readonly string[]
  /** Extensions whose telephone is registered; null when it is not known. */
  readonly registered: ReadonlySet<string> | null
  /** Whose agents we keep (`pbx.nativeQueue`). */
  readonly kept: string
  /** The application `callcenter_track` is there. */
  readonly tracks: boolean
}

/** The native queue that the fallback leads to: whether it is there, would ring somebody, and follows our operators. */
export function checkQueue(queue: string | null, { queues, agents, extensions, registered, kept, tracks }: QueueFound): readonly Check[] {
  if (queue === null) return []
  const there = (callcenterRows(queues) ?? []).find(({ name }) => name === queue)
  if (there === undefined) {
    return [bad('pbx.queue', `没有自带队列 ${queue}`, `there is no native queue ${queue}`, '使用本项目的 sip/freeswitch/autoload_configs/callcenter.conf.xml，然后 reload mod_callcenter', "use this project's sip/freeswitch/autoload_configs/callcenter.conf.xml, then reload mod_callcenter")]
  }
  const rows = callcenterRows(agents) ?? []
  const able = rows.filter(({ status }) => status === 'Available').map(({ name = '' }) => name)
  const missing = extensions.filter((extension) => !rows.some(({ name }) => name === extension))
  // "Available" is a status that somebody gave; whether a telephone would ring is another matter.
  const ringing = registered === null ? null : able.filter((name) => registered.has(name)).length
  const follows = queue === kept && there['skip_agents_with_external_calls'] === 'true' && tracks
  return [
    ringing === 0 && able.length > 0
      ? warn('pbx.queue', `自带队列 ${queue} 的 ${able.length} 部话机都没有注册：联动停机时无人接听`, `none of the ${able.length} phones of the native queue ${queue} is registered: nobody would answer while we are down`, '检查话机的电源、网络与密码；固定地址的话机不必注册', 'check power, network and password of the phones; a phone at a fixed address need not register')
    : able.length > 0
      ? ok('pbx.queue', `自带队列 ${queue} 有 ${able.length} 部话机${ringing === null ? '' : `，${ringing} 部已注册`}`, `the native queue ${queue} has ${able.length} phones${ringing === null ? '' : `, ${ringing} of them registered`}`)
      : bad('pbx.queue', `自带队列 ${queue} 没有可用话机`, `no phone is available in the native queue ${queue}`, '在 callcenter.conf.xml 加入话机（agent 与 tier），或执行 callcenter_config agent set status <分机> Available', 'add agents and tiers in callcenter.conf.xml, or: callcenter_config agent set status <extension> Available'),
    follows
      ? ok('pbx.queue.follows', `自带队列 ${queue} 的坐席随接警员的在岗状态，通话中的话机不再振铃`, `the agents of ${queue} follow the operators' presence, and a telephone that is in a talk is not rung`)
    : queue !== kept
      ? warn('pbx.queue.follows', kept === '' ? `pbx.nativeQueue 为空：自带队列 ${queue} 的坐席不随接警员的在岗状态` : `后备通向自带队列 ${queue}，pbx.nativeQueue 是 ${kept}`, kept === '' ? `pbx.nativeQueue is empty: the agents of ${queue} do not follow the operators' presence` : `the fallback leads to the queue ${queue}, pbx.nativeQueue is ${kept}`, `把 pbx.nativeQueue 设为 ${queue}`, `set pbx.nativeQueue to ${queue}`)
      : bad('pbx.queue.follows', `自带队列 ${queue} 会振响正在通话的话机`, `the queue ${queue} rings telephones that are in a talk`, '在 callcenter.conf.xml 设 skip-agents-with-external-calls=true，并在 switch.conf.xml 的白名单中允许 mod_callcenter', 'set skip-agents-with-external-calls=true in callcenter.conf.xml, and allow mod_callcenter in the list of switch.conf.xml'),
    ...(missing.length === 0 ? [] : [warn('pbx.queue.agents', `这些接警员不在自带队列中：${missing.join(', ')}`, `these operators are not in the native queue: ${missing.join(', ')}`, '在 callcenter.conf.xml 为其加入以分机号命名的 agent 与 tier', 'add an agent and a tier for each in callcenter.conf.xml, named by the extension')]),
  ]
}

/** The reply about `${api(…)}` in variables: it must be off, for callers write variables. */
export function checkExpansion(text: string): Check {
  if (/api_expansion is off/.test(text)) return ok('pbx.expansion', '${api(…)} 展开已关闭', '${api(…)} expansion is off')
  return bad('pbx.expansion', '${api(…)} 展开是打开的：来电人的文字可能变成命令', '${api(…)} expansion is on: text of a caller can become a command', '在 switch.conf.xml 设 api-expansion=false，并在 fs_cli 执行 fsctl api_expansion off', 'set api-expansion=false in switch.conf.xml, and run fsctl api_expansion off in fs_cli')
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/

/** Who may reach the event socket: whoever does and has the password owns the PBX. */
export function checkExposure(eventSocket: Element | null, password: string): readonly Check[] {
  const settings = params(eventSocket)
  const listens = settings.get('listen-ip') ?? '::'
  // Without a list FreeSWITCH takes loopback.auto (mod_event_socket.c, config()).
  const list = settings.get('apply-inbound-acl') ?? 'loopback.auto'
  const narrow = LOOPBACK.test(listens) || list === 'loopback.auto'
  return [
    narrow ? ok('pbx.exposure', `事件套接字只对本机开放（${listens}，${list}）`, `the event socket is open to this machine only (${listens}, ${list})`)
      : warn('pbx.exposure', `事件套接字监听 ${listens}，访问列表 ${list}`, `the event socket listens at ${listens} with the list ${list}`, '只监听 127.0.0.1；跨主机时用专用网络，访问列表中只放本服务的地址', 'listen at 127.0.0.1; between machines use a network of their own, with only our address on the list'),
    password === 'ClueCon' || password.length < 12
      ? bad('pbx.password', password === 'ClueCon' ? '事件套接字密码是众所周知的默认值' : '事件套接字密码少于 12 个字符', password === 'ClueCon' ? 'the event-socket password is the well-known default' : 'the event-socket password has fewer than 12 characters',
          '用 openssl rand -hex 24 生成，写入 event_socket.conf.xml 与 pbx.password', 'make one with openssl rand -hex 24 and put it into event_socket.conf.xml and pbx.password')
      : ok('pbx.password', '密码已更改且足够长', 'the password is not the default and is long enough'),
  ]
}

/** @param ours ports that we listen at. Each call has two legs with two ports each. */
export function checkRtp(switchConf: Element | null, ours: readonly number[]): Check {
  const settings = params(switchConf)
  const first = Number(settings.get('rtp-start-port') ?? 16_384)
  const last = Number(settings.get('rtp-end-port') ?? 32_768)
  const calls = Math.floor((last - first) / 4)
  const taken = ours.filter((port) => port >= first && port <= last)
  const range = `${first}–${last}`
  if (!(calls >= 1)) return bad('pbx.rtp', `RTP 端口范围无效：${range}`, `the range of RTP ports is wrong: ${range}`, '更正 switch.conf.xml 的 rtp-start-port、rtp-end-port', 'mend rtp-start-port and rtp-end-port in switch.conf.xml')
  if (taken.length > 0) return warn('pbx.rtp', `RTP 端口 ${range} 与我们的端口 ${taken.join(', ')} 重叠`, `the RTP ports ${range} include ours: ${taken.join(', ')}`, '移开其中之一：否则偶有通话无声', 'move one of them: otherwise a call now and then has no sound')
  if (calls < 100) return warn('pbx.rtp', `RTP 端口 ${range} 只够 ${calls} 路通话`, `the RTP ports ${range} are enough for ${calls} calls only`, '扩大 rtp-start-port 至 rtp-end-port 的范围', 'widen the range of rtp-start-port to rtp-end-port')
  return ok('pbx.rtp', `RTP 端口 ${range}，可供 ${calls} 路通话`, `RTP ports ${range}: enough for ${calls} calls`)
}

/** @param skew FreeSWITCH's clock minus ours, ms; @param uncertainty half the round trip, ms. */
export function checkClock(id: string, who: readonly [string, string], skew: number, uncertainty: number): Check {
  const shown = `${skew >= 0 ? '+' : '−'}${(Math.abs(skew) / 1000).toFixed(3)} s ± ${(uncertainty / 1000).toFixed(3)} s`
  const remedy = ['在所有主机上运行时间同步（chrony 或 systemd-timesyncd）', 'run a time service (chrony or systemd-timesyncd) on every machine'] as const
  const found = [`${who[0]}时钟与本机相差 ${shown}`, `${who[1]}'s clock differs from ours by ${shown}`] as const
  const off = Math.abs(skew) - uncertainty
  return off > 5_000 ? bad(id, ...found, ...remedy) : off > 1_000 ? warn(id, ...found, ...remedy) : ok(id, ...found)
}

/** @param theirs where the dialplan records; @param ours `pbx.recordings`. Either may be empty: none. */
export function checkRecordings(theirs: string, ours: string): readonly Check[] {
  const remedy = ['在交换机与本服务上设置同一个 LIANDONG_PBX_RECORDINGS（同一目录），重启交换机', 'give the PBX and this service the same LIANDONG_PBX_RECORDINGS (one directory), and restart the PBX'] as const
  if (theirs === ours) return ours === '' ? [] : [ok('pbx.recordings', `通话录音写入 ${ours}`, `talks are recorded to ${ours}`)]
  if (ours === '') return [warn('pbx.recordings', `交换机把通话录音写入 ${theirs}，而 pbx.recordings 为空：没有人索引、保管和到期删除它们`, `the PBX records talks to ${theirs} and pbx.recordings is empty: nobody keeps an index of them or deletes them`, ...remedy)]
  return [bad('pbx.recordings', theirs === '' ? `pbx.recordings 是 ${ours}，而交换机没有设置录音目录：备用队列的通话不会录音，声道也不分` : `交换机把通话录音写入 ${theirs}，pbx.recordings 是 ${ours}`, theirs === '' ? `pbx.recordings is ${ours}, and the PBX knows of no directory: talks of the native queue are not recorded, and sides are not kept apart` : `the PBX records talks to ${theirs}, pbx.recordings is ${ours}`, ...remedy)]
}

/** Where browsers are to register. @param sofia sofia.conf; an address without a port, or none, is not listened at. */
export function checkBrowserPhones(sofia: Element | null, operatorDial: string, url: string): Check {
  const name = profileOf(operatorDial)
  const profile = sofia === null ? undefined : [...descendants(sofia, 'profile')].find(({ attributes }) => attributes.get('name') === name)
  const bindings = profile === undefined ? [] : ['wss-binding', 'ws-binding'].map((param) => params(profile).get(param) ?? '').filter((binding) => /:[1-9][0-9]*$/.test(binding))
  return bindings.length > 0
    ? ok('pbx.browser-phones', `浏览器话机：交换机在 ${bindings.join('、')} 监听，网页连接 ${url}`, `phones in browsers: the PBX listens at ${bindings.join(', ')}, the desk connects to ${url}`)
    : bad('pbx.browser-phones', `设置了 pbx.browserPhones（${url}），交换机却不监听 WSS`, `pbx.browserPhones is ${url}, but the PBX does not listen for WSS`, '为交换机设置 LIANDONG_FS_BROWSER_WSS（或代理用的 LIANDONG_FS_BROWSER_WS）并重启', 'set LIANDONG_FS_BROWSER_WSS (or LIANDONG_FS_BROWSER_WS behind a proxy) for the PBX, and restart it')
}

/** @param theirs the file that FreeSWITCH looks telephones up in; @param ours `pbx.phones`; @param curl whether it has mod_xml_curl, which reads it. */
export function checkPhones(theirs: string, ours: string, curl: boolean): Check {
  if (!curl) return bad('pbx.phones', '没有加载 mod_xml_curl：数据库中的话机账号不起作用', 'mod_xml_curl is not loaded: the telephones’ credentials of the database do not count', '安装并在 modules.conf.xml 加载 mod_xml_curl', 'install mod_xml_curl and load it in modules.conf.xml')
  if (theirs === ours) return ok('pbx.phones', `话机账号取自 ${ours}`, `telephones’ credentials come from ${ours}`)
  return bad('pbx.phones', `交换机的话机账号取自 ${theirs}，pbx.phones 是 ${ours}`, `the PBX looks telephones up in ${theirs}, pbx.phones is ${ours}`, '在交换机与本服务上设置同一个 LIANDONG_PBX_PHONES，重启交换机', 'give the PBX and this service the same LIANDONG_PBX_PHONES, and restart the PBX')
}
