import { createHash, randomUUID } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import t from 'tap'
import { runLiandong } from '../../src/cli/run.js'
import type { Recording, RecordingPlay } from '../../src/contracts/routes/recordings.js'
import { readTape, samplesOf } from '../../src/flow/wav.js'
import type { Liandong } from '../../src/main.js'
import type { PlacedCall } from '../../src/pbx/exchange/exchange.js'
import { makePeople } from '../../src/people/people.js'
import { recordingFiles } from '../../src/recording/files.js'
import { until } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { ask, logIn, type DeskBot } from '../helpers/desk-bot.js'
import { share } from '../helpers/tones.js'
import { extensionOf, openWorld, pickUp, type World } from './world.js'

t.setTimeout(400_000)
const PASSWORD = 'practice-of-the-tests'
const directory = temporaryDirectory()
let world: World
let node: Liandong
let desk: DeskBot
const cookies = new Map<string, string>()

t.before(async () => {
  world = await openWorld(t, { recordings: directory, config: { 'pbx.recordings': directory, 'recording.minFree': 0, 'pbx.trunkDial': 'sofia/trunk/{number}' } })
  node = await world.startNode()
  const people = makePeople(node.store.people, { sessionHours: 1, clock: Date.now })
  await people.addPerson({ loginName: 'op9', displayName: '值班长', role: 'supervisor', extension: extensionOf(9) }, PASSWORD)
  await people.addPerson({ loginName: 'admin', displayName: '管理员', role: 'admin' }, PASSWORD)
  desk = await world.desk(1, { busy: true })
  for (const name of ['op1', 'op2', 'op9', 'admin']) cookies.set(name, await logIn(world.url(), name, PASSWORD))
})
t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })

interface Answer { readonly status: number; readonly body: Buffer; readonly headers: Headers; json(): unknown }
async function http(who: string, method: string, path: string, more: { readonly body?: unknown; readonly headers?: Record<string, string> } = {}): Promise<Answer> {
  const response = await fetch(`${world.url()}${path}`, {
    method, headers: { cookie: cookies.get(who) ?? '', ...(more.body === undefined ? {} : { 'content-type': 'application/json' }), ...more.headers }, ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
  })
  const body = Buffer.from(await response.arrayBuffer())
  return { status: response.status, body, headers: response.headers, json: () => JSON.parse(body.toString('utf8')) as unknown }
}
const code = (answer: Answer): string => `${answer.status} ${(answer.json() as { code: string }).code}`
const listed = async (who: string, call: { readonly callId: string }): Promise<{ recordings: Recording[]; mayPlay: boolean; mayHold: boolean }> => {
  const answer = await http(who, 'GET', `/api/tickets/${call.callId}/recordings`)
  if (answer.status !== 200) throw new Error(answer.body.toString('utf8'))
  return answer.json() as { recordings: Recording[]; mayPlay: boolean; mayHold: boolean }
}
/** The row of a recording that fits; asked of PostgreSQL, for the server counts how often one asks. */
const row = (what: string, where: string, values: readonly unknown[]): Promise<{ id: string }> => until(what, async () => (await world.rows<{ id: string }>(`select id from recording where ${where}`, values))[0])
async function kept(call: { readonly callId: string }): Promise<Recording> {
  const { id } = await row(`the recording of ${call.callId}`, "call_id = $1 and state <> 'recording'", [call.callId])
  const found = (await listed('op9', call)).recordings.find((one) => one.id === id)
  if (found === undefined) throw new Error('not listed')
  return found
}
const play = async (who: string, id: string): Promise<string> => ((await http(who, 'POST', `/api/recordings/${id}/plays`, { body: { reason: '核对地址' } })).json() as { playId: string }).playId
const audited = (call: { readonly callId: string }): Promise<{ act: string; details: Record<string, string>; login: string | null }[]> =>
  world.rows('select act, details, login_name as login from audit left join person on person.id = person_id where subject = $1 and act like $2 order by audit.id', [call.callId, 'recording.%'])

/** Another run of the server; the desk is back at it. */
async function begin(): Promise<void> {
  const welcomes = (): number => desk.messages.filter(({ type }) => type === 'snapshot').length
  const before = welcomes()
  node = await world.startNode()
  await until('the desk to be back', () => welcomes() > before && desk.me?.presence === 'break')
}

