import { useEffect } from 'react'
import { sound } from './tone.js'

/**
 * Makes a ringing call unmistakable beyond the screen: the window's title alternates, and a soft double tone sounds like a desk phone.
 * The tone needs a click or key in this window before; until then browsers keep it silent.
 */
export function useRingSignal(ringing: boolean, label: string, audible: boolean): void {
  useEffect(() => {
    if (!ringing) return
    const before = document.title
    let on = false
    const flash = (): void => { on = !on; document.title = on ? `☎ ${label}` : before }
    flash()
    const timer = setInterval(flash, 800)
    return () => {
      clearInterval(timer)
      document.title = before
    }
  }, [ringing, label])

  useEffect(() => {
    if (!ringing || !audible) return
    const audio = new AudioContext()
    const ring = (): void => sound(audio, [[880, 0], [1_108, 0.45]])
    ring()
    const timer = setInterval(ring, 2_400)
    return () => {
      clearInterval(timer)
      void audio.close().catch(() => undefined)
    }
  }, [ringing, audible])
}
