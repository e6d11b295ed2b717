import { useEffect, useState } from 'react'

/** The workstation's clock, told again every `step` ms on whole steps, so that all counters on the screen turn together. */
export function useNow(step = 1_000): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    const tick = (): void => {
      setNow(Date.now())
      timer = setTimeout(tick, step - (Date.now() % step) + 5)
    }
    tick()
    return () => clearTimeout(timer)
  }, [step])
  return now
}
