import { capturedLines } from '../../helpers/captures.js'

/** One thing of a capture, in the order of time. */
export type Item =
  | { readonly kind: 'open' | 'end'; readonly by: 'fs' | 'app'; readonly connection: string }
  | { readonly kind: 'command'; readonly connection: string; readonly text: string }
  | { readonly kind: 'frame'; readonly connection: string; readonly frame: Frame }

/** A frame as FreeSWITCH wrote it; `event` when it is one. */
export interface Frame { readonly head: string; readonly type: string; readonly body: string; readonly event: Readonly<Record<string, string>> | null }

/** Cuts what FreeSWITCH writes into frames, and hands out those that are whole. Written for tests: it shares nothing with the codec. */
export function makeFrameCutter(): (chunk: Buffer) => Frame[] {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const frames: Frame[] = []
    for (;;) {
      const empty = rest.indexOf('\n\n')
      if (empty < 0) return frames
      const head = rest.toString('utf8', 0, empty)
      const header = (name: string): string => head.split('\n').find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
      const end = empty + 2 + Number(header('Content-Length') || 0)
      if (rest.length < end) return frames
      const body = rest.toString('utf8', empty + 2, end)
      rest = rest.subarray(end)
      const type = header('Content-Type')
      frames.push({ head, type, body, event: type === 'text/event-json' ? JSON.parse(body) as Record<string, string> : null })
    }
  }
}

/** A recorded scenario: commands and frames whole, whatever pieces they came in. */
export function readCapture(name: string): Item[] {
  const cutters = new Map<string, ReturnType<typeof makeFrameCutter>>()
  const written = new Map<string, string>()
  return capturedLines(name).flatMap(({ conn: connection, dir, data, event }): Item[] => {
    if (data === undefined) return [{ kind: event === 'connect' ? 'open' : 'end', by: dir, connection }]
    if (dir === 'fs') {
      const cut = cutters.get(connection) ?? makeFrameCutter()
      cutters.set(connection, cut)
      return cut(Buffer.from(data)).map((frame) => ({ kind: 'frame', connection, frame }))
    }
    const parts = `${written.get(connection) ?? ''}${data}`.split('\n\n')
    written.set(connection, parts.pop() ?? '')
    return parts.map((text) => ({ kind: 'command', connection, text }))
  })
}
