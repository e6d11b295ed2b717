import type { FlowTag } from '../../contracts/call.js'
import type { Dictionary } from './zh-CN.js'

/** A tag of the flow as people read it; one that the flows of `ivr-flows` do not set, as it is. `named`: with what its value is about, where it does not say that itself. */
export function tagText({ key, value }: Pick<FlowTag, 'key' | 'value'>, categoryName: (code: string) => string, text: Dictionary, named = false): string {
  if (key === 'category') return categoryName(value)
  if (key === 'language') return text.call.languages[value === 'en' ? 'en' : 'zh-CN']
  const known = Object.hasOwn(text.call.flowTags, key) ? text.call.flowTags[key] : undefined
  const said = known !== undefined && Object.hasOwn(known.values, value) ? known.values[value] ?? value : value
  return named ? text.call.tag(known?.name ?? key, said) : said
}

/** The tag of a request that came without a call: through which channel. */
export const CHANNEL = 'channel'

/** `wechat`: a channel as its key is called in the settings. */
export const channelText = (value: string): string => value.replace(/^open311-/, '')
