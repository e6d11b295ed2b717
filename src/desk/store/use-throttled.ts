import { useEffect, useRef, useState } from 'react'

/** A value told at once, then at most every `step` ms: a busy hall changes tickets many times a second, and lists ask the server anew. */
export function useThrottled<T>(value: T, step: number): T {
  const [told, setTold] = useState(value)
  const last = useRef(-Infinity)
  useEffect(() => {
    if (value === told) return undefined
    const timer = setTimeout(() => {
      last.current = performance.now()
      setTold(value)
    }, Math.max(0, last.current + step - performance.now()))
    return () => clearTimeout(timer)
  }, [value, told, step])
  return told
}
