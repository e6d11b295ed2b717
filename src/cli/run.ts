import { ConfigError } from '../config.js'
import { errorText, LiandongError } from '../contracts/errors.js'
import { suggest } from '../flow/load/problems.js'
import { VERSION } from '../paths.js'
import type { Command, CommandIo } from './command.js'
import { COMMANDS } from './commands.js'
import { EXIT, UsageError } from './options.js'

const asksForHelp = (args: readonly string[]): boolean => {
  const end = args.indexOf('--')
  return args[0] === 'help' || (end < 0 ? args : args.slice(0, end)).some((one) => one === '--help' || one === '-h')
}

/** What a disk refuses, in our words; Node's are English only and say no remedy. */
const DISK: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  ENOENT: ['没有这个文件，或它所在的目录不存在', 'there is no such file, or no such directory for it'],
  EACCES: ['没有权限', 'you have no permission for it'],
  EPERM: ['没有权限', 'you have no permission for it'],
  EISDIR: ['这是一个目录，应为文件', 'it is a directory, and must be a file'],
  ENOTDIR: ['路径中有一段不是目录', 'a part of the path is no directory'],
  EROFS: ['磁盘是只读的', 'the disk is read-only'],
  ENOSPC: ['磁盘已满', 'the disk is full'],
}

/** Runs one command; the one place where what went wrong becomes words and an exit code. */
export async function runCommand(command: Command, args: readonly string[], io: CommandIo): Promise<number> {
  if (asksForHelp(args)) {
    io.stdout.write(command.usage)
    return EXIT.fine
  }
  try {
    return await command.run(args, io)
  } catch (error) {
    if (error instanceof UsageError) {
      io.stderr.write(`✗ ${error.zh}\n  ${error.en}\n  用法 / usage: npx liandong ${command.name} --help\n`)
      return EXIT.usage
    }
    if (error instanceof ConfigError) {
      io.stderr.write(`${error.message}\n`)
      return EXIT.usage
    }
    if (error instanceof LiandongError) {
      io.stderr.write(`${errorText(error.code, 'zh', error.details)} / ${errorText(error.code, 'en', error.details)}\n`)
      return error.code === 'person.invalid' ? EXIT.usage : EXIT.problems
    }
    const { code = '', path } = error as NodeJS.ErrnoException
    const refused = DISK[code]
    if (refused !== undefined && path !== undefined) {
      io.stderr.write(`✗ ${path}：${refused[0]}\n  ${path}: ${refused[1]}\n`)
      return EXIT.problems
    }
    io.stderr.write(`没有完成 / it failed: ${error instanceof Error ? error.message : String(error)}\n`)
    return EXIT.problems
  }
}

/** `liandong <command> …` → exit code. */
export async function runLiandong([name = '', ...args]: readonly string[], io: CommandIo): Promise<number> {
  if (name === '--version' || name === '-v') {
    io.stdout.write(`liandong ${VERSION}\n`)
    return EXIT.fine
  }
  const command = COMMANDS.find((one) => one.name === name)
  if (command !== undefined) return runCommand(command, args, io)
  const about = name === 'help' ? COMMANDS.find((one) => one.name === args[0]) : undefined
  if (about !== undefined) return runCommand(about, ['help'], io)
  const asked = ['', 'help', '-h', '--help'].includes(name)
  const list = `用法 / usage: npx liandong <command>\n\n${COMMANDS.map(({ name: own, summary }) => `  ${own.padEnd(10)} ${summary.zh} / ${summary.en}\n`).join('')}\n  每个命令都可加 --help / each explains itself with --help\n`
  const hint = suggest(name, COMMANDS.map((one) => one.name))
  io[asked ? 'stdout' : 'stderr'].write(asked ? list : `✗ 没有命令 ${name}。${hint.zh}\n  There is no command ${name}. ${hint.en}\n\n${list}`)
  return asked ? EXIT.fine : EXIT.usage
}
