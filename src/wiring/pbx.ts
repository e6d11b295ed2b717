import { randomUUID } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import type { Intake } from '../intake/service.js'
import { root } from '../paths.js'
import { startCdrSweep } from '../pbx/cdr.js'
import { startExchange, type Exchange } from '../pbx/exchange/exchange.js'
import type { Pbx } from './calls.js'

/** Our own exchange is in this process, whatever the settings say of a FreeSWITCH. */
const HERE = { host: '127.0.0.1', port: 0, peers: ['127.0.0.1'] }
const NO_PBX: Pbx = { host: '', port: 0, password: '', listen: HERE, trunkDial: '', hallsDial: '', holdMusic: '', speech: '', phones: null, none: true }

/** The FreeSWITCH of the settings, or a practice exchange where everybody's number is a telephone; a county has neither. `recordings`: where talks are recorded. */
export async function openPbx(config: Config, recordings: string | null): Promise<{ readonly exchange: Exchange | null; readonly pbx: Pbx }> {
  if (config['node.kind'] === 'county') return { exchange: null, pbx: NO_PBX }
  if (config['pbx.kind'] !== 'practice') {
    return { exchange: null, pbx: {
      host: config['pbx.host'], port: config['pbx.port'], password: config['pbx.password'], trunkDial: config['pbx.trunkDial'], hallsDial: config['pbx.hallsDial'],
      listen: { host: config['pbx.listenHost'], port: config['pbx.listenPort'], peers: config['pbx.peers'] },
      holdMusic: config['pbx.holdMusic'], speech: config['pbx.speech'], phones: null,
    } }
  }
  const sound = (name: string): string => join(root, 'sip', 'freeswitch', 'sounds', name)
  const password = randomUUID()
  const exchange = await startExchange({
    // Nobody comes here from outside: whatever number a flow is entered by can be tried.
    password, seed: config['practice.seed'], serves: (number) => /^[0-9*#]{1,20}$/.test(number),
    sounds: { busy: sound('busy.wav'), hold: sound('hold.wav'), recorded: sound('recorded.wav') }, ...(recordings === null ? {} : { recordings }),
  })
  return { exchange, pbx: {
    host: HERE.host, port: exchange.port, password, listen: HERE, trunkDial: 'sofia/trunk/{number}', hallsDial: '', holdMusic: sound('hold.wav'), speech: 'practice any', phones: exchange.phones,
  } }
}

/** Looks through FreeSWITCH's records of calls for those that were answered while we were away; null: there are none to look through. */
export function startSweep(config: Config, intake: Pick<Intake, 'onPast'>, clock: () => number, logger: Logger): { close(): unknown } | null {
  const directory = config['pbx.cdrDirectory']
  if (directory === '' || config['node.kind'] === 'county') return null
  return startCdrSweep({ directory: resolve(directory), context: config['pbx.fallbackContext'], clock }, { onPast: intake.onPast, logger })
}
