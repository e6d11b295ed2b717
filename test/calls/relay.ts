import { connect, createServer, type Socket } from 'node:net'

/** A wire between a node and the PBX's event socket, that the test can cut, hold and listen to. */
export interface Relay {
  readonly port: number
  /** Everything the PBX said since `record()`. */
  readonly heard: readonly Buffer[]
  record(): void
  /** Resets every connection now. */
  cut(): void
  /** Bytes go nowhere and nothing is closed, until it is let go. */
  hold(on: boolean): void
  /** What the far side says comes this much later, ms. */
  slow(ms: number): void
  /** Says this to the node, as if it came from the PBX. */
  say(bytes: Buffer): void
  close(): Promise<void>
}

export async function startRelay(to: () => number): Promise<Relay> {
  const wires = new Set<readonly [Socket, Socket]>()
  let recording: Buffer[] | null = null
  let held = false
  let delay = 0
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: to(), host: '127.0.0.1', noDelay: true })
    const wire = [near, far] as const
    let due = 0
    wires.add(wire)
    far.on('data', (chunk: Buffer) => {
      recording?.push(chunk)
      if (held) return
      // Nothing overtakes what is late.
      due = Math.max(due, delay === 0 ? 0 : performance.now() + delay)
      const wait = due - performance.now()
      if (wait <= 0) near.write(chunk)
      else setTimeout(() => { if (!near.destroyed) near.write(chunk) }, wait)
    })
    near.on('data', (chunk: Buffer) => { if (!held) far.write(chunk) })
    for (const [one, other] of [wire, [far, near] as const]) {
      one.on('error', () => undefined)
      one.on('close', () => { other.destroySoon(); wires.delete(wire) })
    }
  })
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get heard() { return recording ?? [] },
    record() { recording = [] },
    cut() { for (const [near, far] of wires) { near.resetAndDestroy(); far.resetAndDestroy() } },
    hold(on) { held = on },
    slow(ms) { delay = ms },
    say(bytes) { for (const [near] of wires) near.write(bytes) },
    close: () => new Promise((resolve) => { server.close(() => { resolve() }); for (const [near, far] of wires) { near.destroy(); far.destroy() } }),
  }
}
