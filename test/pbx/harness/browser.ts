import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { chromium } from '../../helpers/desk-world.js'
import { LEVEL } from '../../helpers/tones.js'

/** What the microphone of the browser hears, Hz: short tones, for a lasting one would be taken for noise. */
export const MICROPHONE = 620
const RATE = 48_000
const ON = 0.3
const OFF = 0.2

/** Ten seconds of 16-bit mono WAV, which the browser plays again and again into its microphone. */
function beeps(): Buffer {
  const samples = Buffer.alloc(RATE * 10 * 2)
  for (let at = 0; at < samples.length / 2; at += 1) {
    const within = (at / RATE) % (ON + OFF)
    samples.writeInt16LE(within < ON ? Math.round(LEVEL * Math.sin((2 * Math.PI * MICROPHONE * at) / RATE)) : 0, at * 2)
  }
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(RATE, 24)
  head.writeUInt32LE(RATE * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}

/** Chromium with a microphone that beeps, which every page may use; FreeSWITCH's own certificate is believed, and loopback is a network. */
export async function openBrowser(executablePath: string, home: string): Promise<Browser> {
  const scratch = join(home, 'browser')
  mkdirSync(scratch, { recursive: true })
  const microphone = join(scratch, 'microphone.wav')
  writeFileSync(microphone, beeps())
  return chromium.launch({
    executablePath, headless: true, chromiumSandbox: false, env: { ...process.env, HOME: scratch, TMPDIR: scratch },
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${microphone}`,
      '--ignore-certificate-errors', '--allow-loopback-in-peer-connection', '--autoplay-policy=no-user-gesture-required',
    ],
  })
}

/** How loud the loudspeaker of the telephone in this page plays a tone, dB against full scale: about -100 when it does not. */
export const speakerHears = (page: Page, hz: number): Promise<number> => page.evaluate<number>(`(async () => {
  const speaker = document.querySelector('audio[data-phone]')
  if (speaker === null || speaker.srcObject === null || speaker.paused) return -Infinity
  const audio = new AudioContext()
  const analyser = audio.createAnalyser()
  analyser.fftSize = 4096
  analyser.smoothingTimeConstant = 0
  audio.createMediaStreamSource(speaker.srcObject).connect(analyser)
  // A whole window of sound.
  await new Promise((resolve) => setTimeout(resolve, 250))
  const spectrum = new Float32Array(analyser.frequencyBinCount)
  analyser.getFloatFrequencyData(spectrum)
  const bin = Math.round(${hz} / (audio.sampleRate / analyser.fftSize))
  await audio.close()
  return Math.max(...spectrum.slice(bin - 1, bin + 2))
})()`)
