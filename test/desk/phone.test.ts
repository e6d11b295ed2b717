import t from 'tap'
import type { LineEvents, SipLine, Sound } from '../../src/desk/phone/line.js'
import { makePhone, type Phone } from '../../src/desk/phone/phone.js'
import { adviceOf, faultOf, initialPhone, isThere, ringOf, troubleOf, type MicrophoneFault, type PhoneState } from '../../src/desk/phone/state.js'
import type { Presence } from '../../src/contracts/ws.js'
import { initialState, type DeskState } from '../../src/desk/store/state.js'
import { until } from '../helpers/database.js'

const chosen: PhoneState = { ...initialPhone, view: { kind: 'browser', browser: true } }
const there: PhoneState = { ...chosen, line: 'registered', microphone: 'open' }

t.test('what the server is told, and what the person', async (t) => {
  const table: readonly (readonly [string, PhoneState, Presence | undefined, ReturnType<typeof adviceOf>])[] = [
    ['it rings here: nothing to say', there, 'ready', null],
    ['ready without a telephone', { ...there, line: 'lost' }, 'ready', 'gone'],
    ['ready without a microphone', { ...there, microphone: 'none' }, 'ready', 'gone'],
    ['offered a call that cannot come', { ...there, line: 'lost' }, 'ringing', 'gone'],
    ['it rings, and the way is cut in that moment: it may still be answered', { ...there, line: 'lost', talk: 'ringing' }, 'ringing', null],
    ['a talk outlives its registration', { ...there, line: 'lost', talk: 'talking' }, 'talking', null],
    ['it is there and the server does not know', there, 'unreachable', 'register'],
    ['it is not there and the server knows', { ...there, line: 'connecting' }, 'unreachable', null],
    ['another window has it still', { ...chosen, elsewhere: true }, 'ready', null],
    ['the telephone on the table', { ...initialPhone, line: 'lost' }, 'ready', null],
    ['nobody is signed in', chosen, undefined, null],
  ]
  for (const [what, state, presence, advice] of table) t.equal(adviceOf(state, presence), advice, what)
  t.ok(isThere(there))
  t.equal(troubleOf(there), null)
  t.equal(troubleOf({ ...chosen, line: 'connecting', microphone: 'asking' }), null, 'nothing is wrong while it begins')
  t.equal(troubleOf({ ...there, line: 'lost' }), 'line')
  t.equal(troubleOf({ ...there, line: 'lost', microphone: 'busy' }), 'busy', 'the microphone first: a person can do something about it')
  t.equal(troubleOf({ ...initialPhone, microphone: 'none' }), null)
  t.same(['NotAllowedError', 'NotFoundError', 'OverconstrainedError', 'NotReadableError', 'SecurityError', ''].map(faultOf), ['refused', 'none', 'none', 'busy', 'insecure', 'none'])
})

t.test('what rings is heard, whoever made it ring', async (t) => {
  const me = (presence: Presence): DeskState['me'] => ({ operatorId: 'o', presence, since: 0 })
  const call = { callId: 'a' } as DeskState['call']
  const shown: DeskState = { ...initialState, link: 'open', seat: 'active', me: me('ringing'), call }
  const ready: DeskState = { ...shown, me: me('ready'), call: null }
  const ringing: PhoneState = { ...there, talk: 'ringing' }
  const table: readonly (readonly [string, PhoneState, DeskState, ReturnType<typeof ringOf>])[] = [
    ['nothing', there, ready, null],
    ['the server’s call, on the telephone on the table', initialPhone, shown, 'call'],
    ['the server’s call, here', ringing, shown, 'call'],
    ['the native queue, while the server is dead', ringing, { ...ready, link: 'lost' }, 'phone'],
    ['the native queue, and the page still shows what rang when the server died', ringing, { ...shown, link: 'lost' }, 'phone'],
    ['the native queue, before the server has found out', ringing, ready, 'phone'],
    ['out of a talk that the server believes in', ringing, { ...shown, me: me('talking') }, 'phone'],
    ['lifted, and the server has not heard of it', { ...there, talk: 'answering' }, shown, null],
    ['in a talk since the server died', { ...there, talk: 'talking' }, { ...shown, link: 'lost' }, null],
    ['a window that only watches', initialPhone, { ...shown, seat: 'standby' }, null],
  ]
  for (const [what, state, desk, rings] of table) t.equal(ringOf(state, desk), rings, what)
})

