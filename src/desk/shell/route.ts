import { useSyncExternalStore } from 'react'

/** Pages live in the hash: the server hands out one file, and a reload stays where it was. */
export const PAGES = ['seat', 'tickets', 'call-backs', 'talks', 'account', 'unit', 'board', 'map', 'flows'] as const
export type Page = (typeof PAGES)[number]

export interface Place { readonly page: Page; readonly id: string | null }

const subscribe = (listener: () => void): (() => void) => {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

/** The citizen's page, for which nobody signs in: `#/ask`. */
export const useAsking = (): boolean => useSyncExternalStore(subscribe, () => window.location.hash.startsWith('#/ask'))

/** Where the desk is, by the hash of its address; `home` where that says nothing. */
export function usePlace(home: Page): Place {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash)
  const [, page = '', id] = hash.split('/')
  return { page: PAGES.find((known) => known === page) ?? home, id: id ?? null }
}

/** Goes to a page of the desk; `id`: the ticket that is open on it. */
export function goTo(page: Page, id?: string): void {
  window.location.hash = id === undefined ? `#/${page}` : `#/${page}/${id}`
}
