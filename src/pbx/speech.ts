/** A caller's words from a recogniser's result: plain text, JSON with `text`, or NLSML (`<input>…</input>`). Hostile: at most 500 characters, no tags. */
export function speechText(result: string): string {
  const text = result.slice(0, 20_000).trim()
  if (text.startsWith('{')) {
    try {
      const { text: said } = JSON.parse(text) as { text?: unknown }
      return typeof said === 'string' ? said.slice(0, 500) : ''
    } catch {
      return ''
    }
  }
  const inside = /<input[^>]{0,200}>([^<]{0,500})/.exec(text)?.[1] ?? (text.startsWith('<') ? '' : text)
  return inside.replace(/&(amp|lt|gt|quot|apos);/g, ' ').trim().slice(0, 500)
}
