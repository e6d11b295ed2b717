import type { Logger } from 'pino'
import type { DayAccount } from '../contracts/routes/account.js'
import type { Metrics } from '../metrics.js'
import type { Store } from '../store/store.js'
import type { Calls } from './calls.js'
import type { Recording } from './recording.js'

/** How often the day's account is looked up for the metrics, ms. */
const ACCOUNT_EVERY = 15_000
/** … and that of the day before at every so many of these looks. */
const YESTERDAY_EVERY = 4

/** Gauges of what is wired together, read when somebody asks for the metrics. `expected`: an edge is to tell its counts. */
export function registerGauges(metrics: Metrics, { intake, hub, switchboard }: Calls, recording: Recording, { records, account }: Pick<Store, 'records' | 'account'>, expected: boolean, logger: Logger): { close(): void } {
  metrics.gauge('calls', 'Calls in memory', () => intake.room().calls.size)
  metrics.gauge('queue_waiting', 'Callers waiting', () => intake.desk.queueView().waiting)
  metrics.gauge('operators_ready', 'Operators ready', () => intake.desk.queueView().ready)
  metrics.gauge('websockets', 'Desks connected', () => hub.sockets)
  metrics.gauge('journal_records', 'Records that wait for PostgreSQL', () => records.status().journal)
  metrics.gauge('journal_rejected', 'Records that PostgreSQL refused for good; a person has to look at them', () => records.status().rejected)
  metrics.gauge('database_up', '1 while PostgreSQL answers', () => (records.status().database === 'up' ? 1 : 0))
  metrics.gauge('pbx_up', '1 while the link to FreeSWITCH is up', () => (switchboard.up ? 1 : 0))
  metrics.gauge('recording_on', '1 while talks can be recorded; absent where nothing is to be', () => (recording.directory === null ? NaN : recording.trouble() === null ? 1 : 0))
  const counted = watchAccount(account, expected, logger)
  metrics.gauge('unaccounted_calls', 'INVITEs of today, as far as the edges have told, that are neither refused nor cancelled nor a call, and calls that are nothing; absent while an edge is silent or PostgreSQL is away', () => counted.unaccounted)
  metrics.gauge('unaccounted_calls_yesterday', 'The same of the day before', () => counted.yesterday)
  metrics.gauge('edges_silent', 'Edges that ought to have told their counts and have not; absent while PostgreSQL is away', () => counted.silent)
  metrics.gauge('call_backs_open', 'People who must be called back; absent while PostgreSQL is away', () => counted.open)
  return counted
}

interface Counted { readonly day: string; readonly unaccounted: number; readonly yesterday: number; readonly silent: number; readonly open: number }
const NOTHING: Counted = { day: '', unaccounted: NaN, yesterday: NaN, silent: NaN, open: NaN }

const before = (day: string): string => new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10)
/** An edge that tells nothing though it is to is one that is silent, whatever its name. */
const silentOf = ({ edges, unaccounted }: DayAccount): number => edges.filter(({ silent }) => silent).length + (edges.length === 0 && unaccounted === null ? 1 : 0)

/** The day's account and that of the day before, which late words may still change, looked up now and then; NaN: not known. */
function watchAccount(account: Store['account'], expected: boolean, logger: Logger): Counted & { close(): void } {
  let state = NOTHING
  let looks = 0
  let told = ''
  async function look(): Promise<void> {
    const today = await account.account(undefined, expected)
    const open = await account.open()
    const again = today.day !== state.day || (looks += 1) % YESTERDAY_EVERY === 0
    const yesterday = again ? (await account.account(before(today.day), expected)).unaccounted ?? NaN : state.yesterday
    state = { day: today.day, unaccounted: today.unaccounted ?? NaN, yesterday, silent: silentOf(today), open }
    const { unaccounted, silent } = state
    const found = { unaccounted, yesterday, silent, withoutCallBack: today.withoutCallBack }
    const text = JSON.stringify(found)
    // Said when it is news, not at every look.
    if (text !== told && [unaccounted, yesterday, silent, today.withoutCallBack].some((one) => one > 0)) logger.warn(found, 'the account of calls does not add up')
    told = text
  }
  const timer = setInterval(() => { look().catch(() => { state = NOTHING }) }, ACCOUNT_EVERY)
  return {
    get day() { return state.day }, get unaccounted() { return state.unaccounted }, get yesterday() { return state.yesterday }, get silent() { return state.silent }, get open() { return state.open },
    close() { clearInterval(timer) },
  }
}
