import { randomUUID } from 'node:crypto'
import { LINE_SLACK } from '../contracts/call.js'
import type { LineRequest, SwitchEvent } from '../intake/ports.js'
import { microseconds } from './caller.js'
import { jsonHeaders } from './channels.js'
import { timeOf } from './switch-events.js'
import type { EslEvent } from './esl/codec.js'
import { CommandRefused, type Originate } from './esl/command.js'
import type { EslLink } from './esl/link.js'
import type { OnRefused } from './esl/refused.js'

/** FreeSWITCH has said by then how an originate ended, ms: no telephone is rung for longer. Where it has not, the word was lost with a link. */
const JOB = 120_000

/** What a leg that we ask for is. */
export interface LegKind { readonly kind: 'operator' | 'party' | 'redial'; readonly callId: string; readonly operatorId: string }

export interface OriginatesDeps {
  readonly link: () => Pick<EslLink, 'up' | 'request' | 'post' | 'api'>
  readonly report: (event: SwitchEvent) => void
  readonly onRefused: OnRefused
  /** ms since epoch. */
  readonly clock: () => number
  /** Monotonic, ms. */
  readonly monotonic: () => number
}

/** Legs that we asked FreeSWITCH for, and how asking ended. Whatever happens, each has an end. */
export interface Originates {
  /** `bgapi originate`; `make` may throw, then the leg ends at once. */
  start(legId: string, about: LegKind, make: () => Originate): void
  /** Rings a line and resolves with whether it took the caller. Never rejects. */
  ringLine(request: Pick<LineRequest, 'callId' | 'legId' | 'timeout'>, call: Originate): Promise<boolean>
  /** BACKGROUND_JOB: how an originate ended. */
  onJob(event: EslEvent): void
  /** The leg's own events told its end. */
  forget(legId: string): void
  /**
   * A snapshot found no such channel: it may be about to be, or its originate is about to fail. The BACKGROUND_JOB says so, and is waited for;
   * an operator's leg the room gives up by itself when that takes too long, and a party's with its call. A call back is in no snapshot: its end is told here.
   * `restarted`: FreeSWITCH is another one than was asked for it, and has not recovered it.
   */
  gone(legId: string, restarted?: boolean): void
  legIds(): readonly string[]
  /** Whose call a leg is about, while it is there; null: it is none of ours. */
  callOf(legId: string): string | null
}

