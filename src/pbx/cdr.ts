import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LiveCall, SwitchEvent } from '../intake/ports.js'
import { microseconds, readCall } from './caller.js'
import { isUuid } from './esl/command.js'
import { CALL_VARIABLE, LINE_VARIABLE, OPERATOR_VARIABLE } from './variables.js'

/** What mod_json_cdr wrote about one channel, as far as we read it. */
export type Cdr =
  | { readonly side: 'citizen'; readonly call: LiveCall['call']; readonly endedAt: number; readonly cause: string; readonly refused: boolean; readonly bridgedAt?: number; readonly legId?: string; readonly extension?: string }
  | { readonly side: 'operator'; readonly legId: string; readonly callId: string; readonly operatorId: string; readonly endedAt: number; readonly answeredAt?: number; readonly bridged: boolean }
  /** A leg of the native queue, a call that a telephone of the directory made: nothing that the citizen's own record does not say. */
  | { readonly side: 'other' }

type Past = Extract<SwitchEvent, { type: 'past' }>
type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads one CDR file (mod_json_cdr.c with `encode-values`: variables are percent-encoded, the call flow is not; newest profile first).
 * @param context the citizens' dialplan context.
 * @throws Error saying what is wrong with it.
 */
export function readCdr(text: string, context: string): Cdr {
  const parsed: unknown = JSON.parse(text)
  if (!isObject(parsed) || !isObject(parsed['variables'])) throw new Error('no variables')
  const variables = parsed['variables']
  const variable = (name: string): string | undefined => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined
    return typeof value === 'string' ? decoded(value) : undefined
  }
  const uuid = variable('uuid')
  if (uuid === undefined || !isUuid(uuid)) throw new Error('no uuid')
  const endedAt = microseconds(variable('end_uepoch'))
  if (endedAt === undefined) throw new Error('no end')
  if (variable('direction') === 'outbound') {
    const callId = variable(CALL_VARIABLE)
    const operatorId = variable(OPERATOR_VARIABLE)
    if (callId === undefined || operatorId === undefined) return { side: 'other' }
    const answeredAt = microseconds(variable('answer_uepoch'))
    return { side: 'operator', legId: uuid, callId, operatorId, endedAt, bridged: microseconds(variable('bridge_uepoch')) !== undefined, ...(answeredAt === undefined ? {} : { answeredAt }) }
  }
  // The first profile is the caller as he came; later ones show whom he was bridged to.
  const profiles = (Array.isArray(parsed['callflow']) ? parsed['callflow'] : []).flatMap((part: unknown) => (isObject(part) && isObject(part['caller_profile']) ? [part['caller_profile']] : []))
  const first = profiles.at(-1)
  if (first === undefined) throw new Error('no profile')
  // A telephone that dials the intake's number is transferred into their context: a citizen like any other.
  if (!profiles.some((profile) => profile['context'] === context)) {
    if (variable('user_context') === first['context']) return { side: 'other' }
    throw new Error(`came in by the context ${String(first['context'])}, citizens by ${context} (pbx.fallbackContext)`)
  }
  const profile = (name: string): string | undefined => (typeof first[name] === 'string' ? first[name] : undefined)
  const call = readCall({
    get(name) {
      switch (name) {
        case 'Unique-ID': return uuid
        // An intercepted caller's own id was overwritten by the operator's (switch_channel_flip_cid); these two stay.
        case 'Caller-Caller-ID-Number': return profile('ani')
        case 'Caller-Caller-ID-Name': return variable('sip_from_display')
        case 'Caller-Destination-Number': return profile('destination_number')
        case 'Caller-Channel-Created-Time': return variable('start_uepoch')
        default: return name.startsWith('variable_') ? variable(name.slice('variable_'.length)) : undefined
      }
    },
  })
  if (call === null) throw new Error('no call')
  // Another line took the call: whom he talked with was no operator.
  const bridgedAt = variable(LINE_VARIABLE) === undefined ? firstBridge(parsed['callflow']) : undefined
  const legId = variable('cc_agent_uuid') ?? variable('bridge_uuid')
  const extension = /^[0-9]{2,8}$/.exec(variable('cc_agent') ?? '')?.[0]
  return {
    side: 'citizen', call, endedAt, cause: variable('hangup_cause') ?? 'NORMAL_CLEARING',
    // `respond` of our dialplan (sip/freeswitch/dialplan/citizens.xml: `full`, `unknown`) is the last that such a channel does.
    refused: microseconds(variable('answer_uepoch')) === undefined && variable('last_app') === 'respond',
    ...(bridgedAt === undefined ? {} : { bridgedAt }), ...(legId === undefined ? {} : { legId }), ...(extension === undefined ? {} : { extension }),
  }
}

