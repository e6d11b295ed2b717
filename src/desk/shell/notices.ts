import { useEffect, useRef } from 'react'
import { isUrgent, type Notice } from '../../contracts/dispatch.js'
import { call } from '../api/endpoints.js'
import { useDesk, useDeskState } from '../store/desk.js'
import { sound } from './tone.js'

/** Between two tries to confirm, ms. */
const AGAIN = 3_000
/** Danger that nobody has signed for is told again, ms. */
const REPEAT = 8_000

/** What was not confirmed while this desk was away, and which alarms are over since. */
export function useMissedNotices(): void {
  const { store } = useDesk()
  const welcomes = useDeskState((state) => state.welcomes)
  const alarms = useDeskState((state) => state.alarms)
  useEffect(() => {
    if (welcomes === 0) return
    const abort = new AbortController()
    const before = store.get().notices
    call('notices', {}, { signal: abort.signal }).then(({ notices }) => store.dispatch({ type: 'noticesRead', notices, before }), () => undefined)
    return () => abort.abort()
  }, [welcomes, alarms, store])
}

/**
 * A unit's terminal confirms what it shows, as soon as it shows it: of a dispatch this is the delivery, from which the clocks run.
 * Tried again until the server has it.
 */
export function useReceipts(shown: readonly Notice[]): void {
  const settled = useRef(new Map<string, 'wanted' | 'asked' | 'done'>())
  useEffect(() => {
    // What was put away before the server had it is confirmed all the same.
    for (const { id } of shown) if (!settled.current.has(id)) settled.current.set(id, 'wanted')
    const confirm = (): void => {
      for (const [id, state] of settled.current) {
        if (state !== 'wanted') continue
        settled.current.set(id, 'asked')
        call('receipt', { params: { id }, body: {} }).then(() => { settled.current.set(id, 'done') }, (error: unknown) => { settled.current.set(id, (error as { status?: number }).status === 404 ? 'done' : 'wanted') })
      }
    }
    confirm()
    const timer = setInterval(confirm, AGAIN)
    return () => clearInterval(timer)
  }, [shown])
}

/** The window's title and badge count what is new; a double tone for what calls for one, once for each, and again and again while a danger is not signed for. */
export function useNoticeSignal({ shown, fresh, danger, title, audible }: { readonly shown: readonly Notice[]; readonly fresh: number; readonly danger: boolean; readonly title: string; readonly audible: boolean }): void {
  const last = shown.find(isUrgent)?.id
  /** What was heard: that the one before it is put away makes nothing new of it. */
  const rung = useRef(new Set<string>())
  useEffect(() => {
    const badge = navigator as { setAppBadge?: (count: number) => Promise<void>; clearAppBadge?: () => Promise<void> }
    if (fresh === 0) return
    const before = document.title
    document.title = title
    void badge.setAppBadge?.(fresh).catch(() => undefined)
    return () => {
      document.title = before
      void badge.clearAppBadge?.().catch(() => undefined)
    }
  }, [fresh, title])
  useEffect(() => {
    if (!audible || (!danger && (last === undefined || rung.current.has(last)))) return
    for (const notice of shown) if (isUrgent(notice)) rung.current.add(notice.id)
    const audio = new AudioContext()
    const ring = (): void => sound(audio, danger ? [[1_046, 0], [1_318, 0.42], [1_046, 0.84]] : [[784, 0], [1_046, 0.42]])
    ring()
    const timer = danger ? setInterval(ring, REPEAT) : undefined
    const end = danger ? undefined : setTimeout(() => void audio.close().catch(() => undefined), 2_000)
    return () => {
      clearInterval(timer)
      clearTimeout(end)
      if (audio.state !== 'closed') void audio.close().catch(() => undefined)
    }
    // What is shown besides makes no tone, and cuts none off.
  }, [last, danger, audible])
}
