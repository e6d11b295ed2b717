import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { t } from 'tap'
import { findBinaries } from '../../src/store/postgres-binaries.js'
import { temporaryDirectory } from '../helpers/directory.js'

t.test('PostgreSQL is used by its version', (t) => {
  const home = temporaryDirectory()
  t.teardown(() => { rmSync(home, { recursive: true, force: true }) })
  /** A directory with a PostgreSQL that says this of itself. */
  const install = (directory: string, version: string): string => {
    const place = join(home, directory)
    mkdirSync(place, { recursive: true })
    for (const name of ['initdb', 'postgres']) writeFileSync(join(place, name), `#!/bin/sh\necho '${name} (PostgreSQL) ${version}'\n`, { mode: 0o755 })
    return place
  }
  const data = (version: string): string => {
    const place = join(home, `data-${version}`)
    mkdirSync(place)
    writeFileSync(join(place, 'PG_VERSION'), `${version}\n`)
    return place
  }
  const old = install('old', '14.9 (Debian 14.9-1)')
  const own = install('own', '16.2')
  const debian = join(home, 'debian')
  for (const [name, version] of [['9.6', '9.6.24'], ['15', '15.20'], ['17', '17.1']] as const) install(`debian/${name}/bin`, version)
  const npm = install('npm', '18.4')
  const brought = () => ({ initdb: join(npm, 'initdb'), postgres: join(npm, 'postgres'), from: 'npm' })
  const none = join(home, 'none')
  const found = (at: string, places: Parameters<typeof findBinaries>[1]): string => { const { from, major } = findBinaries(at, places); return `${major} ${from}` }

  t.equal(found(none, { path: [old, own].join(delimiter), debian: none, brought }), `16 ${own}`, 'one that is too old in PATH is passed over')
  t.equal(found(none, { path: old, debian, brought }), `17 ${join(debian, '17', 'bin')}`, 'Debian’s newest')
  t.equal(found(none, { path: old, debian: none, brought }), '18 npm', 'what npm brought')
  t.throws(() => findBinaries(none, { path: old, debian: none, brought: () => null }), /no PostgreSQL 15 or later found \(found: 14/)
  t.equal(found(data('15'), { path: own, debian, brought }), `15 ${join(debian, '15', 'bin')}`, 'data of another version are served by their own')
  t.equal(found(data('18'), { path: own, debian, brought }), '18 npm')
  t.throws(() => findBinaries(data('14'), { path: [own, old].join(delimiter), debian: none, brought }), /was made by PostgreSQL 14, older than the 15 that is needed .*pg_dump/)
  t.throws(() => findBinaries(data('19'), { path: [own, old].join(delimiter), debian, brought }), /was made by PostgreSQL 19, which no other.*found: 16 .*Install PostgreSQL 19/)
  t.equal(found(none, { path: join(home, 'missing'), debian: none, brought }), '18 npm')
  t.end()
})
