import { makeChannel } from './channel.js'
import type { Pbx, Placed } from './pbx.js'
import { resultOf } from './recogniser.js'
import type { CallReport, CallSpec, Exchange, PlacedCall } from './types.js'
import { bytesOf } from './wire.js'

/** What it takes to say a character, ms. */
const SPOKEN = 400

/** Citizens who call: places a call, and lets its placer press keys, speak, hang up and watch. */
export const makeCalls = (pbx: Pbx): Exchange['placeCall'] => (spec: CallSpec): PlacedCall => {
  const uuid = pbx.newId()
  const number = bytesOf(spec.number)
  const channel = makeChannel({
    uuid, direction: 'inbound', name: `sofia/citizens/${number}@127.0.0.1`, callerNumber: number, callerName: spec.nameBytes?.toString('latin1') ?? bytesOf(spec.name ?? spec.number),
    destination: spec.called ?? '110', context: spec.context ?? 'citizens', created: pbx.micros(),
  })
  const given = { liandong_verified: spec.verified === false ? undefined : 'true', liandong_lat: spec.lat?.toFixed(6), liandong_lon: spec.lon?.toFixed(6), liandong_place: spec.place === undefined ? undefined : Buffer.from(spec.place).toString('base64url'), ...spec.variables }
  for (const [name, value] of Object.entries(given)) if (value !== undefined) channel.variables.set(name, bytesOf(value))
  const reports: CallReport[] = []
  const hearers: ((report: CallReport) => void)[] = []
  const began = Date.now()
  const mine: Placed = {
    bridgedTo: null, ended: false,
    report(type, detail = '') {
      const one = { at: Date.now() - began, type, detail }
      reports.push(one)
      if (type === 'ended') { mine.ended = true; pbx.placed.delete(uuid) }
      for (const hear of hearers) hear(one)
    },
  }
  pbx.placed.set(uuid, mine)
  mine.report('ringing', channel.destination)
  pbx.life.begin(channel)
  return {
    callId: uuid, reports,
    get bridgedTo() { return mine.bridgedTo },
    get ended() { return mine.ended },
    onReport(listener) { for (const one of reports) listener(one); hearers.push(listener) },
    press(keys) {
      for (const key of keys) {
        if (channel.hungUp > 0) return
        mine.report('key', key)
        channel.keys += key
        pbx.events.fire(channel, 'DTMF', { 'DTMF-Digit': key, 'DTMF-Duration': '2000' })
        channel.onKey?.()
      }
    },
    say(text) {
      if (channel.hungUp > 0) return
      channel.spoke = Date.now() + pbx.scaled(text.length * SPOKEN)
      // A socket is told where that is said (switch_ivr_async.c); otherwise what plays takes the words from the channel.
      if (channel.variables.get('practice_listens') !== 'true') return
      channel.variables.set('practice_listens', 'paused')
      if (channel.variables.get('fire_asr_events') === 'true') pbx.events.fire(channel, 'DETECTED_SPEECH', { 'Speech-Type': 'detected-speech', ...resultOf(channel.variables.get('practice_engine') ?? '', text) })
    },
    hangUp() { pbx.life.hangUp(channel, channel.answered > 0 ? 'NORMAL_CLEARING' : 'ORIGINATOR_CANCEL') },
  }
}