/** A microphone that can be pulled out. */
interface Microphone extends Sound { readonly name: string; pull(): void; readonly live: boolean; readonly open: boolean }
function microphone(name: string): Microphone {
  const ended: (() => void)[] = []
  let live = true
  const track = { enabled: true, stop() { live = false }, addEventListener(_: 'ended', listener: () => void) { ended.push(listener) } }
  return { name, getAudioTracks: () => [track], get live() { return live }, get open() { return track.enabled }, pull() { live = false; for (const listener of ended) listener() } }
}

/** A browser, a server and a FreeSWITCH that do what the test says. */
function bench() {
  const did: string[] = []
  const timers = new Set<() => void>()
  const plugged: Microphone[] = []
  let fault: MicrophoneFault = 'none'
  let devices: () => void = () => undefined
  let secrets = 0
  let on: LineEvents<Microphone> | null = null
  let turn: (() => void) | null = null
  let free = true
  let opened: Microphone | null = null
  const line: SipLine<Microphone> = {
    register: (a1Hash) => { did.push(`register ${a1Hash ?? 'again'}`) },
    answer: ({ name }) => { did.push(`answer with ${name}`); on?.talk('answering'); on?.talk('talking') },
    hangUp: () => { did.push('hang up'); on?.talk('none') },
    abandon: () => { did.push('abandon'); on?.talk('none') },
    speakInto: ({ name }) => { did.push(`speak into ${name}`) },
    close: () => { did.push('unregister'); on = null; return Promise.resolve() },
  }
  const phone: Phone = makePhone<Microphone>({
    secret: () => { secrets += 1; return Promise.resolve({ url: 'wss://x', extension: '1001', domain: 'liandong', a1Hash: String(secrets) }) },
    openLine: ({ a1Hash }, events) => { did.push(`line with ${a1Hash}`); on = events; return Promise.resolve(line) },
    openMicrophone() {
      opened = plugged.find(({ live }) => live) ?? null
      return Promise.resolve(opened ?? fault)
    },
    onDevices(listener) { devices = listener; return () => { devices = () => undefined } },
    alone(work, givenUp) {
      const begin = (): void => { if (!givenUp.aborted) { free = false; void work().finally(() => { free = true; did.push('the next window may') }) } }
      if (free) begin()
      else turn = begin
    },
    fresh: () => { did.push('fresh'); return Promise.resolve() },
    play: (sound) => { did.push(sound === null ? 'silence' : `hear ${sound.name}`) },
    after(_ms, run) { timers.add(run); return () => { timers.delete(run) } },
  })
  phone.show({ kind: 'browser', browser: true })
  return {
    phone, did, plugged, secrets: () => secrets,
    on: () => { if (on === null) throw new Error('it is not registered'); return on },
    refuse(why: MicrophoneFault) { fault = why },
    plug(one: Microphone) { plugged.push(one); devices() },
    devices: () => { devices() },
    later() { for (const run of [...timers]) { timers.delete(run); run() } },
    occupy() { free = false },
    vacate() { free = true; turn?.() },
    async until(what: string, seen: () => boolean) { await until(what, seen) },
  }
}

/** Registered, with a headset. */
async function ready() {
  const world = bench()
  const headset = microphone('headset')
  world.plugged.push(headset)
  world.phone.want(true)
  await world.until('a line', () => world.did.includes('line with 1'))
  await world.until('its events', () => world.phone.get().line === 'connecting')
  world.on().registered()
  return { ...world, headset }
}

t.test('from being chosen to being given up: microphone, secret, registration, call', async (t) => {
  const { phone, did, on, headset } = await ready()
  t.same(did, ['fresh', 'line with 1'], 'the server hears first that no call is on it')
  t.match(phone.get(), { line: 'registered', microphone: 'open', talk: 'none', elsewhere: false })
  on().talk('ringing')
  phone.answer()
  on().sound(microphone('citizen'))
  t.equal(phone.get().talk, 'talking')
  phone.mute(true)
  t.equal(headset.open, false)
  phone.mute(false)
  t.equal(headset.open, true)
  phone.want(false)
  t.ok(!did.includes('unregister'), 'a call is not left alone')
  t.ok(headset.live)
  on().talk('none')
  await until('the end', () => did.includes('the next window may'))
  t.same(did, ['fresh', 'line with 1', 'answer with headset', 'hear citizen', 'unregister', 'silence', 'the next window may'].sort((a, b) => did.indexOf(a) - did.indexOf(b)))
  t.notOk(headset.live, 'the browser does not listen any more')
  t.match(phone.get(), { line: 'off', microphone: 'off', view: { kind: 'browser' } })
})

