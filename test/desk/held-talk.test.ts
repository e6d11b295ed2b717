import t from 'tap'
import type { Presence } from '../../src/contracts/ws.js'
import { holdTalk, takeLostTalk } from '../../src/desk/phone/held-talk.js'
import { initialPhone, type PhoneState, type Talk } from '../../src/desk/phone/state.js'
import { initialState, type DeskState } from '../../src/desk/store/state.js'

const me = (presence: Presence): DeskState['me'] => ({ operatorId: 'o', presence, since: 0 })
const call = (callId: string, endedAt?: number): DeskState['call'] => ({ callId, ...(endedAt === undefined ? {} : { endedAt }) }) as DeskState['call']
const health = (pbx: 'up' | 'down'): DeskState['health'] => ({ database: 'up', pbx, journal: 0 })

function watched<T>(first: T) {
  let state = first
  const listeners = new Set<() => void>()
  return {
    get: () => state,
    subscribe(listener: () => void) { listeners.add(listener); return () => { listeners.delete(listener) } },
    set(change: Partial<T>) { state = { ...state, ...change }; for (const listener of listeners) listener() },
  }
}

/** A tab with its storage; `kept`: what an earlier page of it, or the tab that it was duplicated from, left behind. */
function page(kept = new Map<string, string>()) {
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => { kept.set(key, value) }, removeItem: (key: string) => { kept.delete(key) } }
  const phone = watched<PhoneState>(initialPhone)
  const store = watched<DeskState>({ ...initialState, link: 'open', epoch: 'first', seat: 'active', me: me('ready'), health: health('up') })
  const timers = new Set<() => void>()
  let hungUp = 0
  const letGo = holdTalk({
    phone: { ...phone, hangUp() { hungUp += 1; phone.set({ talk: 'none' }) } }, store, storage, tabId: 'tab',
    after(_ms, run) { timers.add(run); return () => { timers.delete(run) } },
  })
  return {
    kept, store, letGo, talk: (talk: Talk) => { phone.set({ talk }) }, lost: (tabId = 'tab') => takeLostTalk(storage, tabId), hungUp: () => hungUp,
    later() { for (const run of [...timers]) { timers.delete(run); run() } },
  }
}

/** Talks with a citizen in call `a`. */
function talking() {
  const one = page()
  one.talk('talking')
  one.store.set({ me: me('talking'), call: call('a') })
  return one
}

t.test('a talk is lost by a reload of the page that had it, and by nothing else', async (t) => {
  const before = talking()
  before.letGo()
  const reloaded = page(before.kept)
  reloaded.store.set({ me: me('talking'), call: call('a') })
  t.equal(reloaded.lost(), 'a')
  t.equal(reloaded.lost(), null, 'told once')

  const other = page()
  other.store.set({ me: me('talking'), call: call('a') })
  t.equal(other.lost(), null, 'the operator talks at another computer, or on the table')
  t.equal(page(new Map(talking().kept)).lost('duplicate'), null, 'a duplicated tab did not have it')

  const over = talking()
  over.talk('none')
  t.equal(over.lost(), null, 'the talk was over before')
  const native = page()
  native.store.set({ link: 'lost' })
  native.talk('talking')
  native.store.set({ link: 'open', me: me('ready') })
  native.store.set({ me: me('talking'), call: call('b') })
  t.equal(native.lost(), 'b', 'taken out of the native queue, and found by the server later')
})

t.test('the end that the server told ends it here too, when FreeSWITCH’s goodbye did not come', async (t) => {
  const ends: readonly (readonly [string, Partial<DeskState>])[] = [
    ['no paper work follows', { me: me('ready') }],
    ['hung up', { me: me('ready'), call: null, gone: { callId: 'a', reason: 'caller-hung-up' } }],
    ['in wrap-up', { me: me('wrap-up'), call: call('a') }],
    ['its card has an end', { call: call('a', 1) }],
  ]
  for (const [what, end] of ends) {
    const one = talking()
    one.store.set(end)
    t.equal(one.hungUp(), 0, `${what}: the goodbye may be on its way`)
    one.later()
    t.equal(one.hungUp(), 1, what)
    const said = talking()
    said.store.set(end)
    said.talk('none')
    said.talk('ringing')
    said.later()
    t.equal(said.hungUp(), 0, `${what}: FreeSWITCH said goodbye, and the next one rings`)
  }
})

t.test('nobody is hung up on because the server restarted', async (t) => {
  const restarted = talking()
  restarted.store.set({ link: 'lost' })
  restarted.store.set({ epoch: 'second' })
  restarted.store.set({ link: 'open' })
  restarted.store.set({ me: me('ready'), call: null, gone: { callId: 'a', reason: 'lost' } })
  restarted.later()
  t.equal(restarted.hungUp(), 0, 'its first snapshot does not know the talk yet')
  restarted.store.set({ me: me('talking'), call: call('a'), gone: null })
  restarted.later()
  t.equal(restarted.hungUp(), 0)

  for (const [what, change] of [['the server', { link: 'lost' }], ['its link to FreeSWITCH', { health: health('down') }]] as const) {
    const one = talking()
    one.store.set({ me: me('ready'), call: null, gone: { callId: 'a', reason: 'ended' } })
    one.store.set(change)
    one.later()
    t.equal(one.hungUp(), 0, `${what} went away before the goodbye was given up: it waits`)
    one.store.set({ link: 'open', health: health('up') })
    one.later()
    t.equal(one.hungUp(), 1, `${what} is back, and its word holds`)
  }

  const taken = talking()
  taken.store.set({ me: me('ready'), call: null, gone: { callId: 'a', reason: 'ended' } })
  taken.store.set({ me: me('talking'), call: call('a'), gone: null })
  taken.later()
  t.equal(taken.hungUp(), 0, 'what it said a moment ago holds no more')
  const broken = talking()
  broken.store.set({ me: me('unreachable') })
  broken.store.set({ call: null, gone: { callId: 'a', reason: 'unreachable' } })
  broken.later()
  t.equal(broken.hungUp(), 0, 'the server gives him back to the queue: he stays')
  const elsewhere = page()
  elsewhere.store.set({ me: me('talking'), call: call('a') })
  elsewhere.store.set({ me: me('wrap-up'), call: call('a') })
  elsewhere.talk('talking')
  elsewhere.later()
  t.equal(elsewhere.hungUp(), 0, 'the talk that ended was another telephone’s')
})
