import { setTimeout as sleep } from 'node:timers/promises'
import { closeWith } from './stop.js'
import type { Command } from './command.js'
import { parseOptions } from './options.js'
import { spareCollections } from '../collector.js'
import { loadConfig } from '../config.js'
import { makeLogger } from '../logger.js'
import { ensureDesk } from './desk-build.js'

const USAGE = `用法 / Usage:
  liandong start [--no-desk]
      --no-desk  不构建网页 / does not build the desk

  退出码 / exit code: 0 已停止 stopped, 1 无法启动 could not start, 2 用法或设置有误 wrong usage or settings
`

/** How long a start waits for the PBX before it says that it is not there, ms. */
const PATIENCE = 3_000

async function reached(up: () => boolean): Promise<boolean> {
  for (const until = Date.now() + PATIENCE; !up() && Date.now() < until;) await sleep(50)
  return up()
}

/** `liandong start`: the server, and in practice mode everything it needs. */
export const startCommand: Command = {
  name: 'start',
  summary: { zh: '启动（默认带练习交换机）', en: 'start (with the practice exchange unless configured otherwise)' },
  usage: USAGE,
  async run(args, { stdout, stderr }) {
    const { values } = parseOptions(args, { 'no-desk': { type: 'boolean' } })
    // Counted from when the command was typed: what is loaded before this line takes its time, too.
    const progress = (zh: string, en: string): void => { stderr.write(`[${(performance.now() / 1000).toFixed(1).padStart(5)} s] ${zh} / ${en}\n`) }
    spareCollections()
    // Loaded for this command alone: the others, of which a running server starts some beside it, do not wait for the whole server.
    const [{ startLiandong }, { checkPorts }] = await Promise.all([import('../main.js'), import('../wiring/ports.js')])
    const { config } = loadConfig(process.env)
    const logger = makeLogger(config['log.level'], process.stdout.isTTY)
    await checkPorts(config)
    if (values['no-desk'] !== true) await ensureDesk(progress)
    const liandong = await startLiandong(config, logger, progress)
    progress('就绪', 'ready')
    if (config['pbx.kind'] === 'freeswitch' && config['node.kind'] !== 'county' && !(await reached(() => liandong.intake.desk.healthView().pbx === 'up'))) {
      progress(`还没有连上交换机 ${config['pbx.host']}:${config['pbx.port']}，会一直重试；查原因请运行 npx liandong doctor`, `the PBX at ${config['pbx.host']}:${config['pbx.port']} is not reached yet and will be tried again; npx liandong doctor says why`)
    }
    stdout.write(`\n  联动 Liandong\n  网页 / desk     ${liandong.url}\n  接口 / API      ${liandong.url}/docs\n`)
    if (liandong.logins.length > 0) {
      stdout.write('\n  练习账号 / practice log-ins\n')
      for (const { loginName, password, displayName } of liandong.logins) stdout.write(`    ${loginName.padEnd(7)} ${password}   ${displayName}\n`)
      stdout.write('\n  再打一个电话 / one more call:  npx liandong call --number 13900000001 --keys 1\n')
    }
    stdout.write('\n')
    return closeWith(async () => {
      progress('正在停止', 'stopping')
      await liandong.stop()
      progress('已停止', 'stopped')
    }, logger)
  },
}
