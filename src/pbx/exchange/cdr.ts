import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Channel } from './channel.js'

/** mod_json_cdr with `encode-values`, as `sip/freeswitch` configures it: one file for each channel that ended, as far as anybody reads it. */
export function writeCdr(directory: string, { uuid, direction, created, answered, bridged, bridgedFirst, hungUp, cause, variables, callerNumber, callerName, destination, context, name }: Channel): void {
  const epochs = { start_uepoch: created, answer_uepoch: answered, bridge_uepoch: bridged, end_uepoch: hungUp }
  const all = { ...Object.fromEntries(variables), direction, uuid, hangup_cause: cause ?? '', last_app: variables.get('current_application') ?? '', ...Object.fromEntries(Object.entries(epochs).map(([key, time]) => [key, String(time)])) }
  const profile = { ani: callerNumber, caller_id_name: callerName, caller_id_number: callerNumber, destination_number: variables.get('liandong_called') ?? destination, uuid, context, chan_name: name }
  const record = { variables: Object.fromEntries(Object.entries(all).map(([key, value]) => [key, percent(value)])), callflow: [{ profile_index: '1', caller_profile: profile, times: { created_time: String(created), answered_time: String(answered), bridged_time: String(bridgedFirst), hangup_time: String(hungUp) } }] }
  writeFileSync(join(directory, `${uuid}.cdr.json`), JSON.stringify(record))
}

/** `switch_url_encode`: bytes, of which text here is one a character. */
const percent = (text: string): string => text.replace(/[^A-Za-z0-9_.~-]/g, (sign) => `%${(sign.charCodeAt(0) & 255).toString(16).toUpperCase().padStart(2, '0')}`)