/** A citizen talks with operator 1. His time runs ten times as fast: a third of a second is some three seconds of sound. */
async function talk(speak = 300): Promise<PlacedCall> {
  await until('the operator to be free', () => desk.me?.callId === undefined)
  ask(desk, { type: 'presence', ready: true })
  const call = world.call()
  await pickUp(world, 1)
  await until('the talk', () => desk.call?.callId === call.callId && desk.call.state === 'talking')
  ask(desk, { type: 'presence', ready: false })
  await new Promise((resolve) => setTimeout(resolve, speak))
  return call
}
async function over(call: PlacedCall): Promise<PlacedCall> {
  call.hangUp()
  await until('the operator to be free', () => desk.me?.callId === undefined)
  return call
}
const fileOf = (id: string): string => join(directory, 'kept', id.slice(0, 2), `${id}.wav`)

t.test('a talk is recorded, taken in, and heard by who may, for a reason that is written down first', async (t) => {
  const call = await talk()
  await row('the row', 'id = $1', [call.callId])
  t.match((await listed('op1', call)).recordings, [{ id: call.callId, state: 'recording' }])
  t.equal(code(await http('op1', 'POST', `/api/recordings/${call.callId}/plays`, { body: { reason: '正在通话' } })), '409 recording.unfinished')
  await over(call)
  const recording = await kept(call)
  t.match(recording, { id: call.callId, callId: call.callId, state: 'kept', plays: 0 })
  t.notOk(existsSync(join(directory, `${call.callId}.wav`)), 'moved to where it is kept')
  const bytes = readFileSync(fileOf(call.callId))
  t.match(await world.rows('select bytes::int, encode(sha256, $2) as hash, node from recording where id = $1', [call.callId, 'hex']), [{ bytes: bytes.length, hash: createHash('sha256').update(bytes).digest('hex'), node: 'a' }])
  const tape = readTape(bytes)
  t.match(tape, { channels: 2, sampleRate: 8_000, bits: 16 })
  const samples = samplesOf(tape ?? { data: new Uint8Array() })
  t.ok(share(samples.filter((_, index) => index % 2 === 0), 440) > 0.2, 'the citizen on the left')
  t.ok(share(samples.filter((_, index) => index % 2 === 1), 620) > 0.2, 'the operator on the right')
  t.match(await until('the log', () => world.rows('select act from call_event where call_id = $1 and act = $2', [call.callId, 'recording'])), [{ act: 'recording' }])

  t.match(await listed('op1', call), { mayPlay: true, mayHold: false }, 'his own')
  t.match(await listed('op2', call), { mayPlay: false }, 'not his')
  t.match(await listed('op9', call), { mayPlay: true, mayHold: true })
  t.match(await listed('admin', call), { mayPlay: false, mayHold: true })
  const asked = `/api/recordings/${call.callId}/plays`
  t.equal(code(await http('op2', 'POST', asked, { body: { reason: '好奇而已' } })), '403 recording.not-yours')
  t.equal(code(await http('admin', 'POST', asked, { body: { reason: '看看' } })), '403 auth.forbidden')
  for (const reason of ['', ' ', '好', '   \n  ']) t.equal(code(await http('op1', 'POST', asked, { body: { reason } })), '400 request.invalid', JSON.stringify(reason))
  t.same(await audited(call), [], 'nobody was given anything yet')

  const playId = await play('op1', call.callId)
  t.match(await audited(call), [{ act: 'recording.play', login: 'op1', details: { recording: call.callId, reason: '核对地址' } }], 'before the first byte')
  const sound = `/api/recordings/${call.callId}/sound?play=${playId}`
  const whole = await http('op1', 'GET', sound)
  t.match([whole.status, whole.headers.get('content-type'), whole.headers.get('accept-ranges'), whole.headers.get('content-length'), whole.headers.get('cache-control')], [200, 'audio/wav', 'bytes', String(bytes.length), 'no-store'])
  t.ok(whole.body.equals(bytes))
  const tag = whole.headers.get('etag') ?? ''
  const part = await http('op1', 'GET', sound, { headers: { range: 'bytes=44-143', 'if-range': tag } })
  t.match([part.status, part.headers.get('content-range'), part.headers.get('content-length')], [206, `bytes 44-143/${bytes.length}`, '100'])
  t.ok(part.body.equals(bytes.subarray(44, 144)))
  const last = await http('op1', 'GET', sound, { headers: { range: 'bytes=-10' } })
  t.ok(last.status === 206 && last.body.equals(bytes.subarray(-10)))
  t.equal((await http('op1', 'GET', sound, { headers: { range: 'bytes=0-9', 'if-range': '"another"' } })).status, 200)
  const beyond = await http('op1', 'GET', sound, { headers: { range: `bytes=${bytes.length}-` } })
  t.equal(code(beyond), '416 recording.range')
  t.equal(beyond.headers.get('content-range'), `bytes */${bytes.length}`)
  const head = await http('op1', 'HEAD', sound)
  t.match([head.status, head.headers.get('content-length'), head.body.length], [200, String(bytes.length), 0])

  t.equal(code(await http('op9', 'GET', sound)), '403 recording.no-reason', 'another person’s reason is not his')
  t.equal(code(await http('op1', 'GET', `/api/recordings/${call.callId}/sound?play=${randomUUID()}`)), '403 recording.no-reason')
  t.equal(code(await http('nobody', 'GET', sound)), '401 auth.required')
  t.equal(code(await http('op9', 'POST', `/api/recordings/${randomUUID()}/plays`, { body: { reason: '核对地址' } })), '404 recording.not-found')
  t.match(((await http('op9', 'GET', asked)).json() as { plays: RecordingPlay[] }).plays, [{ by: '接警员 1', reason: '核对地址' }])
  await t.rejects(world.rows('update recording_play set reason = $1', ['—']), /append-only/)
  await t.rejects(world.rows('delete from recording'), /append-only/)
})

