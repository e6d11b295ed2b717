import { ACTS, CLOCKS } from '../../contracts/life-cycle.js'
import { ROLES, type Role } from '../../contracts/people.js'
import type { Bilingual } from '../../contracts/primitives.js'
import { nationalNumber } from '../../contracts/telephone.js'
import { PRIORITIES } from '../../contracts/work.js'
import type { Outline } from '../core/geo.js'
import { readHours } from '../core/calendar.js'
import { readMark } from '../core/kilometre.js'
import { cells, readSheet, type Cell, type Check, type RowOf, type Sheet } from './sheet.js'

/** What a sheet may refer to. */
export interface Known { readonly units: ReadonlySet<string>; readonly categories: ReadonlySet<string>; readonly areas: ReadonlySet<string>; readonly logins: ReadonlyMap<string, Role>; /** `unit address` of webhooks that have a key: an empty cell leaves it. */ readonly keyed?: ReadonlySet<string> }

const same = <T extends string>(names: readonly T[]): Record<T, T> => Object.fromEntries(names.map((name) => [name, name])) as Record<T, T>
const unitId = cells.pattern(/^[a-z0-9-]{2,32}$/, '2 至 32 个小写字母、数字或连字符', '2 to 32 lower-case letters, digits or hyphens')
const hours = (text: string): Cell<string> => (readHours(text) === null ? { problem: { zh: `“${text}”：应如 09:00-12:00,13:30-17:30`, en: `“${text}”: must be like 09:00-12:00,13:30-17:30` } } : { value: text.replace(/\s/g, '') })
/** GeoJSON MultiPolygon coordinates: rings of at least four positions, the last as the first. */
function outline(text: string): Cell<Outline> {
  const problem = { problem: { zh: '应为 MultiPolygon 坐标：每环至少四点、首尾相同、[经度, 纬度]', en: 'must be MultiPolygon coordinates: rings of at least four positions, the last as the first, [lon, lat]' } }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return problem
  }
  const list = (one: unknown, each: (part: unknown) => boolean, least: number): boolean => Array.isArray(one) && one.length >= least && one.every(each)
  const position = (one: unknown): boolean => Array.isArray(one) && one.length >= 2 && typeof one[0] === 'number' && typeof one[1] === 'number' && Math.abs(one[0]) <= 180 && Math.abs(one[1]) <= 90
  const ring = (one: unknown): boolean => list(one, position, 4) && JSON.stringify((one as unknown[])[0]) === JSON.stringify((one as unknown[]).at(-1))
  return list(value, (polygon) => list(polygon, ring, 1), 1) ? { value: value as Outline } : problem
}
const category = ({ categories }: Known) => cells.known(categories, '类别', 'category')
const unit = ({ units }: Known) => cells.known(units, '联动单位', 'unit')

