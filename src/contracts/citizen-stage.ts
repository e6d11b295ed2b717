import type { Bilingual } from './primitives.js'

/**
 * How a request stands, to its citizen: on the web, by Open311, in text messages and on the telephone, whose tapes `ask-<stage>` have these words in them
 * (held together by `test/flow/citizen-stage.test.ts`). Through whose hands it goes meanwhile is no news for him; `received`: nobody was given it yet.
 */
export const CITIZEN_STAGES = {
  'received': { zh: '已受理，等待派单', en: 'Received; a unit is being found for it' },
  'doing': { zh: '正在办理', en: 'Being worked on' },
  'referred': { zh: '已转有关机构办理', en: 'Referred to the body in charge' },
  'closed': { zh: '已办结', en: 'Closed' },
  'not-done': { zh: '未能办成', en: 'Could not be done' },
  'void': { zh: '已撤销', en: 'Withdrawn' },
} as const satisfies Readonly<Record<string, Bilingual>>
export type CitizenStage = keyof typeof CITIZEN_STAGES
export const STAGE_NAMES = Object.keys(CITIZEN_STAGES) as CitizenStage[]
