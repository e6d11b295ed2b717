import { rmSync } from 'node:fs'
import pino from 'pino'
import type { Test } from 'tap'
import { openBooks } from '../../sip/books.js'
import { startEdge, type Edge, type EdgeDeps } from '../../sip/edge.js'
import { readSettings } from '../../sip/settings.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { until } from '../helpers/database.js'
import type { Drachtio } from '../helpers/drachtio.js'
import { openSwitch, type Behaviour, type Switch } from '../helpers/sip-phone.js'

export const SECRET = 'k3y0fEdgeAndDialplan'

export interface World {
  readonly edge: Edge
  readonly books: ReturnType<typeof openBooks>
  readonly switches: readonly Switch[]
  readonly log: readonly Record<string, unknown>[]
  readonly directory: string
}

export interface WorldOptions {
  readonly switches?: readonly Behaviour[]
  /** As POOL names a switch; absent: by its address. */
  readonly named?: (id: string) => string
  readonly environment?: Readonly<Record<string, string>>
  readonly deps?: Partial<EdgeDeps>
}

/** An edge in this process, linked to that drachtio, with a pool of played FreeSWITCH. Random is fixed: targets are tried in the order given. */
export async function openEdge(t: Test, drachtio: Drachtio, options: WorldOptions = {}): Promise<World> {
  const { named = (id: string) => id } = options
  const switches: Switch[] = []
  for (const behaviour of options.switches ?? [{ invite: 200, options: 200 }]) switches.push(await openSwitch(t, behaviour))
  const directory = temporaryDirectory()
  const log: Record<string, unknown>[] = []
  const settings = readSettings({
    LIANDONG_EDGE_DRACHTIO_PORT: String(drachtio.adminPort), LIANDONG_EDGE_DRACHTIO_SECRET: drachtio.secret, LIANDONG_EDGE_SECRET: SECRET,
    LIANDONG_EDGE_POOL: switches.map(({ id }) => named(id)).join(','), LIANDONG_EDGE_PING_EVERY: '200', LIANDONG_EDGE_TRUSTED_TRUNKS: '127.0.0.1',
    LIANDONG_EDGE_NUMBERS: '110,12345:standard', LIANDONG_EDGE_ANSWER_WITHIN: '400', ...options.environment,
  })
  const books = openBooks({ edge: 'test', directory, timeZone: 'Asia/Shanghai', clock: Date.now, onTrouble: (error) => { throw error as Error } })
  const edge = await startEdge({
    settings, books, clock: Date.now, random: () => 0,
    logger: pino({ level: 'debug' }, { write(line: string) { log.push(JSON.parse(line) as Record<string, unknown>) } }),
    ...options.deps, link: { deadline: 1_000, pingEvery: 200, misses: 2, retry: { first: 20, last: 100 }, ...options.deps?.link },
  })
  t.teardown(async () => {
    if (!t.passing()) t.comment(log.map((line) => JSON.stringify(line)).join('\n').slice(-6_000))
    await edge.close()
    books.close()
    rmSync(directory, { recursive: true, force: true })
  })
  await until('the link to drachtio', () => edge.linkUp)
  const answering = switches.filter(({ behaviour }) => behaviour.options === 200)
  await until('the pool to be known', () => answering.every(({ id }) => edge.pool.get(named(id))?.health === 'up'))
  return { edge, books, switches, log, directory }
}
