import { spawnSync } from 'node:child_process'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { COMMANDS } from '../../src/cli/commands.js'
import { runLiandong } from '../../src/cli/run.js'

interface Outcome { readonly code: number; readonly out: string; readonly err: string }

async function liandong(...args: readonly string[]): Promise<Outcome> {
  const [stdout, stderr] = [new PassThrough({ highWaterMark: 1e6 }), new PassThrough({ highWaterMark: 1e6 })]
  const code = await runLiandong(args, { stdout, stderr, stdin: Readable.from([]) })
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
}

/** Chinese, and a sentence of English beside it. */
function both(t: Test, text: string, what: string): void {
  t.match(text, /[\u4e00-\u9fff]{2}/, `${what}: Chinese`)
  t.match(text.replace(/[“”"`'].*?[“”"`']/g, ''), /[a-z]{2,} [a-z]/i, `${what}: English`)
}

/** Nonsense for each verb, and the words of the answer that name the place or the remedy. */
const NONSENSE: Readonly<Record<string, readonly (readonly [args: string, names: RegExp])[]>> = {
  start: [['now', /“now”/], ['--no-desc', /--no-desk/]],
  call: [
    ['--lat 99 --lon 1', /--lat “99”.*-90.*90/], ['--lat 34.6', /--lon 112\.45/], ['--lat here --lon 1', /--lat “here”/], ['--lon=-181 --lat 0', /--lon/], ['--keys 12x', /第 3 个字符 “x”[^]*character 3, “x”.*w, which pauses/],
    ['--number 13800-1', /--number “13800-1”/], ['--called +110', /--called “\+110”.*12345/], ['--called=', /--called “”/], ['--wait 0', /--wait “0”.*1.*3600/], ['--wait -3', /--wait “-3”.*1 至 3600[^]*from 1 to 3600/], ['--lat 34.6 --lon -181', /--lon “-181”.*180/], ['--wait', /--wait/], ['--url nowhere', /--url “nowhere”.*http:/], ['110', /“110”/], ['--keyz 1', /--keys/],
  ],
  flow: [
    ['', /check test walk/], ['fly', /flow fly/], ['check a b', /“b”/], ['check --jsn', /--json/], ['test --cover much', /--cover “much”/], ['walk a b', /“b”/], ['simulate --calls 0', /--calls “0”/], ['simulate --seed x', /--seed “x”/],
    ['simulate --model dog', /--model “dog”.*hurried/], ['simulate --at soon', /--at “soon”.*2026/], ['simulate --answered never', /--answered “never”/], ['compare', /old\/110\.yaml/], ['draw --format gif', /--format “gif”.*svg/],
    ['draw --language fr', /--language “fr”.*zh/], ['draw 110 111', /“111”/], ['draw 110 --trace topic', /--trace.*“topic”.*topics/], ['try --at soon', /--at “soon”/], ['try --waiting many', /--waiting “many”/],
    ['publish 1', /“1”/], ['history --limit all', /--limit “all”.*500/], ['diff x', /“x”.*flow history/], ['approve', /approve 3/], ['back 0', /“0”/],
  ],
  prompts: [['', /check make import prune/], ['sing', /prompts sing/], ['check it', /“it”/], ['import greeting', /recording\.wav/], ['check --language fr', /--language “fr”.*zh-CN/]],
  mode: [['Disaster on', /“Disaster”/], ['disaster', /on.*off/], ['disaster maybe', /“maybe”.*on.*off/], ['disaster on --until later', /--until “later”.*2026/], ['disaster off --until 2026-01-05T18:30', /--until/], ['a on b', /“b”/], ['disaster on --until 2020-01-01T00:00', /“2020-01-01T00:00”.*已经过去[^]*in the past/]],
  user: [['', /add list password/], ['fire', /user fire/], ['add', /--login/], ['list --login a', /--login/], ['disable --login', /--login/]],
  migrate: [['now', /“now”/], ['--dry', /--dry/]],
  config: [['pbx.host', /“pbx\.host”/], ['--all', /--all/], ['--josn', /没有选项 --josn。可用：--help[^]*no option --josn\. Known: --help\./], ['--hepl', /--help/]],
  doctor: [['now', /“now”/], ['--jason', /--json/]],
  import: [['', /units.*duties/], ['martians a.csv', /“martians”.*units/], ['units', /import units .*\.csv/], ['units a.csv b.csv', /“b\.csv”/], ['units a.csv --dry', /--dry-run/]],
  recording: [['', /verify held/], ['play', /recording play.*verify/], ['verify all', /“all”/], ['held --jsn', /--json/]],
  county: [
    ['', /key add join drop-key off list/], ['fly', /county fly.*list/], ['key more', /“more”/], ['add', /county add 之后缺一个词：线路名.*yanshi[^]*county add lacks a word: a line’s name.*yanshi/], ['add Yanshi --units yanshi --key x', /“Yanshi”.*小写/], ['add yanshi --key x', /--units/], ['add yanshi --units yanshi', /--key/], ['add yanshi --units , --key x', /--units “,”/],
    ['join city.example --name home --units yanshi --key x', /“city\.example”.*https:/], ['join https://city.example --units yanshi --key x', /--name/], ['join https://city.example --name H --units yanshi --key x', /--name “H”/],
    ['list --new', /county list.*--new/], ['off', /county off/], ['drop-key yanshi', /drop-key 之后缺一个词：密钥号.*8/], ['drop-key yanshi k1', /drop-key “k1”.*8/], ['key --news', /--new/],
  ],
  audit: [['', /verify/], ['forge', /audit forge.*verify/], ['verify it', /“it”/], ['verify --expect 123', /--expect “123”/]],
}

t.test('nonsense: what is wrong, where, and the remedy, in both languages; exit code 2', async (t) => {
  t.same(Object.keys(NONSENSE).sort(), COMMANDS.map(({ name }) => name).sort(), 'every command is asked')
  for (const [name, cases] of Object.entries(NONSENSE)) {
    for (const [args, names] of cases) {
      const what = `${name} ${args}`
      const { code, out, err } = await liandong(name, ...args.split(' ').filter((word) => word !== ''))
      t.equal(code, 2, what)
      t.equal(out, '', `${what}: nothing on stdout`)
      const [zh = '', en = '', help = ''] = err.split('\n')
      both(t, zh + en, what)
      t.match(zh, /^✗ .*[\u4e00-\u9fff]/, `${what}: Chinese first`)
      t.match(zh + '\n' + en, names, what)
      t.match(help, `npx liandong ${name} --help`, what)
    }
  }
})

t.test('help: each command and each verb explains itself, in one form', async (t) => {
  for (const { name } of COMMANDS) {
    for (const args of [['--help'], ['-h'], ['help'], ['verb', '--help']]) {
      const { code, out, err } = await liandong(name, ...args)
      t.match({ code, err }, { code: 0, err: '' }, `${name} ${args.join(' ')}`)
      t.match(out, new RegExp(`^用法 / Usage:\\n  liandong ${name}`), name)
      t.match(out, /退出码 \/ exit code: 0 .*, 2 用法/, name)
      for (const line of out.split('\n').filter((one) => /^ +--/.test(one))) t.match(line, /[\u4e00-\u9fff]/, line)
      both(t, out, name)
    }
  }
  const { code, out } = await liandong()
  t.equal(code, 0)
  for (const { name, summary } of COMMANDS) {
    t.match(out, `${summary.zh} / ${summary.en}`, name)
    t.notMatch(summary.en, /^[A-Z]/, `${name}: a summary begins small`)
  }
  for (const { name, usage } of COMMANDS) t.same(await liandong('help', name), { code: 0, out: usage, err: '' }, `help ${name}`)
  t.match(await liandong('cal'), { code: 2, err: /没有命令 cal[^]*no command cal\. Did you mean call\?/ })
})

t.test('settings that are wrong are wrong usage, whatever the command', async (t) => {
  process.env['LIANDONG_HTTP_PORT'] = 'eighty'
  t.teardown(() => { delete process.env['LIANDONG_HTTP_PORT'] })
  for (const args of [['config'], ['doctor'], ['call'], ['audit', 'verify'], ['flow', 'history'], ['mode'], ['user', 'list'], ['start']]) {
    const { code, err } = await liandong(...args)
    t.equal(code, 2, args.join(' '))
    t.match(err, /设置有误 \/ bad settings:\n.*http\.port.*eighty/, args.join(' '))
  }
})

t.test('the edge takes its settings from the environment, and says so', (t) => {
  const edge = (...args: readonly string[]) => spawnSync(process.execPath, [fileURLToPath(new URL('../../bin/liandong-edge.js', import.meta.url)), ...args], { encoding: 'utf8' })
  t.match(edge('--help'), { status: 0, stdout: /^用法 \/ Usage:[^]*LIANDONG_EDGE_POOL +127\.0\.0\.1:5060[^]*退出码 \/ exit code: 0/ })
  const wrong = edge('--pool', '10.1.2.4')
  t.match(wrong, { status: 2, stdout: '', stderr: /^✗ 多余的参数 “--pool”[^]*LIANDONG_EDGE_POOL/ })
  both(t, wrong.stderr, 'edge')
  t.end()
})

t.test('who reads no further ends a command quietly', (t) => {
  const { stderr } = spawnSync('sh', ['-c', '"$0" "$1" config | true', process.execPath, fileURLToPath(new URL('../../bin/liandong.js', import.meta.url))], { encoding: 'utf8' })
  t.equal(stderr, '')
  t.end()
})

t.test('what fails although it was understood: exit code 1, in both languages', async (t) => {
  for (const args of [['call', '--url', 'http://127.0.0.1:1'], ['import', 'units', '/nowhere/units.csv'], ['flow', 'draw', 'nothing'], ['flow', 'draw', '--out', '/nowhere/110.svg'], ['flow', 'compare', '/nowhere/110.yaml']]) {
    const { code, err } = await liandong(...args)
    t.equal(code, 1, args.join(' '))
    both(t, err, args.join(' '))
  }
})