t.test('another window has it: this one waits, and may give up waiting', async (t) => {
  const world = bench()
  world.plugged.push(microphone('headset'))
  world.occupy()
  world.phone.want(true)
  t.equal(world.phone.get().elsewhere, true)
  world.devices()
  world.phone.again()
  world.phone.want(false)
  t.equal(world.phone.get().elsewhere, false)
  world.vacate()
  t.same(world.did.filter((one) => one !== 'silence'), [], 'nothing was begun')
  world.occupy()
  world.phone.want(true)
  world.vacate()
  await world.until('its turn', () => world.did.includes('line with 1'))
  t.equal(world.phone.get().elsewhere, false)
})

t.test('a microphone that is refused, plugged in later, pulled out', async (t) => {
  for (const fault of ['refused', 'none', 'busy', 'insecure'] as const) {
    const world = bench()
    world.refuse(fault)
    world.phone.want(true)
    await world.until(fault, () => world.phone.get().microphone === fault)
    t.same(world.did, ['fresh'], `${fault}: it does not register`)
    t.equal(troubleOf(world.phone.get()), fault)
    world.plug(microphone('headset'))
    await world.until('the line', () => world.did.includes('line with 1'))
  }

  const { phone, did, on, headset, ...world } = await ready()
  headset.pull()
  await world.until('it to be missed', () => phone.get().microphone === 'none')
  t.ok(did.includes('unregister'), 'nobody is rung who could not be heard')
  world.plug(microphone('second'))
  await world.until('the next line', () => did.includes('line with 2'))
  await world.until('its events', () => phone.get().line === 'connecting')
  on().registered()
  on().talk('ringing')
  phone.answer()
  phone.mute(true)
  did.length = 0
  world.plug(microphone('third'))
  world.plugged[1]?.pull()
  await world.until('the other microphone', () => did.includes('speak into third'))
  t.equal(phone.get().talk, 'talking', 'in mid-call another one takes its place')
  t.equal(world.plugged[2]?.open, false, 'muted as it was')
  world.plugged[2]?.pull()
  await world.until('nothing to speak into', () => phone.get().microphone === 'none')
  t.notOk(did.includes('unregister'), 'the citizen is still heard')
  on().talk('none')
  await world.until('out of the list after the call', () => did.includes('unregister'))
})

t.test('the way to FreeSWITCH is cut, and its word against an old secret', async (t) => {
  const { phone, did, on, ...world } = await ready()
  on().lost()
  t.equal(phone.get().line, 'lost')
  t.equal(adviceOf(phone.get(), 'ready'), 'gone')
  on().registered()
  t.equal(adviceOf(phone.get(), 'unreachable'), 'register')
  phone.again()
  phone.again()
  t.equal(did.filter((one) => one === 'register again').length, 1, 'not in a circle')
  world.later()
  t.equal(did.filter((one) => one === 'register again').length, 2, 'but not forgotten either')
  did.length = 0
  for (const tries of [1, 2, 3]) {
    on().refused()
    world.later()
    t.same(did, Array.from({ length: tries }, () => 'register again'), 'FreeSWITCH may not have read the secret yet')
    t.equal(world.secrets(), 1)
  }
  on().refused()
  world.later()
  await world.until('another secret', () => did.includes('register 2'))
  on().refused()
  world.later()
  t.equal(world.secrets(), 2, 'which has as much time')
  on().registered()
  on().talk('ringing')
  phone.answer()
  phone.close()
  t.ok(did.includes('abandon') && !did.includes('hang up'), 'a desk that is closed hangs up on nobody')
  await world.until('goodbye', () => did.includes('unregister'))
})

t.test('a page that is left but still talks takes no secret from the window that comes after it', async (t) => {
  const { phone, did, on, ...world } = await ready()
  on().talk('ringing')
  phone.answer()
  phone.want(false)
  did.length = 0
  for (let tries = 0; tries < 5; tries += 1) {
    on().refused()
    world.later()
  }
  t.equal(world.secrets(), 1)
  t.same(did, [])
  t.equal(phone.get().talk, 'talking')
  on().talk('none')
  await world.until('goodbye', () => did.includes('the next window may'))
})
