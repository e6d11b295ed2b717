import type { Writable } from 'node:stream'
import type { Config } from '../config.js'
import { migrationsDirectory } from '../paths.js'
import type { BesideOptions } from '../store/beside.js'

/** The database of the settings, for one command. What takes a while is told on `stderr`; without one nothing is said. */
export const databaseOf = (config: Config, stderr?: Writable): BesideOptions => ({
  databaseUrl: config['database.url'], ownerUrl: config['database.ownerUrl'], home: config.home, migrations: migrationsDirectory,
  onProgress: (zh, en) => { stderr?.write(`${zh} / ${en}\n`) },
})
