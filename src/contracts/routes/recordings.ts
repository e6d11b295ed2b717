import { Type, type Static } from 'typebox'
import { EpochMs, Uuid } from '../primitives.js'
import { INTAKE, Nothing, strict, type Route } from '../route.js'

export const RECORDING_STATES = ['recording', 'kept', 'cut', 'missing', 'deleted'] as const

/** One recording of a call. `id` names its file. */
export const Recording = strict({
  id: Uuid,
  callId: Uuid,
  /** `cut`: the end, or all of it, was lost when the PBX died or its disk was full. `missing`: the file is gone. `deleted`: its time was over. */
  state: Type.Enum(RECORDING_STATES),
  beganAt: EpochMs,
  endedAt: Type.Optional(EpochMs),
  bytes: Type.Optional(Type.Integer()),
  durationMs: Type.Optional(Type.Integer()),
  /** When it will be deleted, unless it is held. */
  keptUntil: Type.Optional(EpochMs),
  /** Legal hold: nothing deletes it. */
  held: Type.Optional(strict({ by: Type.String(), at: EpochMs, reason: Type.String() })),
  deletedAt: Type.Optional(EpochMs),
  /** How often somebody was given it to hear. */
  plays: Type.Integer(),
})
export type Recording = Static<typeof Recording>

export const RecordingPlay = strict({ at: EpochMs, by: Type.String(), reason: Type.String() })
export type RecordingPlay = Static<typeof RecordingPlay>

const Id = strict({ id: Uuid })
const Reason = Type.String({ minLength: 2, maxLength: 500, pattern: '\\S.*\\S' })

/** Recordings of talks: who hears one says why, and that is written down before the first byte. */
export const RECORDING_ROUTES = {
  recordings: { method: 'GET', path: '/api/tickets/:id/recordings', roles: INTAKE, summary: { zh: '工单的通话录音', en: 'Recordings of a ticket’s talks' }, params: Id, response: strict({ recordings: Type.Array(Recording), mayPlay: Type.Boolean(), mayHold: Type.Boolean() }) },
  playRecording: { method: 'POST', path: '/api/recordings/:id/plays', roles: ['operator', 'supervisor'], summary: { zh: '申请听取录音（填写理由，先留痕）', en: 'Ask to hear a recording (with a reason, which is written down first)' }, params: Id, body: strict({ reason: Reason }), response: strict({ playId: Uuid }) },
  recordingPlays: { method: 'GET', path: '/api/recordings/:id/plays', roles: ['supervisor', 'admin'], summary: { zh: '谁听过录音及理由', en: 'Who heard a recording, and why' }, params: Id, response: strict({ plays: Type.Array(RecordingPlay) }) },
  recordingSound: { method: 'GET', path: '/api/recordings/:id/sound', roles: ['operator', 'supervisor'], summary: { zh: '录音内容（支持 Range）', en: 'The sound of a recording (Range)' }, params: Id, query: strict({ play: Uuid }), response: Type.String() },
  holdRecording: { method: 'POST', path: '/api/recordings/:id/hold', roles: ['supervisor', 'admin'], summary: { zh: '依法留存或解除', en: 'Legal hold, or its end' }, params: Id, body: strict({ on: Type.Boolean(), reason: Reason }), response: Nothing },
} as const satisfies Record<string, Route>
