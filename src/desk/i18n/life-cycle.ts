import { ACT_NAMES, actName, CLOCK_NAMES, CLOCKS, LIFE_CYCLE, SYSTEM_ACTS, TICKET_STATES, type Clock, type TicketState } from '../../contracts/life-cycle.js'
import { PRIORITIES, PRIORITY_NAMES, type Priority } from '../../contracts/work.js'

/** The words of the one table, so that no page has its own. */
export const stateNames = (language: 'zh' | 'en'): Record<TicketState, string> => Object.fromEntries(TICKET_STATES.map((state) => [state, LIFE_CYCLE[state].name[language]])) as Record<TicketState, string>

/** Limits, by the same names as in messages. */
export const clockNames = (language: 'zh' | 'en'): Record<Clock, string> => Object.fromEntries(CLOCKS.map((clock) => [clock, CLOCK_NAMES[clock][language]])) as Record<Clock, string>

/** Priorities, by the same names as in an export. */
export const priorityNames = (language: 'zh' | 'en'): Record<Priority, string> => Object.fromEntries(PRIORITIES.map((priority) => [priority, PRIORITY_NAMES[priority][language]])) as Record<Priority, string>

/** The table has English acts as verbs within a sentence; the desk shows them by themselves. */
const alone = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** Acts of people and of the system, as buttons and the history show them. */
export const actNames = (language: 'zh' | 'en'): Readonly<Record<string, string>> => Object.fromEntries([...ACT_NAMES, ...Object.keys(SYSTEM_ACTS)].map((act) => [act, alone(actName(act, language))]))
