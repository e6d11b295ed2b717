import { fileURLToPath } from 'node:url'
import t from 'tap'
import { loadEdition } from '../../src/intake/edition.js'
import { makeFlowDesk, type FlowDeskDeps } from '../../src/intake/flow-desk.js'
import { makeFlowSide } from '../../src/intake/flow-side.js'

t.setTimeout(240_000)
const PROGRAM = fileURLToPath(new URL('../../bin/liandong.js', import.meta.url))

/** So many menus, each leading to three others all over the file. */
function tangle(count: number): string {
  const menus = Array.from({ length: count }, (_, at) => `  n${at}: { type: menu, prompts: [hello], keys: { "1": { goto: n${(at * 7 + 1) % count} }, "2": { goto: n${(at * 13 + 5) % count} }, "3": { goto: n${(at + 1) % count} } }, onSilence: e }\n`)
  return `flow: test\ntitle: { zh: 测, en: T }\nlanguages: [zh-CN]\nstart: n0\nnodes:\n${menus.join('')}  e: { type: end }\n`
}
const tapes = [{ language: 'zh-CN' as const, name: 'hello', file: 'zh-CN/hello.wav', hash: 'f'.repeat(64), duration: 1_000 }]
const edition = loadEdition({ files: { 'test.yaml': tangle(300) }, tapes })
const nothing = () => Promise.reject(new Error('nobody should ask'))

t.test('looking at a large flow, or trying it, never makes the process that serves calls stand still; it is laid out once', async (t) => {
  t.same(edition.problems.map(({ problem }) => problem.en), [])
  const desk = makeFlowDesk({
    live: { edition: () => edition } as FlowDeskDeps['live'], store: { nodeCounts: () => Promise.resolve({}), lastTraces: () => Promise.resolve([]), content: nothing } as unknown as FlowDeskDeps['store'],
    publishing: {} as FlowDeskDeps['publishing'], directory: '/nowhere', node: 'test', program: PROGRAM, watch: false, entry: 'test', timeZone: 'Asia/Shanghai', calendar: () => ({ holidays: {}, workdays: [] }), standing: () => [],
  })
  t.teardown(() => { desk.close() })
  let [last, longest] = [performance.now(), 0]
  const timer = setInterval(() => { longest = Math.max(longest, performance.now() - last); last = performance.now() }, 10)
  t.teardown(() => { clearInterval(timer) })
  const { drawing } = await desk.live('test', 24, undefined, 0)
  t.match(drawing, { flow: 'test', version: edition.hash, nodes: { length: 301 } })
  const tried = await desk.tryOut({ flow: 'test', startAt: 0, until: 3_000, moves: [{ at: 1_500, key: '1' }], waiting: 0, ready: 0, present: 1, modes: [], number: '', hints: [] })
  t.match(tried.path, ['n0', 'n1'])
  t.ok(longest < 1_500, `the longest standstill was ${Math.round(longest)} ms; after 4 s the dead-man’s switch fires`)
  const again = performance.now()
  const { drawing: second } = await desk.live('test', 24, undefined, 0)
  t.ok(performance.now() - again < 1_500, 'kept by its edition')
  t.equal(JSON.stringify(second), JSON.stringify(drawing))
  await t.rejects(desk.live('nonsense', 24, undefined, 0), { code: 'flow.not-there' })
})

t.test('a process beside that dies or hangs is an error of who asked, and the next is asked anew', async (t) => {
  const content = () => Promise.resolve(edition.content)
  const broken = makeFlowSide(fileURLToPath(new URL('no-such-program.js', import.meta.url)))
  t.teardown(() => { broken.close() })
  await t.rejects(broken.ask(edition.hash, content, { what: 'flows' }), { code: 'flow.gate' })
  const side = makeFlowSide(PROGRAM, { limit: 1 })
  t.teardown(() => { side.close() })
  await t.rejects(side.ask(edition.hash, content, { what: 'flows' }), { code: 'flow.gate', details: { reason: 'no answer within 1 ms' } })
  const well = makeFlowSide(PROGRAM, { idle: 1 })
  t.teardown(() => { well.close() })
  t.match(await well.ask(edition.hash, content, { what: 'flows' }), [{ name: 'test', nodes: 301 }])
  await new Promise((resolve) => { setTimeout(resolve, 200) }) // it is idle: it is ended
  t.match(await well.ask(edition.hash, content, { what: 'flows' }), [{ name: 'test', nodes: 301 }])
})
