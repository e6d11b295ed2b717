import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { Type, type Static, type TSchema } from 'typebox'
import Value from 'typebox/value'
import { isMap, isScalar, parseDocument } from 'yaml'
import type { Bilingual } from './contracts/primitives.js'
import { sayProblem } from './contracts/validation.js'
import { root } from './paths.js'

/** One setting: its schema with the default, its help in both languages. Milliseconds unless the name says otherwise. */
interface Setting<T extends TSchema = TSchema> { readonly schema: T; readonly help: Bilingual; readonly secret?: true }

const setting = <T extends TSchema>(schema: T, zh: string, en: string, more: { secret?: true } = {}): Setting<T> => ({ schema, help: { zh, en }, ...more })
const Port = (value: number) => Type.Integer({ minimum: 0, maximum: 65535, default: value })
const Text = (value: string, pattern?: string) => Type.String({ default: value, ...(pattern === undefined ? {} : { pattern }) })
const Days = (value: number) => Type.Integer({ minimum: 1, maximum: 36_500, default: value })
const Ms = (value: number, minimum = 0) => Type.Integer({ minimum, default: value })

/**
 * Every setting there is. The environment variable of `http.port` is `LIANDONG_HTTP_PORT`; the file has the same keys nested.
 * README's table is generated from this (`npm run docs`).
 */
