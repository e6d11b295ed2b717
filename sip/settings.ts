import { isIP } from 'node:net'
import type { AdmissionRules, Rate } from './core/admission.js'
import type { PoolRules, TargetSpec } from './core/pool.js'

/** The edge's settings: environment variables only, so that it starts where nothing of the server is installed. */
export interface EdgeSettings {
  readonly name: string
  readonly drachtio: { readonly host: string; readonly port: number; readonly secret: string; readonly tlsCa: string }
  /** Shared with FreeSWITCH's dialplan (`LIANDONG_FS_EDGE_SECRET`). */
  readonly secret: string
  readonly pool: readonly TargetSpec[]
  readonly poolRules: PoolRules
  /** Between two OPTIONS to a target, ms. */
  readonly pingEvery: number
  /** No answer from a target until then: the next one, ms. */
  readonly answerWithin: number
  readonly numbers: ReadonlyMap<string, 'emergency' | 'standard'>
  readonly trustedTrunks: ReadonlySet<string>
  /** Trunks that insist on a Record-Route. */
  readonly recordRoute: ReadonlySet<string>
  readonly admission: AdmissionRules
  readonly locationHosts: ReadonlySet<string>
  readonly locationDeadline: number
  /** What a carrier reads in Retry-After when no FreeSWITCH takes calls, seconds. */
  readonly retryAfterSeconds: number
  /** Where drachtio reaches this process for calls that nobody took. */
  readonly sorryHost: string
  readonly http: { readonly host: string; readonly port: number }
  /** Liandong, where the counts are told; null: nowhere. */
  readonly report: { readonly url: string; readonly token: string } | null
  readonly directory: string
  readonly timeZone: string
  readonly logLevel: string
}

interface Row<T> { readonly default: string; readonly zh: string; readonly en: string; readonly secret?: true; readonly read: (text: string) => T }

const row = <T>(fallback: string, read: (text: string) => T, zh: string, en: string, more: { secret?: true } = {}): Row<T> => ({ default: fallback, read, zh, en, ...more })

class BadValue extends Error {}
const bad = (why: string): never => { throw new BadValue(why) }
const list = (text: string): string[] => text.split(',').map((item) => item.trim()).filter((item) => item !== '')
const text = (value: string): string => value
const matching = (pattern: RegExp, why: string) => (value: string): string => (pattern.test(value) ? value : bad(why))
const whole = (least: number, most: number) => (value: string): number => (/^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most ? Number(value) : bad(`整数 ${least}–${most} / a whole number ${least}–${most}`))
const share = (value: string): number => (/^(0(\.\d+)?|1|1\.0+)$/.test(value) ? Number(value) : bad('0 到 1 之间 / between 0 and 1'))
const addresses = (value: string): ReadonlySet<string> => new Set(list(value).map((one) => (isIP(one) > 0 ? one : bad(`${one} 不是 IP 地址 / is no IP address`))))
const rate = (value: string): Rate => {
  const [, perSecond = '', burst = ''] = /^(\d{1,5}(?:\.\d{1,3})?)\/(\d{1,5})$/.exec(value) ?? bad('“每秒/突发”，如 0.2/4 / “per second/burst”, e.g. 0.2/4')
  return Number(burst) >= 1 && Number(perSecond) > 0 ? { perSecond: Number(perSecond), burst: Number(burst) } : bad('都要大于 0 / both above 0')
}
const targets = (value: string): readonly TargetSpec[] => {
  const found = list(value).map((item): TargetSpec => {
    const [, id = '', weight] = /^((?:[A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]+\]):\d{1,5})(?:;weight=(\d{1,4}))?$/.exec(item) ?? bad(`${item}：应为 主机:端口[;weight=n] / must be host:port[;weight=n]`)
    return { id, weight: Number(weight ?? '1') }
  })
  return found.length > 0 ? found : bad('至少一个 / at least one')
}
const numbers = (value: string): ReadonlyMap<string, 'emergency' | 'standard'> => new Map(list(value).map((item) => {
  const [, number = '', kind] = /^([0-9*#]{1,20})(?::(emergency|standard))?$/.exec(item) ?? bad(`${item}：应为 号码:emergency 或 号码:standard / must be number:emergency or number:standard`)
  return [number, kind === 'standard' ? 'standard' : 'emergency'] as const
}))
const zone = (value: string): string => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value })
    return value
  } catch {
    return bad('没有这个时区 / there is no such time zone')
  }
}

