import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { readTape, samplesOf } from '../../../src/flow/wav.js'
import type { SwitchEvent } from '../../../src/intake/ports.js'
import type { makeSwitchboard } from '../../../src/pbx/switchboard.js'
import type { RecordingEvent } from '../../../src/recording/ports.js'
import { until } from '../../helpers/database.js'
import { share, shareInPieces } from '../../helpers/tones.js'
import type { TalkingPbx, Voice } from './talk.js'

interface Stage {
  readonly pbx: TalkingPbx
  readonly recorded: readonly RecordingEvent[]
  readonly events: readonly SwitchEvent[]
  readonly board: () => ReturnType<typeof makeSwitchboard>
  talk(): Promise<string>
  over(callId: string): Promise<void>
  happened<T extends SwitchEvent['type']>(type: T, where: Partial<Extract<SwitchEvent, { type: T }>>): Promise<Extract<SwitchEvent, { type: T }>>
  uuid(who: Voice): string
  named(voice: Voice, id: string): void
  hears(who: Voice, ...voices: Voice[]): Promise<void>
  sessions(): number
  /** Nobody listens for the dialplan's socket while `work` runs, and afterwards. */
  without(work: () => Promise<void>): Promise<void>
}

/** How much of a tone a side of a recording holds, piece by piece and over the whole. */
interface Side { readonly holds: (hz: number) => number; readonly overall: (hz: number) => number }
/** `duration`: ms. */
interface Sides { readonly left: Side; readonly right: Side; readonly duration: number; readonly channels: number }

function sidesOf(path: string): Sides {
  const tape = readTape(readFileSync(path))
  if (tape === null) throw new Error(`${path} is no WAV`)
  const samples = samplesOf(tape)
  const side = (n: number): Side => {
    const own = samples.filter((_, index) => index % tape.channels === n)
    return { holds: (hz) => shareInPieces(own, hz), overall: (hz) => share(own, hz) }
  }
  return { left: side(0), right: side(1), duration: tape.duration, channels: tape.channels }
}

/** Louder than this on the average is heard, quieter than a tenth of it over the whole recording is not. */
const HEARD = 0.1