export const SETTINGS = {
  'home': setting(Text('./var'), '数据目录：内置数据库、日志缓存、练习密码。', 'Data directory: embedded database, journal, practice passwords.'),
  'node.name': setting(Text('', '^[a-z0-9-]{0,32}$'), '节点名，空为主机名。多节点时各不相同。', 'Name of this node; empty = host name. Each node has its own.'),
  'node.kind': setting(Type.Enum(['city', 'county'], { default: 'city' }), 'city：市中心；county：县级终端（没有电话，只办理市中心派来的工单，断网照常工作）。', 'city: the city’s hall; county: a county terminal (no telephone; works on the tickets that the city gives it, also through a cut network).'),
  'city.timeZone': setting(Text('Asia/Shanghai'), '城市所在时区（IANA）。', 'Time zone of the city (IANA).'),
  'log.level': setting(Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], { default: 'info' }), '日志级别。', 'Log level.'),
  'database.url': setting(Text('', '^(postgres(ql)?://.+)?$'), 'PostgreSQL 连接串；空则使用本机或内置的 PostgreSQL。亦读取 DATABASE_URL。', 'PostgreSQL URL; empty = PostgreSQL of this machine or the embedded one. DATABASE_URL is read too.', { secret: true }),
  'database.ownerUrl': setting(Text('', '^(postgres(ql)?://.+)?$'), '拥有数据表的角色的连接串，只用于更新结构：此时 database.url 的角色只能读取和追加历史；空为同一角色，或由 liandong migrate 更新结构。', 'URL of the role that owns the tables, used for the schema alone: then the role of database.url can only read and append to history; empty = the same role, or the schema is brought up to date by liandong migrate.', { secret: true }),
  'http.host': setting(Text('127.0.0.1'), '网页监听地址。', 'Address the desk is served at.'),
  'http.port': setting(Port(8110), '网页监听端口，0 为任选。', 'Port of the desk; 0 = any free one.'),
  'http.origins': setting(Type.Array(Type.String({ pattern: '^https?://[^/]+$' }), { default: [] }), '允许的网页来源，逗号分隔；空为自身地址。', 'Allowed origins, comma-separated; empty = the own address.'),
  'http.secureCookie': setting(Type.Boolean({ default: false }), '只经 HTTPS 发送会话 Cookie（置于 TLS 反向代理之后时必须打开）。', 'Send the session cookie over HTTPS only (required behind a TLS proxy).'),
  'http.trustProxy': setting(Text('', '^([0-9A-Fa-f.:]+(/[0-9]{1,3})?( *, *|$))*$'), '反向代理地址，逗号分隔；空为不信任。', 'Addresses of reverse proxies, comma-separated; empty = none is trusted.'),
  'pbx.kind': setting(Type.Enum(['practice', 'freeswitch'], { default: 'practice' }), 'practice：内置练习交换机；freeswitch：真实交换机。', 'practice: built-in practice exchange; freeswitch: a real PBX.'),
  'pbx.host': setting(Text('127.0.0.1'), 'FreeSWITCH 事件套接字地址。', 'Host of FreeSWITCH’s event socket.'),
  'pbx.port': setting(Port(8021), 'FreeSWITCH 事件套接字端口。', 'Port of FreeSWITCH’s event socket.'),
  'pbx.password': setting(Text(''), '事件套接字密码。', 'Password of the event socket.', { secret: true }),
  'pbx.listenHost': setting(Text('127.0.0.1'), 'FreeSWITCH 回连（socket）本服务的地址。', 'Address where FreeSWITCH’s socket application connects to us.'),
  'pbx.listenPort': setting(Port(8084), 'FreeSWITCH 回连本服务的端口。', 'Port where FreeSWITCH’s socket application connects to us.'),
  'pbx.peers': setting(Type.Array(Type.String({ pattern: '^[0-9A-Fa-f.:]+$' }), { default: ['127.0.0.1', '::1', '::ffff:127.0.0.1'] }), '允许回连的 FreeSWITCH 地址（此方向没有密码）。', 'Addresses that may connect to us (there is no password in this direction).'),
  'pbx.operatorDial': setting(Text('sofia/operators/{extension}%liandong', '\\{extension\\}'), '呼叫接警员话机的拨号串，{extension} 为分机号。', 'Dial string of an operator’s phone; {extension} is replaced.'),
  'pbx.trunkDial': setting(Text('', '^$|^[A-Za-z0-9_.%@/:{}-]*\\{number\\}[A-Za-z0-9_.%@/:{}-]*$'), '外线拨号串，{number} 为号码，如 sofia/citizens/{number}@10.9.9.9（运营商的地址）：用于 lines.yaml 中的线路（流程转接、接警员拨打）与回拨；空为不能外拨。', 'Dial string of an outside line, {number} is replaced, e.g. sofia/citizens/{number}@10.9.9.9 (the carrier’s address): for the lines of lines.yaml (from flows and by operators) and for calling back; empty = nothing outside can be dialled.'),
  'pbx.hallsDial': setting(Text('', '^$|^[A-Za-z0-9_.%@/:{}-]*\\{number\\}[A-Za-z0-9_.%@/:{}-]*$'), '多台 FreeSWITCH 时，经接入层转到另一台的拨号串，{number} 为被叫号码，如 sofia/citizens/{number}@10.0.0.5:5060（drachtio 的地址）：本台无人接警而另一台有人时，等候者转过去；空为不转，继续等候。先在每台 FreeSWITCH 上 reloadxml，再设置（liandong doctor 会核对）。', 'Several FreeSWITCH: dial string by which the edge brings a caller to another one, {number} is the called number, e.g. sofia/citizens/{number}@10.0.0.5:5060 (drachtio’s address): who waits where nobody takes calls while somebody does at another one is put through there; empty = he goes on waiting. Each FreeSWITCH reads its dialplan again (reloadxml) before this is set; liandong doctor looks.'),
  'pbx.fallbackExtension': setting(Text('fallback', '^[a-z0-9_-]{1,32}$'), '失联保护转到的分机。', 'Extension to which the dead-man’s switch transfers.'),
  'pbx.fallbackContext': setting(Text('citizens', '^[a-z0-9_-]{1,32}$'), '失联保护所在的拨号上下文。', 'Dialplan context of that extension.'),
  'pbx.nativeQueue': setting(Text('native', '^[A-Za-z0-9_.@-]{0,64}$'), '自带队列（mod_callcenter）的名称：其坐席状态随接警员的在岗状态；空为不改动它。', 'Name of the native queue (mod_callcenter), whose agents follow the operators’ presence; empty = it is left alone.'),
  'pbx.cdrDirectory': setting(Text(''), 'mod_json_cdr 写话单的目录；空为不补录。', 'Directory where mod_json_cdr writes; empty = no sweep.'),
  'pbx.promptRoot': setting(Text(''), '语音文件在交换机上的目录（与 flows.directory/prompts 内容相同）；空为同一路径。', 'Where FreeSWITCH finds the prompts (same content as flows.directory/prompts); empty = the same path.'),
  'pbx.messages': setting(Text('', '^(/[A-Za-z0-9_.-]{1,64}){0,16}$'), '交换机存放市民留言的目录（绝对路径）；空为数据目录下的 messages（交换机须在同一台机器上）。', 'Directory where FreeSWITCH writes callers’ messages (absolute); empty = messages below the data directory (FreeSWITCH on this machine).'),
  'pbx.phones': setting(Text('', '^$|^/[^\\s"&<>]{1,250}\\.xml$'), '话机账号文件（绝对路径，.xml；由本服务写、交换机读同一变量 LIANDONG_PBX_PHONES），账号来自数据库（liandong user phone）；空为使用交换机自带的名单。', 'File of the telephones’ credentials (absolute, .xml; we write it, FreeSWITCH reads the same variable, LIANDONG_PBX_PHONES), out of the database (liandong user phone); empty = FreeSWITCH’s own list.'),
  'pbx.browserPhones': setting(Text('', '^$|^wss://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._/-]*)?$|^wss://\\[[0-9A-Fa-f:]+\\](:[0-9]{1,5})?(/[A-Za-z0-9._/-]*)?$|^ws://(127\\.0\\.0\\.1|localhost)(:[0-9]{1,5})?(/[A-Za-z0-9._/-]*)?$'), '浏览器话机（WebRTC）连接交换机的地址，如 wss://110.example:7443（ws:// 仅限本机）；需要 pbx.phones；空为不启用。', 'Where telephones in the browser (WebRTC) reach FreeSWITCH, e.g. wss://110.example:7443 (ws:// on this machine only); needs pbx.phones; empty = there are none.'),
  'pbx.recordings': setting(Text('', '^$|^(?=.{2,150}$)(/[A-Za-z0-9_.-]{1,64}){1,16}$'), '交换机存放通话录音的目录（绝对路径；交换机的配置读取同一变量 LIANDONG_PBX_RECORDINGS）；空为不录音，练习时为数据目录下的 recordings。', 'Directory where FreeSWITCH records talks (absolute; its configuration reads the same variable, LIANDONG_PBX_RECORDINGS); empty = nothing is recorded, in practice recordings below the data directory.'),
  'pbx.speech': setting(Text('', '^([A-Za-z0-9_-]{1,32} [A-Za-z0-9_:./-]{1,128})?$'), '语音识别：交换机 detect_speech 的“引擎 语法”，如 unimrcp builtin:speech/transcribe；空为只用按键。交换机在来电自己的线程上打开引擎，其间座席接起也听不到人：见 pbx.speechOpening。', 'Speech recognition: “engine grammar” for FreeSWITCH’s detect_speech, e.g. unimrcp builtin:speech/transcribe; empty = keys only. FreeSWITCH opens it on the caller’s own thread, and an operator who lifts meanwhile hears nobody: see pbx.speechOpening.'),
  'pbx.speechOpening': setting(Ms(1_000, 100), '打开语音引擎最多多久，毫秒；须由引擎自身的超时（如 unimrcp 的 request-timeout）保证。listen 节点的 bound.unbreakableSeconds 须允许，flow check 会算入；实际超过的，五分钟内只用按键并告警。', 'Longest opening of the speech engine, ms; its own time-outs (such as request-timeout of unimrcp) have to see to it. bound.unbreakableSeconds of a flow with a listen must allow it: flow check counts it. One that takes longer is left alone for five minutes, keys alone, and reported.'),
  'pbx.holdMusic': setting(Text('hold.wav', '^[A-Za-z0-9_./:-]{1,200}$'), '等候音乐（交换机上的文件或流）。', 'Music on hold: a file or stream as FreeSWITCH knows it.'),
  'recording.keepStandard': setting(Days(365), '录音保存多少天（一般事项）。', 'How long recordings are kept, days.'),
  'recording.keepEmergency': setting(Days(1_095), '录音保存多少天（紧急来电，警情、火警、急救工单）。', 'How long recordings of emergency calls and of police, fire and medical tickets are kept, days.'),
  'recording.minFree': setting(Type.Integer({ minimum: 0, default: 1_024 }), '录音目录剩余空间低于此值（MB）即告警“未录音”。', 'Less free space than this (MB) in the directory of recordings counts as full.'),
  'edge.token': setting(Text('', '^$|^[A-Za-z0-9_-]{16,128}$'), '接入层上报计数的令牌（至少 16 位）；空为不接受。', 'Token with which edges report their counts (at least 16 characters); empty = none may.', { secret: true }),
  'flows.directory': setting(Text('./ivr-flows'), '语音流程文件目录。', 'Directory of the flow files.'),
  'flows.lookUps': setting(Type.Array(Type.String({ pattern: '^[a-z][a-z0-9-]{0,47}=https?://[^\\s@#]+$' }), { default: [] }), '流程可查询的服务，逗号分隔：名称=https://主机/路径。', 'Services that flows may ask, comma-separated: name=https://host/path.'),
  'flows.lookUpPrivate': setting(Type.Array(Type.String({ pattern: '^[0-9a-fA-F.:]{2,45}$' }), { default: [] }), '上述服务可用的内网地址，逗号分隔；其余内网地址一律拒绝。', 'Private addresses that such a service may have, comma-separated; all others are refused.'),
  'flows.entry': setting(Text('110', '^[a-z0-9-]{1,32}$'), '来电进入的流程。', 'Flow that every caller enters.'),
  'flows.publish': setting(Type.Enum(['watch', 'command'], { default: 'watch' }), '流程如何发布：watch 文件改动通过检查和测试后即发布；command 只由 liandong flow publish 或网页发布。', 'How flows are published: watch = changed files that pass check and tests are; command = only by liandong flow publish or on the desk.'),
  'flows.approval': setting(Type.Boolean({ default: false }), '发布须由另一人批准（作者不明时须两人）。', 'A second person has to approve (two, where the author is unknown).'),
  'flows.keepKeys': setting(Days(90), '来电所按的键（其中有电话号码、编号）保存多少天，到期清除，经过的节点保留；供 flow keys 和模拟重放。', 'How long the keys that callers pressed (telephone and ticket numbers among them) are kept, days; then they are cleared, the way through the flow stays. For flow keys and replays.'),
  'flows.autoReturn': setting(Type.Boolean({ default: true }), '新版的任一流程中错键、挂断或播放失败骤升时自动退回上一版。', 'Goes back by itself when wrong keys, hang-ups or failed prompts jump in a flow of a new edition.'),
  'flows.autoReturnCalls': setting(Type.Integer({ minimum: 20, default: 100 }), '自动退回至少要比较多少个来电（新旧版各）。', 'Calls (of the new and of the old edition each) before they are compared.'),
  'intake.whenUnstaffed': setting(Type.Enum(['wait', 'refuse'], { default: 'wait' }), '无人在席时：wait 在本队列等候，refuse 交给下一节点或交换机自带队列。', 'No operator present: wait in our queue, or refuse so that FreeSWITCH tries the next node or its native queue.'),
  'intake.offerTimeout': setting(Ms(15_000, 3_000), '话机振铃多久后转给下一位，毫秒。', 'How long a phone rings before the next operator, ms.'),
  'intake.wrapUp': setting(Ms(30_000), '话后整理时间，毫秒，0 为无。', 'Wrap-up after a call, ms; 0 = none.'),
  'intake.skillOverflow': setting(Ms(0), '熟悉该类别的座席都在忙时，来电最多等他们多久，毫秒；0 为不等，任何空闲座席立即接听（熟悉者优先）。流程的 bound.unbreakableSeconds 须允许，flow check 会算入。', 'How long a caller waits for an operator who knows his category while others are ready, ms; 0 = not at all, any ready operator takes him at once (those who know it first). The flow’s bound.unbreakableSeconds must allow it: flow check counts it.'),
  'intake.reservedOperators': setting(Type.Integer({ minimum: 0, default: 1 }), '降级呼叫（来源呼叫过于频繁）及同时受理紧急号码时其他号码的来电不占用的接警员数。', 'Operators whom demoted calls (their source calls too often) never occupy, nor, where an emergency number is served, the callers of other numbers.'),
  'intake.contextTimeout': setting(Ms(800, 50), '查询来电人资料的时限，毫秒。', 'Deadline of the look-up of what is known of a caller, ms.'),
  'delivery.smtpHost': setting(Text(''), '邮件中继主机；空为不发邮件。', 'Mail relay; empty = no e-mail.'),
  'delivery.smtpPort': setting(Port(587), '邮件中继端口。', 'Port of the mail relay.'),
  'delivery.smtpSecurity': setting(Type.Enum(['tls', 'starttls', 'none'], { default: 'starttls' }), '邮件中继加密：tls、starttls，或仅限本机/本网的 none。', 'How the relay is encrypted: tls, starttls, or none (same machine or network only).'),
  'delivery.smtpUser': setting(Text(''), '邮件中继用户，空为不认证。', 'User at the relay; empty = no authentication.'),
  'delivery.smtpPassword': setting(Text(''), '邮件中继密码。', 'Password at the relay.', { secret: true }),
  'delivery.mailFrom': setting(Text('liandong@localhost'), '发件人地址。', 'Sender of the mails.'),
  'delivery.smsFile': setting(Text(''), '短信网关文件（每行一条 JSON，由短信程序取走）；空为数据目录下 sms/outbox.ndjson。', 'File of the SMS gateway (a line of JSON each, for the city’s own program); empty = sms/outbox.ndjson below the data directory.'),
  'delivery.privateAddresses': setting(Type.Array(Type.String(), { default: [] }), '允许推送（webhook）到的内网地址或网段，逗号分隔；其余内网地址一律拒绝。', 'Private addresses or networks that webhooks may reach, comma-separated; all others are refused.'),
  'map.tiles': setting(Text('', '^$|^https?://(?=.*\\{z\\})(?=.*\\{x\\})(?=.*\\{y\\})[^\\s\'";,]+$'), '地图瓦片服务地址（Web 墨卡托、WGS-84，含 {z} {x} {y}；高德等 GCJ-02 的瓦片会偏约半公里）；空为不用瓦片，地图自行绘制区划与工单。', 'Tile server of the map (Web Mercator by WGS-84, with {z} {x} {y}; tiles by GCJ-02, like Amap’s, are half a kilometre off); empty = none: districts and tickets are drawn anyway.'),
  'county.every': setting(Ms(1_000, 100), '县级终端多久与市中心交换一次消息，毫秒（有操作时立即交换）。', 'How often a county terminal exchanges messages with the city, ms (at once after an act).'),
  'open311.keys': setting(Type.Array(Type.String({ minLength: 16 }), { default: [] }), '其他渠道（Open311）的密钥，逗号分隔，各至少 16 个字符，或写作 名称:密钥（换密钥后仍是同一渠道）；各渠道只见自己的诉求；空为不接收。', 'Keys of other channels (Open311), comma-separated, at least 16 characters each, or name:key (with another key it is the same channel still); each sees its own requests only; empty = none.', { secret: true }),
  'desk.grace': setting(Ms(8_000), '席位断线多久后视为离席，毫秒。', 'How long a desk may be disconnected before its operator counts as gone, ms.'),
  'session.hours': setting(Type.Integer({ minimum: 1, maximum: 168, default: 12 }), '登录有效时间，小时。', 'How long a log-in lasts, hours.'),
  'practice.citizens': setting(Ms(12_000), '练习：模拟市民平均来电间隔，毫秒，0 为不来电。', 'Practice: mean time between simulated calls, ms; 0 = none.'),
  'practice.units': setting(Type.Boolean({ default: true }), '练习：没有人登录的单位由系统扮演，自动确认送达、签收、到场、反馈。', 'Practice: units that nobody is signed in for are played; they confirm delivery, sign, arrive and report.'),
  'practice.seed': setting(Type.Integer({ minimum: 0, default: 110 }), '练习：随机种子。', 'Practice: random seed.'),
} as const satisfies Record<string, Setting>

