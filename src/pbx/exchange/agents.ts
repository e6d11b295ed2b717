import { DESKS } from './phones.js'
import type { Pbx } from './pbx.js'

/** A row of mod_callcenter's table `agents`, with its place in the one queue there is. */
export interface Agent {
  readonly name: string
  /** The extension that it rings: its name, unless its contact says otherwise. */
  phone: string
  status: string
  state: 'Waiting' | 'Receiving' | 'In a queue call'
  level: number
  /** Legs that `callcenter_track` counts. */
  external: number
  /** Seconds since the epoch, as mod_callcenter counts; `readyAt` by our own clock, ms. */
  lastBridgeEnd: number
  readyAt: number
  /** Ends what rings there for the queue. */
  cancel: (() => void) | null
}

/** The agents of mod_callcenter: those of sip/freeswitch, one for each desk. */
export interface Agents {
  /** Whom the queue rings next: the longest idle of the lowest level. */
  next(): Agent | null
  /** A leg counts as one of this agent's, until what is returned is called. */
  track(name: string): () => void
  /** `callcenter_config …` */
  config(words: readonly string[]): string
  /** mod_callcenter is loaded anew: everybody as configured, and who was added as he was. */
  load(): void
}

const STATUSES = new Set(['Available', 'Available (On Demand)', 'On Break', 'Logged Out'])
const AGENTS = 'name|instance_id|uuid|type|contact|status|state|max_no_answer|wrap_up_time|reject_delay_time|busy_delay_time|no_answer_delay_time|last_bridge_start|last_bridge_end|last_offered_call|last_status_change|no_answer_count|calls_answered|talk_time|ready_time|external_calls_count'
const QUEUES = 'name|strategy|moh_sound|time_base_score|tier_rules_apply|tier_rule_wait_second|tier_rule_wait_multiply_level|tier_rule_no_agent_no_wait|discard_abandoned_after|abandoned_resume_allowed|max_wait_time|max_wait_time_with_no_agent|max_wait_time_with_no_agent_time_reached|record_template|calls_answered|calls_abandoned|ring_progressively_delay|skip_agents_with_external_calls|agent_no_answer_status'

/** Stand-in for the agents of mod_callcenter and for what `callcenter_config` says of them. */
export function makeAgents(pbx: Pick<Pbx, 'sounds' | 'phones'>): Agents {
  const agent = (name: string, status: string): Agent => ({ name, phone: name, status, state: 'Waiting', level: 1, external: 0, lastBridgeEnd: 0, readyAt: 0, cancel: null })
  const fresh = (): Agent[] => DESKS.map((name) => agent(name, 'Available'))
  let all = fresh()
  /** Whoever is not in the queue yet. */
  const outside = new Set<string>()
  const find = (name = ''): Agent | undefined => all.find((agent) => agent.name === name)
  // `list_result_callback` names the columns with the first row; without rows there is nothing but the end.
  const list = (head: string, rows: readonly (readonly (string | number)[])[]): string => `${rows.length === 0 ? '' : `${[head, ...rows.map((row) => row.join('|'))].join('\n')}\n`}+OK\n`
  const agentRow = ({ name, phone, status, state, lastBridgeEnd, external }: Agent): (string | number)[] => [name, 'single_box', '', 'callback', `[leg_timeout=10,media_timeout=20000]sofia/operators/${phone}%liandong`, status, state, 0, 0, 3, 3, 3, 0, lastBridgeEnd, 0, 0, 0, 0, 0, 0, external]

  function set(key = '', name = '', value = ''): string {
    const agent = find(name)
    if (agent === undefined) return '-ERR Agent not found!\n'
    if (key === 'contact') {
      agent.phone = /([0-9]+)%/.exec(value)?.[1] ?? name
      return '+OK\n'
    }
    if (/^(?:reject|busy|no_answer)_delay_time$/.test(key)) return '+OK\n'
    if (key !== 'status') return '-ERR Invalid Agent Update KEY!\n'
    if (!STATUSES.has(value)) return '-ERR Invalid Agent Status!\n'
    agent.status = value
    if (value !== 'Available') agent.cancel?.()
    return '+OK\n'
  }

  function add(name = '', type = ''): string {
    if (type !== 'callback') return '-ERR Agent type invalid!\n'
    if (find(name) !== undefined) return '-ERR Agent already exist!\n'
    all.push(agent(name, 'Logged Out'))
    outside.add(name)
    return '+OK\n'
  }

  function join(queue = '', name = ''): string {
    if (queue !== 'native') return '-ERR Queue not found!\n'
    if (find(name) === undefined) return '-ERR Agent not found!\n'
    return outside.delete(name) ? '+OK\n' : '-ERR Tier already exist!\n'
  }

  function setTier(key = '', queue = '', name = '', value = ''): string {
    const agent = find(name)
    if (agent === undefined || queue !== 'native') return '-ERR Agent not found!\n'
    if (key !== 'level') return '-ERR Invalid Tier Update KEY!\n'
    agent.level = Number(value)
    return '+OK\n'
  }

  return {
    next() {
      const free = all.filter(({ name, phone, status, state, external, readyAt }) => !outside.has(name) && status === 'Available' && state === 'Waiting' && external === 0 && readyAt <= Date.now() && pbx.phones.behaviour(phone) !== 'unregistered')
      return free.reduce<Agent | null>((first, agent) => (first === null || agent.level < first.level || (agent.level === first.level && agent.lastBridgeEnd < first.lastBridgeEnd) ? agent : first), null)
    },
    track(name) {
      const agent = find(name)
      if (agent === undefined) return () => undefined
      agent.external += 1
      return () => { agent.external -= 1 }
    },
    config([section, action, ...words]) {
      if (section === 'agent' && action === 'set') return set(...words)
      if (section === 'agent' && action === 'add') return add(...words)
      if (section === 'tier' && action === 'add') return join(...words)
      if (section === 'tier' && action === 'set') return setTier(...words)
      if (section !== 'queue' || action !== 'list') return '-ERR Invalid!\n'
      const [what, queue] = words
      const mine = queue === 'native' ? all.filter(({ name }) => !outside.has(name)) : []
      if (what === undefined) return list(QUEUES, [['native', 'longest-idle-agent', pbx.sounds.hold, 'system', 'false', 0, 'false', 'true', 60, 'false', 0, 0, 5, '', 0, 0, 0, 'true', 'On Break']])
      if (what === 'agents') return list(AGENTS, mine.map(agentRow))
      return what === 'tiers' ? list('queue|agent|state|level|position', mine.map(({ name, level }) => ['native', name, 'Ready', level, 1])) : '-ERR Invalid!\n'
    },
    load() {
      for (const { cancel } of all) cancel?.()
      // Who was added is in its database (`-db`), and the configuration says nothing of him.
      all = [...fresh(), ...all.filter(({ name }) => !DESKS.includes(name)).map(({ name, phone, status, level }) => ({ ...agent(name, status), phone, level }))]
    },
  }
}
