import type { Bilingual } from './primitives.js'

/**
 * Every error a person can meet: code → HTTP status and text in both languages.
 * `{name}` in a text is replaced from `details`. A test holds that each code has both texts.
 */
export const ERRORS = {
  'auth.required': { status: 401, zh: '请先登录。', en: 'Please sign in.' },
  'auth.wrong': { status: 401, zh: '用户名或密码不正确。', en: 'User name or password is wrong.' },
  'auth.forbidden': { status: 403, zh: '您的角色（{role}）无权进行此操作。', en: 'Your role ({role}) may not do this.' },
  'auth.origin': { status: 403, zh: '来源 {origin} 不被允许，请检查设置 http.origins。', en: 'Origin {origin} is not allowed; see the setting http.origins.' },
  'auth.too-many': { status: 429, zh: '尝试次数过多，请 {seconds} 秒后再试。', en: 'Too many attempts; try again in {seconds} s.' },
  'request.invalid': { status: 400, zh: '请求有误：{where} {problem}', en: 'Bad request: {where} {problem}' },
  'request.not-found': { status: 404, zh: '没有找到：{what}', en: 'Not found: {what}' },
  'ticket.not-found': { status: 404, zh: '没有编号为 {id} 的工单。', en: 'There is no ticket {id}.' },
  'ticket.conflict': { status: 409, zh: '{fields} 已被他人修改，请核对后再保存。', en: '{fields} was changed by somebody else; check and save again.' },
  'ticket.illegal': { status: 409, zh: '状态为“{state}”的工单不能{act}：{reason}', en: 'A ticket in state {state} cannot be {act}: {reason}' },
  'ticket.unit-unknown': { status: 422, zh: '没有联动单位 {unitId}。', en: 'There is no unit {unitId}.' },
  'ticket.category-unknown': { status: 422, zh: '类别表中没有 {category}。', en: 'The code book has no category {category}.' },
  'ticket.duty-unknown': { status: 422, zh: '职责条款 {duty}：{zh}。', en: 'Rule of duty {duty}: {en}.' },
  'ticket.person-unknown': { status: 422, zh: '该人不属于本单位。', en: 'That person does not belong to this unit.' },
  'notice.not-found': { status: 404, zh: '没有这条通知。', en: 'There is no such notice.' },
  'ask.not-found': { status: 404, zh: '没有找到：请核对工单编号与拨打时的电话号码。', en: 'Not found: check the number of the request and the telephone you called from.' },
  'open311.key': { status: 403, zh: 'api_key 无效；请由管理员在 open311.keys 中登记。', en: 'The api_key is not valid; the administrator lists keys in open311.keys.' },
  'open311.emergency': { status: 422, zh: '警情、火警、急救请直接拨打 110。', en: 'Police, fire and medical emergencies: call 110.' },
  'calendar.unknown-year': { status: 422, zh: '{year} 年的放假安排尚未录入；请用 liandong import calendar 导入国务院公布的安排。', en: 'The days off of {year} are not loaded; import the published calendar with liandong import calendar.' },
  'seat.standby': { status: 409, zh: '另一个窗口正在使用此席位，请先在本窗口接管。', en: 'Another tab holds this seat; take it over first.' },
  'call.not-yours': { status: 409, zh: '此通话不在您的席位上。', en: 'This call is not at your seat.' },
  'call.gone': { status: 410, zh: '通话已结束。', en: 'The call has ended.' },
  'phone.not-practice': { status: 409, zh: '此交换机上的话机须在话机上操作。', en: 'On this PBX the phone is operated by hand.' },
  'pbx.down': { status: 503, zh: '与交换机的连接中断，正在重连。', en: 'The link to the PBX is down; reconnecting.' },
  'database.down': { status: 503, zh: '数据库暂时不可用。', en: 'The database is away for the moment.' },
  'server.draining': { status: 503, zh: '服务器正在停止，请稍后重试。', en: 'The server is stopping; try again soon.' },
  'practice.off': { status: 404, zh: '练习交换机未运行。', en: 'The practice exchange is not running.' },
  'person.invalid': { status: 422, zh: '{field}：{zh}', en: '{field}: {en}' },
  'person.exists': { status: 409, zh: '已有登录名 {loginName}。', en: 'There is a log-in {loginName} already.' },
  'person.not-found': { status: 404, zh: '没有登录名 {loginName}。', en: 'There is no log-in {loginName}.' },
  'person.extension-taken': { status: 409, zh: '分机 {extension} 已分配给他人。', en: 'Extension {extension} belongs to somebody else.' },
  'internal': { status: 500, zh: '内部错误，编号 {id}。', en: 'Internal error, reference {id}.' },
} as const satisfies Record<string, { status: number } & Bilingual>

export type ErrorCode = keyof typeof ERRORS

/** A tagged error: thrown in use cases, mapped once at the edge of HTTP, websocket and CLI. */
export class LiandongError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly details: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(errorText(code, 'en', details), options)
    this.name = 'LiandongError'
  }
}

/** The text of an error in one language, with details filled in. */
export function errorText(code: ErrorCode, language: 'zh' | 'en', details: Readonly<Record<string, string | number>>): string {
  return ERRORS[code][language].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = details[name]
    return value === undefined ? whole : String(value)
  })
}
