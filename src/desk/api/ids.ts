/**
 * A random UUID. `crypto.randomUUID` exists only over HTTPS and on localhost; a desk in the intake hall may be served over plain HTTP.
 */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const KEY = 'liandong.tab'

let claim: Promise<string> | null = null

/** This tab's id: claimed once a page, or a second log-in would hear the first one's claim and take another. */
export const claimTabId = (): Promise<string> => (claim ??= claimAloud())

/**
 * The id is kept over reloads in sessionStorage. A duplicated tab inherits its parent's sessionStorage, so the id is
 * claimed aloud first: whoever holds it answers, and the newcomer takes another.
 */
async function claimAloud(wait = 80): Promise<string> {
  const channel = new BroadcastChannel(KEY)
  let tabId = sessionStorage.getItem(KEY)
  if (tabId !== null) {
    const claimed = tabId
    const taken = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), wait)
      channel.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (data !== `held ${claimed}`) return
        clearTimeout(timer)
        resolve(true)
      }
      channel.postMessage(`mine? ${claimed}`)
    })
    if (taken) tabId = null
  }
  const held = tabId ?? newId()
  sessionStorage.setItem(KEY, held)
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data === `mine? ${held}`) channel.postMessage(`held ${held}`)
  }
  return held
}
