import t from 'tap'
import { agentsWanted, standingOf } from '../../src/intake/core/agents.js'
import { emptyRoom, type Operator, type Room } from '../../src/intake/core/room.js'
import { makeNativeAgents } from '../../src/intake/native-agents.js'
import type { NativeAgent, Standings } from '../../src/intake/ports.js'

const operator = (extension: string, fields: Partial<Operator>): Operator => ({
  operatorId: `id-${extension}`, profile: { operatorId: `id-${extension}`, displayName: extension, extension, skills: [] }, attached: true, presence: 'ready', since: 0, wantsReady: true, idleSince: 0, wrapUp: null, pause: null, failures: 0, callId: null, also: null, ...fields,
})
const roomOf = (...operators: readonly Operator[]): Room => ({ ...emptyRoom, operators: operators.reduce((table, one) => table.with(one.operatorId, one), emptyRoom.operators) })
const shown = (agents: readonly NativeAgent[]): Record<string, string> => Object.fromEntries(agents.map(({ extension, status, level }) => [extension, `${status} ${level}`]))
const AGENTS: readonly NativeAgent[] = ['1001', '1002', '1003'].map((extension) => ({ extension, status: 'Available', level: 1 }))

t.test('how somebody stands', (t) => {
  const cases: readonly (readonly [Partial<Operator>, Standings[string] | null])[] = [
    [{ presence: 'ready' }, 'ready'], [{ presence: 'ringing' }, 'ready'], [{ presence: 'talking' }, 'ready'], [{ presence: 'talking', wantsReady: false }, 'away'],
    [{ presence: 'wrap-up' }, 'able'], [{ presence: 'wrap-up', wantsReady: false }, 'away'], [{ presence: 'paused' }, 'able'], [{ presence: 'unreachable' }, 'able'], [{ presence: 'unreachable', wantsReady: false }, 'away'],
    [{ presence: 'break', wantsReady: false }, 'away'], [{ presence: 'missed', wantsReady: false }, 'away'], [{ presence: 'offline', attached: false }, null], [{ presence: 'talking', attached: false }, null],
  ]
  for (const [fields, expected] of cases) t.equal(standingOf(operator('1001', fields)), expected, JSON.stringify(fields))
  t.end()
})

t.test('what the native queue’s agents should be', (t) => {
  const wanted = (mine: Standings, others: Standings = {}, isGone: (extension: string) => boolean = () => true, registered: readonly string[] = ['1001', '1002', '1003']): Record<string, string> =>
    shown(agentsWanted(AGENTS, { mine, others, isGone, hasPhone: (extension) => registered.includes(extension) }))
  t.same(wanted({ 1001: 'ready', 1002: 'able', 1003: 'away' }), { 1001: 'Available 1', 1002: 'Available 2', 1003: 'On Break 1' }, 'the ready ones first, then those at their paper work')
  t.same(wanted({ 1001: 'ready' }), { 1001: 'Available 1', 1002: 'Logged Out 1', 1003: 'Logged Out 1' }, 'who is not signed in is not rung')
  t.same(wanted({}), { 1001: 'Available 1', 1002: 'Available 1', 1003: 'Available 1' }, 'nobody is signed in: any telephone rather than music')
  t.same(wanted({}, {}, () => true, ['1003']), { 1001: 'Available 2', 1002: 'Available 2', 1003: 'Available 1' }, 'and those that are there before those of whom nothing is known')
  t.same(wanted({ 1001: 'ready' }, {}, () => true, ['1003']), { 1001: 'Available 1', 1002: 'Logged Out 1', 1003: 'Logged Out 1' }, 'somebody is signed in: a telephone alone is nobody')
  t.same(wanted({ 1001: 'away', 1002: 'away' }), { 1001: 'Available 2', 1002: 'Available 2', 1003: 'Logged Out 1' }, 'all who are there are on a break')
  t.same(wanted({ 1001: 'away' }, { 1002: 'ready' }), { 1001: 'On Break 1', 1002: 'Available 1', 1003: 'Logged Out 1' }, 'another node has somebody')
  t.same(shown(agentsWanted([{ extension: '1002', status: 'On Break', level: 1 }], { mine: { 1001: 'ready' }, others: { 1002: 'ready' }, isGone: () => true, hasPhone: () => true })), { 1002: 'On Break 1' }, 'whom another node has is its own to set')
  t.same(wanted({ 1001: 'ready' }, {}, (extension) => extension === '1003'), { 1001: 'Available 1', 1002: 'Available 1', 1003: 'Logged Out 1' }, 'of whom nothing is known yet stays what he is')
  t.end()
})

