import type { ApiCall, Command } from './esl/command.js'
import type { OutboundSession } from './esl/outbound.js'
import { TURNED_VARIABLE } from './variables.js'

/** FreeSWITCH takes him away within this, ms, or the dialplan goes on. */
const PATIENCE = 2_000

/**
 * Another FreeSWITCH than the one at the end of our link asks us for this caller: nobody whom we ring could take him, for no FreeSWITCH reaches the
 * channels of another one. His own one asks its other node first; who has been there goes on to its native queue.
 * @returns whether he was sent on
 */
export function sendStrangerOn({ connection, channel: { headers } }: Pick<OutboundSession, 'connection' | 'channel'>, core: string | null, to: { readonly extension: string; readonly context: string }): boolean {
  const [theirs, uuid] = [headers?.get('Core-UUID'), headers?.get('Unique-ID')]
  if (theirs === undefined || uuid === undefined || core === null || theirs === core) return false
  const api = (call: ApiCall): Command => ({ verb: 'api', call })
  if (headers?.get(`variable_${TURNED_VARIABLE}`) === 'true') connection.destroy('a stranger, for the second time')
  else {
    // Over his own socket, which reaches his FreeSWITCH.
    connection.post([api({ api: 'uuid_setvar', uuid, name: TURNED_VARIABLE, value: 'true' }), api({ api: 'uuid_transfer', uuid, ...to })])
    setTimeout(() => { connection.destroy('a stranger') }, PATIENCE).unref()
  }
  return true
}
