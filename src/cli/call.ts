import { loadConfig } from '../config.js'
import { ERRORS, errorText, type ErrorCode } from '../contracts/errors.js'
import { KEY_GAP, KEY_PAUSE, LISTENS, type PracticeCall } from '../contracts/routes/practice.js'
import type { Command } from './command.js'
import { EXIT, numberOf, parseOptions, UsageError } from './options.js'

const seconds = (ms: number): string => String(ms / 1000)

const USAGE = `用法 / Usage:
  liandong call [--number 13900000001] [--called 110] [--name 周大爷] [--keys 1] [--wait 60] [--lat 34.62 --lon 112.45]
      打一个练习电话，逐行写出来电人听到什么、发生什么 / places a practice call and prints what the caller hears and what happens
      --number   来电号码：数字、* # +，最多 20 位 / his number: digits, * # +, 20 at most
      --called   他拨的号码（默认 110），决定进入哪个流程（1109 查询办理情况，其余见 entries.yaml）：数字、* #，最多 20 位
                 the number that he dials (110), which says by what flow he enters (1109: how a request stands; others: entries.yaml): digits, * #, 20 at most
      --name     姓名 / his name
      --keys     他按的键：0–9 * #，w 停一秒。先听 ${seconds(LISTENS)} 秒，每键之后停 ${seconds(KEY_GAP)} 秒：w6w1 在 ${seconds(LISTENS + KEY_PAUSE)} 秒时按 6，再过 ${seconds(KEY_GAP + KEY_PAUSE)} 秒按 1
                 keys he presses: 0–9 * #; w pauses a second. He listens for ${seconds(LISTENS)} s first and pauses ${seconds(KEY_GAP)} s after each key:
                 w6w1 presses 6 after ${seconds(LISTENS + KEY_PAUSE)} s, and 1 after ${seconds(KEY_GAP + KEY_PAUSE)} s more
      --wait     最多多少秒后挂机（1–3600，默认 60）/ hangs up after so many seconds (1–3600, default 60)
      --lat --lon  他的位置（纬度 −90 至 90，经度 −180 至 180），要一起写 / where he is (latitude, longitude), both or none
      --url      联动的网页地址，默认按设置 / address of Liandong’s desk; default: by the settings

  退出码 / exit code: 0 通话已结束 the call is over, 1 打不通 it could not be placed, 2 用法 usage
`

const TEXT: Readonly<Record<string, readonly [string, string]>> = {
  call: ['来电', 'call'], ringing: ['振铃', 'ringing'], answered: ['接通', 'answered'], hears: ['听到', 'hears'], key: ['按键', 'key'],
  operator: ['与接警员通话，分机', 'talks with the operator at'], fallback: ['转入交换机自带队列', 'in the native queue'], silence: ['无声', 'silence'], ended: ['结束', 'ended'],
}

const OPTIONS = { number: { type: 'string' }, called: { type: 'string' }, name: { type: 'string' }, keys: { type: 'string' }, wait: { type: 'string' }, lat: { type: 'string' }, lon: { type: 'string' }, url: { type: 'string' } } as const

