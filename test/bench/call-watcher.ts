import { connect, type Socket } from 'node:net'
import type { EslEvent } from '../../src/pbx/esl/codec.js'
import { EslConnection } from '../../src/pbx/esl/connection.js'
import type { CallSeen, Ended, Heard, WatchQuestion } from './call-events.js'
import { hrtime } from './measure.js'
import { answerParent } from './process.js'

const [port = '', password = ''] = process.argv.slice(2)
const EVENTS: Readonly<Record<Heard, readonly string[]>> = { ends: ['CHANNEL_BRIDGE', 'CHANNEL_HANGUP_COMPLETE'], keys: ['CHANNEL_BRIDGE', 'CHANNEL_HANGUP_COMPLETE', 'DTMF', 'PLAYBACK_START'] }
const calls = new Map<string, { keys: number[]; prompts: number[]; bridgedAt: number; ended: Ended | null }>()

function take(event: EslEvent): void {
  const now = hrtime()
  const uuid = event.get('Unique-ID')
  if (uuid === undefined) return
  const ms = (header: string): number => Number(event.get(header) ?? 0) / 1000
  const of = (one: string) => {
    const known = calls.get(one) ?? { keys: [], prompts: [], bridgedAt: 0, ended: null }
    calls.set(one, known)
    return known
  }
  if (event.name === 'DTMF') of(uuid).keys.push(now)
  else if (event.name === 'PLAYBACK_START') of(uuid).prompts.push(now)
  // The channel itself forgets it when it goes on in the dialplan.
  else if (event.name === 'CHANNEL_BRIDGE') for (const side of ['Bridge-A-Unique-ID', 'Bridge-B-Unique-ID']) of(event.get(side) ?? '').bridgedAt ||= ms('Event-Date-Timestamp')
  else if (event.get('Call-Direction') !== 'inbound') calls.delete(uuid)
  else {
    const call = of(uuid)
    call.ended = {
      number: event.get('Caller-Orig-Caller-ID-Number') ?? event.get('Caller-Caller-ID-Number') ?? '', answeredAt: ms('Caller-Channel-Answered-Time'), bridgedAt: call.bridgedAt, endedAt: ms('Event-Date-Timestamp'),
      cause: event.get('Hangup-Cause') ?? '', fellBack: event.get('variable_liandong_state') === 'fallback',
    }
  }
}

let socket: Socket | null = null
let nudging: NodeJS.Timeout | undefined

/**
 * FreeSWITCH hands events over when its listener next looks, which is up to 20 ms later (mod_event_socket.c, read_packet), unless it has something to read: then at once.
 * An empty line is something to read and nothing else. The times in the events themselves are no help, as FreeSWITCH's clock goes on every 20 ms, too.
 */
async function hear(what: Heard): Promise<void> {
  clearInterval(nudging)
  socket?.destroy()
  const mine = socket = connect({ host: '127.0.0.1', port: Number(port) })
  const connection = await new Promise<EslConnection>((resolve, reject) => {
    const connection = new EslConnection(mine, {
      onAuthRequest: () => {
        void connection.request({ verb: 'auth', password })
          .then(() => connection.request({ verb: 'event', names: EVENTS[what], custom: [] }))
          .then(({ ok, text }) => { if (ok) resolve(connection); else reject(new Error(text)) }, reject)
      },
      onEvent: take,
      onClose: (reason) => { if (socket === mine) reject(new Error(reason)) },
    })
  })
  if (what === 'keys') nudging = setInterval(() => { connection.wake() }, 1)
}

const of = (prefix: string): CallSeen[] => [...calls.values()].flatMap(({ keys, prompts, ended }) => (ended?.number.startsWith(prefix) === true ? [{ keys: [...keys].sort((a, b) => a - b), prompts, ended }] : []))

answerParent(async (question: WatchQuestion) => {
  if ('hear' in question) return hear(question.hear)
  return 'count' in question ? of(question.count).length : of(question.calls)
})
