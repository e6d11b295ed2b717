import type { Test } from 'tap'
import type { EslEvent } from '../../../src/pbx/esl/codec.js'
import type { ApiCall } from '../../../src/pbx/esl/command.js'
import { addCommands, agentCommands, callcenterRows, nativeAgentsOf } from '../../../src/pbx/native-queue.js'
import type { NativeAgent } from '../../../src/intake/ports.js'
import { until } from '../../helpers/database.js'

type Where = Readonly<Record<string, string | RegExp>>

interface Stage {
  api(call: ApiCall): Promise<string>
  event(name: string, where: Where): Promise<EslEvent>
  heard(name: string, where: Where): EslEvent | undefined
  arrive(number: string, more?: { readonly called?: string }): Promise<{ readonly callId: string }>
  offer(extension: string, callId: string): { readonly legId: string; readonly jobId: string }
  kill(uuid: string, cause?: string): Promise<string>
  gone(uuid: string): Promise<EslEvent>
}

const QUEUE = 'native'

/** The native queue's agents as we set them: whom it rings, in which order, and whom it leaves alone. */
export async function agents(t: Test, { api, event, heard, arrive, offer, kill, gone }: Stage): Promise<void> {
  const read = async (): Promise<readonly NativeAgent[]> => nativeAgentsOf(await api({ api: 'callcenter_agents', queue: QUEUE }), await api({ api: 'callcenter_tiers', queue: QUEUE })) ?? []
  const legsOf = async (extension: string): Promise<string | undefined> => callcenterRows(await api({ api: 'callcenter_agents', queue: QUEUE }))?.find(({ name }) => name === extension)?.['external_calls_count']
  async function set(t: Test, ...changes: NativeAgent[]): Promise<void> {
    for (const call of agentCommands(QUEUE, changes)) t.equal(await api(call), '+OK\n', JSON.stringify(call))
  }
  /** A citizen whom nobody of ours has. */
  async function waiting(number: string): Promise<string> {
    const { callId } = await arrive(number)
    await api({ api: 'uuid_transfer', uuid: callId, extension: 'fallback', context: 'citizens' })
    await event('CUSTOM', { 'CC-Action': 'member-queue-start', 'CC-Member-Session-UUID': callId })
    return callId
  }
  const shipped = Array.from({ length: 12 }, (_, n): NativeAgent => ({ extension: String(1001 + n), status: 'Available', level: 1 }))

  await t.test('the native queue rings whom it is told to ring: lower levels first, nobody who has a leg of ours', async (t) => {
    t.same(await read(), shipped, 'as configured')
    t.equal(await api({ api: 'callcenter_status', agent: '7777', status: 'Available' }), '-ERR Agent not found!\n')
    t.equal(await api({ api: 'callcenter_agents', queue: 'no-such-queue' }), '+OK\n')
    const wanted = shipped.map((agent): NativeAgent => (agent.extension === '1003' ? agent : agent.extension === '1001' ? { ...agent, level: 2 } : { ...agent, status: agent.extension < '1006' ? 'On Break' : 'Logged Out' }))
    await set(t, ...wanted)
    t.same(await read(), wanted)

    const first = await waiting('13900000121')
    const ringing = await event('CHANNEL_PROGRESS', { variable_cc_agent: '1003' })
    t.notOk(heard('CUSTOM', { 'CC-Action': 'bridge-agent-start', 'CC-Member-Session-UUID': first }), 'the lower level first')
    await set(t, { extension: '1003', status: 'On Break', level: 1 })
    t.equal((await gone(ringing.get('Unique-ID') ?? '')).get('Hangup-Cause'), 'ORIGINATOR_CANCEL', 'whoever takes a break is not rung any more')
    const answer = await event('CUSTOM', { 'CC-Action': 'bridge-agent-start', 'CC-Member-Session-UUID': first })
    t.equal(answer.get('CC-Agent'), '1001')
    await kill(first)
    await gone(first)

    // 1001 is first now, and talks with a citizen of ours.
    await set(t, { extension: '1001', status: 'Available', level: 1 }, { extension: '1003', status: 'Available', level: 2 })
    const { callId } = await arrive('13900000122')
    const { legId } = offer('1001', callId)
    await event('CHANNEL_BRIDGE', { variable_liandong_call: callId })
    t.equal(await legsOf('1001'), '1')
    const second = await waiting('13900000123')
    const other = await until('the other to be rung', () => { const leg = heard('CHANNEL_PROGRESS', { variable_cc_agent: '1003', variable_cc_member_session_uuid: second }) ?? heard('CHANNEL_PROGRESS', { variable_cc_agent: '1003', 'Unique-ID': new RegExp(`^(?!${ringing.get('Unique-ID') ?? ''})`) }); return leg })
    await kill(legId)
    await gone(legId)
    await until('his telephone to be free', async () => await legsOf('1001') === '0')
    await set(t, { extension: '1003', status: 'Logged Out', level: 1 })
    await gone(other.get('Unique-ID') ?? '')
    t.equal((await event('CUSTOM', { 'CC-Action': 'bridge-agent-start', 'CC-Member-Session-UUID': second })).get('CC-Agent'), '1001', 'his talk is over: he is rung, and nobody of ours had to say so')
    await kill(second)
    await gone(second)
  })

  await t.test('… and takes the callers by the number that they dialled and by their class, as the intake does', async (t) => {
    await set(t, ...shipped.map((agent): NativeAgent => ({ ...agent, status: 'On Break' })))
    const callers: string[] = []
    for (const [at, [called, queueClass]] of ([['110', 'demoted'], ['12345', 'standard'], ['12345', 'emergency'], ['110', 'standard'], ['110', 'emergency'], ['110', '']] as const).entries()) {
      const { callId } = await arrive(`1390000013${at}`, { called })
      await api({ api: 'uuid_setvar', uuid: callId, name: 'liandong_class', value: queueClass })
      await api({ api: 'uuid_transfer', uuid: callId, extension: 'fallback', context: 'citizens' })
      await event('CUSTOM', { 'CC-Action': 'member-queue-start', 'CC-Member-Session-UUID': callId })
      callers.push(callId)
    }
    const [demoted = '', other = '', raised = '', standard = '', emergency = '', unknown = ''] = callers
    const taken = (callId: string): Where => ({ 'CC-Action': 'bridge-agent-start', 'CC-Member-Session-UUID': callId })
    await set(t, { extension: '1001', status: 'Available', level: 1 })
    const order = [[emergency, 'the most urgent first'], [standard, 'who came before'], [unknown, 'of whom nothing is known'], [raised, 'then the other number, an emergency first'], [other, 'and the rest of it'], [demoted, 'who calls too often last']] as const
    for (const [at, [callId, why]] of order.entries()) {
      await event('CUSTOM', taken(callId))
      t.notOk(order.slice(at + 1).some(([later]) => heard('CUSTOM', taken(later))), why)
      await kill(callId)
      await gone(callId)
    }
    await set(t, ...shipped)
  })

  await t.test('… and a telephone that was added to it, like those of the configuration', async (t) => {
    await set(t, ...shipped.map((agent): NativeAgent => ({ ...agent, status: 'On Break' })))
    // Named otherwise, it rings the telephone that answers.
    const added = addCommands(QUEUE, ['2001'], () => 'sofia/operators/1001%liandong')
    for (const call of added) t.equal(await api(call), '+OK\n', JSON.stringify(call))
    t.same(await read(), [...shipped.map((agent) => ({ ...agent, status: 'On Break' })), { extension: '2001', status: 'Logged Out', level: 1 }])
    const [again, , , , , join] = added
    if (again === undefined || join === undefined) return t.fail('six commands')
    t.same([await api(again), await api(join)], ['-ERR Agent already exist!\n', '-ERR Tier already exist!\n'], 'as another node finds it')
    const callId = await waiting('13900000125')
    await set(t, { extension: '2001', status: 'Available', level: 2 })
    t.equal((await event('CUSTOM', { 'CC-Action': 'bridge-agent-start', 'CC-Member-Session-UUID': callId })).get('CC-Agent'), '2001')
    await kill(callId)
    await gone(callId)
    await set(t, { extension: '2001', status: 'Logged Out', level: 1 }, ...shipped)
  })

  await t.test('… and a leg that came to nothing leaves nobody marked', async (t) => {
    await set(t, ...shipped)
    const { callId } = await arrive('13900000124')
    const vain = offer('1003', callId)
    await event('CHANNEL_PROGRESS', { 'Unique-ID': vain.legId })
    t.equal(await legsOf('1003'), '1', 'while it rings')
    await kill(vain.legId, 'ORIGINATOR_CANCEL')
    await gone(vain.legId)
    for (const extension of ['1002', '1005', '1004']) {
      const { jobId } = offer(extension, callId)
      await event('BACKGROUND_JOB', { 'Job-UUID': jobId })
    }
    for (const extension of ['1002', '1003', '1004', '1005']) await until(`${extension} to be free`, async () => await legsOf(extension) === '0')
    await kill(callId)
    await gone(callId)
    t.same((await read()).filter(({ extension }) => extension !== '2001'), shipped)
  })
}
