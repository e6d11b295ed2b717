import { useEffect, useSyncExternalStore } from 'react'
import { call } from '../api/endpoints.js'
import { useDesk, useDeskState } from '../store/desk.js'
import { adviceOf, type PhoneState } from './state.js'

/** The telephone in this browser. */
export function usePhone(): PhoneState {
  const { phone } = useDesk()
  return useSyncExternalStore(phone.subscribe, phone.get)
}

/** Holds the telephone and what the server believes together, for as long as the desk is there. Once in a desk. */
export function usePhoneLink(): void {
  const { self, phone, store, socket, hasSeat } = useDesk()
  const state = usePhone()
  const welcomes = useDeskState(({ welcomes }) => welcomes)
  const presence = useDeskState(({ me }) => me?.presence)
  const here = useDeskState(({ seat, link, me }) => seat === 'active' && link !== 'replaced' && me !== null)
  const open = useDeskState(({ link }) => link === 'open')
  const muted = useDeskState((desk) => desk.call?.holder === self.id && desk.call.muted)
  const chosen = state.view.kind === 'browser'

  // Asked at each welcome: the choice may have been made at another machine, and an answer may have been lost.
  useEffect(() => {
    if (!hasSeat || welcomes === 0) return
    const abort = new AbortController()
    call('phone', {}, { signal: abort.signal }).then(phone.show, () => undefined)
    return () => abort.abort()
  }, [hasSeat, welcomes, phone])
  useEffect(() => { phone.want(hasSeat && chosen && here) }, [phone, hasSeat, chosen, here])
  useEffect(() => { phone.mute(muted) }, [phone, muted])

  useEffect(() => {
    if (!here || !open) return
    const advice = adviceOf(state, presence)
    if (advice === 'gone') socket.ask({ type: 'phone.gone' }).catch(() => undefined)
    else if (advice === 'register') phone.again()
  }, [state, presence, here, open, socket, phone])

  // A page that goes takes the talk with it: the citizen is back in the queue before the next page is there.
  const talking = state.talk === 'talking'
  useEffect(() => {
    if (!talking) return
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault()
    const lose = (): void => {
      const { call: held, link } = store.get()
      // The server first, for it knows then whose telephone will be back; FreeSWITCH itself where there is no server.
      if (held !== null && link === 'open') socket.ask({ type: 'phone.lost', callId: held.callId }).catch(() => undefined)
      else phone.abandon()
    }
    window.addEventListener('beforeunload', warn)
    window.addEventListener('pagehide', lose)
    return () => {
      window.removeEventListener('beforeunload', warn)
      window.removeEventListener('pagehide', lose)
    }
  }, [talking, store, socket, phone])
}
