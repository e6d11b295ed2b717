import { createServer } from 'node:net'
import { join } from 'node:path'
import { environmentName, type Config, type SettingKey } from '../config.js'
import { LiandongError } from '../contracts/errors.js'
import { isTaken } from '../store/journal-lock.js'

/** A port that somebody else holds is no riddle. */
export const portInUse = (setting: SettingKey, port: number, cause?: unknown): LiandongError => new LiandongError('port.in-use', { port, setting, variable: environmentName(setting) }, { cause })

/**
 * Looks whether our ports are free before anything that takes long is begun. Where Liandong itself runs on this data directory
 * nothing is said: opening the store says that better. @throws LiandongError `port.in-use`
 */
export async function checkPorts(config: Config): Promise<void> {
  const wanted: readonly (readonly [SettingKey, string, number])[] = [
    ['http.port', config['http.host'], config['http.port']],
    ...(config['pbx.kind'] === 'practice' || config['node.kind'] === 'county' ? [] : [['pbx.listenPort', config['pbx.listenHost'], config['pbx.listenPort']] as const]),
  ]
  for (const [setting, host, port] of wanted) {
    if (port === 0 || await isFree(host, port)) continue
    if (await isTaken(join(config.home, 'journal', `${config['node.name']}.log`))) return
    throw portInUse(setting, port)
  }
}

/** Another failure than a port that is in use is told when we listen in earnest. */
const isFree = (host: string, port: number): Promise<boolean> => new Promise((resolve) => {
  const server = createServer()
  server.once('error', ({ code }: NodeJS.ErrnoException) => { resolve(code !== 'EADDRINUSE') })
  server.listen({ host, port, exclusive: true }, () => { server.close(() => { resolve(true) }) })
})