const unitColumns = (known: Known) => ({
  id: { zh: '代码', required: true, read: unitId }, name: { zh: '名称', required: true, read: cells.text(60) }, nameEn: { zh: '英文名称', read: cells.text(100) }, phone: { zh: '电话', read: cells.pattern(/^[0-9+() -]{3,24}$/, '电话号码', 'a telephone number') },
  standby: { zh: '24小时值守', required: true, read: cells.yes }, officeHours: { zh: '工作时间', read: hours }, categories: { zh: '类别', read: cells.list(category(known)) },
} as const)
const dutyColumns = (known: Known) => ({
  code: { zh: '条款', required: true, read: cells.pattern(/^[A-Za-z0-9.-]{1,32}$/, '字母、数字、点或连字符', 'letters, digits, dots or hyphens') }, category: { zh: '类别', read: category(known) },
  area: { zh: '区域', read: known.areas.size === 0 ? cells.text(32) : cells.known(known.areas, '区域', 'district') }, hours: { zh: '时段', read: cells.oneOf({ any: 'any', office: 'office', night: 'night', 全天: 'any', 工作时间: 'office', 夜间: 'night' } as const) },
  unit: { zh: '单位代码', required: true, read: unit(known) }, role: { zh: '职责', read: cells.oneOf({ lead: 'lead', assist: 'assist', safe: 'safe', 主办: 'lead', 协办: 'assist', 排险: 'safe' } as const) },
  basis: { zh: '依据', required: true, read: cells.text(200) }, validFrom: { zh: '生效日期', read: cells.day }, validTo: { zh: '失效日期', read: cells.day },
} as const)
const clockColumns = (known: Known) => ({
  clock: { zh: '时限', required: true, read: cells.oneOf(same(CLOCKS.filter((clock) => clock !== 'delivery'))) }, category: { zh: '类别', read: category(known) }, priority: { zh: '级别', read: cells.oneOf(same(PRIORITIES)) },
  minutes: { zh: '分钟', required: true, read: cells.integer(1, 100_000) }, hours: { zh: '计时', required: true, read: cells.oneOf({ always: 'always', office: 'office', 全天: 'always', 工作时间: 'office' } as const) }, basis: { zh: '依据', read: cells.text(200) },
} as const)
const calendarColumns = {
  day: { zh: '日期', required: true, read: cells.day }, kind: { zh: '类型', required: true, read: cells.oneOf({ holiday: 'holiday', workday: 'workday', 放假: 'holiday', 上班: 'workday' } as const) },
  name: { zh: '名称', required: true, read: cells.text(40) }, source: { zh: '文号', required: true, read: cells.text(60) },
} as const
const userColumns = (known: Known) => ({
  login: { zh: '登录名', required: true, read: cells.pattern(/^[a-z0-9._-]{2,32}$/, '2 至 32 个小写字母、数字或 . _ -', '2 to 32 lower-case letters, digits or . _ -') }, name: { zh: '姓名', required: true, read: cells.text(64) },
  role: { zh: '角色', required: true, read: cells.oneOf({ ...same(ROLES), 接警员: 'operator', 值班长: 'supervisor', 联动单位: 'unit', 管理员: 'admin' }) }, extension: { zh: '分机', read: cells.pattern(/^[0-9]{2,8}$/, '2 至 8 位数字', '2 to 8 digits') },
  unit: { zh: '单位代码', read: unit(known) }, skills: { zh: '技能', read: cells.list(category(known)) },
} as const)
const categoryColumns = (known: Known) => ({
  code: { zh: '代码', required: true, read: cells.pattern(/^[a-z][a-z0-9-]{1,31}$/, '小写字母开头的字母、数字、连字符', 'lower-case letters, digits, hyphens') }, zh: { zh: '名称', required: true, read: cells.text(32) }, en: { zh: '英文名称', required: true, read: cells.text(48) },
  class: { zh: '级别', required: true, read: cells.oneOf({ emergency: 'emergency', standard: 'standard', 优先: 'emergency', 普通: 'standard' } as const) }, units: { zh: '单位', read: cells.list(unit(known)) },
} as const)
const channelColumns = (known: Known) => ({
  unit: { zh: '单位代码', required: true, read: unit(known) }, channel: { zh: '方式', required: true, read: cells.oneOf({ webhook: 'webhook', email: 'email', sms: 'sms', none: 'none', 推送: 'webhook', 邮件: 'email', 短信: 'sms', 无: 'none' } as const) },
  address: { zh: '地址', read: cells.text(300) }, secret: { zh: '密钥', read: cells.text(200) },
} as const)
/** The stages at which persons are told, by the clock or by an act. */
const STAGES = { warn: 'warn', urge: 'urge', supervise: 'supervise', notice: 'notice', ruling: 'ruling', 预警: 'warn', 催办: 'urge', 督办: 'supervise', 通报: 'notice', 裁定: 'ruling' } as const
const namedColumns = (known: Known) => ({
  stage: { zh: '环节', required: true, read: cells.oneOf(STAGES) }, unit: { zh: '单位代码', read: unit(known) }, name: { zh: '姓名', required: true, read: cells.text(64) },
  channel: { zh: '方式', read: cells.oneOf({ email: 'email', sms: 'sms', 邮件: 'email', 短信: 'sms' } as const) }, address: { zh: '地址', read: cells.text(200) },
  login: { zh: '登录名', read: cells.known(new Set(known.logins.keys()), '用户', 'person with the login') },
} as const)
const clusterColumns = (known: Known) => ({
  category: { zh: '类别', read: category(known) }, metres: { zh: '米', required: true, read: cells.integer(1, 50_000) }, minutes: { zh: '分钟', required: true, read: cells.integer(1, 100_000) },
  burst: { zh: '自动聚合件数', read: cells.integer(3, 1_000) }, burstMinutes: { zh: '自动聚合分钟', read: cells.integer(1, 10_000) },
} as const)

/** What a text message and a mail can be sent to. */
const REACHED = { sms: /^(?:\+?86)?1[3-9]\d{9}$/, email: /^[^\s@]+@[^\s@]+$/ } as const

