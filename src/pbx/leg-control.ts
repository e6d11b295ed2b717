import { randomUUID } from 'node:crypto'
import { jsonHeaders } from './channels.js'
import type { EslEvent, Headers } from './esl/codec.js'
import type { ApiCall, Application, Command } from './esl/command.js'
import type { ChannelSocket } from './esl/outbound.js'
import type { OnRefused } from './esl/refused.js'

/**
 * How an application ended: its CHANNEL_EXECUTE_COMPLETE, or what else of FreeSWITCH's shows that it is over; null when our hold is; `refused` by our encoder
 * or by FreeSWITCH; `untold`: nobody said how within its time.
 */
export type Completion = Headers | null | 'refused' | 'untold'

/** An application that has run for so long is asked about, then after twice as long, and so on, ms: the event that tells its end may be lost. Most prompts are shorter. */
const ASK = 10_000
/** Set on the channel after an application of ours, and for that alone. */
const ASKED = 'liandong_asked=1'

/** Our hold on a citizen's channel: applications and commands go out, events come in, until the channel is taken away or over. */
export interface LegControl {
  /** Runs an application, for at most `deadline` ms. `open`: what is ordered meanwhile is done inside it. Never rejects. */
  execute(application: Application, arg: string, deadline: number, open?: boolean): Promise<Completion>
  /** An API command about this call. Never rejects. @returns whether FreeSWITCH did it */
  api(command: ApiCall): Promise<boolean>
  post(commands: readonly Command[]): void
  /** Ends the running application; its completion comes as ever. */
  cut(): void
  /** RECORD_STOP and DETECTED_SPEECH go to this one until the next is named; null: nothing comes any more. */
  listenTo(listener: (event: EslEvent | null) => void): void
  /** Called once, at the end of our hold; at once when it is over already. */
  onOver(listener: () => void): void
  readonly over: boolean
}

const nobody = (): void => undefined

/**
 * The channel left the `socket` application (intercepted by an operator, transferred by the dead-man's switch) or ended:
 * no completion comes any more (F14), and nothing may be played on it any more.
 */
const isTakenAway = (event: EslEvent): boolean =>
  event.name === 'CHANNEL_HANGUP' || event.name === 'CHANNEL_HANGUP_COMPLETE' || event.name === 'CHANNEL_UNPARK' || event.name === 'CHANNEL_BRIDGE' ||
  (event.name === 'CHANNEL_EXECUTE_COMPLETE' && event.get('Application') === 'socket')

/** Takes hold of the channel behind an outbound socket. */
export function makeLegControl({ connection, onEvent, onClose }: ChannelSocket, callId: string, onRefused: OnRefused): LegControl {
  const refused = (text: string): void => { onRefused(text, callId) }
  const running = new Map<string, (event: EslEvent | null) => void>()
  let listener: (event: EslEvent | null) => void = nobody
  let over = false
  let told: () => void = nobody

  onEvent((event) => {
    if (event.name === 'CHANNEL_EXECUTE_COMPLETE') {
      const id = event.get('Application-UUID')
      if (id !== undefined) running.get(id)?.(event)
    }
    if (event.name === 'RECORD_STOP' || event.name === 'DETECTED_SPEECH') listener(event)
    if (isTakenAway(event)) finish()
    // The last event we read. Without this the channel would linger in FreeSWITCH for its five seconds.
    if (event.name === 'CHANNEL_HANGUP_COMPLETE') connection.destroy('the call is over')
  })
  onClose(finish)

  /** The socket may live as long as the channel; our hold on it ends here. Who fell to the native queue must not be offered by us as well. */
  function finish(): void {
    if (over) return
    over = true
    for (const settle of [...running.values()]) settle(null)
    listener(null)
    told()
  }

  const post = (commands: readonly Command[]): void => { if (!over) connection.post(commands, refused) }

  /**
   * Is it over, and nobody told? What FreeSWITCH has locked lets nothing else begin before its end, so that one more order is done after it, and its own
   * end tells of it, with all that stands on the channel. Into an open one it would be done; there the channel says that the application has left its response.
   */
  function ask(uuid: string, open: boolean, settle: (event: Headers) => void): void {
    const asked = open
      ? connection.request({ verb: 'api', call: { api: 'uuid_dump', uuid: callId } }).then(({ text }) => {
        const channel = jsonHeaders(text)
        const response = channel?.get('variable_current_application_response')
        if (channel !== null && response !== undefined) settle({ get: (name) => (name === 'Application-Response' ? response : channel.get(name)) })
      })
      : connection.request({ verb: 'execute', callId, application: 'set', arg: ASKED, eventId: uuid, open: false })
    asked.catch(() => undefined)
  }

  return {
    get over() { return over },
    execute(application, arg, deadline, open = false) {
      if (over) return Promise.resolve(null)
      const eventId = randomUUID()
      const answerId = randomUUID()
      return new Promise((resolve) => {
        let asking: NodeJS.Timeout | undefined
        const settle = (event: Completion): void => {
          clearTimeout(timer)
          clearTimeout(asking)
          running.delete(eventId)
          running.delete(answerId)
          resolve(event)
        }
        const askIn = (ms: number): void => {
          asking = setTimeout(() => {
            ask(answerId, open, settle)
            askIn(2 * ms)
          }, ms)
        }
        const timer = setTimeout(settle, deadline, 'untold')
        running.set(eventId, settle)
        running.set(answerId, settle)
        // What never ends by itself is not asked about.
        if (application === 'playback' || application === 'play_and_get_digits') askIn(ASK)
        connection.request({ verb: 'execute', callId, application, arg, eventId, open }).then(
          (reply) => { if (!reply.ok) { refused(reply.text); settle('refused') } },
          (error: unknown) => { refused((error as Error).message); settle('refused') },
        )
      })
    },
    async api(command) {
      if (over) return false
      try {
        return (await connection.request({ verb: 'api', call: command })).text.startsWith('+OK')
      } catch (error) {
        refused((error as Error).message)
        return false
      }
    },
    post,
    cut() { post([{ verb: 'api', call: { api: 'uuid_break', uuid: callId } }]) },
    listenTo(next) { listener = next },
    onOver(next) { if (over) next(); else told = next },
  }
}
