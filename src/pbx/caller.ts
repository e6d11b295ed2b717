import type { CallerIdentity, QueueClass } from '../contracts/call.js'
import { QUEUE_CLASSES } from '../contracts/call.js'
import type { Point } from '../contracts/primitives.js'
import { nationalNumber } from '../contracts/telephone.js'
import type { ArrivingCall, Mirror } from '../intake/ports.js'
import { isUuid } from './esl/command.js'
import { CARRIED_VARIABLE, TURNED_VARIABLE, YIELDS_VARIABLE, type OurHeader } from './variables.js'

/** Everything that must not reach a screen, a log line or a file: C0, DEL, C1, line and paragraph separators, bidi controls, BOM. */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/g

/** Text of a caller, made harmless once, at ingest: NFC, no controls, at most `max` characters. Sinks still escape it. */
export function cleanText(text: string | undefined, max: number): string {
  const clean = (text ?? '').normalize('NFC').toWellFormed().replace(INVISIBLE, ' ').trim()
  return [...clean].slice(0, max).join('')
}

/** A telephone number: digits, `*`, `#` and one leading `+`; anything else in it makes it no number. */
export function cleanNumber(text: string | undefined): string {
  return text !== undefined && /^\+?[0-9*#]{1,20}$/.test(text) ? text : ''
}

/** Free text that the edge sent as base64url; undefined when there is none. */
const fromBase64 = (text: string | undefined): string | undefined =>
  text !== undefined && /^[A-Za-z0-9_-]{1,2048}$/.test(text) ? Buffer.from(text, 'base64url').toString('utf8') : undefined

const metres = (text: string | undefined): number | undefined => (text !== undefined && /^\d{1,7}(\.\d{1,3})?$/.test(text) ? Number(text) : undefined)

const decimal = (text: string | undefined, limit: number): number | undefined =>
  text !== undefined && /^-?\d{1,3}(\.\d{1,8})?$/.test(text) && Math.abs(Number(text)) <= limit ? Number(text) : undefined

/** Variables that our dialplan, our edge or we ourselves set: nobody else can (SIP headers become `sip_h_…`). */
export const MIRROR_VARIABLES = { queuedAt: 'liandong_queued_at', class: 'liandong_class', category: 'liandong_category', skill: 'liandong_skill', priority: 'liandong_priority', language: 'liandong_language', flow: 'liandong_flow' } as const

/** What a citizen's call is read from, beside variables of ours. */
export const CALL_HEADERS = [
  'Unique-ID', 'Channel-Unique-ID', 'Caller-Unique-ID', 'Caller-Orig-Caller-ID-Number', 'Caller-Caller-ID-Number', 'Caller-Orig-Caller-ID-Name', 'Caller-Caller-ID-Name', 'FreeSWITCH-Hostname',
  'Event-Date-Timestamp', 'Caller-Destination-Number', 'Channel-Destination-Number', 'Caller-Channel-Created-Time', 'Channel-Channel-Created-Time', 'variable_recovered',
] as const
export interface CallHeaders { get(name: (typeof CALL_HEADERS)[number] | OurHeader): string | undefined }
type Variable = (name: 'recovered' | `liandong_${string}`) => string | undefined

/** The citizen's call from channel data: the `connect` reply, or `uuid_dump … json`. */
export function readCall(headers: CallHeaders): ArrivingCall | null {
  const callId = headers.get('Unique-ID') ?? headers.get('Channel-Unique-ID') ?? headers.get('Caller-Unique-ID')
  if (callId === undefined || !isUuid(callId)) return null
  const variable: Variable = (name) => headers.get(`variable_${name}`)
  // The SIP edge's word before FreeSWITCH's: that takes P-Asserted-Identity from anybody. "none": the edge knows that there is none.
  // Then the original one: once bridged, FreeSWITCH shows the other side's as the caller's.
  const written = cleanNumber(variable('liandong_number') ?? headers.get('Caller-Orig-Caller-ID-Number') ?? headers.get('Caller-Caller-ID-Number'))
  const caller: CallerIdentity = {
    number: nationalNumber(written),
    name: cleanText(fromBase64(variable('liandong_name')) ?? headers.get('Caller-Orig-Caller-ID-Name') ?? headers.get('Caller-Caller-ID-Name'), 64),
    verified: variable('liandong_verified') === 'true',
  }
  // Phones send the number again as display name; that is no name.
  const named = caller.name === written || caller.name === caller.number ? { ...caller, name: '' } : caller
  const location = readLocation(variable)
  const place = cleanText(fromBase64(variable('liandong_place')), 256)
  const host = headers.get('FreeSWITCH-Hostname')
  const [, edge, mark] = /^([a-z0-9-]{1,32})\/(\d{16})$/.exec(variable('liandong_edge') ?? '') ?? []
  const toldAt = microseconds(headers.get('Event-Date-Timestamp'))
  return {
    callId,
    caller: named,
    // The dialplan's word of what he dialled: who has come back to us since shows where he came back.
    calledNumber: cleanNumber(variable('liandong_called') ?? headers.get('Caller-Destination-Number') ?? headers.get('Channel-Destination-Number')),
    ...(host === undefined ? {} : { host }),
    ...(edge === undefined || mark === undefined ? {} : { edge: { name: edge, mark: Number(mark) } }),
    ...(location === null ? {} : { location }),
    ...(place === '' ? {} : { locationText: place }),
    createdAt: microseconds(headers.get('Caller-Channel-Created-Time') ?? headers.get('Channel-Channel-Created-Time')) ?? toldAt ?? 0,
    ...(toldAt === undefined ? {} : { toldAt }),
    recovered: variable('recovered') === 'true',
    ...(variable(TURNED_VARIABLE) === 'true' ? { turned: true } : {}),
    ...(variable(YIELDS_VARIABLE) === 'true' ? { yields: true } : {}),
    ...(variable(CARRIED_VARIABLE) === 'true' ? { carried: true } : {}),
    mirror: readMirror(variable),
  }
}

function readLocation(variable: Variable): Point | null {
  const lat = decimal(variable('liandong_lat'), 90)
  const lon = decimal(variable('liandong_lon'), 180)
  if (lat === undefined || lon === undefined) return null
  const uncertainty = metres(variable('liandong_uncertainty'))
  return { lat, lon, ...(uncertainty === undefined ? {} : { uncertaintyMetres: uncertainty }) }
}

const CATEGORY = /^[a-z][a-z0-9-]{1,31}$/

function readMirror(variable: Variable): Mirror {
  const queuedAt = Number(variable(MIRROR_VARIABLES.queuedAt) ?? NaN)
  const queueClass = variable(MIRROR_VARIABLES.class)
  const category = variable(MIRROR_VARIABLES.category)
  const skill = variable(MIRROR_VARIABLES.skill)
  const priority = variable(MIRROR_VARIABLES.priority)
  const language = variable(MIRROR_VARIABLES.language)
  const flow = variable(MIRROR_VARIABLES.flow)
  return {
    ...(Number.isSafeInteger(queuedAt) && queuedAt > 0 ? { queuedAt } : {}),
    ...((QUEUE_CLASSES as readonly (string | undefined)[]).includes(queueClass) ? { class: queueClass as QueueClass } : {}),
    ...(category !== undefined && CATEGORY.test(category) ? { category } : {}),
    ...(skill !== undefined && CATEGORY.test(skill) ? { skill } : {}),
    ...(priority !== undefined && /^[0-9]$/.test(priority) ? { priority: Number(priority) } : {}),
    ...(language === 'zh-CN' || language === 'en' ? { language } : {}),
    ...(flow !== undefined && /^[a-z0-9:._-]{1,128}$/i.test(flow) ? { flow } : {}),
  }
}

/** FreeSWITCH's times are microseconds; 0 means never. → ms, or undefined. */
export function microseconds(text: string | undefined): number | undefined {
  const value = Number(text ?? 0)
  return Number.isFinite(value) && value > 0 ? Math.floor(value / 1000) : undefined
}
