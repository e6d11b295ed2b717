import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openTestStore, temporaryHome } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { prepared } from '../helpers/prepared.js'
import { giveSpare, restore, takeSpare } from '../helpers/recycled.js'

/** All that there is below, by path: kind, owner, mode, and what is in it. */
function contents(directory: string): Record<string, string> {
  return Object.fromEntries(readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => {
    const path = join(directory, name)
    const { mode, uid, gid } = lstatSync(path)
    return [name, `${mode} ${uid} ${gid} ${lstatSync(path).isFile() ? readFileSync(path).toString('base64') : ''}`]
  }))
}

/** Where they differ. */
const differences = (one: Record<string, string>, other: Record<string, string>): string[] => [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => one[name] !== other[name])

t.test('a database that was used is, for the next one, as if nobody had been there', async (t) => {
  const original = await prepared()
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  await store.pool.query(`insert into call_back_task (call_id, number, reason, since) select gen_random_uuid(), '13900004321', 'abandoned', now() from generate_series(1, 500)`)
  await store.close()
  const used = join(home.path, 'postgres')
  const conf = join(used, 'data', 'pg_hba.conf')
  writeFileSync(conf, readFileSync(conf, 'utf8').toUpperCase())
  chmodSync(join(used, 'data', 'global'), 0o755)
  mkdirSync(join(used, 'data', 'base', '77777'))
  rmSync(join(used, 'data', 'PG_VERSION'))
  t.ok(differences(contents(original), contents(used)).length > 20)
  restore(original, used)
  t.same(differences(contents(original), contents(used)), [])
  home.remove()
})

t.test('one is kept when it is left, and taken once; not while a PostgreSQL may be at it', (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  const path = (name: string): string => join(directory, name)
  for (const name of ['original', 'used', 'running']) {
    mkdirSync(join(path(name), 'data'), { recursive: true })
    writeFileSync(join(path(name), 'data', 'PG_VERSION'), '18')
  }
  writeFileSync(join(path('running'), 'data', 'postmaster.pid'), '')
  giveSpare(path('original'), path('running'))
  t.notOk(takeSpare(path('original'), path('next')))
  giveSpare(path('original'), path('used'))
  t.notOk(existsSync(path('used')))
  t.ok(takeSpare(path('original'), path('next')))
  t.ok(existsSync(join(path('next'), 'data', 'PG_VERSION')))
  t.notOk(takeSpare(path('original'), path('third')))
  t.end()
})
