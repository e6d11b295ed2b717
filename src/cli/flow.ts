import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Bilingual, Language } from '../contracts/primitives.js'
import { rehearse, type Rehearsal, type RehearsalNote } from '../flow/rehearsal.js'
import { titleOf } from '../flow/titles.js'
import type { Flow } from '../flow/types.js'
import { answerBeside } from '../intake/flow-side.js'
import type { CommandIo } from './command.js'
import { AROUND_OPTIONS, aroundOf } from './flow/around.js'
import { runFlowCheck } from './flow/check.js'
import { loadCity, problemsOf, timeOf, varsOf, type City } from './flow/city.js'
import { asksForDay } from './flow/day.js'
import { runFlowDraw } from './flow/draw.js'
import { runFlowKeys } from './flow/keys.js'
import { runFlowPublish } from './flow/publish.js'
import { runFlowSimulate } from './flow/simulate.js'
import { noSuchFlow, runFlowTest, runFlowWalk } from './flow/test.js'
import { EXIT, parseOptions, UsageError, verbOf } from './options.js'
import { printProblems } from './problem-printer.js'

const USAGE = `用法 / Usage:
  liandong flow check [目录 dir] [--json] [--schema]  检查并证明流程文件，一次列出全部问题 / check and prove flow files, all problems at once
      --edition                  连同测试，并写出整版（JSON）/ with the tests, and the whole edition as JSON
      --entry 110                来电进入的流程，默认按设置 flows.entry / the flow that callers enter; default: the setting flows.entry
      --services outages         流程可查询的服务，默认按设置 flows.lookUps / services that flows may ask; default: the setting flows.lookUps
      --delays 0,1000            等熟悉类别的座席、打开语音引擎各最多多少毫秒，默认按设置 / a caller's longest wait for a skill, and for the speech engine to open, ms; default: the settings
  liandong flow test [名称 name …] [--json] [--cover 90]  运行流程旁的 *.test.yaml，画出覆盖 / run the tests beside the flows, draw what they cover
      --draw 目录 dir            覆盖画成 <流程>.coverage.svg / what is covered as a drawing, <flow>.coverage.svg
  liandong flow walk [名称 name] [--write]      为没走过的出口写出测试 / tests for the ways out that none takes yet
                             测试名中的箭头：1→ 按 1，?→ 按了别的键或输入完毕，—→ 不按，!→ 出故障，→ 总是如此
                             arrows in names of tests: 1→ he presses 1, ?→ another key, or his input is whole, —→ nothing, !→ something fails, → always
  liandong flow simulate [名称 name] [--calls 2000] [--seed 110]  成批模拟来电 / callers by the thousand
      --model hurried|elderly|silent|wrong-keys|leaves-early    只用一种来电者，默认混合 / one kind of caller; default: a mixture
      --replay keys.ndjson       重放录得的按键时刻（flow keys 写出）/ recorded key timings, as flow keys writes them
      --against old.yaml         同一批来电走旧文件，并排比较 / the same callers through an old file, side by side
      --at --day --hint --waiting --ready --present --mode --number  来电遇到的情形，同 flow try / what calls meet, as for flow try
      --answered 20              平均多少秒后座席接听 / an operator answers after so many seconds on average
  liandong flow compare <旧 old> [名称 name]    即 simulate --against / the same as simulate --against
  liandong flow keys [名称 name] [--limit 1000]  真实来电的按键与时刻，供 --replay / keys of real calls with their times, for --replay
  liandong flow draw [名称 name] [--format svg|mermaid|json] [--out 110.svg] [--language zh|en]  画图 / a drawing
      --overlay counts.json      叠加各节点人数、流失、用时 / callers, drop-off and time by node
      --trace a,b,c              叠加一次通话走过的路 / the way of one call
  liandong flow try [名称 name] [选项 options]  在终端试听 / a conversation in the terminal
      --dir ./ivr-flows          流程目录（check、test、walk、simulate、draw、publish 也可用），默认按设置 flows.directory / directory of flows (check, test, walk, simulate, draw and publish have it, too); default: the setting flows.directory
      --at 2026-01-05T23:00      城市时间 / the city's time
      --day workday|holiday      那天是工作日（调休）还是节假日；默认按本机保存的全市放假安排 / whether that day is worked or a holiday; default: the city's calendar as this machine keeps it
      --number 13900000000       来电号码 / caller's number
      --hint foreign-language    座席提示，可重复 / hint about the caller, repeatable
      --waiting 0 --ready 0 --present 1  排队人数、空闲座席、在席 / callers waiting, operators ready, operators at their desks
      --mode disaster            打开的开关，可重复；outage-power=2026-01-05T18:30 / a switch that is on, repeatable; or until when
      --var ticket=20260105000123  流程启动时带的参数（如回访的工单号，simulate、compare 也可用），可重复 / what the flow is started with, such as a return visit's ticket (simulate and compare have it, too); repeatable
  liandong flow publish [-m 说明 note] [--as 登录名 log-in]  检查、测试并发布 / check, test and publish
  liandong flow history [--limit 20] [--json]   版本、作者、批准、切换 / editions, authors, approvals, switches
  liandong flow diff [版 edition] [版 edition]   差别：运行版与文件、前一版、两版之间 / what differs: from what runs to the files, from the one before, between two
  liandong flow approve <版 edition> --as 登录名 [--over 1]  批准他人的改动；--over 写明看的是与第几版的差别 / approve somebody else's; --over: the edition that flow diff compared it with
  liandong flow back [版 edition]                退回上一版（或所写的版）/ back to the edition before, or to this one

  退出码 / exit code: 0 没有问题 fine, 1 有问题 problems, 2 用法 usage
`

