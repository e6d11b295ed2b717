import { useLayoutEffect, useRef } from 'react'

/**
 * Keys of the desk. Chosen so that they are free in Chromium, Edge and Firefox on Windows and Linux and in Chinese input methods
 * (which take Shift, Ctrl+Space, Ctrl+Shift, Ctrl+period): no Ctrl+letter but Ctrl+S, no Alt+digit, no Alt+D/E/F, no F3/F5/F6/F7/F11/F12.
 */
export const SHORTCUTS = {
  help: 'F1',
  ready: 'F2',
  answer: 'F4',
  decline: 'Alt+X',
  hangUp: 'F8',
  endWrapUp: 'F9',
  hold: 'Alt+B',
  mute: 'Alt+Q',
  phoneBook: 'Alt+T',
  conference: 'Alt+W',
  complete: 'Alt+Z',
  drop: 'Alt+Y',
  talks: 'Alt+V',
  kind: 'Alt+K',
  category: 'Alt+C',
  place: 'Alt+P',
  description: 'Alt+M',
  callerName: 'Alt+N',
  caller: 'Shift+F2',
  callBack: 'Alt+R',
  unit: 'Alt+U',
  dispatch: 'Alt+G',
  outcome: 'Alt+O',
  settle: 'Alt+J',
  history: 'Alt+H',
  log: 'Alt+I',
  saveNow: 'Ctrl+S',
  keepMine: 'Alt+A',
  takeTheirs: 'Alt+S',
  seatPage: 'Alt+L',
} as const

export type ShortcutName = keyof typeof SHORTCUTS

const digits: ((digit: number) => void)[] = []
const handlers = new Map<ShortcutName, (() => void)[]>()

/** The combination of an event in the notation of `SHORTCUTS`; letters by their place on the keyboard, whatever Alt makes of them. */
function comboOf(event: KeyboardEvent): string {
  const key = event.code.startsWith('Key') ? event.code.slice(3) : event.key
  return `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${event.shiftKey ? 'Shift+' : ''}${key}`
}

/** Whether what is typed now goes into a text field. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.tagName === 'TEXTAREA' || (target.tagName === 'INPUT' && !['radio', 'checkbox', 'button'].includes((target as HTMLInputElement).type)))

function onKey(event: KeyboardEvent): void {
  // `Process` is what Chromium reports for keys that an input method swallows.
  if (event.isComposing || event.key === 'Process') return
  const combo = comboOf(event)
  const name = event.key === '?' && !isTyping(event.target) && !event.ctrlKey && !event.altKey
    ? 'help'
    : (Object.keys(SHORTCUTS) as ShortcutName[]).find((entry) => SHORTCUTS[entry] === combo)
  if (name === undefined) {
    if (!/^[1-9]$/.test(combo) || isTyping(event.target) || document.querySelector('.ld-overlay, [aria-modal="true"]:not(.ld-drawer *)') !== null) return
    digits.at(-1)?.(Number(combo))
    return
  }
  // A tab on standby watches: none of its keys may act.
  const run = document.querySelector('.ld-overlay') === null ? handlers.get(name)?.at(-1) : undefined
  // Ours even while it has nothing to do: Ctrl+S must never open the browser's own dialogue in mid-call.
  event.preventDefault()
  event.stopPropagation()
  if (!event.repeat) run?.()
}

window.addEventListener('keydown', onKey, true)

/**
 * Binds a key while the component is on the screen; the newest binding of a key wins. What it does changes together with what is seen: an effect
 * that runs after the drawing would leave the next key, where it comes at once, to what was there before.
 */
export function useShortcut(name: ShortcutName, run: () => void, enabled = true): void {
  const latest = useRef(run)
  useLayoutEffect(() => { latest.current = run })
  useLayoutEffect(() => {
    if (!enabled) return
    const handler = (): void => latest.current()
    handlers.set(name, [...(handlers.get(name) ?? []), handler])
    return () => { handlers.set(name, (handlers.get(name) ?? []).filter((other) => other !== handler)) }
  }, [name, enabled])
}

/** Does what a key would do: where an act lacks something, it leads to the field of that. */
export const runShortcut = (name: ShortcutName): void => handlers.get(name)?.at(-1)?.()

/** Plain digits while nobody is typing; the newest binding wins. */
export function useDigits(run: (digit: number) => void, enabled = true): void {
  const latest = useRef(run)
  useLayoutEffect(() => { latest.current = run })
  useLayoutEffect(() => {
    if (!enabled) return
    const handler = (digit: number): void => latest.current(digit)
    digits.push(handler)
    return () => { digits.splice(digits.indexOf(handler), 1) }
  }, [enabled])
}
