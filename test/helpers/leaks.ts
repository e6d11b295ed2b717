import { until } from './database.js'

const KINDS = ['TCPSocketWrap', 'TCPServerWrap', 'TCPConnectWrap', 'TCPWRAP', 'Timeout', 'Immediate', 'GetAddrInfoReqWrap', 'ProcessWrap', 'MessagePort']

function counts(): string {
  const active = process.getActiveResourcesInfo()
  return KINDS.map((kind) => `${kind} ${active.filter((one) => one === kind).length}`).join(', ')
}

/** Remembers what keeps the process alive now; the returned function waits until it is that again. `until` polls by a timer of its own: not counted while it looks. */
export function watchLeaks(): () => Promise<void> {
  const before = counts()
  return async () => {
    let now = ''
    await until(`leaked: ${before}`, () => (now = counts()) === before).catch((error: unknown) => { throw new Error(`${(error as Error).message}; now: ${now}`) })
  }
}
