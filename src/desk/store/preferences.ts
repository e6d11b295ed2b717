import { useSyncExternalStore } from 'react'
import type { Language } from '../../contracts/primitives.js'
import type { Face } from '../theme/palette.js'

/** What a person likes on this workstation; kept in localStorage, shared by its tabs. */
export interface Preferences { readonly language: Language | null; readonly face: Face; readonly sound: boolean }

const KEY = 'liandong.preferences'
/** Until somebody chooses: as his system is set. */
const DEFAULTS: Preferences = { language: null, face: window.matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark', sound: true }

/** What he chose, and nothing that he did not. */
function read(): Partial<Preferences> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>
  } catch {
    return {}
  }
}

let chosen = read()
let current: Preferences = { ...DEFAULTS, ...chosen }
const listeners = new Set<() => void>()

const subscribe = (listener: () => void): (() => void) => {
  const other = ({ key }: StorageEvent): void => {
    if (key !== KEY) return
    chosen = read()
    current = { ...DEFAULTS, ...chosen }
    listener()
  }
  listeners.add(listener)
  window.addEventListener('storage', other)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('storage', other)
  }
}

/** What the user of this browser prefers. */
export const usePreferences = (): Preferences => useSyncExternalStore(subscribe, () => current)

/** Changes preferences, here and in the other tabs. */
export function prefer(changes: Partial<Preferences>): void {
  chosen = { ...chosen, ...changes }
  current = { ...DEFAULTS, ...chosen }
  localStorage.setItem(KEY, JSON.stringify(chosen))
  for (const listener of [...listeners]) listener()
}
