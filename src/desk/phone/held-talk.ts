import type { DeskState } from '../store/state.js'
import type { PhoneState } from './state.js'

const KEY = 'liandong.talk'

/** FreeSWITCH's own goodbye is given so long after the server told the end of a call, ms. */
const GOODBYE = 500

/** What it needs of the page; `storage` outlives a reload of this tab. */
export interface HeldTalkDeps {
  readonly phone: { get(): PhoneState; subscribe(listener: () => void): () => void; hangUp(): void }
  readonly store: { get(): DeskState; subscribe(listener: () => void): () => void }
  readonly storage: { getItem(key: string): string | null; setItem(key: string, value: string): void; removeItem(key: string): void }
  /** A duplicated tab inherits the storage, not the talk. */
  readonly tabId: string
  /** Timers. → cancels. */
  readonly after: (ms: number, run: () => void) => () => void
}

/**
 * Knows which call the telephone of this page talks in. Remembers it over a reload, after which the server must hear that this talk is lost, and no
 * other: the operator may be talking at another computer or on the table. And ends it here when the server told its end but FreeSWITCH's goodbye
 * could not come, the way being cut. A server that merely knows of no talk ends none: it may have been started a moment ago. → stops
 */
export function holdTalk({ phone, store, storage, tabId, after }: HeldTalkDeps): () => void {
  let held: Held | null = null
  // After the welcome of a server that restarted the page still shows what the one before it said.
  let said: { readonly me: DeskState['me']; readonly epoch: string | null } = store.get()
  let told = false
  let goodbye: (() => void) | null = null

  function look(): void {
    const desk = store.get()
    const { talk } = phone.get()
    if (desk.me !== said.me) said = desk
    const now = talk === 'talking' ? talkOf(desk) : null
    if (now !== null) {
      told = false
      if (now !== held?.callId) storage.setItem(KEY, `${tabId} ${now}`)
      held = { callId: now, epoch: said.epoch }
    } else if (talk === 'none') {
      if (held !== null) storage.removeItem(KEY)
      held = null
      told = false
    } else if (held !== null) told = (told || isTold(desk, held)) && !isKept(desk, held)

    if (!told || desk.link !== 'open' || (desk.health?.pbx ?? 'down') === 'down') {
      goodbye?.()
      goodbye = null
    } else goodbye ??= after(GOODBYE, () => phone.hangUp())
  }

  const ends = [phone.subscribe(look), store.subscribe(look)]
  return () => {
    for (const end of ends) end()
    goodbye?.()
  }
}

/** The talk that the page before this one had in this tab, once; null: none. */
export function takeLostTalk(storage: HeldTalkDeps['storage'], tabId: string): string | null {
  const [owner, callId] = storage.getItem(KEY)?.split(' ') ?? []
  storage.removeItem(KEY)
  return owner === tabId && callId !== undefined ? callId : null
}

const talkOf = ({ link, me, call }: DeskState): string | null => link === 'open' && me?.presence === 'talking' && call !== null && call.endedAt === undefined ? call.callId : null

/** `epoch`: of the server that knew of it. */
interface Held { readonly callId: string; readonly epoch: string | null }

/** The server that knew of the talk knows of it no more, or any server has seen its end; `lost` is our own word, for a call that a snapshot does not have. */
const isTold = ({ epoch, me, call, gone }: DeskState, held: Held): boolean =>
  (epoch === held.epoch && me !== null && me.presence !== 'talking') || (gone?.callId === held.callId && gone.reason !== 'lost') || (call?.callId === held.callId && call.endedAt !== undefined)

/** FreeSWITCH ends the leg as a broken one, so that the citizen stays: our goodbye would send him away. */
const isKept = ({ gone }: DeskState, { callId }: Held): boolean => gone?.callId === callId && gone.reason === 'unreachable'
