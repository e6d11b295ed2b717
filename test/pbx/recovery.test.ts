import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { EslEvent } from '../../src/pbx/esl/codec.js'
import type { Command } from '../../src/pbx/esl/command.js'
import { makeRecovery } from '../../src/pbx/recovery.js'
import { until } from '../helpers/database.js'

/** A FreeSWITCH that says whether it is ready, and what it was asked for. */
function scene() {
  const now = { ready: true, listens: true, up: true, lost: false }
  const asked: Command[] = []
  const recovery = makeRecovery({
    link: () => ({
      get up() { return now.up },
      api: () => (now.lost ? Promise.reject(new Error('the link is cut')) : Promise.resolve({ ok: true, text: `FreeSWITCH (Version 1.11.3) is ${now.ready ? '' : 'not '}ready\n`, headers: null })),
      request(command) { asked.push(command); return Promise.resolve({ ok: true, text: '+OK', headers: null }) },
    }),
    listens: () => now.listens, monotonic: () => performance.now(),
  })
  const job = (jobId: string): EslEvent => ({ name: 'BACKGROUND_JOB', wellFormed: true, mentions: () => false, get: (header) => ({ 'Job-UUID': jobId })[header] })
  return { now, asked, recovery, job }
}
const jobOf = (command: Command | undefined): string => (command?.verb === 'bgapi' ? command.jobId : '')

t.test('calls are recovered when FreeSWITCH is ready and callers who come back find us; the first snapshot waits for them', async (t) => {
  const { now, asked, recovery, job } = scene()
  now.ready = now.listens = false
  let over = false
  const done = recovery.up().then(() => { over = true })
  await turn()
  t.same(asked, [], 'not yet ready')
  now.ready = true
  await turn()
  t.same(asked, [], 'nobody would take who comes')
  now.listens = true
  await until('it to be asked', () => asked.length === 1)
  t.match(asked, [{ verb: 'bgapi', call: { api: 'sofia_recover' } }])
  recovery.onJob(job('00000000-0000-4000-8000-000000000000'))
  await turn()
  t.notOk(over, 'that was another job')
  recovery.onJob(job(jobOf(asked[0])))
  await done
})

t.test('a link that falls meanwhile ends it, and nothing is thrown', async (t) => {
  const { now, asked, recovery } = scene()
  const first = recovery.up()
  await until('it to be asked', () => asked.length === 1)
  recovery.down()
  await first
  now.lost = true
  await recovery.up()
  now.lost = now.up = false
  await recovery.up()
  t.equal(asked.length, 1)
})