/** What is asked of the practice exchange. @throws UsageError that names the option, and the character in it */
function wishOf(values: ReturnType<typeof parseOptions<typeof OPTIONS>>['values']): Partial<PracticeCall> {
  const { number, called, name, keys } = values
  if (number !== undefined && !/^[0-9*#+]{0,20}$/.test(number)) throw new UsageError(`--number “${number}”：只能有数字、* # +，最多 20 位，如 13900000001`, `--number “${number}” may have only digits, * # +, at most 20, such as 13900000001`)
  if (called !== undefined && !/^[0-9*#]{1,20}$/.test(called)) throw new UsageError(`--called “${called}”：只能有数字、* #，1–20 位，如 12345`, `--called “${called}” may have only digits, * #, 1 to 20 of them, such as 12345`)
  const odd = keys === undefined ? -1 : [...keys].findIndex((key) => !/[0-9*#w]/.test(key))
  if (keys !== undefined && odd >= 0) throw new UsageError(`--keys “${keys}”：第 ${odd + 1} 个字符 “${[...keys][odd] ?? ''}” 不是按键；可用 0–9 * #，w 停一秒，如 w6w1`, `--keys “${keys}”: character ${odd + 1}, “${[...keys][odd] ?? ''}”, is no key; there are 0–9 * # and w, which pauses a second, such as w6w1`)
  if (keys !== undefined && keys.length > 64) throw new UsageError('--keys：最多 64 个', '--keys has 64 at most')
  if (name !== undefined && name.length > 64) throw new UsageError('--name：最多 64 个字符', '--name has 64 characters at most')
  const wait = numberOf('wait', values.wait, { least: 1, most: 3600 })
  const lat = numberOf('lat', values.lat, { least: -90, most: 90, whole: false })
  const lon = numberOf('lon', values.lon, { least: -180, most: 180, whole: false })
  if ((lat === undefined) !== (lon === undefined)) throw new UsageError(`只有 --${lat === undefined ? 'lon' : 'lat'}：纬度和经度要一起写，如 --lat 34.62 --lon 112.45`, `--${lat === undefined ? 'lon' : 'lat'} alone: latitude and longitude go together, such as --lat 34.62 --lon 112.45`)
  return { ...number !== undefined && { number }, ...called !== undefined && { called }, ...name !== undefined && { name }, ...keys !== undefined && { keys }, ...wait !== undefined && { wait }, ...lat !== undefined && { lat }, ...lon !== undefined && { lon } }
}

/** Where the desk is. @throws UsageError */
function addressOf(named: string | undefined): string {
  if (named !== undefined) {
    if (!URL.canParse(named) || !/^https?:\/\//.test(named)) throw new UsageError(`--url “${named}”：应为网页地址，如 http://127.0.0.1:8110`, `--url “${named}” must be an address such as http://127.0.0.1:8110`)
    return new URL(named).origin
  }
  const { config } = loadConfig(process.env)
  if (config['http.port'] === 0) throw new UsageError('端口由系统选定（http.port 为 0），请用 --url 指明网页地址', 'the port is any free one (http.port is 0): name the desk’s address by --url')
  // A wildcard is an address to listen at, not to call.
  const host = ['0.0.0.0', '::'].includes(config['http.host']) ? '127.0.0.1' : config['http.host']
  return `http://${host.includes(':') ? `[${host}]` : host}:${config['http.port']}`
}

/** `liandong call`: places one more practice call and prints what the caller hears and what happens. */
export const callCommand: Command = {
  name: 'call',
  summary: { zh: '打一个练习电话', en: 'place a practice call' },
  usage: USAGE,
  async run(args, { stdout, stderr }) {
    const { values } = parseOptions(args, OPTIONS)
    const body = wishOf(values)
    const url = addressOf(values.url)
    const failed = (zh: string, en: string): number => { stderr.write(`✗ ${zh}\n  ${en}\n`); return EXIT.problems }
    let response: Response
    try {
      response = await fetch(`${url}/api/practice/calls`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    } catch {
      return failed(`${url} 没有应答：请先在另一个终端运行 npm start`, `${url} does not answer: run npm start in another terminal first`)
    }
    if (!response.ok || response.body === null) {
      const { code = '', details = {} } = (await response.json().catch(() => ({}))) as { code?: string; details?: Record<string, string | number> }
      if (Object.hasOwn(ERRORS, code)) return failed(errorText(code as ErrorCode, 'zh', details), errorText(code as ErrorCode, 'en', details))
      return failed(`${url} 不是联动的地址（${response.status} ${response.statusText}）`, `${url} is no address of Liandong (${response.status} ${response.statusText})`)
    }
    if (response.headers.get('content-type')?.startsWith('application/x-ndjson') !== true) return failed(`${url} 不是联动的地址`, `${url} is no address of Liandong`)
    let rest = ''
    try {
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) stdout.write(told(line))
      }
    } catch {
      return failed('联动在通话中停止了，后事不知', 'Liandong stopped in the middle of the call: what became of it is not known')
    }
    return EXIT.fine
  },
}

function told(line: string): string {
  const { at, type, detail } = JSON.parse(line) as { at: number; type: string; detail: string }
  const [zh, en] = TEXT[type] ?? [type, type]
  return `${(at / 1000).toFixed(1).padStart(6)} s  ${zh} / ${en}  ${detail}\n`
}
