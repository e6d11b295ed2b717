import type { Talk } from './state.js'

/** What is said or heard, as far as a telephone handles it: a MediaStream in a browser. */
export interface Sound {
  getAudioTracks(): readonly Track[]
}
interface Track {
  enabled: boolean
  stop(): void
  addEventListener(type: 'ended', listener: () => void): void
}

/** A registration at FreeSWITCH, and the one call that it may have. */
export interface SipLine<S extends Sound> {
  /** Registers now: with this secret, or with the one it had. */
  register(a1Hash?: string): void
  answer(microphone: S): void
  /** Ends the call, or does not take it. */
  hangUp(): void
  /** Gives the call up without hanging up on the citizen: to FreeSWITCH this telephone broke, and he goes back to the queue. */
  abandon(): void
  /** Another microphone for the call in progress. */
  speakInto(microphone: S): void
  /** Resolves when FreeSWITCH has struck it off, or after a moment. A call in progress ends. */
  close(): Promise<void>
}

export interface LineEvents<S extends Sound> {
  readonly registered: () => void
  /** The way to FreeSWITCH is cut; it is tried again by itself, and registers. */
  readonly lost: () => void
  /** FreeSWITCH does not take the registration. */
  readonly refused: () => void
  readonly talk: (talk: Talk) => void
  /** What the other side says; null: nothing any more. */
  readonly sound: (sound: S | null) => void
}
