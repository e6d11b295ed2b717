import { useEffect } from 'react'

/**
 * Makes a ringing call unmistakable beyond the screen: the window's title alternates, and a soft double tone sounds like a desk phone.
 * The tone needs a click or key in this window before; until then browsers keep it silent.
 */
export function useRingSignal(ringing: boolean, label: string, sound: boolean): void {
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
    if (!ringing || !sound) return
    const audio = new AudioContext()
    const burst = (start: number, frequency: number): void => {
      const tone = audio.createOscillator()
      const level = audio.createGain()
      tone.frequency.value = frequency
      level.gain.setValueAtTime(0, start)
      level.gain.linearRampToValueAtTime(0.12, start + 0.03)
      level.gain.setValueAtTime(0.12, start + 0.3)
      level.gain.linearRampToValueAtTime(0, start + 0.38)
      tone.connect(level).connect(audio.destination)
      tone.start(start)
      tone.stop(start + 0.4)
    }
    const ring = (): void => {
      if (audio.state === 'suspended') void audio.resume().catch(() => undefined)
      const now = audio.currentTime
      burst(now, 880)
      burst(now + 0.45, 1_108)
    }
    ring()
    const timer = setInterval(ring, 2_400)
    return () => {
      clearInterval(timer)
      void audio.close().catch(() => undefined)
    }
  }, [ringing, sound])
}
