import type { Logger } from 'pino'
import type { Metrics } from '../metrics.js'
import type { Store } from '../store/store.js'
import type { Calls } from './calls.js'
import type { Recording } from './recording.js'

/** How often the day's account is looked up for the metrics, ms. */
const ACCOUNT_EVERY = 15_000

/** Gauges of what is wired together, read when somebody asks for the metrics. */
export function registerGauges(metrics: Metrics, { intake, hub, switchboard }: Calls, recording: Recording, { records, account }: Pick<Store, 'records' | 'account'>, logger: Logger): { close(): void } {
  metrics.gauge('calls', 'Calls in memory', () => intake.room().calls.size)
  metrics.gauge('queue_waiting', 'Callers waiting', () => intake.desk.queueView().waiting)
  metrics.gauge('operators_ready', 'Operators ready', () => intake.desk.queueView().ready)
  metrics.gauge('websockets', 'Desks connected', () => hub.sockets)
  metrics.gauge('journal_records', 'Records that wait for PostgreSQL', () => records.status().journal)
  metrics.gauge('journal_rejected', 'Records that PostgreSQL refused for good; a person has to look at them', () => records.status().rejected)
  metrics.gauge('database_up', '1 while PostgreSQL answers', () => (records.status().database === 'up' ? 1 : 0))
  metrics.gauge('pbx_up', '1 while the link to FreeSWITCH is up', () => (switchboard.up ? 1 : 0))
  metrics.gauge('recording_on', '1 while talks can be recorded; absent where nothing is to be', () => (recording.directory === null ? NaN : recording.trouble() === null ? 1 : 0))
  const counted = watchAccount(account, logger)
  metrics.gauge('unaccounted_calls', 'Calls of today that are neither answered, abandoned, refused nor waiting; absent while PostgreSQL is away', () => counted.unaccounted)
  metrics.gauge('call_backs_open', 'People who must be called back; absent while PostgreSQL is away', () => counted.open)
  return counted
}

/** The day's account, looked up now and then; NaN: not known. */
function watchAccount(account: Store['account'], logger: Logger): { readonly unaccounted: number; readonly open: number; close(): void } {
  let state = { unaccounted: NaN, open: NaN }
  const look = (): void => {
    Promise.all([account.account(), account.open()]).then(([{ unaccounted, withoutCallBack }, open]) => {
      if (unaccounted !== 0 || withoutCallBack !== 0) logger.warn({ unaccounted, withoutCallBack }, 'the day’s account of calls does not add up')
      state = { unaccounted, open }
    }, () => { state = { unaccounted: NaN, open: NaN } })
  }
  const timer = setInterval(look, ACCOUNT_EVERY)
  return { get unaccounted() { return state.unaccounted }, get open() { return state.open }, close() { clearInterval(timer) } }
}
