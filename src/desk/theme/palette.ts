/** The two faces of the desk: `dark` for the control room at night, `light` for an office by day. */
export type Face = 'dark' | 'light'

/**
 * Colours by what they say, not by what they are. They reach CSS as `--ld-<name>` and antd as theme tokens,
 * so that both draw with one brush.
 */
export interface Palette {
  readonly ground: string
  readonly panel: string
  readonly raised: string
  readonly field: string
  readonly line: string
  readonly lineSoft: string
  readonly text: string
  readonly textSoft: string
  readonly textFaint: string
  readonly accent: string
  readonly accentSoft: string
  readonly ready: string
  readonly ring: string
  readonly ringSoft: string
  readonly talk: string
  readonly wrap: string
  readonly alarm: string
  readonly alarmSoft: string
  readonly focus: string
  readonly shadow: string
}

export const PALETTES: Readonly<Record<Face, Palette>> = {
  dark: {
    ground: '#0a0f14',
    panel: '#111920',
    raised: '#18232c',
    field: '#0d141a',
    line: '#263540',
    lineSoft: '#1b2831',
    text: '#e3ebf0',
    textSoft: '#9fb1bd',
    textFaint: '#73868f',
    accent: '#2bb3a3',
    accentSoft: 'rgba(43, 179, 163, 0.14)',
    ready: '#3ecf8e',
    ring: '#ffb224',
    ringSoft: 'rgba(255, 178, 36, 0.13)',
    talk: '#5aa9ff',
    wrap: '#b39bff',
    alarm: '#ff6a5c',
    alarmSoft: 'rgba(255, 106, 92, 0.14)',
    focus: '#7fe3d6',
    shadow: '0 12px 40px rgba(0, 0, 0, 0.55)',
  },
  light: {
    ground: '#e9eef0',
    panel: '#fbfcfc',
    raised: '#f1f5f6',
    field: '#ffffff',
    line: '#cdd8dd',
    lineSoft: '#e1e8eb',
    text: '#14232b',
    textSoft: '#4b606b',
    textFaint: '#5d707a',
    accent: '#0b766c',
    accentSoft: 'rgba(11, 118, 108, 0.10)',
    ready: '#14804f',
    ring: '#a15c00',
    ringSoft: 'rgba(230, 140, 0, 0.14)',
    talk: '#1763b6',
    wrap: '#6a48c9',
    alarm: '#c22f21',
    alarmSoft: 'rgba(194, 47, 33, 0.10)',
    focus: '#0b766c',
    shadow: '0 12px 32px rgba(20, 35, 43, 0.18)',
  },
}

/** Writes a palette into CSS custom properties of the document. */
export function paint(root: HTMLElement, face: Face): void {
  root.dataset['theme'] = face
  root.style.colorScheme = face
  for (const [name, value] of Object.entries(PALETTES[face])) {
    root.style.setProperty(`--ld-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, String(value))
  }
}
