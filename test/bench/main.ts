import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine, type Outcome, type Run, type Subject } from './figure.js'
import { SOURCES } from '../helpers/sources.js'
import { asTable } from './report.js'
import { SUBJECTS } from './subjects.js'

/**
 * `npm run bench -- [--json] [subject …]`: all subjects, or the named ones. A missed goal is shown, not an error:
 * the machine may be busy. Exit code 1 only when something could not be measured at all.
 */
const { values: { json = false }, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
const unknown = positionals.filter((name) => !Object.hasOwn(SUBJECTS, name))
if (unknown.length > 0) {
  process.stderr.write(`没有 / there is no ${unknown.join(', ')}；可选 / there are ${Object.keys(SUBJECTS).join(' ')}\n`)
  process.exit(1)
}

/** The one that measures now; an interruption is for it. */
let measuring: ChildProcess | null = null
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (measuring === null) process.exit(1)
    measuring.once('exit', () => process.exit(1))
    measuring.kill(signal)
  })
}

function measure(subject: string): Promise<Subject> {
  return new Promise((resolve, reject) => {
    let result: Subject | null = null
    const child = fork(fileURLToPath(new URL('one.ts', import.meta.url)), [subject], { execArgv: ['--expose-gc', '--import', SOURCES], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    measuring = child
    child.on('message', (message) => { result = message as Subject })
    child.on('exit', (code, signal) => {
      measuring = null
      if (code === 0 && result !== null) resolve(result)
      else reject(new Error(`${subject}: ${signal ?? `exit code ${code ?? ''}`}`))
    })
  })
}

const outcomes: Outcome[] = []
for (const subject of positionals.length > 0 ? positionals : Object.keys(SUBJECTS)) {
  process.stderr.write(`${subject} …\n`)
  const began = performance.now()
  try {
    const result = await measure(subject)
    outcomes.push({ subject, at: new Date().toISOString(), took: Math.round(performance.now() - began), ...result })
  } catch (error) {
    process.stderr.write(`测不成 / could not be measured: ${(error as Error).message}\n`)
    process.exitCode = 1
  }
}
const run: Run = { machine: describeMachine(), outcomes }
process.stdout.write(json ? `${JSON.stringify(run, null, 2)}\n` : asTable(run))
