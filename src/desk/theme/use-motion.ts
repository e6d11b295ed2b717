import { useSyncExternalStore } from 'react'

const LESS = '(prefers-reduced-motion: reduce)'

/** Whether things may move on the screen: what the person set in his system, also when he changes it now. */
export function useMotion(): boolean {
  return useSyncExternalStore((changed) => {
    const query = matchMedia(LESS)
    query.addEventListener('change', changed)
    return () => { query.removeEventListener('change', changed) }
  }, () => !matchMedia(LESS).matches)
}