export type SettingKey = keyof typeof SETTINGS
export type Config = { readonly [K in SettingKey]: Static<(typeof SETTINGS)[K]['schema']> }

/** What these settings add to a caller's wait in any flow, ms: the proof of flows counts it (`flow/proof`). */
export const delaysOf = (config: Pick<Config, 'intake.skillOverflow' | 'pbx.speech' | 'pbx.speechOpening'>): { readonly skill: number; readonly speech: number } =>
  ({ skill: config['intake.skillOverflow'], speech: config['pbx.speech'] === '' ? 0 : config['pbx.speechOpening'] })

/** A city whose telephone is the practice exchange: invented people, who sign in nowhere else. */
export const isPracticeCity = (config: Pick<Config, 'pbx.kind' | 'node.kind'>): boolean => config['pbx.kind'] === 'practice' && config['node.kind'] === 'city'

export interface LoadedConfig {
  readonly config: Config
  /** Where each value came from: `default`, `file liandong.yaml:3`, `environment LIANDONG_HTTP_PORT`, `option`. */
  readonly origins: Readonly<Record<SettingKey, string>>
}

/** A setting that cannot be used: names the place and the remedy. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`设置有误 / bad settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
  }
}

/** The environment variable of a setting: `http.port` → `LIANDONG_HTTP_PORT`. */
export const environmentName = (key: SettingKey): string =>
  `LIANDONG_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).replaceAll('.', '_').toUpperCase()}`

