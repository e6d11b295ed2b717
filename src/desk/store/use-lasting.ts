import { useEffect, useState } from 'react'

/** True once something has been so for `ms` without a break. */
export function useLasting(so: boolean, ms: number): boolean {
  const [lasts, setLasts] = useState(false)
  useEffect(() => {
    if (!so) return
    const timer = setTimeout(() => setLasts(true), ms)
    return () => {
      clearTimeout(timer)
      setLasts(false)
    }
  }, [so, ms])
  return lasts
}
