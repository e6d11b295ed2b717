import { writeCdr } from './cdr.js'
import type { Channel } from './channel.js'
import { isAlive, type Life, type Pbx } from './pbx.js'
import { stopRecording } from './recording.js'

/** From CHANNEL_CREATE to CHANNEL_DESTROY: answering, transferring, hanging up. */
export function makeLife(pbx: Pbx): Life {
  const { channels, placed, scheduled } = pbx
  const fire: Pbx['events']['fire'] = (...event) => { pbx.events.fire(...event) }

  /** Begins another extension; the channel's thread is then this one. */
  function run(channel: Channel, extension: string, destination = extension): void {
    channel.destination = destination
    channel.bridged = 0
    channel.thread = pbx.plan.run(channel, extension)
  }

  /** The bridge is over. Told by the side that made it (switch_ivr_bridge.c). */
  function unbridge(channel: Channel): void {
    const { partner } = channel
    if (partner === null) return
    const [first, second] = channel.leads ? [channel, partner] : [partner, channel]
    if (!first.leads) return
    first.leads = false
    const { state } = first
    first.state = 'CS_SOFT_EXECUTE' // bridging is what it does until it is told of the end
    fire(first, 'CHANNEL_UNBRIDGE', { 'Bridge-A-Unique-ID': first.uuid, 'Bridge-B-Unique-ID': second.uuid })
    first.state = state
  }

  /** The other side of a bridge goes too, unless `transfer_after_bridge` sends it somewhere. */
  function afterBridge(channel: Channel, cause: string): void {
    const [extension = ''] = channel.variables.get('transfer_after_bridge')?.split(':') ?? []
    channel.variables.set('last_bridge_hangup_cause', cause)
    if (extension === '' || channel.hungUp > 0) {
      if (channel.direction === 'outbound') channel.state = 'CS_EXECUTE' // out of the bridge, back to what comes after `intercept`
      return hangUp(channel, 'NORMAL_CLEARING')
    }
    channel.variables.delete('transfer_after_bridge')
    channel.partner = channel.shown = null
    const call = placed.get(channel.uuid)
    if (call !== undefined) call.bridgedTo = null
    run(channel, extension)
  }

  function hangUp(channel: Channel, cause: string): void {
    if (channel.hungUp > 0) return
    channel.hungUp = pbx.micros()
    channel.cause = cause
    const { partner } = channel
    // The state that it was in still stands in this event.
    fire(channel, 'CHANNEL_HANGUP')
    channel.state = 'CS_HANGUP'
    for (const listener of pbx.listeners) if (listener.owner === channel && !listener.lingers) listener.down()
    stopRecording(channel, 'all')
    channels.delete(channel.uuid)
    unschedule(channel.uuid)
    channel.cut?.('hangup')
    channel.wake()
    channel.onEnd?.()
    const hook = channel.variables.get('api_hangup_hook')
    if (hook !== undefined) { const [command = '', ...words] = hook.split(' '); void pbx.api(command, words.join(' ')) }
    for (const other of channels.values()) if (other.tap?.on === channel) other.cut?.('break')
    channel.tap = null
    pbx.report(channel, 'ended', cause)
    unbridge(channel)
    if (partner !== null && isAlive(partner)) afterBridge(partner, cause)
    // Its thread says first how the applications ended that ran on it.
    void channel.thread.then(() => { complete(channel) })
  }

  function complete(channel: Channel): void {
    channel.state = 'CS_REPORTING'
    channel.callState = 'HANGUP'
    channel.variables.set('hangup_cause', channel.cause ?? '')
    fire(channel, 'CHANNEL_HANGUP_COMPLETE')
    if (pbx.options.cdrDirectory !== undefined) writeCdr(pbx.options.cdrDirectory, channel)
    channel.over = true
    for (const listener of pbx.listeners) if (listener.owner === channel) { listener.down(); return } // its session lives on until the listener lets go
    released(channel)
  }

  function released(channel: Channel): void {
    if (!channel.over) return
    channel.over = false
    fire(channel, 'CHANNEL_DESTROY')
  }

  const unschedule = (uuid: string): number => scheduled.delete(uuid)

  function transfer(channel: Channel, extension: string, context: string): void {
    if (channel.hungUp > 0) return
    const { partner } = channel
    if (partner !== null) {
      // A talk that is transferred away is over for the other side.
      unbridge(channel)
      channel.partner = partner.partner = channel.shown = null
      hangUp(partner, 'NORMAL_CLEARING')
      return run(channel, extension)
    }
    channel.transferTo = `${extension} ${context}`
    channel.cut?.('transfer')
    channel.wake()
  }

  return {
    begin(channel) {
      channels.set(channel.uuid, channel)
      fire(channel, 'CHANNEL_CREATE')
      channel.callState = channel.answered > 0 ? 'ACTIVE' : 'RINGING'
      // `served`, `yields` and `unknown` of the dialplan that we ship.
      const served = pbx.options.serves?.(channel.destination) ?? channel.destination === '110'
      if (served && pbx.options.dialplan === undefined) channel.variables.set('liandong_called', channel.destination)
      if (pbx.options.yields?.(channel.variables.get('liandong_called') ?? '') === true) channel.variables.set('liandong_yields', 'true')
      run(channel, served || channel.variables.has('liandong_called') ? '110' : 'unknown', channel.destination)
    },
    answer(channel) {
      if (channel.answered > 0) return
      channel.answered = pbx.micros()
      fire(channel, 'CHANNEL_ANSWER')
      channel.callState = 'ACTIVE'
      channel.variables.set('endpoint_disposition', 'ANSWER')
      if (channel.direction === 'inbound') pbx.report(channel, 'answered')
    },
    hangUp, transfer, unschedule, released,
    schedule(channel, seconds, extension, context) { scheduled.at(channel.uuid, seconds * 1000, () => { transfer(channel, extension, context) }) },
  }
}
