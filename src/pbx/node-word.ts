import type { NodeWord } from '../intake/ports.js'
import { isUuid, WORD_EVENT } from './esl/command.js'
import type { EslEvent } from './esl/codec.js'

const id = (text: string | undefined): string | undefined => (text !== undefined && isUuid(text) ? text : undefined)
const whole = (text: string | undefined): number | null => (text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : null)

/** What a node said by this FreeSWITCH, this one included; null: nothing, or nothing that we understand. */
export function nodeWordOf(event: EslEvent): NodeWord | null {
  if (event.name !== 'CUSTOM' || event.get('Event-Subclass') !== WORD_EVENT) return null
  const from = id(event.get('liandong-node'))
  if (from === undefined) return null
  const seated = id(event.get('liandong-seated'))
  if (seated !== undefined) return { from, seated }
  const left = id(event.get('liandong-left'))
  if (left !== undefined) return { from, left, ready: event.get('liandong-ready') === 'true' }
  const [able, free] = [whole(event.get('liandong-able')), whole(event.get('liandong-free'))]
  return able === null || free === null ? null : { from, able, free }
}