const keys = Object.keys(SETTINGS) as SettingKey[]
/** Read elsewhere: where the settings are, FreeSWITCH's configuration, the edge, tests. */
const OTHERS_VARIABLES = /^LIANDONG_(CONFIG$|FS_|LOAD_|TEST_|EDGE_(?!TOKEN$))/
const SHORTEST_PASSWORD = 12
/** Out of these FreeSWITCH reads more than a path: quotes and escapes of its arguments, parts of a `file_string`, variables, where in a file to begin. */
const NO_PATH = /['!\\$\u0000-\u001f\u007f]|@@/

/**
 * Reads settings once: defaults, then one file (`LIANDONG_CONFIG`, default `./liandong.yaml` if there), then the environment, then options.
 * @throws ConfigError listing all problems at once.
 */
export function loadConfig(environment: NodeJS.ProcessEnv, options: Partial<Config> = {}): LoadedConfig {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  const origins: Record<string, string> = {}
  const take = (key: SettingKey, raw: unknown, origin: string): void => {
    const { schema } = SETTINGS[key]
    const value = typeof raw === 'string' && !Value.Check(schema, raw) ? fromText(raw, schema) : raw
    if (Value.Check(schema, value)) {
      values[key] = value
      origins[key] = origin
      return
    }
    const [error] = Value.Errors(schema, value)
    const said = error === undefined ? null : sayProblem(error.keyword, error.params)
    problems.push(`${key}（${origin}）：${SETTINGS[key].secret ? '***' : JSON.stringify(raw)} — ${said === null ? error?.message ?? 'invalid' : `${said.zh} / ${said.en}`}；${SETTINGS[key].help.zh} / ${SETTINGS[key].help.en}`)
  }
  for (const key of keys) take(key, (SETTINGS[key].schema as { default?: unknown }).default, 'default')
  for (const [key, value, origin] of readFile(environment['LIANDONG_CONFIG'], problems)) take(key, value, origin)
  if (environment['DATABASE_URL']) take('database.url', environment['DATABASE_URL'], 'environment DATABASE_URL')
  for (const key of keys) {
    const value = environment[environmentName(key)]
    if (value !== undefined) take(key, value, `environment ${environmentName(key)}`)
  }
  for (const [key, value] of Object.entries(options)) take(key as SettingKey, value, 'option')
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('LIANDONG_') || OTHERS_VARIABLES.test(name) || keys.some((key) => environmentName(key) === name)) continue
    const key = name.slice('LIANDONG_'.length).toLowerCase().replaceAll('_', '.')
    problems.push(`${name}：没有这个设置 / there is no such setting. ${meant(key)}`)
  }
  const password = values['pbx.password']
  if (values['pbx.kind'] === 'freeswitch' && typeof password === 'string' && password !== '' && password.length < SHORTEST_PASSWORD) {
    problems.push(`pbx.password（${origins['pbx.password'] ?? ''}）：至少 ${SHORTEST_PASSWORD} 个字符，事件套接字可以控制整台交换机 / at least ${SHORTEST_PASSWORD} characters: whoever has the event socket has the PBX`)
  }
  if (values['pbx.kind'] === 'freeswitch' && values['pbx.password'] === '') {
    problems.push('pbx.password：真实交换机必须设置密码（与 event_socket.conf.xml 一致）/ a real PBX needs its event-socket password (the one in event_socket.conf.xml)')
  }
  if (values['database.ownerUrl'] !== '' && values['database.url'] === '') problems.push(`database.ownerUrl（${origins['database.ownerUrl'] ?? ''}）：须同时设置 database.url（服务器使用的角色）/ needs database.url as well, the role that the server works with`)
  if (values['pbx.browserPhones'] !== '' && values['pbx.phones'] === '') {
    problems.push(`pbx.browserPhones（${origins['pbx.browserPhones'] ?? ''}）：还须设置 pbx.phones，浏览器话机的注册凭据由它交给交换机 / needs pbx.phones as well: through that file FreeSWITCH learns what telephones in the browser register with`)
  }
  const timeZone = values['city.timeZone'] as string
  if (!isTimeZone(timeZone)) problems.push(`city.timeZone（${origins['city.timeZone'] ?? ''}）：${JSON.stringify(timeZone)} — 没有这个时区 / there is no such time zone; ${SETTINGS['city.timeZone'].help.zh} / ${SETTINGS['city.timeZone'].help.en}`)
  // What nobody named is in the installation, wherever it is started from.
  for (const key of ['home', 'flows.directory'] as const) values[key] = resolve(origins[key] === 'default' ? root : '.', values[key] as string)
  for (const key of ['home', 'flows.directory', 'pbx.promptRoot'] as const) {
    const path = values[key] as string
    if (NO_PATH.test(path)) problems.push(`${key}（${origins[key] ?? ''}）：${JSON.stringify(path)} — 提示音在此目录下，交换机读路径时 ' ! \\ $ @@ 另有含义，请换一个目录 / prompts lie below it, and FreeSWITCH reads more than a path out of ' ! \\ $ @@: use another directory`)
  }
  if (problems.length > 0) throw new ConfigError(problems)
  if (values['node.name'] === '') values['node.name'] = hostname().toLowerCase().replace(/[^a-z0-9-]/g, '-').slice(0, 32)
  return { config: values as Config, origins: origins as Record<SettingKey, string> }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** Steps of typing (insert, delete, replace, swap neighbours) between two words: optimal string alignment. */