/** Every setting of the edge. `docs/edge.md` has the table (`npm run docs`). */
export const EDGE_SETTINGS = {
  NAME: row('edge', matching(/^[a-z0-9-]{1,32}$/, '小写字母、数字、- / lower-case letters, digits, -'), '接入层的名字，出现在计数与指标里。', 'Name of this edge, in counts and metrics.'),
  DRACHTIO_HOST: row('127.0.0.1', matching(/^[A-Za-z0-9.:-]{1,253}$/, '主机名或地址 / a host or address'), 'drachtio-server 管理口地址。', 'Host of drachtio-server’s admin port.'),
  DRACHTIO_PORT: row('9022', whole(1, 65_535), 'drachtio-server 管理口端口（TLS 时为 TLS 端口）。', 'drachtio-server’s admin port (its TLS port when TLS is used).'),
  DRACHTIO_SECRET: row('', matching(/^[A-Za-z0-9_-]{16,128}$/, '16–128 位字母、数字、-、_；没有默认值 / 16–128 letters, digits, -, _; there is no default'), 'drachtio-server 管理口密钥。', 'Secret of drachtio-server’s admin port.', { secret: true }),
  DRACHTIO_TLS_CA: row('', text, '管理口用 TLS 时：信任的证书（PEM 文件）。不在本机的 drachtio 必须用 TLS。', 'TLS on the admin port: certificate to trust (PEM file). A drachtio on another machine must use TLS.'),
  SECRET: row('', matching(/^[A-Za-z0-9]{16,64}$/, '16–64 位字母数字；没有默认值 / 16–64 letters and digits; there is no default'), '与 FreeSWITCH 共用的密钥（LIANDONG_FS_EDGE_SECRET）。', 'Secret shared with FreeSWITCH (LIANDONG_FS_EDGE_SECRET).', { secret: true }),
  POOL: row('127.0.0.1:5060', targets, 'FreeSWITCH 池：主机:端口[;weight=n]，逗号分隔；主机名由接入层解析，每 30 秒一次。', 'FreeSWITCH pool: host:port[;weight=n], comma-separated; names are resolved by the edge, every 30 s.'),
  POOL_FALL: row('2', whole(1, 10), '连续几次失败算故障。', 'Failures in a row until a FreeSWITCH counts as down.'),
  POOL_RISE: row('2', whole(1, 10), '连续几次正常算恢复。', 'Good answers in a row until it counts as up again.'),
  PING_EVERY: row('2000', whole(200, 60_000), '两次 OPTIONS 探测间隔，毫秒。', 'Between two OPTIONS to a FreeSWITCH, ms.'),
  ANSWER_WITHIN: row('1000', whole(200, 1_500), 'FreeSWITCH 多久无应答就换下一台，毫秒。', 'No answer of a FreeSWITCH until then: the next one is tried, ms.'),
  NUMBERS: row('110:emergency', numbers, '受理的被叫号码与类别。', 'Called numbers that are served, and their class.'),
  TRUSTED_TRUNKS: row('', addresses, '可信中继地址：采信其 P-Asserted-Identity 与位置。', 'Addresses of trusted trunks: their P-Asserted-Identity and locations are believed.'),
  RECORD_ROUTE: row('', addresses, '要求 Record-Route 的中继地址。', 'Addresses of trunks that need a Record-Route.'),
  SITE_RATE: row('30/60', rate, '全站每秒呼叫数/突发数。', 'Calls a second and burst that the site takes.'),
  NUMBER_RATE: row('0.1/4', rate, '单个主叫号码。', 'One caller’s number.'),
  BLOCK_RATE: row('0.5/6', rate, '只有末四位不同的号码段。突发数内的呼叫排在真实来电之前，宜小。', 'Numbers that differ in the last four digits only. Calls within the burst wait like anyone’s: keep it small.'),
  TRUNK_RATE: row('20/8', rate, '单个中继，它可能带来全市的来电：每秒数须远高于全市最忙时，又须明显低于洪水（每秒五十）。超出者降级，与洪水不同类的除外。突发数不大于席位数：随机号码的洪水被识别之前，每席只接到一两个。', 'One trunk, which may bring all of the city’s calls: far above its busiest hour, and clearly below a flood (50 a second). Beyond it calls are demoted, except those that are unlike the flood. The burst: no more than operators, who get one or two calls each of a flood by chance numbers before it is recognised.'),
  AGAIN_RATE: row('2/8', rate, '超出速率的中继上，与洪水不同类（来电次数、首次来电时间）而不降级的呼叫，每一类与各类合计都不超过它。宜低于席位应对无声来电的能力：十二席、每次四秒，每秒三次。', 'On a trunk beyond its rate: calls that are unlike the flood (by how often their number called, and since when) and are not demoted; of each kind and of all kinds together. Below what the operators can do with silent calls: twelve, at four seconds each, take three a second.'),
  RESERVED_EMERGENCY: row('0.3', share, '突发量中只留给紧急号码的份额。', 'Share of the burst that is kept for emergency numbers.'),
  RESERVED_STANDARD: row('0.5', share, '其余之中不给降级呼叫的份额。', 'Of the rest: share that demoted calls may not use.'),
  LOCATION_HOSTS: row('', (value) => new Set(list(value)), '可查询位置的主机（host 或 host:port）。', 'Hosts that may be asked for locations (host or host:port).'),
  LOCATION_DEADLINE: row('800', whole(100, 3_000), '查询位置的时限，毫秒；呼叫最多等这么久。', 'Deadline of a location look-up, ms: a call waits no longer.'),
  RETRY_AFTER: row('5', whole(1, 3_600), '没有可用 FreeSWITCH 时 Retry-After 的秒数。', 'Retry-After when no FreeSWITCH takes calls, seconds.'),
  SORRY_HOST: row('127.0.0.1', (value) => (isIP(value) === 4 ? value : bad('IPv4 地址 / an IPv4 address')), '本进程应答“全部不可用”的地址，drachtio 须能到达。', 'Address where this process answers “nobody can take it”; drachtio must reach it.'),
  HTTP_HOST: row('127.0.0.1', text, '指标与计数的监听地址。', 'Address for metrics and counts.'),
  HTTP_PORT: row('9110', whole(0, 65_535), '指标与计数的端口，0 为任选。', 'Port for metrics and counts; 0 = any free one.'),
  REPORT_URL: row('', (value) => (value === '' || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) && new URL(value).username === '') ? value.replace(/\/+$/, '') : bad('如 https://110.example / e.g. https://110.example')), '向联动服务上报计数的地址，如 https://110.example；空为不上报。', 'Liandong’s address, to which counts are told, e.g. https://110.example; empty = nobody is told.'),
  TOKEN: row('', matching(/^$|^[A-Za-z0-9_-]{16,128}$/, '16–128 位字母、数字、-、_ / 16–128 letters, digits, -, _'), '上报用的令牌，与联动的 edge.token 是同一变量。', 'Token for it: the same variable as edge.token of Liandong.', { secret: true }),
  DIRECTORY: row('./var/edge', text, '每日计数文件的目录。', 'Directory of the daily count files.'),
  TIME_ZONE: row('Asia/Shanghai', zone, '“日”所在的时区。', 'Time zone of a day.'),
  LOG_LEVEL: row('info', matching(/^(trace|debug|info|warn|error|silent)$/, 'trace, debug, info, warn, error, silent'), '日志级别。', 'Log level.'),
} as const

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

