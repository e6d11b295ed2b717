import type { Static, TSchema } from 'typebox'
import type { Route } from './route.js'
import { ACCOUNT_ROUTES } from './routes/account.js'
import { BOARD_ROUTES } from './routes/board.js'
import { CALLER_ROUTES } from './routes/callers.js'
import { CITIZEN_ROUTES } from './routes/citizen.js'
import { COUNTY_ROUTES } from './routes/counties.js'
import { DISPATCH_ROUTES } from './routes/dispatch.js'
import { FLOW_ROUTES } from './routes/flows.js'
import { INTAKE_ROUTES } from './routes/intake.js'
import { OPERATION_ROUTES } from './routes/operation.js'
import { PEOPLE_ROUTES } from './routes/people.js'
import { PHONE_ROUTES } from './routes/phones.js'
import { PLACE_ROUTES } from './routes/places.js'
import { PRACTICE_ROUTES } from './routes/practice.js'
import { RECORDING_ROUTES } from './routes/recordings.js'
import { TALK_ROUTES } from './routes/talk.js'
import { UNIT_ROUTES } from './routes/units.js'

/** Every HTTP route there is: one file for each room in `routes/`, one line here. */
export const ROUTES = {
  ...PEOPLE_ROUTES,
  ...PHONE_ROUTES,
  ...DISPATCH_ROUTES,
  ...CITIZEN_ROUTES,
  ...CALLER_ROUTES,
  ...UNIT_ROUTES,
  ...BOARD_ROUTES,
  ...PLACE_ROUTES,
  ...COUNTY_ROUTES,
  ...INTAKE_ROUTES,
  ...TALK_ROUTES,
  ...RECORDING_ROUTES,
  ...ACCOUNT_ROUTES,
  ...PRACTICE_ROUTES,
  ...FLOW_ROUTES,
  ...OPERATION_ROUTES,
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof ROUTES
type Of<R, K extends string> = R extends Record<K, infer S extends TSchema> ? Static<S> : undefined
export type ResponseOf<N extends RouteName> = Static<(typeof ROUTES)[N]['response']>
export type BodyOf<N extends RouteName> = Of<(typeof ROUTES)[N], 'body'>
export type QueryOf<N extends RouteName> = Of<(typeof ROUTES)[N], 'query'>
export type ParamsOf<N extends RouteName> = Of<(typeof ROUTES)[N], 'params'>
