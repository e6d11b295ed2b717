import { useSyncExternalStore } from 'react'
import { reduce, type DeskEvent } from './reduce.js'
import { initialState, type DeskState } from './state.js'

export interface Store {
  get(): DeskState
  dispatch(event: DeskEvent): void
  subscribe(listener: () => void): () => void
}

/** One reducer, many readers. */
export function makeStore(): Store {
  let state = initialState
  const listeners = new Set<() => void>()
  return {
    get: () => state,
    dispatch(event) {
      const next = reduce(state, event)
      if (next === state) return
      state = next
      for (const listener of [...listeners]) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
  }
}

/** A part of the state. `select` must return the same object while nothing changed. */
export const useStore = <T,>(store: Store, select: (state: DeskState) => T): T => useSyncExternalStore(store.subscribe, () => select(store.get()))
