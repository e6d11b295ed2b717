import { ACT_NAMES, actName, LIFE_CYCLE, SYSTEM_ACTS, TICKET_STATES, type TicketState } from '../../contracts/life-cycle.js'

/** The words of the one table, so that no page has its own. */
export const stateNames = (language: 'zh' | 'en'): Record<TicketState, string> => Object.fromEntries(TICKET_STATES.map((state) => [state, LIFE_CYCLE[state].name[language]])) as Record<TicketState, string>

/** Acts of people and of the system, as the history shows them. */
export const actNames = (language: 'zh' | 'en'): Readonly<Record<string, string>> => Object.fromEntries([...ACT_NAMES, ...Object.keys(SYSTEM_ACTS)].map((act) => [act, actName(act, language)]))
