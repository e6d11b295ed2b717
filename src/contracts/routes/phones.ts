import { Type, type Static } from 'typebox'
import { Extension } from '../primitives.js'
import { Nothing, strict, type Route } from '../route.js'

/** `desk`: the one on the table. `browser`: whether this city has telephones in the browser, and this person an extension. */
export const PhoneView = strict({ kind: Type.Enum(['desk', 'browser']), browser: Type.Boolean() })
export type PhoneView = Static<typeof PhoneView>

/** What a telephone in the browser registers with: `a1Hash` is H(A1) of SIP digest; it ends with the session, and when the next is drawn. */
export const PhoneSecret = strict({ url: Type.String(), extension: Extension, domain: Type.String(), a1Hash: Type.String() })
export type PhoneSecret = Static<typeof PhoneSecret>

/** The own telephone: on the table, or in the browser. */
export const PHONE_ROUTES = {
  phone: { method: 'GET', path: '/api/phone', roles: ['operator', 'supervisor'], summary: { zh: '本人使用哪种话机', en: 'Which telephone one uses' }, response: PhoneView },
  choosePhone: { method: 'POST', path: '/api/phone', roles: ['operator', 'supervisor'], summary: { zh: '选择话机：桌面话机或浏览器话机', en: 'Choose the telephone on the table or the one in the browser' }, body: strict({ kind: Type.Enum(['desk', 'browser']) }), response: PhoneView },
  phoneSecret: { method: 'POST', path: '/api/phone/secret', roles: ['operator', 'supervisor'], summary: { zh: '领取浏览器话机的一次性注册凭据（随会话失效）', en: 'Draw what the telephone in the browser registers with (ends with the session)' }, body: Nothing, response: PhoneSecret },
} as const satisfies Record<string, Route>
