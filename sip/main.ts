import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pino from 'pino'
import { openBooks } from './books.js'
import { startEdge } from './edge.js'
import { serveHttp } from './http.js'
import { EDGE_SETTINGS, EdgeSettingsError, readSettings } from './settings.js'
import { startTeller } from './teller.js'

/** Numbers in texts of libraries (finding D13): drachtio-srf writes whole SIP messages to the console. */
const NUMBERS = /(\+?\d{3})\d{4,12}(\d{2})/g
const scrub = (text: string): string => text.replace(NUMBERS, '$1****$2')

const usage = (): string => `用法 / Usage:
  liandong-edge        启动 SIP 接入层，设置都来自环境变量 / starts the SIP edge; every setting comes from the environment

${Object.entries(EDGE_SETTINGS).map(([name, { default: value, zh, en }]) => `  LIANDONG_EDGE_${name.padEnd(20)} ${value === '' ? '—' : value}\n      ${zh} / ${en}\n`).join('')}
  退出码 / exit code: 0 已停止 stopped, 1 意外终止 it failed, 2 用法或设置有误 wrong usage or settings
`

/** The edge process. Ends with 0 after SIGTERM, 2 when a setting is wrong, 1 on anything it did not expect: the supervisor starts it again. */
export async function main(environment: NodeJS.ProcessEnv, args: readonly string[] = []): Promise<void> {
  if (['--help', '-h', 'help'].includes(args[0] ?? '')) {
    process.stdout.write(usage())
    return
  }
  if (args.length > 0) {
    process.stderr.write(`✗ 多余的参数 “${args[0] ?? ''}”：设置写在环境变量里，如 LIANDONG_EDGE_POOL=10.1.2.4:5060\n  “${args[0] ?? ''}” is one word too many: settings are in the environment, such as LIANDONG_EDGE_POOL=10.1.2.4:5060\n  用法 / usage: liandong-edge --help\n`)
    process.exitCode = 2
    return
  }
  let settings
  try {
    settings = readSettings(environment)
  } catch (error) {
    if (!(error instanceof EdgeSettingsError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
    return
  }
  const logger = pino({ level: settings.logLevel, base: null, hooks: { logMethod(args, method) { method.apply(this, args.map((arg) => (typeof arg === 'string' ? scrub(arg) : arg)) as Parameters<typeof method>) } } })
  const quiet = (...args: readonly unknown[]): void => {
    logger.warn({ library: scrub(args.map((arg) => (arg instanceof Error ? arg.message : String(arg))).join(' ').split('\n')[0]?.slice(0, 200) ?? '') }, 'said by a library')
  }
  Object.assign(console, Object.fromEntries(['log', 'info', 'warn', 'error', 'debug', 'trace'].map((name) => [name, quiet])))
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ err: error instanceof Error ? { name: error.name, message: scrub(error.message), stack: scrub(error.stack ?? '') } : scrub(String(error)) }, event)
      process.exit(1)
    })
  }
  const { drachtio } = settings
  const books = openBooks({ edge: settings.name, directory: settings.directory, timeZone: settings.timeZone, clock: Date.now, onTrouble: (error) => { logger.error({ err: error }, 'counts could not be written') } })
  const edge = await startEdge({ settings, books, logger, clock: Date.now, ...(drachtio.tlsCa === '' ? {} : { link: { tls: { ca: readFileSync(drachtio.tlsCa) } } }) })
  const http = await serveHttp(edge, books, settings.http.host, settings.http.port)
  const teller = settings.report === null ? null : startTeller({ ...settings.report, books, edge: settings.name, directory: settings.directory, clock: Date.now, newId: randomUUID, onTrouble: (what, fields) => { logger.warn(fields, what) } })
  logger.info({ port: http.port, pool: settings.pool.map(({ id }) => id) }, 'edge is up')
  const stop = (): void => {
    void Promise.all([http.close(), edge.close()]).then(async () => {
      await teller?.close()
      books.close()
      process.exit(0)
    })
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}
