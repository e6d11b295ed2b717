/** Our variables on the operator's leg: whose call it answers, and who answers it. */
/** Code of the line that took the call, on the citizen's channel and on the line's leg. */
export const LINE_VARIABLE = 'liandong_line'
export const CALL_VARIABLE = 'liandong_call'
export const OPERATOR_VARIABLE = 'liandong_operator'
