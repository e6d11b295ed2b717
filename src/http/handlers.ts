import type { Handlers } from './app.js'
import type { Citizens } from '../dispatch/citizen.js'
import { accountHandlers, type AccountDeps } from './routes/account.js'
import { boardHandlers, type BoardDeps } from './routes/board.js'
import { callerHandlers, type CallerDeps } from './routes/callers.js'
import { citizenHandlers } from './routes/citizen.js'
import { countyHandlers, type CountyDeps } from './routes/counties.js'
import { dispatchHandlers, type DispatchDeps } from './routes/dispatch.js'
import { flowHandlers, type FlowDeps } from './routes/flows.js'
import { intakeHandlers, type IntakeDeps } from './routes/intake.js'
import { operationHandlers, type OperationDeps } from './routes/operation.js'
import { peopleHandlers, type PeopleDeps } from './routes/people.js'
import { phoneHandlers, type PhoneDeps } from './routes/phones.js'
import { placeHandlers, type PlaceDeps } from './routes/places.js'
import { practiceHandlers, type Practice } from './routes/practice.js'
import { recordingHandlers, type RecordingDeps } from './routes/recordings.js'
import { talkHandlers, type TalkDeps } from './routes/talk.js'
import { unitHandlers, type UnitDeps } from './routes/units.js'

export interface HandlerDeps extends PeopleDeps, PhoneDeps, DispatchDeps, CallerDeps, IntakeDeps, TalkDeps, UnitDeps, BoardDeps, PlaceDeps, CountyDeps, AccountDeps, RecordingDeps, OperationDeps, FlowDeps { readonly practice: Practice | null; readonly citizens: Citizens }

/** What each route does: one file for each room in `routes/`, one line here. Paths, roles and schemas are in `contracts/routes/`. */
export const makeHandlers = (deps: HandlerDeps): Handlers => ({
  ...peopleHandlers(deps),
  ...phoneHandlers(deps),
  ...dispatchHandlers(deps),
  ...citizenHandlers(deps),
  ...callerHandlers(deps),
  ...intakeHandlers(deps),
  ...talkHandlers(deps),
  ...unitHandlers(deps),
  ...boardHandlers(deps),
  ...placeHandlers(deps),
  ...recordingHandlers(deps),
  ...countyHandlers(deps),
  ...accountHandlers(deps),
  ...practiceHandlers(deps.practice),
  ...flowHandlers(deps),
  ...operationHandlers(deps),
})
