import { readFile } from 'node:fs/promises'
import { replaceFile } from '../disk/whole-file.js'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { startLoop } from '../dispatch/loop.js'
import { phonesXml, type Phone } from '../people/phones.js'
import type { Store } from '../store/store.js'

export interface PhonesGiven {
  /** The file that FreeSWITCH looks its telephones up in. */
  readonly file: string
  readonly node: string
  readonly phones: () => Promise<readonly Phone[]>
  readonly onError: (error: unknown) => void
  readonly every?: number
}

export interface PhoneKeeper {
  /** Writes now what the database has now. What fails is told to `onError`, and tried again by itself. */
  publish(): Promise<void>
  close(): Promise<void>
}

/** A new password works on the telephone within this, ms. */
const EVERY = 5_000

/**
 * Keeps the file that FreeSWITCH looks its telephones up in (mod_xml_curl, `file:`) as the database has them. The file is the cache: while
 * Liandong or the database is away telephones register as before, a FreeSWITCH that restarts included; there is no request that could be flooded.
 */
export function keepPhones({ file, node, phones, onError, every = EVERY }: PhonesGiven): PhoneKeeper {
  async function write(): Promise<void> {
    const wanted = phonesXml(await phones())
    if (await readFile(file, 'utf8').catch(() => null) === wanted) return
    // Readable for FreeSWITCH's group and nobody else.
    await replaceFile(file, wanted, { mode: 0o640, writer: node })
  }
  // One after another, the reading too: what was read earlier must not be written over what was read later.
  let last: Promise<void> = Promise.resolve()
  const next = (): Promise<void> => (last = last.then(write, write))
  const loop = startLoop({ every, afterFailure: every, onError, look: () => next().then(() => undefined) })
  return { publish: () => next().catch(onError), close: () => loop.close() }
}

/** Keeps it, if the settings name one (pbx.phones); null: FreeSWITCH has a list of its own. */
export function startPhones(config: Config, store: Pick<Store, 'phones' | 'records'>, logger: Logger): PhoneKeeper | null {
  const file = config['pbx.phones']
  if (file === '') return null
  return keepPhones({ file, node: config['node.name'], phones: () => store.phones.all(), onError: (error) => { if (store.records.status().database === 'up') logger.warn({ err: error, file }, 'telephones’ credentials were not written (pbx.phones)') } })
}