t.test('kept true: at once, after the link was away, and until this node leaves', async (t) => {
  let [room, now, up, leaving] = [roomOf(operator('1001', {}), operator('1002', { presence: 'break', wantsReady: false })), 0, true, false]
  let there: readonly NativeAgent[] | null = AGENTS
  const registered = new Set(['1001', '1003'])
  let pending: Promise<unknown> = Promise.resolve()
  const set: string[] = []
  const told: string[] = []
  const keeper = makeNativeAgents({ room: () => room, feed: () => undefined, background: (_call, _what, work) => { pending = work } }, {
    switchboard: {
      get up() { return up }, hasPhone: (extension: string) => registered.has(extension), nativeAgents: () => Promise.resolve(there),
      setNativeAgents(agents: readonly NativeAgent[]) {
        for (const { extension, status, level } of agents) set.push(`${extension} ${status} ${level}`)
        there = there?.map((one) => agents.find(({ extension }) => extension === one.extension) ?? one) ?? null
      },
    } as never,
    directory: { byExtension: () => Promise.resolve(null), extensions: () => Promise.resolve([]) },
    monotonic: () => now, logger: { info: () => undefined, warn: (_fields, text) => { told.push(text) }, error: () => undefined },
  }, () => leaving)
  const settle = async (): Promise<string[]> => {
    for (let turn = 0; turn < 3; turn += 1) { keeper.tick(); await pending }
    return set.splice(0)
  }
  t.same(await settle(), ['1002 On Break 1'], 'what differs is set, and nobody is signed out yet: his desk may be on its way back')
  t.same(await settle(), [], 'once')

  room = roomOf(operator('1001', { presence: 'break', wantsReady: false }), operator('1002', {}))
  keeper.changed()
  t.same(await settle(), ['1001 On Break 1', '1002 Available 1'])
  there = AGENTS // somebody at the console, another node, a new FreeSWITCH
  now += 10_000
  t.same(await settle(), ['1001 On Break 1'], 'looked after every ten seconds')
  up = false
  there = AGENTS
  await settle()
  up = true
  t.same(await settle(), ['1001 On Break 1'], 'and as soon as the link is back')

  now += 50_000
  t.same(await settle(), ['1003 Logged Out 1'], 'nobody came to the third telephone')
  keeper.heard({ 1003: 'ready' })
  t.same(await settle(), [], 'he is at another node, which sets him')
  keeper.heard({})
  now += 30_000
  t.same(await settle(), [])
  room = roomOf(operator('1001', { presence: 'offline', attached: false }), operator('1002', {}))
  keeper.changed()
  t.same(await settle(), ['1001 Logged Out 1'], 'who closes his desk is gone at once')

  leaving = true
  room = roomOf(operator('1001', { presence: 'offline', attached: false }), operator('1002', { presence: 'offline', attached: false }))
  keeper.changed()
  now += 60_000
  t.same(await settle(), [], 'what the native queue knows stays when it is about to serve')
  leaving = false
  t.same(await settle(), ['1001 Available 1', '1002 Available 2', '1003 Available 1'], 'nobody anywhere: every telephone, and first those that are there')
  registered.add('1002')
  keeper.changed()
  t.same(await settle(), ['1002 Available 1'], 'it has come')
  there = null
  for (let turn = 0; turn < 2; turn += 1) { now += 10_000; await settle() }
  t.same(told.length, 1, 'a queue that is not there is told once')
})
