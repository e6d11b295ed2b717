import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** A loopback port that is free for TCP and UDP alike, below the range from which the kernel hands out others. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    if (await isFree(port)) return port
  }
  throw new Error('no free port on 127.0.0.1')
}

async function isFree(port: number): Promise<boolean> {
  const tcp = createServer()
  const udp = createSocket('udp4')
  try {
    await new Promise<void>((resolve, reject) => { tcp.once('error', reject).listen(port, '127.0.0.1', resolve) })
    await new Promise<void>((resolve, reject) => { udp.once('error', reject).bind(port, '127.0.0.1', resolve) })
    return true
  } catch {
    return false
  } finally {
    await new Promise<void>((resolve) => { tcp.close(() => { resolve() }) })
    await new Promise<void>((resolve) => { try { udp.close(() => { resolve() }) } catch { resolve() } })
  }
}
