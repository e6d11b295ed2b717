/** Short tones one after another, each `[frequency in Hz, from this many seconds on]`: soft enough for an office. */
export function sound(audio: AudioContext, tones: readonly (readonly [number, number])[]): void {
  if (audio.state === 'suspended') void audio.resume().catch(() => undefined)
  for (const [frequency, after] of tones) {
    const start = audio.currentTime + after
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
}
