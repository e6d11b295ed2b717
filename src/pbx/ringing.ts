import { RINGING_VARIABLE } from './variables.js'

/**
 * Silence after which a leg counts as dead, ms: who lost his power says no goodbye. Telephones send while muted; a line outside may send nothing
 * for as long as nobody speaks there.
 */
export const DEAD_AFTER = { phone: '20000', line: '120000' } as const

/**
 * A telephone that rings with this can be told to ring no more without harm to any talk: who lifts it takes it out of that order's reach in
 * FreeSWITCH itself, whenever we learn of it (V7). Before all else that happens at the answer.
 */
export const untilLifted = (legId: string): Readonly<Record<string, string>> => ({ [RINGING_VARIABLE]: legId, api_on_answer: `uuid_setvar ${legId} ${RINGING_VARIABLE} no` })
