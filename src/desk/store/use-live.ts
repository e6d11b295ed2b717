import { useEffect, useState } from 'react'
import type { ListName } from '../../contracts/ws.js'
import { useDeskState } from './desk.js'
import { useThrottled } from './use-throttled.js'

/** A list that changes all the time is read this often, ms. */
const REST = 1_000
/** What could not be read is read again after this, ms. */
const AGAIN = 4_000

interface Live<T> { readonly value: T | null; readonly failed: boolean; readonly again: () => void }

/**
 * A list that is about no one ticket: read when it is shown first, whenever the server says that it is another, and when the desk was away. What was read stays while the server
 * cannot be reached; `failed`: the last try came to nothing. @param key says when something else of it is asked for @param rest it is read this often at most, ms
 */
export function useLive<T>(list: ListName, read: (signal: AbortSignal) => Promise<T>, { key = '', rest = REST }: { readonly key?: string; readonly rest?: number } = {}): Live<T> {
  return useReading(read, `${list} ${key}`, useThrottled(useDeskState((state) => state.lists[list] ?? 0), rest))
}

/** The same of something about one ticket, which is another with its version, or `told` of it so often. */
export function useLiveOf<T>(ticketId: string, version: number, told: number, read: (signal: AbortSignal) => Promise<T>): Live<T> {
  return useReading(read, ticketId, useThrottled(`${version} ${told}`, REST))
}

function useReading<T>(read: (signal: AbortSignal) => Promise<T>, key: string, told: number | string): Live<T> {
  const welcomes = useDeskState((state) => state.welcomes)
  const [value, setValue] = useState<T | null>(null)
  const [failed, setFailed] = useState(false)
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const abort = new AbortController()
    let retry: ReturnType<typeof setTimeout> | undefined
    const look = (): void => {
      read(abort.signal).then((found) => { if (!abort.signal.aborted) { setValue(found); setFailed(false) } }, () => { if (!abort.signal.aborted) { setFailed(true); retry = setTimeout(look, AGAIN) } })
    }
    look()
    return () => { clearTimeout(retry); abort.abort() }
    // `read` is made anew at each render, and asks for the same as long as `key` is the same.
  }, [key, told, welcomes, turn])
  return { value, failed, again: () => setTurn((count) => count + 1) }
}
