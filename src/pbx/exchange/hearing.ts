import type { Channel } from './channel.js'

/** UUIDs of those whom this channel hears now; `music` while it is on hold. */
export function hears(channels: ReadonlyMap<string, Channel>, uuid: string): string[] {
  const channel = channels.get(uuid)
  if (channel === undefined) return []
  const tapsOn = (leg: Channel | null, keys: string): string[] => [...channels.values()].flatMap((other) => (leg !== null && other.tap?.on === leg && keys.includes(other.tap.key) ? [other.uuid] : []))
  const said = (by: Channel | null): string[] => (by === null || by.displaced || by.muted ? [] : [by.uuid])
  if (channel.tap !== null) return [...said(channel.tap.on), ...said(channel.tap.on.partner)]
  if (channel.displaced) return ['music']
  return [...said(channel.partner), ...(channel.partner?.muted === true ? [] : tapsOn(channel.partner, '13')), ...tapsOn(channel, '23')]
}
