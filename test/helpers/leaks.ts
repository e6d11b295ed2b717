import { until } from './database.js'

const KINDS = ['TCPSocketWrap', 'TCPServerWrap', 'TCPConnectWrap', 'TCPWRAP', 'Timeout', 'Immediate', 'GetAddrInfoReqWrap', 'ProcessWrap', 'MessagePort']

function counts(): readonly number[] {
  const active = process.getActiveResourcesInfo()
  return KINDS.map((kind) => active.filter((one) => one === kind).length)
}

const told = (counted: readonly number[]): string => counted.map((count, at) => `${KINDS[at] ?? ''} ${count}`).join(', ')

/**
 * Remembers what keeps the process alive now; the returned function waits until there is no more than that again: what was on its way out then may
 * be gone by now. `until` polls by a timer of its own: not counted while it looks.
 */
export function watchLeaks(): () => Promise<void> {
  const before = counts()
  return async () => {
    let now: readonly number[] = []
    await until(`leaked: ${told(before)}`, () => {
      now = counts()
      return now.every((count, at) => count <= (before[at] ?? 0))
    }).catch((error: unknown) => { throw new Error(`${(error as Error).message}; now: ${told(now)}`) })
  }
}
