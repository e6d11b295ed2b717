/**
 * The interfaces through which the intake reaches the world. It declares them; `pbx`, `store` and `http` implement them.
 * Nothing here blocks the call path: a promise either is not awaited there or has a deadline.
 */
export type * from './ports/desk.js'
export type * from './ports/leg.js'
export type * from './ports/records.js'
export type * from './ports/switch-event.js'
export type * from './ports/switchboard.js'
