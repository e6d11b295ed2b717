import type { RecordingEvent } from '../recording/ports.js'
import type { EslEvent } from './esl/codec.js'
import { isUuid } from './esl/command.js'
import { timeOf } from './switch-events.js'
import { CALL_VARIABLE, REDIAL_VARIABLE } from './variables.js'

/** What an event says of the recordings in `directory`; null: nothing. `now`: ms since epoch. */
export function recordingEventOf(event: EslEvent, directory: string, now: number): RecordingEvent | null {
  const at = timeOf(event, now)
  switch (event.name) {
    case 'RECORD_START': case 'RECORD_STOP': {
      // Messages of callers and whatever else is recorded lie elsewhere.
      const path = event.get('Record-File-Path') ?? ''
      const id = path.startsWith(`${directory}/`) ? path.slice(directory.length + 1).replace(/\.wav$/, '') : ''
      if (!isUuid(id)) return null
      const callId = event.get(`variable_${REDIAL_VARIABLE}`) ?? event.get('Unique-ID') ?? id
      if (event.name === 'RECORD_START') return { type: 'begun', id, callId, at }
      // `uri-failure`: it could not be written (switch_ivr_async.c, record_callback). A recording that a leg ended goes on at once.
      return { type: 'stopped', id, failed: event.get('Record-Completion-Cause') === 'uri-failure', over: event.get('Answer-State') === 'hangup', at }
    }
    case 'CHANNEL_BRIDGE': {
      const callId = event.get(`variable_${CALL_VARIABLE}`)
      return callId !== undefined && isUuid(callId) && [event.get('Bridge-A-Unique-ID'), event.get('Bridge-B-Unique-ID')].includes(callId) ? { type: 'talk', callId, at } : null
    }
    case 'CHANNEL_HANGUP_COMPLETE': {
      const id = event.get('Unique-ID')
      return id !== undefined && isUuid(id) ? { type: 'over', id, at } : null
    }
    default: return null
  }
}