function distance(a: string, b: string): number {
  let [before, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, n) => n)]
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1), swapped ? (before[j - 2] ?? 0) + 1 : Infinity)
    }
    [before, row] = [row, next]
  }
  return row[b.length] ?? 0
}

/** The setting that was probably meant. */
function meant(key: string): string {
  const plain = key.toLowerCase().replace(/[_-]/g, '')
  const [best] = keys.map((one) => ({ one, far: distance(plain, one.toLowerCase()) })).sort((a, b) => a.far - b.far)
  return best !== undefined && best.far <= Math.max(2, key.length / 4) ? `是否为 ${best.one}？/ did you mean ${best.one}?` : '`liandong config` 列出全部设置 / `liandong config` lists them all'
}

/** Text from the environment → the setting's type. Lists are comma-separated. */
function fromText(text: string, schema: TSchema): unknown {
  if ('items' in schema) return text.split(',').map((item) => item.trim()).filter((item) => item !== '')
  const value: unknown = Value.Convert(schema, text)
  // An empty variable would be 0, which means something: any port, no time limit.
  return typeof value === 'number' && !/^-?\d+(\.\d+)?$/.test(text) ? text : value
}

/** Some setting of this group, or null. */
const oneOf = (name: string): SettingKey | null => keys.find((key) => key.startsWith(`${name}.`)) ?? null

