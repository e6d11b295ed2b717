import type { PhoneView } from '../../contracts/routes/phones.js'
import type { Presence } from '../../contracts/ws.js'
import type { DeskState } from '../store/state.js'

/** Why there is no microphone: refused by the person or the browser, none plugged in, another program has it, or the desk is not served over HTTPS. */
export const MICROPHONE_FAULTS = ['refused', 'none', 'busy', 'insecure'] as const
export type MicrophoneFault = (typeof MICROPHONE_FAULTS)[number]
export type Microphone = 'off' | 'asking' | 'open' | MicrophoneFault

/** `connecting`: for the first time; `lost`: it was there, or could not be had. Either way it goes on trying. */
export type Line = 'off' | 'connecting' | 'registered' | 'lost'
export type Talk = 'none' | 'ringing' | 'answering' | 'talking'

/** The telephone in this browser. */
export interface PhoneState {
  /** What the person uses, and whether the city has telephones in browsers at all. */
  readonly view: PhoneView
  /** It should be here but another window of this browser still has it. */
  readonly elsewhere: boolean
  readonly microphone: Microphone
  readonly line: Line
  readonly talk: Talk
}

export type PhoneEvent =
  | { readonly type: 'view'; readonly view: PhoneView }
  | { readonly type: 'waits' }
  | { readonly type: 'mine' }
  | { readonly type: 'off' }
  | { readonly type: 'microphone'; readonly microphone: Microphone }
  | { readonly type: 'line'; readonly line: Line }
  | { readonly type: 'talk'; readonly talk: Talk }

export const initialPhone: PhoneState = { view: { kind: 'desk', browser: false }, elsewhere: false, microphone: 'off', line: 'off', talk: 'none' }

/** The telephone after an event; the same object when nothing changed. */
export function phoneAfter(state: PhoneState, event: PhoneEvent): PhoneState {
  switch (event.type) {
    case 'view': return { ...state, view: event.view }
    case 'waits': return state.elsewhere ? state : { ...state, elsewhere: true }
    case 'mine': return state.elsewhere ? { ...state, elsewhere: false } : state
    case 'off': return { ...initialPhone, view: state.view }
    case 'microphone': return state.microphone === event.microphone ? state : { ...state, microphone: event.microphone }
    case 'line': return state.line === event.line ? state : { ...state, line: event.line }
    case 'talk': return state.talk === event.talk ? state : { ...state, talk: event.talk }
  }
}

/** It can ring here, and be heard. */
export const isThere = ({ line, microphone }: PhoneState): boolean => line === 'registered' && microphone === 'open'

/** What the person has to see to; null: nothing. */
export function troubleOf({ view, line, microphone }: PhoneState): MicrophoneFault | 'line' | null {
  if (view.kind !== 'browser') return null
  if (microphone !== 'off' && microphone !== 'asking' && microphone !== 'open') return microphone
  return line === 'lost' ? 'line' : null
}

/**
 * What must be said about the telephone to a server that takes its operator for `presence`. `gone`: no calls for him. `register`: FreeSWITCH
 * must hear of it again, for the server does not know that it is back.
 */
export function adviceOf(state: PhoneState, presence: Presence | undefined): 'gone' | 'register' | null {
  if (state.view.kind !== 'browser' || state.elsewhere) return null
  if (presence === 'ready' || (presence === 'ringing' && state.talk === 'none')) return isThere(state) ? null : 'gone'
  return presence === 'unreachable' && isThere(state) ? 'register' : null
}

/**
 * What rings at this desk. `call`: the call that the server shows; `phone`: only the telephone in this browser knows of it. FreeSWITCH rings it
 * by itself while the server is away, and before one calls back or listens: that must be heard and answered as well. Who lifted hears no bell.
 */
export function ringOf({ talk }: PhoneState, { link, seat, me, call }: Pick<DeskState, 'link' | 'seat' | 'me' | 'call'>): 'call' | 'phone' | null {
  if (talk === 'answering' || talk === 'talking') return null
  const told = me?.presence === 'ringing' && call !== null && seat === 'active'
  if (talk === 'ringing') return told && link === 'open' ? 'call' : 'phone'
  return told ? 'call' : null
}

/** What an error of `getUserMedia` (its name) means. */
export function faultOf(name: string): MicrophoneFault {
  switch (name) {
    case 'NotAllowedError': return 'refused'
    case 'SecurityError': return 'insecure'
    case 'NotReadableError': case 'AbortError': return 'busy'
    default: return 'none' // NotFoundError, OverconstrainedError
  }
}
