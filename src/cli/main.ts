import { LiandongError, errorText } from '../contracts/errors.js'
import { VERSION } from '../paths.js'
import { COMMANDS } from './commands.js'

const [name = '', ...args] = process.argv.slice(2)
const io = { stdout: process.stdout, stderr: process.stderr, stdin: process.stdin }
if (name === '--version' || name === '-v') {
  io.stdout.write(`liandong ${VERSION}\n`)
  process.exit(0)
}
const command = COMMANDS.find((one) => one.name === name)
if (command === undefined) {
  const wanted = name === '' || ['help', '-h', '--help'].includes(name)
  io[wanted ? 'stdout' : 'stderr'].write(`${wanted ? '' : `没有命令 ${name} / no command ${name}\n\n`}用法 / usage: liandong <command>\n\n${COMMANDS.map(({ name: own, summary }) => `  ${own.padEnd(10)} ${summary.zh} / ${summary.en}\n`).join('')}`)
  process.exitCode = wanted ? 0 : 2
} else {
  process.exitCode = await command.run(args, io).catch((error: unknown) => {
    io.stderr.write(error instanceof LiandongError ? `${errorText(error.code, 'zh', error.details)}\n${error.message}\n` : `${(error as Error).message}\n`)
    return 1
  })
}