/** Recording as dialplan and legs do it: who stands in which channel, and that it needs nobody of ours. */
export async function recordings(t: Test, stage: Stage): Promise<void> {
  const { pbx, recorded, events, board, talk, over, happened, uuid, hears } = stage
  const file = (id: string): string => join(pbx.recordings, `${id}.wav`)
  const event = <T extends RecordingEvent['type']>(type: T, id: string): Promise<Extract<RecordingEvent, { type: T }>> =>
    until(`${type} of ${id}`, () => recorded.find((one): one is Extract<RecordingEvent, { type: T }> => one.type === type && ('id' in one ? one.id : one.callId) === id && (one.type !== 'stopped' || one.over)))
  const both = (t: Test, id: string, citizen: Voice, operator: Voice): Sides => {
    const sides = sidesOf(file(id))
    const [his, hers] = [pbx.tones[citizen], pbx.tones[operator]]
    t.equal(sides.channels, 2)
    t.ok(sides.left.holds(his) > HEARD, `the citizen on the left: ${sides.left.holds(his).toFixed(3)}`)
    t.ok(sides.left.overall(hers) < HEARD / 10, `nobody else there: ${sides.left.overall(hers).toFixed(3)}`)
    t.ok(sides.right.holds(hers) > HEARD, `the operator on the right: ${sides.right.holds(hers).toFixed(3)}`)
    t.ok(sides.right.overall(his) < HEARD / 10, `nobody else there: ${sides.right.overall(his).toFixed(3)}`)
    return sides
  }

  /** How long this operator's leg and the citizen talked, by FreeSWITCH's clock, ms: from the bridge on, which is before anybody here has heard of it. */
  async function talked(legId: string): Promise<number> {
    const { at, bridgedAt = NaN } = await happened('leg.ended', { legId })
    return Math.round(at - bridgedAt)
  }

  /** They speak: so long that there is something to hear. → how long it was, ms. */
  const speak = async (ms = 1_200): Promise<number> => {
    const since = performance.now()
    await new Promise((resolve) => setTimeout(resolve, ms))
    return performance.now() - since
  }

  await t.test('a talk is recorded from the answer on, each side in its channel; the file is named by the call alone', async (t) => {
    const callId = await talk()
    t.match(await event('begun', callId), { id: callId, callId })
    await event('talk', callId)
    await speak()
    await over(callId)
    t.match(await event('stopped', callId), { failed: false, over: true })
    both(t, callId, 'citizen', '1001')
  })

  await t.test('the operator’s telephone dies, another takes him: one recording, with both talks and nothing between', async (t) => {
    const callId = await talk()
    await event('begun', callId)
    await speak()
    const before = stage.sessions()
    const former = uuid('1001')
    board().endLeg(former, 'MEDIA_TIMEOUT')
    await until('the citizen to be back', () => stage.sessions() > before)
    const first = await talked(former)
    board().renewSwitch([callId])
    const waited = await speak(2_500) // to himself: nothing of it may be in the file
    board().renewSwitch([callId])
    const legId = randomUUID()
    stage.named('1001', legId)
    board().offer({ callId, operatorId: randomUUID(), legId, extension: '1001', timeout: 5_000, callerNumber: '13900000001' })
    await happened('call.bridged', { callId, legId })
    await hears('citizen', '1001')
    t.equal(recorded.filter((one) => one.type === 'begun' && one.id === callId).length, 2, 'it went on')
    await speak()
    await over(callId)
    await event('stopped', callId)
    const second = await talked(legId)
    const sides = both(t, callId, 'citizen', '1001')
    const facts = `${sides.duration} ms recorded; he talked ${first} and ${second} ms, and waited ${Math.round(waited)} ms between`
    t.ok(sides.duration > (first + second) / 2, facts)
    t.ok(sides.duration < first + second + waited / 2, facts)
  })

  await t.test('told to record what is recorded already, it goes on as it was', async (t) => {
    const callId = await talk()
    await event('begun', callId)
    const { text } = await board().link.api({ api: 'uuid_record', uuid: callId, action: 'talk', path: file(callId) })
    t.match(text, /^\+OK/)
    await speak()
    await over(callId)
    await event('stopped', callId)
    t.equal(recorded.filter((one) => one.type === 'begun' && one.id === callId).length, 1)
    both(t, callId, 'citizen', '1001')
  })

  await t.test('a directory that cannot be written costs nobody his talk', async (t) => {
    const aside = `${pbx.recordings}-aside`
    renameSync(pbx.recordings, aside)
    writeFileSync(pbx.recordings, 'a file where the directory was')
    try {
      const callId = await talk()
      await hears('citizen', '1001')
      await over(callId)
      t.match(await event('over', callId), {})
      t.notOk(recorded.some((one) => one.type === 'begun' && one.id === callId))
    } finally {
      rmSync(pbx.recordings)
      renameSync(aside, pbx.recordings)
    }
  })

  await t.test('calling back is recorded too: the citizen on the left, and he is told so once', async (t) => {
    const [ticketId, legId, farLegId] = [randomUUID(), randomUUID(), randomUUID()]
    stage.named('1001', legId)
    stage.named('outside', farLegId)
    const since = performance.now()
    board().redial({ ticketId, legId, farLegId, operatorId: randomUUID(), extension: '1001', number: pbx.outsideNumber, timeout: 5_000 })
    await happened('redial.reached', { farLegId })
    await until('him to be told', () => pbx.timesTold('outside', farLegId, since) === 1)
    await hears('outside', '1001')
    await hears('1001', 'outside')
    await speak()
    t.equal(pbx.timesTold('outside', farLegId, since), 1)
    t.match(await event('begun', farLegId), { id: farLegId, callId: ticketId })
    pbx.hangUp('outside', new Map([['outside', farLegId], ['1001', legId]]))
    await happened('redial.ended', { legId })
    await event('stopped', farLegId)
    both(t, farLegId, 'outside', '1001')
  })

  await t.test('nobody of ours is there: the native queue’s talk is recorded, and he is told so once', async (t) => {
    await stage.without(async () => {
      const before = new Set(recorded.map((one) => ('id' in one ? one.id : one.callId)))
      const since = performance.now()
      await pbx.citizen()
      const begun = await until('the recording', () => recorded.find((one): one is Extract<RecordingEvent, { type: 'begun' }> => one.type === 'begun' && !before.has(one.id)))
      await until('the native queue’s answer', () => {
        // The snapshot that its answer brings may be taken before the two are bridged.
        board().reconcile()
        return events.some((one) => one.type === 'resync' && one.calls.some(({ call, leg }) => call.callId === begun.id && leg?.answeredAt !== undefined))
      })
      await until('him to be told', () => pbx.timesTold('citizen', begun.id, since) === 1)
      // His operator's telephone dies: he comes again by the same way.
      const legOf = (): string | undefined => { const last = events.findLast((one) => one.type === 'resync'); return last?.type === 'resync' ? last.calls.find(({ call }) => call.callId === begun.id)?.leg?.legId : undefined }
      const first = legOf() ?? ''
      stage.named('citizen', begun.id)
      stage.named('1001', first)
      await hears('citizen', '1001')
      board().endLeg(first, 'MEDIA_TIMEOUT')
      await until('the next answer', () => {
        board().reconcile()
        const leg = legOf()
        return leg !== undefined && leg !== first
      })
      await speak(2_500)
      t.equal(pbx.timesTold('citizen', begun.id, since), 1, 'not again')
      await over(begun.id)
      await event('stopped', begun.id)
      both(t, begun.id, 'citizen', '1001')
    })
  })
}