t.test('files that are cut off, changed or gone have a state, and cost no 500', async (t) => {
  const [crashed, torn, gone, noise] = [await over(await talk()), await over(await talk()), await over(await talk()), randomUUID()]
  for (const call of [crashed, torn, gone]) await kept(call)
  // FreeSWITCH died while it wrote: the header promises nothing, and nobody says that it is over. The sweep finds it by its call.
  const again = Buffer.from(readFileSync(fileOf(crashed.callId)).subarray(0, -1_000))
  again.writeUInt32LE(0, 40)
  const second = join(directory, `${crashed.callId}.wav`)
  writeFileSync(second, again)
  writeFileSync(join(directory, `${noise}.wav`), 'this is no sound')
  await node.stop()
  await begin()
  const old = new Date(Date.now() - 7 * 3_600_000)
  for (const path of [second, join(directory, `${noise}.wav`)]) await utimes(path, old, old)
  const { id } = await row('the second', 'call_id = $1 and id <> $1', [crashed.callId])
  const found = (await listed('op9', crashed)).recordings.find((one) => one.id === id)
  if (found === undefined) throw new Error('not listed')
  t.match(found, { state: 'cut', callId: crashed.callId, bytes: again.length })
  t.ok((found.durationMs ?? 0) > 1_000, 'what is there can be heard')
  const heard = await http('op9', 'GET', `/api/recordings/${found.id}/sound?play=${await play('op9', found.id)}`)
  t.equal(readTape(heard.body)?.duration, found.durationMs)
  t.match(await until('the noise', () => world.rows('select state, duration_ms, bytes::int from recording where id = $1', [noise])), [{ state: 'cut', duration_ms: null, bytes: 16 }])
  t.equal(code(await http('op9', 'POST', `/api/recordings/${noise}/plays`, { body: { reason: '核对地址' } })), '422 recording.damaged')

  const before = await play('op9', torn.callId)
  truncateSync(fileOf(torn.callId), 1_000)
  t.equal(code(await http('op9', 'GET', `/api/recordings/${torn.callId}/sound?play=${before}`)), '422 recording.damaged')
  appendFileSync(fileOf(torn.callId), Buffer.alloc(100_000))
  t.equal(code(await http('op9', 'POST', `/api/recordings/${torn.callId}/plays`, { body: { reason: '核对地址' } })), '422 recording.damaged')
  t.match((await listed('op9', torn)).recordings, [{ state: 'cut' }])
  const lost = await play('op9', gone.callId)
  renameSync(fileOf(gone.callId), `${fileOf(gone.callId)}.aside`)
  t.equal(code(await http('op9', 'GET', `/api/recordings/${gone.callId}/sound?play=${lost}`)), '410 recording.missing')
  t.match((await listed('op9', gone)).recordings, [{ state: 'missing' }])
  t.match(await audited(gone), [{ act: 'recording.play' }, { act: 'recording.missing' }])
  renameSync(`${fileOf(gone.callId)}.aside`, fileOf(gone.callId))
  t.equal((await http('op9', 'GET', `/api/recordings/${gone.callId}/sound?play=${lost}`)).status, 200, 'brought back from a backup it is heard again')
  await world.rows('update recording set node = $2 where id = $1', [gone.callId, 'elsewhere'])
  renameSync(fileOf(gone.callId), `${fileOf(gone.callId)}.aside`)
  t.equal(code(await http('op9', 'GET', `/api/recordings/${gone.callId}/sound?play=${lost}`)), '409 recording.elsewhere')
})

