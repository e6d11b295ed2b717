import { Type } from 'typebox'
import { Self } from '../people.js'
import { EVERYONE, Nothing, strict, type Route } from '../route.js'

/** Signing in and out. */
export const PEOPLE_ROUTES = {
  logIn: {
    method: 'POST', path: '/api/login', roles: 'public', summary: { zh: '登录', en: 'Sign in' },
    body: strict({ loginName: Type.String({ minLength: 1, maxLength: 32 }), password: Type.String({ minLength: 1, maxLength: 200 }) }), response: Self,
  },
  logOut: { method: 'POST', path: '/api/logout', roles: EVERYONE, summary: { zh: '退出', en: 'Sign out' }, body: Nothing, response: Nothing },
  session: { method: 'GET', path: '/api/session', roles: 'public', summary: { zh: '是否已登录', en: 'Is somebody signed in' }, response: strict({ self: Type.Union([Self, Type.Null()]) }) },
  me: { method: 'GET', path: '/api/me', roles: EVERYONE, summary: { zh: '我是谁', en: 'Who am I' }, response: Self },
} as const satisfies Record<string, Route>
