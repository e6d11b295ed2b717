import type { PhoneSecret, PhoneView } from '../../contracts/routes/phones.js'
import type { LineEvents, SipLine, Sound } from './line.js'
import { initialPhone, phoneAfter, type MicrophoneFault, type PhoneEvent, type PhoneState } from './state.js'

/** The telephone in the browser, for whoever draws it. */
export interface Phone {
  get(): PhoneState
  subscribe(listener: () => void): () => void
  /** What the person uses, as the server says. */
  show(view: PhoneView): void
  /** Whether it is to be in this window: it waits until no other window of this browser has it, and leaves only when no call is on it. */
  want(here: boolean): void
  answer(): void
  hangUp(): void
  /** This page goes: the citizen must not be hung up on. */
  abandon(): void
  mute(on: boolean): void
  /** Tries microphone and registration again, now. */
  again(): void
  close(): void
}

/** What it needs of browser, server and SIP; each is played by tests. */
export interface PhoneDeps<S extends Sound> {
  readonly secret: () => Promise<PhoneSecret>
  readonly openLine: (secret: PhoneSecret, on: LineEvents<S>) => Promise<SipLine<S>>
  /** Never rejects: what is wrong is told. */
  readonly openMicrophone: () => Promise<S | MicrophoneFault>
  /** Told when a device is plugged in or out, or a permission changed. → stops. */
  readonly onDevices: (listener: () => void) => () => void
  /** Runs `work` when nobody else in this browser does; unless it is given up before. */
  readonly alone: (work: () => Promise<void>, givenUp: AbortSignal) => void
  /** It is here now and has no call: a talk that it had before the page was loaded anew is lost. */
  readonly fresh: () => Promise<void>
  readonly play: (sound: S | null) => void
  /** Timers. → cancels. */
  readonly after: (ms: number, run: () => void) => () => void
}

/** Between two tries of what FreeSWITCH or the server refused, ms. */
const RETRY = 2_000
/** FreeSWITCH at another node has a new secret after five seconds: so many tries until yet another one is drawn, which it would have to wait for again. */
const SAME = 3
/** Registering again on the server's account is not worth more than this, ms. */
const HEAL = 3_000

interface Stay { readonly leave: () => void }

/** One telephone: microphone first, then the secret, then the registration. What fails is tried again for as long as it is wanted. */
export function makePhone<S extends Sound>(deps: PhoneDeps<S>): Phone {
  let state = initialPhone
  const listeners = new Set<() => void>()
  let line: SipLine<S> | null = null
  let microphone: S | null = null
  let stay: Stay | null = null
  let muted = false
  let retry: (() => void) | null = null
  let healing = false
  let healAgain = false

  function tell(event: PhoneEvent): void {
    const next = phoneAfter(state, event)
    if (next === state) return
    state = next
    for (const listener of [...listeners]) listener()
  }

  const soon = (ms: number, run: () => void): void => {
    retry?.()
    retry = deps.after(ms, () => { retry = null; run() })
  }

  function hush(): void {
    for (const track of microphone?.getAudioTracks() ?? []) track.enabled = !muted
  }

  function drop(stream: S | null): void {
    for (const track of stream?.getAudioTracks() ?? []) track.stop()
  }

  /** One stay of the telephone in this window, from having it to leaving it. */
  function begin(): Stay {
    const givenUp = new AbortController()
    let mine = false
    let left = false
    const gone = (): boolean => left
    let finish: () => void = () => undefined
    const finished = new Promise<void>((resolve) => { finish = resolve })
    let busy = false
    let more = false
    let refusals = 0

    /** Brings it up as far as it is not; asked again whenever something changed. One at a time, and none is forgotten. */
    async function up(): Promise<void> {
      more = true
      if (busy || !mine) return
      busy = true
      while (more && !left) {
        more = false
        await listen()
        if (line === null && state.microphone === 'open') await register()
      }
      busy = false
    }

    async function listen(): Promise<void> {
      if (microphone !== null) return
      if (state.microphone === 'off') tell({ type: 'microphone', microphone: 'asking' })
      const stream = await deps.openMicrophone()
      if (typeof stream === 'string') {
        tell({ type: 'microphone', microphone: stream })
        // Nobody would be heard on it: FreeSWITCH rings it no more. A call goes on: the citizen can still be heard.
        if (state.talk === 'none') await unregister()
        return
      }
      if (left) return drop(stream)
      microphone = stream
      for (const track of stream.getAudioTracks()) track.addEventListener('ended', () => { if (microphone === stream) unplugged() })
      hush()
      line?.speakInto(stream)
      tell({ type: 'microphone', microphone: 'open' })
    }

    /** Perhaps another one is there. */
    function unplugged(): void {
      drop(microphone)
      microphone = null
      void up()
    }

    async function register(): Promise<void> {
      if (state.line === 'off') tell({ type: 'line', line: 'connecting' })
      try {
        const secret = await deps.secret()
        if (gone()) return
        refusals = 0
        line = await deps.openLine(secret, events)
      } catch {
        tell({ type: 'line', line: 'lost' })
        soon(RETRY, () => { void up() })
        return
      }
      if (gone()) await unregister()
    }

    const events: LineEvents<S> = {
      registered() {
        refusals = 0
        tell({ type: 'line', line: 'registered' })
      },
      lost() { tell({ type: 'line', line: 'lost' }) },
      refused() {
        tell({ type: 'line', line: 'lost' })
        refusals += 1
        soon(RETRY, () => {
          // The secret is another window's by now; a talk goes on without.
          if (left) return
          // FreeSWITCH has not read this one yet.
          if (refusals <= SAME) return line?.register()
          // Another window drew one since.
          deps.secret().then(({ a1Hash }) => {
            refusals = 0
            if (!left) line?.register(a1Hash)
          }, events.refused)
        })
      },
      talk(talk) {
        tell({ type: 'talk', talk })
        if (talk !== 'none') return
        if (left) finish()
        else if (microphone === null) void unregister()
      },
      sound: deps.play,
    }

    async function unregister(): Promise<void> {
      const before = line
      line = null
      if (before === null) return
      tell({ type: 'line', line: 'off' })
      await before.close()
    }

    const forget = deps.onDevices(() => { void up() })
    tell({ type: 'waits' })
    deps.alone(async () => {
      mine = true
      tell({ type: 'mine' })
      await deps.fresh()
      await up()
      await finished
      retry?.()
      await unregister()
    }, givenUp.signal)

    again = () => {
      line?.register()
      void up()
    }
    return {
      leave() {
        left = true
        forget()
        givenUp.abort()
        again = () => undefined
        const end = (): void => {
          finish()
          drop(microphone)
          microphone = null
          deps.play(null)
          tell({ type: 'off' })
        }
        if (state.talk === 'talking' || state.talk === 'answering') void finished.then(end)
        else end()
      },
    }
  }
  let again: () => void = () => undefined

  const phone: Phone = {
    get: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    show(view) { tell({ type: 'view', view }) },
    want(here) {
      if (here === (stay !== null)) return
      const leaving = stay
      stay = here ? begin() : null
      leaving?.leave()
    },
    answer() { if (microphone !== null) line?.answer(microphone) },
    hangUp() { line?.hangUp() },
    abandon() { line?.abandon() },
    mute(on) {
      muted = on
      hush()
    },
    again() {
      if (healing) {
        healAgain = true
        return
      }
      healing = true
      deps.after(HEAL, () => {
        healing = false
        if (healAgain) phone.again()
        healAgain = false
      })
      again()
    },
    close() {
      line?.abandon()
      stay?.leave()
      stay = null
    },
  }
  return phone
}
