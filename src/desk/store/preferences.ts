import { useSyncExternalStore } from 'react'
import type { Language } from '../../contracts/primitives.js'
import type { Face } from '../theme/palette.js'

/** What a person likes on this workstation; kept in localStorage, shared by its tabs. */
export interface Preferences { readonly language: Language | null; readonly face: Face; readonly sound: boolean }

const KEY = 'liandong.preferences'
const DEFAULTS: Preferences = { language: null, face: 'dark', sound: true }

function read(): Preferences {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>) }
  } catch {
    return DEFAULTS
  }
}

let current = read()
const listeners = new Set<() => void>()

const subscribe = (listener: () => void): (() => void) => {
  const other = ({ key }: StorageEvent): void => {
    if (key !== KEY) return
    current = read()
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
  current = { ...current, ...changes }
  localStorage.setItem(KEY, JSON.stringify(current))
  for (const listener of [...listeners]) listener()
}