t.test('its time is over: file and row go, unless somebody holds it; all of it is audited', async (t) => {
  const [standard, emergency, held] = [await over(await talk()), await over(await talk()), await over(await talk())]
  for (const call of [standard, emergency, held]) await kept(call)
  await world.rows('update ticket set kind = $2 where id = $1', [emergency.callId, 'police'])
  const hold = (on: boolean, who = 'op9') => http(who, 'POST', `/api/recordings/${held.callId}/hold`, { body: { on, reason: '纪检调查 2026-11' } })
  t.equal(code(await hold(true, 'op1')), '403 auth.forbidden')
  t.equal((await hold(true)).status, 200)
  t.equal(code(await hold(true)), '409 recording.held')
  t.match((await listed('op1', held)).recordings, [{ held: { by: '值班长', reason: '纪检调查 2026-11' } }])
  await world.rows(`update recording set ended_at = now() - interval '100 days' where id = any($1)`, [[standard, emergency, held].map(({ callId }) => callId)])
  const { recordings } = node.store
  const sweep = (): Promise<number> => recordings.removeDue('a', { standard: 99, emergency: 365 }, 100, recordingFiles(directory).remove)
  t.equal(await sweep(), 1)
  t.notOk(existsSync(fileOf(standard.callId)))
  t.ok(existsSync(fileOf(emergency.callId)) && existsSync(fileOf(held.callId)), 'a matter of the police is kept longer; what is held is kept')
  t.match((await listed('op9', standard)).recordings, [{ state: 'deleted', deletedAt: Number }])
  t.equal(code(await http('op9', 'POST', `/api/recordings/${standard.callId}/plays`, { body: { reason: '核对地址' } })), '410 recording.deleted')
  t.equal(code(await http('op9', 'POST', `/api/recordings/${standard.callId}/hold`, { body: { on: true, reason: '太晚了' } })), '410 recording.deleted')
  t.equal((await hold(false)).status, 200)
  t.equal(code(await hold(false)), '409 recording.not-held')
  // A file that does not let itself be removed stays in the index.
  await t.rejects(recordings.removeDue('a', { standard: 99, emergency: 365 }, 100, () => Promise.reject(new Error('EACCES'))))
  t.match((await listed('op9', held)).recordings, [{ state: 'kept' }])
  t.equal(await sweep(), 1)
  t.same((await audited(held)).map(({ act }) => act), ['recording.hold', 'recording.release', 'recording.delete'])
  t.match(await audited(standard), [{ act: 'recording.delete', login: null }])
})

t.test('a node is gone for good: what it took in goes at its time by whoever has the file, and nothing else does', async (t) => {
  const [shared, unseen, young] = [await over(await talk()), await over(await talk()), await over(await talk())]
  for (const call of [shared, unseen, young]) await kept(call)
  const ids = [shared, unseen, young].map(({ callId }) => callId)
  await world.rows(`update recording set node = 'gone', ended_at = case when id = $2 then ended_at else now() - interval '100 days' end where id = any($1)`, [ids, young.callId])
  renameSync(fileOf(unseen.callId), `${fileOf(unseen.callId)}.aside`)
  const { recordings } = node.store
  const files = recordingFiles(directory)
  let after: string | null = '00000000-0000-0000-0000-000000000000'
  const there = async (id: string): Promise<boolean> => await files.where(id) !== null
  let turns = 0
  for (; after !== null; turns += 1) after = await recordings.removeDueElsewhere('a', { standard: 99, emergency: 365 }, after, 1, there, files.remove)
  t.equal(turns, 3, 'both that are due, one at a time, and then no more')
  t.notOk(existsSync(fileOf(shared.callId)))
  t.match((await listed('op9', shared)).recordings, [{ state: 'deleted' }])
  t.match(await audited(shared), [{ act: 'recording.delete' }])
  t.match((await listed('op9', unseen)).recordings, [{ state: 'kept' }], 'it may be on that node’s own disk')
  t.ok(existsSync(fileOf(young.callId)))
  t.match((await listed('op9', young)).recordings, [{ state: 'kept' }])
  t.equal(await recordings.removeDueElsewhere('gone', { standard: 99, emergency: 365 }, '00000000-0000-0000-0000-000000000000', 9, () => Promise.resolve(true), () => Promise.reject(new Error('its own'))), null)
})

