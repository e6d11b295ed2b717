import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startLocalServer } from '../../src/store/server.js'
import { temporaryHome, until } from '../helpers/database.js'
import { openDesk } from '../helpers/desk-bot.js'
import { freePort } from '../pbx/harness/ports.js'
import type { Bench } from './figure.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** Of the issue: what a newcomer may have to wait. */
const GOAL = 60

/** What `git clone` and `npm ci` leave behind: nothing compiled, no desk, no database. */
function clone(to: string): void {
  for (const file of execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 }).split('\0')) {
    if (file === '') continue
    mkdirSync(join(to, dirname(file)), { recursive: true })
    cpSync(join(root, file), join(to, file))
  }
  symlinkSync(join(root, 'node_modules'), join(to, 'node_modules'))
}

/** The first `npm start` of a checkout until the first caller stands on an operator's screen. The operator has signed in and is ready as soon as there is a desk. */
export const bench: Bench = async (tell) => {
  const home = temporaryHome()
  const checkout = join(home.path, 'clone')
  clone(checkout)
  const port = await freePort()
  const began = performance.now()
  const seconds = (): number => (performance.now() - began) / 1000
  const program = spawn(process.execPath, ['bin/liandong.js', 'start'], { cwd: checkout, env: { ...process.env, LIANDONG_HTTP_PORT: String(port) }, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(program, 'exit')
  let said = ''
  program.stderr.on('data', (text: Buffer) => { said += text.toString('utf8') })
  try {
    const url = `http://127.0.0.1:${port}`
    await until('the desk', async () => {
      if (program.exitCode !== null) throw new Error(`liandong start ended with ${program.exitCode}:\n${said.slice(-2_000)}`)
      return (await fetch(`${url}/ready`).catch(() => null))?.ok === true
    }, 300_000)
    const desk = seconds()
    tell(`the desk is there after ${desk.toFixed(1)} s`)
    const { op1 } = JSON.parse(readFileSync(join(checkout, 'var', 'practice-logins.json'), 'utf8')) as { op1: string }
    const bot = await openDesk(() => url, 'op1', op1)
    await until('a caller on the screen', () => bot.call !== null, 120_000)
    const pop = seconds()
    await bot.close()
    const bare = await alone(join(home.path, 'bare'))
    return { figures: [
      { name: { zh: '首次启动到坐席界面可用', en: 'first start until the desk is there' }, unit: 's', ours: desk, baseline: { name: 'initdb and first query of PostgreSQL alone', value: bare }, ratio: desk / bare },
      { name: { zh: '首次启动到首次弹屏（操作员立即就绪）', en: 'first start until the first pop (operator ready at once)' }, unit: 's', ours: pop, goal: { most: GOAL, of: 'ours' }, note: 'practice citizens call every 12 s on average' },
    ] }
  } finally {
    program.kill('SIGTERM')
    await ended
    home.remove()
  }
}

async function alone(directory: string): Promise<number> {
  const began = performance.now()
  const server = await startLocalServer({ directory })
  await server.stop()
  return (performance.now() - began) / 1000
}