/** Times of each profile (switch_ivr_generate_json_cdr), µs as text. A transfer after the talk begins a new profile, and `bridge_uepoch` tells of the last one only. */
function firstBridge(callflow: unknown): number | undefined {
  const bridges = (Array.isArray(callflow) ? callflow : []).flatMap((part: unknown) => {
    const at = isObject(part) && isObject(part['times']) ? part['times']['bridged_time'] : undefined
    const ms = typeof at === 'string' ? microseconds(at) : undefined
    return ms === undefined ? [] : [ms]
  })
  return bridges.length === 0 ? undefined : Math.min(...bridges)
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value // GBK bytes, percent-encoded: not UTF-8
  }
}

/** A citizen's record and the operators' legs that answered him → one event; `bridged` decides whether he must be called back. */
export function pastOf(citizen: Extract<Cdr, { side: 'citizen' }>, legs: readonly Extract<Cdr, { side: 'operator' }>[]): Omit<Past, 'settled'> {
  const answered = legs.filter((leg) => leg.answeredAt !== undefined).sort((a, b) => (a.answeredAt ?? 0) - (b.answeredAt ?? 0))
  // Who lifted his receiver a moment after the native queue had found somebody else has not talked with him.
  const other = citizen.extension !== undefined && citizen.bridgedAt !== undefined
  const answering = answered.find(({ bridged }) => bridged) ?? (other ? undefined : answered[0])
  const vain = citizen.bridgedAt === undefined ? [] : answered.flatMap(({ operatorId, bridged }) => (bridged ? [] : [operatorId]))
  const past = { type: 'past', endedAt: citizen.endedAt, cause: citizen.cause, bridged: citizen.bridgedAt !== undefined, ...(citizen.refused ? { refused: true } : {}), ...(vain.length === 0 ? {} : { vain }) } as const
  if (answering?.answeredAt !== undefined) {
    return { ...past, call: { call: citizen.call, leg: { legId: answering.legId, operatorId: answering.operatorId, answeredAt: answering.answeredAt } } }
  }
  if (citizen.bridgedAt === undefined || citizen.legId === undefined) return { ...past, call: { call: citizen.call } }
  return { ...past, call: { call: citizen.call, leg: { legId: citizen.legId, answeredAt: citizen.bridgedAt, ...(citizen.extension === undefined ? {} : { extension: citizen.extension }) } } }
}

export interface SweepSettings {
  readonly directory: string
  /** The citizens' dialplan context. */
  readonly context: string
  readonly clock: () => number
  readonly every?: number
  /** A file younger than this may still be written, ms. A citizen's waits twice as long: his operator's leg ends up to so much later, and that file must be ripe too. */
  readonly ripe?: number
  /** An operator's record whose citizen's never came is given up after this, ms. */
  readonly orphan?: number
  /** Files taken in at a time; the rest follows in the next turn. */
  readonly batch?: number
}

export interface CdrSweep { close(): Promise<void> }

const SUFFIX = '.cdr.json'
const remove = (path: string): Promise<void> => rm(path, { force: true })

/**
 * Takes in the records that FreeSWITCH leaves for each ended call: the safety net of design.md, decision 3. A file is deleted when its facts are
 * durable; one that cannot be read is moved to `rejected/`. Nothing here is on the call path.
 */
