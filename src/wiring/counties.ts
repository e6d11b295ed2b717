import type { Logger } from 'pino'
import type { Config } from '../config.js'
import type { HealthView } from '../contracts/ws.js'
import { makePost } from '../delivery/line.js'
import { makeCounties } from '../dispatch/county/counties.js'
import { startLine, type CountyLine } from '../dispatch/county/line.js'
import type { Counties } from '../dispatch/county/ports.js'
import type { Store } from '../store/store.js'

/** Counties as the web uses them, and, at a county, the line to the city. */
export interface CountyWork {
  readonly counties: Counties
  /** Null at the city. */
  readonly line: CountyLine | null
  /** What desks are told of the line, at a county. */
  readonly notice: () => Pick<HealthView, 'line'>
  readonly close: () => Promise<void>
}

/** The city’s answers to its counties; and at a county the line to the city, which is dialled from now on. */
export function startCounties({ config, logger, store, clock }: { readonly config: Config; readonly logger: Logger; readonly store: Pick<Store, 'lines' | 'rules' | 'records'>; readonly clock: () => number }): CountyWork {
  const counties = makeCounties({ store: store.lines, rules: store.rules })
  if (config['node.kind'] === 'city') return { counties, line: null, notice: () => ({}), close: () => Promise.resolve() }
  const line = startLine({
    store: store.lines, post: makePost(), every: config['county.every'], clock,
    onLine: (up, why) => { logger.info({ up, why }, 'line to the city') },
    onError: (error) => { if (store.records.status().database === 'up') logger.warn({ err: error }, 'line to the city') },
  })
  return { counties, line, notice: () => ({ line: { up: line.up, since: line.since, waiting: line.waiting, units: [...line.units] } }), close: () => line.close() }
}
