import { randomUUID } from 'node:crypto'
import { existsSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { CallEvent } from '../../src/contracts/call.js'
import { joinSound } from '../../src/pbx/exchange/sound.js'
import { recordingFiles } from '../../src/recording/files.js'
import { startKeeper } from '../../src/recording/keeper.js'
import type { KeptFile, RecordingStore, RecordingTrouble } from '../../src/recording/ports.js'
import { until } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'

const never = (): Promise<never> => Promise.reject(new Error('not asked for here'))

/** A keeper at a real directory; the index is a list. `over`: calls that the records know to be over. */
function open(t: Test, more: { readonly minFree?: number; readonly over?: ReadonlyMap<string, string>; /** Due, and taken in by a node that is gone. */ readonly elsewhere?: readonly string[] } = {}) {
  const directory = temporaryDirectory()
  const kept: KeptFile[] = []
  const notes: CallEvent[] = []
  const told: (RecordingTrouble | null)[] = []
  const store: RecordingStore = {
    begun: () => Promise.resolve(), over: () => Promise.resolve(more.over ?? new Map()), keep(file) { kept.push(file); return Promise.resolve('kept') }, unfinished: () => Promise.resolve([]), removeDue: () => Promise.resolve(0), async removeDueElsewhere(_node, _days, _after, _most, there, remove) { for (const id of more.elsewhere ?? []) if (await there(id)) await remove(id); return null },
    mark: never, ofTicket: never, find: never, tookPart: never, notePlay: never, isPlay: never, plays: never, hold: never, index: never, held: never,
  }
  const state = { now: 0, missed: 0, lists: 0 }
  const files = recordingFiles(directory)
  const keeper = startKeeper({
    files: { ...files, list() { state.lists += 1; return files.list() } }, store, node: 'a', days: { standard: 1, emergency: 1 }, minFree: more.minFree ?? 0, clock: Date.now, monotonic: () => state.now, every: 10,
    note(event) { notes.push(event); return Promise.resolve() }, onTrouble: (trouble) => told.push(trouble), onNotRecorded: () => { state.missed += 1 }, onError: (error) => { throw error as Error }, logger: { warn: () => undefined },
  })
  t.teardown(async () => {
    await keeper.close()
    rmSync(directory, { recursive: true, force: true })
  })
  /** A whole look has begun and ended since: the first of these lists may be of one that had begun before, and the second look is over with the third. */
  const looks = (from = state.lists): Promise<unknown> => until('a look', () => state.lists >= from + 3)
  const write = (id: string, ms: number): void => { writeFileSync(join(directory, `${id}.wav`), joinSound(Buffer.alloc(0), [{ ms, own: 440, heard: 620 }], true)) }
  return { keeper, kept, notes, told, state, write, looks, there: (id: string) => existsSync(join(directory, `${id}.wav`)), old(id: string, ms: number) { const at = new Date(Date.now() - ms); utimesSync(join(directory, `${id}.wav`), at, at) } }
}

t.test('what the disk did not take is cut, however whole the file looks; the desks are told until the next one begins', async (t) => {
  const world = open(t)
  const id = randomUUID()
  world.keeper.take({ type: 'begun', id, callId: id, at: 1_000 })
  world.keeper.take({ type: 'talk', callId: id, at: 1_100 })
  t.match(world.notes, [{ callId: id, act: 'recording', at: 1_000 }])
  world.write(id, 500)
  world.keeper.take({ type: 'stopped', id, failed: true, over: true, at: 2_000 })
  t.equal(world.keeper.trouble, 'pbx')
  await until('it to be kept', () => world.kept.length === 1)
  t.match(world.kept, [{ id, callId: id, state: 'cut', durationMs: 500, beganAt: 1_000 }])
  const next = randomUUID()
  world.keeper.take({ type: 'begun', id: next, callId: next, at: 3_000 })
  t.same(world.told, ['pbx', null])
})

t.test('what a node that is gone took in goes at its time, where its file is seen', async (t) => {
  const [here, nowhere] = [randomUUID(), randomUUID()]
  const world = open(t, { elsewhere: [nowhere, here] })
  await world.looks()
  world.write(here, 100)
  world.state.now += 3_600_000
  await until('it to be gone', () => !world.there(here))
})

t.test('a talk of which no recording is heard: the file decides', async (t) => {
  const world = open(t)
  const [lost, none] = [randomUUID(), randomUUID()]
  world.write(lost, 100) // the word was lost, the file is there
  for (const callId of [lost, none]) world.keeper.take({ type: 'talk', callId, at: 1 })
  world.state.now = 10_000
  await until('both to be judged', () => world.notes.length === 2)
  t.same(world.notes.map(({ callId, act }) => `${callId} ${act}`).sort(), [`${lost} recording`, `${none} not-recorded`].sort())
  t.same([world.state.missed, world.keeper.trouble], [1, 'pbx'])
  // One that ended before anybody could have heard of it is no talk to look for.
  const brief = randomUUID()
  world.keeper.take({ type: 'talk', callId: brief, at: 1 })
  world.keeper.take({ type: 'over', id: brief, at: 2 })
  world.state.now = 20_000
  await world.looks()
  t.equal(world.state.missed, 1)
})

t.test('who gave up in the native queue left nothing; what nobody told of waits for its call to be over', async (t) => {
  const calls = new Map<string, string>()
  const world = open(t, { over: calls })
  const [waited, quiet, writing] = [randomUUID(), randomUUID(), randomUUID()]
  world.keeper.take({ type: 'begun', id: waited, callId: waited, at: 1 })
  world.write(waited, 0)
  world.keeper.take({ type: 'over', id: waited, at: 2 })
  await until('it to be gone', () => !world.there(waited))
  t.same(world.kept, [])
  world.write(quiet, 200)
  world.old(quiet, 120_000)
  world.write(writing, 200)
  calls.set(writing, writing) // its call is over, but something was written just now
  world.keeper.nudge()
  await world.looks()
  t.same(world.kept, [], 'its call may go on, on hold')
  calls.set(quiet, randomUUID())
  await until('it to be kept', () => world.kept.length === 1)
  t.match(world.kept, [{ id: quiet, callId: calls.get(quiet), state: 'kept' }], 'with the ticket that the records name')
})

t.test('little room is told before there is none', async (t) => {
  const world = open(t, { minFree: Number.MAX_SAFE_INTEGER })
  await until('it to be told', () => world.told[0] === 'full')
  t.equal(world.keeper.trouble, 'full')
})
