import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { loadConfig, type Config } from '../config.js'
import { bad, ok, warn, type Check } from '../contracts/doctor.js'
import { checkEntry } from '../flow/library.js'
import { loadDirectory, readFlowDirectory } from '../intake/flow-files.js'
import { checkPbx } from '../pbx/doctor/doctor.js'
import { checkClock } from '../pbx/doctor/readings.js'
import { checkDatabase, type DatabaseFindings } from '../store/doctor.js'
import type { Command } from './command.js'
import { databaseOf } from './database.js'
import { parseOptions } from './options.js'

const USAGE = `用法 / Usage:
  liandong doctor [--json]
      检查设置、流程文件、PostgreSQL 和真实交换机，并说明如何处理。不改动任何东西。
      Looks at settings, flow files, PostgreSQL and a real PBX, and says what to do. Changes nothing.
      --json   供其他程序使用 / for other programs

  退出码 / exit code: 0 没有 ✗ no ✗, 1 有 ✗ some ✗, 2 用法或设置有误 wrong usage or settings
`

/** `liandong doctor`: can calls come? Exit code 1 when something would lose calls or leave them unprotected. */
export const doctorCommand: Command = {
  name: 'doctor',
  summary: { zh: '检查运行环境与真实交换机', en: 'examine the installation and a real PBX' },
  usage: USAGE,
  async run(args, { stdout }) {
    const { values } = parseOptions(args, { json: { type: 'boolean' } })
    const checks = await examine(loadConfig(process.env).config)
    stdout.write(values.json === true ? `${JSON.stringify({ checks }, null, 2)}\n` : checks.map(line).join('') + summary(checks))
    return checks.some(({ verdict }) => verdict === 'bad') ? 1 : 0
  },
}

async function examine(config: Config): Promise<readonly Check[]> {
  const flows = await readFlows(config)
  const database = await checkDatabase(databaseOf(config))
  const clock = database.clock === undefined ? [] : [checkClock('database.clock', ['数据库', 'the database'], database.clock.skew, database.clock.uncertainty)]
  return [checkHome(config.home), ...checkRecordingRoom(config), checkHttp(config), ...flows.checks, ...database.checks, ...clock, ...await pbxOf(config, flows, database)]
}

/** The journal of records that wait for PostgreSQL is here: without it a call's record could be lost. */
function checkHome(home: string): Check {
  try {
    // It may not be there yet: then the nearest directory above it must let us make it.
    let at = home
    while (!existsSync(at) && at !== dirname(at)) at = dirname(at)
    accessSync(at, constants.W_OK | constants.X_OK)
    return ok('home', `数据目录 ${home} 可写`, `the data directory ${home} can be written`)
  } catch (error) {
    return bad('home', `数据目录 ${home} 不可写：${(error as Error).message}`, `the data directory ${home} cannot be written: ${(error as Error).message}`, '更改权限，或设置 LIANDONG_HOME', 'change its permissions, or set LIANDONG_HOME')
  }
}

/** Recordings are taken in, kept and deleted here: their directory must be writable, and have room. */
function checkRecordingRoom(config: Config): Check[] {
  const directory = config['pbx.recordings']
  if (directory === '') return []
  const remedy = ['建立该目录并让交换机与本服务都可写，或改 pbx.recordings', 'make it, writable by the PBX and this service, or change pbx.recordings'] as const
  try {
    accessSync(directory, constants.W_OK | constants.X_OK)
    const { bavail, bsize } = statfsSync(directory)
    const free = Math.floor(bavail * bsize / 2 ** 20)
    return [free < config['recording.minFree']
      ? bad('recordings', `录音目录 ${directory} 只剩 ${free} MB：当前不录音`, `only ${free} MB are free in ${directory}: nothing is recorded`, '清理磁盘、换更大的盘，或缩短 recording.keepStandard', 'clear the disk, use a larger one, or shorten recording.keepStandard')
      : ok('recordings', `录音目录 ${directory} 可写，剩余 ${free} MB`, `recordings go to ${directory}, ${free} MB free`)]
  } catch (error) {
    return [bad('recordings', `录音目录 ${directory} 不可写：${(error as Error).message}`, `the directory of recordings ${directory} cannot be written: ${(error as Error).message}`, ...remedy)]
  }
}

