import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { buildApp } from '../http/app.js'
import { makeHandlers, type HandlerDeps } from '../http/handlers.js'
import type { Metrics } from '../metrics.js'
import { VERSION } from '../paths.js'
import type { Calls } from './calls.js'

/** What `main` gives; the rest follows from the settings and the calls. */
export interface WebGiven extends Pick<HandlerDeps, 'people' | 'browserPhones' | 'tickets' | 'hall' | 'counties' | 'places' | 'board' | 'attachments' | 'flows' | 'citizens' | 'callers' | 'talkStore' | 'account' | 'myDay' | 'openTicket' | 'practice' | 'recordings' | 'records' | 'categories' | 'trunk' | 'clock'> {
  readonly config: Config
  readonly logger: Logger
  readonly metrics: Metrics
  readonly calls: Pick<Calls, 'hub' | 'intake'>
  /** Where the built desk is. */
  readonly deskDirectory: string
  readonly draining: () => boolean
  /** PostgreSQL was there since the start: until then nobody can sign in, and no session is known. */
  readonly admits: () => boolean
}

/** The desk's server: routes, sessions, websocket. Closed through `close`, desks first. @throws EADDRINUSE */
export async function openWeb({ config, logger, metrics, calls, deskDirectory, draining, admits, ...given }: WebGiven): Promise<{ readonly url: string; close(): Promise<void> }> {
  const intake = () => calls.intake.desk
  const secureCookie = config['http.secureCookie']
  let url = ''
  const app = await buildApp({
    people: given.people, hub: calls.hub, intake, logger, version: VERSION, deskDirectory, draining,
    settings: {
      origins: () => (config['http.origins'].length > 0 ? config['http.origins'] : [url, url.replace('127.0.0.1', 'localhost')]),
      secureCookie, trustProxy: config['http.trustProxy'],
      connects: config['pbx.browserPhones'] === '' ? [] : [config['pbx.browserPhones']],
      images: config['map.tiles'] === '' ? [] : [new URL(config['map.tiles'].replace(/[{}]/g, '')).origin],
    },
    handlers: makeHandlers({ ...given, intake, secureCookie, edgeToken: config['edge.token'], metrics: metrics.registry, isReady: () => calls.intake.isWell() && admits(), version: VERSION, startedAt: given.clock() }),
  })
  url = await app.listen({ host: config['http.host'], port: config['http.port'] })
  return { url, async close() { calls.hub.close(); await app.close() } }
}
