import { Type, type Static } from 'typebox'
import { ROLES } from '../people.js'
import { strict, type Route } from '../route.js'

export const PracticeLogin = strict({ loginName: Type.String(), password: Type.String(), displayName: Type.String(), role: Type.Enum(ROLES) })
export type PracticeLogin = Static<typeof PracticeLogin>

/** How long a practice caller listens before his first key, and pauses after each; what `w` among them pauses; ms. */
export const LISTENS = 1_500
export const KEY_GAP = 250
export const KEY_PAUSE = 1_000

/** One more practice call. `called`: the number that he dials, which says by what flow he enters (entries.yaml). `keys`: what he presses, `w` waits a second: `w1`. */
export const PracticeCall = strict({
  number: Type.String({ pattern: '^[0-9*#+]{0,20}$', default: '13900000001' }),
  called: Type.Optional(Type.String({ pattern: '^[0-9*#]{1,20}$' })),
  name: Type.Optional(Type.String({ maxLength: 64 })),
  keys: Type.Optional(Type.String({ pattern: '^[0-9*#w]{0,64}$' })),
  /** Hangs up after so many seconds, whatever happens. */
  wait: Type.Integer({ minimum: 1, maximum: 3600, default: 60 }),
  lat: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })),
  lon: Type.Optional(Type.Number({ minimum: -180, maximum: 180 })),
})
export type PracticeCall = Static<typeof PracticeCall>

/** Calls only while the practice exchange runs; log-ins are none without it. */
export const PRACTICE_ROUTES = {
  practiceLogins: { method: 'GET', path: '/api/practice/logins', roles: 'public', summary: { zh: '练习账号（练习交换机未运行时为空）', en: 'Practice log-ins (none unless the practice exchange runs)' }, response: strict({ logins: Type.Array(PracticeLogin) }) },
  practiceCall: {
    method: 'POST', path: '/api/practice/calls', roles: 'public', summary: { zh: '打一个练习电话；逐行返回 JSON', en: 'Place a practice call; answers in lines of JSON' },
    body: PracticeCall, response: Type.String(),
  },
} as const satisfies Record<string, Route>
