import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { bad, ok, warn, type Check } from '../../contracts/doctor.js'
import type { ApiCall } from '../esl/command.js'
import { microseconds } from '../caller.js'
import { EslConnection, type Reply } from '../esl/connection.js'
import type { EslEvent } from '../esl/codec.js'
import { checkDialplan, fallbackQueue, playedFiles } from './dialplan.js'
import { checkHalls, type NodeUnderCare } from './halls.js'
import { checkApis, checkClock, checkExpansion, checkExposure, checkBrowserPhones, checkPhones, checkProfiles, checkQueue, checkRecordings, checkRtp, checkTransferKeys, checkTrunk, checkVersion, MODULES } from './readings.js'
import { parseXml, params, type Element } from './xml.js'
import { registrationsOf } from '../registrations.js'

export interface PbxUnderCare {
  readonly host: string
  readonly port: number
  readonly password: string
  readonly operatorDial: string
  /** How numbers outside are dialled; empty: not at all. */
  readonly trunkDial: string
  /** How callers are brought to another FreeSWITCH; empty: not at all. */
  readonly hallsDial: string
  /** Nodes that live, ours among them. */
  readonly nodes: readonly NodeUnderCare[]
  readonly fallbackExtension: string
  readonly fallbackContext: string
  /** Whose agents follow our operators; empty: none. */
  readonly nativeQueue: string
  /** `host:port` where this node waits for calls. */
  readonly node: string
  /** Other ports that we listen at. */
  readonly ports: readonly number[]
  readonly holdMusic: string
  readonly cdrDirectory: string
  /** Where telephones' credentials are; empty: FreeSWITCH has its own. */
  readonly phones: string
  /** Where browsers are told to register; empty: nowhere. */
  readonly browserPhones: string
  /** Empty: nothing is to be recorded. */
  readonly recordings: string
  /** Prompt files by the paths that FreeSWITCH is given. */
  readonly prompts: readonly string[]
  /** Our operators' extensions, as far as they are known. */
  readonly extensions: readonly string[]
}

/** How long FreeSWITCH may take for its greeting and for each answer, ms. */
const DEADLINE = 3_000

type Api = (call: ApiCall) => Promise<string>

/** Looks at a real FreeSWITCH over its event socket; changes nothing there. Never rejects: what cannot be looked at is a check that failed. */
export async function checkPbx(pbx: PbxUnderCare, clock: () => number = Date.now): Promise<readonly Check[]> {
  const events: ((event: EslEvent) => void)[] = []
  const opened = await open(pbx, (event) => { for (const hear of events) hear(event) })
  if ('failure' in opened) return [opened.failure]
  const { connection } = opened
  const api: Api = async (call) => (await connection.request({ verb: 'api', call }, DEADLINE)).text
  const checks: Check[] = [ok('pbx.reach', `已连接 ${pbx.host}:${pbx.port} 并通过认证`, `connected to ${pbx.host}:${pbx.port} and let in`)]
  try {
    checks.push(...await examine(pbx, api), await clockOf(connection, events, clock))
  } catch (error) {
    checks.push(bad('pbx.answers', `检查中断：${(error as Error).message}`, `the examination was cut short: ${(error as Error).message}`, '查看 FreeSWITCH 日志，再试一次', "see FreeSWITCH's log and try again"))
  } finally {
    connection.destroy('examined')
  }
  return checks
}

