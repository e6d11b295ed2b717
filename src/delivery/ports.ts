import type { Bilingual } from '../contracts/primitives.js'

/** A message that was taken out of the outbox to be sent. */
export interface Outgoing {
  readonly id: string
  readonly kind: string
  readonly audience: 'unit' | 'hall' | 'citizen' | 'person'
  readonly channel: 'webhook' | 'email' | 'sms'
  readonly unitId: string | null
  readonly address: string
  readonly ticketId: string | null
  /** What a webhook gets as it is; `text` is what people read. */
  readonly body: { readonly text: Bilingual; /** What an e-mail says instead: of a ticket as much as its unit sees at its terminal. */ readonly letter?: Bilingual; readonly [key: string]: unknown }
  /** This try included. */
  readonly tries: number
  /** To a citizen who chose English when he called. */
  readonly english?: boolean
  /** Key of a webhook's signatures. */
  readonly secret: string
}

/**
 * How one try ended. `received`: the other side has it (that is a delivery); `sent`: somebody took it over who may say later that it arrived;
 * `again`: worth another try; `never`: it will never work (a refused address, an unknown host name).
 */
export type Sending =
  | { readonly type: 'received' }
  | { readonly type: 'sent' }
  | { readonly type: 'again'; readonly why: string; readonly after?: number }
  | { readonly type: 'never'; readonly why: string }

/** Why a text message was never sent: this telephone takes none, however often it is tried. */
export const NOT_MOBILE = 'not a mobile number'

/** One way to the outside. Resolves whatever happens; has its own deadline. */
export interface Channel { send(message: Outgoing): Promise<Sending> }

export interface OutboxStore {
  /** Messages of a channel whose time has come, for this sender alone for `lease` ms: work first, none for addresses that are `busy`, and a few only for each. */
  take(channel: Outgoing['channel'], most: number, lease: number, busy: readonly string[]): Promise<readonly Outgoing[]>
  sent(id: string, received: boolean): Promise<void>
  /** `after` ms until the next try; null: given up. → false: it was over meanwhile, and nobody misses it. */
  failed(id: string, why: string, after: number | null): Promise<boolean>
}
