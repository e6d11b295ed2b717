import { LiandongError } from '../../contracts/errors.js'
import type { RECORDING_ROUTES } from '../../contracts/routes/recordings.js'
import type { Recordings } from '../../recording/recordings.js'
import type { HandlersOf } from '../app.js'

export interface RecordingDeps { readonly recordings: Recordings }

/** Recordings of talks; their bytes by RFC 9110 §14. */
export const recordingHandlers = ({ recordings }: RecordingDeps): HandlersOf<typeof RECORDING_ROUTES> => ({
  recordings: ({ self, params }) => recordings.ofTicket(self, params.id),
  playRecording: async ({ self, params, body }) => ({ playId: await recordings.play(self, params.id, body.reason) }),
  recordingPlays: async ({ params }) => ({ plays: await recordings.plays(params.id) }),
  async recordingSound({ self, params, query, request, reply }) {
    const { range, 'if-range': ifRange } = request.headers
    const sound = await recordings.sound(self, params.id, query.play, range, typeof ifRange === 'string' ? ifRange : undefined).catch((error: unknown) => {
      if (error instanceof LiandongError && error.code === 'recording.range') reply.header('content-range', `bytes */${error.details['size'] ?? 0}`)
      throw error
    })
    reply.code(sound.status).type('audio/wav').header('accept-ranges', 'bytes').header('etag', sound.tag).header('content-length', sound.to - sound.from + 1)
      .header('content-disposition', `inline; filename="${params.id}.wav"`).header('content-security-policy', "default-src 'none'; media-src 'self'")
    if (sound.status === 206) reply.header('content-range', `bytes ${sound.from}-${sound.to}/${sound.size}`)
    // Bytes are sent as they are; the schema of this route says only that it is no JSON.
    return sound.stream as unknown as string
  },
  async holdRecording({ self, params, body }) {
    await recordings.hold(self, params.id, body.on, body.reason)
    return {}
  },
})
