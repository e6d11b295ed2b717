import Value from 'typebox/value'
import type { Static, TSchema } from 'typebox'
import { LineMessage, LinePart, LineState, type Exchange, type Sealed } from '../../contracts/county.js'
import { LiandongError } from '../../contracts/errors.js'
import type { Line, LineStore, Received } from './ports.js'
import { seal, unseal, type Signer } from './seal.js'

/** A signed text that is no such thing: its writer is a later version, or nobody we know. */
function read<S extends TSchema>(schema: S, text: string, key: string): Static<S> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new LiandongError('line.signature', { key }, { cause: error })
  }
  if (!Value.Check(schema, value)) throw new LiandongError('line.signature', { key })
  return value
}

/** What came of the other side, every signature looked at before anything counts. @throws LiandongError `line.signature` */
export function opened({ state, messages, part }: Exchange, line: Line): { readonly state: LineState; readonly messages: readonly Received[]; readonly part: LinePart | null } {
  const ours = (one: { readonly line: string; readonly from: string }): boolean => one.line === line.name && one.from === line.peer
  const said = read(LineState, unseal(state, line.keys), state.key)
  if (!ours(said)) throw new LiandongError('line.signature', { key: state.key })
  const piece = part === undefined ? null : read(LinePart, unseal(part, line.keys), part.key)
  if (part !== undefined && piece !== null && !ours(piece)) throw new LiandongError('line.signature', { key: part.key })
  return {
    part: piece,
    state: said,
    messages: messages.map((sealed) => {
      const message = read(LineMessage, unseal(sealed, line.keys), sealed.key)
      if (!ours(message)) throw new LiandongError('line.signature', { key: sealed.key })
      return { message, text: sealed.text, key: sealed.key, signature: sealed.signature }
    }),
  }
}

/** Our half of an exchange. `peer`: what the other side says that it has. */
export async function spoken(store: LineStore, line: Line, turn: number, peer: Pick<LineState, 'have' | 'held' | 'wants'>): Promise<Exchange> {
  const signer = await store.signer()
  const from = line.peer === 'city' ? 'county' : 'city'
  // First: whatever it counts as ours goes out with it, or waits behind what goes out.
  const mine = await store.state(line.name)
  const messages = await store.outgoing(line.name, peer.have, peer.held)
  // What was done goes before pictures of it.
  const { wants } = peer
  const piece = wants === undefined || messages.length > 0 ? null : await store.piece(line.name, wants.id, wants.from)
  return {
    state: sealed({ line: line.name, from, turn, ...mine }, signer),
    messages: messages.map((message) => sealed({ line: line.name, from, ...message }, signer)),
    ...(piece === null || wants === undefined ? {} : { part: sealed({ line: line.name, from, id: wants.id, at: wants.from, data: Buffer.from(piece).toString('base64') } satisfies LinePart, signer) }),
  }
}
const sealed = (value: object, signer: Signer): Sealed => seal(JSON.stringify(value), signer)

/** Takes what the other side said: receipts for ours, its own messages, in the order of their numbers. */
export async function taken(store: LineStore, { name }: Line, { state, messages, part }: ReturnType<typeof opened>): Promise<void> {
  const { now } = await store.state(name)
  await store.heard(name, state.now - now, state.last ?? 0)
  await store.acknowledge(name, state.have, state.tip)
  if (messages.length > 0) await store.receive(name, messages)
  await store.apply(name)
  if (part !== null) await store.takePiece(name, part.id, part.at, Buffer.from(part.data, 'base64'))
  await store.develop(name)
}
