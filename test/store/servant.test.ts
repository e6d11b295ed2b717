import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { t, type Test } from 'tap'
import { run } from '../../src/store/postgres-binaries.js'
import { servant, startAs, type Servant } from '../../src/store/servant.js'
import { startLocalServer } from '../../src/store/server.js'
import { temporaryHome } from '../helpers/database.js'

const as = servant()
/** Root with the capability to pass directories on; a container may have been given fewer. */
const able = as !== null && spawnSync('setpriv', ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search', 'true'], { stdio: 'ignore' }).status === 0

/** Like /root: a directory that only root can enter. */
function barredDirectory(test: Test): string {
  const home = temporaryHome()
  test.teardown(() => { home.remove() })
  chmodSync(home.path, 0o700)
  return home.path
}

t.test('root starts PostgreSQL below a directory that only root can enter', { skip: able ? false : 'needs root with setpriv' }, async (t) => {
  const directory = join(barredDirectory(t), 'postgres')
  const server = await startLocalServer({ directory, unsafe: true })
  t.teardown(() => server.stop())
  const postmaster = readFileSync(join(directory, 'data', 'postmaster.pid'), 'utf8').split('\n')[0] ?? ''
  const status = readFileSync(`/proc/${postmaster}/status`, 'utf8')
  t.equal(/^Uid:\t(\d+)/m.exec(status)?.[1], String(as?.uid), 'not as root')
  t.equal(/^CapPrm:\t(\w+)/m.exec(status)?.[1], '0000000000000004', 'and with nothing but the right to pass')
  t.equal(statSync(join(directory, 'data')).uid, as?.uid, 'its data are its own')
  await server.stop()
  await server.start()
  t.pass('a second start finds it all')
})

t.test('binaries in such a directory find themselves', { skip: able ? false : 'needs root with setpriv' }, async (t) => {
  const place = barredDirectory(t)
  const file = join(place, 'initdb')
  const out = join(place, 'out')
  writeFileSync(file, '#!/bin/sh\n/usr/bin/test -x "$0" && id -u > "$1/uid"\n', { mode: 0o755 })
  mkdirSync(out)
  chownSync(out, (as as Servant).uid, (as as Servant).gid)
  await run(file, [out], startAs(as, [out, file]))
  t.equal(readFileSync(join(out, 'uid'), 'utf8').trim(), String(as?.uid))
})

t.test('without setpriv it says which directory and what to do', { skip: as === null ? 'needs root' : false }, (t) => {
  const place = barredDirectory(t)
  t.throws(() => startAs(as, [join(place, 'postgres')], 'no-such-setpriv'), { message: new RegExp(`chmod o\\+x ${place}, or set LIANDONG_HOME`) })
  chmodSync(place, 0o711)
  const { command, options } = startAs(as, [join(place, 'postgres')], 'no-such-setpriv')
  t.same(command('postgres', ['-D', 'x']), ['postgres', ['-D', 'x']], 'where everybody may pass nothing is needed')
  t.match(options, { uid: as?.uid, gid: as?.gid })
  t.end()
})

t.test('an ordinary user starts it as himself', (t) => {
  t.same(startAs(null, ['/root/x']), { command: startAs(null, []).command, options: { cwd: '/' } })
  t.same(startAs(null, []).command('postgres', ['-D', 'x']), ['postgres', ['-D', 'x']])
  t.end()
})
