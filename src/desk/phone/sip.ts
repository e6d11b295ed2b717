import { UA, WebSocketInterface } from 'jssip'
import type { IncomingRTCSessionEvent, RTCSessionEvent } from 'jssip/lib/UA.js'
import type { RTCSession } from 'jssip/lib/RTCSession.js'
import type { PhoneSecret } from '../../contracts/routes/phones.js'
import type { LineEvents, SipLine } from './line.js'

/** s. So soon FreeSWITCH forgets a browser that vanished without a word, if nothing else told it. */
const EXPIRES = 120
/** How long leaving may take, ms. */
const FAREWELL = 1_500
/** RFC 3326, Q.850 DESTINATION_OUT_OF_ORDER: with any cause but a normal one the dialplan (`after-talk`) keeps the citizen. */
const BROKEN = 'Reason: Q.850;cause=27;text="page gone"'
/** No servers: browsers and FreeSWITCH are in one network, and nothing is asked outside. */
const PEERS: RTCConfiguration = { iceServers: [] }

/** Connects and registers, and goes on doing so until it is closed. One call at a time: a second one is busy. */
export function openLine({ url, extension, domain, a1Hash }: PhoneSecret, on: LineEvents<MediaStream>): SipLine<MediaStream> {
  const ua = new UA({
    sockets: [new WebSocketInterface(url)], uri: `sip:${extension}@${domain}`, authorization_user: extension, realm: domain, ha1: a1Hash,
    register_expires: EXPIRES, user_agent: 'Liandong', session_timers: false, connection_recovery_min_interval: 1, connection_recovery_max_interval: 4,
  })
  let session: RTCSession | null = null
  let closed = false
  const told = (tell: () => void) => (): void => { if (!closed) tell() }
  ua.on('registered', told(on.registered))
  ua.on('unregistered', told(on.lost))
  ua.on('disconnected', told(on.lost))
  ua.on('registrationFailed', told(on.refused))
  ua.on('newRTCSession', (event: RTCSessionEvent) => { if (isIncoming(event)) ring(event.session) })

  function ring(incoming: RTCSession): void {
    if (session !== null) return incoming.terminate({ status_code: 486 })
    session = incoming
    const over = (): void => {
      if (session !== incoming) return
      session = null
      on.sound(null)
      on.talk('none')
    }
    incoming.on('peerconnection', ({ peerconnection }) => {
      peerconnection.addEventListener('track', ({ streams: [stream], track }) => on.sound(stream ?? new MediaStream([track])))
    })
    incoming.on('accepted', () => { if (session === incoming) on.talk('talking') })
    incoming.on('failed', over)
    incoming.on('ended', over)
    on.talk('ringing')
  }

  ua.start()
  return {
    register(fresh) {
      if (fresh !== undefined) ua.set('ha1', fresh)
      if (ua.isConnected()) ua.register()
    },
    answer(microphone) {
      if (session?.isInProgress() !== true) return
      on.talk('answering')
      session.answer({ mediaStream: microphone, pcConfig: PEERS })
    },
    hangUp() { if (session !== null && !session.isEnded()) session.terminate() },
    abandon() { if (session !== null && !session.isEnded()) session.terminate({ extraHeaders: [BROKEN] }) },
    speakInto(microphone) {
      const [track] = microphone.getAudioTracks()
      // Nobody to speak to, or the call ended in this moment.
      if (track !== undefined && session?.isEstablished() === true) session.connection.getSenders().forEach((sender) => { void sender.replaceTrack(track).catch(() => undefined) })
    },
    close() {
      closed = true
      return new Promise<void>((resolve) => {
        const patience = setTimeout(resolve, FAREWELL)
        ua.on('unregistered', () => { clearTimeout(patience); resolve() })
        const registered = ua.isRegistered()
        ua.stop()
        if (!registered) { clearTimeout(patience); resolve() }
      })
    },
  }
}

const isIncoming = (event: RTCSessionEvent): event is IncomingRTCSessionEvent => (event.originator as string) === 'remote'
