import { mkdirSync } from 'node:fs'
import type { Logger } from 'pino'
import { isPracticeCity, type Config } from '../config.js'
import type { HealthView } from '../contracts/ws.js'
import type { Metrics } from '../metrics.js'
import { recordingFile } from '../pbx/esl/command.js'
import { recordingDirectory, recordingFiles } from '../recording/files.js'
import { startKeeper } from '../recording/keeper.js'
import type { RecordingEvent, RecordingTrouble } from '../recording/ports.js'
import { makeRecordings, type Recordings } from '../recording/recordings.js'
import type { Store } from '../store/store.js'

export interface RecordingGiven {
  readonly config: Config
  readonly logger: Logger
  readonly metrics: Metrics
  readonly store: Pick<Store, 'records' | 'recordings'>
  readonly clock: () => number
  readonly monotonic: () => number
  /** Whether talks are recorded has changed. */
  readonly onTrouble: () => void
}

export interface Recording {
  /** Where FreeSWITCH records; null: nothing is to be recorded. */
  readonly directory: string | null
  readonly recordings: Recordings
  take(event: RecordingEvent): void
  trouble(): RecordingTrouble | null
  /** What desks are told. */
  notice(): Pick<HealthView, 'recording'>
  close(): Promise<void>
}

const ANY = '00000000-0000-4000-8000-000000000000'

/** Recording: the files, the index, who may hear them. */
export function wireRecording({ config, logger, metrics, store, clock, monotonic, onTrouble }: RecordingGiven): Recording {
  const wanted = recordingDirectory({ configured: config['pbx.recordings'], practice: isPracticeCity(config), home: config.home })
  // A home whose name FreeSWITCH could not be told must not keep an operator's telephone from ringing.
  const directory = wanted !== '' && recordingFile(wanted, ANY) !== null ? wanted : null
  if (wanted !== '' && directory === null) logger.warn({ directory: wanted }, 'nothing is recorded: the path has characters other than letters, digits, _ . - (pbx.recordings)')
  const node = config['node.name']
  const days = { standard: config['recording.keepStandard'], emergency: config['recording.keepEmergency'] }
  const files = directory === null ? null : recordingFiles(directory)
  const recordings = makeRecordings({ store: store.recordings, files, node, days })
  if (directory === null || files === null) return { directory: null, recordings, take: () => undefined, trouble: () => null, notice: () => ({}), close: () => Promise.resolve() }
  try {
    mkdirSync(directory, { recursive: true, mode: 0o750 })
  } catch { /* the keeper says so */ }
  const keeper = startKeeper({
    files, store: store.recordings, node, days, clock, monotonic, minFree: config['recording.minFree'] * 2 ** 20, logger, note: (event) => store.records.noteCall(event),
    onTrouble(trouble) {
      if (trouble === null) logger.info({}, 'talks are recorded again')
      else logger.error({ trouble, directory }, 'talks are not recorded')
      onTrouble()
    },
    onError: (error) => { if (store.records.status().database === 'up') logger.warn({ err: error }, 'recordings are taken in later') },
    onNotRecorded: () => { metrics.notRecorded.inc() },
  })
  return { directory, recordings, take: keeper.take, trouble: () => keeper.trouble, notice: () => (keeper.trouble === null ? {} : { recording: keeper.trouble }), close: () => keeper.close() }
}
