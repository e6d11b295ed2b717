import { Type, type Static } from 'typebox'
import { CallCard, CallEvent } from '../call.js'
import { Bilingual, Extension, Uuid } from '../primitives.js'
import { INTAKE, strict, type Route } from '../route.js'
import { Presence } from '../ws.js'

export const CallLogRow = strict({ ...CallEvent.properties, displayName: Type.Optional(Type.String()) })
export type CallLogRow = Static<typeof CallLogRow>

export const PhoneBookOperator = strict({ operatorId: Uuid, displayName: Type.String(), extension: Extension, presence: Presence, reachable: Type.Boolean() })
export type PhoneBookOperator = Static<typeof PhoneBookOperator>
export const PhoneBookLine = strict({ code: Type.String(), number: Type.String(), name: Bilingual })
export type PhoneBookLine = Static<typeof PhoneBookLine>

/** A talk in progress, as supervisors see it: without what is known of the caller. */
export const Talk = strict({ ...Type.Omit(CallCard, ['context', 'path', 'tags', 'flow']).properties, holderName: Type.String() })
export type Talk = Static<typeof Talk>

/** Talks: whom a call can be passed to, who talks now, who was in a call and when. */
export const TALK_ROUTES = {
  phoneBook: { method: 'GET', path: '/api/phone-book', roles: INTAKE, summary: { zh: '通讯录：席位与短号', en: 'Phone book: seats and short list' }, response: strict({ operators: Type.Array(PhoneBookOperator), lines: Type.Array(PhoneBookLine), trunk: Type.Boolean() }) },
  talks: { method: 'GET', path: '/api/talks', roles: ['supervisor', 'admin'], summary: { zh: '正在进行的通话', en: 'Talks in progress' }, response: strict({ talks: Type.Array(Talk) }) },
  callLog: { method: 'GET', path: '/api/calls/:id/log', roles: INTAKE, summary: { zh: '通话参与记录', en: 'Who was in a call and when' }, params: strict({ id: Uuid }), response: strict({ log: Type.Array(CallLogRow) }) },
} as const satisfies Record<string, Route>