/** Call records are read here, and deleted once their calls are recorded: that takes write access to their directory. */
function checkSweep(directory: string): Check {
  if (directory === '') return warn('pbx.sweep', '没有设置 pbx.cdrDirectory：停机期间结束的通话不会补录', 'pbx.cdrDirectory is not set: calls that end while we are down are not recorded', '设为 mod_json_cdr 写话单的目录', 'set it to the directory where mod_json_cdr writes')
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
    if (!statSync(directory).isDirectory()) throw new Error('ENOTDIR')
    return ok('pbx.sweep', `话单目录 ${directory} 可读写`, `call records are taken in from ${directory}`)
  } catch (error) {
    return bad('pbx.sweep', `话单目录 ${directory} 不可读写：${(error as Error).message}`, `the directory of call records ${directory} cannot be read and written: ${(error as Error).message}`,
      '让本服务与交换机都能读写该目录（同一用户组并设 2770，或以可写方式挂载），或改 pbx.cdrDirectory', 'let this service and the PBX read and write it (a common group and mode 2770, or mount it writable), or change pbx.cdrDirectory')
  }
}

/** Who reaches the desk, and whether his session can be overheard. */
function checkHttp(config: Config): Check {
  const { 'http.host': host, 'http.origins': origins, 'http.secureCookie': secure } = config
  const here = /^(127\.|::1$|localhost$)/.test(host)
  const https = origins.some((origin) => origin.startsWith('https:'))
  if (!here && origins.length === 0) {
    return bad('http', `网页监听 ${host}，但没有设置 http.origins：其他主机上的席位会被拒绝`, `the desk is served at ${host} and http.origins is empty: desks on other machines are refused`, '把浏览器里的地址写入 LIANDONG_HTTP_ORIGINS，例如 https://110.example', 'put the address in the browser into LIANDONG_HTTP_ORIGINS, e.g. https://110.example')
  }
  if ((secure || config['http.trustProxy'] !== '') && !https) {
    return bad('http', '设置了反向代理（http.secureCookie 或 http.trustProxy），http.origins 里却没有 https 地址：经它打开的网页登录时被拒绝（403）', 'a proxy is set (http.secureCookie or http.trustProxy) and http.origins has no https address: whoever opens the desk through it is refused at the log-in (403)', '把浏览器里的地址写入 LIANDONG_HTTP_ORIGINS，例如 https://110.example', 'put the address in the browser into LIANDONG_HTTP_ORIGINS, e.g. https://110.example')
  }
  if (here && origins.length === 0 && config['pbx.kind'] === 'freeswitch') {
    return warn('http', `网页只对本机开放（${host}）：其他机器上的席位，即使经 TLS 代理，登录时也被拒绝（403）`, `the desk is open to this machine only (${host}): desks elsewhere, through a TLS proxy too, are refused at the log-in (403)`, '把浏览器里的地址写入 LIANDONG_HTTP_ORIGINS（如 https://110.example），并设置 LIANDONG_HTTP_SECURE_COOKIE=true 与 LIANDONG_HTTP_TRUST_PROXY', 'put the address in the browser into LIANDONG_HTTP_ORIGINS (e.g. https://110.example), and set LIANDONG_HTTP_SECURE_COOKIE=true and LIANDONG_HTTP_TRUST_PROXY')
  }
  if (!secure && (!here || https)) {
    return warn('http', '会话 Cookie 也会经未加密的 HTTP 发送', 'the session cookie is sent over plain HTTP as well', '置于 TLS 反向代理之后，并设置 LIANDONG_HTTP_SECURE_COOKIE=true', 'put a TLS proxy before it and set LIANDONG_HTTP_SECURE_COOKIE=true')
  }
  if (secure && config['http.trustProxy'] === '') {
    return warn('http', '会话 Cookie 只走 HTTPS，即前面有反向代理，但没有设置 http.trustProxy：所有席位看起来来自同一地址，按地址的限制会误伤整个大厅', 'the session cookie is for HTTPS only, so there is a proxy, but http.trustProxy is empty: every desk seems to come from the proxy, and limits by address hit the whole hall', '把反向代理的地址写入 LIANDONG_HTTP_TRUST_PROXY', 'put the proxy’s address into LIANDONG_HTTP_TRUST_PROXY')
  }
  return ok('http', here && origins.length === 0 ? `网页只对本机开放（${host}）` : `网页来源：${origins.join(', ')}`, here && origins.length === 0 ? `the desk is open to this machine only (${host})` : `the desk is opened at ${origins.join(', ')}`)
}

/** What doctor needs of the flow files. `lines`: how many there are outside. */
interface FlowsFound { readonly checks: readonly Check[]; readonly prompts: readonly string[]; readonly lines: number }

