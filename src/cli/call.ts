import { loadConfig } from '../config.js'
import type { Command } from './command.js'
import { EXIT, parseOptions } from './options.js'

const HELP = `liandong call [--number 13900000001] [--name 周大爷] [--keys 1] [--wait 60] [--lat 34.62 --lon 112.45] [--url http://127.0.0.1:8110]
  --keys  按键，w 为等一秒，例如 w6w1 / keys to press; w waits a second
  --wait  最多通话秒数 / seconds until the caller hangs up
`

const TEXT: Readonly<Record<string, readonly [string, string]>> = {
  call: ['来电', 'call'], ringing: ['振铃', 'ringing'], answered: ['接通', 'answered'], hears: ['听到', 'hears'], key: ['按键', 'key'],
  operator: ['与接警员通话，分机', 'talks with the operator at'], fallback: ['转入交换机自带队列', 'in the native queue'], silence: ['无声', 'silence'], ended: ['结束', 'ended'],
}

/** `liandong call`: places one more practice call and prints what the caller hears and what happens. */
export const callCommand: Command = {
  name: 'call',
  summary: { zh: '打一个练习电话', en: 'place a practice call' },
  async run(args, { stdout, stderr }) {
    const parsed = parseOptions(args, { number: { type: 'string' }, name: { type: 'string' }, keys: { type: 'string' }, wait: { type: 'string' }, lat: { type: 'string' }, lon: { type: 'string' }, url: { type: 'string' }, help: { type: 'boolean', short: 'h' } }, HELP, stderr, { positionals: false })
    if (parsed === null) return EXIT.usage
    const { values } = parsed
    if (values.help === true) { stdout.write(HELP); return 0 }
    let url = values.url
    if (url === undefined) {
      const { config } = loadConfig(process.env)
      if (config['http.port'] === 0) { stderr.write(`端口由系统选定（http.port 为 0），请用 --url 指明网页地址 / the port is any free one (http.port is 0): name the desk's address by --url\n`); return 2 }
      // A wildcard is an address to listen at, not to call.
      const host = ['0.0.0.0', '::'].includes(config['http.host']) ? '127.0.0.1' : config['http.host']
      url = `http://${host.includes(':') ? `[${host}]` : host}:${config['http.port']}`
    }
    const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text))
    const body = { number: values.number, name: values.name, keys: values.keys, wait: number(values.wait), lat: number(values.lat), lon: number(values.lon) }
    let response: Response
    try {
      response = await fetch(`${url}/api/practice/calls`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    } catch {
      stderr.write(`${url} 没有应答：请先在另一个终端运行 npm start / does not answer: run npm start in another terminal first\n`)
      return 1
    }
    if (!response.ok || response.body === null) {
      const failure = (await response.json().catch(() => ({}))) as { text?: string }
      stderr.write(`${failure.text ?? `${url}: ${response.status} ${response.statusText}`}\n`)
      return 1
    }
    let rest = ''
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const report = JSON.parse(line) as { at: number; type: string; detail: string }
        const [zh, en] = TEXT[report.type] ?? [report.type, report.type]
        stdout.write(`${(report.at / 1000).toFixed(1).padStart(6)} s  ${zh} / ${en}  ${report.detail}\n`)
      }
    }
    return 0
  },
}
