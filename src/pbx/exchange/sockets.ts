import { connect } from 'node:net'
import type { Break, Channel } from './channel.js'
import { Listener } from './listener.js'
import { isAlive, type Pbx, type Sockets } from './pbx.js'

/** The `socket` application in async mode (mod_event_socket.c, socket_function): we are called, the channel is parked and does what we say. */
export function makeSockets(pbx: Pbx): Sockets {
  /** Null: nobody listens there, the next host is tried. A node that accepts and closes is the end of the list. */
  function attach(channel: Channel, target: string): Promise<Listener | 'refused' | null> {
    const [address = '', port = '0'] = target.split(':')
    return new Promise((resolve) => {
      const dial = connect({ host: address, port: Number(port) })
      let settled = false
      const settle = (outcome: Listener | 'refused' | null): void => {
        if (settled) return
        settled = true
        channel.cut = null
        resolve(outcome)
      }
      channel.cut = () => { dial.destroy(); settle('refused') }
      dial.once('error', () => { settle(null) })
      dial.once('close', () => { settle('refused') })
      dial.once('connect', () => {
        const listener: Listener = new Listener(dial, channel, pbx.listenerHost, gone, () => { settle(listener) })
        pbx.listeners.add(listener)
        // He may hang up before we have said a word.
        channel.cut = () => { settle('refused') }
      })
    })
  }

  function gone(listener: Listener): void {
    pbx.listeners.delete(listener)
    const channel = listener.owner
    if (channel === null) return
    pbx.life.released(channel)
    if (channel.hungUp > 0) return
    channel.wake()
    if (!listener.resumes && channel.variables.get('socket_resume') !== 'true') return
    if (channel.partner === null) return channel.cut?.('resume')
    // Left on during a talk it is deadly: the channel is reset out of the bridge; the citizen stays, in silence (design.md, "The call").
    const other = channel.partner
    channel.partner = other.partner = channel.shown = null
    channel.state = 'CS_RESET'
    pbx.life.hangUp(other, 'NORMAL_CLEARING')
    pbx.report(channel, 'silence', 'the talk was torn apart')
  }

  /** Parked: does what `sendmsg` orders, one after another, until it is taken away or the socket ends (F18). */
  async function obey(channel: Channel, listener: Listener): Promise<Break | null> {
    pbx.events.fire(channel, 'CHANNEL_PARK')
    for (;;) {
      if (!isAlive(channel)) return taken('hangup')
      if (channel.transferTo !== null) return taken('transfer')
      const order = channel.orders.shift()
      if (order !== undefined) {
        const cut = await obeyOne(channel, order)
        if (cut === 'intercept' || cut === 'transfer') return taken(cut)
        continue
      }
      if (listener.closed) return taken(null)
      const cut = await new Promise<Break | null>((resolve) => {
        const wake = (why: Break | null): void => { channel.cut = null; channel.wake = () => undefined; resolve(why) }
        channel.wake = () => { wake(null) }
        channel.cut = wake
      })
      if (cut === 'intercept' || cut === 'transfer') return taken(cut)
    }
    function taken(cut: Break | null): Break | null {
      channel.orders.length = 0
      pbx.events.fire(channel, 'CHANNEL_UNPARK')
      return cut
    }
  }

  /** switch_ivr_parse_event: what it does not know it throws away without a word. With `event-lock` nothing else begins before this one's end. */
  const obeyOne: Sockets['obey'] = async (channel, order) => {
    if (order.command === 'hangup') { pbx.life.hangUp(channel, order.argument === '' ? 'NORMAL_CLEARING' : order.argument); return 'hangup' }
    if (order.command !== 'execute') return null
    channel.locked ||= order.locked
    const cut = await pbx.plan.execute(channel, order)
    if (order.locked) channel.locked = false
    return cut
  }

  return {
    gone, obey: obeyOne,
    async run(channel, argument) {
      for (const target of (argument.split(' ')[0] ?? '').split('|')) {
        if (target === '' || !isAlive(channel)) continue
        const listener = await attach(channel, target)
        if (listener === null) continue
        if (listener === 'refused') break
        const cut = await obey(channel, listener)
        if (cut !== null) return cut
        return isAlive(channel) ? null : 'hangup'
      }
      return channel.transferTo !== null ? 'transfer' : null
    },
  }
}