async function readFlows(config: Config): Promise<FlowsFound> {
  const directory = config['flows.directory']
  const shown = relative(process.cwd(), directory) || '.'
  const read = await readFlowDirectory(directory, shown)
  const loaded = loadDirectory(read, shown)
  const problems = [...read.problems, ...loaded.problems]
  const prompts = [...read.prompts.values()].flatMap((language) => [...language.values()].map(({ path }) => resolve(path)))
  const [first] = problems
  const entry = config['flows.entry']
  const [noEntry] = checkEntry(entry, join(shown, `${entry}.yaml`), read.files, loaded.flows)
  const checks = [first === undefined
    ? ok('flows.files', `${loaded.flows.size} 个流程没有问题`, `no problems in the flow files (${loaded.flows.size})`)
    : bad('flows.files', `${problems.length} 个问题，第一个：${first.file}:${first.line}:${first.col} ${first.problem.zh}`, `${problems.length} problems, the first: ${first.file}:${first.line}:${first.col} ${first.problem.en}`, 'liandong flow check 列出全部问题', 'liandong flow check lists them all'),
  noEntry !== undefined
    ? bad('flows.entry', noEntry.problem.zh, noEntry.problem.en, noEntry.remedy.zh, noEntry.remedy.en)
    : loaded.flows.has(entry)
      ? ok('flows.entry', `来电进入流程 ${entry}`, `callers enter the flow ${entry}`)
      : bad('flows.entry', `流程 ${entry} 有问题`, `the flow ${entry} has problems`, `改好 ${entry}.yaml`, `put ${entry}.yaml right`)]
  const root = join(directory, 'prompts')
  return { checks, lines: read.lines?.length ?? 0, prompts: config['pbx.promptRoot'] === '' ? prompts : prompts.map((path) => join(config['pbx.promptRoot'], relative(root, path))) }
}

/** The lines of lines.yaml, and whoever is to be called back, are outside. */
const checkLines = (trunk: string, lines: number): readonly Check[] => (trunk !== '' ? [] : [warn('pbx.trunk', `没有设置 pbx.trunkDial：不能回拨${lines === 0 ? '' : `，lines.yaml 的 ${lines} 条线路也接不通`}`, `pbx.trunkDial is not set: nobody can be called back${lines === 0 ? '' : `, and none of the ${lines} lines of lines.yaml be reached`}`,
  '设 LIANDONG_PBX_TRUNK_DIAL=sofia/citizens/{number}@<运营商地址>', 'set LIANDONG_PBX_TRUNK_DIAL=sofia/citizens/{number}@<the carrier’s address>')])

async function pbxOf(config: Config, { prompts, lines }: FlowsFound, { extensions, nodes }: Pick<DatabaseFindings, 'extensions' | 'nodes'>): Promise<readonly Check[]> {
  if (config['pbx.kind'] === 'practice') {
    return [warn('pbx.kind', '使用练习交换机，没有检查真实交换机', 'the practice exchange is used; no real PBX was examined', '接真实交换机时设置 LIANDONG_PBX_KIND=freeswitch', 'for a real PBX set LIANDONG_PBX_KIND=freeswitch')]
  }
  const listenHost = config['pbx.listenHost'] === '0.0.0.0' ? '127.0.0.1' : config['pbx.listenHost']
  const cdr = config['pbx.cdrDirectory']
  return [checkSweep(cdr), ...checkLines(config['pbx.trunkDial'], lines),
    ...await checkPbx({
      host: config['pbx.host'], port: config['pbx.port'], password: config['pbx.password'], operatorDial: config['pbx.operatorDial'], trunkDial: config['pbx.trunkDial'], hallsDial: config['pbx.hallsDial'], nodes,
      fallbackExtension: config['pbx.fallbackExtension'], fallbackContext: config['pbx.fallbackContext'], nativeQueue: config['pbx.nativeQueue'], node: `${listenHost}:${config['pbx.listenPort']}`,
      ports: [config['http.port'], config['pbx.listenPort'], config['pbx.port']], holdMusic: config['pbx.holdMusic'], cdrDirectory: cdr === '' || isAbsolute(cdr) ? cdr : resolve(cdr),
      phones: config['pbx.phones'], browserPhones: config['pbx.browserPhones'], recordings: config['pbx.recordings'], prompts, extensions,
    })]
}

const SIGN = { ok: '✓', warn: '!', bad: '✗' } as const

const line = ({ verdict, found, remedy }: Check): string =>
  `${SIGN[verdict]} ${found.zh === found.en ? found.zh : `${found.zh} / ${found.en}`}\n${remedy === undefined ? '' : `    → ${remedy.zh}\n${remedy.en === remedy.zh ? '' : `    → ${remedy.en}\n`}`}`

function summary(checks: readonly Check[]): string {
  const count = (verdict: Check['verdict']): number => checks.filter((check) => check.verdict === verdict).length
  return `\n✓ ${count('ok')}  ! ${count('warn')}  ✗ ${count('bad')}\n`
}