const VERBS = ['check', 'test', 'walk', 'simulate', 'compare', 'keys', 'draw', 'try', 'publish', 'history', 'diff', 'approve', 'back'] as const

/** `liandong flow …`. Resolves to the exit code: 0 fine, 1 problems found, 2 wrong usage. */
export const flowCommand = {
  name: 'flow',
  summary: { zh: '检查、证明和试听语音流程文件', en: 'check, prove and try flow files' } satisfies Bilingual,
  usage: USAGE,
  async run(args: readonly string[], io: CommandIo): Promise<number> {
    const [first, ...rest] = args
    // For the server, which serves calls meanwhile: it asks by messages.
    if (first === 'beside') {
      await answerBeside(process)
      return EXIT.fine
    }
    const verb = verbOf('flow', first, VERBS)
    switch (verb) {
      case 'check': return runFlowCheck(rest, io)
      case 'test': return runFlowTest(rest, io)
      case 'walk': return runFlowWalk(rest, io)
      case 'simulate': return runFlowSimulate(rest, io)
      case 'compare':
        if (rest[0] === undefined || rest[0].startsWith('-')) throw new UsageError('请写明旧文件：flow compare old/110.yaml', 'name the old file: flow compare old/110.yaml')
        return runFlowSimulate(['--against', ...rest], io)
      case 'keys': return runFlowKeys(rest, io)
      case 'draw': return runFlowDraw(rest, io)
      case 'try': return runFlowTry(rest, io)
      default: return runFlowPublish(verb, rest, io)
    }
  },
}

const TRY_OPTIONS = { dir: { type: 'string' }, var: { type: 'string', multiple: true }, ...AROUND_OPTIONS } as const

/** Plays a call in the terminal: what is heard is written, keys are typed, time is virtual. */
export async function runFlowTry(args: readonly string[], { stdin, stdout, stderr }: CommandIo): Promise<number> {
  const { values, positionals: [name = '110'] } = parseOptions(args, TRY_OPTIONS, 1)
  const startAt = values.at === undefined ? Date.now() : timeOf('at', values.at)
  const loaded = await loadCity(values.dir)
  const flow = loaded.flows.get(name)
  if (flow === undefined) {
    printProblems(loaded.problems, stderr)
    return noSuchFlow([name], loaded, stderr)
  }
  printProblems(problemsOf(flow, loaded), stderr)
  const vars = varsOf(flow, values.var)
  const { surroundings, bare } = aroundOf(flow, values, startAt)
  const call = rehearse({
    flow, vars,
    duration: ({ language, name: prompt }) => loaded.prompts.get(language)?.get(prompt)?.duration ?? 0,
    startAt,
    surroundings,
  })
  stdout.write(`${flow.title.zh} / ${flow.title.en}  (${flow.name} ${flow.version})\n`
    + '输入按键后回车（听完才按；开头加 ! = 立即按）；空行 = 不按键；文字 = 说话（听写、留言节点）；q = 挂机。\nType keys and Enter (pressed once all is heard; ! before them: at once); an empty line = press nothing; words = speak, where the flow listens or records; q = hang up.\n\n')
  if (bare && asksForDay([flow, ...flow.parts.values()])) stdout.write('本机没有放假安排，只按周末算；用 --day 说明那天是 workday 还是 holiday。/ This machine keeps no calendar, so weekends alone count; --day says whether that day is a workday or a holiday.\n\n')
  await converse(call, flow, loaded, stdin, stdout)
  return EXIT.fine
}