export class EdgeSettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`设置有误 / bad settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.name = 'EdgeSettingsError'
  }
}

type Values = { readonly [K in keyof typeof EDGE_SETTINGS]: ReturnType<(typeof EDGE_SETTINGS)[K]['read']> }

/**
 * Reads `LIANDONG_EDGE_…`.
 * @throws EdgeSettingsError listing all problems at once
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): EdgeSettings {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, { default: fallback, read, zh, en, secret }] of Object.entries(EDGE_SETTINGS) as [string, Row<unknown>][]) {
    const raw = environment[`LIANDONG_EDGE_${name}`] ?? fallback
    try {
      values[name] = read(raw)
    } catch (error) {
      if (!(error instanceof BadValue)) throw error
      problems.push(`LIANDONG_EDGE_${name}：${secret === true ? '***' : JSON.stringify(raw)} — ${error.message}；${zh} / ${en}`)
    }
  }
  for (const name of Object.keys(environment)) {
    if (name.startsWith('LIANDONG_EDGE_') && !Object.hasOwn(EDGE_SETTINGS, name.slice(14))) problems.push(`${name}：没有这个设置 / there is no such setting`)
  }
  const v = values as Values
  // The secret would cross the network in clear, and so would every caller's number.
  if (problems.length === 0 && v.DRACHTIO_TLS_CA === '' && !LOOPBACK.has(v.DRACHTIO_HOST)) {
    problems.push(`LIANDONG_EDGE_DRACHTIO_HOST：${v.DRACHTIO_HOST} 不在本机，必须用 TLS：请设置 LIANDONG_EDGE_DRACHTIO_TLS_CA / is another machine and needs TLS: set LIANDONG_EDGE_DRACHTIO_TLS_CA`)
  }
  if (problems.length === 0 && v.REPORT_URL !== '' && v.TOKEN === '') problems.push('LIANDONG_EDGE_TOKEN：设置了 REPORT_URL 就必须设置令牌 / REPORT_URL needs a token')
  if (problems.length === 0 && v.REPORT_URL.startsWith('http:') && !LOOPBACK.has(new URL(v.REPORT_URL).hostname)) problems.push('LIANDONG_EDGE_REPORT_URL：不在本机时必须用 https，否则令牌在网上是明文 / another machine needs https: the token would cross the network in clear')
  if (problems.length > 0) throw new EdgeSettingsError(problems)
  return {
    name: v.NAME, secret: v.SECRET,
    drachtio: { host: v.DRACHTIO_HOST, port: v.DRACHTIO_PORT, secret: v.DRACHTIO_SECRET, tlsCa: v.DRACHTIO_TLS_CA },
    pool: v.POOL, poolRules: { fall: v.POOL_FALL, rise: v.POOL_RISE }, pingEvery: v.PING_EVERY, answerWithin: v.ANSWER_WITHIN,
    numbers: v.NUMBERS, trustedTrunks: v.TRUSTED_TRUNKS, recordRoute: v.RECORD_ROUTE,
    admission: {
      site: v.SITE_RATE, number: v.NUMBER_RATE, block: v.BLOCK_RATE, trunk: v.TRUNK_RATE, again: v.AGAIN_RATE,
      reserved: { emergency: v.RESERVED_EMERGENCY, standard: v.RESERVED_STANDARD }, // Number and block of each of the fifty calls a second that a flood brings in the ten minutes for which a number's calls are counted.
      memory: 60_000,
    },
    locationHosts: v.LOCATION_HOSTS, locationDeadline: v.LOCATION_DEADLINE, retryAfterSeconds: v.RETRY_AFTER, sorryHost: v.SORRY_HOST,
    http: { host: v.HTTP_HOST, port: v.HTTP_PORT }, report: v.REPORT_URL === '' ? null : { url: v.REPORT_URL, token: v.TOKEN }, directory: v.DIRECTORY, timeZone: v.TIME_ZONE, logLevel: v.LOG_LEVEL,
  }
}
