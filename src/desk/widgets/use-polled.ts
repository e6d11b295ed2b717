import { useEffect, useState } from 'react'

/** Reads something again and again while it is on the screen. `failed`: the last try came to nothing; what was read before stays. */
export function usePolled<T>(read: (signal: AbortSignal) => Promise<T>, every: number, key: string): { readonly value: T | null; readonly failed: boolean; readonly again: () => void } {
  const [value, setValue] = useState<T | null>(null)
  const [failed, setFailed] = useState(false)
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const abort = new AbortController()
    const look = (): void => {
      read(abort.signal).then((found) => { if (!abort.signal.aborted) { setValue(found); setFailed(false) } }, () => { if (!abort.signal.aborted) setFailed(true) })
    }
    look()
    const timer = setInterval(look, every)
    return () => { clearInterval(timer); abort.abort() }
    // `read` is made anew at each render; `key` says when it asks for something else.
  }, [key, every, turn])
  return { value, failed, again: () => setTurn((count) => count + 1) }
}
