import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import t from 'tap'
import { practiceHandlers } from '../../src/http/routes/practice.js'

t.test('a practice call in which nothing happens for longer than a connection may be silent goes on', async (t) => {
  const app = fastify({ connectionTimeout: 200 })
  const { practiceCall } = practiceHandlers({
    logins: [],
    async *placeCall(_spec, gone) {
      yield { at: 0, type: 'call', detail: 'first' }
      await sleep(1_000)
      yield { at: 1_000, type: 'ended', detail: gone.aborted ? 'its commander is gone' : 'NORMAL_CLEARING' }
    },
  })
  app.post('/', (request, reply) => practiceCall({ body: { number: '13900000001', wait: 30 }, request, reply } as Parameters<typeof practiceCall>[0]))
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  const told = await (await fetch(address, { method: 'POST' })).text()
  t.match(told.trim().split('\n').map((line) => JSON.parse(line) as unknown), [{ detail: 'first' }, { detail: 'NORMAL_CLEARING' }])
})