function open({ host, port, password }: PbxUnderCare, onEvent: (event: EslEvent) => void): Promise<{ readonly connection: EslConnection } | { readonly failure: Check }> {
  const at = `${host}:${port}`
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let greeted = false
    const fail = (failure: Check): void => {
      clearTimeout(limit)
      resolve({ failure })
      connection.destroy('not let in')
    }
    // A password that cannot be sent at all is refused before anything is written.
    const letIn = async (): Promise<Reply> => connection.request({ verb: 'auth', password }, DEADLINE)
    const limit = setTimeout(() => {
      fail(socket.connecting
        ? bad('pbx.reach', `${at} 没有应答`, `${at} does not answer`, '检查 pbx.host、防火墙与路由', 'check pbx.host, the firewall and the route')
        : bad('pbx.reach', `${at} 接受连接但没有问候：那不是事件套接字，或 FreeSWITCH 已僵住`, `${at} takes the connection and says nothing: it is no event socket, or FreeSWITCH hangs`, '检查 pbx.port；在该主机上运行 fs_cli', 'check pbx.port; run fs_cli on that machine'))
    }, DEADLINE)
    const connection = new EslConnection(socket, {
      onEvent,
      onAuthRequest() {
        greeted = true
        letIn().then((answer) => {
          clearTimeout(limit)
          if (answer.ok) return resolve({ connection })
          fail(bad('pbx.auth', '密码不对', 'the password is wrong', '使 pbx.password（LIANDONG_PBX_PASSWORD）与 event_socket.conf.xml 的 password 一致', 'make pbx.password (LIANDONG_PBX_PASSWORD) the password of event_socket.conf.xml'))
        }, (error: unknown) => { fail(bad('pbx.auth', `认证失败：${(error as Error).message}`, `not let in: ${(error as Error).message}`, '检查 pbx.password', 'check pbx.password')) })
      },
      onClose(reason) {
        if (greeted) return
        fail(reason.includes('access list')
          ? bad('pbx.reach', `${at} 的访问列表拒绝本机`, `the access list of ${at} refuses this machine`, '把本机地址加入 event_socket.conf.xml 的 apply-inbound-acl 所指的列表', 'add our address to the list that apply-inbound-acl of event_socket.conf.xml names')
          : bad('pbx.reach', `无法连接 ${at}：${reason}`, `cannot reach ${at}: ${reason}`, 'FreeSWITCH 是否在运行？检查 pbx.host、pbx.port 与 event_socket.conf.xml', 'is FreeSWITCH running? check pbx.host, pbx.port and event_socket.conf.xml'))
      },
    })
  })
}

async function examine(pbx: PbxUnderCare, api: Api): Promise<readonly Check[]> {
  const configuration = async (name: string): Promise<Element | null> => parseXml(await api({ api: 'xml_locate', section: 'configuration', tag: 'configuration', key: 'name', value: name }))
  /** One that is not set says nothing, which the event socket turns into an error. */
  const variable = async (name: string): Promise<string> => { const text = (await api({ api: 'global_getvar', name })).trim(); return text.startsWith('-ERR') ? '' : text }
  const checks: Check[] = [checkVersion(await api({ api: 'version' }))]

  for (const [module, { why, vital }] of Object.entries(MODULES)) {
    if ((await api({ api: 'module_exists', module })).trim() === 'true') continue
    checks.push((vital ? bad : warn)('pbx.modules', `没有加载 ${module}：${why[0]}`, `${module} is not loaded: ${why[1]}`, `在 modules.conf.xml 加入 ${module}，并在 fs_cli 执行 load ${module}`, `add ${module} to modules.conf.xml, and run load ${module} in fs_cli`))
  }
  if (!checks.some(({ id }) => id === 'pbx.modules')) checks.push(ok('pbx.modules', `所需的 ${Object.keys(MODULES).length} 个模块均已加载`, `all ${Object.keys(MODULES).length} modules are loaded`))

  checks.push(checkApis(await api({ api: 'show', what: 'api' })))
  const sofia = await configuration('sofia.conf')
  const status = await api({ api: 'sofia_status' })
  checks.push(...checkProfiles(status, sofia, pbx.fallbackContext, pbx.operatorDial), ...checkTrunk(status, pbx.trunkDial), ...checkTransferKeys(sofia, pbx.operatorDial))
  const context = parseXml(await api({ api: 'xml_locate', section: 'dialplan', tag: 'context', key: 'name', value: pbx.fallbackContext }))
  checks.push(...checkDialplan(context, { context: pbx.fallbackContext, fallbackExtension: pbx.fallbackExtension, node: pbx.node }))
  checks.push(...checkHalls({ dial: pbx.hallsDial, context, at: `${pbx.host}:${pbx.port}`, core: await variable('core_uuid'), status, nodes: pbx.nodes }))
  const queue = fallbackQueue(context, pbx.fallbackExtension)
  if (queue !== null) {
    checks.push(...checkQueue(queue, {
      queues: await api({ api: 'callcenter_queues' }), agents: await api({ api: 'callcenter_agents', queue }), extensions: pbx.extensions,
      registered: registrationsOf(await api({ api: 'show', what: 'registrations' })), kept: pbx.nativeQueue, tracks: (await api({ api: 'show', what: 'application' })).includes('"callcenter_track"'),
    }))
  }

  checks.push(await checkFiles('pbx.prompts', pbx.prompts, api, ['语音文件', 'prompts'], ['把 ivr-flows/prompts 复制或挂载到交换机，并设置 pbx.promptRoot', 'copy or mount ivr-flows/prompts to the PBX and set pbx.promptRoot']))
  const prefix = (await api({ api: 'global_getvar', name: 'sound_prefix' })).trim()
  const music = pbx.holdMusic.includes('://') ? [] : [pbx.holdMusic.startsWith('/') ? pbx.holdMusic : `${prefix}/${pbx.holdMusic}`]
  checks.push(await checkFiles('pbx.sounds', [...music, ...playedFiles(context)], api, ['等候音乐与通告', 'hold music and announcements'], ['检查 pbx.holdMusic 与 vars.xml 的 sound_prefix、liandong_sounds', 'check pbx.holdMusic, and sound_prefix and liandong_sounds in vars.xml']))

  checks.push(checkExpansion(await api({ api: 'api_expansion' })), ...checkExposure(await configuration('event_socket.conf'), pbx.password), checkRtp(await configuration('switch.conf'), pbx.ports))
  if (pbx.phones !== '') checks.push(checkPhones(await variable('liandong_phones'), pbx.phones, (await api({ api: 'module_exists', module: 'mod_xml_curl' })).trim() === 'true'))
  if (pbx.browserPhones !== '') checks.push(checkBrowserPhones(await configuration('sofia.conf'), pbx.operatorDial, pbx.browserPhones))
  checks.push(...checkRecordings(await variable('liandong_recordings'), pbx.recordings))
  if (pbx.cdrDirectory !== '') {
    const written = params(await configuration('json_cdr.conf')).get('log-dir') ?? ''
    checks.push(written.replace(/\/+$/, '') === pbx.cdrDirectory.replace(/\/+$/, '')
      ? ok('pbx.cdr', `话单写入 ${written}`, `call records are written to ${written}`)
      : warn('pbx.cdr', `话单写入 ${written}，而 pbx.cdrDirectory 是 ${pbx.cdrDirectory}`, `call records are written to ${written}, pbx.cdrDirectory is ${pbx.cdrDirectory}`, '若二者不是同一目录的两个路径，请改为一致', 'unless they are two paths of one directory, make them the same'))
  }
  return checks
}

