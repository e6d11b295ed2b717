import type { PhoneDeps } from './phone.js'
import { faultOf } from './state.js'

/** As telephones do: no echo of the citizen, and no fan. */
const SPEECH: MediaStreamConstraints = { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true }, video: false }

/** Microphone, loudspeaker, windows and clock of this browser. */
export function browserParts(): Pick<PhoneDeps<MediaStream>, 'openMicrophone' | 'onDevices' | 'alone' | 'play' | 'after'> {
  let speaker: HTMLAudioElement | null = null
  return {
    async openMicrophone() {
      // Over plain HTTP, but on this machine, browsers have none to give. The types do not know that.
      if (!window.isSecureContext) return faultOf('SecurityError')
      try {
        return await navigator.mediaDevices.getUserMedia(SPEECH)
      } catch (error) {
        return faultOf(error instanceof DOMException ? error.name : '')
      }
    },
    onDevices(listener) {
      if (!window.isSecureContext) return () => undefined
      const ended = new AbortController()
      navigator.mediaDevices.addEventListener('devicechange', listener, { signal: ended.signal })
      // Where the browser cannot be asked about it, “try again” does it.
      navigator.permissions.query({ name: 'microphone' }).then((permission) => { permission.addEventListener('change', listener, { signal: ended.signal }) }, () => undefined)
      return () => ended.abort()
    },
    alone(work, givenUp) {
      if (!window.isSecureContext) return void work()
      // Given up before its turn came.
      navigator.locks.request('liandong.phone', { signal: givenUp }, work).catch(() => undefined)
    },
    play(stream) {
      if (speaker === null) {
        if (stream === null) return
        speaker = new Audio()
        speaker.autoplay = true
        speaker.dataset['phone'] = 'speaker'
        document.body.append(speaker)
      }
      speaker.srcObject = stream
      // Answering was a click or a key in this window, after which browsers let it sound.
      if (stream !== null) void speaker.play().catch(() => undefined)
    },
    after(ms, run) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
  }
}
