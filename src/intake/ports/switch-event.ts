import type { PartyMode, PartyRole } from '../../contracts/call.js'
import type { ArrivingCall } from './leg.js'

/** What FreeSWITCH reports over the inbound link: hints that may be lost, doubled or late. `at` is FreeSWITCH's time, ms. */
export type SwitchEvent =
  | { readonly type: 'leg.ringing'; readonly legId: string; readonly callId: string; readonly operatorId: string; readonly at: number }
  /** The operator's leg was answered: the moment the call is answered. */
  | { readonly type: 'leg.answered'; readonly legId: string; readonly callId: string; readonly operatorId: string; readonly at: number }
  /** The operator's leg ended or never came up. `cause` is FreeSWITCH's hang-up cause. */
  | {
      readonly type: 'leg.ended'
      readonly legId: string
      readonly callId: string
      readonly operatorId: string
      readonly cause: string
      readonly at: number
      /** The leg had been answered (CHANNEL_HANGUP_COMPLETE says so): heals a lost `leg.answered`. */
      readonly answeredAt?: number
      /** It had the citizen (likewise): heals a `call.bridged` that is lost, or that its own end overtook. */
      readonly bridgedAt?: number
    }
  /** `answeredAt`: when the operator's leg was answered, `operatorId`: whose it is, as far as CHANNEL_BRIDGE says so; they heal a lost `leg.answered`. */
  | { readonly type: 'call.bridged'; readonly callId: string; readonly legId: string; readonly operatorId?: string; readonly at: number; readonly answeredAt?: number }
  | {
      readonly type: 'call.ended'
      readonly callId: string
      readonly cause: string
      readonly at: number
      /** The leg that he talked with until then, since when, and its telephone where the native queue rang it: heals an answer of which nothing was told. */
      readonly talk?: { readonly legId: string; readonly at: number; readonly extension?: string }
    }
  /** The citizen pressed a key. In the flow it is the flow's. */
  | { readonly type: 'call.key'; readonly callId: string; readonly key: string; readonly at: number }
  /** The citizen left our socket for the native queue. */
  | { readonly type: 'call.fallback'; readonly callId: string; readonly at: number }
  /** A third telephone was answered, or is gone. A bridge of it with the citizen comes as `call.bridged`. */
  | { readonly type: 'party.answered'; readonly legId: string; readonly callId: string; readonly at: number }
  | { readonly type: 'party.ended'; readonly legId: string; readonly callId: string; readonly cause: string; readonly at: number }
  /** A call back: the citizen's telephone was answered, or a leg of it is gone. */
  | { readonly type: 'redial.reached'; readonly farLegId: string; readonly at: number }
  | { readonly type: 'redial.ended'; readonly legId: string; readonly cause: string; readonly at: number }
  | { readonly type: 'phone.registered'; readonly extension: string; readonly at: number }
  | { readonly type: 'phone.unregistered'; readonly extension: string; readonly at: number }
  /**
   * This is what really exists: everything else is gone. Sent after each (re)connect and each `reconcile()`. `at` is when the snapshot began, by the monotonic clock.
   * `host`: host name of the FreeSWITCH whose snapshot this is, as far as it is known.
   * `redials`: calls back that are under way; absent: nothing is said of them.
   * `unsure`: UUIDs of which FreeSWITCH's answer could not be read: neither alive nor gone.
   */
  | { readonly type: 'resync'; readonly calls: readonly LiveCall[]; readonly redials?: readonly LiveRedial[]; readonly unsure?: readonly string[]; readonly host?: string; readonly at: number; readonly restarted: boolean }
  | { readonly type: 'link.down'; readonly at: number }
  /**
   * A call that came, was perhaps answered, and ended, perhaps while we were away: from its CDR file. `bridged`: citizen and operator heard each other.
   * `refused`: the dialplan sent him away before it took the call (no channel left for him, a number that is none of ours): another FreeSWITCH may have him.
   * `vain`: operators who lifted a telephone and never had him, though somebody did.
   * `settled(true)` deletes the file: its facts are durable; `settled(false)` keeps it for another try.
   */
  | { readonly type: 'past'; readonly call: LiveCall; readonly endedAt: number; readonly cause: string; readonly bridged: boolean; readonly refused?: boolean; readonly vain?: readonly string[]; readonly settled: (durable: boolean) => void }

/** One citizen's call found by `show channels` and `uuid_dump`. */
export interface LiveCall {
  readonly call: ArrivingCall
  /** The operator's leg bridged to it or ringing for it. */
  readonly leg?: {
    readonly legId: string
    /** From our own variable on the leg; absent when the native queue offered the call. */
    readonly operatorId?: string
    readonly extension?: string
    readonly answeredAt?: number
    /** It was answered, and does not have him: he comes to it in a moment, or it was lifted in vain. */
    readonly alone?: true
  }
  /** Legs that ring for it at operators, asked for by us or by another node. */
  readonly ringing?: readonly string[]
  /** Third telephones of the talk. */
  readonly parties?: readonly LiveParty[]
  readonly onHold?: boolean
  /** He is in the native queue, or talks with somebody whom it found. */
  readonly fallback?: boolean
}

/** A citizen being called back. `reachedAt`: when he answered, FreeSWITCH's time. */
export interface LiveRedial {
  readonly ticketId: string
  readonly legId: string
  readonly farLegId: string
  readonly operatorId: string
  readonly reachedAt?: number
}

export interface LiveParty {
  readonly legId: string
  readonly role: PartyRole
  readonly mode: PartyMode
  readonly operatorId?: string
  readonly line?: string
  readonly number: string
  readonly createdAt: number
  readonly answeredAt?: number
}