/** A line of keys is pressed once the prompts have been heard; `!` before it, or where a key does nothing but skip them: at once, over them. */
async function converse(call: Rehearsal, flow: Flow, loaded: City, stdin: Readable, stdout: Writable): Promise<void> {
  let shown = 0
  /** What a key may skip is written as it begins, until then. */
  let written = 0
  const show = () => {
    for (; shown < call.notes.length; shown += 1) {
      const note = call.notes[shown]
      if (note !== undefined && !(note.type === 'heard' && note.cutAfter === undefined && note.at < written)) stdout.write(noteLine(note, flow, loaded))
    }
  }
  const ask = () => {
    while (call.waitingFor() === 'prompt') call.wait(call.untilNext())
    show()
    if (call.waitingFor() !== 'nothing') {
      for (const prompt of call.playing()) stdout.write(`${clock(call.elapsed())}  ♪ ${said(prompt, loaded)}\n`)
      if (call.skips()) written = call.elapsed() + call.promptsLeft()
      stdout.write('? ')
    }
  }
  ask()
  if (call.waitingFor() === 'nothing') return
  for await (const line of createInterface({ input: stdin })) {
    const typed = line.trim()
    if (typed === 'q') {
      stdout.write(`${clock(call.elapsed())}  来电挂机 / caller hangs up\n`)
      return
    }
    const keys = typed.replace(/^!/, '').replace(/[^0-9*#]/g, '')
    if (/\p{L}/u.test(typed)) {
      call.wait(call.promptsLeft())
      call.utter(typed)
    } else if (keys === '') call.wait(call.untilNext())
    else {
      call.wait(typed.startsWith('!') || call.skips() ? Math.min(300, call.untilNext()) : call.promptsLeft())
      for (const key of keys) call.press(key)
    }
    ask()
    if (call.waitingFor() === 'nothing') return
  }
}

function noteLine(note: RehearsalNote, flow: Flow, loaded: City): string {
  const at = clock(note.at)
  switch (note.type) {
    case 'node': {
      const title = titleOf(flow, note.node)
      return `${at}  · ${note.node}${title === null ? '' : `  ${title.zh} / ${title.en}`}\n`
    }
    case 'pressed': return `${at}  ⌨ ${note.key}\n`
    case 'tagged': return `${at}  # ${note.key} = ${note.value}${categoryText(note.key, note.value, loaded)}\n`
    // Prompts of a question are written when it is asked; only a cut is news.
    case 'heard': return note.cutAfter !== undefined ? `${at}  ✂ ${note.prompt.name} (${(note.cutAfter / 1000).toFixed(1)} s)\n` : note.during === 'play' ? `${at}  ♪ ${said(note.prompt, loaded)}\n` : ''
    case 'said': return `${at}  ☺ ${note.text}\n`
    case 'recorded': return `${at}  ● 留言 / message ${(note.duration / 1000).toFixed(1)} s\n`
    case 'done': return `${at}  → ${doneText(note.command)}\n`
    case 'ended': return note.hungUp === true ? `${at}  ✕ 挂机 / hangs up\n` : `${at}  ♫ 继续排队等候接听 / goes on waiting for an operator\n`
  }
}

function doneText(command: Extract<RehearsalNote, { type: 'done' }>['command']): string {
  switch (command.type) {
    case 'queue': return `排队 / queue ${[command.class, command.skill, command.priority].filter((one) => one !== undefined).join(', ')}`
    case 'call-back': return `回拨 / call back ${command.number ?? ''}`
    case 'look-up': return `查询 / look-up ${command.service}`
    case 'transfer': return `转接 / transfer ${command.line}`
  }
}

function said({ name, language }: { name: string; language: Language }, { prompts }: City): string {
  const prompt = prompts.get(language)?.get(name)
  return `${prompt?.text ?? name} [${language}/${name}, ${((prompt?.duration ?? 0) / 1000).toFixed(1)} s]`
}

function categoryText(key: string, value: string, { categories }: City): string {
  const category = key === 'category' ? categories.find(({ code }) => code === value) : undefined
  return category === undefined ? '' : `  (${category.zh} / ${category.en})`
}

/** `mm:ss` since the call began. */
function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
}