/** What is sent must have somewhere to go, and be signed; `none`: the unit has no channel but its terminal. */
const channelChecks = ({ keyed }: Known): readonly Check<ChannelRow>[] => [
  ...(['address', 'secret'] as const).map((column): Check<ChannelRow> => ({ by: ['channel', column], find: (row) => (row.channel === 'none' && row[column] !== null ? { column, problem: { zh: '“无”之后不写地址和密钥', en: '“none” has neither address nor key' } } : null) })),
  { by: ['channel', 'address'], find: ({ channel, address }) => (channel !== 'none' && address === null ? { column: 'channel', problem: { zh: '没有地址', en: 'there is no address' } } : null) },
  { by: ['channel', 'address'], find: ({ channel, address }) => (channel === 'none' || channel === 'webhook' || address === null || REACHED[channel].test(address) ? null : { column: 'address', problem: unreached(channel, address) }) },
  { by: ['channel', 'address'], find: ({ channel, address }) => (channel !== 'webhook' || address === null || /^https?:$/.test(URL.canParse(address) ? new URL(address).protocol : '') ? null : { column: 'address', problem: { zh: `“${address}”不是 http(s) 地址`, en: `“${address}” is no http(s) address` } }) },
  { by: ['unit', 'channel', 'address', 'secret'], find: ({ unit: unitId, channel, address, secret }) => (channel === 'webhook' && address !== null && secret === null && keyed?.has(`${unitId} ${address}`) !== true ? { column: 'channel', problem: { zh: '推送须有签名密钥', en: 'a webhook needs a key to sign with' } } : null) },
]
const unreached = (channel: keyof typeof REACHED, address: string): Bilingual => (channel === 'sms' ? { zh: `“${address}”：短信只能发到手机号`, en: `“${address}”: text messages reach mobile numbers only` } : { zh: `“${address}”不是邮件地址`, en: `“${address}” is not a mail address` })

/** A unit that has none has no others. */
function noneAlone(sheet: Sheet<ChannelRow>): Sheet<ChannelRow> {
  const { rows, problems, columns } = sheet
  const maimed = sheet.maimed.filter(({ bad }) => !bad.has('unit') && !bad.has('channel'))
  const all = [...rows, ...maimed]
  const odd = all.filter(({ value: { unit: unitId, channel } }) => channel === 'none' && all.some(({ value: other }) => other.unit === unitId && other.channel !== 'none'))
  const problem: Bilingual = { zh: '“无”与该单位的其他方式同在表里', en: '“none” stands beside other channels of the unit' }
  const told = odd.map(({ row }) => ({ row, column: columns.get('channel') ?? 'A', problem }))
  return { ...sheet, rows: rows.filter((row) => !odd.includes(row)), maimed: [...sheet.maimed, ...rows.filter((row) => odd.includes(row)).map((row) => ({ ...row, bad: new Set<string>() }))], problems: [...problems, ...told] }
}

/** A rule that ends before it begins is never in force. */
const dutyChecks: readonly Check<DutySheetRow>[] = [{
  by: ['validFrom', 'validTo'],
  find: ({ validFrom, validTo }) => (validFrom !== null && validTo !== null && validTo < validFrom ? { column: 'validTo', problem: { zh: `${validTo} 早于生效日期 ${validFrom}，从不生效`, en: `${validTo} is before the day on which it begins, ${validFrom}: it is never in force` } } : null),
}]

/** Who is told must be reached somewhere; who rules must be one who may. */
const namedChecks = ({ logins }: Known): readonly Check<NamedRow>[] => [
  { by: ['channel', 'address'], find: ({ channel, address }) => (channel === null && address !== null ? { column: 'address', problem: { zh: '有地址而没有方式', en: 'an address without a channel' } } : null) },
  { by: ['channel', 'address'], find: ({ channel, address }) => (channel !== null && !REACHED[channel].test(address ?? '') ? { column: address === null ? 'channel' : 'address', problem: unreached(channel, address ?? '') } : null) },
  {
    by: ['stage', 'channel', 'address', 'login'],
    find: ({ stage, channel, address, login }) => (channel !== null || address !== null || (stage === 'ruling' && login !== null) ? null
      : { column: 'stage', problem: { zh: stage === 'ruling' ? '裁定人须有登录名，或有方式与地址' : '须写明方式与地址，否则无人收到', en: stage === 'ruling' ? 'who rules needs a login, or a channel and an address' : 'a channel and an address are needed, or nobody is told' } }),
  },
  {
    by: ['stage', 'login'],
    find({ stage, login }) {
      const role = login === null ? undefined : logins.get(login)
      return stage === 'ruling' && role !== undefined && !ACTS.rule.roles.includes(role) ? { column: 'login', problem: { zh: `${login ?? ''} 的角色是 ${role}，不能裁定`, en: `${login ?? ''} is ${role}, who may not rule` } } : null
    },
  },
]

