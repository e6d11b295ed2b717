/** Completion causes of MRCP (RFC 6787 9.4.11) that leave words: success, success-maxtime, and none told (`UNKNOWN` of UniMRCP's mrcp_recog_header.h). */
const WITH_WORDS: ReadonlySet<string> = new Set(['0', '8', '17'])
/** What mod_unimrcp.c gives as the result where the server sent none, as of silence (`recog_on_message_receive`). */
const NO_RESULT = /^Completion-Cause: \d{3}$/

/**
 * A caller's words from a recogniser's result: plain text, JSON with `text`, or NLSML (`<input>…</input>`); '' where nobody spoke or nothing was
 * understood. `cause`: the event's `ASR-Completion-Cause`, of MRCP alone. Hostile: at most 500 characters, no tags.
 */
export function speechText(result: string, cause = '0'): string {
  const text = result.slice(0, 20_000).trim()
  if (!WITH_WORDS.has(cause) || NO_RESULT.test(text)) return ''
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

/** An engine that FreeSWITCH opens for a caller, and what became of that. */
export interface SpeechEngine {
  /** The argument of `detect_speech`. */
  readonly order: string
  /** Whether a caller may be made to wait for it. */
  ready(): boolean
  /** It was asked for; `done` when FreeSWITCH had opened it, or could not. Never rejects. */
  asked(done: Promise<unknown>): void
}

/** An engine that hung is asked for again after so long, ms. */
const REST = 300_000

/**
 * The engine of a setting `engine grammar`, for all calls of this process. It takes a few ms; one that takes longer than `patience` keeps the caller
 * from everything else, keys and an operator among it, longer than was proven. `monotonic`: ms.
 */
export function makeSpeechEngine(engine: string, grammar: string, patience: number, monotonic: () => number, onHung: () => void): SpeechEngine {
  let restsUntil = -Infinity
  return {
    order: `${engine} ${grammar} ${grammar}`,
    ready: () => monotonic() >= restsUntil,
    asked(done) {
      const hung = (): void => {
        if (monotonic() >= restsUntil) onHung()
        restsUntil = monotonic() + REST
      }
      const timer = setTimeout(hung, patience)
      void done.then(() => { clearTimeout(timer) })
    },
  }
}