/** Asks for legs by `originate` and follows them until their end is known. */
export function makeOriginates({ link, report, onRefused, clock, monotonic }: OriginatesDeps): Originates {
  const legs = new Map<string, LegKind & { readonly jobId: string; readonly since: number }>()
  const legOfJob = new Map<string, string>()
  /** Legs of whose originate no reply came. */
  const unheard = new Set<string>()
  /** Transfers under way, by job: told how `originate` ended. */
  const lines = new Map<string, (answered: boolean) => void>()

  function forget(legId: string): void {
    const leg = legs.get(legId)
    if (leg !== undefined) legOfJob.delete(leg.jobId)
    legs.delete(legId)
    unheard.delete(legId)
  }

  /** Ends a leg of whose end FreeSWITCH says nothing by itself. */
  function end(legId: string, cause: string, at: number): void {
    const leg = legs.get(legId)
    if (leg === undefined) return
    forget(legId)
    if (leg.kind === 'redial') report({ type: 'redial.ended', legId, cause, at })
    else if (leg.kind === 'party') report({ type: 'party.ended', legId, callId: leg.callId, cause, at })
    else report({ type: 'leg.ended', legId, callId: leg.callId, operatorId: leg.operatorId, cause, at })
  }

  return {
    start(legId, about, make) {
      const jobId = randomUUID()
      const failed = (error: unknown): void => {
        onRefused((error as Error).message, about.callId)
        end(legId, 'NORMAL_TEMPORARY_FAILURE', clock())
      }
      legs.set(legId, { ...about, jobId, since: monotonic() })
      legOfJob.set(jobId, legId)
      let call: Originate
      try {
        call = make()
      } catch (error) {
        return failed(error)
      }
      link().request({ verb: 'bgapi', jobId, call }).then((reply) => { if (!reply.ok) failed(new Error(reply.text)) }, (error: unknown) => {
        if (error instanceof CommandRefused) return failed(error)
        // The reply is lost with the link, the order perhaps not: the telephone may ring. A snapshot will say.
        onRefused((error as Error).message, about.callId)
        unheard.add(legId)
      })
    },
    ringLine({ callId, legId, timeout }, call) {
      if (!link().up) return Promise.resolve(false)
      const jobId = randomUUID()
      return new Promise((resolve) => {
        const settle = (answered: boolean): void => {
          clearTimeout(timer)
          lines.delete(jobId)
          resolve(answered)
        }
        // The word on it was lost with the link. FreeSWITCH itself has ended by now what nobody took up, so that what is left there may be their
        // talk (V7): it is asked. While it cannot say, nobody knows, and he is where he is.
        const until = monotonic() + timeout + LINE_SLACK
        const ask = async (): Promise<void> => {
          const found = link().up ? await link().api({ api: 'uuid_dump', uuid: legId }).catch(() => null) : null
          if (!lines.has(jobId)) return
          const channel = found?.ok === true ? jsonHeaders(found.text) : null
          if (channel !== null && microseconds(channel.get('Caller-Channel-Answered-Time')) !== undefined) return settle(true)
          if (channel === null && found?.text.includes('No such channel') !== true) return askIn(LINE_SLACK)
          if (channel !== null && monotonic() < until) return askIn(until - monotonic())
          settle(false)
          // What still rings there must not take him away later.
          if (channel !== null) link().post([{ verb: 'api', call: { api: 'still', uuid: legId } }])
        }
        let timer: NodeJS.Timeout | undefined
        const askIn = (ms: number): void => { clearTimeout(timer); timer = setTimeout(() => { void ask() }, ms) }
        askIn(timeout + LINE_SLACK)
        lines.set(jobId, settle)
        const refused = (error: unknown): void => { onRefused((error as Error).message, callId); settle(false) }
        link().request({ verb: 'bgapi', jobId, call }).then((reply) => { if (!reply.ok) refused(new Error(reply.text)) }, (error: unknown) => {
          if (error instanceof CommandRefused) return refused(error)
          // The reply is lost with the link, the order perhaps not: it may ring, and nobody else is to ring for him meanwhile.
          onRefused((error as Error).message, callId)
          if (lines.has(jobId)) askIn(LINE_SLACK)
        })
      })
    },
    onJob(event) {
      const jobId = event.get('Job-UUID') ?? ''
      const body = event.get('_body') ?? ''
      lines.get(jobId)?.(body.startsWith('+OK'))
      const legId = legOfJob.get(jobId)
      // It came to nothing before it had a channel (USER_NOT_REGISTERED …), or says again what the channel's own events said.
      if (legId === undefined) return
      legOfJob.delete(jobId)
      if (body.startsWith('-')) end(legId, /-ERR ([A-Z_]+)/.exec(body)?.[1] ?? 'NORMAL_TEMPORARY_FAILURE', timeOf(event, clock()))
    },
    forget,
    gone(legId, restarted = false) {
      const leg = legs.get(legId)
      if (leg === undefined) return
      if (restarted) return end(legId, 'LOST', clock())
      const over = !legOfJob.has(leg.jobId) || monotonic() - leg.since > JOB
      if ((unheard.has(legId) && leg.kind !== 'operator') || (over && leg.kind === 'redial')) end(legId, 'LOST', clock())
      else if (over) forget(legId)
    },
    legIds: () => [...legs.keys()],
    callOf: (legId) => legs.get(legId)?.callId ?? null,
  }
}
