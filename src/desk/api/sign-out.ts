import { useSyncExternalStore } from 'react'
import { ApiError, call } from './endpoints.js'

/** In localStorage, for the session's cookie is all tabs' and no page can take it away: whoever loads the desk before the server has heard of it is not the one who left. */
const KEY = 'liandong.signing-out'
/** Between two tries, ms. */
const AGAIN = 2_000
/** The server answers within this, or the try counts as failed, ms. */
const PATIENCE = 6_000

let telling: Promise<void> | null = null
let failed = false
const watchers = new Set<() => void>()

function say(now: boolean): void {
  failed = now
  for (const watcher of watchers) watcher()
}

/** Somebody signed out at this browser, and the server has not heard of it yet. */
export const isSigningOut = (): boolean => localStorage.getItem(KEY) !== null

async function tell(): Promise<void> {
  for (;;) {
    try {
      await call('logOut', { body: {} }, { timeout: PATIENCE })
      break
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) break // nobody is signed in any more
      say(true)
      await new Promise((resolve) => setTimeout(resolve, AGAIN))
    }
  }
  localStorage.removeItem(KEY)
  say(false)
}

/** Signs out, however long the server cannot be reached; resolves when it knows. Whoever signs in waits for it, or he would be signed out in its place. */
export function signOut(): Promise<void> {
  localStorage.setItem(KEY, '1')
  return telling ??= tell().finally(() => { telling = null })
}

/** The other tabs of this browser are told when somebody signs out in one. → stops listening. */
export function whenSignedOutElsewhere(listener: () => void): () => void {
  const heard = ({ key, newValue }: StorageEvent): void => { if (key === KEY && newValue !== null) listener() }
  window.addEventListener('storage', heard)
  return () => { window.removeEventListener('storage', heard) }
}

/** The server could not be told yet. */
export const useSignOutFailed = (): boolean => useSyncExternalStore((watcher) => {
  watchers.add(watcher)
  return () => { watchers.delete(watcher) }
}, () => failed)
