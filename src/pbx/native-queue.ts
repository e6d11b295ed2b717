import type { NativeAgent } from '../intake/ports.js'
import type { ApiCall } from './esl/command.js'
import { isExtension } from './registrations.js'

const STATUSES: ReadonlySet<string> = new Set<NativeAgent['status']>(['Available', 'On Break', 'Logged Out'])

/** Rows of a list of `callcenter_config` (mod_callcenter.c, list_result_callback), by the names of its first line; null when it is no list. An empty one is `+OK` alone. */
export function callcenterRows(text: string): readonly Readonly<Record<string, string>>[] | null {
  const lines = text.split('\n').filter((line) => line !== '')
  if (lines.pop() !== '+OK') return null
  const [head, ...rows] = lines.map((line) => line.split('|'))
  return rows.map((row) => Object.fromEntries((head ?? []).map((name, at) => [name, row[at] ?? ''])))
}

/** @param agents `callcenter_config queue list agents <queue>`; @param tiers `… queue list tiers <queue>`. Null: nobody is in this queue, or nothing was understood. An agent that is not named by an extension, or has a status that is none of ours, is somebody else's business. */
export function nativeAgentsOf(agents: string, tiers: string): readonly NativeAgent[] | null {
  const [rows, places] = [callcenterRows(agents), callcenterRows(tiers)]
  if (rows === null || places === null || rows.length === 0) return null
  const levels = new Map(places.map(({ agent = '', level }) => [agent, Number(level)]))
  return rows.flatMap(({ name: extension = '', status = '' }) => (isExtension(extension) && STATUSES.has(status) ? [{ extension, status: status as NativeAgent['status'], level: levels.get(extension) ?? 1 }] : []))
}

/** Which of these extensions the queue does not know; of a list that was not understood none. */
export function notAmong(agents: string, extensions: readonly string[]): readonly string[] {
  const rows = callcenterRows(agents)
  return rows === null ? [] : extensions.filter((extension) => isExtension(extension) && !rows.some(({ name }) => name === extension))
}

/** As those of the configuration are (sip/freeswitch/autoload_configs/callcenter.conf.xml), but for their status: nobody is there until he is said to be. In the queue last: it rings nobody of whom it does not know everything. */
export const addCommands = (queue: string, extensions: readonly string[], dial: (extension: string) => string): readonly ApiCall[] =>
  extensions.flatMap((agent): ApiCall[] => [
    { api: 'callcenter_add', agent }, { api: 'callcenter_contact', agent, dial: dial(agent) },
    ...(['reject', 'busy', 'no_answer'] as const).map((of): ApiCall => ({ api: 'callcenter_delay', agent, of, seconds: 3 })), { api: 'callcenter_join', queue, agent },
  ])

/** Sets what the agents should be. Said twice it changes nothing (mod_callcenter.c, cc_agent_update). */
export const agentCommands = (queue: string, agents: readonly NativeAgent[]): readonly ApiCall[] =>
  agents.flatMap(({ extension: agent, status, level }): ApiCall[] => [{ api: 'callcenter_level', queue, agent, level }, { api: 'callcenter_status', agent, status }])

/** On every leg that rings an operator: as long as it lives, the native queue leaves his telephone alone (`skip-agents-with-external-calls`). */
export const leftAlone = (extension: string): Readonly<Record<string, string>> => ({ execute_on_originate: `callcenter_track:${extension}` })