t.test('nothing can be recorded: it is said, and the talk goes on; then it can again', async (t) => {
  const state = async (): Promise<string> => ((await http('nobody', 'GET', '/health')).json() as { recording: string }).recording
  const gauge = async (): Promise<string> => /^liandong_recording_on (\S+)$/m.exec((await http('nobody', 'GET', '/metrics')).body.toString('utf8'))?.[1] ?? ''
  const told = (): string => desk.messages.filter((message) => message.type === 'health').map(({ health }) => health.recording ?? 'on').at(-1) ?? ''
  t.same([await state(), await gauge()], ['on', '1'])
  renameSync(directory, `${directory}-aside`)
  writeFileSync(directory, 'a file where the directory was')
  await until('the desk to be told', () => told() === 'unwritable')
  t.same([await state(), await gauge()], ['off', '0'])
  const call = await talk()
  t.match(await until('the log', async () => { const rows = await world.rows('select detail from call_event where call_id = $1 and act = $2', [call.callId, 'not-recorded']); return rows.length > 0 && rows }), [{ detail: 'unwritable' }])
  t.equal(desk.call?.state, 'talking')
  t.notOk(call.ended)
  await over(call)
  rmSync(directory)
  renameSync(`${directory}-aside`, directory)
  const next = await talk()
  await until('the desk to be told', () => told() === 'on')
  t.same([await state(), await gauge()], ['on', '1'])
  await over(next)
  t.match(await kept(next), { state: 'kept' })
  t.match((await http('nobody', 'GET', '/metrics')).body.toString('utf8'), /liandong_talks_not_recorded_total [1-9]/)
})

t.test('liandong recording: every file is what it was, or is named', async (t) => {
  const [good, changed, gone] = [await over(await talk()), await over(await talk()), await over(await talk())]
  for (const call of [good, changed, gone]) await kept(call)
  await world.rows("update recording set state = 'deleted', deleted_at = now(), held_by = null, held_at = null where sha256 is not null and id <> all($1)", [[good, changed, gone].map(({ callId }) => callId)])
  const run = async (...args: string[]): Promise<{ code: number; out: string }> => {
    let out = ''
    const sink = new Writable({ write(chunk: Buffer, _encoding, done) { out += chunk.toString(); done() } })
    const settings = { LIANDONG_HOME: world.home, LIANDONG_DATABASE_URL: world.database.url, LIANDONG_PBX_RECORDINGS: directory, LIANDONG_NODE_NAME: 'a' }
    Object.assign(process.env, settings)
    try {
      return { code: await runLiandong(['recording', ...args], { stdout: sink, stderr: sink, stdin: Readable.from([]) }), out }
    } finally {
      for (const name of Object.keys(settings)) Reflect.deleteProperty(process.env, name)
    }
  }
  t.match(await run('verify'), { code: 0, out: /✓ 3 / })
  const bytes = readFileSync(fileOf(changed.callId))
  bytes[100] = (bytes[100] ?? 0) ^ 1
  writeFileSync(fileOf(changed.callId), bytes)
  rmSync(fileOf(gone.callId))
  const report = await run('verify', '--json')
  t.equal(report.code, 1)
  t.same((JSON.parse(report.out) as { faults: { id: string; fault: string }[] }).faults.map(({ id, fault }) => `${id} ${fault}`).sort(), [`${changed.callId} content`, `${gone.callId} missing`].sort())
  t.match((await run('verify')).out, /内容与索引不符.*\n|文件缺失/)
  t.equal((await http('op9', 'POST', `/api/recordings/${good.callId}/hold`, { body: { on: true, reason: '法院调取' } })).status, 200)
  t.match(await run('held'), { code: 0, out: new RegExp(`^${good.callId} .*值班长 .*法院调取`, 'm') })
  t.match(await run('erase'), { code: 2, out: /recording erase.*verify held/ })
})

t.test('nobody of ours is there when it ends: the next run takes it in', async (t) => {
  const call = await talk()
  await node.stop()
  call.hangUp()
  await until('the end', () => call.ended && world.exchange.live().channels === 0)
  t.ok(existsSync(join(directory, `${call.callId}.wav`)))
  mkdirSync(join(directory, 'kept'), { recursive: true })
  await begin()
  // Its call has no end in the records yet: CDR sweep and reconciliation give it one.
  await until('its call to be over', async () => (await world.rows('select 1 from call where id = $1 and ended_at is not null', [call.callId])).length > 0)
  const old = new Date(Date.now() - 70_000)
  await utimes(join(directory, `${call.callId}.wav`), old, old)
  t.match(await kept(call), { state: 'kept', callId: call.callId })
})

t.test('and nothing is left', () => world.close())
