import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const stop = new URL('../../src/cli/stop.ts', import.meta.url).href

/** A process that says what it does when it is ended by `act`. */
function run(act: string): Promise<{ code: number | null; said: string }> {
  const program = `const { closeWith } = await import(${JSON.stringify(stop)})
    const log = { info: (_, text) => console.log(text), fatal: (_, text) => console.log(text) }
    setInterval(() => console.log('renewed'), 5)
    closeWith(async () => { console.log('drains'); await new Promise((resolve) => setTimeout(resolve, 50)) }, log).then((code) => process.exit(code))
    ${act}`
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'pipe', 'ignore'] })
    let said = ''
    child.stdout.on('data', (data: Buffer) => { said += data.toString() })
    child.once('exit', (code) => { resolve({ code, said }) })
  })
}

t.test('a signal: in order', async (t) => {
  const { code, said } = await run("process.kill(process.pid, 'SIGTERM')")
  t.equal(code, 0)
  t.match(said, /stopping[^]*drains/)
})

t.test('an exception that nobody caught: at once, and no switch is renewed in a state that nobody knows', async (t) => {
  const { code, said } = await run("setTimeout(() => { throw new Error('a defect') }, 20)")
  t.equal(code, 1)
  t.match(said, 'uncaught')
  t.notMatch(said, 'drains')
  t.notMatch(said.slice(said.indexOf('uncaught')), 'renewed')
})