async function checkFiles(id: string, files: readonly string[], api: Api, what: readonly [string, string], remedy: readonly [string, string]): Promise<Check> {
  const missing: string[] = []
  for (const path of new Set(files)) if ((await api({ api: 'file_exists', path })).trim() !== 'true') missing.push(path)
  const count = new Set(files).size
  return missing.length === 0
    ? ok(id, `${what[0]}：交换机能看到全部 ${count} 个文件`, `${what[1]}: FreeSWITCH sees all ${count} files`)
    : bad(id, `${what[0]}：交换机看不到 ${missing.length}/${count} 个文件，例如 ${missing[0] ?? ''}`, `${what[1]}: FreeSWITCH does not see ${missing.length} of ${count} files, e.g. ${missing[0] ?? ''}`, ...remedy)
}

/** The result of a background job carries FreeSWITCH's time in microseconds; `api` replies carry none. */
async function clockOf(connection: EslConnection, events: ((event: EslEvent) => void)[], clock: () => number): Promise<Check> {
  const jobId = randomUUID()
  const theirs = new Promise<number | null>((resolve) => {
    const limit = setTimeout(() => { resolve(null) }, DEADLINE)
    events.push((event) => {
      if (event.name !== 'BACKGROUND_JOB' || event.get('Job-UUID') !== jobId) return
      clearTimeout(limit)
      resolve(microseconds(event.get('Event-Date-Timestamp')) ?? null)
    })
  })
  await connection.request({ verb: 'event', names: ['BACKGROUND_JOB'], custom: [] }, DEADLINE)
  const before = clock()
  await connection.request({ verb: 'bgapi', call: { api: 'uptime' }, jobId }, DEADLINE)
  const at = await theirs
  const after = clock()
  if (at === null) return bad('pbx.events', `${DEADLINE / 1000} 秒内没有收到事件`, `no event came within ${DEADLINE / 1000} s`, 'FreeSWITCH 过载或事件被丢弃，查看其日志', "FreeSWITCH is overloaded or loses events: see its log")
  return checkClock('pbx.clock', ['交换机', 'the PBX'], at - (before + after) / 2, (after - before) / 2)
}
