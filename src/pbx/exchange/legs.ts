import { pause } from './applications.js'
import { makeChannel, type Channel } from './channel.js'
import { isAlive, type Dialled, type Legs, type Pbx } from './pbx.js'
import type { Action } from './types.js'

/** switch_ivr_originate.c prints it when it does not understand what it is asked for. */
const USAGE = '-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]\n'

/** Legs that we ask for: `originate`, the ringing of a telephone, and what a leg does once it is answered. */
export function makeLegs(pbx: Pbx): Legs {
  const { channels, phones } = pbx

  const originate: Legs['originate'] = async (argument) => {
    const match = /^((?:\{[^}]*\})?\S+) (?:&(\w+)\((.*)\)|'([^']*)' inline)\s*$/.exec(argument)
    if (match === null) return USAGE
    const [, target = '', application = '', argumentOf = '', inline] = match
    const outcome = await dial(target)
    if ('cause' in outcome) return `-ERR ${outcome.cause}\n`
    const steps = inline === undefined ? [[application, argumentOf] as const] : inlineSteps(inline)
    setTimeout(() => { outcome.leg.thread = perform(outcome.leg, steps) }, 15)
    return `+OK ${outcome.leg.uuid}\n`
  }

  async function dial(text: string): Promise<Dialled> {
    const [, list = '', target = ''] = /^(?:\{([^}]*)\})?(\S+)$/.exec(text) ?? []
    const variables = new Map((list === '' ? [] : list.split(/,(?=[A-Za-z_])/)).map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1).replace(/^'(.*)'$/, '$1')] as const
    }))
    const extension = /([0-9A-Za-z_-]+)(?:[@%][^/]*)?$/.exec(target)?.[1] ?? target
    if (phones.behaviour(extension) === 'unregistered') return { cause: 'USER_NOT_REGISTERED' }
    return call(extension, variables, Number(variables.get('originate_timeout') ?? 60) * 1000)
  }

  const inlineSteps = (list: string): Action[] => list.split(',').map((step) => {
    const at = step.indexOf(':')
    return [step.slice(0, at), step.slice(at + 1)] as const
  })

  /** What an operator's, guest's or supervisor's leg does once it is answered, one after another; then it hangs up. */
  async function perform(leg: Channel, steps: readonly Action[]): Promise<void> {
    for (const [application, argument] of steps) {
      if (!isAlive(leg)) return
      if (application === 'intercept') return pbx.talks.intercept(leg, argument)
      if (application === 'bridge') return dialOn(leg, argument)
      leg.state = 'CS_EXECUTE'
      if (application === 'eavesdrop') await eavesdrop(leg, argument)
      else if (application === 'sleep') await pause(pbx.applications, leg, Number(argument))
      else await pbx.plan.execute(leg, { application, argument: argument.replace(/^'(.*)'$/, '$1'), eventId: pbx.newId(), locked: false, command: 'execute' })
      if (leg.transferTo !== null) {
        const inline = leg.transferTo
        leg.transferTo = null
        return perform(leg, inlineSteps(inline))
      }
    }
    pbx.life.hangUp(leg, 'NORMAL_CLEARING')
  }

  /**
   * switch_ivr_eavesdrop_session: hears both sides of the tapped leg until that is gone. It obeys what is sent to its session and, without
   * `eavesdrop_enable_dtmf=false`, the keys of its telephone. What was pressed and not read is gone afterwards (switch_core_session_reset).
   */
  async function eavesdrop(leg: Channel, uuid: string): Promise<void> {
    const tapped = channels.get(uuid)
    if (tapped === undefined || !isAlive(tapped)) return
    const whispers = leg.variables.get('eavesdrop_whisper_bleg') === 'true'
    const tap = leg.tap = { on: tapped, key: !whispers ? '0' : leg.variables.get('eavesdrop_whisper_aleg') === 'true' ? '3' : '2' }
    const obeysKeys = leg.variables.get('eavesdrop_enable_dtmf') !== 'false'
    const told = { over: false }
    const obey = (): void => {
      for (const one of leg.commands.splice(0).join('') + (obeysKeys ? leg.keys : '')) {
        if ('0123'.includes(one)) tap.key = one
        if (one !== '*') continue
        told.over = true
        leg.cut?.('break')
      }
      if (obeysKeys) leg.keys = ''
    }
    leg.onKey = leg.onCommand = obey
    obey()
    while (!told.over && (await pause(pbx.applications, leg, Infinity)) === 'break' && isAlive(tapped) && leg.transferTo === null);
    leg.tap = leg.onKey = leg.onCommand = null
    leg.keys = ''
  }

  /** `bridge`: the far end is rung; its refusal is the end of this leg. */
  async function dialOn(leg: Channel, argument: string): Promise<void> {
    const outcome = await dial(argument)
    if ('cause' in outcome) return pbx.life.hangUp(leg, outcome.cause)
    if (!isAlive(leg)) return pbx.life.hangUp(outcome.leg, 'NORMAL_CLEARING')
    pbx.talks.bridge(leg, outcome.leg)
  }

  /** switch_channel_execute_on: every variable whose name begins so. */
  function executeOn(leg: Channel, prefix: string): void {
    for (const [name, value] of leg.variables) {
      if (!name.startsWith(prefix)) continue
      const [, application = '', argument = ''] = /^([a-z_]+)[ :](.*)$/.exec(value) ?? []
      void pbx.plan.execute(leg, { application, argument, eventId: pbx.newId(), locked: false, command: 'execute' })
    }
  }

  const call: Legs['call'] = (extension, variables, timeout) => {
    const leg = makeChannel({
      uuid: variables.get('origination_uuid') ?? pbx.newId(), direction: 'outbound', name: `sofia/operators/${extension}@127.0.0.1`, context: 'default',
      callerName: variables.get('origination_caller_id_name') ?? '', callerNumber: variables.get('origination_caller_id_number') ?? '0000000000', destination: extension, created: pbx.micros(),
    })
    for (const [name, value] of variables) if (!name.startsWith('origination_uuid')) leg.variables.set(name, value)
    channels.set(leg.uuid, leg)
    leg.state = 'CS_NONE'
    pbx.events.fire(leg, 'CHANNEL_OUTGOING')
    leg.state = 'CS_INIT'
    pbx.events.fire(leg, 'CHANNEL_CREATE')
    pbx.events.fire(leg, 'CHANNEL_ORIGINATE')
    executeOn(leg, 'execute_on_originate')
    leg.state = 'CS_CONSUME_MEDIA'
    return new Promise((resolve) => {
      const end = (): void => { clearTimeout(timer); leg.cut = null }
      const ringing = {
        ringing(early: boolean) {
          // switch_channel_perform_mark_pre_answered, _ring_ready: the state is new in the one event, and old in the other.
          if (early) [leg.progressMedia, leg.callState] = [pbx.micros(), 'EARLY']
          else leg.progress = pbx.micros()
          pbx.events.fire(leg, early ? 'CHANNEL_PROGRESS_MEDIA' : 'CHANNEL_PROGRESS')
          if (!early) leg.callState = 'RINGING'
        },
        answer() {
          end()
          pbx.life.answer(leg)
          for (const [name, value] of leg.variables) if (name.startsWith('api_on_answer')) { const [command = '', ...words] = value.split(' '); void pbx.api(command, words.join(' ')) }
          executeOn(leg, 'execute_on_answer')
          leg.originated = true
          resolve({ leg })
        },
        refuse(cause: string) {
          end()
          pbx.life.hangUp(leg, cause)
          resolve({ cause })
        },
      }
      const timer = setTimeout(() => { phones.still(extension, ringing); ringing.refuse('NO_ANSWER') }, pbx.scaled(timeout))
      leg.cut = () => { phones.still(extension, ringing); end(); resolve({ cause: leg.cause ?? 'ORIGINATOR_CANCEL' }) }
      phones.ring(extension, ringing, phones.hasOneLine(extension) && [...channels.values()].some((other) => other !== leg && other.direction === 'outbound' && other.destination === extension && other.answered > 0))
    })
  }

  return { originate, dial, call }
}