export function startCdrSweep(settings: SweepSettings, handlers: { readonly onPast: (event: Past) => void; readonly logger: { warn(fields: object, text: string): void } }): CdrSweep {
  const { directory, context, clock, every = 2_000, ripe = 2_000, orphan = 24 * 3_600_000, batch = 200 } = settings
  /** Handed over and not yet durable. */
  const inHand = new Set<string>()
  let timer: NodeJS.Timeout | null = null
  let closed = false
  let complained = false
  let turn: Promise<void> = Promise.resolve()
  /** Records taken up and not gone yet, by file name: none of them is read again. */
  const read = new Map<string, Cdr>()
  /** Done with, and still there because the disk or its permissions would not let them go, with how each is to go: tried again, and never told twice. */
  const leftOver = new Map<string, (path: string) => Promise<void>>()
  /** Why some could not be taken away, as far as it was told: a directory that is read-only is told once, not for each of a thousand files. */
  const reasons = new Set<string>()

  /** Never rejects. What cannot be taken away now stays in hand and is tried again at each turn. */
  async function takeAway(name: string, how: (path: string) => Promise<void> = remove): Promise<void> {
    try {
      await how(join(directory, name))
      leftOver.delete(name)
    } catch (error) {
      leftOver.set(name, how)
      const { code = '', message } = error as NodeJS.ErrnoException
      if (reasons.has(code)) return
      reasons.add(code)
      handlers.logger.warn({ file: name, directory, reason: message }, 'CDR files cannot be taken away (pbx.cdrDirectory must be writable for this service, see `liandong doctor`); their calls are recorded, the files are tried again')
    }
  }

  async function reject(name: string, reason: string): Promise<void> {
    handlers.logger.warn({ file: name, reason }, 'CDR file cannot be read; moved to rejected/')
    await takeAway(name, async (path) => {
      await mkdir(join(directory, 'rejected'), { recursive: true })
      await rename(path, join(directory, 'rejected', name))
    })
  }

  /** Reads what is new, its age by one look at the clock for all. @returns true when every ripe file of the directory has been read. */
  async function readNew(names: readonly string[], now: number): Promise<boolean> {
    const fresh = names.filter((name) => !read.has(name) && !inHand.has(name) && !leftOver.has(name))
    for (const name of fresh.slice(0, batch * 4)) {
      const path = join(directory, name)
      try {
        const age = now - (await stat(path)).mtimeMs
        const old = (enough: number): boolean => age >= enough || age < 0 // a clock that was set back makes nothing young
        if (!old(ripe)) continue
        const cdr = readCdr(await readFile(path, 'utf8'), context)
        if (cdr.side !== 'citizen' || old(2 * ripe)) read.set(name, cdr)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') await reject(name, (error as Error).message)
      }
    }
    return fresh.length <= batch * 4
  }

  /** @returns what must be durable before the rest is taken up, at once; null: there is no rest. */
  async function sweep(): Promise<readonly Promise<boolean>[] | null> {
    const now = clock()
    const names = (await readdir(directory)).filter((name) => name.endsWith(SUFFIX)).sort()
    const there = new Set(names)
    for (const name of read.keys()) if (!there.has(name)) read.delete(name)
    for (const [name, how] of leftOver) if (there.has(name)) await takeAway(name, how); else leftOver.delete(name)
    if (leftOver.size === 0) reasons.clear()
    // A call is told with all its legs: while there is a backlog, the leg that answered it may be in a file that was not read yet.
    const before = read.size
    if (!await readNew(names, now)) return read.size > before ? [] : null
    const legs = new Map<string, { readonly name: string; readonly cdr: Extract<Cdr, { side: 'operator' }> }[]>()
    for (const [name, cdr] of read) {
      if (cdr.side === 'other') {
        read.delete(name)
        await takeAway(name)
      } else if (cdr.side === 'operator') legs.set(cdr.callId, [...legs.get(cdr.callId) ?? [], { name, cdr }])
    }
    let taken = 0
    const settled: Promise<boolean>[] = []
    for (const [name, cdr] of read) {
      if (cdr.side !== 'citizen' || inHand.has(name)) continue
      const own = legs.get(cdr.call.callId) ?? []
      legs.delete(cdr.call.callId)
      if ((taken += 1) > batch) continue
      const files = [name, ...own.map((leg) => leg.name)]
      for (const file of files) inHand.add(file)
      settled.push(new Promise((resolve) => {
        handlers.onPast({
          ...pastOf(cdr, own.map((leg) => leg.cdr)),
          settled: (durable) => {
            resolve(durable)
            const free = (): void => { for (const file of files) inHand.delete(file) }
            if (!durable) return free()
            for (const file of files) read.delete(file)
            void Promise.all(files.map((file) => takeAway(file))).then(free)
          },
        })
      }))
    }
    for (const { name, cdr } of [...legs.values()].flat()) {
      if (inHand.has(name) || clock() - cdr.endedAt < orphan) continue
      read.delete(name)
      await reject(name, 'no citizen’s call belongs to it')
    }
    return taken > batch ? settled : null
  }

  async function take(): Promise<void> {
    let rest: readonly Promise<boolean>[] | null = null
    try {
      rest = await sweep()
      complained = false
    } catch (error) {
      if (!complained) handlers.logger.warn({ err: error, directory }, 'the directory of CDR files (pbx.cdrDirectory) cannot be read')
      complained = true
    }
    next(every)
    // After an hour without us there are thousands, and whoever gave up among them is called back within a minute: what is durable makes room at once.
    const mine = timer
    if (rest !== null) void Promise.all(rest).then((durable) => { if (timer === mine && durable.every(Boolean)) next(0) })
  }

  function next(delay: number): void {
    if (closed) return
    if (timer !== null) clearTimeout(timer)
    timer = setTimeout(() => { turn = take() }, delay)
  }
  next(0)
  return {
    async close() {
      closed = true
      if (timer !== null) clearTimeout(timer)
      await turn
    },
  }
}
