import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EdgeDay } from '../../../src/contracts/edge.js'
import { until } from '../../helpers/database.js'
import { temporaryDirectory } from '../../helpers/directory.js'
import type { Drachtio } from '../../helpers/drachtio.js'
import { freePort } from './ports.js'

const EDGE = fileURLToPath(new URL('../../../bin/liandong-edge.js', import.meta.url))

export interface EdgeProcess {
  readonly child: ChildProcess
  readonly url: string
  output(): string
  counts(): Promise<EdgeDay>
  /** SIGKILL, and wait for its end. */
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/** The edge as a process of its own, linked to that drachtio. `pool`: FreeSWITCH ports; `known`: wait until they answered OPTIONS. */
export async function startEdgeProcess(drachtio: Drachtio, secret: string, pool: readonly number[], environment: Readonly<Record<string, string>> = {}, known = true): Promise<EdgeProcess> {
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'edge'))
  const httpPort = await freePort()
  const url = `http://127.0.0.1:${httpPort}`
  let output = ''
  let child: ChildProcess | null = null
  let ended: Promise<void> = Promise.resolve()

  async function start(): Promise<void> {
    const mine = spawn(process.execPath, [EDGE], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env, LIANDONG_EDGE_DRACHTIO_PORT: String(drachtio.adminPort), LIANDONG_EDGE_DRACHTIO_SECRET: drachtio.secret, LIANDONG_EDGE_SECRET: secret,
        LIANDONG_EDGE_POOL: pool.map((port) => `127.0.0.1:${port}`).join(','), LIANDONG_EDGE_HTTP_PORT: String(httpPort), LIANDONG_EDGE_DIRECTORY: join(directory, 'edge'),
        LIANDONG_EDGE_TRUSTED_TRUNKS: '127.0.0.1', ...environment,
      },
    })
    child = mine
    for (const stream of [mine.stdout, mine.stderr]) stream.on('data', (data: Buffer) => { output = (output + data.toString()).slice(-500_000) })
    ended = new Promise((resolve) => { mine.once('exit', () => { resolve() }) })
    await until('the edge to know its pool', async () => {
      if (mine.exitCode !== null) throw new Error(`the edge ended: ${output}`)
      const health = await fetch(`${url}/health`).then((response) => response.json() as Promise<{ link: boolean; targets: { health: string }[] }>, () => null)
      return health !== null && health.link && (!known || health.targets.every((target) => target.health === 'up'))
    })
  }

  async function kill(): Promise<void> {
    child?.kill('SIGKILL')
    await ended
  }

  await start()
  return {
    get child() {
      if (child === null) throw new Error('not started')
      return child
    },
    url, start, kill,
    output: () => output,
    counts: () => fetch(`${url}/counts`).then((response) => response.json() as Promise<EdgeDay>),
    async stop() {
      await kill()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