/** What names no mark would never be found as one. */
const placeChecks: readonly Check<PlaceRow>[] = [{
  by: ['kind', 'name'],
  find: ({ kind, name }) => (kind === 'kilometre' && readMark(name) === null ? { column: 'name', problem: { zh: `“${name}”：里程桩应如 G30 连霍高速 K812+300`, en: `“${name}”: a kilometre mark must be like G30 Lianhuo K812+300` } } : null),
}]

const placeColumns = {
  code: { zh: '编号', required: true, read: cells.pattern(/^[A-Za-z0-9._-]{1,40}$/, '字母、数字、. _ -', 'letters, digits, . _ -') }, name: { zh: '名称', required: true, read: cells.text(100) },
  kind: { zh: '类型', required: true, read: cells.oneOf({ address: 'address', road: 'road', landmark: 'landmark', kilometre: 'kilometre', 地址: 'address', 道路: 'road', 地标: 'landmark', 里程桩: 'kilometre' } as const) },
  aliases: { zh: '别名', read: cells.text(300) }, lat: { zh: '纬度', required: true, read: cells.number(-90, 90) }, lon: { zh: '经度', required: true, read: cells.number(-180, 180) },
} as const
const districtColumns = {
  id: { zh: '代码', required: true, read: unitId }, name: { zh: '名称', required: true, read: cells.text(40) }, nameEn: { zh: '英文名称', read: cells.text(60) }, outline: { zh: '边界', required: true, read: outline },
} as const

const telephone = (text: string): Cell<string> => {
  const cell = cells.pattern(/^\+?[0-9]{3,23}$/, '电话号码（只有数字，可以 + 开头）', 'a telephone number (digits, with or without a leading +)')(text)
  return 'problem' in cell ? cell : { value: nationalNumber(cell.value) }
}
/** What another system knows of callers. An empty cell leaves what is there. */
const citizenColumns = {
  number: { zh: '号码', required: true, read: telephone }, name: { zh: '姓名', read: cells.text(64) }, address: { zh: '地址', read: cells.text(200) },
  deaf: { zh: '听障', read: cells.text(200) }, language: { zh: '外语', read: cells.text(200) }, note: { zh: '备注', read: cells.text(200) },
} as const

type Row<F extends (known: Known) => Parameters<typeof readSheet>[1]> = RowOf<ReturnType<F>>
export type UnitRow = Row<typeof unitColumns>
export type DutySheetRow = Row<typeof dutyColumns>
export type ClockSheetRow = Row<typeof clockColumns>
export type CalendarSheetRow = RowOf<typeof calendarColumns>
export type UserRow = Row<typeof userColumns>
export type CategorySheetRow = Row<typeof categoryColumns>
export type PlaceRow = RowOf<typeof placeColumns>
export type DistrictRow = RowOf<typeof districtColumns>
export type CitizenRow = RowOf<typeof citizenColumns>
export type ChannelRow = Row<typeof channelColumns>
export type NamedRow = Row<typeof namedColumns>
export type ClusterRow = Row<typeof clusterColumns>

/** Everything that can be imported: its columns, and what no two rows may share. */
export const KINDS = {
  units: (text: string, known: Known): Sheet<UnitRow> => readSheet(text, unitColumns(known), ['id']),
  duties: (text: string, known: Known): Sheet<DutySheetRow> => readSheet(text, dutyColumns(known), ['code', 'unit'], dutyChecks),
  clocks: (text: string, known: Known): Sheet<ClockSheetRow> => readSheet(text, clockColumns(known), ['clock', 'category', 'priority']),
  calendar: (text: string): Sheet<CalendarSheetRow> => readSheet(text, calendarColumns, ['day']),
  users: (text: string, known: Known): Sheet<UserRow> => readSheet(text, userColumns(known), ['login']),
  channels: (text: string, known: Known): Sheet<ChannelRow> => noneAlone(readSheet(text, channelColumns(known), ['unit', 'channel', 'address'], channelChecks(known))),
  named: (text: string, known: Known): Sheet<NamedRow> => readSheet(text, namedColumns(known), ['stage', 'unit', 'name', 'channel'], namedChecks(known)),
  clusters: (text: string, known: Known): Sheet<ClusterRow> => readSheet(text, clusterColumns(known), ['category']),
  places: (text: string): Sheet<PlaceRow> => readSheet(text, placeColumns, ['code'], placeChecks),
  districts: (text: string): Sheet<DistrictRow> => readSheet(text, districtColumns, ['id']),
  citizens: (text: string): Sheet<CitizenRow> => readSheet(text, citizenColumns, ['number']),
  categories: (text: string, known: Known): Sheet<CategorySheetRow> => readSheet(text, categoryColumns(known), ['code']),
} as const
export type ImportKind = keyof typeof KINDS
