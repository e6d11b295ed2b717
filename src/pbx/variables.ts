/** What the names of all our variables begin with, as an event names them: an event without it is about no leg of ours. */
export const OURS = 'variable_liandong_'
export type OurHeader = `${typeof OURS}${string}`
/** Code of the line that took the call, on the citizen's channel and on the line's leg. */
export const LINE_VARIABLE = 'liandong_line'
/** On the operator's leg: whose call it answers, and who answers it. */
export const CALL_VARIABLE = 'liandong_call'
export const OPERATOR_VARIABLE = 'liandong_operator'
/** On a third telephone's leg: `role:line`, so that a restart finds what it is; who hears it. */
export const PARTY_VARIABLE = 'liandong_party'
export const MODE_VARIABLE = 'liandong_mode'
/** On both legs of a call back: the ticket it is for. */
export const REDIAL_VARIABLE = 'liandong_redial'
/** On the operator's leg of a call back: UUID that the citizen's leg has, or will have. */
export const FAR_VARIABLE = 'liandong_far'
/** On the citizen's channel: `true` has the dialplan ask the intake nodes in the other order (sip/freeswitch/dialplan/citizens.xml). */
export const TURNED_VARIABLE = 'liandong_turned'
/** On the citizen's channel: `true` where he dialled a number whose callers come after those of an emergency number (sip/freeswitch/dialplan/citizens.xml). */
export const YIELDS_VARIABLE = 'liandong_yields'
/** On the citizen's channel: `true` where another FreeSWITCH brought him (sip/freeswitch/dialplan/citizens.xml, `edge`). */
export const CARRIED_VARIABLE = 'liandong_carried'
/** On the citizen's leg, while he is on hold. */
export const HOLD_VARIABLE = 'liandong_on_hold'
/** Of FreeSWITCH as a whole: the last sign of a node at which somebody takes calls (sip/freeswitch/dialplan/citizens.xml, `asked`). */
export const ABLE_VARIABLE = 'liandong_able'
/** On a leg that rings: its own UUID. */
export const RINGING_VARIABLE = 'liandong_ringing'
