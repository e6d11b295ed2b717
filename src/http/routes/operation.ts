import type { Registry } from 'prom-client'
import type { OPERATION_ROUTES } from '../../contracts/routes/operation.js'
import type { IntakeDesk } from '../../intake/ports.js'
import type { HandlersOf } from '../app.js'

export interface OperationDeps {
  readonly intake: () => IntakeDesk
  readonly metrics: Registry
  /** Calls and desks may come here. */
  readonly isReady: () => boolean
  /** Talks are meant to be recorded. */
  readonly records: boolean
  readonly version: string
  readonly startedAt: number
  readonly clock: () => number
}

/** Health, readiness, metrics. */
export const operationHandlers = ({ intake, metrics, isReady, records, version, startedAt, clock }: OperationDeps): HandlersOf<typeof OPERATION_ROUTES> => ({
  health: () => Promise.resolve({ ok: true, version, uptimeSeconds: Math.floor((clock() - startedAt) / 1000), recording: !records ? 'none' as const : intake().healthView().recording === undefined ? 'on' as const : 'off' as const }),
  ready({ reply }) {
    const { database, pbx, journal, rejected = 0, flows } = intake().healthView()
    const ready = isReady()
    if (!ready) reply.code(503)
    return Promise.resolve({ ready, database, pbx, journal, rejected, ...(flows !== undefined && { flows: flows.what }), since: startedAt })
  },
  async metrics({ reply }) {
    const text = await metrics.metrics()
    reply.type(metrics.contentType)
    return text
  },
})