function* readFile(path: string | undefined, problems: string[]): Generator<[SettingKey, unknown, string]> {
  const file = path ?? (existsSync('liandong.yaml') ? 'liandong.yaml' : join(root, 'liandong.yaml'))
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (path !== undefined) problems.push(`LIANDONG_CONFIG：无法读取 ${file} / cannot read it: ${(error as Error).message}`)
    return
  }
  // Without excerpts: the line could be the one with the password.
  const document = parseDocument(text, { prettyErrors: false })
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length
  for (const error of document.errors) problems.push(`${file}:${lineOf(error.pos[0])}: YAML 写法有误（缩进用空格，不用制表符）/ bad YAML (indent by blanks, not tabs): ${error.message}`)
  if (document.errors.length > 0) return
  function* walk(node: unknown, prefix: string): Generator<[SettingKey, unknown, string]> {
    if (!isMap(node)) return
    for (const pair of node.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : ''
      const key = prefix === '' ? name : `${prefix}.${name}`
      const where = `${file}:${isScalar(pair.key) ? lineOf(pair.key.range?.[0] ?? 0) : 0}`
      if (Object.hasOwn(SETTINGS, key)) yield [key as SettingKey, isScalar(pair.value) ? pair.value.value : document.createNode(pair.value).toJSON(), `file ${where}`]
      else if (isMap(pair.value) && oneOf(key) !== null) yield* walk(pair.value, key)
      else if (oneOf(key) !== null) problems.push(`${where}: ${key} 是一组设置，例如 ${oneOf(key) ?? ''} / ${key} is a group of settings, such as ${oneOf(key) ?? ''}`)
      else problems.push(`${where}: 没有设置 ${key} / there is no setting ${key}. ${meant(key)}`)
    }
  }
  if (document.contents === null || isMap(document.contents)) yield* walk(document.contents, '')
  else problems.push(`${file}:1: 应为“键: 值”的映射 / must be a map of keys and values`)
}
