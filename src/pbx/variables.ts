/** Our variables on the operator's leg: whose call it answers, and who answers it. */
export const CALL_VARIABLE = 'liandong_call'
export const OPERATOR_VARIABLE = 'liandong_operator'
