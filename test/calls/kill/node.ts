import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { until } from '../../helpers/database.js'
import type { World } from '../world.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const LIANDONG = fileURLToPath(new URL('../../../bin/liandong.js', import.meta.url))

/** The server as a process of its own, that can be killed and stopped; it keeps its ports. */
export interface NodeProcess {
  readonly pid: number
  /** All that every process of it ever said. */
  output(): string
  start(): Promise<void>
  /** Serves calls: its link and its desk are up. */
  ready(): Promise<boolean>
  signal(signal: NodeJS.Signals): void
  /** SIGKILL, or an orderly end. → exit code, null after a signal. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
  metric(name: string): Promise<number>
}

export function makeNodeProcess(world: World, ports: { readonly http: number; readonly outbound: number }): NodeProcess {
  const url = `http://127.0.0.1:${ports.http}`
  let child: ReturnType<typeof spawn> | null = null
  let output = ''
  const node: NodeProcess = {
    get pid() { return child?.pid ?? 0 },
    output: () => output,
    async start() {
      const mine = spawn(process.execPath, [LIANDONG, 'start', '--no-desk'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_ENV: 'test', ...world.environment() } })
      child = mine
      for (const stream of [mine.stdout, mine.stderr]) stream.on('data', (data: Buffer) => { output += data.toString() })
      await until('the server to be ready', () => {
        if (mine.exitCode !== null) throw new Error(`it ended: ${output.slice(-3_000)}`)
        return node.ready()
      }, 60_000)
      // The first of them: whoever calls before hears music.
      await until('the flows to be published', () => world.rows('select from flow_switch limit 1').then((rows) => rows.length > 0, () => true), 60_000)
      world.useNode(url, ports.outbound)
    },
    ready: () => fetch(`${url}/ready`).then(({ ok }) => ok, () => false),
    signal(signal) { child?.kill(signal) },
    async end(signal) {
      const mine = child
      if (mine === null) return null
      child = null
      const ended = new Promise<number | null>((resolve) => { mine.once('exit', resolve) })
      mine.kill(signal)
      return ended
    },
    async metric(name) {
      const text = await fetch(`${url}/metrics`).then((response) => response.text())
      return Number(new RegExp(`^liandong_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN)
    },
  }
  return node
}
